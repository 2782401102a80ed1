"""Routes dealt out over lanes: what each pair of switches needs of the dependencies that are in cycles, and the deal.

A unit is all routes of one source to one destination; a lane has a cycle where the dependencies of its units do.
``cut`` deals as DFSSSP does [1]_: all on one lane, then for each cycle all units of its rarest dependency go
to the next.  ``fit`` deals as LASH does [2]_: each unit to the first lane that has no cycle with it.

.. [1] J. Domke, T. Hoefler, W. Nagel, Deadlock-free oblivious routing for arbitrary topologies, IPDPS 2011.
.. [2] T. Skeie, O. Lysne, I. Theiss, Layered shortest path (LASH) routing in irregular system area
   networks, IPDPS 2002.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from topo.kernels import jit
from topo.kernels.channels import Channels
from topo.kernels.sweep import Arcs, Ports, clear, depart, most_ports, toward


@jit
def units_of_shortest(ch: Channels, arcs: Arcs, ports: Ports, number: Any, unit: Any, found: Any, r: Any) -> int:
    """Write to ``found`` the numbers of the dependencies of each unit; those of unit i end at ``unit[i]``.

    ``number`` has -1 for dependencies in no cycle.  A source that another one's routes pass on their way needs
    nothing that the other does not, and is left out.  Return the count of units, -1 where ``found`` is too short.
    """
    n = len(ch.fan)
    opens, after, done = np.full(n, -1), np.empty(len(arcs.tail), np.int64), np.full(n, -1)
    stack, count, size = np.empty(n, np.int64), 0, 0
    for site in range(len(ports.first) - 1):
        settled, _ = toward(arcs, ports, site, r)
        _start(ports, site, r)
        for i in range(settled - 1, -1, -1):
            v = r.order[i]
            for e in range(r.mark[i], r.mark[i + 1]):
                b = r.used[e]
                u = arcs.tail[b]
                if r.value[u] > 0.0 and r.dist[u] == r.dist[v] + arcs.weight[b]:
                    after[b], opens[u] = opens[u], b
                    r.value[v] = 2.0
        for i in range(settled):
            s = r.order[i]
            if r.value[s] == 1.0 and size >= 0:
                old = size
                size = _collect(ch, s, opens, after, done, stack, number, found, size)
                if size > old:
                    unit[count] = size
                    count += 1
        for i in range(settled):
            opens[r.order[i]] = -1
        clear(r, settled)
        if size < 0:
            return -1
    return count


@jit
def _start(ports: Ports, site: int, r: Any) -> None:
    """Set ``r.value`` to 1 where routes to ``site`` begin."""
    share = np.empty(most_ports(ports))
    for s in range(len(ports.first) - 1):
        if s != site and depart(ports, s, r, share):
            for p in range(ports.first[s], ports.first[s + 1]):
                if share[p - ports.first[s]] > 0.0:
                    r.value[ports.switch[p]] = max(r.value[ports.switch[p]], 1.0)


@jit
def _collect(
    ch: Channels, s: int, opens: Any, after: Any, done: Any, stack: Any, number: Any, found: Any, size: int
) -> int:
    """Append the dependencies of routes from switch s, which leave it by ``opens`` and ``after`` that; -1: no room."""
    depth, reached, seen = 1, 1, np.empty(len(stack), np.int64)
    stack[0], seen[0], done[s] = s, s, 0
    while depth > 0 and size >= 0:
        depth -= 1
        a = opens[stack[depth]]
        while a >= 0 and size >= 0:
            v = ch.head[a]
            b = opens[v]
            while b >= 0 and size >= 0:
                which = number[ch.base[v] + (a - ch.first[v]) * ch.fan[v] + ch.rank[b]]
                if which >= 0:
                    if size < len(found):
                        found[size] = which
                    size = size + 1 if size < len(found) else -1
                b = after[b]
            if done[v] < 0:
                done[v], stack[depth], seen[reached] = 0, v, v
                depth, reached = depth + 1, reached + 1
            a = after[a]
    for i in range(reached):
        done[seen[i]] = -1
    return size


@jit
def units_of_tables(ch: Channels, step: Any, start: Any, number: Any, unit: Any, found: Any, size: int) -> int:
    """Do the same for ways from switches ``start`` by ``step`` (D, S), appending from ``size`` of ``found`` on.

    ``unit`` (D, starts) gets the end of each, -1 of those that need nothing of their own.  Return the new size.
    """
    n = len(ch.fan)
    for d in range(len(step)):
        inner = np.zeros(n, np.bool_)
        for s in start:
            v = s
            while step[d, v] >= 0:
                v = ch.head[step[d, v]]
                if inner[v]:
                    break
                inner[v] = True
        for i in range(len(start)):
            unit[d, i] = -1
            a = step[d, start[i]]
            if inner[start[i]] or a < 0:
                continue
            old = size
            while step[d, ch.head[a]] >= 0:
                v, b = ch.head[a], step[d, ch.head[a]]
                which = number[ch.base[v] + (a - ch.first[v]) * ch.fan[v] + ch.rank[b]]
                if which >= 0:
                    if size == len(found):
                        return -1
                    found[size] = which
                    size += 1
                a = b
            if size > old:
                unit[d, i] = size
    return size


@jit
def cut(graph: Any, unit: Any, need: Any, users: Any, user: Any, lane: Any, now: int, count: Any) -> int:
    """Move units from lane ``now`` to the next until it has no cycle; return how many were moved.

    ``graph`` is (first, behind): dependencies e of channel c are ``first[c]:first[c + 1]``.  Unit i needs
    ``need[unit[i]:unit[i + 1]]``, and e is needed by ``user[users[e]:users[e + 1]]``; ``count[e]`` of them on the lane.
    """
    first, behind = graph
    n = len(first) - 1
    colour, at = np.zeros(n, np.int8), np.zeros(n, np.int64)  # 1 on the stack, 2 done
    stack, into, edge = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    moved, left = 0, True
    while left:
        left = False
        for root in range(n):
            if colour[root] != 0:
                continue
            left, depth = True, 1
            stack[0], colour[root], at[root], edge[0] = root, 1, 0, first[root]
            while depth > 0:
                v = stack[depth - 1]
                if edge[depth - 1] == first[v + 1]:
                    colour[v] = 2
                    depth -= 1
                    continue
                e = edge[depth - 1]
                edge[depth - 1] += 1
                u = behind[e]
                if count[e] == 0 or colour[u] == 2:
                    continue
                if colour[u] == 0:
                    stack[depth], into[depth], edge[depth], colour[u], at[u] = u, e, first[u], 1, depth
                    depth += 1
                    continue
                rarest = e
                for i in range(at[u] + 1, depth):
                    if count[into[i]] < count[rarest]:
                        rarest = into[i]
                moved += _move(rarest, unit, need, users, user, lane, now, count)
                for i in range(1, depth):
                    if count[into[i]] == 0:
                        for j in range(i, depth):
                            colour[stack[j]] = 0
                        depth = i
                        break
    return moved


@jit
def _move(e: int, unit: Any, need: Any, users: Any, user: Any, lane: Any, now: int, count: Any) -> int:
    moved = 0
    for k in range(users[e], users[e + 1]):
        i = user[k]
        if lane[i] == now:
            lane[i] = now + 1
            moved += 1
            for j in range(unit[i], unit[i + 1]):
                count[need[j]] -= 1
    return moved


@jit
def fit(graph: Any, unit: Any, need: Any, n_lanes: int, lane: Any) -> bool:
    """Deal units one by one to the first of ``n_lanes`` that has no cycle with it; False where one has no such lane."""
    first, behind = graph
    n = len(first) - 1
    there = np.zeros((n_lanes, len(behind)), np.bool_)
    mark, stack, stamp = np.zeros(n, np.int64), np.empty(n, np.int64), 0
    for i in range(len(unit) - 1):
        lane[i] = -1
        for k in range(n_lanes):
            new = np.zeros(unit[i + 1] - unit[i], np.bool_)
            for j in range(unit[i], unit[i + 1]):
                new[j - unit[i]] = not there[k, need[j]]
                there[k, need[j]] = True
            closed = False
            for j in range(unit[i], unit[i + 1]):
                if new[j - unit[i]] and not closed:
                    stamp += 1
                    closed = _reaches(first, behind, there[k], need[j], mark, stack, stamp)
            if not closed:
                lane[i] = k
                break
            for j in range(unit[i], unit[i + 1]):
                if new[j - unit[i]]:
                    there[k, need[j]] = False
        if lane[i] < 0:
            return False
    return True


@jit
def _reaches(first: Any, behind: Any, there: Any, e: int, mark: Any, stack: Any, stamp: int) -> bool:
    """Return whether the channel that dependency e begins at is reached from the one that it ends at."""
    goal = np.searchsorted(first, e, side="right") - 1
    depth, stack[0], mark[behind[e]] = 1, behind[e], stamp
    while depth > 0:
        depth -= 1
        v = stack[depth]
        if v == goal:
            return True
        for f in range(first[v], first[v + 1]):
            u = behind[f]
            if there[f] and mark[u] != stamp:
                mark[u] = stamp
                stack[depth] = u
                depth += 1
    return False
