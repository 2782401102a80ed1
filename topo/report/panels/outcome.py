"""Outcome: when every commodity ends, who straggles, and what holds them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from topo.report import load, names, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.curves import Curves, distributions
from topo.report.names import Named
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.utilization import steps
from topo.report.panels.view import View, largest
from topo.report.tables import Column, Table, name, table


def panel(view: View) -> Panel | None:
    """Return completion times by network and policy, None where no case states any."""
    cases = [case for case in view.solved if case.get("completion_s") is not None]
    if not cases:
        return None
    drawn = [variant for traffic in names.order(c.traffic for c in cases) if (variant := _variant(cases, traffic))]
    how = (
        "Share of commodities that ended by a time after the start of their phase, a curve a policy; a step is all at "
        "once, a long tail is stragglers. Above 20,000 commodities the curve goes through 201 quantiles a phase."
    )
    held = _table(cases)
    block = Draw(Figure("fig-outcome", _finding(cases), how, tuple(drawn), held, "traffic")) if drawn else Show(held)
    return make("outcome", "Outcome", "When is everybody done?", _answer(cases), (block,))


def _variant(cases: Sequence[Named], traffic: str) -> Variant | None:
    panes: dict[str, dict[str, Any]] = {}
    for case in cases:
        columns = load.finish(case.record) if case.traffic == traffic else None
        if columns is not None and len(columns.get("finish", ())):
            panes.setdefault(case.network, {}).setdefault(case.policy, columns["finish"])
    if not panes:
        return None
    last = max(float(finish.max()) for held in panes.values() for finish in held.values())
    factor, unit = words.time_scale([last])
    scaled = {pane: {curve: steps(t * factor) for curve, t in held.items()} for pane, held in panes.items()}
    return Variant(traffic, distributions(_from_zero(scaled), f"completion time [{unit}]", what="commodities"))


def _from_zero(panes: dict[str, dict[str, tuple[list[float], list[float]]]]) -> Curves:
    """Return the curves with a start at zero: nobody has ended before the first one did."""
    return {pane: {c: ([0.0, *x], [0.0, *y]) for c, (x, y) in held.items()} for pane, held in panes.items()}


def _tail(case: Named) -> float | None:
    """Return the last commodity's time over the mean, within the phase where that is largest; None if not stored."""
    columns = load.commodities(case.record)
    if columns is None or not len(columns.get("finish", ())):
        return None
    finish = columns["finish"]
    phase = columns["phase"] if "phase" in columns else finish * 0
    held = [finish[phase == one] for one in set(phase.tolist())]
    return max((float(times.max() / times.mean()) for times in held if times.mean() > 0), default=None)


def _answer(cases: Sequence[Named]) -> str:
    slow = largest(list(cases), _tail)
    if slow is None:
        return "Times of the whole exchange; the table has them by case."
    ratio = _tail(slow) or 1.0
    if ratio < 1.005:
        return "In every case of one phase all commodities end together."
    return (
        f"The longest wait for stragglers: {slow.title}, where the last commodity of a phase ends at "
        f"{words.number(ratio)} times the mean."
    )


def _finding(cases: Sequence[Named]) -> str:
    tiers: dict[str, int] = {}
    for case in cases:
        tier = str(case.get("bottleneck_tier") or "no tier")
        tiers[tier] = tiers.get(tier, 0) + 1
    told = [f"{tier} in {n}" for tier, n in sorted(tiers.items(), key=lambda item: (-item[1], item[0]))]
    return f"The tier that holds the slowest back: {words.listing(told, 6)} of {words.plural(len(cases), 'case')}."


def _table(cases: Sequence[Named]) -> Table:
    columns = [name("Network"), name("Traffic"), name("Policy"), Column("Completion", words.seconds, "time", bar=True)]
    columns += [Column("Mean completion", words.seconds, "time"), Column("Last / mean", words.ratio, "×")]
    columns += [Column("Least rate", words.number, "Gb/s"), Column("Mean rate", words.number, "Gb/s")]
    columns += [Column("Fairness", words.ratio, "Jain"), name("Bottleneck tier")]
    rows = []
    for c in cases:
        rates = [c.get(key) for key in ("min_rate_gbps", "mean_rate_gbps", "fairness", "bottleneck_tier")]
        times = (c.get("completion_s"), c.get("mean_completion_s"), _tail(c))
        rows.append((c.network, c.traffic, c.policy, *times, *rates))
    return table("outcomes", "Completion by case", columns, rows, filterable=len(rows) > 12)
