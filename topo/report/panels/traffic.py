"""Traffic: who sends to whom, by block of endpoints, and what each plane carries."""

from __future__ import annotations

from typing import Any

from topo.report import load, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.curves import heat
from topo.report.names import Named
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table

#: Blocks of endpoints on either axis of the map.
BLOCKS = 32


def panel(view: View) -> Panel | None:
    """Return the maps of traffic that was stored, and bytes by plane; None where there is neither."""
    maps = [(traffic, held) for traffic in view.traffics if (held := _stored(view, traffic))]
    planes = [case for case in view.grid if len(case.get("bytes_by_plane") or {}) > 1]
    if not maps and not planes:
        return None
    variants = tuple(Variant(traffic, heat(*_map(columns, case), "GB")) for traffic, (case, columns) in maps)
    how = (
        "Bytes from a block of endpoints (row) to a block (column), consecutive numbers "
        "together, all phases; drawn for "
        "traffic with few enough commodities to be stored."
    )
    drawn = Draw(Figure("fig-traffic", _finding(maps), how, variants, None, "traffic")) if variants else None
    blocks = (drawn, Show(_planes(planes)) if planes else None)
    return make("traffic", "Traffic", "Who sends to whom?", _answer(view, planes), blocks)


Stored = tuple[Named, dict[str, Any]]


def _stored(view: View, traffic: str) -> Stored | None:
    for case in view.of_traffic(traffic):
        columns = load.commodities(case.record)
        if columns is not None and len(columns.get("bytes", ())):
            return case, columns
    return None


def _map(columns: dict[str, Any], case: Named) -> tuple[list[str], list[list[float]]]:
    import numpy as np

    n = int(case.get("endpoints") or max(columns["src"].max(), columns["dst"].max()) + 1)
    blocks = min(BLOCKS, n)
    row, column = columns["src"].astype(np.int64) * blocks // n, columns["dst"].astype(np.int64) * blocks // n
    total = np.bincount(row * blocks + column, weights=columns["bytes"], minlength=blocks * blocks) / 1e9
    edges = [f"{-(-i * n // blocks)} to {-(-(i + 1) * n // blocks) - 1}" for i in range(blocks)]
    return edges, total.reshape(blocks, blocks).tolist()


def _finding(maps: list[tuple[str, Stored]]) -> str:
    told = []
    for traffic, (case, columns) in maps:
        per = int(case.record.part("fabric").get("endpoints_per_host") or 8)
        inside = columns["src"] // per == columns["dst"] // per
        share = float(columns["bytes"][inside].sum() / columns["bytes"].sum())
        told.append(f"{words.percent(share)} of {traffic}")
    return f"Bytes that stay inside a host: {words.listing(told)}." if told else "No traffic was stored."


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
    columns = [
        name("Network"),
        name("Traffic"),
        Column("Planes", words.count),
        Column("Least", words.byte_count, "bytes"),
    ]
    columns += [Column("Most", words.byte_count, "bytes"), Column("Most / mean", words.ratio, "×")]
    rows = []
    for case in cases:
        held = [float(v) for v in case.get("bytes_by_plane").values()]
        rows.append((case.network, case.traffic, len(held), min(held), max(held), _spread(case)))
    return table("planes", "Bytes by plane", columns, rows)
