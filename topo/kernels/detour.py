"""Loads after arcs are lost or sites send otherwise, from what each switch held before, destination by destination.

Let d(v) be the distance of switch v and x(v) what flows through it toward one destination, both as they were.  With
arcs lost, distances only grow::

    gone     switches that lost every next hop: each arc out of them is lost or leads to one that is gone
    turned   those that lost some next hop, and the gone ones
    others   have the next hops that they had: what they hold more or less goes on as the rest does

Distances of gone switches are found anew from those around them.  What turned switches sent is taken off.  Then
changes are carried from far to near by the new distances: a turned switch sends all that it holds now, another the
difference.  No other arc is looked at; a destination that the loss does not meet costs a glance at the lost arcs.

A dead switch, without a link or a port left, is never turned.  All that it sent is taken off where it went, and what
it would get is of no account: so toward a destination that nobody reached through it, no switch turns at all.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import inner, jit
from topo.kernels.held import NONE, SEVERAL, Before, Leaving
from topo.kernels.sweep import FAR, Arcs, Ports, depart, most_ports
from topo.kernels.turning import (
    AT,
    BEHIND,
    COUNT,
    DEAD,
    GONE,
    LEVEL,
    LEVELS,
    QUEUED,
    TURNED,
    clean,
    find_dead,
    find_distances,
    find_gone,
    find_turned,
    into,
    lost_ways,
    queue,
)  # fmt: skip


class Change(NamedTuple):
    """How site s sends otherwise to site d: ``more[d, s]``; sites from D on are new, and send nothing before."""

    more: NDArray[np.float64]  # (sites, sites)
    source: NDArray[np.int64]  # sites of which a column has entries
    rows: NDArray[np.bool_]  # (sites,) destinations that any site may send to otherwise
    meets: NDArray[np.int8]  # (S,) what an alive site has there: 0 nothing, 1 its port, 2 one of several ports


class At(NamedTuple):
    """Distances toward one destination, as ``depart`` asks for them."""

    dist: NDArray[np.int32]  # (S,)


@inner
def _take_back(
    arcs: Arcs, out: Leaving, part: Any, lost: Any, dist: Any, now: Any, total: Any, flow: Any, load: Any,
    n_turned: int, n_gone: int, b: Any,
) -> None:  # fmt: skip
    """Take off ``load`` (A,) what gone switches sent, and what others sent to them or over lost arcs."""
    for m in range(n_turned):
        if flow[b.lists[TURNED, m]] != 0.0:
            queue(b.lists[TURNED, m], now[b.lists[TURNED, m]], b.queue)
    for m in range(len(lost)):
        j = lost[m]
        u, v = arcs.tail[j], arcs.head[j]
        if not b.gone[u] and flow[u] != 0.0 and dist[u] == dist[v] + arcs.weight[j]:
            x = flow[u] / total[u] * arcs.part[j]
            load[j] -= x
            b.change[v] -= x
            queue(v, now[v], b.queue)
    for m in range(n_gone):
        v = b.lists[GONE, m]
        for j in range(arcs.first[v], arcs.first[v + 1]):
            u = arcs.tail[j]
            if dist[u] != dist[v] + arcs.weight[j] or b.gone[u] or flow[u] == 0.0 or part[j] != arcs.part[j]:
                continue
            x = flow[u] / total[u] * arcs.part[j]
            load[j] -= x
            b.change[v] -= x
            queue(v, now[v], b.queue)
        rate = flow[v] / total[v] if flow[v] != 0.0 else 0.0
        for e in range(out.first[v], out.first[v + 1] if rate != 0.0 else out.first[v]):
            if dist[v] == dist[out.head[e]] + out.weight[e]:
                x = rate * arcs.part[out.arc[e]]
                load[out.arc[e]] -= x
                b.change[out.head[e]] -= x
                queue(out.head[e], now[out.head[e]], b.queue)


@inner
def _take_dead(arcs: Arcs, out: Leaving, dist: Any, now: Any, total: Any, flow: Any, n_dead: int, b: Any) -> None:
    """Take off what dead switches sent; their arcs are lost, and nobody asks for the load of those."""
    for m in range(n_dead):
        u = b.lists[DEAD, m]
        rate = flow[u] / total[u] if flow[u] != 0.0 else 0.0
        for e in range(out.first[u], out.first[u + 1] if rate != 0.0 else out.first[u]):
            if dist[u] == dist[out.head[e]] + out.weight[e]:
                b.change[out.head[e]] -= rate * arcs.part[out.arc[e]]
                queue(out.head[e], now[out.head[e]], b.queue)


@inner
def _depart_otherwise(ports: Ports, s: int, at: Any, now: Any, amount: float, share: Any, b: Any) -> bool:
    """Change by ``amount`` what site s sends by its ports at distances ``at``; return whether it has a path."""
    if not depart(ports, s, At(at), share):
        return False
    for k in range(ports.first[s], ports.first[s + 1]):
        part = share[k - ports.first[s]]
        if part != 0.0:
            b.change[ports.switch[k]] += amount * part
            queue(ports.switch[k], now[ports.switch[k]], b.queue)
    return True


@inner
def _send_otherwise(
    ports: Ports, i: int, old: int, dist: Any, now: Any, change: Change, told: Any, share: Any, b: Any
) -> bool:
    """Change what sites send into switches toward destination i; return whether each has a path.

    ``told`` (sites, ports) takes the shares of ports of sites from ``old`` on, where there is room for them.
    """
    whole = change.rows[i]
    for m in range(len(change.rows) if whole else len(change.source)):
        s = m if whole else change.source[m]
        amount, start, stop = change.more[i, s], ports.first[s], ports.first[s + 1]
        if amount == 0.0:
            continue
        if stop == start + 1 and (s < old or not len(told)):  # the common case, without a call
            v = ports.switch[start]
            if amount > 0.0 and now[v] == FAR:
                return False
            b.change[v] += amount
            queue(v, now[v], b.queue)
            continue
        if not _depart_otherwise(ports, s, now if amount > 0.0 else dist, now, amount, share, b):
            return False
        if s >= old and len(told):
            for k in range(stop - start):
                told[s, k] = share[k]
    return True


@inner
def _parts(out: Leaving, part: Any, ports: Ports, site: int, now: Any, u: int) -> float:
    """Return the sum of parts over what switch u splits over toward ``site`` now."""
    parts = into(ports, site, u, now[u])
    for e in range(out.first[u], out.first[u + 1]):
        if now[u] == now[out.head[e]] + out.weight[e]:
            parts += part[out.arc[e]]
    return parts


@inner
def _carry(
    arcs: Arcs, out: Leaving, part: Any, ports: Ports, site: int, now: Any, before: Before, load: Any, b: Any
) -> None:
    """Carry what queued switches hold more or less to the destination, from far to near, and add it to ``load``."""
    total, flow, sole = before.total[site], before.flow[site], before.sole[site]
    head, weight, arc, whole, change, q = out.head, out.weight, out.arc, arcs.part, b.change, b.queue
    while q[COUNT, LEVELS]:
        q[COUNT, LEVELS] -= 1
        distance, u = q[LEVEL, q[COUNT, LEVELS]], q[AT, q[COUNT, LEVELS]]
        while u >= 0:
            rate = old = 0.0
            if not b.turned[u] and sole[u] != SEVERAL:
                if sole[u] != NONE:
                    v = arcs.head[sole[u]]
                    load[sole[u]] += change[u]
                    change[v] += change[u]
                    queue(v, now[v], q)
            elif not b.turned[u]:
                rate = change[u] / total[u]
            elif distance < FAR and flow[u] + change[u] != 0.0:
                parts = _parts(out, part, ports, site, now, u) if b.gone[u] else total[u] - b.missing[u]
                rate = (flow[u] + change[u]) / parts
            if b.turned[u] and not b.gone[u]:
                old = flow[u] / total[u]
            for e in range(out.first[u], out.first[u + 1] if rate != 0.0 or old != 0.0 else out.first[u]):
                v, j = head[e], arc[e]
                if distance == now[v] + weight[e] and part[j] > 0.0:
                    x = (rate - old) * part[j] if part[j] == whole[j] else rate * part[j]
                    load[j] += x
                    change[v] += x
                    if not q[QUEUED, v]:
                        queue(v, now[v], q)
            u = q[BEHIND, u]


@inner
def _take_off(arcs: Arcs, out: Leaving, before: Before, i: int, load: Any) -> None:
    """Take off ``load`` all that goes to destination i, which is no more."""
    dist, total, flow = before.dist[i], before.total[i], before.flow[i]
    for u in range(len(flow)):
        rate = flow[u] / total[u] if flow[u] != 0.0 else 0.0
        for e in range(out.first[u], out.first[u + 1] if rate != 0.0 else out.first[u]):
            if dist[u] == dist[out.head[e]] + out.weight[e]:
                load[out.arc[e]] -= rate * arcs.part[out.arc[e]]


@jit
def _of_living(arcs: Arcs, lost: Any, b: Any) -> Any:
    """Return the arcs of ``lost`` that leave a switch which is not dead."""
    n, result = 0, np.empty_like(lost)
    for m in range(len(lost)):
        if not b.gone[arcs.tail[lost[m]]]:
            result[n] = lost[m]
            n += 1
    return result[:n]


@jit
def _met(arcs: Arcs, lost: Any, before: Before, change: Change, n_dead: int, b: Any) -> Any:
    """Return (D,) what meets each destination: 0 nothing, 1 sites or dead switches send to it otherwise, 2 an arc of
    ``lost`` is a next hop toward it.
    """
    near, met = before.near, np.zeros(before.near.shape[1], np.int8)
    for i in range(len(met)):
        met[i] = change.rows[i]
        for m in range(len(change.source)):
            met[i] |= change.more[i, change.source[m]] != 0.0
        for m in range(n_dead):
            met[i] |= before.flow[i, b.lists[DEAD, m]] != 0.0
    for m in range(len(lost)):
        tail, head, weight = near[arcs.tail[lost[m]]], near[arcs.head[lost[m]]], arcs.weight[lost[m]]
        for i in range(len(met)):
            met[i] |= 2 * (tail[i] == head[i] + weight)
    return met


@inner
def _toward(
    arcs: Arcs, out: Leaving, lost: Any, part: Any, ports: Ports, before: Before, i: int, n_dead: int, change: Change,
    told: Any, share: Any, load: Any, b: Any,
) -> bool:  # fmt: skip
    """Add to ``load`` (A,) what the loss changes toward destination i; return whether that can be said."""
    total, flow, dist, n_gone = before.total[i], before.flow[i], b.old, 0
    for u in range(len(dist)):  # in one go, which brings it near
        dist[u] = before.dist[i, u]
    now = dist
    n_turned = find_turned(arcs, part, lost, dist, b) if len(lost) else 0
    if n_turned:
        n_turned, n_gone = find_gone(arcs, out, part, ports, i, dist, n_turned, b)
    if n_gone:
        now = b.dist
        for u in range(len(dist)):
            now[u] = dist[u]
        find_distances(out, part, ports, i, n_gone, b)
        if lost_ways(change.meets, n_gone, b):
            return False
    if n_turned:
        _take_back(arcs, out, part, lost, dist, now, total, flow, load, n_turned, n_gone, b)
    if n_dead:
        _take_dead(arcs, out, dist, now, total, flow, n_dead, b)
    if not _send_otherwise(ports, i, len(before.dist), dist, now, change, told, share, b):
        return False
    _carry(arcs, out, part, ports, i, now, before, load, b)
    clean(n_turned, n_gone, b)
    return True


@jit
def detour(
    arcs: Arcs, out: Leaving, lost: Any, part: Any, ports: Ports, alive: Any, before: Before, change: Change,
    told: Any, load: Any, b: Any,
) -> int:  # fmt: skip
    """Add to ``load`` (A,) what the loss changes, but for arcs that it takes whole, whose load says nothing; return -1,
    or the destination that all must be swept for again: somebody has no path to it any more, or may share out what it
    sends otherwise.

    ``part`` (A,) is what is left of each arc's part, ``lost`` the arcs of which some is gone.  ``ports`` may have more
    sites than there are destinations: they send, and nobody sends to them here.  ``alive`` (sites,) are those with an
    endpoint left.  ``told`` (D, sites, ports), if there is room, takes the shares by port of new sites.
    """
    share, none = np.empty(most_ports(ports)), np.empty((0, 0))
    n_dead = find_dead(arcs, out, part, lost, change.meets, b)
    lost = _of_living(arcs, lost, b)
    met = _met(arcs, lost, before, change, n_dead, b)
    for i in range(len(met)):
        if not alive[i]:
            _take_off(arcs, out, before, i, load)
        elif met[i]:
            row = told[i] if len(told) else none
            turning = lost if met[i] > 1 else lost[:0]
            if not _toward(arcs, out, turning, part, ports, before, i, n_dead, change, row, share, load, b):
                return i
    return -1
