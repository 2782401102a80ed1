"""Explicit shares of arcs, pair by pair: what a solver needs that looks at single commodities."""

from __future__ import annotations

from typing import Any

import numpy as np

from topo.kernels import jit
from topo.kernels.sweep import Arcs, Ports, clear, depart, most_ports, toward


@jit
def list_arcs(arcs: Arcs, n_used: int, latest: Any, former: Any, r: Any) -> None:
    """Link the arcs that leave each switch: the last one found is ``latest``, the one before arc e ``former[e]``."""
    for e in range(n_used):
        j = r.used[e]
        u = arcs.tail[j]
        if r.dist[u] == r.dist[arcs.head[j]] + arcs.weight[j]:
            former[e] = latest[u]
            latest[u] = e


@jit
def shares_of_pairs(
    arcs: Arcs, ports: Ports, kept: Any, sites: Any, first: Any, source: Any, start: Any, arc: Any, share: Any, r: Any
) -> int:
    """Write the ``kept`` arcs (A,) of pair p and their shares from ``start[p]`` on; return how many there are in all.

    With empty ``arc`` and ``share`` nothing is written but ``start[p + 1]``, the number of arcs
    of pair p: a first call counts, a second one fills.  Pairs of ``sites[i]`` are
    ``first[i]:first[i + 1]``.
    """
    count_only = len(arc) == 0
    latest = np.full(len(arcs.first) - 1, -1, np.int32)  # the used arc that was last found to leave a switch
    former = np.empty(len(arcs.tail), np.int32)  # the one found before it
    leaving, total_length = np.empty(most_ports(ports)), 0
    for i in range(len(sites)):
        settled, n_used = toward(arcs, ports, sites[i], r)
        list_arcs(arcs, n_used, latest, former, r)
        for p in range(first[i], first[i + 1]):
            depart(ports, source[p], r, leaving)
            for k in range(ports.first[source[p]], ports.first[source[p] + 1]):
                r.value[ports.switch[k]] += leaving[k - ports.first[source[p]]]
            length = 0
            for m in range(settled - 1, -1, -1):
                u = r.order[m]
                if r.value[u] == 0.0:
                    continue
                e = latest[u]
                while e >= 0:
                    j = r.used[e]
                    x = r.value[u] * arcs.part[j] / r.total[u]
                    r.value[arcs.head[j]] += x
                    if kept[j]:
                        if not count_only:
                            arc[start[p] + length] = j
                            share[start[p] + length] = x
                        length += 1
                    e = former[e]
                r.value[u] = 0.0
            if count_only:
                start[p + 1] = length
            total_length += length
        for m in range(settled):
            latest[r.order[m]] = -1
        clear(r, settled)
    return total_length


@jit
def assemble(
    pair: Any, start: Any, arc: Any, share: Any, link_first: Any, link: Any, part: Any, at: Any, row: Any, data: Any
) -> None:
    """Write from ``at[f]`` on the links of commodity f: the arcs of its pair, each as its parallel links."""
    for f in range(len(pair)):
        k = at[f]
        for e in range(start[pair[f]], start[pair[f] + 1]):
            for m in range(link_first[arc[e]], link_first[arc[e] + 1]):
                row[k] = link[m]
                data[k] = share[e] * part[m]
                k += 1
