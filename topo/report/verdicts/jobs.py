"""Do jobs disturb each other: the largest slowdown, where there is none, and what placement does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from topo.report import names, words
from topo.report.names import Case
from topo.report.panels.jobs import jobs_of
from topo.report.panels.view import View
from topo.report.verdicts.answer import Answer, because


def answer(view: View) -> Answer | None:
    """Return who waits for whom; None where no case has jobs."""
    cases = [case for case in view.solutions if jobs_of(case) and case.get("slowdown_max") is not None]
    if not cases:
        return None
    worst = max(cases, key=_slowdown)
    if _slowdown(worst) <= 1 + view.tie:
        return Answer((f"No job waits for another in any of {words.plural(len(cases), 'case')}.",))
    return Answer((_worst(worst), _elsewhere(view, cases, worst), _free(view, cases)))


def _slowdown(case: Case) -> float:
    return float(case.get("slowdown_max"))


def slowest(case: Case) -> dict[str, Any]:
    """Return the row of the job of ``case`` that the others hold up most."""
    job: dict[str, Any] = max(jobs_of(case), key=lambda job: float(job["slowdown"]))
    return job


def _worst(case: Case) -> str:
    job = slowest(case)
    times = f"{words.seconds(job['together_s'])} and not {words.seconds(job['alone_s'])}"
    clause = f"takes {words.number(job['slowdown'])} times as long beside the others as alone, {times}"
    return f"The job {job['job']} {clause} ({case.network}, {case.traffic}){because(case)}."


def _elsewhere(view: View, cases: Sequence[Case], worst: Case) -> str:
    """Return what other traffic does on the network of the worst case."""
    others = [case for case in cases if case.network == worst.network and case.traffic != worst.traffic]
    if not others:
        return ""
    best = min(others, key=_slowdown)
    if _slowdown(best) <= 1 + view.tie:
        return f"On {worst.network} no job waits for another where they are {best.traffic}."
    job = slowest(best)
    slow = f"at most {words.number(job['slowdown'])} times as long ({job['job']})"
    return f"On {worst.network}, {best.traffic}, a job takes {slow}."


def _free(view: View, cases: Sequence[Case]) -> str:
    of = {n: max(_slowdown(c) for c in cases if c.network == n) for n in names.order(c.network for c in cases)}
    free = [network for network, slowdown in of.items() if slowdown <= 1 + view.tie]
    return f"On {words.listing(free)} no job waits for another." if free else ""
