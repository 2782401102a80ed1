"""Completion times: max-min fair rates, refilled whenever a commodity ends or a phase starts."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import connected_components

from topo.fabric import Fabric
from topo.flow.batches import batches, by_phase
from topo.flow.in_turn import in_turn
from topo.flow.max_min import problem_of
from topo.flow.phase_loads import phase_loads
from topo.flow.schedule import overlap, predecessors
from topo.flow.solution import NotSolved, Solution
from topo.flow.stepwise import stepwise
from topo.flow.timeline import Timeline, timeline
from topo.flow.wire import hop_by_hop, on_wire
from topo.kernels import in_blocks
from topo.kernels.refilling import complete
from topo.routing.operator import Routing
from traffic.demand import Demand
from traffic.efficiency import Efficiency

Floats = NDArray[np.float64]

#: Entries of the shares below which finding independent parts costs more than it brings.
WORTH_PARTS = 200_000
#: Times that an entry is visited: once a refill that it takes part in, some tens of them.
VISITS = 40


def completion_times(
    fabric: Fabric,
    demand: Demand,
    routing: Routing,
    *,
    efficiency: Annotated[
        Efficiency | None,
        "part of its bound that a collective reaches, by size: a hardware file, or a mapping; without, all",
    ] = None,
) -> Solution:
    """Return when every commodity ends if all of a phase start together and share fairly to the last.

    ``rate`` is the mean over a commodity's time, ``load`` the mean over the phase, ``tightest``
    the link that held the commodity back last, and theta = 1 / time of the transfer.  To each
    ``finish`` comes the fabric's overhead and the latency of the commodity's path, a mean where
    it has several: phase time = alpha + bytes beta.  Where the fabric states packets, bytes are those on the
    wire and a packet takes its time on every hop; where it states a launch, everything starts that much later.
    A phase that reaches a share of its bound by ``efficiency`` fills links as if its bytes were so many more.

    Raises NotSolved where the shares are too many to hold.

    Limits. Fluid: no start-up, no queueing, no packet loss. Who ends makes room before its latency is over.
    """
    columns = routing.columns()
    if columns is None:
        raise NotSolved(
            f"completion looks at every commodity on every link, and {routing.policy} spreads "
            f"{demand.n_commodities} commodities over too many; use max-min or proportional, or fewer commodities"
        )
    delay = fabric.overhead + routing.sum_along(fabric.latency) + hop_by_hop(fabric, demand, routing)
    wire = at_efficiency(on_wire(fabric, demand, columns), demand, efficiency)
    side_by_side = overlap(demand) is not None
    times = (_together if side_by_side else _one_by_one)(wire, fabric, demand, delay)
    load = phase_loads(routing, demand, demand.size / times.transfer[demand.phase], columns)
    with np.errstate(divide="ignore"):
        theta = 1.0 / times.transfer
    return Solution.of(
        fabric,
        demand,
        routing,
        theta=theta,
        rate=demand.size / times.finish,
        load=load,
        tightest=times.tightest,
        finish=times.finish + delay,
        delay=delay,
        launch=fabric.launch,
        in_turn=None if side_by_side else in_turn(wire, fabric.capacity, demand, times.finish) + delay,
        side_by_side=side_by_side,
        span=(times.started, times.ended),
        method="completion: refilled at each end" + (" and start" if side_by_side else ""),
    )


def at_efficiency(wire: csc_array, demand: Demand, efficiency: Efficiency | None) -> csc_array:
    """Return what links carry (L, F) where each phase reaches its share of the bound: 1/share as much of each."""
    share = np.ones(demand.n_phases) if efficiency is None else efficiency.of(demand)
    if (share == 1.0).all():
        return wire
    each = np.repeat(1.0 / share[demand.phase], np.diff(wire.indptr))
    return csc_array((wire.data * each, wire.indices, wire.indptr), shape=wire.shape)


def _together(columns: csc_array, fabric: Fabric, demand: Demand, delay: Floats) -> Timeline:
    """Return the times of phases that share links.

    Where ranks go on by themselves, a run costs the latency that it costs alone.
    """
    late = None
    if any(demand.by_rank):
        alone = _one_by_one(columns, fabric, demand, delay)
        late = np.where(demand.by_rank, _latency_of_a_run(demand, alone), np.nan)
    return timeline(columns, fabric.capacity, demand, delay, late)


def _latency_of_a_run(demand: Demand, times: Timeline) -> Floats:
    """Return (phases,) [s] by which a run lasts longer than its computation and transfer, in the mean."""
    begun = np.array([max((times.ended[p] for p in waits), default=0.0) for waits in predecessors(demand)])
    compute = demand.compute_s if demand.compute_s.size else 0.0
    return np.asarray(np.maximum((times.ended - begun) / demand.repeat - times.transfer - compute, 0.0))


def _one_by_one(columns: csc_array, fabric: Fabric, demand: Demand, delay: Floats) -> Timeline:
    """Return the times of phases that never meet, each solved by itself."""
    finish = np.empty(demand.n_commodities)
    tightest = np.empty(demand.n_commodities, dtype=np.int32)
    for here, rows, links in batches(columns, fabric.capacity, demand):
        finish[here], tight = finish_times(rows, fabric.capacity[links], demand.size[here])
        tightest[here] = links[tight]
    return Timeline(*stepwise(demand, finish, delay), by_phase(demand, finish, np.maximum, 0.0), finish, tightest)


def finish_times(rows: csr_array, capacity: Floats, size: Floats) -> tuple[Floats, NDArray[np.int32]]:
    """Return when each commodity ends (F,) [s] and the row (F,) that held it back last.

    Commodities that no chain of shared links connects never notice each other: each such
    part is solved by itself, in threads where there is enough to do.
    """
    if rows.nnz < WORTH_PARTS:
        finish, tight, _ = complete(problem_of(rows, capacity), size.copy())
        return finish, tight
    order, first = _parts(rows)
    columns = rows.tocsc()
    finish, tight = np.zeros(len(size)), np.full(len(size), -1, dtype=np.int32)

    def work(start: int, stop: int) -> None:
        here = order[first[start] : first[stop]]
        mine = columns[:, here].tocsr()
        used = np.flatnonzero(np.diff(mine.indptr))
        finish[here], held, _ = complete(problem_of(mine[used], capacity[used]), size[here])
        tight[here] = used[held]

    for _ in in_blocks(work, len(first) - 1, visits=VISITS * rows.nnz):
        pass
    return finish, tight


def _parts(rows: csr_array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the commodities part by part, and where each part starts (parts + 1,)."""
    n = rows.shape[0]
    row, column = rows.nonzero()
    joins = csr_array((np.ones(len(row)), (row, n + column)), shape=(n + rows.shape[1],) * 2)
    part = connected_components(joins, directed=False)[1][n:]
    order = np.argsort(part, kind="stable")
    return order, np.append(np.flatnonzero(np.diff(part[order], prepend=-1)), len(order))
