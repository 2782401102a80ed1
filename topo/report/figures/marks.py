"""Dots on lines, and stacked bars: how rows of a table are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from topo.report import words
from topo.report.figures import axes
from topo.report.figures.axes import Trace

ROW = 44  # [px] of a row in a dot plot
_LANE = 18  # [px] of a mark with its range, where several share a row
_HEAD, _FOOT = 56, 60  # [px] legend above, axis below


@dataclass(frozen=True)
class Series:
    """One kind of mark: its value at each row, None where it has none."""

    name: str
    values: Sequence[float | None]
    texts: Sequence[str] = ()  # what the pointer shows, as the table writes it
    low: Sequence[float | None] = ()  # range over seeds
    high: Sequence[float | None] = ()


def dots(
    rows: Sequence[str], series: Sequence[Series], title: str, at: float | None = None, **x: Any
) -> dict[str, Any]:
    """Return a dot plot: a row a name, a mark a series, colour and shape alike."""
    traces = [_dots(rows, one, i, len(series)) for i, one in enumerate(series)]
    shapes = bands(rows) + ([] if at is None else [axes.line_at(at, "")])
    lines = max(1, -(-sum(len(one.name) + 6 for one in series) // 110))
    layout = axes.layout(
        _HEAD + 18 * lines + _FOOT + ROW * len(rows),
        xaxis=axes.axis(title, rangemode="tozero", **x),
        yaxis=row_names(rows),
        shapes=shapes,
        showlegend=len(series) > 1,
    )
    return {"data": traces, "layout": layout}


def ranges(rows: Sequence[str], series: Sequence[Series], title: str, against: Series | None = None) -> dict[str, Any]:
    """Return marks with their ranges under each other, a band a row; ``against`` is an upright line across its band.

    A dashed line marks 1.
    """
    apart = 0.8 / len(series)
    band = max(ROW, _LANE * len(series) + 12)
    traces = [_dots(rows, one, i, len(series), apart) for i, one in enumerate(series)]
    if against is not None:
        upright = _reference(rows, against)
        upright["marker"] |= {"size": round(0.78 * band)}
        traces.insert(0, upright)
    ends = [end for one in [*series, *([against] if against else [])] for end in (*one.values, *one.high)]
    there = [end for end in ends if end is not None]
    lines = max(1, -(-sum(len(trace["name"]) + 6 for trace in traces) // 110))
    layout = axes.layout(
        _HEAD + 18 * lines + _FOOT + band * len(rows),
        xaxis=axes.axis(title, range=[0, 1.04 * max([1.0, *there])]),
        yaxis=row_names(rows),
        shapes=[*bands(rows), axes.line_at(1.0, "")],
        showlegend=True,
    )
    return {"data": traces, "layout": layout}


def bars(rows: Sequence[str], series: Sequence[Series], title: str, marks: Series | None = None) -> dict[str, Any]:
    """Return stacked horizontal bars, a row a name; ``marks`` are drawn over them as a reference."""
    traces: list[Trace] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": words.clip(one.name, 40),
            "y": list(range(len(rows))),
            "x": list(one.values),
            "hovertext": _ticks(rows),
            "customdata": list(one.texts),
            "hovertemplate": "%{hovertext}<br>" + plain(one.name) + ": %{customdata}<extra></extra>",
            "marker": {
                "color": axes.colour(i),
                "line": {"color": "$paper", "width": 1},
                "pattern": axes.pattern(i) | {"fgcolor": "$paper"},
            },
        }
        for i, one in enumerate(series)
    ]
    if marks is not None:
        traces.append(_reference(rows, marks))
    layout = axes.layout(
        _HEAD + 18 + _FOOT + (ROW - 4) * len(rows),
        barmode="stack",
        bargap=0.35,
        xaxis=axes.axis(title, rangemode="tozero"),
        yaxis=row_names(rows),
    )
    return {"data": traces, "layout": layout}


def dumbbells(
    rows: Sequence[str], series: Sequence[Series], title: str, at: float | None = None, **x: Any
) -> dict[str, Any]:
    """Return marks on one line a row, joined from the first to the last: what lies between them is what counts."""
    spec = dots(rows, series, title, at, **x)
    xs: list[float | None] = []
    ys: list[float | None] = []
    for row, pair in enumerate(zip(series[0].values, series[-1].values, strict=True)):
        if None not in pair:
            xs += [*pair, None]
            ys += [row, row, None]
    line = {"type": "scatter", "mode": "lines", "x": xs, "y": ys, "line": {"color": "$soft", "width": 3}}
    for trace in spec["data"]:
        trace["y"] = list(range(len(rows)))
    spec["data"].insert(0, line | {"hoverinfo": "skip", "showlegend": False, "name": "between"})
    return spec


def _dots(rows: Sequence[str], one: Series, i: int, of: int, apart: float | None = None) -> Trace:
    shift = (i - (of - 1) / 2) * (min(0.18, 0.7 / of) if apart is None else apart)
    trace: Trace = {
        "type": "scatter",
        "mode": "markers",
        "name": words.clip(one.name, 48),
        "x": list(one.values),
        "y": [row + shift for row in range(len(rows))],
        "text": _ticks(rows),
        "customdata": list(one.texts) or [words.number(v) for v in one.values],
        "hovertemplate": "%{text}<br>" + plain(one.name) + ": %{customdata}<extra></extra>",
        "marker": {
            "color": axes.colour(i),
            "symbol": axes.symbol(i),
            "size": 11,
            "line": {"color": "$paper", "width": 1},
        },
    }
    if one.low and any(low is not None for low in one.low):
        trace["error_x"] = _range(one, axes.colour(i))
    return trace


def _range(one: Series, colour: str) -> dict[str, Any]:
    triples = list(zip(one.values, one.low, one.high, strict=True))
    return {
        "type": "data",
        "symmetric": False,
        "array": [0 if v is None or h is None else h - v for v, _, h in triples],
        "arrayminus": [0 if v is None or low is None else v - low for v, low, _ in triples],
        "color": colour,
        "thickness": 2,
        "width": 4,
    }


def _reference(rows: Sequence[str], marks: Series) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": marks.name,
        "x": list(marks.values),
        "y": list(range(len(rows))),
        "text": _ticks(rows),
        "customdata": list(marks.texts),
        "hovertemplate": "%{text}<br>" + plain(marks.name) + ": %{customdata}<extra></extra>",
        "marker": {"symbol": "line-ns-open", "size": 20, "color": "$ink", "line": {"width": 3, "color": "$ink"}},
    }


def row_names(rows: Sequence[str]) -> dict[str, Any]:
    """Return an upright axis with a name a row."""
    # Rows are numbers under the names, so that marks of one row can stand beside each other.
    return axes.axis(
        "",
        tickvals=list(range(len(rows))),
        ticktext=_ticks(rows),
        range=[len(rows) - 0.5, -0.5],
        gridcolor="rgba(0,0,0,0)",
        zeroline=False,
    )


def bands(rows: Sequence[str]) -> list[dict[str, Any]]:
    """Return a wash behind every other row: marks that stand apart still belong to their name."""
    across = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "layer": "below", "line": {"width": 0}}
    return [across | {"y0": i - 0.5, "y1": i + 0.5, "fillcolor": "$wash"} for i in range(0, len(rows), 2)]


def _ticks(rows: Sequence[str]) -> list[str]:
    return [plain(words.clip(row, 34)) for row in rows]


def plain(name: str) -> str:
    """Return ``name`` with nothing in it that plotly reads as markup or as a template."""
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("%{", "% {")):
        name = name.replace(sign, entity)
    return name
