"""``topo check``: what is wrong with a fabric as it is cabled."""

from __future__ import annotations

from typing import Any

import click

from topo.cli.options import Check, checks_option, json_option, judge, section_option

#: Ports of a fault that the terminal names.
MOST_PORTS = 4
#: Shares of uniform traffic that print alike.
ALIKE = 5e-4
_SHOWN = ("endpoints", "hosts", "switches", "switch_links", "endpoint_links", "planes", "oversubscription")


@click.command("check")
@click.argument("fabric")
@section_option("routing")
@json_option
@checks_option
def check_verb(*, fabric: str, routing: str, as_json: bool, checks: tuple[Check, ...]) -> int:
    """Find what is wrong with FABRIC as it is cabled: a dump, a cabling list, any file.

    Missing, swapped, miswired and slow cables, uneven bundles, single points of failure, names; with --routing
    static:tables=FILE what is wrong with those tables.  Each fault says what mending it brings.

    \b
    topo check dump.ibnetdiscover --fail-on 'fault_count>0'
    topo check dump.ibnetdiscover --routing static:tables=opensm-lfts.dump --json
    """
    from topo.cli import output
    from topo.cli.results import print_results
    from topo.config import fabric_of, read_part, routing_of
    from topo.study import checked

    case = read_part(fabric=fabric, routing=routing)
    built = fabric_of(case, symmetry=False)
    results: dict[str, Any] = checked(built, routing_of(case, built).get("tables"))
    code = judge(checks, results)
    if as_json:
        output.print_json({"fabric": case.fabric, "routing": case.routing, "name": built.name, **results})
        return code
    print_results(built.name, results, (*_SHOWN, "uniform_throughput", "fault_count"))
    for fault in results["faults"]:
        click.echo("\n".join(_lines(fault, results["uniform_throughput"])))
    for text in results["findings"]:
        output.note(f"note: {text}")
    return code


def _lines(fault: dict[str, Any], now: float | None) -> list[str]:
    """Return ``fault`` as people read it: where, why, and what mending it brings to uniform traffic of share ``now``.

    Not every port is printed; --json has them.
    """
    from topo.cli.results import written

    ports = fault["ports"]
    more = [f"{len(ports) - MOST_PORTS} more"] if len(ports) > MOST_PORTS else []
    found = [
        f"\n{fault['kind']}: {', '.join([*ports[:MOST_PORTS], *more])}",
        *([f"  {fault['evidence']}"] if fault["evidence"] else []),
    ]
    key = "mended_throughput"
    if fault[key] is not None and now is not None and abs(fault[key] - now) < ALIKE * now:
        found.append("  mending it changes nothing for uniform traffic")
    elif fault[key] is not None:
        found.append(f"  uniform traffic reaches {written(f'faults.{key}', fault[key])} once this is mended")
    return found
