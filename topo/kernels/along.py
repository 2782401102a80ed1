"""Values along the shortest paths toward one destination after another: means, least ones, and shares by port."""

from __future__ import annotations

from typing import Any

import numpy as np

from topo.kernels import jit
from topo.kernels.sweep import Arcs, Ports, clear, depart, most_ports, toward


@jit
def _carry(arcs: Arcs, r: Any, settled: int, along: Any, least: bool) -> None:
    for i in range(settled):
        v = r.order[i]
        for e in range(r.mark[i], r.mark[i + 1]):
            j = r.used[e]
            u = arcs.tail[j]
            if r.dist[u] != r.dist[v] + arcs.weight[j]:
                continue
            if least:
                r.value[u] = min(r.value[u], along[j], r.value[v])
            else:
                r.value[u] += (along[j] + r.value[v]) * arcs.part[j] / r.total[u]


@jit
def pull(
    arcs: Arcs, ports: Ports, sites: Any, first: Any, source: Any, along: Any, least: bool, result: Any, r: Any
) -> None:
    """Write to ``result[p]`` the mean (or least) path value of each pair p: ``source[p]`` to ``sites[i]``.

    Pairs of destination i are ``first[i]:first[i + 1]``; ``along`` (A,) is the value of an arc.
    """
    base, share = np.inf if least else 0.0, np.empty(most_ports(ports))
    for i in range(len(sites)):
        settled, _ = toward(arcs, ports, sites[i], r)
        for k in range(settled):
            r.value[r.order[k]] = base
        _carry(arcs, r, settled, along, least)
        for p in range(first[i], first[i + 1]):
            depart(ports, source[p], r, share)
            result[p] = base
            for k in range(ports.first[source[p]], ports.first[source[p] + 1]):
                v, leaving = ports.switch[k], share[k - ports.first[source[p]]]
                if leaving == 0.0:
                    continue
                if least:
                    result[p] = min(result[p], r.value[v])
                else:
                    result[p] += r.value[v] * leaving
        clear(r, settled)


@jit
def shares_at_ports(
    arcs: Arcs, ports: Ports, sites: Any, first: Any, source: Any, leaving: Any, arriving: Any, r: Any
) -> None:
    """Write what share of pair p leaves by port k of its source and arrives by port k of its destination.

    ``leaving`` and ``arriving`` are (pairs, most ports of a site), zero where a port is not used.
    """
    nothing = np.zeros(len(arcs.tail))
    for i in range(len(sites)):
        settled, _ = toward(arcs, ports, sites[i], r)
        for p in range(first[i], first[i + 1]):
            depart(ports, source[p], r, leaving[p])
        for k in range(ports.first[sites[i]], ports.first[sites[i] + 1]):
            v = ports.switch[k]
            if ports.weight[k] != r.dist[v]:
                continue
            for m in range(settled):
                r.value[r.order[m]] = 0.0
            r.value[v] = ports.part[k] / r.total[v]
            _carry(arcs, r, settled, nothing, False)
            for p in range(first[i], first[i + 1]):
                share = 0.0
                start = ports.first[source[p]]
                for m in range(start, ports.first[source[p] + 1]):
                    if leaving[p, m - start] > 0.0:
                        share += leaving[p, m - start] * r.value[ports.switch[m]]
                arriving[p, k - ports.first[sites[i]]] = share
        clear(r, settled)
