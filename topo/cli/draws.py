"""``topo analyze --seeds``: one case drawn several times, printed as mean and range; and what all its forms share."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topo.cli.exits import LIMIT, OK, say
from topo.cli.options import Check, judge
from topo.cli.progress import over_cases
from topo.cli.results import print_cases

if TYPE_CHECKING:
    from topo.cli.workers import Where
    from topo.config import Case
    from topo.study import Draws, Progress, Run


def analyze(
    cases: Sequence[Case],
    shown: Sequence[str],
    *,
    seed: int,
    where: Where,
    folder: Path | None,
    as_json: bool,
    as_csv: bool,
    quiet: bool,
    checks: Sequence[Check],
) -> int:
    """Run ``cases``, the draws of one, print what of ``shown`` comes to over them, and return the exit code.

    ``folder`` takes records and report, as of a study with ``seeds``.
    """
    from topo.study import Draws, drawn

    begin = time.perf_counter()
    sections = _common(cases)
    words = {**sections, "seed": seed, "seeds": len(cases)}
    with over_cases(len(cases), quiet=quiet) as progress:
        done = None if folder is None else stored(cases, folder, where, words, progress)
        whole = done is not None and not done.failed
        draws = Draws(done.records) if done and whole else drawn(cases, **where.how(), progress=progress)
    seconds = round(time.perf_counter() - begin, 3)
    if as_csv:
        print_cases([(head_of(case), one) for case, one in zip(cases, draws.results, strict=True)])
    else:
        _print(cases, draws, shown, {**sections, "seed": seed, "seconds": seconds}, as_json=as_json)
    say_notes(cases, draws.results)
    codes = [judge(tuple(checks), one, name=case.name) for case, one in zip(cases, draws.results, strict=True)]
    return LIMIT if _incomplete(draws) else max(codes, default=OK)


def head_of(case: Case) -> dict[str, Any]:
    """Return what a row of CSV begins with: what was analyzed."""
    return {
        "case": case.name,
        "traffic": case.traffic and case.traffic["pattern"],
        "routing": case.routing["policy"],
        "seed": case.seed,
    }


def _common(cases: Sequence[Case]) -> dict[str, Any]:
    """Return the sections of ``cases`` without the seeds that tell them apart."""
    from topo.config.seeds import common

    return dict(common(cases[0].sections, cases[-1].sections))


def _print(cases: Sequence[Case], draws: Draws, shown: Sequence[str], given: dict[str, Any], *, as_json: bool) -> None:
    from topo.cli import output
    from topo.cli.results import print_spread, say_cases

    if as_json:
        seeds = [case.seed for case in cases]
        output.print_json({**given, "seeds": seeds, "results": draws.over_seeds(), "records": list(draws.records)})
        return
    one = cases[0]
    name, kind = one.name.rpartition(" / ")[0], one.traffic and one.traffic["pattern"]
    title = f"{name}: {kind}, {one.routing['policy']}, {len(cases)} seeds: mean (least to most)"
    say_cases(title, cases, draws.results)
    print_spread("", draws.results, shown)
    if len(cases) > 1 and len({record["hash"] for record in draws.records}) == 1:
        say("note: nothing in this case is drawn: every seed gives the same")


def _incomplete(draws: Draws) -> int:
    """Return how many draws ended before they were complete, and say so."""
    n = sum(not one.get("complete", True) for one in draws.results)
    if n:
        say(f"the time was up in {n} of {len(draws.records)} draws; give the policy more with seconds=")
    return n


def say_notes(cases: Sequence[Case], results: Sequence[dict[str, Any]]) -> None:
    """Say what was chosen for the user, and every warning of ``results`` once."""
    notes = dict.fromkeys(text for case in cases for text in case.notes)
    notes |= dict.fromkeys(text for one in results for text in one.get("inferred") or ())
    for text in notes:
        say(f"note: {text}")
    for warning in dict.fromkeys(text for one in results for text in one.get("warnings") or ()):
        say(f"warning: {warning}")


def stored(
    cases: Sequence[Case],
    folder: Path,
    where: Where,
    words: dict[str, Any],
    progress: Callable[[Progress], None] | None = None,
) -> Run:
    """Return the run of ``cases`` as a study that ``words`` write down; its report then lies in ``folder``."""
    from topo.report import write
    from topo.study import run, study_of

    done = run(study_of(cases, words), folder, **where.how(), progress=progress)
    if not done.failed:
        say(f"report: {write(done.folder, tell=say)}")
    return done
