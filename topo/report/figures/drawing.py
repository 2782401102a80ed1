"""The network as people draw it: marks, and lines coloured by how full they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from topo.report import words
from topo.report.figures import axes
from topo.report.figures.axes import Trace
from topo.report.figures.marks import plain
from topo.report.layouts import Drawing

#: Upper edges of the utilization classes, with the look of each: hot ones are darker, wider and drawn last.
CLASSES = (
    (0.01, "idle: below 1 %", "$low", 0.8),
    (0.5, "up to 50 %", "$mid", 1.0),
    (0.9, "50 to 90 %", "$c1", 1.4),
    (1.0 + 1e-9, "90 to 100 %", "$high", 1.8),
    (2.0, "100 to 200 %: too much", "$warm", 1.8),
    (float("inf"), "above 200 %", "$over", 2.2),
)
#: Lines that answer the pointer: the hottest, for a page with thousands of targets is slow.
MOST_TARGETS = 400


def network(drawn: Drawing) -> dict[str, Any]:
    """Return the drawing with one trace a utilization class, pointer targets, and the switches on top."""
    traces = [trace for i in range(len(CLASSES)) if (trace := _class(drawn, i)) is not None]
    traces += [_targets(drawn), _switches(drawn)]
    round_ = drawn.square
    bare = {"visible": False, "showgrid": False, "zeroline": False}
    layout = axes.layout(600 if round_ else 420, xaxis=bare, yaxis=dict(bare))
    if round_:
        layout["yaxis"] |= {"scaleanchor": "x"}
    return {"data": traces, "layout": layout}


def _class(drawn: Drawing, i: int) -> Trace | None:
    top, name, colour, width = CLASSES[i]
    bottom = CLASSES[i - 1][0] if i else -1.0
    rows = [k for k, u in enumerate(drawn.utilization.tolist()) if bottom < u <= top]
    if not rows:
        return None
    xs: list[float | None] = []
    ys: list[float | None] = []
    for a, b in drawn.ends[rows].tolist():
        xs += [round(float(drawn.x[a]), 4), round(float(drawn.x[b]), 4), None]
        ys += [round(float(drawn.y[a]), 4), round(float(drawn.y[b]), 4), None]
    # Hundreds of wide lines are a blot: the more there are, the finer they are drawn.
    fine = 1.0 if len(drawn.ends) < 150 else 0.55
    line = {"color": colour, "width": round(width * _breadth(drawn, rows) * fine, 2)}
    base = {"type": "scatter", "mode": "lines", "x": xs, "y": ys, "line": line, "hoverinfo": "skip"}
    return base | {"name": f"{name} ({len(rows):,})"}


def _breadth(drawn: Drawing, rows: Sequence[int]) -> float:
    """Return how much wider lines are drawn that stand for more capacity than the thinnest: at most three times."""
    least = float(drawn.capacity.min())
    return min(3.0, max(1.0, float(drawn.capacity[rows].mean()) / least) ** 0.5) if least > 0 else 1.0


def _targets(drawn: Drawing) -> Trace:
    hottest = sorted(range(len(drawn.utilization)), key=lambda k: (-drawn.utilization[k], k))[:MOST_TARGETS]
    ends = drawn.ends[hottest].tolist()
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        # A third along the line: lines of a crossing pair never meet there.
        "x": [round(float(drawn.x[a] * 2 + drawn.x[b]) / 3, 4) for a, b in ends],
        "y": [round(float(drawn.y[a] * 2 + drawn.y[b]) / 3, 4) for a, b in ends],
        "text": [_told(drawn, k) for k in hottest],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"size": 12, "opacity": 0, "color": "$over"},
    }


def _told(drawn: Drawing, k: int) -> str:
    a, b = drawn.ends[k].tolist()
    pair = f"{drawn.names[a]} and {drawn.names[b]}"
    size = f"{words.gbps(float(drawn.capacity[k]))} each way, {drawn.tier[k]}"
    return f"{plain(pair)}<br>utilization {words.ratio(float(drawn.utilization[k]))}<br>{size}"


def _switches(drawn: Drawing) -> Trace:
    size = 9 if len(drawn.names) > 60 else 13
    return {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": [round(float(v), 4) for v in drawn.x],
        "y": [round(float(v), 4) for v in drawn.y],
        "text": [plain(name) for name in drawn.names],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"size": size, "symbol": "square", "color": "$paper", "line": {"color": "$ink", "width": 1.5}},
    }
