"""Drawn paths that meet a dead link: who holds it takes another of its next hops that lives, and nobody else knows.

A switch draws among all its next hops, as on the whole network.  Where what it drew is dead it draws once more, among
those that live, so that each of these gets an equal part of all and no other path moves.  Where none lives the path
ends on the dead link.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from topo.kernels import jit
from topo.kernels.hashed import mix
from topo.kernels.sweep import Ports
from topo.kernels.walks import HEADER, RECORD, UNIT, Sets, Ways, doors, pair_key


@jit
def _next_hops(ways: Ways, ports: Ports, s: int, u: int, dst: int, found: Any) -> int:
    """Write to ``found`` the next hops of switch ``u`` in the order in which they are drawn; return how many."""
    v, link, n = u - ways.base, ways.entry[s, u - ways.base], 0
    if link > RECORD:
        found[0] = link if link >= 0 else ways.reverse[ways.port[dst] - 1 - link]
        return 1
    record, first = RECORD - link, ports.first[ways.site[dst]]
    for k in range(first, ports.first[ways.site[dst] + 1]):
        if ports.switch[k] == v and ports.weight[k] == ways.dist[s, v]:
            found[n] = ways.reverse[ways.port[dst] + k - first]
            n += 1
    for k in range(ways.pool[record]):
        found[n] = ways.pool[record + HEADER + 2 * k]
        n += 1
    return n


@jit
def _living(found: Any, n: int, bits: Any, dead: Any) -> int:
    """Return which of the ``n`` links ``found`` is drawn, among those that live where that is a dead one."""
    chosen, alive = found[np.int64(bits % np.uint64(n))], 0
    if not dead[chosen]:
        return int(chosen)
    for k in range(n):
        if not dead[found[k]]:
            found[alive] = found[k]
            alive += 1
    return int(found[np.int64(mix(bits, 0) % np.uint64(alive))] if alive else chosen)


@jit
def _living_door(ways: Ways, ports: Ports, s: int, src: int, bits: Any, dead: Any, begin: int) -> int:
    """Return a port of ``src`` that lives, drawn by what is claimed for each; ``begin`` where none does."""
    most = ports.first[ways.site[src] + 1] - ports.first[ways.site[src]]
    door, upto = np.empty(most, np.int64), np.zeros(most)
    n, total, before = doors(ways, ports, s, src, door, upto), 0.0, 0.0
    for k in range(n):
        part = upto[k] - before if len(ports.plane) else 1.0
        before = upto[k]
        total += 0.0 if dead[door[k]] else part
        upto[k] = total
    place = float(mix(bits, 0) >> np.uint64(11)) * UNIT * total
    for k in range(n):
        if not dead[door[k]] and upto[k] > place:
            return int(door[k])
    return begin


@jit
def around(
    ways: Ways, ports: Ports, sets: Sets, hops: int, start: int, stop: int, path: Any, dead: Any, most: int
) -> None:
    """Lead what ``path`` (stop - start, paths, hops + 1) lists for pairs ``start:stop`` past the links ``dead`` (L,).

    A path that no switch can lead past them ends with a dead link.  No switch has more than ``most`` links.
    """
    found, paths = np.empty(most, np.int64), sets.turn.shape[1]
    for p in range(start, stop):
        s, src, dst = sets.at[p], sets.src[p], sets.dst[p]
        key = pair_key(sets.seed, src, dst)
        for i in range(paths):
            row, hop = path[p - start, i], 0
            while row[hop] >= 0 and not dead[row[hop]]:
                hop += 1
            if row[hop] < 0:
                continue
            bits = mix(key, i + paths * np.int64(sets.turn[p, i]))
            if hop == 0:
                row[0], hop = _living_door(ways, ports, s, src, mix(bits, src), dead, row[0]), 1
            row[hop:] = -1
            while not dead[row[hop - 1]] and ways.head[row[hop - 1]] != dst:
                u = ways.head[row[hop - 1]]
                row[hop] = _living(found, _next_hops(ways, ports, s, u, dst, found), mix(bits, u), dead)
                hop += 1
