"""Outcome: when every commodity ends, who straggles, and what holds them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from topo.report import labels, load, names, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.curves import Curves, distributions
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.seeds import Repeat, repeats
from topo.report.panels.sweep_cases import settings_of
from topo.report.panels.timeline import timeline_of
from topo.report.panels.utilization import steps
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Ends of the bracket of the mean: links that send one flow at a time, and fair sharing.
_MEANS = ("mean_completion_in_turn_s", "mean_completion_s")
_AGAINST = ("collective_least_s", "collective_gap")
_RATES = ("min_rate_gbps", "mean_rate_gbps", "fairness")


def panel(view: View) -> Panel | None:
    """Return completion times by network and policy, None where no case states any."""
    settings = [one for one in repeats(view) if one.values("completion_s")]
    if not settings:
        return None
    ends = [_times(one) for one in settings]
    listing = _table(settings)
    timeline = timeline_of(view, listing)
    blocks = (Draw(timeline) if timeline else Show(listing), _distribution(view, settings, ends))
    return make("outcome", "Timeline", "When is everybody done?", _answer(settings), blocks)


def _distribution(view: View, settings: Sequence[Repeat], ends: Sequence[NDArray[Any] | None]) -> Draw | None:
    """Return the share of flows that ended by a time, None where no case stored when they do."""
    traffics = names.order(one.traffic for one in settings)
    variants = [v for traffic in traffics if (v := _variant(settings, ends, traffic))]
    if not variants:
        return None
    how = (
        "Share of flows that ended by a time, one curve for each policy; a step is all at once, a long tail is "
        "stragglers. Above 20,000 flows the curve goes through 201 quantiles a phase."
    )
    if any(len(one.cases) > 1 for one in settings):
        how += " A curve has the flows of all seeds together."
    finding = _finding([case for case in view.solutions if case.get("completion_s") is not None])
    return Draw(
        Figure("fig-outcome", finding, how, tuple(variants), None, "traffic"), fold="When the flows end, one by one"
    )


def _variant(settings: Sequence[Repeat], ends: Sequence[NDArray[Any] | None], traffic: str) -> Variant | None:
    panes: dict[str, dict[str, NDArray[Any]]] = {}
    for one, times in zip(settings, ends, strict=True):
        if one.traffic == traffic and times is not None:
            panes.setdefault(one.network, {}).setdefault(_curve(settings, one), times)
    if not panes:
        return None
    last = max(float(finish.max()) for network in panes.values() for finish in network.values())
    factor, title = labels.scale("completion_s", [last])
    curves = {network: {curve: steps(t * factor) for curve, t in pane.items()} for network, pane in panes.items()}
    return Variant(traffic, distributions(_from_zero(curves), title, what="flows"))


def _times(one: Repeat) -> NDArray[Any] | None:
    """Return when the commodities of every seed ended [s], None where no case stored it."""
    import numpy as np

    times = [ends for case in one.cases if (ends := _ends(case)) is not None]
    return np.concatenate(times) if times else None


def _ends(case: Case) -> NDArray[Any] | None:
    """Return when the commodities of ``case`` ended, counted from the start of the exchange [s].

    Those of a phase that runs several times end with its last run.
    """
    import numpy as np

    columns = load.finish(case.record)
    if columns is None or not len(columns.get("finish", ())):
        return None
    phase_end, phase, finish = case.get("phase_end_s") or [], columns.get("phase"), columns["finish"]
    if phase is None or None in phase_end or len(phase_end) <= int(phase.max()):
        return finish
    longest = np.zeros(len(phase_end))
    np.maximum.at(longest, phase, finish)
    ends: NDArray[Any] = np.asarray(phase_end)[phase] - (longest[phase] - finish)
    return ends


def _curve(settings: Sequence[Repeat], one: Repeat) -> str:
    """Return the policy, with the solver where this policy met several under the same traffic."""
    alike = {o.solver for o in settings if (o.network, o.traffic, o.policy) == (one.network, one.traffic, one.policy)}
    return f"{one.policy}, {one.solver}" if len(alike) > 1 else one.policy


def _from_zero(panes: dict[str, dict[str, tuple[list[float], list[float]]]]) -> Curves:
    """Return the curves with a start at zero: nobody has ended before the first one did."""
    return {network: {c: ([0.0, *x], [0.0, *y]) for c, (x, y) in pane.items()} for network, pane in panes.items()}


def _tail(case: Case) -> float | None:
    """Return the last commodity's time over the mean, within the phase where that is largest; None if not stored."""
    columns = load.commodities(case.record)
    if columns is None or not len(columns.get("finish", ())):
        return None
    finish = columns["finish"]
    phase = columns["phase"] if "phase" in columns else finish * 0
    phases = [finish[phase == one] for one in set(phase.tolist())]
    return max((float(times.max() / times.mean()) for times in phases if times.mean() > 0), default=None)


