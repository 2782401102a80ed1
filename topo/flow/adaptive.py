"""Policies that are solved: ``adaptive`` over shortest paths, ``optimal`` over all paths.

Both minimise the largest utilization of the links that they have a choice of, each in its own choice
of paths, and return a certificate.  Relay legs through hosts are as declared, and the certificate is for
them: over another choice of NICs there may be more.  Endpoints never forward.

Limits. Ideal information: the split answers the whole demand at once and at no delay, which
no switch does; real adaptive routing lies between ``ecmp`` and this.
"""

from __future__ import annotations

from topo.fabric import Fabric
from topo.flow.solved import Gap, Seconds, solved
from topo.routing.operator import Routing
from traffic.demand import Demand, GroupedDemand


def adaptive(fabric: Fabric, demand: Demand | GroupedDemand, *, gap: Gap = 0.01, seconds: Seconds = 60.0) -> Routing:
    """Return the split over shortest paths with the least largest utilization: ideal minimal adaptive routing.

    Raises NotConnected where a commodity has no path, RoutingError where there are too many
    pairs of sites.
    """
    return solved(fabric, demand, "adaptive", minimal=True, gap=gap, seconds=seconds)


def optimal(fabric: Fabric, demand: Demand | GroupedDemand, *, gap: Gap = 0.01, seconds: Seconds = 60.0) -> Routing:
    """Return the max-concurrent flow: any path that no endpoint forwards; the yardstick for all policies.

    Raises NotConnected where a commodity has no path, RoutingError where there are too many
    pairs of sites.
    """
    return solved(fabric, demand, "optimal", minimal=False, gap=gap, seconds=seconds)
