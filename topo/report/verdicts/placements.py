"""Where jobs should stand: the placement under which they end soonest on average, and why the others take longer."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

from topo.report import names, words
from topo.report.names import Case
from topo.report.panels.jobs import jobs_of
from topo.report.panels.view import View
from topo.report.verdicts.answer import Answer, because
from topo.report.verdicts.jobs import slowest

_AXIS = "placement"


def answer(view: View) -> Answer | None:
    """Return the placement to take; None where jobs of one network were not placed in several ways."""
    cases = [case for case in view.solutions if jobs_of(case) and case.record.labels.get(_AXIS)]
    usual = _by_placement(cases, view.policy)
    if len(usual) < 2 or len({(case.network, case.traffic) for case in cases}) > 1:
        return None
    policies = [policy for policy in names.order(case.policy for case in cases) if policy != view.policy]
    others = [_times(policy, _by_placement(cases, policy)) for policy in policies]
    return Answer((_first(view, usual), *others, _worst(cases)))


def _by_placement(cases: list[Case], policy: str) -> dict[str, Case]:
    return {case.record.labels[_AXIS]: case for case in reversed(cases) if case.policy == policy}


def _mean(case: Case, key: str) -> float:
    return fmean(float(job[key]) for job in jobs_of(case))


def _order(usual: Mapping[str, Case]) -> list[str]:
    return sorted(usual, key=lambda name: _mean(usual[name], "together_s"))


def _first(view: View, usual: Mapping[str, Case]) -> str:
    best, *rest = _order(usual)
    one, alone = usual[best], _mean(usual[best], "alone_s")
    if _mean(usual[rest[-1]], "together_s") <= _mean(one, "together_s") * (1 + view.tie):
        return f"Placement makes no difference: jobs take {_time(one)} on average under {view.policy}."
    jobs = words.plural(len(jobs_of(one)), "job")
    each = [f"{name} takes {_time(usual[name])}{_reason(usual[name], alone)}" for name in rest]
    first = f"Take {best} placement: under {view.policy} the {jobs} take {_time(one)} on average"
    return f"{'; '.join([first, *each])}."


def _time(case: Case) -> str:
    return words.seconds(_mean(case, "together_s"))


def _reason(case: Case, alone: float) -> str:
    """Return whether jobs of a placement take longer because of each other or, against ``alone`` [s], by themselves."""
    mine = _mean(case, "alone_s")
    slow = _mean(case, "together_s") / mine
    if mine / alone > slow:
        return f", because they take {words.seconds(mine)} even alone"
    return f", because jobs slow each other down {words.number(slow)} times"


def _times(policy: str, cases: Mapping[str, Case]) -> str:
    each = [f"{name} {_time(cases[name])}" for name in _order(cases)]
    return f"Under {policy}: {words.listing(each, len(each))}." if each else ""


def _worst(cases: list[Case]) -> str:
    case = max(cases, key=lambda one: float(slowest(one)["slowdown"]))
    job = slowest(case)
    where = f"{case.record.labels[_AXIS]}, {case.policy}"
    return f"The job {job['job']} suffers most, {words.number(job['slowdown'])} times as long ({where}){because(case)}."
