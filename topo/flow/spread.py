"""The least congestion that any spread over paths reaches, bracketed from both sides.

Flow moves between the paths of a pool until the soft maximum of utilization is at rest, at an
ever sharper softness mu; the costs that mu puts on arcs find new paths and, by duality, the bound

    congestion >= sum over pairs of amount x cost of its cheapest path / sum of capacity x cost

[1]_.  Pairs that have one minimal path alone are
loaded first and stay so.  Nothing is stored but the paths in use, a few a pair.  The choice was measured: on a Slim
Fly of 722 switches under a random permutation, Frank-Wolfe stops at a gap of 15 % after 60 s and
mirror descent needs 700 sweeps for 2 %, where this takes seconds to 1 %.

.. [1] F. Shahrokhi and D. Matula, The maximum concurrent flow problem, J. ACM 37(2), 1990.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from topo.flow.pool import (
    arcs_of,
    cheapest_costs,
    chosen,
    cleaned,
    congestion_of,
    empty_pool,
    kept,
    loads,
    lone_paths,
    search,
    shares_of,
)
from topo.flow.programme import TimeUp, least_congestion
from topo.headway import tell_gap
from topo.kernels.spreading import Digraph, Pairs, Pool, equilibrate

Floats = NDArray[np.float64]

#: Passes over all pairs between two searches for new paths: as many as take about as long as a search.
PASSES = (8, 60)
#: Cost of looking at an arc in a search, in visits of an arc in a pass; measured.
SEARCH_VISIT = 0.5
#: Passes end early where flow on the cheapest paths of the pool would save less than this part of it.
REST = 0.1
#: Paths of a pair that a search adds at most: as many as there are arcs for each pair, within these.  One of many pairs
#: need not spread far.
FEWEST, MOST = 2, 8
#: mu starts at this part of the first congestion.
FIRST = 1 / 16
#: Flow is at rest at mu where the best bound leaves less to gain than this part of what softness costs; then mu falls
#: by the second factor, and by as much as the third where flow rests at once.
AT_REST, FALL, STEEPEST_FALL = 0.25, 0.7, 0.25
#: Flow goes on along the way that it went for at most this many times its length.
FARTHEST = 256.0
#: Up to this size a linear programme over paths finishes the work, to this gap.
SMALL_PAIRS = 3_000
SMALL_ARCS = 3_000
SMALL_ROUNDS = 50
#: The gap at which the programme takes over.
ENOUGH = 0.02
EXACT = 1e-9
#: An arc that costs nothing would let paths wander: the least cost, of the largest.
FLOOR = 1e-12
#: Rounds after which paths without flow leave the pool.
ROUNDS_BETWEEN_CLEANING = 10


@dataclass(frozen=True, eq=False)
class Spread:
    """Shares of pairs on arcs, the congestion that they cause, and what no spread can go below."""

    shares: csc_array  # (A, P)
    congestion: float
    bound: float
    prices: Floats  # (O,) costs that prove the bound

    @property
    def gap(self) -> float:
        """(congestion - bound) / congestion, which is the gap in theta."""
        return 1.0 - self.bound / self.congestion if self.congestion > 0.0 else 0.0


def dual_bound(graph: Digraph, pairs: Pairs, cost: Floats, *, minimal: bool) -> float:
    """Return the congestion that ``cost`` (O,) proves no spread can go below."""
    least = cheapest_costs(graph, pairs, cost, minimal)
    return float(least @ pairs.amount / (graph.capacity @ cost))


def spread(graph: Digraph, pairs: Pairs, *, minimal: bool, gap: float, seconds: float) -> Spread:
    """Return a spread whose congestion is within ``gap`` of the least, or the best after ``seconds``.

    Of small problems it is the least itself, which takes little more time than coming near.  ``minimal`` allows only
    paths that are shortest by ``graph.weight``; otherwise any path goes that passes through no node from
    ``graph.n_through`` on.  Every pair must have a path.
    """
    end = time.monotonic() + seconds
    if not len(pairs.source):
        return Spread(csc_array((len(graph.tail), 0)), 0.0, 0.0, np.zeros(len(graph.capacity)))
    nothing = np.zeros(len(graph.capacity))
    if _is_small(graph, pairs):
        found, pool = _between(graph, pairs, nothing, minimal=minimal, gap=max(gap, ENOUGH), end=end)
        return _exact(graph, pairs, minimal, pool, found, end=end) if found.gap > 0.0 else found
    if not minimal:
        return _between(graph, pairs, nothing, minimal=minimal, gap=gap, end=end)[0]
    lone, only = lone_paths(graph, pairs)
    rest = chosen(pairs, ~only)
    found, _ = _between(graph, rest, loads(lone, graph), minimal=minimal, gap=gap, end=end)
    alone = shares_of(kept(lone), len(graph.tail), pairs.amount)
    return replace(found, shares=alone + _widened(found.shares, ~only))


def _widened(shares: csc_array, rows: NDArray[np.bool_]) -> csc_array:
    """Return ``shares`` (A, R) as the columns that ``rows`` (P,) marks; the others are empty."""
    first = np.zeros(len(rows) + 1, dtype=shares.indptr.dtype)
    first[1:][rows] = np.diff(shares.indptr)
    return csc_array((shares.data, shares.indices, np.cumsum(first)), shape=(shares.shape[0], len(rows)))


def _between(
    graph: Digraph, pairs: Pairs, fixed: Floats, *, minimal: bool, gap: float, end: float
) -> tuple[Spread, Pool]:
    """Return a spread of ``pairs`` beside loads ``fixed`` (O,) that have no choice, and its pool of paths."""
    pool = empty_pool(len(pairs.source), 2 * len(pairs.source) + 64, 16 * len(pairs.source) + 512)
    cost = 1.0 / graph.capacity
    pool, least = search(graph, pairs, cost, minimal, pool)
    load = fixed + loads(pool, graph)
    least_so_far, best = float((load / graph.capacity).max(initial=0.0)), kept(pool)
    fullest = int((fixed / graph.capacity).argmax())
    bound, prices = float(fixed[fullest] / graph.capacity[fullest]), np.zeros(len(cost))
    prices[fullest] = 1.0
    if (proven := _proven(graph, pairs, fixed, cost, least)) > bound:
        bound, prices = proven, cost
    mu = least_so_far * FIRST
    rounds, most = 0, min(max(len(graph.tail) // max(len(pairs.source), 1), FEWEST), MOST)
    while 1.0 - bound / least_so_far > gap and time.monotonic() < end:
        rounds += 1
        tell_gap(least_so_far, bound)
        before = pool.flow[: int(pool.used[0])].copy()
        equilibrate(pool, graph.orbit, len(pairs.source), load, graph.capacity, mu, _passes(graph, pairs, pool), REST)
        load = _farther(graph, pairs, pool, fixed, before, mu=mu)
        utilization = load / graph.capacity
        congestion = float(utilization.max())
        cost = np.exp((utilization - congestion) / mu) / graph.capacity
        if congestion < least_so_far:
            least_so_far, best = congestion, kept(pool)
        if rounds % ROUNDS_BETWEEN_CLEANING == 0:
            pool = cleaned(pool)
        pool, least = search(graph, pairs, cost, minimal, pool, most=most)
        proven = _proven(graph, pairs, fixed, cost, least)
        if proven > bound:
            bound, prices = proven, cost
        mean = float(load @ cost / (graph.capacity @ cost))  # utilization as the costs weigh it
        gain, rest = mean - bound, AT_REST * (congestion - mean)
        if gain < rest:
            mu *= max(STEEPEST_FALL, min(FALL, gain / rest)) if rest else STEEPEST_FALL  # 0 where links are as full
        if mu < 1e-12 * congestion:
            break
    shares = shares_of(best, len(graph.tail), pairs.amount)
    return Spread(shares, least_so_far, min(bound, least_so_far), prices), pool


def _farther(graph: Digraph, pairs: Pairs, pool: Pool, fixed: Floats, before: Floats, *, mu: float) -> Floats:
    """Move the flow of ``pool`` on, away from ``before``, while its soft maximum falls; return the loads (O,) anew.

    Steps pair by pair zigzag along a valley; the way between two rounds points down it (parallel tangents [1]_).

    .. [1] B. Shah, R. Buehler and O. Kempthorne, Some algorithms for minimizing a function, J. SIAM 12(1), 1964.
    """
    pair, flow = pool.pair[: len(before)], pool.flow[: len(before)].copy()
    load = fixed + loads(pool, graph)
    least, length, best = _soft_maximum(load / graph.capacity, mu), 1.0, flow
    while length <= FARTHEST:
        ahead = np.maximum(flow + length * (flow - before), 0.0)
        ahead *= (pairs.amount / np.bincount(pair, ahead, len(pairs.amount)))[pair]
        pool.flow[: len(before)] = ahead
        there = fixed + loads(pool, graph)
        if (soft := _soft_maximum(there / graph.capacity, mu)) >= least:
            break
        least, load, best, length = soft, there, ahead, 2.0 * length
    pool.flow[: len(before)] = best
    return load


def _soft_maximum(utilization: Floats, mu: float) -> float:
    top = utilization.max()
    return float(top + mu * np.log(np.exp((utilization - top) / mu).sum()))


def _proven(graph: Digraph, pairs: Pairs, fixed: Floats, cost: Floats, least: Floats) -> float:
    """Return the congestion that ``cost`` (O,) proves no spread beside ``fixed`` loads can go below."""
    return float((least @ pairs.amount + fixed @ cost) / (graph.capacity @ cost))


def _passes(graph: Digraph, pairs: Pairs, pool: Pool) -> int:
    search = SEARCH_VISIT * len(pairs.target) * len(graph.tail)
    return int(np.clip(search / max(int(pool.used[1]), 1), *PASSES))


def _is_small(graph: Digraph, pairs: Pairs) -> bool:
    return len(pairs.source) <= SMALL_PAIRS and len(graph.capacity) <= SMALL_ARCS


def _exact(graph: Digraph, pairs: Pairs, minimal: bool, pool: Pool, found: Spread, *, end: float) -> Spread:
    """Return the least congestion by linear programmes over the pool, until no path outside it is cheaper.

    It is ``found``, or the best of those that were solved, where the clock is at ``end`` before that.
    """
    n_arcs = len(graph.capacity)
    best, bound, prices = found, found.bound, found.prices
    for _ in range(SMALL_ROUNDS):
        tell_gap(best.congestion, bound)
        paths = int(pool.used[0])
        path, arc = arcs_of(pool)
        columns = csc_array((np.ones(len(arc)), (graph.orbit[arc], path)), shape=(n_arcs, paths))
        try:
            left = end - time.monotonic()
            flow, cost = least_congestion(columns, pool.pair[:paths], pairs.amount, graph.capacity, seconds=left)
        except TimeUp:
            break
        pool.flow[:paths] = flow
        congestion = congestion_of(pool, graph)
        if congestion < best.congestion:
            best = Spread(shares_of(pool, len(graph.tail), pairs.amount), congestion, 0.0, cost)
        cost = np.maximum(cost, cost.max() * FLOOR)
        pool, least = search(graph, pairs, cost, minimal, pool)
        proven = float(least @ pairs.amount / (graph.capacity @ cost))
        if proven > bound:
            bound, prices = proven, cost
        if int(pool.used[0]) == paths or 1.0 - bound / best.congestion < EXACT:
            break
    return Spread(best.shares, best.congestion, min(bound, best.congestion), prices)
