"""Whether every pair of a demand has a path, told by islands, ports and relays alone: nothing is routed."""

from __future__ import annotations

import numpy as np

from topo.fabric import Fabric
from topo.routing.access import Access
from topo.routing.network import Network
from topo.routing.relay import legs_of
from topo.routing.terms import on_endpoints, terms
from traffic.demand import Demand, GroupedDemand


def check_joined(fabric: Fabric, demand: Demand | GroupedDemand) -> None:
    """Raise NotConnected with a pair of ``demand`` that no policy finds a path for."""
    network = Network.of(fabric)
    access = Access(network)
    if isinstance(demand, GroupedDemand):
        terms(access, on_endpoints(network, demand)[0], fabric.relay)
        return
    src, dst = demand.src.astype(np.int64), demand.dst.astype(np.int64)
    apart = access.domain[src] != access.domain[dst]
    legs_of(access, src[apart], dst[apart], fabric.relay)
