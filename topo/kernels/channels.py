"""Dependencies between channels: which link a packet may hold while it waits for which.

A channel is a directed link between two switches, or all equal parallel ones (an arc).  A packet that
came by channel a and leaves by channel b makes b a dependency of a [1]_.  All that there can be at
switch v are numbered ``base[v] + (a - first[v]) * fan[v] + rank[b]``, so one byte each says which exist
and threads may write at the same time: nobody writes anything but a one.

With ``climb`` the channels are in classes; a packet that goes on to a channel of no higher class than
that by which it came climbs to the next lane, and the sweeps carry the most climbs along.

.. [1] W. Dally, C. Seitz, Deadlock-free message routing in multiprocessor interconnection networks,
   IEEE Trans. Comput. C-36(5), 1987.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import jit
from topo.kernels.sweep import FAR, Arcs, Ports, clear, depart, most_ports, toward

#: Where nothing passed, and where more than one thing did.
NOTHING, SEVERAL = np.int32(-1), np.int32(-2)


class Channels(NamedTuple):
    """C channels between S switches; those that enter switch v are ``first[v]:first[v + 1]``."""

    first: NDArray[np.int64]  # (S + 1,)
    tail: NDArray[np.int32]  # (C,) switch that the channel leaves
    head: NDArray[np.int32]  # (C,) switch that it enters
    rank: NDArray[np.int32]  # (C,) channels before it that leave the same switch
    fan: NDArray[np.int64]  # (S,) channels that leave each switch
    base: NDArray[np.int64]  # (S + 1,) first dependency at each switch
    group: NDArray[np.int8]  # (C,) class
    out: NDArray[np.bool_]  # (C,) whether it leads out of a group of switches


class Walk(NamedTuple):
    """Working memory of one thread, beside that of a sweep: clean before and after each destination."""

    place: NDArray[np.int32]  # (S,) place of a switch in the order of the sweep
    climbs: NDArray[np.int32]  # (S, K, K) most climbs from there by the classes of first and last channel; -1 none
    hops: NDArray[np.int32]  # (S,) channels of the longest path from there
    outs: NDArray[np.int32]  # (S,) groups that a path from there leaves at most
    stack: NDArray[np.int32]  # (S,)


def channels(
    tail: NDArray[Any], head: NDArray[Any], group: NDArray[np.int8], out: NDArray[np.bool_], n: int
) -> Channels:
    """Return channels between ``n`` switches; they are sorted by ``head``."""
    order = np.argsort(tail, kind="stable")
    fan = np.bincount(tail, minlength=n).astype(np.int64)
    start = np.concatenate([[0], np.cumsum(fan)])
    rank = np.empty(len(tail), dtype=np.int32)
    rank[order] = np.arange(len(tail)) - start[tail[order]]
    enter = np.bincount(head, minlength=n).astype(np.int64)
    first, base = (np.concatenate([[0], np.cumsum(each)]).astype(np.int64) for each in (enter, enter * fan))
    return Channels(first, tail.astype(np.int32), head.astype(np.int32), rank, fan, base, group, out)


def walk(n: int, n_classes: int) -> Walk:
    """Return fresh working memory for ``n`` switches."""
    climbs = np.full((n, n_classes, n_classes), -1, np.int32)
    place, hops, outs, stack = (np.zeros(n, np.int32) for _ in range(4))
    return Walk(place, climbs, hops, outs, stack)


@jit
def _spread(ch: Channels, arcs: Arcs, settled: int, seen: Any, r: Any, w: Any) -> None:
    """Mark the dependencies of all paths from switches whose ``r.value`` is set, and set it all along."""
    for i in range(settled):
        w.place[r.order[i]] = i
    for i in range(settled - 1, -1, -1):
        v = r.order[i]
        for e in range(r.mark[i], r.mark[i + 1]):
            b = r.used[e]
            u = arcs.tail[b]
            if r.value[u] == 0.0 or r.dist[u] != r.dist[v] + arcs.weight[b]:
                continue
            r.value[v] = 1.0
            row = ch.base[u] + ch.rank[b]
            for f in range(r.mark[w.place[u]], r.mark[w.place[u] + 1]):
                a = r.used[f]
                x = arcs.tail[a]
                if r.value[x] > 0.0 and r.dist[x] == r.dist[u] + arcs.weight[a]:
                    seen[row + (a - ch.first[u]) * ch.fan[u]] = 1


@jit
def _climb(ch: Channels, arcs: Arcs, settled: int, r: Any, w: Any) -> None:
    """Fill ``w`` with the most climbs and hops from every switch to the destination, whoever begins there."""
    k = w.climbs.shape[1]
    best = np.empty((k, k), np.int32)
    for i in range(settled):
        v = r.order[i]
        if r.mark[i] == r.mark[i + 1]:
            continue
        _after(w.climbs[v], best)
        for e in range(r.mark[i], r.mark[i + 1]):
            b = r.used[e]
            u = arcs.tail[b]
            if r.dist[u] != r.dist[v] + arcs.weight[b]:
                continue
            c = ch.group[b]
            w.hops[u] = max(w.hops[u], w.hops[v] + 1)
            w.outs[u] = max(w.outs[u], w.outs[v] + ch.out[b])
            if w.hops[v] == 0:
                w.climbs[u, c, c] = max(w.climbs[u, c, c], 0)
            for last in range(k):
                w.climbs[u, c, last] = max(w.climbs[u, c, last], best[c, last])


@jit
def _after(climbs: Any, best: Any) -> None:
    """Write to ``best`` (K, K) the most climbs after a channel of each class, by the class of the last one."""
    for c in range(len(climbs)):
        for last in range(len(climbs)):
            best[c, last] = -1
            for f in range(len(climbs)):
                if climbs[f, last] >= 0:
                    best[c, last] = max(best[c, last], climbs[f, last] + (0 if f > c else 1))


@jit
def _clean(settled: int, r: Any, w: Any) -> None:
    for i in range(settled):
        w.climbs[r.order[i]] = -1
        w.hops[r.order[i]] = w.outs[r.order[i]] = 0
    clear(r, settled)


@jit
def along_shortest(
    ch: Channels, arcs: Arcs, ports: Ports, sites: Any, seen: Any, r: Any, w: Any
) -> tuple[int, int, int]:
    """Mark in ``seen`` the dependencies of all shortest paths to ``sites``; return the most climbs, hops, outs."""
    climbs = hops = outs = 0
    share = np.empty(most_ports(ports))
    for site in sites:
        settled, _ = toward(arcs, ports, site, r)
        _climb(ch, arcs, settled, r, w)
        for s in range(len(ports.first) - 1):
            start = ports.first[s]
            if ports.first[s + 1] == start + 1:  # the common case, without a call
                share[0] = 1.0 if r.dist[ports.switch[start]] < FAR else 0.0
            else:
                depart(ports, s, r, share)
            if s == site:
                continue
            for p in range(start, ports.first[s + 1]):
                v = ports.switch[p]
                if share[p - start] > 0.0:
                    r.value[v] = 1.0
                    hops, outs = max(hops, w.hops[v]), max(outs, w.outs[v])
                    for c in w.climbs[v].flat:
                        climbs = max(climbs, c)
        _spread(ch, arcs, settled, seen, r, w)
        _clean(settled, r, w)
    return climbs, hops, outs


@jit
def along_tables(ch: Channels, step: Any, start: Any, seen: Any, w: Any) -> tuple[int, int, int, int]:
    """Mark the dependencies of the ways from switches ``start`` by ``step`` (D, S); -1 in ``step`` ends a way.

    Return the most climbs, hops and outs of one, and the columns in which a way goes in a circle.
    """
    climbs = hops = outs = circles = 0
    n = len(ch.fan)
    for d in range(len(step)):
        w.place[:] = -1  # step of a walk on which a switch was reached, n once it is done with
        circle = False
        for s in start:
            depth, v, came = 0, s, -1
            while w.place[v] < 0 and step[d, v] >= 0:
                b = step[d, v]
                if came >= 0:
                    seen[ch.base[v] + (came - ch.first[v]) * ch.fan[v] + ch.rank[b]] = 1
                w.place[v] = depth
                w.stack[depth] = v
                depth, v, came = depth + 1, ch.head[b], b
            if step[d, v] >= 0 and came >= 0:
                seen[ch.base[v] + (came - ch.first[v]) * ch.fan[v] + ch.rank[step[d, v]]] = 1
            circle |= 0 <= w.place[v] < n
            while depth > 0:
                depth -= 1
                _back(ch, step[d], w.stack[depth], n, w)
            if step[d, s] >= 0:
                climbs, hops, outs = max(climbs, w.climbs[s, 0, 0]), max(hops, w.hops[s]), max(outs, w.outs[s])
        circles += circle
    return climbs, hops, outs, circles


@jit
def _back(ch: Channels, step: Any, v: int, n: int, w: Any) -> None:
    """Set climbs, hops and outs of switch v from those of the next one, and be done with it."""
    u = ch.head[step[v]]
    if step[u] < 0 or w.place[u] < n:
        w.climbs[v, 0, 0], w.hops[v], w.outs[v] = 0, 1, int(ch.out[step[v]])
    else:
        w.climbs[v, 0, 0] = w.climbs[u, 0, 0] + (0 if ch.group[step[u]] > ch.group[step[v]] else 1)
        w.hops[v], w.outs[v] = w.hops[u] + 1, w.outs[u] + ch.out[step[v]]
    w.place[v] = n


@jit
def along_legs(
    ch: Channels, arcs: Arcs, ports: Ports, stops: Any, begins: Any, went: Any, seen: Any, r: Any, w: Any, turn: Any
) -> None:
    """Mark the dependencies of both legs of paths that turn, to each of ``stops``.

    ``begins[i, s]`` has bit 1 where a first leg goes from stop s to ``stops[i]``, bit 2 where a second one does.
    ``turn`` holds, for those who join the legs, who came by each channel into a turn (C,), the most climbs of
    first legs by their last class (S, K), of second ones by their first (S, K), and hops of both (S,).
    ``went`` (C,) is to what stop second legs go that begin with a channel.
    """
    came, before, behind, hops_before, hops_behind = turn
    for i in range(len(stops)):
        settled, _ = toward(arcs, ports, stops[i], r)
        _climb(ch, arcs, settled, r, w)
        v = ports.switch[stops[i]]
        for s in range(len(ports.first) - 1):
            u = ports.switch[s]
            if begins[i, s] & 1:
                hops_before[v] = max(hops_before[v], w.hops[u])
                for last in range(before.shape[1]):
                    before[v, last] = max(before[v, last], w.climbs[u, :, last].max())
            if begins[i, s] & 2:
                hops_behind[u] = max(hops_behind[u], w.hops[u])
                for c in range(behind.shape[1]):
                    behind[u, c] = max(behind[u, c], w.climbs[u, c].max())
            if begins[i, s]:
                r.value[u] = 1.0
        _spread(ch, arcs, settled, seen, r, w)
        for s in range(len(ports.first) - 1):
            if begins[i, s] & 2:
                w.stack[ports.switch[s]] = 1
        _out(arcs, settled, v, went, r, w)
        for s in range(len(ports.first) - 1):
            w.stack[ports.switch[s]] = 0
            r.value[ports.switch[s]] = 0.0
        _into(arcs, ports, begins[i], settled, came, r, w)
        _clean(settled, r, w)


@jit
def _out(arcs: Arcs, settled: int, stop: int, went: Any, r: Any, w: Any) -> None:
    """Note for each channel out of a switch where second legs begin (``w.stack``) that one to ``stop`` takes it."""
    for i in range(settled):
        for e in range(r.mark[i], r.mark[i + 1]):
            b = r.used[e]
            if w.stack[arcs.tail[b]] == 1 and r.dist[arcs.tail[b]] == r.dist[r.order[i]] + arcs.weight[b]:
                went[b] = stop if went[b] == NOTHING or went[b] == stop else SEVERAL


@jit
def _into(arcs: Arcs, ports: Ports, begins: Any, settled: int, came: Any, r: Any, w: Any) -> None:
    """Note who comes by each channel into the destination on first legs: one switch, or several."""
    who = w.place
    for i in range(settled):
        who[r.order[i]] = NOTHING
    for s in range(len(ports.first) - 1):
        if begins[s] & 1:
            who[ports.switch[s]] = ports.switch[s]
    for i in range(settled - 1, -1, -1):
        v = r.order[i]
        for e in range(r.mark[i], r.mark[i + 1]):
            b = r.used[e]
            u = arcs.tail[b]
            if who[u] == NOTHING or r.dist[u] != r.dist[v] + arcs.weight[b]:
                continue
            if i == 0:
                came[b] = who[u]
            else:
                who[v] = who[u] if who[v] == NOTHING or who[v] == who[u] else SEVERAL


@jit
def join_legs(ch: Channels, came: Any, went: Any, seen: Any) -> None:
    """Mark what depends on what at turns: a second leg may follow a first one that began elsewhere than it ends."""
    for b in range(len(ch.tail)):
        v = ch.tail[b]
        if went[b] == NOTHING:
            continue
        for a in range(ch.first[v], ch.first[v + 1]):
            if came[a] != NOTHING and (came[a] != went[b] or came[a] == SEVERAL):
                seen[ch.base[v] + (a - ch.first[v]) * ch.fan[v] + ch.rank[b]] = 1
