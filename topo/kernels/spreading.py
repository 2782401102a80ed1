"""Least congestion over paths: cheapest paths enter a pool, and flow moves from dear paths to cheap ones.

The pool holds, for every pair of nodes that exchanges something, only the paths that carry flow
or were just found.  ``price`` finds the cheapest path of every pair at given arc costs and adds it
where it is cheaper than all that the pair has; ``equilibrate`` shifts flow pair by pair, one Newton
step a path, on the soft maximum ``mu log sum exp(utilization / mu)``, with the loads kept current
(gradient projection of traffic assignment [1]_ [2]_).

.. [1] R. Jayakrishnan et al., A faster path-based algorithm for traffic assignment, TRR 1443, 1994.
.. [2] D. Bertsekas and R. Gallager, Data Networks, 2nd ed., 1992, sec. 5.7.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import jit

#: A path enters the pool when it is cheaper than the pair's others by more than this, relatively.
CHEAPER = 1e-12


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
def _sift_up(heap: Any, place: Any, dist: Any, i: Any) -> Any:
    node = heap[i]
    while i > 0:
        parent = (i - 1) // 2
        if dist[heap[parent]] <= dist[node]:
            break
        heap[i] = heap[parent]
        place[heap[i]] = i
        i = parent
    heap[i] = node
    place[node] = i


@jit
def _sift_down(heap: Any, place: Any, dist: Any, size: Any) -> Any:
    node = heap[0]
    i = 0
    while 2 * i + 1 < size:
        child = 2 * i + 1
        if child + 1 < size and dist[heap[child + 1]] < dist[heap[child]]:
            child += 1
        if dist[heap[child]] >= dist[node]:
            break
        heap[i] = heap[child]
        place[heap[i]] = i
        i = child
    heap[i] = node
    place[node] = i


@jit
def cheapest(
    graph: Any, target: Any, cost: Any, dist: Any, via: Any, order: Any, heap: Any, place: Any, wanted: Any, n: Any
) -> Any:
    """Fill ``dist``, ``via`` (arc to take; -1 none) toward ``target`` and ``order``, near to far; return its length.

    Stops when the ``n`` nodes with ``wanted`` equal to ``target`` are settled; farther ones are not.
    """
    dist[:] = np.inf
    via[:] = -1
    place[:] = -1
    dist[target] = 0.0
    heap[0] = target
    place[target] = 0
    size = 1
    settled = 0
    while size > 0:
        v = heap[0]
        size -= 1
        place[v] = -2
        if size > 0:
            heap[0] = heap[size]
            _sift_down(heap, place, dist, size)
        order[settled] = v
        settled += 1
        if wanted[v] == target:
            n -= 1
            if n == 0:
                break
        if v >= graph.n_through and v != target:
            continue
        for j in range(graph.first[v], graph.first[v + 1]):
            u = graph.tail[j]
            near = dist[v] + cost[j]
            if place[u] == -2 or near >= dist[u]:
                continue
            dist[u] = near
            via[u] = j
            if place[u] == -1:
                place[u] = size
                heap[size] = u
                size += 1
            _sift_up(heap, place, dist, place[u])
    return settled


@jit
def _cheapest_minimal(graph: Any, cost: Any, metric: Any, order: Any, settled: Any, dist: Any, via: Any) -> Any:
    """Fill ``dist`` and ``via`` with the cheapest among paths that are shortest by ``metric``."""
    target = order[0]
    dist[:] = np.inf
    via[:] = -1
    dist[target] = 0.0
    for i in range(settled):
        v = order[i]
        if v >= graph.n_through and v != target:
            continue
        for j in range(graph.first[v], graph.first[v + 1]):
            u = graph.tail[j]
            if metric[u] == metric[v] + graph.weight[j] and dist[v] + cost[j] < dist[u]:
                dist[u] = dist[v] + cost[j]
                via[u] = j


@jit
def _cost_of(pool: Any, path: Any, orbit: Any, cost: Any) -> Any:
    total = 0.0
    for i in range(pool.start[path], pool.start[path + 1]):
        total += cost[orbit[pool.arc[i]]]
    return total


@jit
def _add(graph: Any, pool: Any, pair: Any, source: Any, target: Any, via: Any, flow: Any) -> Any:
    """Write the path along ``via`` into the pool; return whether there was room."""
    path, at = pool.used[0], pool.used[1]
    if path + 1 >= len(pool.start):
        return False
    v = source
    while v != target:
        if at >= len(pool.arc):
            return False
        pool.arc[at] = via[v]
        v = graph.head[via[v]]
        at += 1
    pool.start[path + 1] = at
    pool.pair[path] = pair
    pool.below[path] = pool.top[pair]
    pool.top[pair] = path
    pool.flow[path] = flow
    pool.used[0] = path + 1
    pool.used[1] = at
    return True


@jit
def price(graph: Any, pairs: Any, cost: Any, minimal: Any, pool: Any, add: Any, start: Any, cheapest_cost: Any) -> Any:
    """Fill ``cheapest_cost`` (P,) from target ``start`` on; return where the pool was full, or the number of targets.

    ``cost`` (O,) is that of an arc of each orbit.
    With ``add``, a path that is cheaper than all of its pair enters the pool; the first takes the whole amount.
    """
    n = len(graph.first) - 1
    cost_of_arc = cost[graph.orbit]
    dist, via = np.empty(n), np.empty(n, np.int64)
    metric, order = np.empty(n), np.empty(n, np.int64)
    heap, place = np.empty(n, np.int64), np.empty(n, np.int64)
    wanted = np.full(n, -1, np.int64)
    for i in range(start, len(pairs.target)):
        target = pairs.target[i]
        sources = 0
        for p in range(pairs.first[i], pairs.first[i + 1]):
            sources += wanted[pairs.source[p]] != target
            wanted[pairs.source[p]] = target
        if minimal:
            settled = cheapest(graph, target, graph.weight, metric, via, order, heap, place, wanted, sources)
            _cheapest_minimal(graph, cost_of_arc, metric, order, settled, dist, via)
        else:
            cheapest(graph, target, cost_of_arc, dist, via, order, heap, place, wanted, sources)
        for p in range(pairs.first[i], pairs.first[i + 1]):
            source = pairs.source[p]
            cheapest_cost[p] = dist[source]
            if not add or via[source] < 0:
                continue
            least = np.inf
            path = pool.top[p]
            while path >= 0:
                least = min(least, _cost_of(pool, path, graph.orbit, cost))
                path = pool.below[path]
            if dist[source] < least * (1.0 - CHEAPER):
                flow = pairs.amount[p] if pool.top[p] < 0 else 0.0
                if not _add(graph, pool, p, source, target, via, flow):
                    return i
    return len(pairs.target)


@jit
def lone(graph: Any, pairs: Any, pool: Any, start: Any, only: Any) -> Any:
    """Add the path of every pair that has one minimal path alone, with all its amount, and mark the pair in ``only``.

    From target ``start`` on; return where the pool was full, or the number of targets.
    """
    n = len(graph.first) - 1
    ways, via = np.empty(n, np.int64), np.empty(n, np.int64)
    metric, order = np.empty(n), np.empty(n, np.int64)
    heap, place = np.empty(n, np.int64), np.empty(n, np.int64)
    wanted = np.full(n, -1, np.int64)
    for i in range(start, len(pairs.target)):
        target = pairs.target[i]
        sources = 0
        for p in range(pairs.first[i], pairs.first[i + 1]):
            sources += wanted[pairs.source[p]] != target
            wanted[pairs.source[p]] = target
        settled = cheapest(graph, target, graph.weight, metric, via, order, heap, place, wanted, sources)
        ways[:] = 0
        ways[target] = 1
        for k in range(settled):
            v = order[k]
            if v >= graph.n_through and v != target:
                continue
            for j in range(graph.first[v], graph.first[v + 1]):
                u = graph.tail[j]
                if metric[u] == metric[v] + graph.weight[j]:
                    ways[u] = min(2, ways[u] + ways[v])
        for p in range(pairs.first[i], pairs.first[i + 1]):
            if ways[pairs.source[p]] == 1 and not only[p]:
                if not _add(graph, pool, p, pairs.source[p], target, via, pairs.amount[p]):
                    return i
                only[p] = True
    return len(pairs.target)


@jit
def _shift(pool: Any, dear: Any, cheap: Any, orbit: Any, price_of: Any, capacity: Any, mu: Any, mark: Any) -> Any:
    """Return the Newton step from path ``dear`` to ``cheap``; ``mark`` is what a unit of it adds to each orbit."""
    gain = curvature = 0.0
    for i in range(pool.start[dear], pool.start[dear + 1]):
        arc = orbit[pool.arc[i]]
        if mark[arc] != 0:
            gain += price_of[arc]
            curvature -= mark[arc] * price_of[arc] / capacity[arc]
    for i in range(pool.start[cheap], pool.start[cheap + 1]):
        arc = orbit[pool.arc[i]]
        if mark[arc] != 0:
            gain -= price_of[arc]
            curvature += mark[arc] * price_of[arc] / capacity[arc]
    return gain * mu / curvature if gain > 0.0 else 0.0


@jit
def _mark(pool: Any, path: Any, orbit: Any, by: Any, mark: Any) -> Any:
    for i in range(pool.start[path], pool.start[path + 1]):
        mark[orbit[pool.arc[i]]] += by


@jit
def _move(
    pool: Any, path: Any, orbit: Any, amount: Any, load: Any, price_of: Any, capacity: Any, top: Any, mu: Any, mark: Any
) -> Any:
    """Add ``amount`` to the marked arcs of ``path``, as often as it passes them, and price them anew."""
    for i in range(pool.start[path], pool.start[path + 1]):
        arc = orbit[pool.arc[i]]
        if mark[arc] != 0:
            load[arc] += amount
            price_of[arc] = math.exp((load[arc] / capacity[arc] - top) / mu) / capacity[arc]


@jit
def equilibrate(pool: Any, orbit: Any, n_pairs: Any, load: Any, capacity: Any, mu: Any, passes: Any, mark: Any) -> Any:
    """Move flow toward each pair's cheapest path, ``passes`` times over; changes ``pool.flow`` and ``load``."""
    top = 0.0
    for arc in range(len(load)):
        top = max(top, load[arc] / capacity[arc])
    price_of = np.exp((load / capacity - top) / mu) / capacity
    for _ in range(passes):
        for p in range(n_pairs):
            if pool.top[p] < 0 or pool.below[pool.top[p]] < 0:
                continue
            cheap, least = -1, np.inf
            path = pool.top[p]
            while path >= 0:
                cost = _cost_of(pool, path, orbit, price_of)
                if cost < least:
                    cheap, least = path, cost
                path = pool.below[path]
            path = pool.top[p]
            while path >= 0:
                if path != cheap and pool.flow[path] > 0.0:
                    _mark(pool, cheap, orbit, 1, mark)
                    _mark(pool, path, orbit, -1, mark)
                    step = min(_shift(pool, path, cheap, orbit, price_of, capacity, mu, mark), pool.flow[path])
                    if step > 0.0:
                        pool.flow[path] -= step
                        pool.flow[cheap] += step
                        _move(pool, path, orbit, -step, load, price_of, capacity, top, mu, mark)
                        _move(pool, cheap, orbit, step, load, price_of, capacity, top, mu, mark)
                    _mark(pool, cheap, orbit, -1, mark)
                    _mark(pool, path, orbit, 1, mark)
                path = pool.below[path]
