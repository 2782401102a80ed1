"""``topo explain``: one pair of endpoints."""

from __future__ import annotations

from typing import Any

import click

from topo.cli.options import json_option, section_option, seed_option


@click.command("explain")
@click.argument("fabric")
@click.option("--from", "src", type=click.IntRange(min=0), required=True, metavar="E", help="Endpoint that sends.")
@click.option("--to", "dst", type=click.IntRange(min=0), required=True, metavar="E", help="Endpoint that receives.")
@section_option("routing")
@seed_option
@json_option
def explain_verb(*, fabric: str, src: int, dst: int, routing: str, seed: int, as_json: bool) -> int:
    """Print paths, shares and bottleneck between two endpoints of FABRIC.

    \b
    topo explain fat-tree-2:radix=8,planes=2 --from 0 --to 21
    """
    from topo.cli import output
    from topo.config import fabric_of, read_part
    from topo.metrics import explain_pair

    case = read_part(fabric=fabric, routing=routing, seed=seed)
    built = fabric_of(case, symmetry=False)
    results = explain_pair(built, src=src, dst=dst, **case.routing)
    if as_json:
        output.print_json({"fabric": case.fabric, "routing": case.routing, **results})
        return 0
    _print(f"{built.name}: endpoint {src} to {dst}, {results['policy']}", results)
    return 0


def _print(title: str, results: dict[str, Any]) -> None:
    from topo.cli import output

    where = {}
    if results["end_domains"] != results["end_hosts"]:
        where = {key: " and ".join(map(str, results[f"end_{key}"])) for key in ("hosts", "domains")}
    output.print_values(title, where | {key: results[key] for key in ("hops", "latency_s", "rate_gbps")})
    worst = results["bottleneck"]
    output.print_values("", {"bottleneck": f"{worst['tail']} to {worst['head']}, share {output.text(worst['share'])}"})
    rows = [(path["share"], path["hops"], " > ".join(path["nodes"])) for path in results["paths"]]
    output.print_table(("share", "hops", "path"), rows, title="\npaths")
    if results["unlisted_share"]:
        output.note(f"more paths carry a share of {output.text(results['unlisted_share'])}; --json has every link")
