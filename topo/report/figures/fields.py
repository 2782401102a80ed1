"""Many cases at once: a map over two axes, and the front of cost against time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from topo.report import labels, words
from topo.report.figures import axes
from topo.report.figures.axes import Trace
from topo.report.figures.marks import plain

#: Points of a front that are named; more would stand on each other.
_MOST_NAMES = 6
#: Room for a title below the map, which the colour bar above would take.
_STANDOFF = 36  # [px] from the map to that title, past the names along it: plotly sees those beneath the title alone
_MARGIN = {"l": 12, "r": 16, "t": 12, "b": 56}


@dataclass(frozen=True)
class Ways:
    """One axis of a map: its title and the names along it."""

    title: str
    names: Sequence[str]


def grid(
    x: Ways,
    y: Ways,
    values: Sequence[Sequence[float | None]],
    texts: Sequence[Sequence[str]],
    what: str,
    *,
    ends: tuple[float, float],
) -> dict[str, Any]:
    """Return a map of ``values`` (rows y, columns x) with its ``texts`` written in the cells where there is room.

    ``ends`` are the least and the largest value of all maps that the reader picks among: one scale for all.
    """
    trace: Trace = {
        "type": "heatmap",
        "x": list(range(len(x.names))),
        "y": list(range(len(y.names))),
        "z": [list(row) for row in values],
        "text": [list(row) for row in texts],
        "texttemplate": "%{text}" if len(x.names) <= 8 and len(y.names) <= 20 else "",
        "xgap": 2,
        "ygap": 2,
        "zmin": ends[0],
        "zmax": ends[1],
        "colorscale": [[0, "$wash"], [0.5, "$mid"], [1, "$high"]],
        "colorbar": axes.colour_bar(plain(what)),
        "hovertemplate": f"{plain(x.title)} %{{x}}, {plain(y.title)} %{{y}}: %{{text}}<extra></extra>",
    }
    bare = {"showgrid": False, "zeroline": False}
    xaxis = axes.axis(x.title, tickvals=trace["x"], ticktext=[plain(words.clip(n, 18)) for n in x.names], **bare)
    xaxis["title"] |= {"standoff": _STANDOFF}
    yaxis = axes.axis(
        y.title,
        tickvals=trace["y"],
        ticktext=[plain(words.clip(n, 18)) for n in y.names],
        autorange="reversed",
        **bare,
    )
    return {"data": [trace], "layout": axes.layout(210 + 34 * len(y.names), xaxis=xaxis, yaxis=yaxis, margin=_MARGIN)}


def square(values: Sequence[Sequence[float | None]], xtitle: str, ytitle: str, row: str) -> dict[str, Any]:
    """Return a map of utilization, rows from the top; its scale begins at nothing and says where 1 is."""
    top = max((v for one in values for v in one if v is not None), default=1.0)
    trace: Trace = {
        "type": "heatmap",
        "z": [[None if v is None else float(f"{v:.3g}") for v in one] for one in values],
        "zmin": 0,
        "zmax": max(1.0, top),
        "colorscale": _loads(max(1.0, top)),
        "colorbar": axes.colour_bar(labels.axis("links.parquet:utilization"), 6),
        "hovertemplate": f"{row} %{{y}}, {plain(xtitle.partition(' [')[0])} %{{x}}: %{{z}}<extra></extra>",
    }
    down, along = _whole(len(values)), _whole(max(map(len, values), default=0))
    yaxis = axes.axis(ytitle, autorange="reversed", **down)
    xaxis = axes.axis(xtitle, **along)
    xaxis["title"] |= {"standoff": _STANDOFF}
    height = 230 + max(120, min(420, 7 * len(values)))
    return {
        "data": [trace],
        "layout": axes.layout(height, xaxis=xaxis, yaxis=yaxis, margin=_MARGIN),
    }


def _whole(n: int) -> dict[str, Any]:
    """Return the look of an axis over ``n`` numbered cells: whole numbers, not more than a dozen."""
    return {"tickvals": list(range(0, n, max(1, n // 8))), "showgrid": False, "zeroline": False}


def _loads(top: float) -> list[list[Any]]:
    """Return the colours of utilization up to ``top``: blues to 1, warm above."""
    at = min(1.0, 1.0 / top)
    scale: list[list[Any]] = [[0.0, "$wash"], [0.5 * at, "$mid"], [at, "$high"]]
    return scale if at == 1.0 else [*scale, [min(1.0, at * 1.0001), "$warm"], [1.0, "$over"]]


@dataclass(frozen=True)
class Spot:
    """One case between two measures, both the less the better."""

    name: str
    x: float
    y: float
    text: str


def front(spots: Sequence[Spot], best: Sequence[int], xtitle: str, ytitle: str) -> dict[str, Any]:
    """Return ``spots`` with those at ``best``, sorted by x, joined, named and of another shape."""
    rest = [i for i in range(len(spots)) if i not in set(best)]
    traces = [
        _spots([spots[i] for i in rest], "beaten: another costs and takes no more", 6, "markers"),
        _spots([spots[i] for i in best], "on the front", 0, "lines+markers+text"),
    ]
    xaxis = axes.axis(xtitle, rangemode="tozero")
    yaxis = axes.axis(ytitle, rangemode="tozero")
    return {"data": [t for t in traces if t["x"]], "layout": axes.layout(380, xaxis=xaxis, yaxis=yaxis)}


def _spots(spots: Sequence[Spot], name: str, i: int, mode: str) -> Trace:
    few = len(spots) <= _MOST_NAMES
    return {
        "type": "scatter",
        "mode": mode,
        "name": name,
        "x": [s.x for s in spots],
        "y": [s.y for s in spots],
        "text": [plain(words.clip(s.name, 22)) if few else "" for s in spots],
        "textposition": "top right",
        "customdata": [f"{plain(words.clip(s.name, 60))}<br>{plain(s.text)}" for s in spots],
        "hovertemplate": "%{customdata}<extra></extra>",
        "line": {"color": axes.colour(i), "width": 1.5, "dash": "dot"},
        "marker": {
            "color": axes.colour(i),
            "symbol": "diamond" if i == 0 else "circle-open",
            "size": 11 if i == 0 else 8,
        },
        "cliponaxis": False,
    }
