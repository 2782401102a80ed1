"""Completion times: max-min fair rates, refilled whenever a commodity ends, phase after phase."""

from __future__ import annotations

import numpy as np

from topo.fabric import Fabric
from topo.flow.max_min import phase_ranges, problem_of
from topo.flow.solution import NotSolved, Solution
from topo.kernels.refilling import complete
from topo.routing.operator import Routing
from traffic.demand import Demand


def completion_times(fabric: Fabric, demand: Demand, routing: Routing) -> Solution:
    """Return when every commodity ends if all of a phase start together and share fairly to the last.

    ``rate`` is the mean over a commodity's time, ``load`` the mean over the phase, ``tightest``
    the link that held the commodity back last, and theta = 1 / phase_time.

    Raises NotSolved where the shares are too many to hold.

    Limits. Fluid: no latency, no start-up, no queueing, no packet loss.
    """
    columns = routing.columns()
    if columns is None:
        raise NotSolved(
            f"completion looks at every commodity on every link, and {routing.policy} spreads "
            f"{demand.n_commodities} commodities over too many; use max-min or proportional, or fewer commodities"
        )
    finish = np.zeros(demand.n_commodities)
    tightest = np.full(demand.n_commodities, -1, dtype=np.int32)
    load = np.zeros((demand.n_phases, fabric.n_links))
    time = np.zeros(demand.n_phases)
    for phase, (start, stop) in enumerate(phase_ranges(demand)):
        if start == stop:
            continue
        here = slice(start, stop)
        problem, links = problem_of(columns[:, here], fabric.capacity)
        finish[here], tight, _ = complete(problem, demand.size[here].copy())
        tightest[here] = links[tight]
        time[phase] = finish[here].max()
        load[phase] = columns[:, here] @ demand.size[here] / time[phase]
    with np.errstate(divide="ignore"):
        theta = 1.0 / time
    return Solution.of(
        fabric,
        demand,
        routing,
        theta=theta,
        rate=demand.size / finish,
        load=load,
        tightest=tightest,
        finish=finish,
        method="completion: refilled at each end",
    )
