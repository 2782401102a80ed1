"""One scale for all commodities: theta, and 1 / theta is the time of the phase."""

from __future__ import annotations

import numpy as np

from topo.fabric import Fabric
from topo.flow.phase_loads import fullest, phase_loads, scaled
from topo.flow.solution import Solution
from topo.routing.operator import Routing
from traffic.demand import Demand, GroupedDemand


def proportional_rates(fabric: Fabric, demand: Demand | GroupedDemand, routing: Routing) -> Solution:
    """Return every commodity at theta x size bytes a second, as fast as the fullest link allows.

    In each phase ``theta = min over links of capacity / load(size)``; all its commodities
    end together at 1 / theta, held back by that same link.

    Limits. Steady state only: no queueing, no incast collapse, no packet loss.
    """
    offered = phase_loads(routing, demand, demand.size)
    time, link = fullest(offered, fabric.capacity)  # [s] that the fullest link needs for the phase, and which it is
    with np.errstate(divide="ignore"):
        theta = 1.0 / time
    return Solution.of(
        fabric,
        demand,
        routing,
        theta=theta,
        rate=demand.size * theta[demand.phase],
        load=scaled(offered, np.where(time > 0.0, theta, 0.0)),
        tightest=link[demand.phase],
        finish=time[demand.phase],
        method="proportional",
        in_proportion=True,
    )
