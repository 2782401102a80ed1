"""Whether every commodity arrives: what leaves its source reaches its destination, and nowhere is more or less.

Give every node a height that follows no rule.  What descends along the links that a commodity takes is the height of
its source less that of its destination if flow is conserved at every node, and by chance alone if it is not;
so one sum along the paths sees every commodity and node at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.noise import noise
from topo.routing.classed import ClassedRouting
from topo.routing.operator import Routing
from traffic.classed import ClassedDemand
from traffic.demand import Demand, GroupedDemand

#: Links whose heads are looked up at a time.
BLOCK = 2**18


def imbalance(fabric: Fabric, demand: Demand | GroupedDemand | ClassedDemand, routing: Routing) -> NDArray[np.float64]:
    """Return (F,) the part of each commodity that is lost or made on the way; rounding only where all arrives.

    Of a grouped commodity it is that of the mean over its pairs, where what all lose alike may cancel; so
    links out of endpoints are counted too: every pair takes one, and one more for each relay.  Of a class it is that
    of the pair that stands for it.
    """
    if isinstance(demand, ClassedDemand):
        assert isinstance(routing, ClassedRouting)
        return imbalance(fabric, demand.examples, routing.examples)
    height = noise(fabric.n_nodes)
    descent = routing.sum_along(_descent(fabric, height))
    wrong = np.abs(descent - _due(demand, height))
    if isinstance(demand, GroupedDemand):
        wrong = np.maximum(wrong, 1.0 - routing.sum_along(_leaves_endpoint(fabric)))
    return np.asarray(wrong, dtype=np.float64)


def _descent(fabric: Fabric, height: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (L,) how far down in ``height`` (N,) each link leads."""
    descent = np.repeat(height, np.diff(fabric.first))
    for start in range(0, len(descent), BLOCK):
        links = slice(start, start + BLOCK)
        descent[links] -= height[fabric.head[links]]
    return descent


def _leaves_endpoint(fabric: Fabric) -> NDArray[np.float64]:
    """Return (L,) 1 for links out of endpoints, 0 for others."""
    leaves = np.zeros(fabric.n_links)
    leaves[: fabric.first[fabric.n_endpoints]] = 1.0
    return leaves


def _due(demand: Demand | GroupedDemand, height: NDArray[np.float64]) -> NDArray[np.float64]:
    if isinstance(demand, Demand):
        return np.asarray(height[demand.src] - height[demand.dst])
    talks = np.flatnonzero(demand.label >= 0)
    label, kind, height = demand.label[talks], demand.kind[talks], height[talks]
    members = np.zeros((len(demand.counts), demand.n_commodities))
    np.add.at(members, (label, kind), 1.0)
    from_all = height @ members[label]  # every rank to all of its group, itself included
    from_self = np.bincount(kind, height, demand.n_commodities)
    to_all = np.bincount(kind, height * (demand.counts[label] - 1), demand.n_commodities)
    return np.asarray((from_all - from_self - to_all) / demand.pairs)
