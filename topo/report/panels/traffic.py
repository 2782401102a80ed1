"""Traffic: who sends to whom, by block of endpoints, and what each plane carries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from topo.report import labels, load, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.curves import heat, lines
from topo.report.figures.marks import Series
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Blocks of endpoints on either axis of the map as drawn; studies store up to 128.
BLOCKS = 64
#: Busiest block of endpoints over the mean up to which all send and receive alike: a flat line needs no figure.
_EVEN = 1.005


@dataclass(frozen=True)
class Map:
    """Bytes between blocks of endpoints; ``first`` is the first endpoint of each block, and one past the last."""

    case: Case
    first: NDArray[np.int64]  # (n + 1,)
    volume: NDArray[np.float64]  # (n, n) [bytes], from row to column
    inside: NDArray[np.float64]  # (n, n) [bytes] of ``volume`` that stays within a host

    @property
    def names(self) -> list[str]:
        """First endpoint of each block, as an axis prints it."""
        return [str(a) for a in self.first[:-1].tolist()]

    @property
    def total(self) -> float:
        """All bytes."""
        return float(self.volume.sum())

    @property
    def within(self) -> float:
        """Bytes that stay inside a host."""
        return float(self.inside.sum())

    @property
    def share(self) -> float:
        """Part of the bytes that stays inside a host."""
        return self.within / self.total if self.total else 0.0

    def ends(self, axis: int) -> NDArray[np.float64]:
        """Return (n,) bytes that an endpoint of each block sends (axis 1) or receives (axis 0), on average."""
        import numpy as np

        return np.asarray(self.volume.sum(axis) / np.diff(self.first))


def panel(view: View) -> Panel | None:
    """Return the maps of traffic, what endpoints send and receive, and bytes by plane; None where nothing is stored."""
    maps = {traffic: one for traffic in view.traffics if (one := _map_of(view, traffic))}
    planes = [case for case in view.grid if len(_volumes(case)) > 1]
    if not maps and not planes:
        return None
    blocks: list[Draw | Show] = _figures(maps, view.of_the_first) if maps else []
    blocks += [Show(_planes(planes))] if planes else []
    return make("traffic", "Traffic", "Who sends to whom?", _answer(view, planes, maps), blocks)


def _figures(maps: dict[str, Map], first: str) -> list[Draw | Show]:
    how = (
        "Bytes from a block of endpoints (row) to a block (column), all phases; a block is a run of whole hosts with "
        f"consecutive numbers, named by its first; at most {BLOCKS} are drawn."
    )
    variants = tuple(
        Variant(traffic, heat(one.names, (one.volume / 1e9).tolist(), "GB")) for traffic, one in maps.items()
    )
    heats = Draw(Figure("fig-traffic", _finding(maps), how + first, variants, _table(maps), "traffic"))
    if max(map(_peak, maps.values())) < _EVEN:
        return [heats]
    how = "Bytes an endpoint sends and receives, averaged over the endpoints of a block, by the block's first endpoint."
    # The figure opens on what its heading speaks of; where all are even, on the first.
    worst = max(maps, key=lambda traffic: round(_peak(maps[traffic]), 3))
    ends = tuple(Variant(traffic, _ends(maps[traffic])) for traffic in sorted(maps, key=lambda one: one != worst))
    return [heats, Draw(Figure("fig-ends", _even(maps), how + first, ends, None, "traffic"))]


def _map_of(view: View, traffic: str) -> Map | None:
    import numpy as np

    for case in view.of_traffic(traffic):
        columns = load.traffic(case.record)
        if columns is None or not len(columns["bytes"]):
            continue
        n = math.isqrt(len(columns["bytes"]))
        first = np.append(columns["src"].reshape(n, n)[:, 0], int(case.get("endpoints") or columns["src"][-1] + 1))
        step = -(-n // BLOCKS)
        starts = np.arange(0, n, step)
        volume, inside = (_merge(columns[key].reshape(n, n), starts) for key in ("bytes", "inside"))
        return Map(case, np.append(first[starts], first[-1]).astype(np.int64), volume, inside)
    return None


def _merge(cells: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(np.add.reduceat(np.add.reduceat(cells, starts, 0), starts, 1))


def _ends(one: Map) -> dict[str, Any]:
    sides = (("sent", 1), ("received", 0))
    series = [Series(name, tuple((one.ends(axis) / 1e9).tolist())) for name, axis in sides]
    return lines(one.first[:-1].tolist(), series, "first endpoint of the block [number]", "bytes an endpoint [GB]")


def _finding(maps: dict[str, Map]) -> str:
    clauses = [f"{words.percent(one.share)} of {traffic}" for traffic, one in maps.items()]
    even = all(_peak(one) < _EVEN for one in maps.values())
    alike = " Every block of endpoints sends and receives as much as every other." if even else ""
    return f"Bytes that stay inside a host: {words.listing(clauses)}.{alike}"


def _even(maps: dict[str, Map]) -> str:
    worst = max(maps, key=lambda traffic: _peak(maps[traffic]))
    ratio = _peak(maps[worst])
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
        total, inside = one.total, one.within
        most = (float(one.ends(1).max()), float(one.ends(0).max()))
        rows.append((traffic, total, inside, total - inside, 1 - one.share, *most))
    return table("moved", "Bytes by traffic", columns, rows)


def _answer(view: View, planes: list[Case], maps: dict[str, Map]) -> str:
    if not planes and not maps:
        return f"{words.plural(len(view.traffics), 'traffic pattern')}; what each pair sends was not stored."
    if not planes:
        most = max(maps, key=lambda traffic: maps[traffic].total - maps[traffic].within)
        leaving = words.byte_count(maps[most].total - maps[most].within)
        part = f"{leaving} of {words.byte_count(maps[most].total)}"
        return f"Most leaves hosts under {most}: {part}." if len(maps) > 1 else f"Under {most} {part} leave hosts."
    spread = {case.title: _spread(case) for case in planes}
    worst = max(spread, key=lambda title: spread[title])
    if spread[worst] < 1.005:
        return "Every plane carries the same number of bytes under every traffic."
    return (
        f"Planes are loaded unevenly: under {worst} the fullest carries {words.number(spread[worst])} times the mean."
    )


def _volumes(case: Case) -> list[float]:
    """Return the bytes of each plane that states them."""
    return [float(v) for v in (case.get("bytes_by_plane") or {}).values() if v is not None]


def _spread(case: Case) -> float:
    volumes = _volumes(case)
    return max(volumes) * len(volumes) / sum(volumes) if sum(volumes) else 1.0


def _planes(cases: list[Case]) -> Table:
    columns = [name("Network"), name("Traffic"), labels.column("planes"), Column("Least", words.byte_count, "bytes")]
    columns += [Column("Most", words.byte_count, "bytes"), Column("Most / mean", words.ratio, "×")]
    rows = []
    for case in cases:
        volumes = _volumes(case)
        rows.append((case.network, case.traffic, len(volumes), min(volumes), max(volumes), _spread(case)))
    return table("planes", labels.heading("bytes_by_plane"), columns, rows)
