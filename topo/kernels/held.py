"""What flows through every switch toward each destination, kept so that a loss need not find it again (``detour``)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import jit
from topo.kernels.sweep import Arcs, Ports, clear, depart, most_ports, toward

#: In ``Before.sole``: no next hop, where the destination is at hand; and more than one, or its ports beside one.
NONE, SEVERAL = -1, -2


class Leaving(NamedTuple):
    """Arcs by the switch that they leave; those out of switch u are ``arc[first[u]:first[u + 1]]``."""

    first: NDArray[np.int64]  # (S + 1,)
    arc: NDArray[np.int32]  # (A,)
    head: NDArray[np.int32]  # (A,) switch that each enters
    weight: NDArray[np.int32]  # (A,)


class Before(NamedTuple):
    """What was there toward each of D destinations, as ``held`` writes it."""

    dist: NDArray[np.int32]  # (D, S) distances
    near: NDArray[np.int32]  # (S, D) the same, to ask for all destinations at once
    total: NDArray[np.float64]  # (D, S) sum of parts over the arcs and ports that a switch splits over
    flow: NDArray[np.float64]  # (D, S) what flows through each switch
    sole: NDArray[np.int32]  # (D, S) the arc that takes all of it; NONE or SEVERAL


def leaving(arcs: Arcs) -> Leaving:
    """Return the arcs by the switch that they leave."""
    n = len(arcs.first) - 1
    order = np.argsort(arcs.tail, kind="stable").astype(np.int32)
    first = np.searchsorted(arcs.tail[order], np.arange(n + 1)).astype(np.int64)
    return Leaving(first, order, arcs.head[order], arcs.weight[order])


def before(n: int, arcs: Arcs, phases: int) -> list[Before]:
    """Return room for what ``phases`` have toward ``n`` destinations; only what flows differs."""
    switches = len(arcs.first) - 1
    dist, near = np.empty((n, switches), np.int32), np.empty((switches, n), np.int32)
    total, sole = np.zeros((n, switches)), np.full((n, switches), NONE, np.int32)
    return [Before(dist, near, total, np.zeros((n, switches)), sole) for _ in range(phases)]


@jit
def held(arcs: Arcs, ports: Ports, amount: Any, before: Before, r: Any) -> int:
    """Fill ``before`` where site s sends ``amount[i, s]`` to site i.

    Return -1, or the first destination that an amount has no path to.
    """
    dist, near, total, flow, sole = before
    share = np.empty(most_ports(ports))
    for i in range(len(amount)):
        settled, _ = toward(arcs, ports, i, r)
        dist[i], near[:, i] = r.dist, r.dist
        for s in range(len(ports.first) - 1):
            if amount[i, s] != 0.0:
                if not depart(ports, s, r, share):
                    clear(r, settled)
                    return i
                for k in range(ports.first[s], ports.first[s + 1]):
                    flow[i, ports.switch[k]] += amount[i, s] * share[k - ports.first[s]]
        for m in range(settled - 1, -1, -1):
            v = r.order[m]
            total[i, v] = r.total[v]
            for e in range(r.mark[m], r.mark[m + 1]):
                j = r.used[e]
                u = arcs.tail[j]
                if r.dist[u] == r.dist[v] + arcs.weight[j]:
                    flow[i, v] += flow[i, u] * arcs.part[j] / r.total[u]
                    sole[i, u] = j if arcs.part[j] == r.total[u] else SEVERAL
        clear(r, settled)
    return -1
