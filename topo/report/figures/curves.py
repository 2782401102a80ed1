"""Curves: distributions as steps, and lines over a swept axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from topo.report import words
from topo.report.figures import axes
from topo.report.figures.axes import Trace
from topo.report.figures.marks import Series, plain

#: pane -> curve -> (x, share)
Curves = Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]]

#: Ratio of largest to least value from which an axis is logarithmic.
_WIDE = 50
_TICK = 0.05  # of an axis: room of a number below it
_PANE = 118  # [px] of one network's distribution


def distributions(
    panes: Curves,
    title: str,
    at: float | None = None,
    what: str = "links",
    levels: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, Any]:
    """Return one pane a network, in it one step curve a tier: share of ``what`` at or below x.

    A line marks ``at``, where it is given; ``levels`` names further places on x, pane by pane.
    """
    widest = max((x for pane in panes.values() for xs, _ in pane.values() for x in xs), default=1.0)
    curves = list(dict.fromkeys(curve for pane in panes.values() for curve in pane))
    height, n = 74 + 56 + _PANE * len(panes), len(panes)
    traces: list[Trace] = []
    layout: dict[str, Any] = axes.layout(height, shapes=[], annotations=[])
    gap = 0.26 / max(n, 1)
    for i, (network, pane) in enumerate(panes.items()):
        number = "" if i == 0 else str(i + 1)
        top = 1 - i / n - (gap if n > 1 else 0.06)
        layout[f"yaxis{number}"] = _share_axis(1 - (i + 1) / n + 0.01, top)
        layout["shapes"] += [] if at is None else [_level(at, number)]
        layout["annotations"].append(_heading(network, top))
        for row, (value, text) in enumerate(_together((levels or {}).get(network, {}), widest)):
            layout["shapes"].append(_level(value, number) | {"line": {"color": "$ink", "width": 1, "dash": "dot"}})
            layout["annotations"].append(
                _level_words(value, text, f"y{number} domain", row, right=value > 0.6 * widest)
            )
        for curve in pane:
            traces.append(
                _steps(
                    what,
                    curve,
                    pane[curve],
                    curves.index(curve),
                    number=number,
                    first=curve not in {t["name"] for t in traces},
                )
            )
    last = "" if n == 1 else str(n)
    layout["xaxis"] = axes.axis(title, anchor=f"y{last}", rangemode="tozero")
    return {"data": traces, "layout": layout}


def lines(
    x: Sequence[float], series: Sequence[Series], xtitle: str, ytitle: str, height: int = 320, **y: Any
) -> dict[str, Any]:
    """Return lines over ``x``, each with its own colour, marker and dash, and bars from low to high if any."""
    # Of two the first is the broader, for it shows beneath the second where both are alike.
    under = 1 if len(series) == 2 else 0
    traces: list[Trace] = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": words.clip(one.name, 48),
            "x": list(x),
            "y": list(one.values),
            "customdata": list(one.texts) or [words.number(v) for v in one.values],
            "hovertemplate": f"{plain(xtitle)} %{{x}}<br>{plain(one.name)}: %{{customdata}}<extra></extra>",
            "line": {"color": axes.colour(i), "dash": axes.dash(i), "width": 6 if i < under else 2},
            "marker": {"color": axes.colour(i), "symbol": axes.symbol(i), "size": 14 if i < under else 9 - 2 * under},
            "connectgaps": False,
            **_bars(one),
        }
        for i, one in enumerate(series)
    ]
    scale = {"type": "log"} if _is_wide(x) else {}
    places = list(x) if scale else _apart(x)
    ticks = {"tickvals": places, "ticktext": [words.text(int(v) if v == int(v) else v) for v in places]}
    xaxis = axes.axis(xtitle, **(ticks if len(x) <= 12 else {}), **scale)
    far = {"type": "log"} if _is_wide([v for one in series for v in one.values if v is not None]) else {}
    layout = axes.layout(height, xaxis=xaxis, yaxis=axes.axis(ytitle, **({"rangemode": "tozero"} | far | y)))
    return {"data": traces, "layout": layout | {"showlegend": len(series) > 1}}


def ladder(
    places: Sequence[float], series: Sequence[Series], xtitle: str, ytitle: str, height: int = 320, **y: Any
) -> dict[str, Any]:
    """Return lines over ``places`` that stand evenly, however far apart they are; bars of several lines stand apart."""
    spec = lines(range(len(places)), series, xtitle, ytitle, height, **y)
    for i, (trace, one) in enumerate(zip(spec["data"], series, strict=True)):
        aside = (i - (len(series) - 1) / 2) * 0.4 / max(len(series), 1)
        trace["x"] = [place + aside for place in trace["x"]]
        trace["customdata"] = [f"{words.number(x)}: {text}" for x, text in zip(places, one.texts, strict=True)]
        trace["hovertemplate"] = f"{plain(one.name)}<br>{plain(xtitle)} %{{customdata}}<extra></extra>"
    ticks = {"tickvals": list(range(len(places))), "ticktext": [words.text(x) for x in places]}
    spec["layout"]["xaxis"] |= ticks | {"type": "linear", "tickangle": 0}
    return spec


def _bars(one: Series) -> dict[str, Any]:
    """Return bars from low to high about each value."""
    if not any(low is not None for low in one.low):
        return {}
    up, down = (
        [
            None if value is None or end is None else abs(end - value)
            for value, end in zip(one.values, ends, strict=True)
        ]
        for ends in (one.high, one.low)
    )
    return {
        "error_y": {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "thickness": 1.25, "width": 4}
    }


def histories(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], xtitle: str, ytitle: str
) -> dict[str, Any]:
    """Return a step curve a name: each value holds from its x on."""
    traces: list[Trace] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": words.clip(name, 48),
            "x": list(x),
            "y": list(values),
            "line": {"shape": "hv", "color": axes.colour(i), "dash": axes.dash(i), "width": 2},
            "hovertemplate": f"{plain(name)}<br>from %{{x:.3f}}: %{{y:.4g}}<extra></extra>",
        }
        for i, (name, (x, values)) in enumerate(curves.items())
    ]
    layout = axes.layout(320, xaxis=axes.axis(xtitle), yaxis=axes.axis(ytitle, rangemode="tozero"))
    return {"data": traces, "layout": layout | {"showlegend": len(curves) > 1}}


def _apart(x: Sequence[float]) -> list[float]:
    """Return those of ``x`` that have room for their number on an axis of 300 px, the first of each few."""
    least = _TICK * (max(x) - min(x)) if x else 0.0
    places: list[float] = []
    for value in x:
        if not places or abs(value - places[-1]) >= least:
            places.append(value)
    return places


def _is_wide(values: Sequence[float]) -> bool:
    """Return whether ``values`` span so much that all but the largest would lie on the foot of a plain axis."""
    return len(values) > 1 and min(values) > 0 and max(values) > _WIDE * min(values)


def _steps(
    what: str, name: str, steps: tuple[Sequence[float], Sequence[float]], i: int, *, number: str, first: bool
) -> Trace:
    x, share = steps
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "legendgroup": name,
        "showlegend": first,
        "x": list(x),
        "y": list(share),
        "yaxis": f"y{number}",
        "line": {"shape": "hv", "color": axes.colour(i), "dash": axes.dash(i), "width": 2.25},
        "hovertemplate": f"{plain(name)}<br>%{{y:.1%}} of {what} at or below %{{x:.3f}}<extra></extra>",
    }


def _level(at: float, number: str) -> dict[str, Any]:
    line = {"color": "$over", "width": 1.25, "dash": "dash"}
    place = {"x0": at, "x1": at, "xref": "x", "y0": 0, "y1": 1, "yref": f"y{number} domain"}
    return {"type": "line", "line": line, "layer": "below"} | place


def _share_axis(foot: float, top: float) -> dict[str, Any]:
    """Return the axis of a pane between ``foot`` and ``top`` of the figure: shares from none to all."""
    look: dict[str, Any] = {"range": [0, 1.04], "tickvals": [0, 0.5, 1], "tickformat": ".0%", "anchor": "x"}
    return axes.axis("", **({"domain": [foot, top]} | look))


def _together(levels: Mapping[str, float], widest: float) -> list[tuple[float, str]]:
    """Return (value, names), rising; values too close to be told apart on an axis to ``widest`` share a line."""
    places: list[tuple[float, list[str]]] = []
    for name, value in sorted(levels.items(), key=lambda item: item[1]):
        if places and value - places[-1][0] <= 0.02 * widest:
            places[-1][1].append(name)
        else:
            places.append((value, [name]))
    return [(value, " · ".join(names)) for value, names in places]


def _level_words(value: float, text: str, pane: str, row: int, *, right: bool) -> dict[str, Any]:
    """Return the words beside a level, each a ``row`` above the last; those far right stand before their line."""
    # At rows of their own: how far apart levels are in pixels is known to the reader's screen alone.
    place = {"x": value, "xref": "x", "xanchor": "right" if right else "left", "y": 0.03 + 0.2 * row, "yref": pane}
    look = {"font": {"size": 10, "color": "$ink"}, "bgcolor": "$paper", "opacity": 0.85, "borderpad": 0}
    return place | look | {"yanchor": "bottom", "text": plain(text), "showarrow": False}


def _heading(text: str, top: float) -> dict[str, Any]:
    place = {"x": 0, "xref": "paper", "xanchor": "left", "y": top, "yref": "paper", "yanchor": "bottom"}
    font = {"size": 12, "color": "$ink", "weight": 600}
    return {"text": plain(words.clip(text, 44)), "showarrow": False, "font": font} | place


def heat(names: Sequence[str], values: Sequence[Sequence[float]], unit: str) -> dict[str, Any]:
    """Return a map of ``values``, rows from, columns to, both under ``names``."""
    trace: Trace = {
        "type": "heatmap",
        "x": list(range(len(names))),
        "y": list(range(len(names))),
        "z": [[float(f"{v:.4g}") for v in row] for row in values],
        "text": [[f"{a} to {b}" for b in names] for a in names] if len(names) <= 8 else None,
        # From nothing on, also where all values are one: plotly would draw those from half below to half above.
        "zmin": 0,
        "zmax": max((v for row in values for v in row), default=0.0) or 1.0,
        "colorscale": [[0, "$wash"], [0.001, "$low"], [0.5, "$mid"], [1, "$high"]],
        "colorbar": axes.colour_bar(f"bytes [{unit}]"),
        "hovertemplate": f"from block %{{y}} to block %{{x}}: %{{z}} {unit}<extra></extra>",
    }
    step = max(1, len(names) // 8)
    ticks = {"tickvals": list(range(0, len(names), step)), "ticktext": [names[i] for i in range(0, len(names), step)]}
    square = {"scaleanchor": "x", "constrain": "domain", "autorange": "reversed"}
    xaxis = axes.axis("to endpoints [number]", constrain="domain", tickangle=-45, showgrid=False, **ticks)
    yaxis = axes.axis("from endpoints [number]", showgrid=False, **ticks, **square)
    return {
        "data": [{k: v for k, v in trace.items() if v is not None}],
        "layout": axes.layout(520, xaxis=xaxis, yaxis=yaxis),
    }
