"""Between which times a demand ends where its commodities are too many to follow: proven from loads of links alone.

Shares R are given, the commodities of a phase start together, and their rates are max-min fair at every moment.

No sooner: whatever the rates, every link has to carry what is sent over it, so a phase takes at least what
``proportional`` says::

    max over links of  sum_f size[f] R[l, f] / capacity[l]

No later: f has a full link on which no rate is larger, so that of the commodities g that still send
capacity[l] = sum_g R[l, g] rate[g] <= rate[f] sum_g R[l, g], whence

    rate[f] >= 1 / W   with   W = max over links of  sum_g R[l, g] / capacity[l]

Let s[0] = 0 < s[1] < .. be sizes up to the largest.  By t[i - 1] everybody has sent s[i - 1] or all that it has;
afterwards only commodities larger than that send, so the next s[i] - s[i - 1] bytes of each are through by::

    t[i] = t[i - 1] + (s[i] - s[i - 1]) W[i]   with W[i] over commodities larger than s[i - 1]

Where all commodities of a phase are of one size, both times are the same, and so the end is exact on any network.
Max-min rates that are kept until the last one ends only have the first step, with s[1] the largest size.

Phases that nothing orders share links.  Of a chain of phases, each of which waits for the one before, one sends at a
time; so W of a phase is that of its own commodities and of the fullest phase of every other chain, link by link.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topo.fabric import Fabric, NodeKind
from topo.flow.batches import by_phase
from topo.flow.phase_loads import fullest, phase_loads, scaled
from topo.flow.schedule import overlap, predecessors, schedule
from topo.flow.solution import NotSolved, Solution
from topo.flow.stepwise import stepwise
from topo.flow.wire import hop_by_hop, loads_on_wire
from topo.islands import islands
from topo.routing.operator import Routing
from topo.size import Tier
from traffic.demand import Demand, GroupedDemand
from traffic.efficiency import Efficiency

Floats = NDArray[np.float64]

#: Sizes that a phase is followed through at most: one sweep over the network each.
LEVELS = 8


def bracketed(
    fabric: Fabric,
    demand: Demand | GroupedDemand,
    routing: Routing,
    *,
    why: str,
    legs: int | None,
    efficiency: Efficiency | None = None,
    refilled: bool = True,
) -> Solution:
    """Return the latest that ``demand`` may end as its solution, and the soonest as ``least``.

    ``finish`` is no sooner than the true one for any commodity, ``rate`` no larger; ``theta`` and ``load`` go with
    them.  ``why`` says what was not possible.  Paths are up to ``legs`` shortest ones in a row; None: as long
    as they like.  ``refilled`` is whether rates rise as commodities end, and times count latency, packets and launch.

    Raises NotSolved where latencies count, pairs are not listed, and nothing says how long their paths are.
    """
    share = np.ones(demand.n_phases) if efficiency is None else efficiency.of(demand)
    loads = _Seconds(fabric if refilled else replace(fabric, packet=None), demand, routing, 1.0 / share)
    need = loads.of(demand.size)
    soonest, tightest = fullest(need, np.ones(fabric.n_links))
    finish = _latest(loads, LEVELS if refilled else 1)
    transfer = by_phase(demand, finish, np.maximum, 0.0)
    early, late = _delays(fabric, demand, routing, legs) if refilled else (None, None)
    started, ended = _last_ends(demand, finish, transfer, late)
    least = _first_end(demand, soonest, need, early)
    with np.errstate(divide="ignore"):
        theta = 1.0 / transfer
    return Solution.of(
        fabric,
        demand,
        routing,
        theta=theta,
        rate=demand.size / finish,
        load=phase_loads(routing, demand, demand.size / transfer[demand.phase]),
        tightest=tightest[demand.phase],
        finish=finish if late is None else finish + late,
        delay=late,
        launch=fabric.launch if refilled else 0.0,
        side_by_side=overlap(demand) is not None,
        span=(started, ended),
        method=f"between the soonest and the latest that fair sharing allows: {why}",
        least=least,
    )


def bracketed_as_kept(
    fabric: Fabric, demand: Demand | GroupedDemand, routing: Routing, *, why: str, legs: int | None
) -> Solution:
    """Return ``bracketed`` of rates that are kept until the last commodity of a phase ends."""
    return bracketed(fabric, demand, routing, why=why, legs=legs, refilled=False)


class _Seconds:
    """What commodities take of links, in time."""

    def __init__(self, fabric: Fabric, demand: Demand | GroupedDemand, routing: Routing, factor: Floats) -> None:
        self.fabric, self.demand, self.routing, self.factor = fabric, demand, routing, factor

    def of(self, amount: Floats) -> csr_array:
        """Return (phases, L) the time [s] that each link needs where commodity f is ``amount`` (F,) [bytes]."""
        loads = scaled(loads_on_wire(self.fabric, self.demand, self.routing, amount), self.factor)
        seconds = loads.data / self.fabric.capacity[loads.indices]
        return csr_array((seconds, loads.indices, loads.indptr), shape=loads.shape)


def _latest(loads: _Seconds, most: int) -> Floats:
    """Return (F,) [s] when each commodity has ended at the latest, its phase followed through ``most`` sizes."""
    demand = loads.demand
    level = _levels(demand, most)
    everybody = loads.of(np.ones(demand.n_commodities))
    others = _others(demand, everybody)
    finish, below = np.zeros(demand.n_commodities), np.zeros(demand.n_phases)
    for i, upto in enumerate(level):
        larger = demand.size > below[demand.phase]
        crowd = loads.of(larger.astype(np.float64)) if i else everybody
        slowest = fullest(crowd if others is None else csr_array(crowd + others), np.ones(crowd.shape[1]))[0]
        sends = np.clip(demand.size - below[demand.phase], 0.0, (upto - below)[demand.phase])
        finish += sends * slowest[demand.phase]
        below = upto
    return finish


def _levels(demand: Demand | GroupedDemand, most: int) -> Floats:
    """Return (levels, phases) sizes of the commodities of each phase, ascending to the largest: all, or quantiles."""
    each = [np.zeros(1)] * demand.n_phases
    edge = np.searchsorted(demand.phase, np.arange(demand.n_phases + 1))
    for phase, (start, stop) in enumerate(pairwise(edge)):
        if start < stop:
            size = np.unique(demand.size[start:stop])
            some = np.linspace(0, len(size), min(most, len(size)) + 1)[1:]
            each[phase] = size[np.ceil(some).astype(np.int64) - 1]
    n = max(map(len, each), default=1)
    return np.stack([np.append(sizes, np.full(n - len(sizes), sizes[-1])) for sizes in each], axis=1)


def _others(demand: Demand | GroupedDemand, crowd: csr_array) -> csr_array | None:
    """Return (phases, L) what chains of phases put on links beside a phase, at its own links; None where none may."""
    if overlap(demand) is None:
        return None
    chain = _chains(predecessors(demand))
    n = int(chain.max()) + 1
    fullest_of = np.zeros((n, crowd.shape[1]))
    row = np.repeat(np.arange(crowd.shape[0]), np.diff(crowd.indptr))
    np.maximum.at(fullest_of, (chain[row], crowd.indices), crowd.data)
    beside = fullest_of.sum(axis=0)[crowd.indices] - fullest_of[chain[row], crowd.indices]
    return csr_array((beside, crowd.indices, crowd.indptr), shape=crowd.shape)


def _chains(before: tuple[tuple[int, ...], ...]) -> NDArray[np.int64]:
    """Return (phases,) a chain for each phase: it waits for the one before it in its chain."""
    chain, last = np.zeros(len(before), dtype=np.int64), dict[int, int]()
    for phase, waits in enumerate(before):
        ends = [p for p in waits if last.get(int(chain[p])) == p]
        chain[phase] = chain[ends[0]] if ends else len(last)
        last[int(chain[phase])] = phase
    return chain


def _last_ends(
    demand: Demand | GroupedDemand, finish: Floats, transfer: Floats, late: Floats | None
) -> tuple[Floats, Floats]:
    """Return start and end (phases,) [s] of each phase at the latest."""
    delay = np.zeros(len(finish)) if late is None else late
    if isinstance(demand, Demand) and overlap(demand) is None and late is not None:
        return stepwise(demand, finish, delay)
    run = by_phase(demand, finish + delay, np.maximum, 0.0) + _compute(demand)
    return schedule(predecessors(demand), demand.repeat * run)


def _first_end(demand: Demand | GroupedDemand, soonest: Floats, need: csr_array, early: Floats | None) -> float:
    """Return when the last phase ends at the soonest [s]: the longest chain, or what the fullest link needs for all."""
    latency = np.zeros(demand.n_phases)
    if early is not None:
        own = demand.by_rank if isinstance(demand, Demand) else ()
        by_rank = np.array(own or (False,) * demand.n_phases)
        some = np.isin(np.arange(demand.n_phases), demand.phase) & ~by_rank
        latency = np.where(some, by_phase(demand, early, np.minimum, np.inf), 0.0)
    _, ended = schedule(predecessors(demand), demand.repeat * (_compute(demand) + soonest + latency))
    whole = np.asarray(demand.repeat.astype(np.float64) @ need)
    return float(max(ended.max(initial=0.0), whole.max(initial=0.0)))


def _compute(demand: Demand | GroupedDemand) -> Floats:
    """Return (phases,) [s] of computation before a phase sends."""
    return demand.compute_s if demand.compute_s.size else np.zeros(demand.n_phases)


def _delays(
    fabric: Fabric, demand: Demand | GroupedDemand, routing: Routing, legs: int | None
) -> tuple[Floats, Floats]:
    """Return (F,) [s] the least and the largest latency of each commodity: equal where pairs are listed."""
    if isinstance(demand, Demand):
        delay = fabric.overhead + routing.sum_along(fabric.latency) + hop_by_hop(fabric, demand, routing)
        return delay, delay
    least = np.full(demand.n_commodities, fabric.overhead)
    return least, least + _longest_path(fabric, demand.size, legs)


def _longest_path(fabric: Fabric, size: Floats, legs: int | None) -> Floats:
    """Return (F,) [s] that no path of ``legs`` shortest ones in a row is longer than, for messages of ``size`` (F,).

    From any switch to any other it is no further than over a given one: twice the distance to the farthest from there.
    """
    packet = np.zeros(len(size)) if fabric.packet is None else fabric.packet.largest(size)
    inside = fabric.tier == Tier.SCALE_UP
    if not fabric.latency.any() and not packet.any():
        return np.zeros(len(size))
    if legs is None:
        raise NotSolved("nothing says how long paths are that are no shortest ones; use proportional, or fewer ranks")
    base = int(np.searchsorted(fabric.kind, NodeKind.LEAF))
    between = (fabric.tail >= base) & (fabric.head >= base)

    def most(of: NDArray[np.bool_], weight: NDArray[np.int8]) -> Floats:
        slow = np.where(inside, 0.0, 1.0 / fabric.capacity)[of]
        cost = (fabric.latency[of] + np.multiply.outer(packet, slow)) / weight[of]
        return np.asarray(cost.max(axis=1, initial=0.0))

    lone = np.ones_like(fabric.weight)
    hops = 2.0 * legs * _farthest(fabric, base, between) * most(between, fabric.weight)
    return hops + 2.0 * most(~between & ~inside, lone) + 4.0 * most(inside, lone)


def _farthest(fabric: Fabric, base: int, between: NDArray[np.bool_]) -> float:
    """Return the weight of the way from a switch of many links to the farthest that it reaches, of any island."""
    from scipy.sparse.csgraph import dijkstra

    n, weight = fabric.n_nodes - base, fabric.weight[between]
    key = (fabric.tail[between] - base).astype(np.int64) * n + fabric.head[between] - base
    order = np.lexsort((weight, key))
    first = order[np.flatnonzero(np.diff(key[order], prepend=-1))]  # of parallel cables the one that counts
    graph = csr_array((weight[first].astype(np.float64), np.divmod(key[first], n)), shape=(n, n))
    island = islands(*np.divmod(key[first], n), n)
    order = np.lexsort((np.arange(n), np.diff(graph.indptr), island))
    roots = order[np.flatnonzero(np.diff(island[order], append=-1))]
    way = dijkstra(graph, indices=roots, min_only=True)
    return float(way.max(initial=0.0))