def _worst_tail(one: Repeat) -> float | None:
    return max((tail for case in one.cases if (tail := _tail(case)) is not None), default=None)


def _answer(settings: Sequence[Repeat]) -> str:
    tails = [(tail, one) for one in settings if (tail := _worst_tail(one)) is not None]
    if not tails:
        return "Times of the whole exchange; the table has them by case."
    ratio, slow = max(tails, key=lambda pair: pair[0])
    if ratio < 1.005:
        return "In every case of one phase all flows end together."
    return (
        f"The longest wait for stragglers: {slow.network} · {slow.traffic} · {slow.policy}, where the last flow "
        f"of a phase ends at {words.number(ratio)} times the mean."
    )


def _finding(cases: Sequence[Case]) -> str:
    tiers: dict[str, int] = {}
    for case in cases:
        tier = str(case.get("bottleneck_tier") or "no tier")
        tiers[tier] = tiers.get(tier, 0) + 1
    clauses = [f"{tier} in {n}" for tier, n in sorted(tiers.items(), key=lambda item: (-item[1], item[0]))]
    return f"The tier that holds the slowest back: {words.listing(clauses, 6)} of {words.plural(len(cases), 'case')}."


def _table(settings: Sequence[Repeat]) -> Table:
    has_seeds = any(len(one.cases) > 1 for one in settings)
    places, cells = settings_of([one.cases[0] for one in settings])
    columns = [name("Network"), name("Traffic"), name("Policy"), *places]
    columns += [labels.column("completion_s", "mean over seeds" if has_seeds else "", bar=True)]
    columns += [Column("Least", words.seconds), Column("Largest", words.seconds)] if has_seeds else []
    columns += [Column("Seeds", words.count)] if has_seeds else []
    means = (*_best(settings), *_MEANS)
    columns += [labels.column(key) for key in means]
    columns += [Column("Last / mean", words.ratio, "×")]
    columns += [labels.column(key) for key in (*_RATES, "bottleneck_tier")]
    rows = [
        (one.network, one.traffic, _curve(settings, one), *setting, *_numbers(one, means, has_seeds))
        for one, setting in zip(settings, cells, strict=True)
    ]
    note = "Over seeds: the least rate is the least, last / mean the largest, the rest means." if has_seeds else ""
    return table("outcomes", "Completion by case", columns, rows, filterable=len(rows) > 12, note=note)


def _best(settings: Sequence[Repeat]) -> tuple[str, ...]:
    """Return the keys that hold a collective against the best algorithm, none where there is no collective."""
    return _AGAINST if any(one.values(_AGAINST[0]) for one in settings) else ()


def _numbers(one: Repeat, means: Sequence[str], has_seeds: bool) -> tuple[Any, ...]:
    key = "completion_s"
    spread = (one.least(key), one.most(key), len(one.cases)) if has_seeds else ()
    rates = (one.least(_RATES[0]), *map(one.mean, _RATES[1:]))
    tiers = ", ".join(names.order(str(t) for case in one.cases if (t := case.get("bottleneck_tier"))))
    times = (one.mean(key), *spread, *map(one.mean, means), _worst_tail(one))
    return (*times, *rates, tiers or None)
