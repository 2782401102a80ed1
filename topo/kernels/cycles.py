"""The shortest cycle of a directed graph: a breadth-first search from every node, no deeper than what is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from topo.kernels import jit


@jit
def shortest_cycle(first: Any, to: Any, part: Any, nodes: Any, most: int, budget: int, cycle: Any) -> tuple[int, bool]:
    """Write to ``cycle`` the nodes of the shortest cycle through any of ``nodes``; return its length, 0 for none.

    Edges of node v lead to ``to[first[v]:first[v + 1]]``; those to another ``part`` (N,) are in no cycle, and
    none of part -1.  Cycles of more than ``most`` nodes are not looked for, and no more edges than ``budget``:
    the second value says whether that was enough to know that there is none shorter.
    """
    n = len(first) - 1
    came, depth, queue = np.empty(n, np.int32), np.full(n, -1, np.int32), np.empty(n, np.int32)
    best, visits = most + 1, 0
    for root in nodes:
        filled, done, closed = 1, 0, -1
        queue[0], depth[root] = root, 0
        while done < filled and closed < 0:
            v = queue[done]
            done += 1
            if depth[v] + 1 >= best:
                break
            visits += first[v + 1] - first[v]
            for e in range(first[v], first[v + 1]):
                u = to[e]
                if u == root:
                    closed = v
                    break
                if part[u] == part[root] and depth[u] < 0:
                    depth[u], came[u] = depth[v] + 1, v
                    queue[filled] = u
                    filled += 1
        if closed >= 0:
            best, v = depth[closed] + 1, closed
            for i in range(best - 1, -1, -1):
                cycle[i] = v
                v = came[v] if i else v
        for i in range(filled):
            depth[queue[i]] = -1
        if visits > budget:
            return (0 if best > most else best), False
    return (0 if best > most else best), True
