"""What networks are worth between failures and repairs: which keeps most of its throughput, and why."""

from __future__ import annotations

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
    sentence = (
        f"{best.network} keeps most of its throughput in the mean over failures and repairs, "
        f"{words.nines(best.get(_MEAN))}, and {worst.network} least, {words.nines(worst.get(_MEAN))}."
    )
    return Answer((sentence, _reason(best, worst)))


def _reason(best: Case, worst: Case) -> str:
    """Return how often something is down in either, and what is left with one part down; empty where neither says."""
    clauses = []
    for case in (best, worst):
        levels = {row.get("failed"): row for row in case.rows("states_by_failed")}
        up, rest = (levels.get(0) or {}).get("probability"), (levels.get(1) or {}).get("throughput")
        if up is None or rest is None:
            return ""
        often = f"{case.network} has something down {words.percent(1.0 - float(up))} of the time"
        clauses.append(f"{often} and with one part down it keeps {words.nines(rest)}")
    return f"{'; '.join(clauses)}."
