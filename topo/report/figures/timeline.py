"""What happens when: a row a network, its phases as bars, coloured by the tier that limits each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from topo.report import labels, words
from topo.report.figures import axes
from topo.report.figures.axes import Trace
from topo.report.figures.marks import bands, plain, row_names

#: What limits a bar -> its colour, alike in all figures of the page, and its pattern.
LIMITS = {
    "endpoint": ("$c1", 0),
    "scale-up": ("$c7", 1),
    "leaf-spine": ("$c3", 2),
    "spine-core": ("$c4", 3),
    "local": ("$c5", 4),
    "global": ("$c2", 5),
    "computation": ("$low", 0),
    "": ("$wash", 0),
}
_NAMES = {"": "shorter phases", "computation": "computation"}
_LANE, _BETWEEN = 26, 16  # [px] of bars of a row that overlap in time, and between rows
_HEAD, _FOOT = 60, 56  # [px] legend above, axis below
_LEGEND = 20  # [px] of each further line of the legend on a phone, which has room for two entries in a line
_SHORT = 0.3  # of a row: height of what stands for all shorter phases


@dataclass(frozen=True)
class Bar:
    """One phase, or part of a step: what it is called, when it runs, what limits it, what the pointer shows."""

    name: str
    start: float
    length: float
    limit: str  # a key of LIMITS
    text: str


@dataclass(frozen=True)
class Row:
    """One network: its bars, what its ports alone would take, and when the last flow ends."""

    name: str
    bars: Sequence[Bar]
    ports: float | None
    end: float
    last: str  # what the pointer shows at the end


def timeline(rows: Sequence[Row], title: str) -> dict[str, Any]:
    """Return the rows under each other on one axis of time; bars that overlap in time stand in lanes."""
    lanes = [_lanes(row.bars) for row in rows]
    most = max((max(own, default=0) + 1 for own in lanes), default=1)
    limits = [limit for limit in LIMITS if any(bar.limit == limit for row in rows for bar in row.bars)]
    traces = [_bars(rows, lanes, limit, most) for limit in limits]
    names = [row.name for row in rows]
    traces += [*_ports(rows), _ends(rows)]
    height = _HEAD + _FOOT + (_LANE * most + _BETWEEN) * len(rows)
    layout = axes.layout(
        height,
        meta={"narrow": {"height": height + _LEGEND * ((len(traces) - 1) // 2)}},
        barmode="overlay",
        xaxis=axes.axis(title, rangemode="tozero"),
        yaxis=row_names(names),
        shapes=bands(names),
        # A name that does not fit in its bar is left to the pointer.
        uniformtext={"mode": "hide", "minsize": 10},
    )
    return {"data": traces, "layout": layout}


def _lanes(bars: Sequence[Bar]) -> list[int]:
    """Return a lane for each bar: the first one that is free when it starts."""
    ends: list[float] = []
    lanes = [0] * len(bars)
    for i in sorted(range(len(bars)), key=lambda i: bars[i].start):
        if not bars[i].limit:
            continue
        free = (lane for lane, end in enumerate(ends) if end <= bars[i].start * (1 + 1e-9))
        lanes[i] = next(free, len(ends))
        ends[lanes[i] : lanes[i] + 1] = [bars[i].start + bars[i].length]
    return lanes


def _bars(rows: Sequence[Row], lanes: Sequence[Sequence[int]], limit: str, most: int) -> Trace:
    stretches = [
        (at, lane, bar)
        for at, row in enumerate(rows)
        for bar, lane in zip(row.bars, lanes[at], strict=True)
        if bar.limit == limit
    ]
    colour, kind = LIMITS[limit]
    high = 0.72 / most
    return {
        "type": "bar",
        "orientation": "h",
        "name": _NAMES.get(limit, labels.links_of(limit)),
        "y": [at - 0.36 + high * (lane + 0.5) if limit else at for at, lane, _ in stretches],
        "x": [bar.length for *_, bar in stretches],
        "base": [bar.start for *_, bar in stretches],
        "width": high * 0.92 if limit else _SHORT,
        "text": [plain(words.clip(bar.name, 28)) for *_, bar in stretches],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "textfont": {"color": "$ink" if limit in ("", "computation") else "$paper", "size": 12},
        "customdata": [bar.text for *_, bar in stretches],
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {
            "color": colour,
            "line": {"color": "$paper", "width": 1},
            "pattern": axes.pattern(kind) | {"fgcolor": "$paper", "solidity": 0.12, "fgopacity": 0.5},
        },
    }


def _ports(rows: Sequence[Row]) -> list[Trace]:
    """Return an upright tick where the ports alone would be done, of rows that know it."""
    sure = [(at, row) for at, row in enumerate(rows) if row.ports is not None]
    marker = {"symbol": "line-ns-open", "size": 26, "color": "$ink", "line": {"width": 2.5, "color": "$ink"}}
    trace = _points([at for at, _ in sure], [row.ports or 0.0 for _, row in sure])
    texts = [f"{plain(row.name)}<br>its ports alone would be done" for _, row in sure]
    return [trace | {"name": "what the ports allow", "marker": marker, "text": texts}] if sure else []


def _ends(rows: Sequence[Row]) -> Trace:
    marker = {"symbol": "diamond", "size": 11, "color": "$ink", "line": {"width": 1, "color": "$paper"}}
    trace = _points(range(len(rows)), [row.end for row in rows])
    return trace | {"name": "the last flow ends", "marker": marker, "text": [row.last for row in rows]}


def _points(at: Sequence[int], x: Sequence[float]) -> Trace:
    look = {"type": "scatter", "mode": "markers", "cliponaxis": False, "hovertemplate": "%{text}<extra></extra>"}
    return look | {"x": list(x), "y": list(at)}
