"""Routing: every policy on one axis, against its bound where it has one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any

from topo.report import names, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.marks import Series, dots
from topo.report.names import Named
from topo.report.panels.blocks import Draw, Panel
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import TIE, View
from topo.report.tables import Column, Table, name, table


def panel(view: View) -> Panel | None:
    """Return the policies side by side, None where no network and traffic met two of them."""
    traffics = [traffic for traffic in names.order(c.traffic for c in view.solved) if _rivals(view, traffic)]
    if not traffics:
        return None
    title = "normalized throughput [share of the port limit; 1 = non-blocking]"
    variants = tuple(Variant(traffic, _drawing(_rivals(view, traffic), title)) for traffic in traffics)
    cases = [case for traffic in traffics for group in _rivals(view, traffic).values() for case in group]
    how = "A row a network, a mark a policy; a bar spans the seeds, its mark is their median. The dashed line is 1."
    if any(_optimum(case) for case in cases):
        how += " The optimum is an upper bound that no routing can pass, with a certificate."
    figure = Figure("fig-routing", _finding(cases), how, variants, _table(cases), "traffic")
    return make("routing", "Routing", "What does routing cost or gain?", _answer(cases), (Draw(figure),))


def _rivals(view: View, traffic: str) -> dict[str, list[Named]]:
    """Return network -> its cases under ``traffic``, those networks that met two policies."""
    groups: dict[str, list[Named]] = defaultdict(list)
    for case in view.solved:
        if case.traffic == traffic:
            groups[case.network].append(case)
    return {network: group for network, group in groups.items() if len({policy(c) for c in group}) > 1}


def policy(case: Named) -> str:
    """Return the policy by its registry name, so that seeds of one fall together."""
    return str(case.record.part("routing").get("policy") or case.policy)


def _drawing(groups: dict[str, list[Named]], title: str) -> dict[str, Any]:
    rows = list(groups)
    policies = names.order(policy(case) for group in groups.values() for case in group)
    series = [_series(groups, one) for one in policies]
    bounds = [max((b for c in groups[row] if (b := _optimum(c)) is not None), default=None) for row in rows]
    if any(bound is not None for bound in bounds):
        series.append(Series("optimum (upper bound)", bounds, [words.ratio(b) for b in bounds]))
    return dots(rows, series, title, 1.0)


def _series(groups: dict[str, list[Named]], one: str) -> Series:
    values = [
        sorted(v for c in group if policy(c) == one and (v := c.get("normalized_throughput")) is not None)
        for group in groups.values()
    ]
    middle = [median(v) if v else None for v in values]
    low, high = [v[0] if v else None for v in values], [v[-1] if v else None for v in values]
    texts = [
        words.ratio(m) + (f" ({words.ratio(v[0])} to {words.ratio(v[-1])} over {len(v)} seeds)" if len(v) > 1 else "")
        for m, v in zip(middle, values, strict=True)
    ]
    return Series(one, middle, texts, low, high)


def _optimum(case: Named) -> float | None:
    """Return the bound on normalized throughput of ``case``, from theta's own; None where it has no certificate."""
    bound, theta, share = case.get("bound"), case.get("theta"), case.get("normalized_throughput")
    if not theta or bound is None or share is None or policy(case) != "optimal":
        return None
    return float(share * bound / theta)


def _pairs(cases: Sequence[Named]) -> list[tuple[Named, Named, float]]:
    """Return (best, worst, ratio) of each network and traffic."""
    groups: dict[tuple[str, str], list[Named]] = defaultdict(list)
    for case in cases:
        if case.get("normalized_throughput"):
            groups[case.network, case.traffic].append(case)
    out = []
    for group in groups.values():
        ranked = sorted(group, key=lambda c: float(c.get("normalized_throughput")))
        ratio = ranked[-1].get("normalized_throughput") / ranked[0].get("normalized_throughput")
        out.append((ranked[-1], ranked[0], float(ratio)))
    return out


def _answer(cases: Sequence[Named]) -> str:
    pairs = _pairs(cases)
    if not pairs:
        return "The policies state no throughput."
    best, worst, ratio = max(pairs, key=lambda pair: pair[2])
    if ratio < 1.005:
        return "Every policy reaches the same throughput on every network and traffic shown."
    return (
        f"Up to {words.number(ratio)} times: on {best.network} under {best.traffic}, {policy(best)} reaches "
        f"{words.ratio(best.get('normalized_throughput'))} of the port limit and {policy(worst)} "
        f"{words.ratio(worst.get('normalized_throughput'))}."
    )


def _finding(cases: Sequence[Named]) -> str:
    best: dict[tuple[str, str], float] = {}
    for case in cases:
        key = (case.network, case.traffic)
        best[key] = max(best.get(key, 0.0), case.get("normalized_throughput") or 0.0)
    wins: dict[str, set[tuple[str, str]]] = {policy(case): set() for case in cases}
    for case in cases:
        key = (case.network, case.traffic)
        if (case.get("normalized_throughput") or 0.0) >= best[key] * (1 - TIE):
            wins[policy(case)].add(key)
    counted = [f"{one} in {len(held)}" for one, held in sorted(wins.items(), key=lambda item: -len(item[1]))]
    pairs = words.plural(len(best), "network and traffic pair")
    return f"Best, or within 1{words.NARROW}% of the best: {words.listing(counted, 8)} of {pairs}."


def _table(cases: Sequence[Named]) -> Table:
    columns = [name("Network"), name("Traffic"), name("Policy")]
    columns += [Column("Normalized throughput", words.ratio, "of port limit", bar=True)]
    columns += [Column("Congestion", words.ratio, "load / capacity"), Column("Completion", words.seconds, "time")]
    columns += [Column("Gap to bound", words.percent, "of bound"), name("Method")]
    keys = ("normalized_throughput", "max_utilization", "completion_s", "gap", "method")
    rows = [(c.network, c.traffic, c.policy, *(c.get(key) for key in keys)) for c in cases]
    return table("policies", "Policies", columns, rows, filterable=len(rows) > 12)
