"""Which pairs of a demand meet endpoints that lost ports, and the legs that they took and take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topo.routing.access import Access
from topo.routing.cut import Cut
from topo.routing.operator import Floats, Ints
from topo.routing.relay import Legs, legs_left, legs_of
from traffic.demand import Demand, GroupedDemand

#: Pairs above which a sweep of everything costs less than to look at each.
MOST_PAIRS = 5_000


@dataclass(frozen=True, eq=False)
class Flows:
    """Pairs of endpoints in different domains, and the legs by which they go."""

    src: Ints  # (pairs,)
    dst: Ints  # (pairs,)
    size: Floats  # (pairs,) [bytes]
    phase: Ints  # (pairs,)
    legs: Legs

    @classmethod
    def none(cls) -> Flows:
        """Return no pairs."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(empty, empty, np.zeros(0), empty, Legs.none())

    def some(self, rows: Ints) -> Flows:
        """Return the pairs ``rows``, sorted."""
        legs = self.legs
        use = np.flatnonzero(np.isin(legs.row, rows))
        mine = Legs(np.searchsorted(rows, legs.row[use]), legs.nic[use], legs.out[use], legs.share[use])
        return Flows(self.src[rows], self.dst[rows], self.size[rows], self.phase[rows], mine)

    @property
    def amount(self) -> Floats:
        """(legs,) [bytes] on each leg."""
        return self.legs.share * self.size[self.legs.row]


@dataclass(frozen=True, eq=False)
class Meeting:
    """Pairs that a loss of ports may touch: as they went, as they go, and as those went that have no way left."""

    before: Flows
    after: Flows
    lost: Flows

    @classmethod
    def of(cls, access: Access, cut: Cut, demand: Demand | GroupedDemand) -> Meeting | None:
        """Return the pairs of ``demand`` that may go by an endpoint whose ports ``cut`` takes; None where many may."""
        if not len(cut.end):
            return cls(Flows.none(), Flows.none(), Flows.none())
        src, dst, size, phase = _touched(access, cut.end, demand)
        if len(src) > MOST_PAIRS:
            return None
        relay = access.network.fabric.relay
        before = Flows(src, dst, size, phase, legs_of(access, src, dst, relay))
        legs, none = legs_left(cut.access, src, dst, relay)
        return cls(before, Flows(src, dst, size, phase, legs), before.some(none))

    @property
    def n_lost(self) -> int:
        """Number of pairs that have no way left."""
        return len(self.lost.src)


def _touched(access: Access, end: Ints, demand: Demand | GroupedDemand) -> tuple[Ints, Ints, Floats, Ints]:
    """Return source, destination, bytes and phase of the pairs that may go by a port of ``end``."""
    if isinstance(demand, GroupedDemand):
        return _of_groups(access, end, demand)
    src, dst = demand.src.astype(np.int64), demand.dst.astype(np.int64)
    near = np.isin(access.domain, access.domain[end])
    rows = np.flatnonzero((near[src] | near[dst]) & (access.domain[src] != access.domain[dst]))
    rows = rows[_may(access, end, src[rows], dst[rows])]
    return src[rows], dst[rows], demand.size[rows], demand.phase[rows].astype(np.int64)


def _of_groups(access: Access, end: Ints, demand: GroupedDemand) -> tuple[Ints, Ints, Floats, Ints]:
    label = np.full(access.network.fabric.n_endpoints, -1, dtype=np.int64)
    label[: demand.n_ranks] = demand.label
    near = np.isin(access.domain, access.domain[end]) & (label >= 0)
    mine, others = np.flatnonzero(near), np.flatnonzero(label >= 0)
    fits = (label[mine][:, None] == label[others]) & (access.domain[mine][:, None] != access.domain[others])
    row, column = np.nonzero(fits)
    away = ~near[others[column]]
    src = np.concatenate([mine[row], others[column[away]]])
    dst = np.concatenate([others[column], mine[row[away]]])
    rows = np.flatnonzero(_may(access, end, src, dst))
    src, dst = src[rows], dst[rows]
    return src, dst, demand.size[demand.kind[dst]], np.zeros(len(rows), dtype=np.int64)


def _may(access: Access, end: Ints, src: Ints, dst: Ints) -> NDArray[np.bool_]:
    """Return which pairs may go by a port of ``end``: their own, or where a neighbour stands in for one of them."""
    if access.network.fabric.relay == "spread":
        return np.ones(len(src), dtype=bool)
    own = np.zeros(len(access.domain), dtype=bool)
    own[end] = True
    direct = access.meet(access.islands[src], access.islands[dst]) & (access.islands[dst] >= 0)
    return np.asarray(own[src] | own[dst] | ~direct)
