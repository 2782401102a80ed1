"""Least congestion over paths: cheapest paths enter a pool, and flow moves from dear paths to cheap ones.

The pool holds, for every pair of nodes that exchanges something, only the paths that carry flow
or were just found (``topo.kernels.pricing``).  ``equilibrate`` levels the costs of a pair's paths, pair by
pair, on the soft maximum ``mu log sum exp(utilization / mu)``, with the loads kept current (gradient
projection of traffic assignment [1]_ [2]_).  An arc costs exp(utilization / mu), so a path of equal capacities
gets dearer by a factor e for every mu x capacity that it takes: with f the flow and c the cost of path k::

    f[k] becomes max(0, f[k] + scale[k] (level - log c[k]))

where the level is such that all flow stays.  That is exact where paths are disjoint; arcs that all paths of the pair
pass do not tell them apart and do not count, and one that n paths pass counts n times in what makes a path dearer.

.. [1] R. Jayakrishnan et al., A faster path-based algorithm for traffic assignment, TRR 1443, 1994.
.. [2] D. Bertsekas and R. Gallager, Data Networks, 2nd ed., 1992, sec. 5.7.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import jit

#: A price changes by a factor, which costs one exponential a step and not one an arc, unless the factor's logarithm is
#: larger than the first, or the price below the second part of the largest: there a factor would lose digits.
STEADY, FAINT = 30.0, 1e-100
#: The least cost of a path, so that it has a logarithm.
NOTHING = 1e-300


class Digraph(NamedTuple):
    """Arcs by the node that they enter: those into v are ``first[v]:first[v + 1]``.

    Nodes from ``n_through`` on never forward.
    """

    first: NDArray[np.int64]  # (V + 1,)
    tail: NDArray[np.int32]  # (A,)
    head: NDArray[np.int32]  # (A,)
    weight: NDArray[np.float64]  # (A,) routing metric, which says what is minimal
    capacity: NDArray[np.float64]  # (O,) of all arcs of an orbit together
    n_through: int
    orbit: NDArray[np.int32]  # (A,) arcs that carry alike count as one; without symmetry each is its own


class Pairs(NamedTuple):
    """Pairs toward ``target[i]`` are ``first[i]:first[i + 1]``."""

    target: NDArray[np.int32]  # (D,)
    first: NDArray[np.int64]  # (D + 1,)
    source: NDArray[np.int32]  # (P,)
    amount: NDArray[np.float64]  # (P,)


class Pool(NamedTuple):
    """Paths of pairs; those of a pair are a list from ``top`` along ``below``.  ``used`` is (paths, arcs)."""

    top: NDArray[np.int64]  # (P,) newest path of each pair; -1 none
    pair: NDArray[np.int64]  # (paths,)
    below: NDArray[np.int64]  # (paths,) next path of the same pair; -1 last
    start: NDArray[np.int64]  # (paths + 1,)
    arc: NDArray[np.int32]  # (arcs,)
    flow: NDArray[np.float64]  # (paths,)
    used: NDArray[np.int64]  # (2,)


@jit
def cost_of(pool: Any, path: Any, orbit: Any, cost: Any) -> Any:
    """Return what ``path`` of ``pool`` costs, at ``cost`` (O,) of an arc of each orbit."""
    total = 0.0
    for i in range(pool.start[path], pool.start[path + 1]):
        total += cost[orbit[pool.arc[i]]]
    return total


class _Prices(NamedTuple):
    """Loads of arcs and what they cost: exp((utilization - top) / mu) / capacity."""

    load: NDArray[np.float64]  # (O,)
    price: NDArray[np.float64]  # (O,)
    capacity: NDArray[np.float64]  # (O,)
    mu: float
    top: float


class _Work(NamedTuple):
    """What is known of the paths of a pool, those of one pair at a time."""

    shared: NDArray[np.float64]  # (arcs,) how often the paths of its pair pass an arc; 0 where each does once
    cost: NDArray[np.float64]  # (paths,) logarithm of what tells the cost of a path from that of others
    scale: NDArray[np.float64]  # (paths,) flow that makes it larger by 1
    step: NDArray[np.float64]  # (paths,)


@jit
def _shared(pool: Any, n_pairs: Any, orbit: Any, n_arcs: Any) -> Any:
    """Return (arcs,) for each arc of each path how often the paths of its pair pass it; 0 where each does once."""
    result = np.zeros(pool.used[1])
    passed, paths_on = np.zeros(n_arcs, np.int64), np.zeros(n_arcs, np.int64)
    last = np.full(n_arcs, -1, np.int64)
    for p in range(n_pairs):
        paths, path = 0, pool.top[p]
        while path >= 0:
            paths += 1
            for i in range(pool.start[path], pool.start[path + 1]):
                arc = orbit[pool.arc[i]]
                paths_on[arc] += last[arc] != path
                passed[arc] += 1
                last[arc] = path
            path = pool.below[path]
        path = pool.top[p]
        while path >= 0:
            for i in range(pool.start[path], pool.start[path + 1]):
                arc = orbit[pool.arc[i]]
                common = passed[arc] == paths and paths_on[arc] == paths
                result[i] = 0.0 if common else passed[arc]
            path = pool.below[path]
        path = pool.top[p]
        while path >= 0:
            for i in range(pool.start[path], pool.start[path + 1]):
                passed[orbit[pool.arc[i]]] = 0
                paths_on[orbit[pool.arc[i]]] = 0
            path = pool.below[path]
    return result


@jit
def _weigh(pool: Any, p: Any, orbit: Any, state: Any, work: Any) -> Any:
    """Fill ``work`` for pair ``p``; return what its flow would save on the cheapest path at the prices that are."""
    least, total, paid = np.inf, 0.0, 0.0
    path = pool.top[p]
    while path >= 0:
        cost = curvature = 0.0
        for i in range(pool.start[path], pool.start[path + 1]):
            if work.shared[i] > 0.0:
                arc = orbit[pool.arc[i]]
                cost += state.price[arc]
                curvature += state.price[arc] * work.shared[i] / state.capacity[arc]
        cost = max(cost, NOTHING)
        work.cost[path] = math.log(cost)
        work.scale[path] = state.mu * cost / max(curvature, NOTHING)
        least = min(least, cost)
        total += pool.flow[path]
        paid += pool.flow[path] * cost
        path = pool.below[path]
    return paid - total * least


@jit
def _level(pool: Any, p: Any, work: Any) -> Any:
    """Fill the steps of pair ``p`` that make the costs of its paths equal, as far as they have flow to give."""
    above = np.inf
    while True:
        flow = scale = weighed = 0.0
        path = pool.top[p]
        while path >= 0:
            if work.cost[path] - pool.flow[path] / work.scale[path] < above:
                scale += work.scale[path]
                weighed += work.scale[path] * work.cost[path]
            else:
                flow += pool.flow[path]
            path = pool.below[path]
        level = (flow + weighed) / scale
        if level >= above:
            break
        above = level
    left, fullest = 0.0, pool.top[p]
    path = pool.top[p]
    while path >= 0:
        work.step[path] = max(work.scale[path] * (above - work.cost[path]), -pool.flow[path])
        left -= work.step[path]
        if pool.flow[path] + work.step[path] > pool.flow[fullest] + work.step[fullest]:
            fullest = path
        path = pool.below[path]
    work.step[fullest] += left  # rounding: what a pair sends stays what it is


@jit
def _move(pool: Any, path: Any, orbit: Any, amount: Any, state: Any, work: Any) -> Any:
    """Add ``amount`` to ``path`` and its arcs, and price those anew."""
    pool.flow[path] = max(pool.flow[path] + amount, 0.0)
    last, factor = -1.0, 1.0
    for i in range(pool.start[path], pool.start[path + 1]):
        if work.shared[i] == 0.0:
            continue
        arc = orbit[pool.arc[i]]
        state.load[arc] += amount
        if state.capacity[arc] != last:
            last = state.capacity[arc]
            change = amount / last / state.mu
            factor = math.exp(change) if abs(change) < STEADY else 0.0
        if factor > 0.0 and state.price[arc] * last > FAINT:
            state.price[arc] *= factor
        else:
            state.price[arc] = math.exp((state.load[arc] / last - state.top) / state.mu) / last


@jit
def _relieve(pool: Any, p: Any, orbit: Any, state: Any, work: Any) -> Any:
    """Level the costs of the paths of pair ``p``; return what its flow would have saved on the cheapest before."""
    saved = _weigh(pool, p, orbit, state, work)
    _level(pool, p, work)
    path = pool.top[p]
    while path >= 0:
        if work.step[path] != 0.0:
            _move(pool, path, orbit, work.step[path], state, work)
        path = pool.below[path]
    return saved


@jit
def _priced(load: Any, capacity: Any, mu: Any, price_of: Any) -> Any:
    """Fill ``price_of``; return the largest utilization, the mean of all as prices weigh it, and the sum of weights."""
    top = 0.0
    for arc in range(len(load)):
        top = max(top, load[arc] / capacity[arc])
    total = weighed = 0.0
    for arc in range(len(load)):
        utilization = load[arc] / capacity[arc]
        weight = math.exp((utilization - top) / mu)
        price_of[arc] = weight / capacity[arc]
        total += weight
        weighed += weight * utilization
    return top, weighed / total, total


@jit
def equilibrate(pool: Any, orbit: Any, n_pairs: Any, load: Any, capacity: Any, mu: Any, passes: Any, rest: Any) -> Any:
    """Move flow toward each pair's cheapest path, ``passes`` times over; changes ``pool.flow`` and ``load``.

    Fewer where flow is at rest: all of it on cheapest paths would save less than ``rest`` of what softness costs.
    """
    paths, price_of = pool.used[0], np.empty(len(load))
    work = _Work(_shared(pool, n_pairs, orbit, len(load)), np.empty(paths), np.empty(paths), np.empty(paths))
    for k in range(passes):
        top, mean, total = _priced(load, capacity, mu, price_of)
        state = _Prices(load, price_of, capacity, mu, top)
        saved = 0.0
        for p in range(n_pairs):
            if pool.top[p] >= 0 and pool.below[pool.top[p]] >= 0:
                saved += _relieve(pool, p, orbit, state, work)
        if saved < rest * (top - mean) * total:
            return k + 1
    return passes
