"""Cheapest paths toward every target, at given costs of arcs: those that a pool of paths lacks.

A search a target fills the distances of nodes near to far [1]_.  The cheapest path of a pair is read off it, and so
are its cheapest by other first arcs: a cheaper path than any in the pool is worth having whether it is the cheapest of
all or not, and a pair that has to spread over thirty arcs would ask for thirty searches otherwise.

.. [1] E. W. Dijkstra, A note on two problems in connexion with graphs, Numerische Mathematik 1, 1959.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import jit
from topo.kernels.spreading import cost_of

#: A path enters the pool when it is cheaper than the pair's others by more than this, relatively.
CHEAPER = 1e-12


class Found(NamedTuple):
    """Paths that a pool lacks, those of a pair side by side; ``used`` is (paths, arcs)."""

    pair: NDArray[np.int64]  # (paths,)
    start: NDArray[np.int64]  # (paths + 1,)
    arc: NDArray[np.int32]  # (arcs,)
    used: NDArray[np.int64]  # (2,)


class Leaving(NamedTuple):
    """Arcs by the node that they leave: those of v are ``arc[first[v]:first[v + 1]]``."""

    first: NDArray[np.int64]  # (V + 1,)
    arc: NDArray[np.int64]  # (A,)


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
def _want(pairs: Any, i: Any, wanted: Any) -> Any:
    """Mark in ``wanted`` (V,) the sources of pairs toward target ``i``; return how many nodes they are."""
    target, sources = pairs.target[i], 0
    for p in range(pairs.first[i], pairs.first[i + 1]):
        sources += wanted[pairs.source[p]] != target
        wanted[pairs.source[p]] = target
    return sources


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
def _write(graph: Any, found: Any, pair: Any, source: Any, target: Any, first: Any, via: Any) -> Any:
    """Write the path by arc ``first`` and on along ``via``; return whether there was room.

    A path that comes back to its source is none, and there is room for that.
    """
    path, at = found.used[0], found.used[1]
    if path + 1 >= len(found.start):
        return False
    j = first
    while True:
        if at >= len(found.arc):
            return False
        found.arc[at] = j
        at += 1
        v = graph.head[j]
        if v == source:
            return True
        if v == target:
            break
        j = via[v]
    found.start[path + 1] = at
    found.pair[path] = pair
    found.used[0] = path + 1
    found.used[1] = at
    return True


@jit
def _by_other_arcs(
    graph: Any, leaving: Any, minimal: Any, metric: Any, cost: Any, dist: Any, source: Any, target: Any, own: Any,
    least: Any, by: Any, at: Any,
) -> Any:  # fmt: skip
    """Fill ``by`` with arcs that begin the cheapest paths but that by arc ``own``, those below ``least`` alone.

    ``at`` is for their costs; return how many there are.
    """
    n = 0
    for k in range(leaving.first[source], leaving.first[source + 1]):
        j = leaving.arc[k]
        v = graph.head[j]
        if j == own or (v >= graph.n_through and v != target):
            continue
        if minimal and metric[source] != metric[v] + graph.weight[j]:
            continue
        c = cost[j] + dist[v]
        if c >= least or (n == len(by) and c >= at[n - 1]):
            continue
        n = min(n + 1, len(by))
        i = n - 1
        while i > 0 and at[i - 1] > c:
            at[i], by[i] = at[i - 1], by[i - 1]
            i -= 1
        at[i], by[i] = c, j
    return n


@jit
def cheapest_below(pool: Any, p: Any, orbit: Any, cost: Any) -> Any:
    """Return the cost of the cheapest path of pair ``p`` in ``pool``."""
    least = np.inf
    path = pool.top[p]
    while path >= 0:
        least = min(least, cost_of(pool, path, orbit, cost))
        path = pool.below[path]
    return least


@jit
def price(
    graph: Any, leaving: Any, pairs: Any, cost: Any, minimal: Any, pool: Any, start: Any, stop: Any, most: Any,
    least: Any, found: Any,
) -> Any:  # fmt: skip
    """Fill ``least`` (P,), what the cheapest path costs, of pairs toward targets ``start:stop``; return where it ended.

    ``cost`` (O,) is that of an arc of each orbit.  Up to ``most`` paths that are cheaper than all of their pair in
    ``pool`` enter ``found``, the cheapest first; it ends before ``stop`` where there is no room for those of a target.
    """
    n = len(graph.first) - 1
    cost_of_arc = cost[graph.orbit]
    dist, via = np.empty(n), np.empty(n, np.int64)
    metric, order = np.empty(n), np.empty(n, np.int64)
    heap, place = np.empty(n, np.int64), np.empty(n, np.int64)
    wanted = np.full(n, -1, np.int64)
    by, at = np.empty(max(most - 1, 0), np.int64), np.empty(max(most - 1, 0))
    for i in range(start, stop):
        target = pairs.target[i]
        sources = _want(pairs, i, wanted)
        if minimal:
            settled = cheapest(graph, target, graph.weight, metric, via, order, heap, place, wanted, sources)
            _cheapest_minimal(graph, cost_of_arc, metric, order, settled, dist, via)
        else:
            cheapest(graph, target, cost_of_arc, dist, via, order, heap, place, wanted, sources)
        paths, arcs = found.used[0], found.used[1]
        for p in range(pairs.first[i], pairs.first[i + 1]):
            source = pairs.source[p]
            least[p] = dist[source]
            if most == 0 or via[source] < 0:
                continue
            below = cheapest_below(pool, p, graph.orbit, cost) * (1.0 - CHEAPER)
            if dist[source] >= below:
                continue
            room = _write(graph, found, p, source, target, via[source], via)
            others = _by_other_arcs(
                graph, leaving, minimal, metric, cost_of_arc, dist, source, target, via[source], below, by, at
            )
            for k in range(others):
                room = room and _write(graph, found, p, source, target, by[k], via)
            if not room:
                found.used[0] = paths
                found.used[1] = arcs
                return i
    return stop


@jit
def lone(graph: Any, pairs: Any, start: Any, stop: Any, only: Any, found: Any) -> Any:
    """Add the path of every pair that has one minimal path alone to ``found``, and mark the pair in ``only``.

    Of pairs toward targets ``start:stop``; return where there was no room, or ``stop``.
    """
    n = len(graph.first) - 1
    ways, via = np.empty(n, np.int64), np.empty(n, np.int64)
    metric, order = np.empty(n), np.empty(n, np.int64)
    heap, place = np.empty(n, np.int64), np.empty(n, np.int64)
    wanted = np.full(n, -1, np.int64)
    for i in range(start, stop):
        target = pairs.target[i]
        sources = _want(pairs, i, wanted)
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
                source = pairs.source[p]
                if not _write(graph, found, p, source, target, via[source], via):
                    return i
                only[p] = True
    return stop
