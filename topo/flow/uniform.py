"""What uniform traffic reaches under ECMP: one number for what a network's cables are worth."""

from __future__ import annotations

import numpy as np

from topo.fabric import Fabric
from topo.flow.bounds import overall, port_limit
from topo.flow.proportional import proportional_rates
from topo.routing.operator import RoutingError
from topo.routing.split import ecmp
from traffic.synthetic import uniform

#: Endpoints up to which it is worked out: two seconds at 65,536.
MOST_ENDPOINTS = 100_000


def uniform_share(fabric: Fabric) -> float | None:
    """Return the share of the port limit that uniform traffic reaches under ECMP; None where it has no path."""
    if not 1 < fabric.n_endpoints <= MOST_ENDPOINTS:
        return None
    demand = uniform(n_ranks=fabric.n_endpoints)
    try:
        theta = proportional_rates(fabric, demand, ecmp(fabric, demand)).overall_theta
    except RoutingError:
        return None
    limit = overall(port_limit(fabric, demand), demand.repeat)
    return theta / limit if np.isfinite(limit) and limit else None
