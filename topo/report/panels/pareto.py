"""The front of cost against time: cases that no other beats in both."""

from __future__ import annotations

from collections.abc import Sequence

from topo.report import labels, names, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.fields import Spot, front
from topo.report.names import Case
from topo.report.panels.view import View
from topo.report.tables import Table, name, table

#: Differences below this share are rounding, and no reason to call a case better.
SAME = 1e-6
#: Traffics that the reader can pick among.
_MOST_TRAFFICS = 12


def on_front(cases: Sequence[Case]) -> list[Case]:
    """Return those of ``cases`` that none beats in cost per endpoint and completion time, cheapest first.

    Cases alike in both stand there once, by the first of them.  Compares whatever it is given:
    cases of one traffic, at one size.
    """
    candidates = sorted((c for c in cases if _measures(c) is not None), key=lambda c: _measures(c) or (0.0, 0.0))
    best: list[Case] = []
    for case in candidates:
        if not best or float(case.get("completion_s")) < float(best[-1].get("completion_s")) * (1 - SAME):
            best.append(case)
    return best


def pareto(view: View) -> Figure | None:
    """Return cost against time, a drawing a traffic; None where no traffic met three cases of two costs."""
    groups = {key: group for key, group in _groups(view).items() if len({_measures(c) for c in group}) > 2}
    groups = {key: group for key, group in groups.items() if len({c.get("cost_per_endpoint_usd") for c in group}) > 1}
    if not groups:
        return None
    choices = dict(list(groups.items())[:_MOST_TRAFFICS])
    variants = tuple(Variant(words.clip(traffic, 70), _drawing(group)) for traffic, group in choices.items())
    how = "One mark for each case; down and to the left is better. Cases of one traffic and size are compared."
    return Figure("fig-pareto", _finding(choices), how, variants, _table(choices), "traffic")


def _measures(case: Case) -> tuple[float, float] | None:
    cost, time = case.get("cost_per_endpoint_usd"), case.get("completion_s")
    return None if cost is None or not time else (float(cost), float(time))


def _groups(view: View) -> dict[str, list[Case]]:
    """Return priced and solved cases by traffic and by size, to one digit: families seldom meet a size exactly."""
    groups: dict[tuple[str, int], list[Case]] = {}
    for case in view.solutions:
        if _measures(case) is not None:
            groups.setdefault((case.traffic, about_size(case)), []).append(case)
    many = {traffic for traffic, _ in groups if sum(t == traffic for t, _ in groups) > 1}
    return {
        f"{traffic}, about {words.count(size)} endpoints" if traffic in many else traffic: group
        for (traffic, size), group in groups.items()
    }


def about_size(case: Case) -> int:
    """Return the endpoints that a case was asked for, else those it has, to one digit."""
    label = next((value for axis, value in case.record.labels.items() if axis.endswith("endpoints")), None)
    return int(label) if label is not None and label.isdigit() else int(float(f"{case.get('endpoints') or 0:.1g}"))


def _drawing(cases: Sequence[Case]) -> dict[str, object]:
    factor, time = labels.scale("completion_s", [c.get("completion_s") for c in cases])
    best = on_front(cases)
    spots = [
        Spot(
            _title(case, cases),
            float(case.get("cost_per_endpoint_usd")),
            float(case.get("completion_s")) * factor,
            f"{words.usd(case.get('cost_per_endpoint_usd'))} per endpoint, {words.seconds(case.get('completion_s'))}",
        )
        for case in cases
    ]
    at = [next(i for i, case in enumerate(cases) if case is one) for one in best]
    return front(spots, at, labels.axis("cost_per_endpoint_usd"), time)


def _title(case: Case, cases: Sequence[Case]) -> str:
    parts = [case.network] + ([case.policy] if len({c.policy for c in cases}) > 1 else [])
    return " · ".join(part for part in parts if part)


def _finding(groups: dict[str, list[Case]]) -> str:
    traffic, cases = next(iter(groups.items()))
    best = on_front(cases)
    winners = words.listing(names.order(_title(case, cases) for case in best))
    if len(best) == 1:
        return f"Under {traffic}, {winners} is both cheapest and fastest."
    return f"Under {traffic}, only {winners} are worth a choice: all others cost more and take no less time."


def _table(groups: dict[str, list[Case]]) -> Table:
    columns = [name("Traffic"), name("Case"), labels.column("cost_per_endpoint_usd")]
    columns += [labels.column("completion_s"), name("On the front")]
    rows = []
    for traffic, cases in groups.items():
        best = {id(case) for case in on_front(cases)}
        for case in cases:
            cost, time = case.get("cost_per_endpoint_usd"), case.get("completion_s")
            rows.append((traffic, _title(case, cases), cost, time, "yes" if id(case) in best else "no"))
    return table("pareto", "Cost against time", columns, rows, filterable=len(rows) > 12)
