"""Single paths: at every switch one of the links on shortest paths is drawn or looked up."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import inner, jit
from topo.kernels.sweep import FAR, Arcs, Ports, clear, toward

_MULTIPLY_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLY_2 = np.uint64(0x94D049BB133111EB)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
#: Distance from a site up to which switches are searched first: on trees its leaf, spines, and what those join.
AROUND = np.int32(3)


class Links(NamedTuple):
    """Links of a fabric; those that leave node n are ``first[n]:first[n + 1]``, switches start at ``base``."""

    first: NDArray[np.int64]  # (N + 1,)
    head: NDArray[np.int32]  # (L,)
    weight: NDArray[np.int32]  # (L,)
    kind: NDArray[np.int8]  # (N,)
    base: int


@jit
def mix(key: Any, salt: Any) -> Any:
    """Return 64 well-mixed bits of ``key`` and ``salt`` (SplitMix64 by Steele, Lea and Flood, 2014)."""
    z = np.uint64(key) ^ (np.uint64(salt) + np.uint64(1)) * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _MULTIPLY_1
    z = (z ^ (z >> np.uint64(27))) * _MULTIPLY_2
    return z ^ (z >> np.uint64(31))


@inner
def _listed(links: Links, r: Any, u: int, listed: Any, used: int) -> int:
    """Write to ``listed`` from ``used`` on the links from ``u`` to switches on shortest paths; return their end."""
    near = r.dist[u - links.base]
    for j in range(links.first[u], links.first[u + 1]):
        v = links.head[j]
        if v >= links.base and r.dist[v - links.base] < FAR and r.dist[v - links.base] + links.weight[j] == near:
            listed[used] = j
            used += 1
    return used


@inner
def _arriving(links: Links, r: Any, u: int, end: int, found: Any) -> int:
    """Write to ``found`` the links from ``u`` to endpoint ``end`` on shortest paths; links are sorted by head."""
    low, high = links.first[u], links.first[u + 1]
    while low < high:
        middle = (low + high) // 2
        if links.head[middle] < end:
            low = middle + 1
        else:
            high = middle
    n = 0
    while low < links.first[u + 1] and links.head[low] == end:
        if links.weight[low] == r.dist[u - links.base]:
            found[n] = low
            n += 1
        low += 1
    return n


@inner
def _around(arcs: Arcs, ports: Ports, site: int, r: Any) -> int:
    """Fill ``r.dist`` for switches up to AROUND from ``site``, all weights being 1; return how many there are."""
    settled = done = 0
    for k in range(ports.first[site], ports.first[site + 1]):
        if r.dist[ports.switch[k]] == FAR:
            r.dist[ports.switch[k]] = 1
            r.order[settled] = ports.switch[k]
            settled += 1
    while done < settled and r.dist[r.order[done]] < AROUND:
        v = r.order[done]
        done += 1
        for j in range(arcs.first[v], arcs.first[v + 1]):
            if r.dist[arcs.tail[j]] == FAR:
                r.dist[arcs.tail[j]] = r.dist[v] + 1
                r.order[settled] = arcs.tail[j]
                settled += 1
    return settled


@inner
def _touches(links: Links, r: Any, u: int) -> bool:
    """Return whether a link leads from ``u`` to a switch at AROUND; those of the highest tier come last."""
    for j in range(links.first[u + 1] - 1, links.first[u] - 1, -1):
        v = links.head[j] - links.base
        if v < 0:
            return False
        if r.dist[v] == AROUND:
            return True
    return False


@inner
def _beyond(links: Links, r: Any, u: int, settled: int) -> int:
    """Fill ``r.dist`` for ``u``, and for those of its neighbours that are nearer, where all within AROUND is known.

    Return how many are settled, or -1 where ``u`` is further than two links from there.
    """
    w = u - links.base
    if r.dist[w] < FAR:
        return settled
    near = FAR
    if _touches(links, r, u):
        near = AROUND + 1
    else:
        for j in range(links.first[u], links.first[u + 1]):
            v = links.head[j] - links.base
            if v >= 0 and r.dist[v] == FAR and _touches(links, r, links.head[j]):
                r.dist[v] = AROUND + 1
                r.order[settled] = v
                settled += 1
            if v >= 0 and r.dist[v] == AROUND + 1:
                near = AROUND + 2
    if near == FAR:
        clear(r, settled)
        return -1
    r.dist[w] = near
    r.order[settled] = w
    return settled + 1


@jit
def by_digits(
    links: Links,
    arcs: Arcs,
    ports: Ports,
    sites: Any,
    first: Any,
    entry: Any,
    dst: Any,
    position: Any,
    up: Any,
    path: Any,
    found: Any,
    r: Any,
) -> bool:
    """Write to row i of ``path`` the links from the source's link ``entry[i]`` to ``dst[i]`` by D-mod-k.

    ``position[i]`` is the destination's position in its plane, ``up`` the up-cables of a leaf
    and of a spine.  A leaf takes up-cable position mod n, a spine (position // up[0]) mod n,
    n being those on shortest paths; downward cables go by the same residues.  Links between switches on shortest
    paths are the same toward all endpoints of a site, and are looked up once.  Where all weights are 1 the search
    stops around the site; a whole tree of three layers lies within two links from there.
    """
    leaf = links.kind[links.base] if links.base < len(links.kind) else 0
    switches = len(links.first) - 1 - links.base
    begin, stop = np.full(switches, -1), np.empty(switches, np.int64)
    listed, seen = np.empty(len(links.head), np.int64), np.empty(switches, np.int64)
    for s in range(len(sites)):
        plain = len(r.bucket) == 2
        if plain:
            settled = _around(arcs, ports, sites[s], r)
        else:
            settled, _ = toward(arcs, ports, sites[s], r)
        used = n_seen = 0
        for i in range(first[s], first[s + 1]):
            low, high = position[i] % up[0], position[i] // up[0]
            path[i, 0] = entry[i]
            u, hop = links.head[entry[i]], 1
            while u != dst[i]:
                if hop == path.shape[1]:
                    clear(r, settled)
                    return False
                w = u - links.base
                if begin[w] < 0:
                    if plain:
                        more = _beyond(links, r, u, settled)
                        plain = more >= 0
                        settled = more if plain else toward(arcs, ports, sites[s], r)[0]
                    begin[w] = used
                    used = stop[w] = _listed(links, r, u, listed, used)
                    seen[n_seen] = w
                    n_seen += 1
                direct = _arriving(links, r, u, dst[i], found)
                n = direct + stop[w] - begin[w]
                last = listed[stop[w] - 1] if stop[w] > begin[w] else found[direct - 1]
                upward = links.kind[links.head[last]] > links.kind[u]
                level = links.kind[u] - leaf
                if level == 0:
                    number = position[i] if upward else low
                elif level == 1:
                    number = high if upward else low
                else:
                    number = high % up[1]
                at = number % n
                link = found[at] if at < direct else listed[begin[w] + at - direct]
                path[i, hop] = link
                hop += 1
                u = links.head[link]
        for k in range(n_seen):
            begin[seen[k]] = -1
        clear(r, settled)
    return True


@jit
def carried(path: Any, amount: Any, load: Any) -> None:
    """Add ``amount[i]`` to ``load`` (L,) of every link of row i of ``path``, which ends at -1."""
    for i in range(len(path)):
        hop = 0
        while hop < path.shape[1] and path[i, hop] >= 0:
            load[path[i, hop]] += amount[i]
            hop += 1
