"""``topo order``: what to order for a network, with spares, and how to cable it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from topo.cli.options import Check, checks_option, json_option, judge, quiet_option, section_option
from topo.cli.progress import working

_BILL = ("part", "medium", "length_m", "count", "spares", "usd_each", "usd", "spares_usd")
_SUMS = ("cost_usd", "floor_cost_usd", "spares_usd", "order_usd")
_FLOOR = (
    "cable_m", "simple_cable_m", "longest_cable_m", "tray_m", "simple_tray_m", "least_tray_m", "tray_proven",
)  # fmt: skip


@click.command("order")
@click.argument("fabric")
@section_option("cost")
@section_option("floor")
@section_option("spares")
@section_option("availability")
@json_option
@quiet_option
@checks_option
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for the lists.")
def order_verb(
    *,
    fabric: str,
    cost: str | None,
    floor: str | None,
    spares: str | None,
    availability: str | None,
    as_json: bool,
    quiet: bool,
    checks: tuple[Check, ...],
    output: Path | None,
) -> int:
    """Print what to order for FABRIC: switches, NICs, cables and transceivers, with spares and what all of it costs.

    Spares are those of --spares; of kinds that it does not name, as many as last until more come by the failure rates
    and the wait of --availability. --floor puts all into racks: lengths and media of cables follow, and what they cost.
    With -o, bill.csv, cabling.csv, with --floor racks.csv, and order.xlsx are written, a sheet for each list.

    \b
    topo order fat-tree-2:radix=64,planes=8 --prices street-2024-08 --spares stock:switch=2%,cable=2% -o order
    topo order fat-tree-2:radix=32 --prices list-2022 --floor hall:racks_per_row=20 -o order
    topo order cabling.csv --prices list-2022 --availability states:hardware=hpn,wait=7d
    """
    from topo.config import read_part
    from topo.study.order import order, write_lists

    case = read_part(fabric=fabric, cost=cost, floor=floor, spares=spares, availability=availability)
    with working(quiet=quiet or as_json):
        found = order(case)
    code = judge(checks, found.results)
    if output is not None:
        write_lists(output, found.sheets())
    _print(found.results, as_json=as_json)
    return code


def _print(results: dict[str, Any], *, as_json: bool) -> None:
    from topo.cli import output
    from topo.cli.results import print_results, print_rows, say_first
    from topo.units import several

    if as_json:
        output.print_json(results)
        return
    book = results["price_book"]
    say_first(results["name"], _verdict(results))
    shown = [f"bill.{key}" for key in _BILL if any(row[key] for row in results["bill"])]
    print_rows("bill", results["bill"], shown)
    if book:
        print_results("\nin all", results, _SUMS)
    if racks := results.get("racks"):
        rows = max(row["row"] for row in racks)
        stand = f"{several(len(racks), 'rack', 'racks')} in {several(rows, 'row', 'rows')}"
        print_results(f"\nfloor plan: {stand}", results, _FLOOR)
    for missing in results.get("floor_unpriced", results["unpriced"]):
        output.note(f"no price, so the sum is open: {missing}")


def _verdict(results: dict[str, Any]) -> str:
    """Return what the order costs, spares included, as far as all of it has prices."""
    from topo.cli.results import written

    if results["price_book"] is None:
        return "Without prices: --prices takes a book of them."
    if results["order_usd"] is None:
        return f"The sum is open: {results['price_book']} has no price of some parts."
    all_of_it, spares = (written(key, results[key]) for key in ("order_usd", "spares_usd"))
    of_it = f"{spares} of it for spares" if results["spares_usd"] else "without spares"
    return f"The order costs {all_of_it} at prices of {results['price_book']}, {of_it}."
