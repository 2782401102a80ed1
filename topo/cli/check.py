"""``topo check``: what is wrong with a fabric as it is cabled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from topo.cli.options import Check, checks_option, csv_option, json_option, judge, quiet_option, section_option

if TYPE_CHECKING:
    from topo.config import Case
    from topo.fabric import Fabric

#: Ports of a fault that the terminal names.
MOST_PORTS = 4
#: Links of a cycle that the terminal names.
MOST_LINKS = 12
#: Shares of uniform traffic that print alike.
ALIKE = 5e-4
_SHOWN = ("endpoints", "hosts", "switches", "switch_links", "endpoint_links", "planes", "oversubscription")
_LOST = ("failed", "reach", "reach_with_relay", "unreachable_commodities", "cut_off", "cut_off_count")
_COSTS = "Say of N faults what mending brings; without it, of as many as take some seconds."
_DEADLOCK = (
    *("deadlock_free", "deadlock_links", "deadlock_circles"),
    *("lanes_lower", "lanes_upper", "lanes_method", "lanes_by_hop", "route_switch_links"),
)


@click.command("check")
@click.argument("fabric")
@section_option("routing", asked=True)
@section_option("failures", asked=True)
@json_option
@csv_option
@quiet_option
@checks_option
@click.option("--costs", type=click.IntRange(0), metavar="N", help=_COSTS)
def check_verb(
    *,
    fabric: str,
    routing: str | None,
    failures: str | None,
    as_json: bool,
    as_csv: bool,
    quiet: bool,
    checks: tuple[Check, ...],
    costs: int | None,
) -> int:
    """Find what is wrong with FABRIC as it is cabled: a dump, a cabling list, any file.

    Missing, swapped, miswired and slow cables, uneven bundles, single points of failure, names.  Each fault says
    what mending it brings.  With --routing also whether its routes can deadlock, by which ports, and the virtual
    lanes that keep them from it; static:tables=FILE takes tables as they are and says what else is wrong with them.
    With --failures also who is cut off once parts are lost, by name, and the lanes of routes over what is left.

    \b
    topo check dump.ibnetdiscover --fail-on 'fault_count>0'
    topo check dump.ibnetdiscover --routing static:tables=opensm-lfts.dump --json
    topo check dragonfly:a=8 --routing ecmp
    topo check fabric.edges.csv --failures named:switch=spine2 --fail-on 'unreachable_commodities>0'
    """
    from topo.cli import output
    from topo.cli.progress import working
    from topo.cli.results import print_csv_rows
    from topo.config import fabric_of, read_part
    from topo.headway import tell

    case = read_part(fabric=fabric, routing=routing, failures=failures)
    with working(quiet=quiet or as_json or as_csv):
        tell("reading the network")
        built = fabric_of(case, symmetry=False)
        results = _found(case, built, routed=routing is not None, costs=costs)
    code = judge(checks, results)
    if as_csv:
        print_csv_rows(results["faults"], "faults.")
    elif as_json:
        output.print_json({"fabric": case.fabric, "routing": case.routing, "name": built.name, **results})
    else:
        _print(built.name, results)
    return code


def _found(case: Case, built: Fabric, *, routed: bool, costs: int | None) -> dict[str, Any]:
    """Return faults, who is cut off once parts are lost, and where it is ``routed`` what routes may wait for."""
    from topo.config import routing_of
    from topo.headway import tell
    from topo.study import checked
    from topo.study.deadlocks import deadlocks
    from topo.study.parted import parted

    given = routing_of(case, built) if routed else {}
    tell("looking for faults, and what mending each would bring")
    results: dict[str, Any] = checked(built, given.get("tables"), most=costs)
    left, lost = parted(case, built) if case.failures is not None else (built, {})
    results |= lost
    if given:
        tell("looking for deadlocks")
        results |= deadlocks(left, given)
    return results


def _print(name: str, results: dict[str, Any]) -> None:
    from topo.cli import output
    from topo.cli.results import print_results, say_first

    say_first(name, _verdict(results))
    print_results("", results, (*_SHOWN, "uniform_throughput", "fault_count", *_LOST, *_DEADLOCK))
    for cycle in results.get("deadlock_cycles", []):
        click.echo("\n".join(_cycle(cycle["ports"])))
    for fault in results["faults"]:
        click.echo("\n".join(_lines(fault, results["uniform_throughput"])))
    if left := results["faults_not_costed"]:
        ask = "" if results["uniform_throughput"] is None else f"; --costs {results['fault_count']} does"
        output.note(f"note: what mending brings is not worked out for {left} faults{ask}")
    if results.get("lanes_lower") is not None and results["lanes_upper"] is None:
        why = "routes turn, or are too many to tell apart"
        output.note(f"note: how many lanes are enough by path is not known, for {why}: lanes climbed by hop are enough")
    for text in results["findings"]:
        output.note(f"note: {text}")


def _verdict(results: dict[str, Any]) -> str:
    """Return how many faults there are, what uniform traffic reaches, and what is wrong with routes."""
    from topo.units import several

    kinds = ", ".join(f"{n} {kind}" for kind, n in results["faults_by_kind"].items())
    said = [f"{several(results['fault_count'], 'fault', 'faults')}: {kinds}." if kinds else "No fault found."]
    if (share := results["uniform_throughput"]) is not None:
        said += [f"Uniform traffic reaches {100 * share:.1f} % of what ports allow."]
    if results.get("unreachable_commodities"):
        said += [f"{several(results['unreachable_commodities'], 'flow has', 'flows have')} no path left."]
    if results.get("deadlock_free"):
        said += ["Routes cannot deadlock."]
    elif results.get("deadlock_links"):
        said += [f"Routes can deadlock: {results['deadlock_links']:,} links lie in cycles, each waiting for the next."]
    return " ".join(said)


def _cycle(ports: list[str]) -> list[str]:
    """Return the cycle of links that leave ``ports`` as people read it; --json has all of a long one."""
    more = f"  and {len(ports) - MOST_LINKS} more, the last of which" if len(ports) > MOST_LINKS else "  which"
    return [
        f"\ncycle of {len(ports)} links, each of which waits for the next:",
        *(f"  {port}" for port in ports[:MOST_LINKS]),
        f"{more} waits for the first",
    ]


def _lines(fault: dict[str, Any], now: float | None) -> list[str]:
    """Return ``fault`` as people read it: where, why, and what mending it brings to uniform traffic of share ``now``.

    Not every port is printed; --json has them.
    """
    from topo.cli.results import in_lines, written

    ports = fault["ports"]
    more = [f"{len(ports) - MOST_PORTS} more"] if len(ports) > MOST_PORTS else []
    where = f"{fault['kind']}: {', '.join([*ports[:MOST_PORTS], *more])}"
    found = [f"\n{in_lines(where)}", *([in_lines(fault["evidence"], "  ")] if fault["evidence"] else [])]
    key = "mended_throughput"
    if fault[key] is not None and now is not None and abs(fault[key] - now) < ALIKE * now:
        found.append("  mending it changes nothing for uniform traffic")
    elif fault[key] is not None:
        found.append(f"  uniform traffic reaches {written(f'faults.{key}', fault[key])} once this is mended")
    return found
