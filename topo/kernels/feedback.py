"""Drawn paths that leave loaded links: one after another, each where it finds a better one."""

from __future__ import annotations

from typing import Any

import numpy as np

from topo.kernels import inner, jit
from topo.kernels.sweep import Ports
from topo.kernels.walks import Sets, Ways, lay, pair_key


@jit
def drawn_again(
    ways: Ways, ports: Ports, sets: Sets, hops: int, start: int, stop: int, laid: Any, load: Any, full: Any,
    capacity: Any, amount: Any, unit: float, over: float, new: int,
) -> int:  # fmt: skip
    """Draw loaded paths of pairs ``start:stop`` for the ``new``-th time, one after another; return how many moved.

    Their paths lie in ``laid`` (stop - start, paths, hops + 1).  A path of pair p takes ``amount[p]`` units; links
    carry ``load`` (L,) units and are ``full`` (L,) [s].  A path is loaded where its fullest link is fuller than the
    mean of its set by a share ``over``; it goes where it finds a better one, and who comes next sees that: ``load``,
    ``full`` and ``sets.turn`` are written.
    """
    paths = sets.turn.shape[1]
    number, which, fullest = np.empty(paths, np.int64), np.empty(paths, np.int64), np.empty(paths)
    fresh, moved = np.empty((paths, hops + 1), np.int32), 0
    for p in range(start, stop):
        if amount[p] == 0:
            continue
        path = laid[p - start]
        n, limit = _over_mean(path, full, over, which, fullest)
        if n == 0:
            continue
        key = pair_key(sets.seed, sets.src[p], sets.dst[p])
        for k in range(n):
            number[k] = which[k] + paths * new
        lay(ways, ports, sets.at[p], sets.src[p], sets.dst[p], key, paths, number, n, fresh)
        left = 0
        for k in range(n):
            i = which[k]
            most = _fullest(path, i, full) if left else fullest[i]
            if most <= limit:  # others of the set have left
                continue
            if _better(path, i, fresh, k, load, full, capacity, amount[p], unit, most * (1.0 - over)):
                sets.turn[p, i] = new
                left += 1
        moved += left
    return moved


@inner
def _over_mean(path: Any, full: Any, over: float, which: Any, fullest: Any) -> tuple[int, float]:
    """Write to ``which`` the rows of ``path`` that are loaded, and return how many, and from what [s] on they are.

    ``fullest`` (paths,) is room for how full each one is.
    """
    paths, mean = len(path), 0.0
    for i in range(paths):
        fullest[i] = _fullest(path, i, full)
        mean += fullest[i]
    limit, n = mean / paths * (1.0 + over), 0
    for i in range(paths):
        if fullest[i] > limit:
            which[n] = i
            n += 1
    return n, limit


@inner
def _fullest(path: Any, i: int, full: Any) -> float:
    """Return how full [s] the fullest link of row i of ``path`` is."""
    most, hop = 0.0, 0
    while path[i, hop] >= 0:
        most = max(most, full[path[i, hop]])
        hop += 1
    return most


@inner
def _better(
    path: Any,
    i: int,
    fresh: Any,
    k: int,
    load: Any,
    full: Any,
    capacity: Any,
    amount: int,
    unit: float,
    most: float,
) -> bool:
    """Return whether row i of ``path`` goes to row k of ``fresh``; if so, ``load`` and ``full`` say it.

    It does where no link of the new one is then as full as ``most`` [s].
    """
    hop = 0
    while fresh[k, hop] >= 0:
        link, old = fresh[k, hop], 0
        if full[link] >= most:
            return False
        if (load[link] + amount) * unit / capacity[link] >= most:
            while path[i, old] >= 0 and path[i, old] != link:
                old += 1
            if path[i, old] < 0:  # what is on the old path too gets no more
                return False
        hop += 1
    for row, line, sign in ((path, i, -1), (fresh, k, 1)):
        hop = 0
        while row[line, hop] >= 0:
            link = row[line, hop]
            load[link] += sign * amount
            full[link] = load[link] * unit / capacity[link]
            hop += 1
    return True
