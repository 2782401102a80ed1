"""Ways of a pair of endpoints through the network, by their own ports or by neighbours in their scale-up domains.

The rules are those of ``topo.routing.relay``, a pair at a time: that room lists the legs of many at once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import inner

#: How a fabric relays, as numbers.
RELAYS = {"source": 0, "destination": 1, "split": 2, "none": 3, "spread": 4}
_DESTINATION, _SPLIT, _NONE, SPREAD = 1, 2, 3, 4


class Nics(NamedTuple):
    """NICs of scale-up domains, those of domain d are ``nics[first[d]:first[d + 1]]``; E endpoints."""

    domain: NDArray[np.int64]  # (E,) numbered without gaps
    first: NDArray[np.int64]  # (domains + 1,)
    nics: NDArray[np.int64]  # endpoints with a port
    place: NDArray[np.int64]  # (E,) among the NICs of the domain; -1 without a port
    ends: NDArray[np.int64]  # (E,) endpoints by domain; those of domain d are ``ends[first_end[d]:first_end[d + 1]]``
    first_end: NDArray[np.int64]  # (domains + 1,)
    most: int  # NICs of the domain that has most


class Islands(NamedTuple):
    """Which islands endpoints have ports on, and which of these sets have one in common."""

    of: NDArray[np.int64]  # (E,) set of each endpoint; -1 without a port
    meets: NDArray[np.bool_]  # (sets, sets)


class Found(NamedTuple):
    """Room for the legs of one pair, and for the NICs of two ends."""

    nic: NDArray[np.int64]
    out: NDArray[np.int64]
    share: NDArray[np.float64]
    here: NDArray[np.int64]
    there: NDArray[np.int64]


def found(most: int) -> Found:
    """Return room for legs between domains of ``most`` NICs."""
    (nic, out), (here, there) = np.zeros((2, 2 * most * most + 1), np.int64), np.zeros((2, most + 1), np.int64)
    return Found(nic, out, np.zeros(len(nic)), here, there)


@inner
def meet(meets: Any, a: int, b: int) -> bool:
    """Return whether island sets a and b have an island in common; b = -1 is any."""
    return bool(a >= 0 and (b < 0 or meets[a, b]))


@inner
def _ways(nics: Nics, islands: Islands, end: int, wanted: int, own: bool, nic: Any) -> int:
    """Write the NICs by which ``end`` reaches island set ``wanted``: its ``own`` port if that fits, or all that fit."""
    if own and meet(islands.meets, islands.of[end], wanted):
        nic[0] = end
        return 1
    n = 0
    for k in range(nics.first[nics.domain[end]], nics.first[nics.domain[end] + 1]):
        if meet(islands.meets, islands.of[nics.nics[k]], wanted):
            nic[n] = nics.nics[k]
            n += 1
    return n


@inner
def _one_side(
    nics: Nics, islands: Islands, src: int, dst: int, at_source: bool, own: bool, start: int, part: float, f: Any
) -> int:
    """Write from ``start`` on the legs with the relay on one side, ``part`` in all; return where they end."""
    far, near = (dst, src) if at_source else (src, dst)
    ends, end, total = _ways(nics, islands, far, -1, own, f.here), start, 0.0
    for k in range(ends):
        n = _ways(nics, islands, near, islands.of[f.here[k]], True, f.there)
        total += 1.0 / ends if n else 0.0
        for m in range(n):
            f.nic[end], f.out[end] = (f.there[m], f.here[k]) if at_source else (f.here[k], f.there[m])
            f.share[end] = part / ends / n
            end += 1
    for k in range(start, end):
        f.share[k] /= total
    return end


@inner
def _alive(nics: Nics, islands: Islands, end: int, nic: Any) -> int:
    """Write the NICs of the domain of ``end`` that have a port, by island set and number; return how many."""
    n = 0
    for k in range(nics.first[nics.domain[end]], nics.first[nics.domain[end] + 1]):
        e = nics.nics[k]
        if islands.of[e] < 0:
            continue
        m = n
        while m > 0 and (islands.of[nic[m - 1]], nic[m - 1]) > (islands.of[e], e):
            nic[m] = nic[m - 1]
            m -= 1
        nic[m] = e
        n += 1
    return n


@inner
def _by_all(nics: Nics, islands: Islands, src: int, dst: int, f: Any) -> int:
    """Write the legs by all NICs of both domains, paired island set by island set; return how many."""
    a, b = _alive(nics, islands, src, f.here), _alive(nics, islands, dst, f.there)
    n, total, i = 0, 0.0, 0
    while i < a:
        u, i_end = islands.of[f.here[i]], i
        while i_end < a and islands.of[f.here[i_end]] == u:
            i_end += 1
        j = 0
        while j < b:
            v, j_end = islands.of[f.there[j]], j
            while j_end < b and islands.of[f.there[j_end]] == v:
                j_end += 1
            mine, theirs = i_end - i, j_end - j
            for k in range(mine * theirs if islands.meets[u, v] else 0):
                x, y = k // theirs, k % theirs
                if mine == theirs and x != y:
                    continue
                f.nic[n], f.out[n] = f.here[i + x], f.there[j + y]
                f.share[n] = 1.0 if mine == theirs else 1.0 / max(mine, theirs)
                total += f.share[n]
                n += 1
            j = j_end
        i = i_end
    for k in range(n):
        f.share[k] /= total
    return n


@inner
def legs_of_pair(nics: Nics, islands: Islands, relay: int, src: int, dst: int, f: Any) -> int:
    """Write to ``f`` the legs of ``src -> dst``, in two domains; return how many, 0 where no leg can carry it.

    ``relay`` is one of RELAYS.
    """
    if relay == SPREAD:
        return _by_all(nics, islands, src, dst, f)
    a, b = islands.of[src], islands.of[dst]
    if b >= 0 and meet(islands.meets, a, b):
        f.nic[0], f.out[0], f.share[0] = src, dst, 1.0
        return 1
    if relay == _NONE and a >= 0 and b >= 0:
        return 0
    n = 0
    for side in range(2 if relay == _SPLIT else 1):
        at_source, part, start = relay != _DESTINATION and side == 0, 0.5 if relay == _SPLIT else 1.0, n
        for turn in range(3):
            if n == start:
                n = _one_side(nics, islands, src, dst, at_source == (turn != 1), turn < 2, start, part, f)
        if n == start:
            return 0
    return n
