"""``topo grow``: how one network becomes the next, cable by cable, and what is bought at each stage."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topo.cli.options import Check, checks_option, json_option, judge, quiet_option, section_option
from topo.cli.progress import working

if TYPE_CHECKING:
    from topo.config import Case
    from topo.design.recabling import Recabling

_STAGES = (
    "network", "endpoints", "stays", "comes_out", "goes_in", "new_switches", "retired_switches", "moved_share", "usd",
)  # fmt: skip


@click.command("grow")
@click.argument("fabrics", metavar="FABRIC FABRIC...", nargs=-1, required=True)
@section_option("cost")
@click.option("--move-cost", type=click.FloatRange(min=0), default=0.0, metavar="USD", help="Of a cable out or in.")
@json_option
@quiet_option
@checks_option
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="CSV of all steps.")
def grow_verb(
    *,
    fabrics: tuple[str, ...],
    cost: str | None,
    move_cost: float,
    as_json: bool,
    quiet: bool,
    checks: tuple[Check, ...],
    output: Path | None,
) -> int:
    """Print how each FABRIC becomes the next: cables that stay, come out and go in, switches, and what is bought.

    As many cables are kept as layer by layer can be found.  Parts that one stage bought are used in those after it;
    the last line is what the last network costs at once.

    \b
    topo grow fat-tree-2:radix=64,planes=8,endpoints=2048 fat-tree-2:radix=64,planes=8 --prices list-2022
    """
    from topo.config import fabric_of, read_part
    from topo.design.recabling import recabling
    from topo.headway import counted, within

    if len(fabrics) < 2:
        raise click.UsageError("give at least two FABRICs, the first stage first")
    cases = [read_part(fabric=fabric, cost=cost) for fabric in fabrics]
    with working(quiet=quiet or as_json):
        built = [fabric_of(case, symmetry=False) for case in counted("building network", cases)]
        with within("matching cables"):
            steps = list(starmap(recabling, counted("step", list(pairwise(built)))))
    results = results_of(cases, [fabric.name for fabric in built], steps, move_cost)
    code = judge(checks, results)
    if output is not None:
        _write(output, steps)
    _print(results, as_json=as_json)
    return code


def results_of(cases: list[Case], names: list[str], steps: list[Recabling], move_usd: float) -> dict[str, Any]:
    """Return what happens at each stage, and what it costs, under the keys of the JSON."""
    from topo.config import bill_of, size_of

    bills = [bill_of(case, size_of(case)) for case in cases]
    owned: Counter[tuple[str, float]] = Counter()
    rows = []
    for at, (case, bill) in enumerate(zip(cases, bills, strict=True)):
        step, size, usd = steps[at - 1] if at else None, size_of(case), _bought(owned, bill)
        stays, out, into = step.counts if step else (0, 0, size.endpoint_links + size.switch_links)
        rows.append(
            {
                "network": names[at],
                "endpoints": size.endpoints,
                "stays": stays,
                "comes_out": out,
                "goes_in": into,
                "new_switches": len(step.new_switches) if step else size.switches,
                "retired_switches": len(step.retired) if step else 0,
                "moved_share": step.moved_share if step else 0.0,
                "usd": None if usd is None else usd + move_usd * (out + into if step else 0),
            }
        )
    paid = [row["usd"] for row in rows]
    return {
        "growth": rows,
        "growth_usd": None if None in paid else sum(paid),
        "at_once_usd": bills[-1].get("cost_usd"),
        "unpriced": bills[-1].get("unpriced", []),
    }


def _bought(owned: Counter[tuple[str, float]], bill: dict[str, Any]) -> float | None:
    """Return what the parts of ``bill`` cost that are not ``owned`` [USD]; None where some have no price."""
    from topo.design.growth import bought

    if bill.get("cost_usd") is None:
        return None
    parts = {(part["part"], part["usd_each"]): part["count"] for part in bill["cost_parts"]}
    return sum(float(each) * count for (_, each), count in bought(owned, parts).items())


def _write(path: Path, steps: list[Recabling]) -> None:
    from topo.atomic import write_text
    from topo.formats.text import csv_text

    rows = [(stage, *row) for stage, step in enumerate(steps, 2) for row in step.steps()]
    write_text(path, csv_text([("stage", "step", "a", "b", "tier"), *rows]))


def _verdict(results: dict[str, Any]) -> str:
    """Return how many cables move on the way, and what it costs beside the last network at once."""
    from topo.cli.results import written
    from topo.units import several

    moved = several(sum(row["comes_out"] for row in results["growth"]), "cable comes", "cables come")
    said = f"{several(len(results['growth']), 'stage', 'stages')}; {moved} out again on the way."
    if results["growth_usd"] is None:
        return said
    paid, once = (written(key, results[key]) for key in ("growth_usd", "at_once_usd"))
    return f"{said} All stages cost {paid}, the last one at once {once}."


def _print(results: dict[str, Any], *, as_json: bool) -> None:
    from topo.cli import output
    from topo.cli.results import print_results, print_rows, say_first

    if as_json:
        output.print_json(results)
        return
    priced = results["at_once_usd"] is not None
    say_first(" > ".join(row["network"] for row in results["growth"]), _verdict(results))
    print_rows("stages", results["growth"], [f"growth.{key}" for key in _STAGES if priced or key != "usd"])
    if priced:
        print_results("\nin all", results, ("growth_usd", "at_once_usd"))
    for text in results["unpriced"]:
        output.note(f"note: {text}")
