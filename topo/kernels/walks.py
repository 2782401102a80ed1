"""Paths that are drawn hop by hop and kept as numbers: which draw it was says where it goes, and it is walked again.

Where a switch may go on toward a site of destinations stands in a table (``next_links``), made once from distances;
a walk looks it up and draws among what it finds, by the path's own bits and the switch.  So a path costs the hops
that it has, and no memory but the number of its draw.

Amounts on links are whole numbers, so that their sums are the same in any order and for any number of threads.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import jit
from topo.kernels.hashed import mix
from topo.kernels.sweep import FAR, Arcs, Ports, clear, toward

#: Entries: a link; -1 less the one port of the site where the destination is; or RECORD less a record of the pool.
MOST_PORTS = 64
RECORD = -1 - MOST_PORTS
#: A record: how many links to switches, at how many ports the destination may be too, the next record of the switch
#: that starts with the same link (0: none); then the links, each with the node that it enters.
HEADER = 3
#: Bits of a number between 0 and 1.
UNIT = 2.0**-53


class Ways(NamedTuple):
    """Where to go on from every switch toward some sites of destinations; switches are nodes from ``base``."""

    base: int
    head: NDArray[np.int32]  # (L,)
    reverse: NDArray[np.int32]  # (L,)
    port: NDArray[np.int64]  # (E,) first network link of each endpoint
    site: NDArray[np.int64]  # (E,)
    dist: NDArray[np.int32]  # (sites, S) distance of each switch
    entry: NDArray[np.int32]  # (sites, S) where to go on, as above
    pool: NDArray[np.int32]  # records


class Sets(NamedTuple):
    """Drawn paths of P pairs, ``turn.shape[1]`` each, sorted by tables that they need."""

    src: NDArray[np.int64]  # (P,)
    dst: NDArray[np.int64]  # (P,)
    at: NDArray[np.int64]  # (P,) row of the destination's site in its tables
    turn: NDArray[np.uint8]  # (P, paths) how often each path was drawn again
    seed: np.uint64


@jit
def distances(arcs: Arcs, ports: Ports, sites: Any, dist: Any, r: Any) -> None:
    """Write to row i of ``dist`` (sites, S) how far every switch is from ``sites[i]``."""
    for i in range(len(sites)):
        settled, _ = toward(arcs, ports, sites[i], r)
        for k in range(settled):
            dist[i, r.order[k]] = r.dist[r.order[k]]
        clear(r, settled)


@jit
def next_links(links: Any, ports: Ports, sites: Any, dist: Any, start: int, stop: int, entry: Any) -> Any:
    """Fill ``entry`` (sites, stop - start) for switches ``start:stop`` and return the records that it speaks of.

    Equal sets of links share a record; those of one link need none.
    """
    pool, used = np.zeros(1024, np.int32), 1  # no record starts at 0
    for v in range(start, stop):
        u = v + links.base
        first = links.first[u]
        while first < links.first[u + 1] and links.head[first] < links.base:
            first += 1
        found = np.empty(links.first[u + 1] - first + 1, np.int32)
        known = np.zeros(len(found), np.int32)  # the last record that starts with each link, or has none
        for i in range(len(sites)):
            d, n = dist[i, v], 0
            if d == FAR:
                continue
            for j in range(first, links.first[u + 1]):
                found[n] = j
                n += dist[i, links.head[j] - links.base] + links.weight[j] == d
            here, port = 0, 0
            for k in range(ports.first[sites[i]], ports.first[sites[i] + 1]):
                if ports.switch[k] == v and ports.weight[k] == d:
                    here, port = here + 1, k - ports.first[sites[i]]
            if n + here == 1 and port < MOST_PORTS:
                entry[i, v - start] = found[0] if n else -1 - port
                continue
            slot = found[0] - first if n else len(known) - 1
            record = _recorded(pool, known[slot], found, n, here)
            if not record:
                if used + HEADER + 2 * n > len(pool):
                    larger = np.zeros(2 * len(pool) + HEADER + 2 * n, np.int32)
                    larger[:used] = pool[:used]
                    pool = larger
                record = used
                pool[record], pool[record + 1], pool[record + 2] = n, here, known[slot]
                for k in range(n):
                    pool[record + HEADER + 2 * k] = found[k]
                    pool[record + HEADER + 2 * k + 1] = links.head[found[k]]
                known[slot] = record
                used += HEADER + 2 * n
            entry[i, v - start] = RECORD - record
    return pool[:used]


@jit
def _recorded(pool: Any, record: int, found: Any, n: int, here: int) -> int:
    """Return the record of ``n`` links ``found`` and ``here`` ports, from ``record`` on; 0 where there is none."""
    while record:
        k, same = 0, pool[record] == n and pool[record + 1] == here
        while same and k < n:
            same = pool[record + HEADER + 2 * k] == found[k]
            k += 1
        if same:
            return record
        record = pool[record + 2]
    return 0


@jit
def pair_key(seed: Any, src: int, dst: int) -> Any:
    """Return 64 bits of randomness of a pair."""
    return mix(mix(seed, src), dst)


@jit
def doors(ways: Ways, ports: Ports, s: int, src: int, door: Any, upto: Any) -> int:
    """Write the links by which ``src`` may leave toward row ``s``, and return how many.

    Where planes have claims, ``upto`` says what part leaves by each and by those before it.
    """
    first, stop, n = ports.first[ways.site[src]], ports.first[ways.site[src] + 1], 0
    claims = 0.0
    for k in range(first, stop):
        d, total = ways.dist[s, ports.switch[k]] + ports.weight[k], 0.0
        for m in range(first, stop):
            other = ways.dist[s, ports.switch[m]] + ports.weight[m]
            if len(ports.plane) and ports.plane[m] != ports.plane[k]:
                continue
            if other < d:
                total = -np.inf
            elif other == d:
                total += ports.part[m]
        if ways.dist[s, ports.switch[k]] < FAR and total > 0.0:
            door[n] = ways.port[src] + k - first
            if len(ports.plane):
                claims += ports.claim[k] * ports.part[k] / total
                upto[n] = claims
            n += 1
    for k in range(n):
        upto[k] /= claims if claims > 0.0 else 1.0
    return n


@jit
def _chosen(ways: Ways, ports: Ports, s: int, u: int, dst: int, record: int, bits: Any) -> Any:
    """Return the link out of switch ``u`` that ``bits`` draw among those of ``record``; ports come first."""
    n, v = ways.pool[record], u - ways.base
    first, stop, ends = ports.first[ways.site[dst]], ports.first[ways.site[dst] + 1], 0
    for k in range(first, stop):
        ends += ports.switch[k] == v and ports.weight[k] == ways.dist[s, v]
    chosen = np.int64(mix(bits, u) % np.uint64(n + ends))
    if chosen >= ends:
        return ways.pool[record + HEADER + 2 * (chosen - ends)]
    for k in range(first, stop):
        if ports.switch[k] == v and ports.weight[k] == ways.dist[s, v]:
            if chosen == 0:
                return ways.reverse[ways.port[dst] + k - first]
            chosen -= 1
    return np.int32(-1)


@jit
def lay(
    ways: Ways, ports: Ports, s: int, src: int, dst: int, key: Any, paths: int, number: Any, m: int, path: Any
) -> None:
    """Write to row i of ``path`` the links that draw ``number[i]`` of ``m`` takes from ``src`` to ``dst``, then -1.

    Where planes have claims, path i of the ``paths`` leaves by the port in whose part (i + a random part) / paths
    falls, however often it is drawn: each port has as many as its part says, to within one.
    """
    most = ports.first[ways.site[src] + 1] - ports.first[ways.site[src]]
    door, upto = np.empty(most, np.int64), np.zeros(most)
    n_doors = doors(ways, ports, s, src, door, upto)
    claimed = len(ports.plane) > 0
    begins = float(mix(key, paths) >> np.uint64(11)) * UNIT if claimed else 0.0
    head, reverse, entry, pool = ways.head, ways.reverse, ways.entry[s], ways.pool  # an access counts references
    ends, base, begin, where = ways.port[dst], ways.base, door[0], 0
    for i in range(m):
        bits = mix(key, number[i])
        if claimed:
            place, where = (number[i] % paths + begins) / paths, 0
            while where < n_doors - 1 and upto[where] <= place:
                where += 1
            begin = door[where]
        elif n_doors > 1:
            begin = door[np.int64(mix(bits, src) % np.uint64(n_doors))]
        path[i, 0] = begin
        u, hop = head[begin], 1
        while u != dst:
            link = entry[u - base]
            if link >= 0:
                v = head[link]
            elif link > RECORD:
                link, v = reverse[ends - 1 - link], np.int32(dst)
            elif pool[RECORD - link + 1]:
                link = _chosen(ways, ports, s, u, dst, RECORD - link, bits)
                v = head[link]
            else:
                record = RECORD - link
                record += HEADER + 2 * np.int64(mix(bits, u) % np.uint64(pool[record]))
                link, v = pool[record], pool[record + 1]
            path[i, hop] = link
            hop += 1
            u = v
        path[i, hop] = -1


@jit
def laid(ways: Ways, ports: Ports, sets: Sets, p: int, number: Any, path: Any) -> Any:
    """Write to ``path`` the paths of pair ``p``, and return its bits."""
    paths = sets.turn.shape[1]
    for i in range(paths):
        number[i] = i + paths * sets.turn[p, i]
    key = pair_key(sets.seed, sets.src[p], sets.dst[p])
    lay(ways, ports, sets.at[p], sets.src[p], sets.dst[p], key, paths, number, paths, path)
    return key


@jit
def listed(ways: Ways, ports: Ports, sets: Sets, hops: int, start: int, stop: int, path: Any) -> None:
    """Write to ``path`` (stop - start, paths, hops + 1) the links of the paths of pairs ``start:stop``, then -1."""
    number = np.empty(sets.turn.shape[1], np.int64)
    for p in range(start, stop):
        laid(ways, ports, sets, p, number, path[p - start])


@jit
def loaded(ways: Ways, ports: Ports, sets: Sets, hops: int, start: int, stop: int, amount: Any, load: Any) -> None:
    """Add to ``load`` (L,) what links carry where every path of pair p in ``start:stop`` has ``amount[p]``."""
    paths = sets.turn.shape[1]
    number, path = np.empty(paths, np.int64), np.empty((paths, hops + 1), np.int32)
    for p in range(start, stop):
        if amount[p] == 0:
            continue
        laid(ways, ports, sets, p, number, path)
        for i in range(paths):
            hop = 0
            while path[i, hop] >= 0:
                load[path[i, hop]] += amount[p]
                hop += 1


@jit
def along(
    ways: Ways, ports: Ports, sets: Sets, hops: int, start: int, stop: int, value: Any, least: bool, result: Any
) -> None:
    """Write to ``result`` (stop - start,) the mean over paths of ``value`` (L,) along each, or the least of any."""
    paths = sets.turn.shape[1]
    number, path = np.empty(paths, np.int64), np.empty((paths, hops + 1), np.int32)
    for p in range(start, stop):
        laid(ways, ports, sets, p, number, path)
        total, lowest = 0.0, np.inf
        for i in range(paths):
            hop = 0
            while path[i, hop] >= 0:
                total += value[path[i, hop]]
                lowest = min(lowest, value[path[i, hop]])
                hop += 1
        result[p - start] = lowest if least else total / paths
