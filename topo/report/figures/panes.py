"""Networks beside each other: a pane each, all on one scale of colours, with a title that says how it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from topo.report.figures import axes
from topo.report.figures.axes import Trace
from topo.report.figures.drawing import CLASSES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from topo.report.sketches import Sketch

#: Panes in a row of a page, and of a phone.
_WIDE, _NARROW = 3, 1
_PANE, _SMALL_PANE = 320, 290  # [px] height of a pane
_LONG = 31  # characters of a title, seven of them markup, that three panes in a row of 680 px have room for
_HEAD = 64  # [px] of the legend
_TITLE, _FOOT = 52, 56  # [px] of the words above and below a drawing
_GAP = 0.035  # between panes, as a share of the width
#: What the classes of ``CLASSES`` are called in a legend of little room.
_NAMES = ("idle", "to 50 %", "to 90 %", "to 100 %", "to 200 %", "above 200 %")
#: [px] width of a line by how many there are.
_WIDTHS = ((100, 1.8), (200, 1.3), (float("inf"), 0.9))
#: Ports below a leaf: how far they reach, of a tier in a tree and of the radius of a circle.
_PORT, _RAY = 0.26, 0.15
_NAMES_AT = 0.46  # where planes and pods have their names, below the ports


@dataclass(frozen=True)
class Pane:
    """One network: its drawing, its words, and how full each line is of what would keep up with the fastest."""

    sketch: Sketch
    title: str
    is_late: bool  # whether the title is coloured as what is asked for too much
    facts: str  # below the title
    foot: str  # below the drawing
    factor: float  # utilization -> what the colours show
    tip: str  # what the pointer shows
    case: str  # what figures of single cases call it: a click opens it there


def panes(some: Sequence[Pane]) -> dict[str, Any]:
    """Return the panes side by side; where the page is narrow, ``meta.narrow`` takes the place of what it names."""
    traces = [_key(i) for i in range(len(CLASSES))]
    for number, pane in enumerate(some, start=1):
        traces += _traces(pane, "" if number == 1 else str(number))
    wide, narrow = _places(some, _WIDE, _PANE), _places(some, _NARROW, _SMALL_PANE)
    layout = axes.layout(wide.pop("height"), **wide, meta={"narrow": narrow}, margin={"l": 4, "r": 4, "t": 4, "b": 4})
    layout["legend"] |= {"itemsizing": "constant", "traceorder": "normal", "font": {"size": 11}}
    return {"data": traces, "layout": layout}


def _places(some: Sequence[Pane], most: int, tall: int) -> dict[str, Any]:
    """Return height, axes and words of the panes, ``most`` of them in a row."""
    down = -(-len(some) // most)
    across = -(-len(some) // down)
    height = _HEAD + down * tall
    out: dict[str, Any] = {"height": height, "annotations": []}
    for i, pane in enumerate(some):
        number = "" if i == 0 else str(i + 1)
        # A last row that is not full stands in the middle.
        seat = i % across + (across - min(across, len(some) - i + i % across)) / 2
        ends = [seat / across + _GAP / 2, (seat + 1) / across - _GAP / 2]
        top = 1 - (i // across) / down
        inside = height - _HEAD
        out[f"xaxis{number}"] = _bare(ends, f"y{number}")
        rows = [top - 1 / down + _FOOT / inside, top - _TITLE / inside]
        out[f"yaxis{number}"] = _bare(rows, f"x{number}")
        _reach(pane.sketch, out[f"xaxis{number}"], out[f"yaxis{number}"], number)
        out["annotations"] += _words(pane, sum(ends) / 2, top, rows[0], number)
    return out


def _bare(domain: list[float], anchor: str) -> dict[str, Any]:
    return {"domain": domain, "anchor": anchor, "visible": False, "fixedrange": True}


def _reach(sketch: Sketch, x: dict[str, Any], y: dict[str, Any], number: str) -> None:
    """Set the ranges of a pane's axes: room for ports, and for the names of tiers and planes."""
    if sketch.round:
        x["range"] = y["range"] = [-1.2, 1.2]
        y |= {"scaleanchor": f"x{number}", "constrain": "domain"}
        x["constrain"] = "domain"
    else:
        top = float(sketch.y.max())
        x["range"] = [-0.14, 1.0] if sketch.tiers else [0.0, 1.0]
        y["range"] = [-_NAMES_AT * top, top * (1.06 if sketch.tiers else 1 + 1.3 * _PORT)]


