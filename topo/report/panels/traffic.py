"""Traffic: who sends to whom, by block of endpoints, and what each plane carries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from topo.report import labels, load, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.curves import heat, lines
from topo.report.figures.marks import Series
from topo.report.names import Named
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Blocks of endpoints on either axis of the map as drawn; studies store up to 128.
BLOCKS = 64


@dataclass(frozen=True)
class Map:
    """Bytes between blocks of endpoints; ``first`` is the first endpoint of each block, and one past the last."""

    case: Named
    first: NDArray[np.int64]  # (n + 1,)
    moved: NDArray[np.float64]  # (n, n) [bytes], from row to column
    inside: NDArray[np.float64]  # (n, n) [bytes] of ``moved`` that stays within a host

    @property
    def names(self) -> list[str]:
        """First endpoint of each block, as an axis prints it."""
        return [str(a) for a in self.first[:-1].tolist()]

    @property
    def share(self) -> float:
        """Part of the bytes that stays inside a host."""
        return float(self.inside.sum() / self.moved.sum()) if self.moved.sum() else 0.0

    def ends(self, axis: int) -> NDArray[np.float64]:
        """Return (n,) bytes that an endpoint of each block sends (axis 1) or receives (axis 0), on average."""
        import numpy as np

        return np.asarray(self.moved.sum(axis) / np.diff(self.first))


def panel(view: View) -> Panel | None:
    """Return the maps of traffic, what endpoints send and receive, and bytes by plane; None where nothing is stored."""
    maps = {traffic: held for traffic in view.traffics if (held := _stored(view, traffic))}
    planes = [case for case in view.grid if len(case.get("bytes_by_plane") or {}) > 1]
    if not maps and not planes:
        return None
    blocks: list[Draw | Show] = _figures(maps) if maps else []
    blocks += [Show(_planes(planes))] if planes else []
    return make("traffic", "Traffic", "Who sends to whom?", _answer(view, planes), blocks)


def _figures(maps: dict[str, Map]) -> list[Draw | Show]:
    how = (
        "Bytes from a block of endpoints (row) to a block (column), all phases; a block is a run of whole hosts with "
        f"consecutive numbers, named by its first; at most {BLOCKS} are drawn."
    )
    drawn = tuple(Variant(traffic, heat(one.names, (one.moved / 1e9).tolist(), "GB")) for traffic, one in maps.items())
    heats = Draw(Figure("fig-traffic", _finding(maps), how, drawn, _table(maps), "traffic"))
    how = "Bytes an endpoint sends and receives, averaged over the endpoints of a block, by the block's first endpoint."
    ends = tuple(Variant(traffic, _ends(one)) for traffic, one in maps.items())
    return [heats, Draw(Figure("fig-ends", _even(maps), how, ends, None, "traffic"))]


def _stored(view: View, traffic: str) -> Map | None:
    import numpy as np

    for case in view.of_traffic(traffic):
        held = load.traffic(case.record)
        if held is None or not len(held["bytes"]):
            continue
        n = math.isqrt(len(held["bytes"]))
        first = np.append(held["src"].reshape(n, n)[:, 0], int(case.get("endpoints") or held["src"][-1] + 1))
        step = -(-n // BLOCKS)
        starts = np.arange(0, n, step)
        moved, inside = (_merged(held[key].reshape(n, n), starts) for key in ("bytes", "inside"))
        return Map(case, np.append(first[starts], first[-1]).astype(np.int64), moved, inside)
    return None


def _merged(cells: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(np.add.reduceat(np.add.reduceat(cells, starts, 0), starts, 1))


def _ends(one: Map) -> dict[str, Any]:
    sent, received = (tuple((one.ends(axis) / 1e9).tolist()) for axis in (1, 0))
    series = [Series("sent", sent), Series("received", received)]
    return lines(one.first[:-1].tolist(), series, "first endpoint of the block [number]", "bytes an endpoint [GB]")


def _finding(maps: dict[str, Map]) -> str:
    told = [f"{words.percent(one.share)} of {traffic}" for traffic, one in maps.items()]
    return f"Bytes that stay inside a host: {words.listing(told)}."


def _even(maps: dict[str, Map]) -> str:
    worst = max(maps, key=lambda traffic: _peak(maps[traffic]))
    ratio = _peak(maps[worst])
    if ratio < 1.005:
        return "Every block of endpoints sends and receives as much as every other."
    return f"The busiest block moves {words.number(ratio)} times the mean, under {worst}."


def _peak(one: Map) -> float:
    sides = [one.ends(axis) for axis in (0, 1)]
    return max(float(side.max() / side.mean()) if side.mean() else 1.0 for side in sides)


def _table(maps: dict[str, Map]) -> Table:
    columns = [name("Traffic"), labels.column("traffic.parquet:bytes", "all phases")]
    columns += [labels.column("traffic.parquet:inside"), Column("Network", words.byte_count, "bytes")]
    columns += [Column("Network share", words.percent, "of bytes", bar=True)]
    columns += [Column("Most sent", words.byte_count, "an endpoint, block mean")]
    columns += [Column("Most received", words.byte_count, "an endpoint, block mean")]
    rows = []
    for traffic, one in maps.items():
        total, inside = float(one.moved.sum()), float(one.inside.sum())
        most = (float(one.ends(1).max()), float(one.ends(0).max()))
        rows.append((traffic, total, inside, total - inside, 1 - one.share, *most))
    return table("moved", "Bytes by traffic", columns, rows)


def _answer(view: View, planes: list[Named]) -> str:
    if not planes:
        return f"{words.plural(len(view.traffics), 'traffic pattern')}; a map of each that was stored."
    spread = {case.title: _spread(case) for case in planes}
    worst = max(spread, key=lambda title: spread[title])
    if spread[worst] < 1.005:
        return "Every plane carries the same number of bytes under every traffic."
    return (
        f"Planes are loaded unevenly: under {worst} the fullest carries {words.number(spread[worst])} times the mean."
    )


def _spread(case: Named) -> float:
    held = [float(v) for v in case.get("bytes_by_plane").values()]
    return max(held) * len(held) / sum(held) if sum(held) else 1.0


def _planes(cases: list[Named]) -> Table:
    columns = [name("Network"), name("Traffic"), labels.column("planes"), Column("Least", words.byte_count, "bytes")]
    columns += [Column("Most", words.byte_count, "bytes"), Column("Most / mean", words.ratio, "×")]
    rows = []
    for case in cases:
        held = [float(v) for v in case.get("bytes_by_plane").values()]
        rows.append((case.network, case.traffic, len(held), min(held), max(held), _spread(case)))
    return table("planes", labels.heading("bytes_by_plane"), columns, rows)
