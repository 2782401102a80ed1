"""Switches that a loss of arcs turns, toward one destination, and how far they are from it then.

Distances only grow, and only those of switches that lost every next hop: each arc out of them is lost, or leads to
one that is gone too.  A switch is dead that lost every arc, out of it and into it, and has nobody's port: whatever the
destination, it holds nothing any more and nobody asks for its distance.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import inner
from topo.kernels.held import Leaving
from topo.kernels.sweep import FAR, Arcs, Ports

#: Rows of ``Bench.lists``.
GONE, TURNED, DEAD = range(3)
#: Rows of ``Bench.queue``: distances at which some wait, the farthest last; the first switch that waits at each; the
#: one behind a switch, -1 for none; all that waited; whether a switch did; counts of levels and of those that waited.
LEVEL, AT, BEHIND, ORDER, QUEUED, COUNT = range(6)
LEVELS, ALL = 0, 1


class Bench(NamedTuple):
    """Working memory, few arrays, since each that a call passes costs some: marks are False and changes 0 between
    destinations.
    """

    old: NDArray[np.int32]  # (S,) distances as they were
    dist: NDArray[np.int32]  # (S,) new distances
    gone: NDArray[np.bool_]  # (S,)
    turned: NDArray[np.bool_]  # (S,)
    change: NDArray[np.float64]  # (S,) of what flows through a switch
    missing: NDArray[np.float64]  # (S,) what ``total`` is less than it was
    lists: NDArray[np.int32]  # (3, S) gone, turned and dead switches
    queue: NDArray[np.int32]  # (6, S + 2), see ``queue``
    wait: NDArray[np.int32]  # (A + C,) switches to look at


def bench(arcs: Arcs, n_lost: int) -> Bench:
    """Return fresh working memory for ``n_lost`` arcs that are lost."""
    n = len(arcs.first) - 1
    (gone, turned), (change, missing) = np.zeros((2, n), dtype=bool), np.zeros((2, n))
    (old, dist), lists = np.zeros((2, n), np.int32), np.zeros((3, n), np.int32)
    wait = np.zeros(len(arcs.tail) + n_lost, np.int32)
    return Bench(old, dist, gone, turned, change, missing, lists, np.zeros((6, n + 2), np.int32), wait)


@inner
def into(ports: Ports, site: int, v: int, distance: int) -> float:
    """Return the parts of the ports of ``site`` on switch v that are as near as ``distance``."""
    total = 0.0
    for k in range(ports.first[site], ports.first[site + 1]):
        if ports.switch[k] == v and ports.weight[k] == distance:
            total += ports.part[k]
    return total


@inner
def find_dead(arcs: Arcs, out: Leaving, part: Any, lost: Any, meets: Any, b: Any) -> int:
    """Mark and list the dead switches; return how many there are.

    They count as gone toward every destination, and as having been looked at.
    """
    n = 0
    for m in range(len(lost)):
        u = arcs.tail[lost[m]]
        dead = not b.gone[u] and not meets[u]
        for j in range(arcs.first[u], arcs.first[u + 1] if dead else arcs.first[u]):
            dead = dead and part[j] == 0.0
        for e in range(out.first[u], out.first[u + 1] if dead else out.first[u]):
            dead = dead and part[out.arc[e]] == 0.0
        if dead:
            b.gone[u], b.queue[QUEUED, u] = True, 1
            b.lists[DEAD, n] = u
            n += 1
    return n


@inner
def find_turned(arcs: Arcs, part: Any, lost: Any, dist: Any, b: Any) -> int:
    """Mark and list the switches that had one of the arcs ``lost`` as a next hop; return how many there are."""
    n = 0
    for m in range(len(lost)):
        j = lost[m]
        u = arcs.tail[j]
        if dist[u] != dist[arcs.head[j]] + arcs.weight[j]:
            continue
        b.missing[u] += arcs.part[j] - part[j]
        if not b.turned[u]:
            b.turned[u] = True
            b.lists[TURNED, n] = u
            n += 1
    return n


@inner
def find_gone(
    arcs: Arcs, out: Leaving, part: Any, ports: Ports, site: int, dist: Any, n_turned: int, b: Any
) -> tuple[int, int]:
    """Mark the switches that lost every next hop, of those that turned and upstream, which turn too; count both."""
    tail, weight, first, arc = arcs.tail, arcs.weight, out.first, out.arc
    gone, wait, n_gone, waiting = b.gone, b.wait, 0, n_turned
    for m in range(n_turned):
        wait[m] = b.lists[TURNED, m]
    while waiting:
        waiting -= 1
        u = wait[waiting]
        keeps = gone[u]
        for k in range(ports.first[site], ports.first[site + 1]):
            keeps = keeps or (ports.switch[k] == u and ports.weight[k] == dist[u])
        for e in range(first[u], first[u + 1]):
            v = out.head[e]
            if dist[u] == dist[v] + out.weight[e] and part[arc[e]] > 0.0 and not gone[v]:
                keeps = True
                break
        if keeps:
            continue
        gone[u] = True
        b.lists[GONE, n_gone] = u
        n_gone += 1
        for j in range(arcs.first[u], arcs.first[u + 1]):
            v = tail[j]
            if dist[v] != dist[u] + weight[j] or gone[v]:
                continue
            wait[waiting] = v
            waiting += 1
            b.missing[v] += part[j]
            if not b.turned[v]:
                b.turned[v] = True
                b.lists[TURNED, n_turned] = v
                n_turned += 1
    return n_turned, n_gone


@inner
def find_distances(out: Leaving, part: Any, ports: Ports, site: int, n_gone: int, b: Any) -> None:
    """Write to ``b.dist`` the new distances of the gone switches, FAR where no path is left."""
    dist = b.dist
    for m in range(n_gone):
        dist[b.lists[GONE, m]] = FAR
    shorter = n_gone > 0
    while shorter:
        shorter = False
        for m in range(n_gone):
            u = b.lists[GONE, m]
            for k in range(ports.first[site], ports.first[site + 1]):
                if ports.switch[k] == u and ports.weight[k] < dist[u]:
                    dist[u], shorter = ports.weight[k], True
            for e in range(out.first[u], out.first[u + 1]):
                d = dist[out.head[e]] + out.weight[e]
                if d < dist[u] and part[out.arc[e]] > 0.0:
                    dist[u], shorter = d, True


@inner
def lost_ways(meets: Any, n_gone: int, b: Any) -> bool:
    """Return whether a site has a port on a gone switch without a path, or one of several.

    Which of several ports it sends by may change with their distances.
    """
    for m in range(n_gone):
        v = b.lists[GONE, m]
        if meets[v] > 1 or (meets[v] == 1 and b.dist[v] == FAR):
            return True
    return False


@inner
def queue(v: int, distance: int, q: Any) -> None:
    """Let switch v be looked at when all farther ones are done."""
    if q[QUEUED, v]:
        return
    q[QUEUED, v] = 1
    q[ORDER, q[COUNT, ALL]] = v
    q[COUNT, ALL] += 1
    n = k = q[COUNT, LEVELS]
    while k > 0 and q[LEVEL, k - 1] > distance:
        k -= 1
    if k > 0 and q[LEVEL, k - 1] == distance:
        q[BEHIND, v] = q[AT, k - 1]
        q[AT, k - 1] = v
        return
    for m in range(n, k, -1):
        q[LEVEL, m], q[AT, m] = q[LEVEL, m - 1], q[AT, m - 1]
    q[LEVEL, k], q[AT, k], q[BEHIND, v] = distance, v, -1
    q[COUNT, LEVELS] = n + 1


@inner
def clean(n_turned: int, n_gone: int, b: Any) -> None:
    """Make marks and changes as they were before a destination."""
    for m in range(n_turned):
        b.turned[b.lists[TURNED, m]] = False
        b.missing[b.lists[TURNED, m]] = 0.0
    for m in range(n_gone):
        b.gone[b.lists[GONE, m]] = False
    for m in range(b.queue[COUNT, ALL]):
        b.queue[QUEUED, b.queue[ORDER, m]] = 0
        b.change[b.queue[ORDER, m]] = 0.0
    b.queue[COUNT, ALL] = 0
