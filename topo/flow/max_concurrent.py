"""Max-concurrent flow: the largest common scale over all routings.

Policy ``optimal`` picks the routing, within its gap: the approximation of ``topo.flow.spread``, and on small
cases linear programmes over paths whose duals price new paths until none is cheaper [1]_.

.. [1] L. R. Ford and D. R. Fulkerson, A suggested computation for maximal multi-commodity network
   flows, Management Science 5(1), 1958.
"""

from __future__ import annotations

from dataclasses import replace

from topo.fabric import Fabric
from topo.flow.proportional import proportional_rates
from topo.flow.solution import Solution
from topo.routing.operator import Routing
from traffic.demand import Demand, GroupedDemand


def max_concurrent(fabric: Fabric, demand: Demand | GroupedDemand, routing: Routing) -> Solution:
    """Return the largest common scale theta over all routings, as policy ``optimal`` found it.

    This solver picks the routing, so ``topo.flow.solve`` refuses any other policy.
    """
    return replace(proportional_rates(fabric, demand, routing), method="max-concurrent")
