"""The front of cost against time: cases that no other beats in both."""

from __future__ import annotations

from collections.abc import Sequence

from topo.report import labels, names, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.fields import Spot, front
from topo.report.names import Named
from topo.report.panels.view import View
from topo.report.tables import Table, name, table

#: Differences below this share are rounding, and no reason to call a case better.
_SAME = 1e-6
#: Traffics that the reader can pick among.
_MOST_TRAFFICS = 12


def on_front(cases: Sequence[Named]) -> list[Named]:
    """Return those of ``cases`` that none beats in cost per endpoint and completion time, cheapest first.

    Cases alike in both stand there once, by the first of them.  Compares whatever it is given:
    cases of one traffic, at one size.
    """
    known = sorted((c for c in cases if _measures(c) is not None), key=lambda c: _measures(c) or (0.0, 0.0))
    best: list[Named] = []
    for case in known:
        if not best or float(case.get("completion_s")) < float(best[-1].get("completion_s")) * (1 - _SAME):
            best.append(case)
    return best


def pareto(view: View) -> Figure | None:
    """Return cost against time, a drawing a traffic; None where no traffic met three cases of two costs."""
    groups = {key: held for key, held in _groups(view).items() if len({_measures(c) for c in held}) > 2}
    groups = {key: held for key, held in groups.items() if len({c.get("cost_per_endpoint_usd") for c in held}) > 1}
    if not groups:
        return None
    shown = dict(list(groups.items())[:_MOST_TRAFFICS])
    variants = tuple(Variant(words.clip(traffic, 70), _drawing(held)) for traffic, held in shown.items())
    how = (
        "A mark a case; down and to the left is better. Cases of one traffic and one number of endpoints are compared."
    )
    return Figure("fig-pareto", _finding(shown), how, variants, _table(shown), "traffic")


def _measures(case: Named) -> tuple[float, float] | None:
    cost, time = case.get("cost_per_endpoint_usd"), case.get("completion_s")
    return None if cost is None or not time else (float(cost), float(time))


def _groups(view: View) -> dict[str, list[Named]]:
    """Return priced and solved cases by traffic and by size, to one digit: families seldom meet a size exactly."""
    found: dict[tuple[str, int], list[Named]] = {}
    for case in view.solved:
        if _measures(case) is not None:
            found.setdefault((case.traffic, _size(case)), []).append(case)
    many = {traffic for traffic, _ in found if sum(t == traffic for t, _ in found) > 1}
    return {
        f"{traffic}, about {words.count(size)} endpoints" if traffic in many else traffic: held
        for (traffic, size), held in found.items()
    }


def _size(case: Named) -> int:
    wanted = next((value for axis, value in case.record.labels.items() if axis.endswith("endpoints")), None)
    return int(wanted) if wanted is not None and wanted.isdigit() else int(float(f"{case.get('endpoints') or 0:.1g}"))


def _drawing(held: Sequence[Named]) -> dict[str, object]:
    factor, time = labels.scaled("completion_s", [c.get("completion_s") for c in held])
    best = on_front(held)
    spots = [
        Spot(
            _title(case, held),
            float(case.get("cost_per_endpoint_usd")),
            float(case.get("completion_s")) * factor,
            f"{words.usd(case.get('cost_per_endpoint_usd'))} per endpoint, {words.seconds(case.get('completion_s'))}",
        )
        for case in held
    ]
    at = [next(i for i, case in enumerate(held) if case is one) for one in best]
    return front(spots, at, labels.axis("cost_per_endpoint_usd"), time)


def _title(case: Named, held: Sequence[Named]) -> str:
    parts = [case.network] + ([case.policy] if len({c.policy for c in held}) > 1 else [])
    return " · ".join(part for part in parts if part)


def _finding(groups: dict[str, list[Named]]) -> str:
    traffic, held = next(iter(groups.items()))
    best = on_front(held)
    told = words.listing(names.order(_title(case, held) for case in best))
    if len(best) == 1:
        return f"Under {traffic}, {told} is both cheapest and fastest."
    return f"Under {traffic}, only {told} are worth a choice: all others cost more and take no less time."


def _table(groups: dict[str, list[Named]]) -> Table:
    columns = [name("Traffic"), name("Case"), labels.column("cost_per_endpoint_usd")]
    columns += [labels.column("completion_s"), name("On the front")]
    rows = []
    for traffic, held in groups.items():
        best = {id(case) for case in on_front(held)}
        for case in held:
            cost, time = case.get("cost_per_endpoint_usd"), case.get("completion_s")
            rows.append((traffic, _title(case, held), cost, time, "yes" if id(case) in best else "no"))
    return table("pareto", "Cost against time", columns, rows, filterable=len(rows) > 12)
