"""Many cases at once: parallel axes, a map over two axes, and the front of cost against time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from topo.report import labels, words
from topo.report.figures import axes
from topo.report.figures.axes import Trace
from topo.report.figures.marks import plain

#: Names beside a parallel axis; more would stand on each other.
_MOST_TICKS = 9
#: Least distance between parallel axes, for the words beside them [px].
_WIDTH = 96
#: Letters of a name on a parallel axis, and of a line of its title: more would reach the next axis.
_LETTERS = 14
#: Cases up to which each line of parallel axes has its own name and marks.
_FEW = 60
#: Points of a front that are named; more would stand on each other.
_MOST_NAMES = 6
#: Room for a title below the map, which the colour bar above would take.
_STANDOFF = 36  # [px] from the map to that title, past the names along it: plotly sees those beneath the title alone
_MARGIN = {"l": 12, "r": 16, "t": 12, "b": 56}


@dataclass(frozen=True)
class Upright:
    """One parallel axis: its title, where each case crosses it (0 to 1, None where it does not), and its ticks."""

    title: str
    at: Sequence[float | None]
    ticks: Sequence[tuple[float, str]]


def by_value(title: str, values: Sequence[float | None], form: words.Form) -> Upright:
    """Return the axis of a number, its least value at the foot."""
    there = [v for v in values if v is not None]
    low, high = min(there), max(there)
    span = (high - low) or 1.0
    ticks = [(0.0, form(low)), (1.0, form(high))] if high > low else [(0.0, form(low))]
    return Upright(title, [None if v is None else (v - low) / span for v in values], ticks)


def by_name(title: str, values: Sequence[str | None]) -> Upright:
    """Return the axis of names, in the order of their first appearance from the top."""
    choices = list(dict.fromkeys(v for v in values if v is not None))
    step = 1 / max(1, len(choices) - 1)
    place = {value: 1 - i * step for i, value in enumerate(choices)}
    every = -(-len(choices) // _MOST_TICKS)
    ticks = [(place[value], words.clip(value, _LETTERS)) for value in choices[::every]]
    return Upright(title, [None if v is None else place[v] for v in values], ticks)


def parallel(uprights: Sequence[Upright], cases: Sequence[str], group: Sequence[str]) -> dict[str, Any]:
    """Return a line a case across all ``uprights``; colour and dash tell its ``group``."""
    groups = list(dict.fromkeys(group))
    traces = [
        _threads(uprights, cases, [i for i, g in enumerate(group) if g == one], k, one) for k, one in enumerate(groups)
    ]
    notes = [_tick(x, at, text) for x, one in enumerate(uprights) for at, text in one.ticks]
    xaxis = axes.axis(
        "",
        tickvals=list(range(len(uprights))),
        ticktext=["<br>".join(map(plain, wrap(one.title, _LETTERS))) for one in uprights],
        range=[-0.25, len(uprights) - 0.35],
        tickangle=0,
        showgrid=True,
        gridcolor="$soft",
    )
    yaxis = axes.axis("", range=[-0.06, 1.06], showgrid=False, showticklabels=False, zeroline=False)
    layout = axes.layout(440, xaxis=xaxis, yaxis=yaxis, annotations=notes, showlegend=len(groups) > 1)
    # A narrow page lets the reader scroll along the axes instead of pressing them together.
    layout["meta"] = {"least": _WIDTH * len(uprights)}
    return {"data": traces, "layout": layout}


def _threads(uprights: Sequence[Upright], cases: Sequence[str], rows: Sequence[int], k: int, name: str) -> Trace:
    xs: list[int | None] = []
    ys: list[float | None] = []
    texts: list[str] = []
    few = len(cases) <= _FEW
    for row in rows:
        crossing = [(x, at) for x, one in enumerate(uprights) if (at := one.at[row]) is not None]
        xs += [*(x for x, _ in crossing), None]
        ys += [*(round(at, 4) for _, at in crossing), None]
        texts += [plain(words.clip(cases[row], 80))] * len(crossing) + [""] if few else []
    # In a thicket nobody can point at one line, and its name at every crossing would be most of the page.
    return {
        "type": "scatter",
        "mode": "lines+markers" if few else "lines",
        "name": words.clip(name, 40),
        "x": xs,
        "y": ys,
        "text": texts,
        "opacity": 0.75 if few else 0.4,
        "hovertemplate": "%{text}<extra></extra>" if few else f"{plain(words.clip(name, 40))}<extra></extra>",
        "line": {"color": axes.colour(k), "dash": axes.dash(k), "width": 1.5},
        "marker": {"color": axes.colour(k), "symbol": axes.symbol(k), "size": 6},
    }


def _tick(x: int, at: float, text: str) -> dict[str, Any]:
    place = {"x": x, "xref": "x", "xanchor": "left", "xshift": 4, "y": at, "yref": "y", "yanchor": "middle"}
    # Behind the words the page's own colour: lines that pass there stay readable.
    look = {"font": {"size": 11, "color": "$ink"}, "bgcolor": "$paper", "opacity": 0.9, "borderpad": 1}
    return place | look | {"text": plain(text), "showarrow": False}


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
