"""Which pairs of a demand meet endpoints that lost ports, and the legs that they took and take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topo.routing.access import Access
from topo.routing.cut import Cut
from topo.routing.flows import CrowdFlows, Flows
from topo.routing.operator import Floats, Ints
from topo.routing.relay import legs_left, legs_of
from traffic.demand import Demand

#: Pairs above which a sweep of everything costs less than to look at each.
MOST_PAIRS = 5_000


@dataclass(frozen=True, eq=False)
class Meeting:
    """Pairs that a loss of ports may touch: as they went, as they go, and as those went that have no way left."""

    before: Flows | CrowdFlows
    after: Flows | CrowdFlows
    lost: Flows | CrowdFlows
    n_lost: float  # ordered pairs of these

    @classmethod
    def none(cls, cut: Cut) -> Meeting:
        """Return no pairs."""
        return cls(Flows.none(cut), Flows.none(cut), Flows.none(cut), 0.0)

    @classmethod
    def of(cls, intact: Cut, cut: Cut, demand: Demand) -> Meeting | None:
        """Return the pairs of ``demand`` that may go by an endpoint whose ports ``cut`` takes; None where many may."""
        access = intact.access
        if not len(cut.end):
            return cls.none(cut)
        src, dst, size, phase = _touched(access, cut.end, demand)
        if len(src) > MOST_PAIRS:
            return None
        relay = access.network.fabric.relay
        before = Flows(src, dst, size, phase, legs_of(access, src, dst, relay), intact)
        legs, none = legs_left(cut.access, src, dst, relay)
        return cls(before, Flows(src, dst, size, phase, legs, cut), before.some(none), float(len(none)))


def _touched(access: Access, end: Ints, demand: Demand) -> tuple[Ints, Ints, Floats, Ints]:
    """Return source, destination, bytes and phase of the pairs that may go by a port of ``end``."""
    src, dst = demand.src.astype(np.int64), demand.dst.astype(np.int64)
    near = np.isin(access.domain, access.domain[end])
    rows = np.flatnonzero((near[src] | near[dst]) & (access.domain[src] != access.domain[dst]))
    rows = rows[may_use(access, end, src[rows], dst[rows])]
    return src[rows], dst[rows], demand.size[rows], demand.phase[rows].astype(np.int64)


def may_use(access: Access, end: Ints, src: Ints, dst: Ints) -> NDArray[np.bool_]:
    """Return which pairs may go by a port of ``end``: their own, or where a neighbour stands in for one of them."""
    if access.network.fabric.relay == "spread":
        return np.ones(len(src), dtype=bool)
    own = np.zeros(len(access.domain), dtype=bool)
    own[end] = True
    direct = access.meet(access.islands[src], access.islands[dst]) & (access.islands[dst] >= 0)
    return np.asarray(own[src] | own[dst] | ~direct)
