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
    from topo.cli.results import print_results, print_rows, written

    where = ("end_hosts", "end_domains") if results["end_domains"] != results["end_hosts"] else ()
    worst = results["bottleneck"]
    limit = f"{worst['tail']} to {worst['head']}, {written('bottleneck.share', worst['share'])} of the bytes"
    print_results(title, results, (*where, "hops", "latency_s", "rate_gbps"), {"bottleneck": limit})
    rows = [path | {"nodes": " > ".join(path["nodes"])} for path in results["paths"]]
    print_rows("\npaths", rows, [f"paths.{key}" for key in ("share", "hops", "nodes")])
    if results["unlisted_share"]:
        rest = written("unlisted_share", results["unlisted_share"])
        output.note(f"more paths carry {rest} of the bytes; --json has every link")
