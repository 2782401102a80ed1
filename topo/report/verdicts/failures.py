"""What failures cost: what the traffic keeps of its throughput with the most parts gone, network by network."""

from __future__ import annotations

from topo.report import words
from topo.report.means import mean_of
from topo.report.names import Case
from topo.report.panels.view import View
from topo.report.verdicts.answer import Answer, because

_SHARE = "kept_throughput"


def answer(view: View) -> Answer | None:
    """Return what the largest failures leave each network; None where none were asked for."""
    cases = [case for case in view.solutions if case.get("failed") is not None and case.policy == view.policy]
    most = max((_parts(case) for case in cases), default=0)
    worst = [case for case in cases if _parts(case) == most and case.get(_SHARE) is not None]
    if not most or not worst:
        return None
    draws = {network: [case for case in worst if case.network == network] for network in view.networks}
    means = sorted(map(mean_of, filter(None, draws.values())), key=_share, reverse=True)
    return Answer((_shares(means), _slowest(means[-1]), _unreachable(cases)))


def _parts(case: Case) -> int:
    return int((case.get("failed_cables") or 0) + (case.get("failed_nodes") or 0))


def _share(case: Case) -> float:
    return float(case.get(_SHARE))


def _shares(means: list[Case]) -> str:
    """Return the sentence on throughput: the networks from what keeps most to what keeps least, and why that is."""
    one, worst = means[0], means[-1]
    parts = words.plural(_parts(one), "part" if one.get("failed_nodes") else "cable")
    each = [f"{case.network} {words.percent(_share(case))}" for case in means[1:]]
    rest = f", {words.listing(each, len(each))}" if each else ""
    draws = f" (mean of {len(one.draws)} draws)" if len(one.draws) > 1 else ""
    first = f"With {parts} gone, {one.network} keeps {words.percent(_share(one))} of its throughput under {one.traffic}"
    return f"{first}{rest}{draws}{_reason(worst)}."


def _reason(worst: Case) -> str:
    """Return what holds the worst network back, named; empty where it keeps all."""
    if _share(worst) >= 1.0 or worst.get("bottleneck_tier") in (None, "endpoint", "scale-up"):
        return ""
    return because(worst).replace("because", f"because on {worst.network} the remaining")


def _slowest(worst: Case) -> str:
    slow = worst.get("slowdown")
    return f"{worst.network} takes {words.number(slow)} times as long as intact." if slow and slow > 1.0 else ""


def _unreachable(cases: list[Case]) -> str:
    """Return the sentence on flows that find no path."""
    cut = [case for case in cases if case.get("unreachable_commodities")]
    if not cut:
        return "Every flow still finds a path."
    worst = min(cut, key=lambda case: float(case.get("reach_with_relay") or 0.0))
    share = words.percent(1.0 - float(worst.get("reach_with_relay") or 0.0))
    return f"Up to {share} of the flows find no path any more, on {worst.network}."
