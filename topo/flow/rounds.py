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

from topo.flow.levels import SMALL, TIE, frozen, least_levels, levels, too_slow
from topo.flow.shares import Floats, Ints, Shares
from topo.islands import islands


class Rest(NamedTuple):
    """Commodities that have not ended, ascending."""

    who: Ints  # (n,)
    left: Floats  # (n,) [bytes]
    now: Floats  # (n,) [s] time of the part of each


def at_once(shares: Shares, size: Floats, phases: Ints) -> tuple[Floats, NDArray[np.int32]] | None:
    """Return when each commodity ends (F,) [s] and the link (F,) that holds it back, where one pass tells.

    It does where nobody is frozen later and all of each phase end together: nothing is filled again.  ``phases`` are
    the first commodities of those that share no links.  Collectives are so, and all-to-all at once.
    """
    level, low = least_levels(shares)
    end = size / low
    if (np.maximum.reduceat(end, phases) > np.minimum.reduceat(end, phases) * (1.0 + TIE)).any():
        return None
    by = frozen(shares, level, low)
    return None if by.max() == len(level) else (end, by.astype(np.int32))


def in_rounds(shares: Shares, size: Floats) -> tuple[Floats, NDArray[np.int32], Rest]:
    """Return when each commodity ends (F,) [s], the link (F,) that held it back last, and who has not ended.

    All of ``size`` (F,) [bytes] start at time zero; infinite and -1 of those who have not ended.
    """
    n = len(size)
    finish, tight = np.full(n, np.inf), np.full(n, -1, dtype=np.int32)
    shares, who = shares.by_hop()
    rest, name = Rest(who, size[who], np.zeros(n)), np.arange(len(shares.capacity))
    part = None
    while len(rest.who) and (filled := levels(shares)) is not None:
        rate, by = filled
        end = rest.now + rest.left / rate
        if part is None and end.max() > end.min() * (1.0 + TIE):
            part = parts(shares)
        at, due = _next(end, part)
        ended, going_on = np.flatnonzero(due), np.flatnonzero(~due)
        finish[rest.who[ended]], tight[rest.who[ended]] = end[ended], name[by[ended]]
        at = at[going_on]
        left = np.maximum(rest.left[going_on] - rate[going_on] * (at - rest.now[going_on]), 0.0)
        rest = Rest(rest.who[going_on], left, at)
        if part is None or not len(rest.who):
            break
        part = part[going_on]
        if too_slow(len(ended), len(due)) and np.bincount(part).max() > SMALL:
            break
        shares, kept = shares.only(going_on)
        name = name[kept]
    order = np.argsort(rest.who)
    return finish, tight, Rest(rest.who[order], rest.left[order], rest.now[order])


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
    one = shares.layout.along(np.minimum, shares.link)
    other, one = shares.link, shares.layout.spread(one)
    joins = np.flatnonzero(one != other)
    joined = islands(one[joins], other[joins], len(shares.capacity))
    return np.asarray(shares.layout.along(np.minimum, joined[shares.link]))
