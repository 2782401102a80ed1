"""What each pair of switches needs of the dependencies that are in cycles: that is what lanes are dealt out for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from topo.check.channels import Dependencies, Marks, steps
from topo.check.lanes import Units
from topo.flow.entries import Policy
from topo.kernels.lanes import units_of_shortest, units_of_tables
from topo.kernels.sweep import room
from topo.routing.operator import Ints
from topo.routing.tables import Tables

#: Dependencies of all units together, 4 bytes each, that are held; and pairs of switches that are gone through.
MOST_NEEDS, MOST_PAIRS = 50_000_000, 20_000_000


def units_of(
    marks: Marks, found: Dependencies, part: NDArray[np.int32], policy: Policy, tables: Tables | None
) -> Units | None:
    """Return the units of ``policy`` whose dependencies ``found`` are in cycles; None where they are too many."""
    start = np.unique(marks.network.ports.switch).astype(np.int64)
    columns = tables.link.shape[1] if tables is not None else marks.network.n_sites
    if len(start) * columns > MOST_PAIRS:
        return None
    inside = (part[found.before] >= 0) & (part[found.before] == part[found.behind])
    before, behind = found.before[inside], found.behind[inside]
    number = np.full(len(marks.seen), -1, dtype=np.int32)
    number[np.flatnonzero(marks.seen)[inside]] = np.arange(len(before))
    need = np.empty(min(MOST_NEEDS, len(start) * columns * max(marks.hops, 1) * 4), dtype=np.int32)
    ends = _by_table(marks, start, number, need, tables) if policy.by_destination else _by_sweep(marks, number, need)
    first = np.searchsorted(before, np.arange(len(part) + 1)).astype(np.int64)
    return None if ends is None else Units.of((first, behind), ends, need, _ends(marks))


def _ends(marks: Marks) -> Ints:
    """Return (C, 2) the groups of both ends of each channel."""
    return np.stack([marks.zone[marks.ch.tail], marks.zone[marks.ch.head]], axis=1)


def in_order(marks: Marks, found: Dependencies, part: NDArray[np.int32]) -> bool:
    """Return whether every route leaves one group at most and has one link in each at most where links are in cycles.

    Then one lane for routes to groups of higher number and one for those to lower ones have no cycle.
    """
    inside = (part[found.before] >= 0) & (part[found.before] == part[found.behind])
    before, behind = found.before[inside], found.behind[inside]
    return found.outs <= 1 and bool((marks.ch.out[before] != marks.ch.out[behind]).all())


def _by_sweep(marks: Marks, number: NDArray[np.int32], need: NDArray[np.int32]) -> Ints | None:
    network = marks.network
    ends = np.empty(network.n_sites * len(marks.ch.fan), dtype=np.int64)
    count = units_of_shortest(marks.ch, network.arcs, network.ports, number, ends, need, room(network.arcs))
    return None if count < 0 else ends[:count]


def _by_table(
    marks: Marks, start: Ints, number: NDArray[np.int32], need: NDArray[np.int32], tables: Tables | None
) -> Ints | None:
    size, ends = 0, []
    for step in steps(marks.network, tables):
        unit = np.empty((len(step), len(start)), dtype=np.int64)
        size = units_of_tables(marks.ch, step, start, number, unit, need, size)
        if size < 0:
            return None
        ends.append(unit[unit >= 0])
    return np.concatenate(ends)
