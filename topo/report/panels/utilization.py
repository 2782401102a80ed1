"""Link utilization: how loaded the links of every tier are, the whole distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from topo.report import labels, load, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.curves import distributions
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel
from topo.report.panels.blocks import panel as make
from topo.report.panels.link_map import link_map
from topo.report.panels.view import View, largest
from topo.report.tables import Table, name, table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Steps kept of a distribution; a quantile further than 1/POINTS from a kept one is never lost.
POINTS = 160
_FOLD = "How the links of each tier differ"
_KEYS = tuple(f"links_by_tier.*.{key}" for key in ("links", "mean", "p99", "max"))


def panel(view: View) -> Panel | None:
    """Return the distribution of every network under every traffic, None without links."""
    title = labels.axis("links.parquet:utilization")
    worst = max(_unevenness(view), key=lambda pair: pair[1], default=None)
    # The figure opens on what its heading speaks of.
    traffics = sorted(view.traffics, key=lambda traffic: worst is not None and traffic != worst[0].traffic)
    variants = tuple(v for traffic in traffics if (v := _variant(traffic, view.of_traffic(traffic), title)))
    rows = _rows(view.grid)
    if not variants and not rows:
        return None
    how = (
        "Share of links at or below a utilization with the demand offered at its port limit, one curve for each tier; "
        "steep and far left is idle, right of the dashed line is asked for more than it carries. Dotted lines: mean, "
        "99th percentile and maximum of all switch links; ideally each carries the mean, and the three are one line."
    )
    blocks = (
        [Draw(Figure("fig-links", _finding(view), how + view.of_the_first, variants, _table(rows), "traffic"), _FOLD)]
        if variants
        else []
    )
    maps = link_map(view)
    blocks += [Draw(maps)] if maps else []
    return make("links", "Link loads", "How loaded are the links?", _answer(view), blocks)


def _answer(view: View) -> str:
    worst = largest(view.grid, "max_utilization")
    if worst is None:
        return "No case states its link loads."
    tier = _hottest_tier(worst)
    at = f" on the {tier} tier" if tier else ""
    top, mean = worst.get("max_utilization"), worst.get("mean_utilization")
    spread = f", {words.number(top / mean)} times the mean of its switch links" if mean else ""
    return (
        f"The hottest switch link{at} is asked for {words.of_capacity(top)}: "
        f"{worst.network} under {worst.traffic}{spread}."
    )


def _hottest_tier(case: Case) -> str:
    """Return the tier of the hottest link between switches, which need not be what limits the case; "" if unknown."""
    tops = {
        tier: float(facts["max"])
        for tier, facts in (case.get("links_by_tier") or {}).items()
        if tier not in load.AT_HOSTS and facts and facts.get("max") is not None
    }
    return max(tops, key=tops.__getitem__, default="")


def _finding(view: View) -> str:
    uneven = _unevenness(view)
    if not uneven:
        return "The distribution of link utilization by tier."
    case, worst = max(uneven, key=lambda pair: pair[1])
    even = sum(1 for _, value in uneven if value < 1.01)
    if even == len(uneven) > 1:
        return f"All {even} pairs spread evenly over their switch links."
    if len(uneven) == 1:
        load = f"carries {words.number(worst)} times the mean"
        return f"The hottest switch link of {case.network} under {case.traffic} {load}."
    return (
        f"{even} of {len(uneven)} pairs spread evenly over their switch links; "
        f"the least even is {case.network} under {case.traffic}, whose hottest link "
        f"carries {words.number(worst)} times the mean."
    )


def _unevenness(view: View) -> list[tuple[Case, float]]:
    """Return how many times the mean of its switch links the hottest of each case carries."""
    cases = [case for case in view.grid if case.get("mean_utilization") and case.get("max_utilization") is not None]
    return [(case, float(case.get("max_utilization") / case.get("mean_utilization"))) for case in cases]


def _variant(traffic: str, cases: Sequence[Case], title: str) -> Variant | None:
    """Return the distributions of all networks under one traffic, None where none stored its links."""
    panes, levels = {}, {}
    for case in cases:
        columns = load.links(case.record)
        if columns is not None:
            panes[case.network], levels[case.network] = _tiers(columns), _levels(columns)
    return Variant(traffic, distributions(panes, title, 1.0, levels=levels)) if panes else None


def _levels(columns: dict[str, NDArray[Any]]) -> dict[str, float]:
    """Return mean, 99th percentile and maximum over the switch links; nothing where there are none."""
    import numpy as np

    loads = columns["utilization"][load.between_switches(columns)]
    if not len(loads):
        return {}
    return {"mean": float(loads.mean()), "p99": float(np.percentile(loads, 99)), "max": float(loads.max())}


def _tiers(columns: dict[str, NDArray[Any]]) -> dict[str, tuple[list[float], list[float]]]:
    return {
        str(tier): steps(columns["utilization"][columns["tier"] == tier])
        for tier in dict.fromkeys(columns["tier"].tolist())
    }


def steps(values: NDArray[np.float64]) -> tuple[list[float], list[float]]:
    """Return (x, share at or below x) of ``values``, from (0, 0), at most POINTS steps, extremes kept."""
    import numpy as np

    # Rounding noise is not a distribution: twelve links at 0.25 are one step.
    x, counts = np.unique(np.round(values, 6), return_counts=True)
    share = np.cumsum(counts) / max(1, len(values))
    if len(x) > POINTS:
        # A step is drawn where the share passes the next quantile, so the curve is exact to 1/POINTS.
        quantiles = np.searchsorted(share, np.linspace(0, 1, POINTS), side="left")
        keep = np.unique(np.concatenate([[0], quantiles.clip(0, len(x) - 1), [len(x) - 1]]))
        x, share = x[keep], share[keep]
    start = [float(x[0])] if len(x) else [0.0]
    return start + [float(v) for v in x], [0.0] + [float(round(v, 5)) for v in share]


def _rows(cases: Sequence[Case]) -> list[tuple[Any, ...]]:
    rows = []
    for case in cases:
        tiers = case.get("links_by_tier") or {}
        for tier, facts in tiers.items() if isinstance(tiers, dict) else ():
            keys = (key.rpartition(".")[2] for key in _KEYS)
            numbers = [facts.get(key) if isinstance(facts, dict) else None for key in keys]
            rows.append((case.network, case.traffic, tier, *numbers))
    return rows


def _table(rows: Sequence[tuple[Any, ...]]) -> Table:
    columns = [name("Network"), name("Traffic"), name("Tier"), labels.column(_KEYS[0])]
    columns += [labels.column(key, shade=_shade) for key in _KEYS[1:]]
    return table("tiers", "Utilization by tier", columns, rows, filterable=len(rows) > 12)


def _shade(value: float) -> str:
    return "bad" if value > 1 + 1e-9 else ""
