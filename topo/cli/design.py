"""``topo design``: from requirements to the cheapest networks that meet them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topo.cli.exits import INFEASIBLE, LIMIT, OK, say
from topo.cli.options import json_option, quiet_option
from topo.cli.progress import working
from topo.cli.workers import Where, workers_option

if TYPE_CHECKING:
    from topo.study.design import Design

#: Keys of a table of networks.
_KEYS = ("cost_usd", "watts", "switches", "switch_links", "diameter")
#: Rows of a table in a terminal; JSON has all.
_ROWS = 12


@click.command("design")
@click.argument("words", nargs=-1, required=True)
@json_option
@quiet_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for measured cases and the page."
)
@workers_option("Local processes that measure candidates; 0 is this process.")
def design_verb(*, words: tuple[str, ...], as_json: bool, quiet: bool, output: Path | None, where: Where) -> int:
    """Print the best network that meets all requirements, by proof, and why others lost.

    WORDS are key=value words and requirements, or a design file, which words after it change.

    Exit 4: no network meets all, with the fewest requirements that conflict; exit 5: the time was up.

    \b
    topo design endpoints=16384 cost.prices=paper-table-3 'bisection_per_endpoint>=1'
    topo design endpoints=512 'switches=[32]' traffic=uniform 'slowdown<=1.05'
    topo design design-16384 'oversubscription<=2' time=1200s
    """
    from topo.cli.design_words import results_of
    from topo.study.design import designed

    with working(quiet=quiet or as_json):
        design = designed(words, folder=output, **where.how())
    results = results_of(design)
    if output is not None:
        _keep(output, design, results)
    if as_json:
        from topo.cli.output import print_json

        print_json(results)
    else:
        _print(design, results)
    answer = design.answer
    if not (answer.proven and answer.complete):
        return LIMIT
    return OK if answer.best else INFEASIBLE


def _keep(folder: Path, design: Design, results: dict[str, Any]) -> None:
    """Write the answer with its cases, and the page of them where a network was found."""
    from topo.report import write
    from topo.study.chosen import keep

    if keep(folder, design.question, design.answer, results, command=shlex.join(["topo", *sys.argv[1:]])):
        say(f"wrote {write(folder, tell=say)}")


def _print(design: Design, results: dict[str, Any]) -> None:
    if results["best"]:
        _print_best(design, results["best"])
    _print_tables(results)
    _print_growth(results)
    _note_end(design, results)


def _print_best(design: Design, best: dict[str, Any]) -> None:
    from topo.cli.design_words import measured_words
    from topo.cli.results import print_results, say_first

    answer = design.answer
    keys = [key for key in best if key not in ("name", "family", "spec", "measured", "port_gbps")]
    how = "Nothing better meets all requirements" if answer.proven else "Not proven, the time was up"
    say_first(best["name"], f"{how}: {answer.considered:,} networks considered, {answer.measured:,} measured.")
    print_results("", best, keys, more=measured_words(design.question, best))
    click.echo(f"built and measured: {_shape(design.built[best['name']])}")
    click.echo(f"order it with: topo order '{best['spec']}'")


def _shape(facts: Mapping[str, Any]) -> str:
    """Return hops and bisection of a network that was built; of a bisection that is not exact both ends."""
    from topo.cli.results import written

    hops = f"diameter {facts['diameter']}, mean hops {written('mean_hops', facts['mean_hops'])}"
    least, most = facts["bisection_bound"], facts["bisection_per_endpoint"]
    if most is None:
        return hops
    cut = written("bisection_per_endpoint", most)
    if least != most:
        cut = f"{written('bisection_bound', least, unit=False)} to {cut}"
    return f"{hops}, bisection {cut}"


def _print_tables(results: dict[str, Any]) -> None:
    from topo.cli.results import print_rows
    from topo.report.panels.design import one_a_family

    for title, rows in (("front", results["front"]), ("runners-up", results["runners"])):
        there = [key for key in _KEYS if rows and all(row.get(key) is not None for row in rows)]
        if rows and (title != "front" or len(rows) > 1):
            print_rows(f"\n{_some(title, rows)}", rows[:_ROWS], [f"design:front.{key}" for key in ("name", *there)])
    if results["sensitivity"]:
        keys = [f"design:sensitivity.{key}" for key in ("of", "change", "at", "name")]
        print_rows("\nwhere the choice changes", results["sensitivity"], keys)
    shown = one_a_family(results["losers"])
    print_rows("\nwhy others lost, the nearest of each family", shown, ["design:losers.name", "design:losers.binding"])


def _print_growth(results: dict[str, Any]) -> None:
    from topo.cli.results import print_rows, written

    if not results["growth"]:
        return
    keys = [f"design:growth.{key}" for key in ("endpoints", "name", "usd", "bought")]
    print_rows("\ncheapest way through the stages", results["growth"], keys)
    click.echo(
        f"in all {written('design:growth_usd', results['growth_usd'])}; the last stage at once costs "
        f"{written('design:at_once_usd', results['at_once_usd'])}"
    )


def _note_end(design: Design, results: dict[str, Any]) -> None:
    """Say what conflicts, or what the time left open."""
    from topo.cli import output

    if results["conflict"]:
        output.note(f"no network meets all; these conflict: {', '.join(results['conflict'])}")
    elif not results["proven"]:
        output.note(f"the time was up; {_bracket(design)}; give more with time=")
    elif not results["complete"]:
        output.note("the time was up before front, runners-up and sensitivity were complete; give more with time=")


def _bracket(design: Design) -> str:
    """Return the best found, what no network is below, and how many are undecided between them."""
    from topo.cli.results import written

    key, answer = design.question.minimize[0], design.answer
    most = f"the best that was found has {written(key, answer.best.facts[key])}; " if answer.best else ""
    left = f"{len(answer.undecided):,} networks between are undecided, the first {answer.undecided[0].name}"
    if len(answer.undecided) == 1:
        left = f"{answer.undecided[0].name} is undecided"
    return f"{most}no network has less than {written(key, answer.least_possible)}; {left}"


def _some(title: str, rows: list[dict[str, Any]]) -> str:
    return title if len(rows) <= _ROWS else f"{title}, the first {_ROWS} of {len(rows):,}"
