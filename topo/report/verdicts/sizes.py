"""Which network at which size: the cheapest per endpoint of those that carry the traffic as well as any."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from topo.report import names, words
from topo.report.names import Case
from topo.report.panels.view import View, cost_key
from topo.report.verdicts.answer import Answer

_SHARE = "normalized_throughput"


def answer(view: View) -> Answer | None:
    """Return the cheapest at every size asked for; None where no two networks met at two sizes, or without prices."""
    sizes = _sizes(view)
    if len(sizes) < 2 or max(len({case.network for case in cases}) for cases in sizes.values()) < 2:
        return None
    if not all(case.get("cost_per_endpoint_usd") for cases in sizes.values() for case in cases):
        return None
    carries = {size: _carry(view, cases) for size, cases in sizes.items()}
    winners = [(size, min(cases, key=cost_key)) for size, cases in carries.items()]
    one = winners[0][1]
    best = max(float(case.get(_SHARE)) for _, case in winners)
    what = "at its port limit" if best >= 1 - 1e-6 else f"at {words.percent(best)} of its port limit"
    first = f"For {one.traffic} {what} the cheapest network is {_runs(winners)}{_ends(view, winners)}."
    rule = f"The rule: about equal endpoints, under {view.policy}; of the networks that carry as much, the cheapest."
    return Answer((first, _cheaper(sizes, winners)), rule=rule)


def _sizes(view: View) -> dict[int, list[Case]]:
    """Return endpoints asked for -> cases of the headline traffic under the usual policy, smallest first."""
    if not view.traffics:
        return {}
    sizes: dict[int, list[Case]] = {}
    for case in view.solutions:
        size = _size(case)
        if size and (case.traffic, case.policy) == (view.traffics[0], view.policy) and case.get(_SHARE):
            group = sizes.setdefault(size, [])
            if case.record.case.get("panel") == view.solutions[0].record.case.get("panel"):
                group.append(case)
    return {size: sizes[size] for size in sorted(sizes) if sizes[size]}


def _size(case: Case) -> int | None:
    """Return the endpoints that ``case`` was asked to have about, None where none were."""
    labels = case.record.labels.items()
    return next((int(v) for axis, v in labels if axis.endswith("endpoints") and v.isdigit()), None)


def _carry(view: View, cases: Sequence[Case]) -> list[Case]:
    most = max(float(case.get(_SHARE)) for case in cases)
    return [case for case in cases if float(case.get(_SHARE)) >= most * (1 - view.tie)]


def _ends(view: View, winners: Sequence[tuple[int, Case]]) -> str:
    """Return why another network follows, where it is that none of the kind before it can be built larger."""
    kinds = names.order(_bare(case) for _, case in winners)
    refusals = {(_bare(case), size) for case in view.failures if (size := _size(case))}
    pairs = [(_bare(case), size, _bare(other)) for (_, case), (size, other) in pairwise(winners)]
    following = [(kind, size) for kind, size, other in pairs if kind != other]
    if not following or not refusals.issuperset(following):
        return ""
    return f", because {words.listing(kinds[:-1], len(kinds))} cannot be built larger"


def _runs(winners: Sequence[tuple[int, Case]]) -> str:
    """Return neighbouring sizes of one winner together: FT2 up to 2,048 endpoints ($4,395), MPFT up to 16,384."""
    clauses: list[str] = []
    for i, (size, case) in enumerate(winners):
        if i + 1 < len(winners) and _bare(winners[i + 1][1]) == _bare(case):
            continue
        unit, each = (" endpoints", " per endpoint there") if not clauses else ("", "")
        clauses.append(f"{_bare(case)} up to {words.count(size)}{unit} ({words.usd(cost_key(case))}{each})")
    return words.listing(clauses, len(clauses))


def _cheaper(sizes: dict[int, list[Case]], winners: Sequence[tuple[int, Case]]) -> str:
    """Return the largest saving of a network that carries less, as a sentence; empty where there is none."""
    saving = [
        (cost_key(winner) / cost_key(low), size, low)
        for size, winner in winners
        if (low := min(sizes[size], key=cost_key)) is not winner
    ]
    if not saving:
        return ""
    ratio, size, low = max(saving, key=lambda row: row[0])
    share, cost = words.percent(low.get(_SHARE)), cost_key(low)
    prices = f"{words.usd(cost)} and not {words.usd(cost * ratio)} at {words.count(size)}"
    return f"{_bare(low)} would cost {prices}, but carries {share} of the port limit."


def _bare(case: Case) -> str:
    return case.record.labels.get("fabric") or case.network
