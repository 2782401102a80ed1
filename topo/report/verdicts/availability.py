"""What networks are worth between failures and repairs: which keeps most of its throughput, and why."""

from __future__ import annotations

from collections.abc import Sequence

from topo.report import words
from topo.report.names import Case
from topo.report.panels.view import View
from topo.report.verdicts.answer import Answer

_MEAN = "expected_throughput"


def answer(view: View) -> Answer | None:
    """Return which network keeps most of its throughput in the mean; None where no case asks, or one network does."""
    cases = [case for case in view.solutions if isinstance(case.get(_MEAN), int | float) and case.policy == view.policy]
    of_network: dict[str, Case] = {}
    for case in cases:
        of_network.setdefault(case.network, case)
    if len(of_network) < 2:
        return None
    order = sorted(of_network.values(), key=lambda case: -float(case.get(_MEAN)))
    best, worst = order[0], order[-1]
    if best.get(_MEAN) == worst.get(_MEAN):
        same = words.nines(best.get(_MEAN))
        return Answer((f"All networks keep {same} of their throughput in the mean over failures and repairs.",))
    first, *rest = order
    others = [f"{case.network} {words.nines(case.get(_MEAN))}" for case in rest]
    keeps = f"{first.network} keeps {words.nines(first.get(_MEAN))} of its throughput on average"
    over = f"over failures and repairs, {words.listing(others, len(others))}"
    return Answer((f"{keeps} {over}{_reason(best, worst)}.", _one_down(order)))


def _reason(best: Case, worst: Case) -> str:
    """Return what sets the worst apart most: how often something is down, or what one part down leaves of it."""
    ours, theirs = _downs(best), _downs(worst)
    if ours is None or theirs is None:
        return ""
    if theirs[0] * (1.0 - ours[1]) > (1.0 - theirs[1]) * ours[0]:
        often = [words.percent(share) for share, _ in (theirs, ours)]
        return f", because something in {worst.network} is down {often[0]} of the time and not {often[1]}"
    rests = [words.nines(rest) for _, rest in (theirs, ours)]
    return f", because with one part down {worst.network} keeps {rests[0]} and not {rests[1]}"


def _downs(case: Case) -> tuple[float, float] | None:
    """Return the share of time in which something is down, and what is left with one part down; None if not stored."""
    levels = {row.get("failed"): row for row in case.rows("states_by_failed")}
    up, rest = (levels.get(0) or {}).get("probability"), (levels.get(1) or {}).get("throughput")
    return None if up is None or rest is None else (1.0 - float(up), float(rest))


def _one_down(cases: Sequence[Case]) -> str:
    """Return what each network keeps with one part down; empty where one does not say."""
    rests = {case.network: one[1] for case in cases if (one := _downs(case)) is not None}
    if len(rests) < len(cases):
        return ""
    each = [f"{network} {words.nines(rest)}" for network, rest in rests.items()]
    return f"With one part down they keep: {words.listing(each, len(each))}."
