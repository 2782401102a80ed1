"""Commodities between endpoints that all have ports of their own on one island: none needs a relay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from topo.routing.network import Network
from topo.routing.operator import Ints, Routing
from traffic.demand import Demand


def listed(network: Network, demand: Demand, inner: Callable[[Ints, Ints], Routing]) -> Routing:
    """Return the routing of ``demand`` whose network legs are routed by ``inner(src, dst)``.

    Raises NotConnected with the first commodity that no leg can carry.
    """
    if _is_one(network):
        return inner(demand.src.astype(np.int64), demand.dst.astype(np.int64))
    from topo.routing.relay import relayed

    return relayed(network, demand, inner)


def _is_one(network: Network) -> bool:
    """Return whether there are no scale-up links, and all endpoints have ports, on one island alone."""
    island = network.island[network.ports.switch]
    alike = len(island) > 0 and bool((island == island[0]).all())
    return alike and not network.fabric.has_scale_up and bool(network.n_ports.all())
