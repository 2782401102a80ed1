"""``topo place``: which ranks of a job stand where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topo.cli.options import Check, checks_option, json_option, judge, quiet_option, section_option, seed_option
from topo.cli.progress import working

if TYPE_CHECKING:
    from topo.design.placement import Placed

SHOWN = (
    "endpoints", "completion_s", "least_possible_s", "proven", "in_order_s", "at_random_s", "better_than_random",
)  # fmt: skip


@click.command("place")
@click.argument("fabric")
@click.argument("traffic")
@section_option("routing")
@seed_option
@click.option("--seconds", type=click.FloatRange(min=0), default=10.0, show_default=True, help="Time of the search.")
@json_option
@quiet_option
@checks_option
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="CSV of rank, endpoint, name.")
def place_verb(
    *,
    fabric: str,
    traffic: str,
    routing: str,
    seed: int,
    seconds: float,
    as_json: bool,
    quiet: bool,
    checks: tuple[Check, ...],
    output: Path | None,
) -> int:
    """Find on which endpoints of FABRIC the ranks of TRAFFIC end soonest.

    Ranks of one scale-up domain stay together.  Few are placed exactly, many by swaps; the bound says how much better
    any placement could be.

    \b
    topo place fat-tree-2:radix=24,endpoints=128,oversubscription=2,endpoints_per_host=4 training-step:tp=4,pp=4,ep=8
    """
    from topo.config import demand_of, fabric_of, read_case, routing_of
    from topo.design.placement import place
    from topo.headway import tell, within

    case = read_case(fabric, traffic, routing=routing, seed=seed)
    with working(quiet=quiet or as_json):
        tell("building the network")
        built = fabric_of(case, symmetry=False)
        params = routing_of(case, built)
        policy, demand = params.pop("policy"), demand_of(case, built)
        with within("placing ranks"):
            found = place(built, demand, policy=policy, params=params, seconds=seconds, seed=seed)
    results = results_of(found)
    code = judge(checks, results)
    if output is not None:
        _write(output, found)
    _print(case.sections, results, as_json=as_json)
    return code


def results_of(found: Placed) -> dict[str, Any]:
    """Return what ``found`` says under the keys of the JSON."""
    return {
        "endpoints": found.fabric.n_endpoints,
        "completion_s": found.seconds,
        "least_possible_s": found.least_s,
        "proven": found.proven,
        "in_order_s": found.in_order_s,
        "at_random_s": float(found.random_s.mean()),
        "better_than_random": found.better,
        "endpoint_of_rank": found.endpoint.tolist(),
    }


def _write(path: Path, found: Placed) -> None:
    from topo.atomic import write_text
    from topo.formats.labels import names_of
    from topo.formats.text import csv_text

    names = names_of(found.fabric)
    rows = [(rank, endpoint, names[endpoint]) for rank, endpoint in enumerate(found.endpoint.tolist())]
    write_text(path, csv_text([("rank", "endpoint", "name"), *rows]))


def _print(sections: dict[str, Any], results: dict[str, Any], *, as_json: bool) -> None:
    from topo.cli import output
    from topo.cli.results import print_results, say_first

    if as_json:
        output.print_json({**sections, **results})
        return
    say_first(f"{sections['traffic']['pattern']}: ranks placed", _verdict(results))
    print_results("", results, SHOWN)


def _verdict(results: dict[str, Any]) -> str:
    """Return how long the traffic takes, how far that is from the least possible, and from chance."""
    from topo.cli.results import written

    time, least = results["completion_s"], results["least_possible_s"]
    near = "which no placement betters"
    if not results["proven"]:
        near = f"at most {time / least - 1.0:.1%} longer than the least possible".replace("%", " %")
    took, times = written("completion_s", time), results["better_than_random"]
    return f"The traffic takes {took}, {near}; with ranks placed at random {times:.3g} times as long."