def _words(pane: Pane, middle: float, top: float, foot: float, number: str) -> list[dict[str, Any]]:
    look = {"showarrow": False, "xref": "paper", "yref": "paper", "x": middle, "xanchor": "center"}
    strong = {"color": "$over" if pane.is_late else "$ink", "size": 16 if len(pane.title) <= _LONG else 13}
    small = {"color": "$soft", "size": 11}
    out = [
        look | {"text": pane.title, "y": top, "yanchor": "top", "font": strong},
        look | {"text": pane.facts, "y": top, "yanchor": "top", "yshift": -24, "font": small},
        look | {"text": pane.foot, "y": foot, "yanchor": "top", "font": small},
    ]
    own = {"showarrow": False, "xref": f"x{number}", "yref": f"y{number}", "font": small}
    out += [own | {"x": -0.03, "xanchor": "right", "y": y, "text": text} for y, text in pane.sketch.tiers]
    # The first name has its noun, the others their number alone: they stand close.
    below = {"y": -_NAMES_AT * float(pane.sketch.y.max()), "yanchor": "bottom"}
    numbers = [text.rpartition(" ") for _, text in pane.sketch.stands]
    out += [
        own | below | {"x": x, "text": text} for (x, _), (_, _, text) in zip(pane.sketch.stands, numbers, strict=True)
    ]
    return out + [own | below | {"x": -0.03, "xanchor": "right", "text": noun} for noun, _, _ in numbers[:1]]


def _key(i: int) -> Trace:
    """Return the entry of a class in the legend, which shows and hides its lines everywhere."""
    marker = {"symbol": "square", "size": 12, "color": CLASSES[i][2]}
    look = {"type": "scatter", "mode": "markers", "x": [None], "y": [None], "marker": marker}
    return look | {"name": _NAMES[i], "legendgroup": str(i), "hoverinfo": "skip"}


def _traces(pane: Pane, number: str) -> list[Trace]:
    """Return the lines and ports of a pane by class, the fullest on top, and its switches."""
    import numpy as np

    sketch = pane.sketch
    line, ports = _classes(sketch.line * pane.factor), _classes(sketch.ports * pane.factor)
    width = next(width for most, width in _WIDTHS if len(line) <= most)
    out: list[Trace] = []
    for i in range(len(CLASSES)):
        for xs, ys, wide, bent in (
            (*_lines(sketch, np.flatnonzero(line == i)), width + 0.3 * max(0, i - 3), sketch.round),
            (*_ports(sketch, np.flatnonzero(ports == i)), 2.2, False),
        ):
            if xs:
                stroke = {"color": CLASSES[i][2], "width": wide} | ({"shape": "spline"} if bent else {})
                out.append(
                    {"mode": "lines", "hoverinfo": "skip", "line": stroke, "legendgroup": str(i), "x": xs, "y": ys}
                )
    out.append(_marks(pane))
    own = {"type": "scatter", "showlegend": False, "xaxis": f"x{number}", "yaxis": f"y{number}"}
    return [own | one for one in out]


def _classes(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class of each value, -1 where there is none."""
    import numpy as np

    tops = [top for top, *_ in CLASSES]
    return np.where(np.isnan(values), -1, np.searchsorted(tops, values, side="left"))


def _lines(sketch: Sketch, rows: NDArray[np.intp]) -> tuple[list[float | None], list[float | None]]:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for a, b in sketch.ends[rows].tolist():
        for places, values in ((xs, sketch.x), (ys, sketch.y)):
            # On a circle lines bend towards its middle, so that neighbours can be told from the rim.
            middle = [round(float(values[a] + values[b]) * 0.3, 3)] if sketch.round else []
            places += [round(float(values[a]), 3), *middle, round(float(values[b]), 3), None]
    return xs, ys


def _ports(sketch: Sketch, rows: NDArray[np.intp]) -> tuple[list[float | None], list[float | None]]:
    xs: list[float | None] = []
    ys: list[float | None] = []
    long = _RAY if sketch.round else _PORT * float(sketch.y.max())
    for k in rows.tolist():
        for places, values, way in ((xs, sketch.x, 0), (ys, sketch.y, 1)):
            at = float(values[k])
            places += [round(at, 3), round(at + long * float(sketch.outward[k, way]), 3), None]
    return xs, ys


def _marks(pane: Pane) -> Trace:
    """Return the switches; where links lie within a mark it has the colour of the fullest."""
    import numpy as np

    sketch = pane.sketch
    inner = _classes(sketch.inner * pane.factor).tolist()
    # Squares of a row must not touch: the row with most of them says how large they may be.
    row = max(np.unique(sketch.y, return_counts=True)[1]) if not sketch.round else len(inner) / 3
    size = 9 if row <= 20 else 6 if row <= 40 else 3.5
    return {
        "mode": "markers",
        "x": [round(float(v), 3) for v in sketch.x],
        "y": [round(float(v), 3) for v in sketch.y],
        "hovertemplate": f"{pane.tip}<extra></extra>",
        "meta": {"case": pane.case},
        "marker": {
            "symbol": "circle" if sketch.round else "square",
            "size": size,
            "color": [CLASSES[i][2] if i >= 0 else "$paper" for i in inner],
            "line": {"color": "$ink", "width": 1},
        },
    }
