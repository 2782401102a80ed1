"""Completion times in rounds: a round is the next end of every part at once, in plain numpy.

Commodities that no chain of shared links connects never notice each other, so each such part has a clock of its own,
and a round takes every part to its next end.  It takes as many rounds as the part with most ends has: one where all
end together, as collectives do, some tens where 65,536 single paths fall into parts of tens.  No compiler is loaded for
that.  Where parts are large and end one by one, what is left goes to the kernel, which fills again
only those who notice (``topo.kernels.refilling``).

Limits. Fluid: no latency, no start-up, no queueing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.flow.levels import SMALL, TIE, Floats, Ints, Shares, levels, too_slow
from topo.islands import islands


class Rest(NamedTuple):
    """Commodities that have not ended."""

    who: Ints  # (n,)
    left: Floats  # (n,) [bytes]
    now: Floats  # (n,) [s] time of the part of each


def in_rounds(shares: Shares, size: Floats) -> tuple[Floats, NDArray[np.int32], Rest]:
    """Return when each commodity ends (F,) [s], the link (F,) that held it back last, and who has not ended.

    All of ``size`` (F,) [bytes] start at time zero; infinite and -1 of those who have not ended.
    """
    n = len(size)
    finish, tight = np.full(n, np.inf), np.full(n, -1, dtype=np.int32)
    rest, name = Rest(np.arange(n), size, np.zeros(n)), np.arange(len(shares.capacity))
    part = None
    while len(rest.who) and (filled := levels(shares)) is not None:
        rate, by = filled
        end = rest.now + rest.left / rate
        if part is None and end.max() > end.min() * (1.0 + TIE):
            part = parts(shares)
        at, due = _next(end, part)
        finish[rest.who[due]], tight[rest.who[due]] = end[due], name[by[due]]
        go_on = ~due
        left = np.maximum(rest.left - rate * (at - rest.now), 0.0)
        rest = Rest(rest.who[go_on], left[go_on], at[go_on])
        if part is None or not len(rest.who):
            return finish, tight, rest
        part = part[go_on]
        if too_slow(due) and np.bincount(part).max() > SMALL:
            return finish, tight, rest
        shares, kept = shares.only(go_on)
        name = name[kept]
    return finish, tight, rest


def _next(end: Floats, part: NDArray[np.int32] | None) -> tuple[Floats, NDArray[np.bool_]]:
    """Return when somebody of its part (F,) ends next, for each commodity that would at ``end``; and who does."""
    if part is None:
        return np.full(len(end), end.min()), np.ones(len(end), dtype=bool)
    first = np.full(int(part.max()) + 1, np.inf)
    np.minimum.at(first, part, end)
    at = first[part]
    return at, end <= at * (1.0 + TIE)


def parts(shares: Shares) -> NDArray[np.int32]:
    """Return (F,) the part of each commodity: those that a chain of shared links connects."""
    start = shares.start
    others = np.ones(len(shares.link), dtype=bool)
    others[start] = False
    joined = islands(np.repeat(shares.link[start], shares.hops - 1), shares.link[others], len(shares.capacity))
    return np.asarray(joined[shares.link[start]])
