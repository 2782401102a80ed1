"""``topo explain``: one pair of endpoints."""

from __future__ import annotations

from typing import Any

import click

from topo.cli.options import csv_option, json_option, quiet_option, section_option, seed_option
from topo.cli.progress import working


@click.command("explain")
@click.argument("fabric")
@click.option("--from", "src", type=click.IntRange(min=0), required=True, metavar="E", help="Endpoint that sends.")
@click.option("--to", "dst", type=click.IntRange(min=0), required=True, metavar="E", help="Endpoint that receives.")
@section_option("routing")
@seed_option
@json_option
@csv_option
@quiet_option
def explain_verb(
    *, fabric: str, src: int, dst: int, routing: str, seed: int, as_json: bool, as_csv: bool, quiet: bool
) -> int:
    """Print paths, shares and bottleneck between two endpoints of FABRIC.

    \b
    topo explain fat-tree-2:radix=8,planes=2 --from 0 --to 21
    """
    from topo.cli import output
    from topo.config import fabric_of, read_part, routing_of
    from topo.headway import tell
    from topo.metrics import explain_pair

    case = read_part(fabric=fabric, routing=routing, seed=seed)
    with working(quiet=quiet or as_json or as_csv):
        tell("building the network")
        built = fabric_of(case, symmetry=False)
        tell("looking for paths")
        results = explain_pair(built, src=src, dst=dst, **routing_of(case, built))
    if as_json:
        output.print_json({"fabric": case.fabric, "routing": case.routing, **results})
        return 0
    if as_csv:
        from topo.cli.results import print_csv_rows

        print_csv_rows([path | {"nodes": " > ".join(path["nodes"])} for path in results["paths"]], "paths.")
        return 0
    _print(f"{built.name}: endpoint {src} to {dst}, {results['policy']}", results)
    return 0


def _print(title: str, results: dict[str, Any]) -> None:
    from topo.cli import output
    from topo.cli.results import print_results, print_rows, say_first, written

    where = ("end_hosts", "end_domains") if results["end_domains"] != results["end_hosts"] else ()
    say_first(title, _verdict(results))
    print_results("", results, (*where, "hops", "latency_s", "rate_gbps"))
    rows = [path | {"nodes": " > ".join(path["nodes"])} for path in results["paths"]]
    print_rows("\npaths", rows, [f"paths.{key}" for key in ("share", "hops", "nodes")])
    if results["unlisted_share"]:
        rest = written("unlisted_share", results["unlisted_share"])
        output.note(f"more paths carry {rest} of the bytes; --json has every link")


def _verdict(results: dict[str, Any]) -> str:
    """Return how many paths there are, and which link holds the pair back."""
    from topo.cli.results import written
    from topo.units import several

    link, more = results["bottleneck"], " and more" if results["unlisted_share"] else ""
    share, rate = written("bottleneck.share", link["share"]), written("rate_gbps", results["rate_gbps"])
    paths = several(len(results["paths"]), "path", "paths")
    return f"{paths}{more}; {link['tail']} to {link['head']} carries {share} of the bytes and limits them to {rate}."
