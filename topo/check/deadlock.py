"""Deadlock: whether packets can wait for each other in a circle, and how many virtual lanes keep them from it.

Routes are free of deadlock where no channel depends on itself through others [1]_.  Where some do, lanes help:

    by path   a route keeps its lane from end to end, so routes are dealt out until no lane has a cycle.
              Source, destination and lane go together, as an InfiniBand service level does (``lanes``)
    by hop    a packet climbs to the next lane where it goes against the order of channels: up, local,
              global, down.  Each lane then has that order and no cycle

All routes of a pair (``ecmp``) are on one lane by path.  Lanes by path are not sought for routes that turn.

Limits. Lossless links with a buffer for each lane; what endpoints wait for (replies, credits of a protocol)
is not looked at.  An optimum over schemes that change lanes in other ways is not sought.

.. [1] W. Dally, C. Seitz, Deadlock-free message routing in multiprocessor interconnection networks,
   IEEE Trans. Comput. C-36(5), 1987.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from topo.check.channels import Dependencies, Marks, marks_of
from topo.check.lanes import lanes
from topo.check.units import in_order, units_of
from topo.fabric import Fabric
from topo.flow.entries import Policy
from topo.kernels.cycles import shortest_cycle
from topo.routing.operator import Ints
from topo.routing.tables import Tables

#: Cycles that are told, no two with a channel in common.
MOST_CYCLES = 4
#: Dependencies that the search for a shortest cycle follows: a second or so.
MOST_VISITS = 200_000_000


@dataclass(frozen=True, eq=False)
class Deadlock:
    """What routes can do to each other on one lane, and the lanes that keep them from it."""

    channels: int  # directed connections between switches; parallel cables that are used alike are one
    dependencies: int
    cyclic: int  # channels that are in some cycle
    cycles: tuple[tuple[int, ...], ...]  # links, each waited for by the one before it and the first by the last
    shortest: bool  # whether no cycle is shorter than the first
    circles: int  # destinations some way to which goes in a circle of its own
    lanes_lower: int | None  # lanes by path are no fewer; None where a route goes in a circle
    lanes_upper: int | None  # and no more; None where that was not worked out
    lanes_method: str
    lanes_by_hop: int | None  # None where a route goes in a circle
    hops: int  # switch links of the longest route

    @property
    def free(self) -> bool:
        """Whether no packets can wait for each other in a circle on one lane."""
        return self.cyclic == 0


def deadlock(fabric: Fabric, policy: Policy, name: str, tables: Tables | None = None, **given: Any) -> Deadlock:
    """Return what the routes of ``policy`` can do to each other; ``tables`` and ``given`` are its parameters.

    Raises RoutingError for a policy whose routes depend on the traffic, or that is not defined for the fabric.
    """
    marks = marks_of(fabric, policy, name, tables, **given)
    found = marks.done()
    part = _parts(found)
    cycles, shortest = _cycles(found, part)
    free = not cycles
    no_fewer, no_more, how = _lanes(marks, found, part, policy, tables)
    return Deadlock(
        channels=len(found.link),
        dependencies=len(found.before),
        cyclic=int(np.count_nonzero(part >= 0)),
        cycles=tuple(tuple(found.link[cycle].tolist()) for cycle in cycles),
        shortest=shortest,
        circles=found.circles,
        lanes_lower=no_fewer,
        lanes_upper=no_more,
        lanes_method=how,
        lanes_by_hop=None if found.circles else 1 if free else found.climbs + 1,
        hops=found.hops,
    )


def _lanes(
    marks: Marks, found: Dependencies, part: NDArray[np.int32], policy: Policy, tables: Tables | None
) -> tuple[int | None, int | None, str]:
    """Return the least and the most lanes by path that the optimum can be, and how they were found."""
    if found.circles:
        return None, None, "a route goes in a circle"
    if not (part >= 0).any():
        return 1, 1, "no cycle"
    if not policy.turns and in_order(marks, found, part):
        return 2, 2, "proof"
    units = None if policy.turns else units_of(marks, found, part, policy, tables)
    return (2, None, "not sought") if units is None else lanes(units)


def _parts(found: Dependencies) -> NDArray[np.int32]:
    """Return (C,) the part of channels that reach each other; -1 of one that does not reach itself."""
    n = len(found.link)
    graph = csr_array((np.ones(len(found.before), np.int8), found.behind, found.first), shape=(n, n))
    part = np.asarray(connected_components(graph, directed=True, connection="strong")[1], dtype=np.int32)
    alone = np.bincount(part)[part] == 1 if n else np.zeros(0, dtype=bool)
    part[alone] = -1
    return part


def _cycles(found: Dependencies, part: NDArray[np.int32]) -> tuple[list[Ints], bool]:
    """Return the shortest cycle and some others, shortest first, and whether there is none shorter."""
    first, left = found.first, part.copy()
    cycles: list[Ints] = []
    known, sure, n = True, True, int(np.count_nonzero(part >= 0))
    while len(cycles) < MOST_CYCLES and (left >= 0).any():
        cycle = np.empty(n, dtype=np.int64)
        budget = MOST_VISITS // (10 if cycles else 1)
        length, sure = shortest_cycle(first, found.behind, left, np.flatnonzero(left >= 0), n, budget, cycle)
        known = sure if not cycles else known
        if not length:
            break
        cycles.append(cycle[:length])
        left[cycle[:length]] = -1
    return cycles, known
