"""``topo size``: what a network is made of and costs, never built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from topo.cli.options import Check, checks_option, csv_option, json_option, judge, section_option

if TYPE_CHECKING:
    from topo.size import Size

_PARTS = [f"cost_parts.{key}" for key in ("part", "count", "usd_each", "usd")]
_SPARES = [f"spares.{key}" for key in ("part", "count", "failures_per_year", "spares")]
_LAYERS = [f"cost_by_layer.{key}" for key in ("layer", "switches", "usd", "watts")]
_RESIDUALS = [f"cost_residuals.{key}" for key in ("network", "computed_usd", "printed_usd", "residual")]


@click.command("size")
@click.argument("fabric")
@section_option("cost")
@section_option("availability")
@json_option
@csv_option
@checks_option
def size_verb(
    *, fabric: str, cost: str | None, availability: str | None, as_json: bool, as_csv: bool, checks: tuple[Check, ...]
) -> int:
    """Print endpoints, switches, cables and cost of FABRIC.

    Closed forms at any scale; a network that cannot be built is sized all the same and says so.

    \b
    topo size fat-tree-2:radix=64,planes=8 --prices paper-table-3
    topo size slim-fly:q=28,p=21 --json
    """
    from topo.config import bill_of, read_part, size_of

    case = read_part(fabric=fabric, cost=cost, availability=availability)
    size = size_of(case)
    results = counts(size) | dict.fromkeys(("price_book", "cost_usd", "cost_per_endpoint_usd")) | bill_of(case, size)
    if availability is not None:
        from topo.config.availability import by_counts

        results |= by_counts(case, size)
    code = judge(checks, results)
    if as_csv:
        from topo.cli.results import print_cases

        print_cases([({"fabric": fabric}, results)])
    else:
        _print(case.fabric, results, as_json=as_json)
    return code


def counts(size: Size) -> dict[str, Any]:
    """Return the counts of ``size`` under the keys of the JSON."""
    keys = ["name", "endpoints", "switches", "leaves", "switch_links", "endpoint_links", "hosts", "domains"]
    keys += ["planes", "radix", "diameter", "oversubscription"]
    cables = [{"tier": tier.label, "medium": medium.name.lower(), "count": n} for tier, medium, n in size.cables]
    counted = {key: getattr(size, key) for key in keys} | {"bisection_per_endpoint": size.bisection}
    counted |= {"spare_ports": size.spare_ports, "transceivers": size.transceivers, "cables": cables}
    return counted | {key: getattr(size, key) for key in ("buildable", "reason", "neighbours")}


def _print(fabric: dict[str, Any], results: dict[str, Any], *, as_json: bool) -> None:
    from topo.cli import output
    from topo.cli.results import print_results, print_rows

    if as_json:
        output.print_json({"fabric": fabric, **results})
        return
    nested = ["name", "cables", "oversubscription", "cost_parts", "cost_residuals", "reason", "neighbours", "spares"]
    nested += ["unpriced", "cost_by_layer", *(("priced_usd",) if results.get("cost_usd") is not None else ())]
    print_results(results["name"], results, [key for key in results if key not in (*nested, "price_book")])
    if not results["buildable"]:
        output.note(results["reason"])
    if results.get("spares"):
        print_rows("\nspare parts", results["spares"], _SPARES)
    if results["price_book"] is None:
        return
    parts = results["cost_parts"]
    noted = ["cost_parts.note"] if any(part["note"] for part in parts) else []
    print_rows(f"\nprices: {results['price_book']}", parts, [*_PARTS, *noted])
    if len(results["cost_by_layer"]) > 1:
        print_rows("\nswitches by layer", results["cost_by_layer"], _LAYERS)
    for missing in results["unpriced"]:
        output.note(f"no price, so the sum is open: {missing}")
    if results.get("cost_residuals"):
        title = "\nresiduals of these prices against the paper's Table 3"
        print_rows(title, results["cost_residuals"], _RESIDUALS)
