"""Max-min fair rates of every commodity, by progressive filling.

Raise every rate together.  A link that fills freezes the commodities crossing
it; the rest keep rising until all are frozen.  The result is the one allocation
where no rate can grow without shrinking a smaller one [1]_.  Where a commodity
is spread over links, R is its share of each: a link is full when
``sum_f R[l, f] rate[f] = capacity[l]``.

.. [1] D. Bertsekas and R. Gallager, Data Networks, 2nd ed., 1992, sec. 6.5.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.flow.batches import batches, by_phase, phase_ranges
from topo.flow.phase_loads import phase_loads
from topo.flow.same_links import fewest
from topo.flow.solution import Solution, TooMany
from topo.kernels.filling import TIE, Problem, fill
from topo.routing.operator import Routing
from topo.stored import Stored
from traffic.demand import Demand

#: Levels after which filling without explicit shares gives up: each costs three sweeps over the network.
MAX_ROUNDS = 500


def max_min_rates(fabric: Fabric, demand: Demand, routing: Routing) -> Solution:
    """Return the max-min fair rates within each phase; a commodity ends at size / rate.

    ``tightest`` is the bottleneck: a full link on which no rate is larger.  The phase
    ends with its last commodity, and nobody takes up what the others leave behind
    (``completion`` does).

    Raises TooMany where shares are too many to hold and the rates take more than
    MAX_ROUNDS different values.

    Limits. Steady state only: no queueing, no incast collapse, no packet loss.
    """
    found, columns = fewest(fabric, routing, demand.n_commodities), None
    rate = np.zeros(demand.n_commodities)
    tightest = np.full(demand.n_commodities, -1, dtype=np.int32)
    if found is None:
        for start, stop in phase_ranges(demand):
            here = slice(start, stop)
            rate[here], tightest[here] = _by_rounds(fabric, routing, here, demand.n_commodities)
    else:
        link, shares = found
        columns = shares if len(link) == fabric.n_links else None
        for batch in batches(Stored.of_columns(shares).on(link), fabric.capacity[link], demand):
            rows, kept = batch.binding
            rate[batch.here], tight = fill(problem_of(rows, batch.capacity[kept]))
            tightest[batch.here] = link[batch.link[kept[tight]]]
    return Solution.of(
        fabric,
        demand,
        routing,
        theta=by_phase(demand, rate / demand.size, np.minimum, np.inf),
        rate=rate,
        load=phase_loads(routing, demand, rate, columns),
        tightest=tightest,
        finish=demand.size / rate,
        method="max-min: progressive filling",
    )


def problem_of(rows: Stored, capacity: NDArray[np.float64]) -> Problem:
    """Return ``rows`` (L, F) and ``capacity`` (L,) in the form of the kernels."""
    columns = rows.turned()
    return Problem(
        rows.indptr.astype(np.int64),
        rows.indices.astype(np.int32),
        rows.data.astype(np.float64),
        columns.indptr.astype(np.int64),
        columns.indices.astype(np.int32),
        columns.data.astype(np.float64),
        capacity.astype(np.float64),
    )


def _by_rounds(fabric: Fabric, routing: Routing, here: slice, n: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return rates and bottlenecks of the commodities ``here`` of ``n`` through the routing's sweeps alone."""
    rate, tight = np.zeros(n), np.full(n, -1, dtype=np.int32)
    rising = np.zeros(n, dtype=bool)
    rising[here] = True
    for _ in range(MAX_ROUNDS):
        weight = routing.load(rising.astype(np.float64))
        room = np.maximum(fabric.capacity - routing.load(rate), 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            level = np.where(weight > TIE, room / weight, np.inf)
        filled = level <= level.min() * (1.0 + TIE)
        held = rising & (routing.sum_along(filled.astype(np.float64)) > 0.0)
        rate[held] = level.min()
        tight[held] = int(np.argmax(filled))
        rising &= ~held
        if not rising.any():
            return rate[here], tight[here]
    raise TooMany(f"shares are too many to hold, and rates have more than {MAX_ROUNDS} different values")
