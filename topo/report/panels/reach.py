"""Distance: how far the bytes of each traffic travel on each network, and how full the tiers are that they meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from topo.report import labels, load, words
from topo.report.figures.axes import Figure, variants
from topo.report.figures.marks import Series, bars, dumbbells
from topo.report.figures.timeline import LIMITS
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table

#: How far a byte may go, nearest first; a network has the first two and those of its own kind.
PLACES = (
    "in the scale-up domain",
    "under a leaf",
    "through a spine",
    "through a core",
    "under a switch or over local links",
    "over global links",
)
#: Share of the bytes below which a negative rest is rounding; more says that paths go up and down again.
_ROUNDING = 1e-6
_KEYS = ("mean", "p99", "max")
#: Utilization below which a tier idles: three decades of nothing would press the rest together.
_IDLE = 0.01
_TICKS = [1, 3, 10, 30, 100, 300, 1000]
_HEAD, _ROW = 130, 28  # [px] legend and axis, and a row
Shares = Mapping[str, float]


def panel(view: View) -> Panel | None:
    """Return how far bytes travel beside how full tiers are, None where no case stored its links."""
    blocks = [figure for figure in (_distances(view), _loads(view)) if figure is not None]
    if not blocks:
        return None
    return make("reach", "Distance", "How far do bytes travel?", _answer(view), blocks)


def _answer(view: View) -> str:
    """Return how much stays in the domain, over all traffics; the figures say what becomes of the rest."""
    near = [(shares[PLACES[0]], traffic) for traffic in view.traffics for _, shares in _rows(view, traffic)]
    if not near:
        return "How far they travel was not stored; how full each tier is was."
    (least, one), (most, other) = min(near), max(near)
    stay = "of the bytes stay in their scale-up domain"
    if words.percent(least) == words.percent(most):
        return f"{words.percent(most)} {stay}."
    return f"Between {words.percent(least)} ({one}) and {words.percent(most)} ({other}) {stay}."


def _distances(view: View) -> Draw | None:
    rows = view.by_traffic(lambda traffic: _rows(view, traffic))
    if not rows:
        return None
    how = (
        "Bytes of each traffic by the furthest that they go. Of direct networks the share over global links is the "
        "most that it can be: a detour crosses two of them."
    )
    finding = _finding(next(iter(rows.values())))
    return Draw(Figure("fig-reach", finding, how, variants(rows, _bars), _table(rows), "traffic"))


def _loads(view: View) -> Draw | None:
    tiers = view.by_traffic(lambda traffic: _tiers(view.of_traffic(traffic)))
    if not tiers:
        return None
    how = (
        "One row for each tier: mean, 99th percentile and maximum of how full its links are, with the traffic at its "
        "port limit, on an axis of decades. Right of the line links are asked for more than they carry; tiers below "
        "1 % are left out."
    )
    finding = _fullest(next(iter(tiers.values())))
    return Draw(Figure("fig-strips", finding, how, variants(tiers, _strips), None, "traffic"))


def shares_of(case: Case) -> Shares | None:
    """Return which part of the bytes goes how far, None where that is not stored.

    Of a tree it follows from the bytes on each tier: a byte that turns in a core crosses two cables below it and two
    below a spine, one that turns in a spine crosses two.  None where paths go up and down more than once.
    """
    columns, theta, total = load.links(case.record), case.get("theta_port"), case.get("total_bytes")
    entries = [float(one) for one in (case.get("bytes_by_plane") or {}).values() if one is not None]
    if columns is None or not theta or not total or not entries:
        return None
    tier = columns["tier"]
    crossings = {one: float(columns["load"][tier == one].sum()) / theta / total for one in set(tier.tolist())}
    network = sum(entries) / total
    out = {PLACES[0]: 1 - network}
    if "local" in crossings or "global" in crossings:
        far = min(network, crossings.get("global", 0.0))
        return out | {PLACES[4]: network - far, PLACES[5]: far}
    spine, core = crossings.get("leaf-spine", 0.0) / 2, crossings.get("spine-core", 0.0) / 2
    out |= {PLACES[1]: network - spine, PLACES[2]: spine - core}
    out |= {PLACES[3]: core} if "spine-core" in crossings else {}
    return None if min(out.values()) < -_ROUNDING else {place: max(0.0, share) for place, share in out.items()}


def _rows(view: View, traffic: str) -> list[tuple[Case, Shares]]:
    return [(case, shares) for case in view.of_traffic(traffic) if (shares := shares_of(case))]


def _bars(rows: Sequence[tuple[Case, Shares]]) -> dict[str, Any]:
    series = [
        Series(
            place, [100 * shares.get(place, 0.0) for _, shares in rows], [words.percent(s.get(place)) for _, s in rows]
        )
        for place in PLACES
        if any(shares.get(place) for _, shares in rows)
    ]
    spec = bars([case.network for case, _ in rows], series, "share of the bytes [%]")
    spec["layout"]["legend"]["traceorder"] = "normal"
    return spec


def _finding(rows: Sequence[tuple[Case, Shares]]) -> str:
    """Return where most of the traffic that is drawn first turns soon; of direct networks, where least goes far."""
    traffic = rows[0][0].traffic
    ends = [shares[PLACES[0]] + shares.get(PLACES[1], 0.0) for _, shares in rows]
    near = max(range(len(rows)), key=ends.__getitem__)
    case, shares = rows[near]
    if shares.get(PLACES[1]) is None:
        return f"Under {traffic} at most {words.percent(shares.get(PLACES[5]))} go over global links on {case.network}."
    return f"Under {traffic} {words.percent(ends[near])} turn under a leaf or before on {case.network}."


def _table(rows: Mapping[str, Sequence[tuple[Case, Shares]]]) -> Table:
    columns = [name("Network"), name("Traffic")]
    columns += [Column(place[:1].upper() + place[1:], words.percent, "of the bytes") for place in PLACES]
    body = [(case.network, case.traffic, *map(shares.get, PLACES)) for some in rows.values() for case, shares in some]
    return table("reach-shares", "How far bytes travel", columns, body, filterable=len(body) > 12)


def _tiers(cases: Sequence[Case]) -> list[tuple[str, Mapping[str, float]]]:
    """Return network and tier in words, and how full its links are, of every tier that says so."""
    return [
        (f"{case.network} · {tier}", facts)
        for case in cases
        for tier, facts in sorted((case.get("links_by_tier") or {}).items(), key=lambda one: _place(one[0]))
        if isinstance(facts, dict) and all((facts.get(key) or 0) >= _IDLE for key in _KEYS)
    ]


def _place(tier: str) -> int:
    return list(LIMITS).index(tier) if tier in LIMITS else len(LIMITS)


def _strips(rows: Sequence[tuple[str, Mapping[str, float]]]) -> dict[str, Any]:
    series = [
        Series(
            labels.title(f"links_by_tier.*.{key}"),
            [100 * facts[key] for _, facts in rows],
            [words.percent(facts[key]) for _, facts in rows],
        )
        for key in _KEYS
    ]
    spec = dumbbells(
        [row for row, _ in rows], series, "how full the links are [%]", at=100.0, type="log", tickvals=_TICKS
    )
    spec["layout"]["height"] = _HEAD + _ROW * len(rows)
    for shape in spec["layout"]["shapes"]:
        if shape["type"] == "line":
            shape["line"] |= {"width": 3, "dash": "solid"}
    return spec


def _fullest(rows: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    row, facts = max(rows, key=lambda one: one[1]["max"])
    ends = f"{words.percent(facts['max'])} at most, {words.percent(facts['mean'])} on average"
    return f"Fullest of the traffic drawn first is {row}: {ends}."
