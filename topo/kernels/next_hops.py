"""Splits over next hops of which some are dead: what arrives, and which way, destination by destination.

The next hops of a switch are those of the whole network.  Let h(v) be the share of what is at v that arrives::

    h(v) = sum over live next hops (part x h(next)) / sum over next hops (part)

where the second sum is over all of them, or over those that live where a switch skips dead ones.  What arrives
took each next hop of v in proportion to part x h(next), so that its flow is conserved.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from topo.kernels import jit
from topo.kernels.columns import list_arcs
from topo.kernels.sweep import Arcs, Ports, clear, depart, most_ports, toward


@jit
def arrivals(arcs: Arcs, ports: Ports, site: int, settled: int, live: Any, skip: bool, odds: Any, r: Any) -> None:
    """Write h to ``r.value`` and its numerator to ``odds[0]`` for the ``settled`` switches toward ``site``.

    ``live`` is the parts that live: (A,) of arcs, (P,) of ports that send, (P,) of ports that receive.
    """
    of_arc, _, receives = live
    for k in range(ports.first[site], ports.first[site + 1]):
        v = ports.switch[k]
        if ports.weight[k] == r.dist[v]:
            odds[0, v] += receives[k]
            odds[1, v] += receives[k]
    for i in range(settled):
        v = r.order[i]
        whole = odds[1, v] if skip else r.total[v]
        r.value[v] = odds[0, v] / whole if odds[0, v] > 0.0 else 0.0
        for e in range(r.mark[i], r.mark[i + 1]):
            j = r.used[e]
            u = arcs.tail[j]
            if r.dist[u] == r.dist[v] + arcs.weight[j]:
                odds[0, u] += of_arc[j] * r.value[v]
                odds[1, u] += of_arc[j]


@jit
def _leave(ports: Ports, source: int, sends: Any, skip: bool, leaving: Any, r: Any) -> float:
    """Write what of the arriving flow leaves ``source`` by each port; return the share that arrives."""
    arrives, whole = 0.0, 0.0
    depart(ports, source, r, leaving)
    start = ports.first[source]
    for k in range(start, ports.first[source + 1]):
        leaving[k - start] *= sends[k] / ports.part[k]
        whole += leaving[k - start]
        leaving[k - start] *= r.value[ports.switch[k]] if leaving[k - start] > 0.0 else 0.0
        arrives += leaving[k - start]
    for k in range(start, ports.first[source + 1]):
        leaving[k - start] /= arrives if arrives > 0.0 else 1.0
    return arrives / whole if skip and whole > 0.0 else arrives


@jit
def _carry(arcs: Arcs, live: Any, settled: int, way: Any, odds: Any, held: Any, to: Any, r: Any) -> int:
    """Carry what is ``held`` (S,) near, writing arcs and shares to ``to`` where there is room; return their number."""
    latest, former = way
    at, arc, share = to
    length = 0
    for m in range(settled - 1, -1, -1):
        u = r.order[m]
        e = latest[u] if held[u] > 0.0 else -1
        while e >= 0:
            j = r.used[e]
            x = held[u] * live[j] * r.value[arcs.head[j]] / odds[0, u]
            if x > 0.0:
                held[arcs.head[j]] += x
                if len(arc) > 0:
                    arc[at + length], share[at + length] = j, x
                length += 1
            e = former[e]
    return length


@jit
def ways_of_pairs(
    arcs: Arcs, ports: Ports, sites: Any, first: Any, source: Any, live: Any, skip: bool, start: Any, into: Any, r: Any
) -> None:
    """Write which way the flow of pair p goes that arrives, and what share of the pair that is.

    ``into`` is (arc, share, arrives, leaving, arriving): arcs and their shares from ``start[p]`` on, the share (pairs,)
    that arrives, and the shares (pairs, ports) of the ports of its ends.  With empty ``arc`` the arcs are counted
    alone: ``start[p + 1]`` becomes their number.  Pairs of ``sites[i]`` are ``first[i]:first[i + 1]``.
    """
    arc, share, arrives, leaving, arriving = into
    n = len(arcs.first) - 1
    way = (np.full(n, -1, np.int32), np.empty(len(arcs.tail), np.int32))
    odds, held, ports_of = np.zeros((2, n)), np.zeros(n), np.zeros(most_ports(ports))
    for i in range(len(sites)):
        settled, n_used = toward(arcs, ports, sites[i], r)
        list_arcs(arcs, n_used, way[0], way[1], r)
        arrivals(arcs, ports, sites[i], settled, live, skip, odds, r)
        entry = ports.first[sites[i]]
        for p in range(first[i], first[i + 1]):
            arrives[p] = _leave(ports, source[p], live[1], skip, ports_of, r)
            begin = ports.first[source[p]]
            for k in range(begin, ports.first[source[p] + 1]):
                leaving[p, k - begin] = ports_of[k - begin]
                held[ports.switch[k]] += ports_of[k - begin]
            length = _carry(arcs, live[0], settled, way, odds, held, (start[p], arc, share), r)
            if len(arc) == 0:
                start[p + 1] = length
            for k in range(entry, ports.first[sites[i] + 1]):
                v = ports.switch[k]
                if held[v] > 0.0 and ports.weight[k] == r.dist[v]:
                    arriving[p, k - entry] = held[v] * live[2][k] / odds[0, v]
            for m in range(settled):
                held[r.order[m]] = 0.0
        for m in range(settled):
            way[0][r.order[m]] = -1
            odds[:, r.order[m]] = 0.0
        clear(r, settled)
