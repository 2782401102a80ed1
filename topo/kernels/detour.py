"""Loads after arcs are lost or sites send otherwise, from what each switch held before, destination by destination.

Let d(v) be the distance of switch v and x(v) what flows through it toward one destination, both as they were.  With
arcs lost, distances only grow::

    gone     switches that lost every next hop: each arc out of them is lost or leads to one that is gone
    turned   those that kept some next hops and lost others, the gone ones, and those into which sites send otherwise
    dirty    turned switches and all that lies behind them, by the old next hops or the new

Distances of gone switches are found anew from those around them.  What dirty switches sent is taken off, and sent again
from far to near by the new distances; no other switch and no other arc is looked at.  Flow that the loss does
not meet costs a glance at the lost arcs, a destination.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import jit
from topo.kernels.sweep import FAR, Arcs, Ports, clear, depart, most_ports, toward


class Leaving(NamedTuple):
    """Arcs by the switch that they leave; those out of switch u are ``arc[first[u]:first[u + 1]]``."""

    first: NDArray[np.int64]  # (S + 1,)
    arc: NDArray[np.int32]  # (A,)


class Bench(NamedTuple):
    """Working memory: all marks are False and ``change`` is 0 between destinations."""

    dist: NDArray[np.int32]  # (S,) new distances
    gone: NDArray[np.bool_]  # (S,)
    dirty: NDArray[np.bool_]  # (S,)
    change: NDArray[np.float64]  # (S,) of what flows through a switch
    which: NDArray[np.int32]  # (S,) gone switches
    order: NDArray[np.int32]  # (S,) dirty switches
    wait: NDArray[np.int32]  # (A + C,) switches to look at


class At(NamedTuple):
    """Distances toward one destination, as ``depart`` asks for them."""

    dist: NDArray[np.int32]  # (S,)


def leaving(arcs: Arcs) -> Leaving:
    """Return the arcs by the switch that they leave."""
    n = len(arcs.first) - 1
    order = np.argsort(arcs.tail, kind="stable").astype(np.int32)
    return Leaving(np.searchsorted(arcs.tail[order], np.arange(n + 1)).astype(np.int64), order)


def bench(arcs: Arcs, n_lost: int) -> Bench:
    """Return fresh working memory for ``n_lost`` arcs that are lost."""
    n = len(arcs.first) - 1
    marks = np.zeros((2, n), dtype=bool)
    numbers = np.zeros((3, n), np.int32)
    wait = np.zeros(len(arcs.tail) + n_lost, np.int32)
    return Bench(numbers[0], marks[0], marks[1], np.zeros(n), numbers[1], numbers[2], wait)


@jit
def held(arcs: Arcs, ports: Ports, amount: Any, dist: Any, flow: Any, r: Any) -> int:
    """Write distances (D, S) and what flows through every switch (D, S) where site s sends ``amount[i, s]`` to site i.

    Return -1, or the first destination that an amount has no path to.
    """
    share = np.empty(most_ports(ports))
    for i in range(len(amount)):
        settled, _ = toward(arcs, ports, i, r)
        dist[i] = r.dist
        for s in range(len(ports.first) - 1):
            if amount[i, s] != 0.0:
                if not depart(ports, s, r, share):
                    clear(r, settled)
                    return i
                for k in range(ports.first[s], ports.first[s + 1]):
                    flow[i, ports.switch[k]] += amount[i, s] * share[k - ports.first[s]]
        for m in range(settled - 1, -1, -1):
            v = r.order[m]
            for e in range(r.mark[m], r.mark[m + 1]):
                u = arcs.tail[r.used[e]]
                if r.dist[u] == r.dist[v] + arcs.weight[r.used[e]]:
                    flow[i, v] += flow[i, u] * arcs.part[r.used[e]] / r.total[u]
        clear(r, settled)
    return -1


@jit
def _into(ports: Ports, site: int, v: int, distance: int) -> float:
    """Return the parts of the ports of ``site`` on switch v that are as near as ``distance``."""
    total = 0.0
    for k in range(ports.first[site], ports.first[site + 1]):
        if ports.switch[k] == v and ports.weight[k] == distance:
            total += ports.part[k]
    return total


@jit
def _seeds(arcs: Arcs, lost: Any, dist: Any, wait: Any) -> int:
    """Write to ``wait`` the switches that had a lost arc as a next hop; return how many there are."""
    tail, head, weight, waiting = arcs.tail, arcs.head, arcs.weight, 0
    for m in range(len(lost)):
        j = lost[m]
        if dist[head[j]] < FAR and dist[tail[j]] == dist[head[j]] + weight[j]:
            wait[waiting] = tail[j]
            waiting += 1
    return waiting


@jit
def _find_gone(arcs: Arcs, out: Leaving, part: Any, ports: Ports, site: int, dist: Any, waiting: int, b: Any) -> int:
    """Mark the switches that lost every next hop, of the first ``waiting`` of ``b.wait`` and upstream; count them."""
    tail, head, weight, first, arc = arcs.tail, arcs.head, arcs.weight, out.first, out.arc
    gone, wait, n_gone = b.gone, b.wait, 0
    while waiting:
        waiting -= 1
        u = wait[waiting]
        keeps = gone[u]
        for k in range(ports.first[site], ports.first[site + 1]):
            keeps = keeps or (ports.switch[k] == u and ports.weight[k] == dist[u])
        for e in range(first[u], first[u + 1]):
            v = head[arc[e]]
            if part[arc[e]] > 0.0 and not gone[v] and dist[v] < FAR and dist[u] == dist[v] + weight[arc[e]]:
                keeps = True
                break
        if keeps:
            continue
        gone[u] = True
        b.which[n_gone] = u
        n_gone += 1
        for j in range(arcs.first[u], arcs.first[u + 1]):
            if not gone[tail[j]] and dist[tail[j]] == dist[u] + weight[j]:
                wait[waiting] = tail[j]
                waiting += 1
    return n_gone


@jit
def _find_distances(arcs: Arcs, out: Leaving, part: Any, ports: Ports, site: int, n_gone: int, b: Any) -> None:
    """Write to ``b.dist`` the new distances of the gone switches, FAR where no path is left."""
    head, weight, first, arc, dist = arcs.head, arcs.weight, out.first, out.arc, b.dist
    for m in range(n_gone):
        dist[b.which[m]] = FAR
    shorter = n_gone > 0
    while shorter:
        shorter = False
        for m in range(n_gone):
            u = b.which[m]
            for k in range(ports.first[site], ports.first[site + 1]):
                if ports.switch[k] == u and ports.weight[k] < dist[u]:
                    dist[u], shorter = ports.weight[k], True
            for e in range(first[u], first[u + 1]):
                d = dist[head[arc[e]]] + weight[arc[e]]
                if part[arc[e]] > 0.0 and d < dist[u]:
                    dist[u], shorter = d, True


@jit
def _cut_off(ports: Ports, alive: Any, n_gone: int, b: Any) -> bool:
    """Return whether a site that is ``alive`` (sites,) has a port on a gone switch without a path, or one of several.

    Which of several ports it sends by may change with their distances.
    """
    for s in range(len(alive) if n_gone > 0 else 0):
        several = ports.first[s + 1] > ports.first[s] + 1
        for k in range(ports.first[s], ports.first[s + 1]):
            v = ports.switch[k]
            if alive[s] and b.gone[v] and (several or b.dist[v] == FAR):
                return True
    return False


@jit
def _touch(v: int, n_dirty: int, b: Any) -> int:
    """Mark switch v as dirty; return how many are."""
    if b.dirty[v]:
        return n_dirty
    b.dirty[v] = True
    b.order[n_dirty] = v
    return n_dirty + 1


@jit
def _turn(arcs: Arcs, flow: Any, dist: Any, n_gone: int, waiting: int, b: Any) -> int:
    """Mark as dirty the first ``waiting`` of ``b.wait``, the gone switches and those that had them as next hops.

    Where nothing flows, nothing turns.
    """
    n_dirty = 0
    for m in range(waiting):
        if flow[b.wait[m]] != 0.0:
            n_dirty = _touch(b.wait[m], n_dirty, b)
    for m in range(n_gone):
        v = b.which[m]
        if flow[v] == 0.0:
            continue
        n_dirty = _touch(v, n_dirty, b)
        for j in range(arcs.first[v], arcs.first[v + 1]):
            u = arcs.tail[j]
            if flow[u] != 0.0 and dist[u] == dist[v] + arcs.weight[j]:
                n_dirty = _touch(u, n_dirty, b)
    return n_dirty


@jit
def _send_otherwise(ports: Ports, dist: Any, old: Any, new: Any, told: Any, share: Any, n_dirty: int, b: Any) -> int:
    """Change what sites send into switches from ``old`` (sites,) to ``new``; return how many switches are dirty, or -1.

    -1 where a site has no path left.  ``told`` (sites, ports) takes the shares of ports where there is room for them.
    """
    before, now = At(dist), At(b.dist)
    for s in range(len(new)):
        if old[s] == new[s]:
            continue
        start, stop = ports.first[s], ports.first[s + 1]
        for amount, at in ((-old[s], before), (new[s], now)):
            if amount == 0.0:
                continue
            if not depart(ports, s, at, share):
                return -1
            for k in range(start, stop):
                if share[k - start] != 0.0:
                    b.change[ports.switch[k]] += amount * share[k - start]
                    n_dirty = _touch(ports.switch[k], n_dirty, b)
        if len(told) and new[s] != 0.0:
            told[s, : stop - start] = share[: stop - start]
    return n_dirty


@jit
def _spread_dirt(arcs: Arcs, out: Leaving, part: Any, dist: Any, n_dirty: int, b: Any) -> int:
    """Mark what lies behind dirty switches; return how many are dirty."""
    head, weight, first, arc = arcs.head, arcs.weight, out.first, out.arc
    now, dirty, order, done = b.dist, b.dirty, b.order, 0
    while done < n_dirty:
        u = order[done]
        done += 1
        for e in range(first[u], first[u + 1]):
            j = arc[e]
            v = head[j]
            if dirty[v]:
                continue
            before = dist[v] < FAR and dist[u] == dist[v] + weight[j]
            if before or (part[j] > 0.0 and now[v] < FAR and now[u] == now[v] + weight[j]):
                dirty[v] = True
                order[n_dirty] = v
                n_dirty += 1
    return n_dirty


@jit
def _send(
    arcs: Arcs, out: Leaving, part: Any, into: float, dist: Any, u: int, flow: float, load: Any, change: Any
) -> None:
    """Add to ``load`` (A,), and to ``change`` (S,) of the next switches, what switch u sends of ``flow``."""
    head, weight, arc = arcs.head, arcs.weight, out.arc
    start, stop, total = out.first[u], out.first[u + 1], into
    for e in range(start, stop):
        far = dist[head[arc[e]]]
        if far < FAR and dist[u] == far + weight[arc[e]]:
            total += part[arc[e]]
    for e in range(start, stop):
        j = arc[e]
        far = dist[head[j]]
        if far < FAR and dist[u] == far + weight[j] and part[j] > 0.0:
            load[j] += flow * part[j] / total
            change[head[j]] += flow * part[j] / total


@jit
def _take_off(arcs: Arcs, out: Leaving, ports: Ports, site: int, dist: Any, flow: Any, load: Any, b: Any) -> None:
    """Take off ``load`` all that goes to a site which is no more."""
    for u in range(len(flow)):
        if flow[u] != 0.0:
            _send(arcs, out, arcs.part, _into(ports, site, u, dist[u]), dist, u, -flow[u], load, b.change)
    b.change[:] = 0.0


@jit
def _again(
    arcs: Arcs, out: Leaving, part: Any, ports: Ports, site: int, dist: Any, flow: Any, load: Any, n_dirty: int, b: Any
) -> None:
    """Take off what dirty switches sent and send what they hold now, from far to near."""
    away = np.empty(n_dirty, np.int32)
    for m in range(n_dirty):
        u = b.order[m]
        away[m] = -b.dist[u]
        if flow[u] != 0.0:
            _send(arcs, out, arcs.part, _into(ports, site, u, dist[u]), dist, u, -flow[u], load, b.change)
    for m in np.argsort(away):
        u = b.order[m]
        x = flow[u] + b.change[u]
        if b.dist[u] < FAR and x != 0.0:
            _send(arcs, out, part, _into(ports, site, u, b.dist[u]), b.dist, u, x, load, b.change)
    for m in range(n_dirty):
        b.dirty[b.order[m]] = False
        b.change[b.order[m]] = 0.0


@jit
def detour(
    arcs: Arcs, out: Leaving, lost: Any, part: Any, ports: Ports, alive: Any, before: Any, amounts: Any, told: Any,
    load: Any, b: Any,
) -> int:  # fmt: skip
    """Add to ``load`` (A,) what the loss changes; return -1, or the destination that all must be swept for again:
    somebody has no path to it any more, or may share out what it sends otherwise.

    ``part`` (A,) is what is left of each arc's part, ``lost`` the arcs of which some is gone.  ``before`` is (dist,
    flow), each (D, S), as ``held`` wrote them; ``amounts`` what sites send to sites (D, sites) before and after.
    ``ports`` may have more sites than D: they send, and nobody sends to them here.  ``alive`` (sites,) are those with
    an endpoint left.  ``told`` (D, sites, ports), if there is room, takes the shares by port where they are new.
    """
    dist, flow = before
    old, new = amounts
    share, none = np.empty(most_ports(ports)), np.empty((0, 0))
    for i in range(len(dist)):
        if not alive[i]:
            _take_off(arcs, out, ports, i, dist[i], flow[i], load, b)
            continue
        waiting = _seeds(arcs, lost, dist[i], b.wait)
        if waiting == 0 and np.array_equal(old[i], new[i]):
            continue
        b.dist[:] = dist[i]
        n_dirty = 0
        n_gone = _find_gone(arcs, out, part, ports, i, dist[i], waiting, b)
        _find_distances(arcs, out, part, ports, i, n_gone, b)
        cut = _cut_off(ports, alive, n_gone, b)
        n_dirty = _turn(arcs, flow[i], dist[i], n_gone, _seeds(arcs, lost, dist[i], b.wait), b)
        many = _send_otherwise(ports, dist[i], old[i], new[i], told[i] if len(told) else none, share, n_dirty, b)
        if cut or many < 0:
            return i
        n_dirty = _spread_dirt(arcs, out, part, dist[i], many, b)
        _again(arcs, out, part, ports, i, dist[i], flow[i], load, n_dirty, b)
        for m in range(n_gone):
            b.gone[b.which[m]] = False
    return -1
