"""Racks of a room from above: a bar a rack, rows side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from topo.report.figures import axes
from topo.report.figures.axes import Trace
from topo.report.figures.marks import plain

#: [m] of a rack along its row and across it, as it is drawn: 600 mm racks with a gap, 1.2 m deep.
WIDTH, DEPTH = 0.54, 1.2
#: [m] across the rows that a drawing shows at least: a single row fills no page.
LEAST = 12.0


@dataclass(frozen=True)
class Rack:
    """A rack: where its middle is, what kind of device it holds, and what the pointer shows."""

    along: float  # [m] in its row
    across: float  # [m] from row to row
    kind: str
    text: str


def floor(racks: Sequence[Rack], *, pitch: float, row_pitch: float) -> dict[str, Any]:
    """Return the room with a trace a kind of rack; ``pitch`` and ``row_pitch`` [m] bound what a rack covers."""
    kinds = list(dict.fromkeys(rack.kind for rack in racks))
    traces = [
        _racks([rack for rack in racks if rack.kind == kind], kind, i, pitch, row_pitch) for i, kind in enumerate(kinds)
    ]
    bare = {"showgrid": False, "zeroline": False}
    ends = [-row_pitch, max(max((rack.across for rack in racks), default=0.0), LEAST) + row_pitch]
    layout = axes.layout(
        420,
        barmode="overlay",
        showlegend=True,
        xaxis=axes.axis("across the rows [m]", range=ends, **bare),
        yaxis=axes.axis("along a row [m]", **bare),
    )
    return {"data": traces, "layout": layout}


def _racks(racks: Sequence[Rack], kind: str, i: int, pitch: float, row_pitch: float) -> Trace:
    width = min(WIDTH, 0.9 * pitch)
    return {
        "type": "bar",
        "name": f"{kind} ({len(racks):,})",
        "x": [rack.across for rack in racks],
        "y": [width] * len(racks),
        "base": [round(rack.along - width / 2, 4) for rack in racks],
        "width": min(DEPTH, 0.9 * row_pitch),
        "customdata": [plain(rack.text) for rack in racks],
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {"color": axes.colour(i), "pattern": axes.pattern(i) | {"fgcolor": "$paper"}},
    }
