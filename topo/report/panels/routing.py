"""Routing: every policy on one axis against the certified optimum, seeds as ranges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from topo.report import labels, names, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.marks import Series, ranges
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel
from topo.report.panels.blocks import panel as make
from topo.report.panels.seeds import Repeat, repeats
from topo.report.panels.sweep_cases import settings_of
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table

_SHARE = "normalized_throughput"


def panel(view: View) -> Panel | None:
    """Return the policies side by side, None where no network and traffic met two of them."""
    rivals = _rivals(repeats(view))
    if not rivals:
        return None
    variants = tuple(Variant(traffic, _drawing(groups)) for traffic, groups in rivals.items())
    settings = [one for groups in rivals.values() for group in groups.values() for one in group]
    how = "One band for each network, one line for each policy. The dashed line is 1: nothing blocks."
    if any(len(one.cases) > 1 for one in settings):
        how += " A mark is the mean over seeds, its bar goes from the least to the largest of them."
    if any(bound is not None for group in rivals.values() for bound in map(optimum, group.values())):
        how += " The upright is the optimum: no routing can pass it with relays as stated, by a certificate."
    figure = Figure("fig-routing", _finding(settings, view.tie), how, variants, _table(rivals), "traffic")
    return make("routing", "Routing", "What does routing cost or gain?", _answer(settings), (Draw(figure),))


def _rivals(settings: Sequence[Repeat]) -> dict[str, dict[str, list[Repeat]]]:
    """Return traffic -> network -> policies, those networks that met two of them under that traffic and one solver."""
    groups: dict[tuple[str, str, str], list[Repeat]] = defaultdict(list)
    for one in settings:
        if one.values(_SHARE):
            groups[one.traffic, one.network, one.solver].append(one)
    rivals = {key: group for key, group in groups.items() if len({one.policy for one in group}) > 1}
    several = len({solver for _, _, solver in rivals}) > 1
    out: dict[str, dict[str, list[Repeat]]] = {}
    for (traffic, network, solver), group in rivals.items():
        entries = [replace(one, policy=f"{one.policy}, {solver}") if several else one for one in group]
        out.setdefault(traffic, {}).setdefault(network, []).extend(entries)
    return out


def optimum(group: Sequence[Repeat]) -> tuple[float, float] | None:
    """Return the least and largest certified optimum over seeds, in shares of the port limit; None without one.

    Only a policy that chooses among all routings proves it; bounds of others are for their own kind of split.
    """
    bounds = [bound for one in group for case in one.cases if (bound := _bound(case)) is not None]
    return (min(bounds), max(bounds)) if bounds else None


def _bound(case: Case) -> float | None:
    bound, theta, share = case.get("bound"), case.get("theta"), case.get(_SHARE)
    if not theta or bound is None or share is None or not case.get("bound_is_optimum"):
        return None
    return float(share * bound / theta)


def _drawing(groups: dict[str, list[Repeat]]) -> dict[str, Any]:
    policies = names.order(one.policy for group in groups.values() for one in group)
    series = [_series(groups, policy) for policy in policies]
    bounds = [optimum(group) for group in groups.values()]
    against = Series("certified optimum", [b[1] if b else None for b in bounds], [_span(b) for b in bounds])
    return ranges(list(groups), series, labels.axis(_SHARE), against if any(bounds) else None)


def _series(groups: dict[str, list[Repeat]], policy: str) -> Series:
    settings = [next((one for one in group if one.policy == policy), None) for group in groups.values()]
    return Series(
        policy,
        [one.mean(_SHARE) if one else None for one in settings],
        [_share_text(one) if one else words.ABSENT for one in settings],
        [one.least(_SHARE) if one else None for one in settings],
        [one.most(_SHARE) if one else None for one in settings],
    )


def _share_text(one: Repeat) -> str:
    text, n = words.ratio(one.mean(_SHARE)), len(one.values(_SHARE))
    return text if n < 2 else f"{text} ({_span((one.least(_SHARE) or 0.0, one.most(_SHARE) or 0.0))} over {n} seeds)"


def _span(ends: tuple[float, float] | None) -> str:
    if ends is None:
        return words.ABSENT
    low, high = words.ratio(ends[0]), words.ratio(ends[1])
    return low if low == high else f"{low} to {high}"


def _pairs(settings: Sequence[Repeat]) -> list[tuple[Repeat, Repeat, float]]:
    """Return (best, worst, ratio of their means) of each network and traffic."""
    groups: dict[tuple[str, str], list[Repeat]] = defaultdict(list)
    for one in settings:
        if one.mean(_SHARE):
            groups[one.network, one.traffic].append(one)
    out = []
    for group in groups.values():
        ranking = sorted(group, key=_mean)
        out.append((ranking[-1], ranking[0], _mean(ranking[-1]) / _mean(ranking[0])))
    return out


def _mean(one: Repeat) -> float:
    return one.mean(_SHARE) or 0.0


def _answer(settings: Sequence[Repeat]) -> str:
    pairs = _pairs(settings)
    if not pairs:
        return "The policies state no throughput."
    best, worst, ratio = max(pairs, key=lambda pair: pair[2])
    if ratio < 1.005:
        return "Every policy reaches the same throughput on every network and traffic shown."
    mean = " in the mean over seeds" if len(best.cases) > 1 or len(worst.cases) > 1 else ""
    return (
        f"Up to {words.number(ratio)} times: on {best.network} under {best.traffic}, {best.policy} reaches "
        f"{words.ratio(_mean(best))} of the port limit and {worst.policy} {words.ratio(_mean(worst))}{mean}."
    )


def _finding(settings: Sequence[Repeat], tie: float) -> str:
    best: dict[tuple[str, str], float] = {}
    for one in settings:
        key = (one.network, one.traffic)
        best[key] = max(best.get(key, 0.0), _mean(one))
    wins: dict[str, int] = {one.policy: 0 for one in settings}
    for one in settings:
        wins[one.policy] += _mean(one) >= best[one.network, one.traffic] * (1 - tie)
    counts = [f"{policy} in {n}" for policy, n in sorted(wins.items(), key=lambda item: -item[1])]
    pairs = words.plural(len(best), "network and traffic pair")
    near = f"{100 * tie:g}{words.NARROW}%"
    if len(best) == 1:
        good = words.listing([policy for policy, n in wins.items() if n], 8)
        return f"Best, or within {near} of the best: {good}.{_luck(settings, tie)}"
    return f"Best, or within {near} of the best: {words.listing(counts, 8)} of {pairs}.{_luck(settings, tie)}"


def _luck(settings: Sequence[Repeat], tie: float) -> str:
    """Return where seeds matter most, as a sentence; empty where they matter nowhere."""
    spreads = [(most / least, one) for one in settings if (most := one.most(_SHARE)) and (least := one.least(_SHARE))]
    ratio, one = max(spreads, key=lambda pair: pair[0], default=(1.0, None))
    if one is None or ratio < 1 + tie:
        return ""
    ends = _span((one.least(_SHARE) or 0.0, one.most(_SHARE) or 0.0))
    return f" The seed alone moves {one.policy} on {one.network} under {one.traffic} from {ends}."


def _table(rivals: dict[str, dict[str, list[Repeat]]]) -> Table:
    entries = [(one, optimum(group)) for groups in rivals.values() for group in groups.values() for one in group]
    has_seeds = any(len(one.cases) > 1 for one, _ in entries)
    places, settings = settings_of([one.cases[0] for one, _ in entries])
    columns = [name("Network"), name("Traffic"), name("Policy"), *places]
    columns += [labels.column(_SHARE, "mean over seeds" if has_seeds else "")]
    if has_seeds:
        columns += [Column("Least", words.ratio), Column("Largest", words.ratio), Column("Seeds", words.count)]
    columns += [Column("Optimum", words.ratio, "at most"), Column("Of optimum", words.percent, "share", bar=True)]
    columns += [labels.column(key) for key in ("max_utilization", "completion_s", "gap", "method")]
    rows = [
        (one.network, one.traffic, one.policy, *setting, *_numbers(one, ends[1] if ends else None, has_seeds))
        for (one, ends), setting in zip(entries, settings, strict=True)
    ]
    note = "Congestion and gap are the largest over seeds, completion is their mean." if has_seeds else ""
    return table("policies", "Policies", columns, rows, filterable=len(rows) > 12, note=note)


def _numbers(one: Repeat, bound: float | None, has_seeds: bool) -> tuple[Any, ...]:
    spread = (one.least(_SHARE), one.most(_SHARE), len(one.cases)) if has_seeds else ()
    of = _mean(one) / bound if bound else None
    rest = (one.most("max_utilization"), one.mean("completion_s"), one.most("gap"), one.cases[0].get("method"))
    return (one.mean(_SHARE), *spread, bound, of, *rest)
