"""Forwarding tables: destinations that are not reached or never left, ports that far more of them go by."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from topo.check.fault import Fault
from topo.fabric import Fabric, NodeKind
from topo.routing.tables import Tables, ports_of
from topo.source import called

#: Destinations of a port over those of the others of its switch that make it stand out, and the least it must be.
FAR_MORE, LEAST = 2.0, 8


def table_faults(fabric: Fabric, tables: Tables) -> list[Fault]:
    """Return what is wrong with ``tables`` of ``fabric``."""
    return [*_lost(fabric, tables), *_crowded(fabric, tables)]


def _lost(fabric: Fabric, tables: Tables) -> Iterator[Fault]:
    """Yield, for each destination, the leaves whose way to it ends or goes in a circle."""
    ports, base = ports_of(fabric), tables.base
    end = fabric.tail[ports].astype(np.int64)
    at = _arrivals(fabric, tables)
    leaves = np.unique(fabric.head[ports])
    plane = fabric.plane[leaves][:, np.newaxis] == fabric.plane[fabric.head[ports]]
    there = at[leaves - base]
    circle = there >= base
    ways = {"unreachable": (~circle & (there != end), "ends before it"), "loop": (circle, "goes in a circle")}
    for kind, (wrong, how) in ways.items():
        for column in np.flatnonzero((wrong & plane).any(axis=0)).tolist():
            rows = leaves[(wrong & plane)[:, column]]
            names = [called(fabric.source, fabric.kind, int(node)) for node in (end[column], *rows[:8])]
            yield Fault(kind, tuple(names), f"the way from {len(rows)} of {len(leaves)} leaves to {names[0]} {how}")


def _arrivals(fabric: Fabric, tables: Tables) -> NDArray[np.int64]:
    """Return (S, D) the node where the way from each switch to each port ends: -1 in the air, a switch in a circle."""
    base, n = tables.base, len(tables.link)
    goes = np.where(tables.link >= 0, fabric.head[tables.link], -1).astype(np.int64)
    at, column = goes.copy(), np.arange(goes.shape[1])
    for _ in range(int(np.ceil(np.log2(max(n, 2)))) + 1):
        on = at >= base
        goes_on = goes[np.where(on, at - base, 0), column[np.newaxis, :]]
        at = np.where(on, goes_on, at)
        goes = at.copy()
    return at


def _crowded(fabric: Fabric, tables: Tables) -> Iterator[Fault]:
    used = tables.link[tables.link >= 0]
    count = np.bincount(used, minlength=fabric.n_links)
    for node in range(tables.base, fabric.n_nodes):
        links = np.arange(fabric.first[node], fabric.first[node + 1])
        up = links[(fabric.kind[fabric.head[links]] >= NodeKind.LEAF)]
        rises = up[fabric.kind[fabric.head[up]] > fabric.kind[node]]
        for group in (rises, np.setdiff1d(up, rises)):
            yield from _of_group(fabric, node, group, count)


def _of_group(fabric: Fabric, node: int, links: NDArray[np.int64], count: NDArray[np.int64]) -> Iterator[Fault]:
    if len(links) < 2:
        return
    own, usual = count[links], float(np.median(count[links]))
    for link in links[(own > FAR_MORE * usual) & (own >= LEAST)].tolist():
        ends = [called(fabric.source, fabric.kind, n) for n in (node, int(fabric.head[link]))]
        said = f"{count[link]} destinations go by it, {usual:g} by most of the {len(links)} ports beside it"
        yield Fault("crowded-port", tuple(ends), said)
