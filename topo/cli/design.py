"""``topo design``: from requirements to the cheapest networks that meet them."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from topo.cli.exits import INFEASIBLE, LIMIT, OK, say
from topo.cli.options import json_option

if TYPE_CHECKING:
    from topo.config.design import Question
    from topo.design import Answer, Candidate

#: Losers that a terminal shows: the nearest of each family.
_KEYS = ("cost_usd", "watts", "switches", "switch_links", "diameter")


@click.command("design")
@click.argument("words", nargs=-1, required=True)
@json_option
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for measured cases and the page."
)
def design_verb(words: tuple[str, ...], as_json: bool, output: Path | None) -> int:
    """Print the best network that meets all requirements, by proof, and why others lost.

    WORDS are a design file, or key=value words and requirements. Exit 4: no network meets all, with the fewest
    requirements that conflict; exit 5: the time was up.

    \b
    topo design endpoints=16384 cost.prices=paper-table-3 'bisection_per_endpoint>=1'
    topo design endpoints=512 'switches=[32]' traffic=uniform 'slowdown<=1.05'
    """
    from topo.config.design import load_design
    from topo.study.design import run_design

    one = len(words) == 1 and "=" not in words[0]
    question = load_design(words[0] if one else words)
    answer = run_design(question, folder=output)
    results = _results(answer)
    if output is not None:
        _keep(output, question, answer, results)
    if as_json:
        from topo.cli.output import print_json

        print_json(results)
    else:
        _print(answer, results)
    if not answer.proven:
        return LIMIT
    return OK if answer.best else INFEASIBLE


def _keep(folder: Path, question: Question, answer: Answer, results: dict[str, Any]) -> None:
    """Write the answer with its cases, and the page of them where a network was found."""
    from topo.report import write
    from topo.study.chosen import keep

    if keep(folder, question, answer, results, command=shlex.join(["topo", *sys.argv[1:]])):
        say(f"wrote {write(folder, tell=say)}")


def _results(answer: Answer) -> dict[str, Any]:
    rows = [{"name": one.candidate.name, "binding": one.binding} for one in answer.losers]
    return {
        "best": _row(answer.best) if answer.best else None,
        "proven": answer.proven,
        "least_possible": answer.least_possible,
        "front": [_row(one) for one in answer.front],
        "losers": rows,
        "conflict": [str(need) for need in answer.conflict],
        "considered": answer.considered,
        "measured": answer.measured,
    }


def _row(one: Candidate) -> dict[str, Any]:
    return {"name": one.name, "family": one.family, **one.facts}


def _print(answer: Answer, results: dict[str, Any]) -> None:
    from topo.cli import output
    from topo.cli.results import print_results, print_rows

    if answer.best:
        facts = dict(answer.best.facts)
        print_results(answer.best.name, facts, [key for key in facts if key not in ("port_gbps", "name")])
        how = "nothing better meets all requirements" if answer.proven else "not proven"
        click.echo(f"{how}: {answer.considered:,} networks considered, {answer.measured:,} measured")
    if len(results["front"]) > 1:
        keys = [key for key in ("name", *_KEYS) if all(row.get(key) is not None for row in results["front"])]
        print_rows("\nfront", results["front"], keys)
    nearest: dict[str, Any] = {}
    for row, loser in zip(results["losers"], answer.losers, strict=True):
        if loser.candidate.facts["endpoints"] >= nearest.get(loser.candidate.family, (0,))[0]:
            nearest[loser.candidate.family] = (loser.candidate.facts["endpoints"], row)
    print_rows(
        "\nwhy others lost, one a family",
        [row for _, row in nearest.values()],
        ["design:losers.name", "design:losers.binding"],
    )
    if answer.conflict:
        output.note(f"no network meets all; these conflict: {', '.join(results['conflict'])}")
    elif not answer.proven:
        output.note(f"the time was up; no network has less than {results['least_possible']:,.6g}; give more with time=")
