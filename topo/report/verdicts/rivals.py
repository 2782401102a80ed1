"""Who may be compared with whom, who is best, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence

from topo.report import names, words
from topo.report.names import Case
from topo.report.panels.view import View, cost_key
from topo.report.verdicts.answer import time_of


def rivals(view: View) -> list[Case]:
    """Return the networks under the headline traffic, of equal endpoints: those that most networks have."""
    headline = view.of_traffic(view.traffics[0]) if view.traffics else []
    by_size: dict[int, list[Case]] = {}
    for case in headline:
        if case.get("completion_s") and case.get("endpoints"):
            by_size.setdefault(int(case.get("endpoints")), []).append(case)
    return max(by_size.items(), key=lambda item: (len(item[1]), item[0]))[1] if by_size else []


def as_fast(cases: Sequence[Case], tie: float) -> list[Case]:
    """Return the cases within ``tie`` of the shortest time."""
    least = min(map(time_of, cases))
    return [case for case in cases if time_of(case) <= least * (1 + tie)]


def best(view: View, cases: Sequence[Case]) -> list[Case]:
    """Return those to take: as fast as any, beaten by none of these under all traffics, and of the least price."""
    fast = as_fast(cases, view.tie)
    front = [case for case in fast if not any(worse_under(view, case, other) for other in fast if other is not case)]
    least = min(map(cost_key, front or fast))
    return [case for case in front or fast if cost_key(case) <= least * (1 + view.tie)]


def worse_under(view: View, case: Case, other: Case) -> tuple[str, float] | None:
    """Return traffic and ratio of times where ``case`` is slowest against ``other``; None unless it is dominated.

    It is where ``other`` is slower under no traffic of the comparison, and faster under one.
    """
    ratios = [
        (traffic, time_of(mine) / time_of(its))
        for traffic in view.traffics
        if (mine := view.case(case.network, traffic))
        and (its := view.case(other.network, traffic))
        and mine.get("completion_s")
        and its.get("completion_s")
    ]
    if not ratios or min(ratio for _, ratio in ratios) < 1 / (1 + view.tie):
        return None
    traffic, ratio = max(ratios, key=lambda pair: pair[1])
    return (traffic, ratio) if ratio > 1 + view.tie else None


def why_not(view: View, case: Case, winner: Case) -> str:
    """Return why a case as fast as ``winner`` is not taken, after a but; empty where nothing tells."""
    loss = worse_under(view, case, winner)
    if loss:
        return f"takes {words.number(loss[1])} times as long under {loss[0]}"
    if case.get("cost_per_endpoint_usd") and cost_key(case) > cost_key(winner) * (1 + view.tie):
        return f"costs {words.usd(cost_key(case))} per endpoint"
    return ""


def optimum(view: View, network: str, traffic: str) -> Case | None:
    """Return the case of a network and traffic under the best routing there is; None where the study has none."""
    cases = [c for c in view.solutions if (c.network, c.traffic) == (network, traffic) and c.get("bound_is_optimum")]
    return min(cases, key=time_of, default=None)


def together(pairs: Sequence[tuple[str, str]]) -> str:
    """Return (name, what) as clauses, names of the same what together: SF and DF cost more; FT3 is slower."""
    whats = names.order(what for _, what in pairs)
    return "; ".join(f"{words.listing([n for n, other in pairs if other == what])} {what}" for what in whats)
