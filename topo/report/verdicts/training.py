"""What a training step's communication takes: on which network, and for which part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from topo.report import words
from topo.report.names import Case
from topo.report.panels.view import View
from topo.report.verdicts.answer import Answer, because, duration, time_of, within

#: What stands beside times that rest on a computation of no time.
ALONE = "Computation is not counted: these are times of communication alone, not of a step."


def answer(view: View) -> Answer | None:
    """Return the longest step by network and its longest part; None unless all cases are training steps."""
    if not view.solutions or not all(case.get("step_parts") and case.get("completion_s") for case in view.solutions):
        return None
    by_traffic: dict[str, list[Case]] = defaultdict(list)
    for case in view.solutions:
        by_traffic[case.traffic].append(case)
    whole = max(by_traffic.values(), key=lambda cases: max(map(time_of, cases)))
    if not any(case.get("compute_s") for case in whole):
        return Answer((_steps(view, whole), ALONE, _part(whole)))
    return Answer((_steps(view, whole), _part(whole), _compute(whole)))


def _steps(view: View, whole: Sequence[Case]) -> str:
    fast, slow = min(whole, key=time_of), max(whole, key=time_of)
    what = "step" if any(case.get("compute_s") for case in whole) else "step's communication"
    if time_of(slow) > time_of(fast) * (1 + view.tie):
        ratio = words.number(time_of(slow) / time_of(fast))
        sentence = f"A {what} takes {duration(fast)} on {fast.network}"
        return f"{sentence}; {slow.network} takes {ratio} times as long{because(slow)}."
    networks = words.listing([case.network for case in whole])
    alike = f" alike, {within(view.tie)}" if len(whole) > 1 else ""
    return f"A {what} takes {duration(fast)} on {networks}{alike}{because(fast, 'their' if len(whole) > 1 else 'its')}."


def _part(whole: Sequence[Case]) -> str:
    one = max(whole, key=time_of)
    times: dict[str, float] = defaultdict(float)
    for part in one.rows("step_parts", "part", "time_s"):
        times[str(part["part"])] += float(part["time_s"])
    clauses = [
        f"{name} {words.percent(time / time_of(one))}" for name, time in sorted(times.items(), key=lambda p: -p[1])
    ]
    return f"Of it, {words.listing(clauses[:3], 3)}." if len(clauses) > 1 else ""


def _compute(whole: Sequence[Case]) -> str:
    one = max(whole, key=time_of)
    exposure = one.get("exposed_s")
    return "" if exposure is None else f"Nothing hides {words.percent(exposure / time_of(one))} of it."
