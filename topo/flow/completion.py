"""Completion times: max-min fair rates, refilled whenever a commodity ends or a phase starts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.flow.batches import Batch, batches, by_phase
from topo.flow.phase_loads import phase_loads
from topo.flow.rounds import at_once, in_rounds
from topo.flow.same_links import fewest
from topo.flow.schedule import Timeline, overlap, predecessors
from topo.flow.shares import Shares
from topo.flow.solution import Solution, TooMany
from topo.flow.stepwise import stepwise
from topo.flow.wire import hop_by_hop, on_wire
from topo.routing.operator import Routing
from topo.routing.paths import PathRouting
from topo.stored import Stored
from traffic.demand import Demand
from traffic.efficiency import Efficiency

if TYPE_CHECKING:
    from scipy.sparse import csc_array

    from topo.flow.alike import Alike

Floats = NDArray[np.float64]

#: Commodities from which colours are looked for first, and how many a colour has to stand for.
WORTH_COLOURS, FEWER = 20_000, 8
#: Links of single paths up to which each commodity is solved for itself sooner than those that are alike are found.
FEW_LINKS = 1_000_000


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

    Many commodities are solved by colours of those that are alike, where there are few of them (``topo.flow.alike``).

    Raises TooMany where the shares are too many to hold, and the commodities not alike.

    Limits. Fluid: no start-up, no queueing, no packet loss. Who ends makes room before its latency is over.
    Who is solved by colours has a link like the one that held it back, and no ``in_turn``.
    """
    shared = _shared(fabric, demand, routing, efficiency)
    late = routing.sum_along(fabric.latency) if fabric.latency.any() else np.zeros(demand.n_commodities)
    delay = fabric.overhead + late + hop_by_hop(fabric, demand, routing)
    side_by_side = overlap(demand) is not None
    times = (_together if side_by_side else _one_by_one)(shared, demand, delay)
    load = phase_loads(routing, demand, demand.size / times.transfer[demand.phase], shared.columns)
    with np.errstate(divide="ignore"):
        theta = 1.0 / times.transfer
    by_colour = "" if shared.listed else f", by {len(shared.demand.size):,} colours of commodities"
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
        turns=times.turns,
        side_by_side=side_by_side,
        span=(times.started, times.ended),
        method="completion: refilled at each end" + (" and start" if side_by_side else "") + by_colour,
    )


@dataclass(frozen=True, eq=False)
class _Shared:
    """What commodities put on links: of each, or of one a colour."""

    wire: Stored  # (C, rows) what all alike put on one link of each row at unit rate of each, headers included
    capacity: Floats  # (rows,) [B/s]
    link: NDArray[np.int64]  # (rows,) a link of each row
    demand: Demand  # of the C
    of: NDArray[np.int64]  # (F,) which of the C stands for each commodity
    listed: bool  # whether each commodity stands for itself
    columns: csc_array | None = None  # (L, F) shares, where that is so and they were asked for


def _shared(fabric: Fabric, demand: Demand, routing: Routing, efficiency: Efficiency | None) -> _Shared:
    few = isinstance(routing, PathRouting) and len(routing.link) <= FEW_LINKS
    many = demand.n_commodities >= WORTH_COLOURS and not few
    alike = _alike(fabric, demand, routing, few=True) if many else None
    if alike is not None and len(alike.demand.size) * FEWER <= demand.n_commodities:
        return _by_colours(fabric, alike, efficiency)
    itself, links = np.arange(demand.n_commodities), np.arange(fabric.n_links)
    if isinstance(routing, PathRouting) and fabric.packet is None and efficiency is None:
        return _Shared(routing.by_commodity(), fabric.capacity, links, demand, itself, listed=True)
    found = fewest(fabric, routing, demand.n_commodities)
    if found is not None:
        link, columns = found
        wire = Stored.of_columns(at_efficiency(on_wire(fabric, demand, columns), demand, efficiency))
        if len(link) == fabric.n_links:
            return _Shared(wire, fabric.capacity, link, demand, itself, listed=True, columns=columns)
        return _Shared(wire.on(link), fabric.capacity[link], link, demand, itself, listed=True)
    alike = alike or _alike(fabric, demand, routing)
    if alike is not None:
        return _by_colours(fabric, alike, efficiency)
    raise TooMany(
        f"{demand.n_commodities:,} commodities, too few of them alike, have more shares on links under "
        f"{routing.policy} than can be held"
    )


def _alike(fabric: Fabric, demand: Demand, routing: Routing, *, few: bool = False) -> Alike | None:
    """Return the colours of ``demand``, found in a ``few`` rounds or in as many as are taken at most."""
    from topo.flow.alike import FEW_ROUNDS, MOST_ROUNDS, Alike

    return Alike.among(fabric, demand, routing, rounds=FEW_ROUNDS if few else MOST_ROUNDS)


