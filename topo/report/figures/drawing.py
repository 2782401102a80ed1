"""The network as people draw it: marks, and lines coloured by how full they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from topo.report import words
from topo.report.figures import axes
from topo.report.figures.axes import Trace
from topo.report.figures.marks import plain
from topo.report.layouts import Drawing

#: Upper edges of the utilization classes, with colour and dash of each: hot ones are drawn last, on top.
CLASSES = (
    (0.01, "idle: below 1 %", "$low", "solid"),
    (0.5, "up to 50 %", "$mid", "solid"),
    (0.9, "50 to 90 %", "$c1", "solid"),
    (1.0 + 1e-9, "90 to 100 %", "$high", "solid"),
    (2.0, "100 to 200 %: too much", "$warm", "longdash"),
    (float("inf"), "above 200 %", "$over", "dash"),
)
#: [px] width of the thinnest line by how many carry load: hundreds of wide lines are a blot.
_WIDTHS = ((150, 1.6), (600, 0.9), (1200, 0.45), (float("inf"), 0.3))
#: [px] width of an idle line, whatever its capacity: it is the ground that the others stand on.
_IDLE = 0.4
#: Lines up to which dashes can be told apart; among more they only litter.
_MOST_DASHES = 150
#: Widest line against the thinnest; width goes with capacity up to there.
_WIDEST = 6.0
#: Lines that answer the pointer: the hottest, for a page with thousands of targets is slow.
MOST_TARGETS = 400


def network(drawing: Drawing, case: str) -> dict[str, Any]:
    """Return the drawing with one trace a utilization class, pointer targets, and the switches on top.

    The page finds it by the name of its ``case``.
    """
    traces = [trace for i in range(len(CLASSES)) for trace in _class(drawing, i)]
    traces += [*_crosses(drawing), _targets(drawing), _switches(drawing)]
    round_ = drawing.square
    bare = {"visible": False, "showgrid": False, "zeroline": False}
    layout = axes.layout(600 if round_ else 420, xaxis=bare, yaxis=dict(bare), meta={"case": case})
    if round_:
        layout["yaxis"] |= {"scaleanchor": "x"}
    return {"data": traces, "layout": layout}


def _class(drawing: Drawing, i: int) -> list[Trace]:
    """Return the lines of one class of utilization, a trace for each capacity among them; one of them in the legend."""
    top, name, colour, dash = CLASSES[i]
    bottom = CLASSES[i - 1][0] if i else -1.0
    rows = [k for k, u in enumerate(drawing.utilization.tolist()) if bottom < u <= top]
    widths: dict[float, list[int]] = {}
    for k in rows:
        widths.setdefault(_width(drawing, k), []).append(k)
    dash = dash if len(drawing.ends) <= _MOST_DASHES else "solid"
    look = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "name": f"{name} ({len(rows):,})"}
    return [
        look
        | dict(zip("xy", _strokes(drawing, lines), strict=True))
        | {"line": {"color": colour, "dash": dash, "width": width}, "legendgroup": name, "showlegend": first}
        for first, (width, lines) in zip([True] + [False] * len(widths), sorted(widths.items()), strict=False)
    ]


def _strokes(drawing: Drawing, rows: Sequence[int]) -> tuple[list[float | None], list[float | None]]:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for a, b in drawing.ends[rows].tolist():
        xs += [round(float(drawing.x[a]), 4), round(float(drawing.x[b]), 4), None]
        ys += [round(float(drawing.y[a]), 4), round(float(drawing.y[b]), 4), None]
    return xs, ys


def _width(drawing: Drawing, k: int) -> float:
    """Return the width [px] of line ``k``: in proportion to its capacity, up to _WIDEST times the thinnest."""
    if drawing.utilization[k] <= CLASSES[0][0]:
        return _IDLE
    busy = int((drawing.utilization > CLASSES[0][0]).sum())
    thin = next(width for most, width in _WIDTHS if busy <= most)
    least = float(drawing.capacity.min())
    times = float(drawing.capacity[k]) / least if least > 0 else 1.0
    return round(thin * min(_WIDEST, times), 2)


def _crosses(drawing: Drawing) -> list[Trace]:
    """Return a cross on every line that is asked for more than it carries: what colour says, shape says too."""
    rows = [k for k, u in enumerate(drawing.utilization.tolist()) if u > 1 + 1e-9]
    rows = sorted(rows, key=lambda k: -drawing.utilization[k])[:MOST_TARGETS]
    if not rows:
        return []
    ends = drawing.ends[rows].tolist()
    # Not in the legend: a row of its own beside the classes would count the same lines twice.
    look = {"type": "scatter", "mode": "markers", "hoverinfo": "skip", "name": "crosses", "showlegend": False}
    at = {
        "x": [round(float(drawing.x[a] * 3 + drawing.x[b] * 2) / 5, 4) for a, b in ends],
        "y": [round(float(drawing.y[a] * 3 + drawing.y[b] * 2) / 5, 4) for a, b in ends],
    }
    return [
        look | at | {"marker": {"symbol": "x", "size": 6, "color": "$over", "line": {"width": 1, "color": "$paper"}}}
    ]


def place(drawing: Drawing, a: int, b: int) -> str:
    """Return where the line between marks ``a`` and ``b`` lies, as the page's script and the hot-link table name it."""
    return " ".join(f"{v:.4f}" for end in (a, b) for v in (float(drawing.x[end]), float(drawing.y[end])))


def _targets(drawing: Drawing) -> Trace:
    hottest = sorted(range(len(drawing.utilization)), key=lambda k: (-drawing.utilization[k], k))[:MOST_TARGETS]
    ends = drawing.ends[hottest].tolist()
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        # A third along the line: lines of a crossing pair never meet there.
        "x": [round(float(drawing.x[a] * 2 + drawing.x[b]) / 3, 4) for a, b in ends],
        "y": [round(float(drawing.y[a] * 2 + drawing.y[b]) / 3, 4) for a, b in ends],
        "text": [_hover_text(drawing, k) for k in hottest],
        "customdata": [place(drawing, a, b) for a, b in ends],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"size": 12, "opacity": 0, "color": "$over"},
    }


def _hover_text(drawing: Drawing, k: int) -> str:
    a, b = drawing.ends[k].tolist()
    pair = f"{drawing.names[a]} and {drawing.names[b]}"
    size = f"{words.gbps(float(drawing.capacity[k]))} each way, {drawing.tier[k]}"
    return f"{plain(pair)}<br>utilization {words.ratio(float(drawing.utilization[k]))}<br>{size}"


def _switches(drawing: Drawing) -> Trace:
    size = 9 if len(drawing.names) > 60 else 13
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": [round(float(v), 4) for v in drawing.x],
        "y": [round(float(v), 4) for v in drawing.y],
        "text": [plain(name) for name in drawing.names],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"size": size, "symbol": "square", "color": "$paper", "line": {"color": "$ink", "width": 1.5}},
    }