def _by_colours(fabric: Fabric, alike: Alike, efficiency: Efficiency | None) -> _Shared:
    columns = alike.routing.columns()
    if columns is None:
        raise TooMany(
            f"{len(alike.demand.size):,} commodities that are not alike have more shares on links than can be held"
        )
    wire = at_efficiency(on_wire(fabric, alike.demand, columns), alike.demand, efficiency)
    rows, link = Stored.of_columns(alike.on_one_link(wire)), alike.example
    return _Shared(rows, fabric.capacity[link], link, alike.demand, alike.of, listed=False)


def at_efficiency(wire: csc_array, demand: Demand, efficiency: Efficiency | None) -> csc_array:
    """Return what links carry (L, F) where each phase reaches its share of the bound: 1/share as much of each."""
    share = np.ones(demand.n_phases) if efficiency is None else efficiency.of(demand)
    if (share == 1.0).all():
        return wire
    each = np.repeat(1.0 / share[demand.phase], np.diff(wire.indptr))
    return type(wire)((wire.data * each, wire.indices, wire.indptr), shape=wire.shape)


def _together(shared: _Shared, demand: Demand, delay: Floats) -> Timeline:
    """Return the times of phases that share links.

    Where ranks go on by themselves, a run costs the latency that it costs alone.
    """
    from topo.flow.timeline import timeline

    late = None
    if any(demand.by_rank):
        alone = _one_by_one(shared, demand, delay)
        late = np.where(demand.by_rank, _latency_of_a_run(demand, alone), np.nan)
    latest = np.zeros(len(shared.demand.size))
    np.maximum.at(latest, shared.of, delay)
    times = timeline(shared.wire, shared.capacity, shared.demand, latest, late)
    return times._replace(finish=times.finish[shared.of], tightest=_links(shared, times.tightest))


def _links(shared: _Shared, row: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return (F,) the link that stands for the row (C,) which held a commodity back."""
    return np.asarray(shared.link[row][shared.of], dtype=np.int32)


def _latency_of_a_run(demand: Demand, times: Timeline) -> Floats:
    """Return (phases,) [s] by which a run lasts longer than its computation and transfer, in the mean."""
    begun = np.array([max((times.ended[p] for p in waits), default=0.0) for waits in predecessors(demand)])
    compute = demand.compute_s if demand.compute_s.size else 0.0
    return np.asarray(np.maximum((times.ended - begun) / demand.repeat - times.transfer - compute, 0.0))


def _one_by_one(shared: _Shared, demand: Demand, delay: Floats) -> Timeline:
    """Return the times of phases that never meet, each solved by itself."""
    small = shared.demand
    ends, tightest = np.empty(small.n_commodities), np.empty(small.n_commodities, dtype=np.int32)
    solved = list(batches(shared.wire, shared.capacity, small))
    for batch in solved:
        ends[batch.here], row = _finish_times(batch, small.size[batch.here])
        tightest[batch.here] = batch.link[row]
    finish = ends if shared.listed else ends[shared.of]
    transfer = by_phase(demand, finish, np.maximum, 0.0)
    started, ended = stepwise(demand, finish, delay)
    # A colour stands for many, who end one after the other.
    turns = partial(_turns, solved, demand.size, ends, delay) if shared.listed else None
    return Timeline(started, ended, transfer, finish, _links(shared, tightest), turns)


def _turns(solved: list[Batch], size: Floats, fair: Floats, delay: Floats) -> Floats:
    """Return (F,) [s] when each commodity ends if links send one at a time, ``delay`` (F,) [s] included."""
    from topo.flow.in_turn import in_turn

    turns = np.empty(len(size))
    for batch in solved:
        rows, kept = batch.binding
        turns[batch.here] = in_turn(rows, batch.capacity[kept], size[batch.here], fair[batch.here])
    return turns + delay


def _finish_times(batch: Batch, size: Floats) -> tuple[Floats, NDArray[np.int32]]:
    """Return when each commodity of ``batch`` ends (f,) [s] and the row (f,) that held it back last."""
    shares, kept = batch.reduced()
    capacity = batch.capacity[kept]
    finish, row = at_once(Shares.of(shares, capacity), size, batch.phases) or finish_times(shares, capacity, size)
    return finish, kept[row]


def finish_times(shares: Stored, capacity: Floats, size: Floats) -> tuple[Floats, NDArray[np.int32]]:
    """Return when each commodity ends (F,) [s] and the link (F,) that held it back last, for ``shares`` (F, L).

    In rounds as long as many end in each, the rest with the kernel.
    """
    finish, tight, rest = in_rounds(Shares.of(shares, capacity), size)
    if len(rest.who):
        from topo.flow.one_by_one import one_by_one

        mine = shares.some(rest.who).turned()
        used = np.flatnonzero(mine.length)
        ends, held = one_by_one(mine.some(used), capacity[used], rest.left)
        finish[rest.who], tight[rest.who] = rest.now + ends, used[held]
    return finish, tight
