"""Max-min fair rates by passes over all links at once, in plain numpy.

The level of a link is the rate at which those still rising on it would fill it.  Levels only rise as others freeze
elsewhere, so a link that no commodity on it can leave for a lower level fills at its own: a pass freezes what is on
all such links at once, however far apart their levels are.  Few passes do where ways are short, and no compiler is
loaded for them; a long chain of links that fill one after the other takes a pass each, and is left to the kernel
(``topo.kernels.filling``).

Sums are kept in two parts, multiples of a step that add up without rounding, and what is left over: the order of
links and commodities never shows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.flow.shares import Floats, Ints, Shares

#: Levels that differ by less, relatively, fill together: as in the kernel.
TIE = 1e-13
#: Binary digits of a sum that are kept without rounding.
DIGITS = 52
#: Commodities up to which passes go on whatever they freeze; of more, one in so many has to freeze in each.
SMALL, SLOWEST = 64, 8


class Sums(NamedTuple):
    """Sums (n,) in two parts: multiples of a step, and what is left."""

    whole: Floats
    rest: Floats

    @classmethod
    def of(cls, index: Ints, value: Floats, n: int, most: float) -> Sums:
        """Return the sums of ``value`` by ``index``, none of them above ``most``."""
        step = 2.0 ** (np.frexp(most)[1] - DIGITS)
        whole = value / step
        np.rint(whole, out=whole)
        whole *= step
        parts = (np.bincount(index, part, n) for part in (whole, value - whole))
        return cls(*(np.asarray(part, dtype=np.float64) for part in parts))


def levels(shares: Shares) -> tuple[Floats, Ints] | None:
    """Return the max-min fair rate (F,) [B/s] of each commodity and the link (F,) that froze it.

    None where passes freeze too few of them (SMALL, SLOWEST).
    """
    level, low = least_levels(shares)
    by = frozen(shares, level, low)
    rate, tight, rising, name = low, by, np.arange(len(by)), np.arange(len(level))
    used = Sums(np.zeros(len(level)), np.zeros(len(level)))
    most = float(shares.capacity.max(initial=0.0))
    while True:
        fills = by < len(level)
        going_on = np.flatnonzero(~fills)
        if len(rising) < len(rate):
            done = np.flatnonzero(fills)
            rate[rising[done]], tight[rising[done]] = low[done], name[by[done]]
        if not len(going_on):
            return rate, tight
        if too_slow(len(by) - len(going_on), len(by)):
            return None
        left, kept = shares.only(going_on)
        used = Sums(*(old[kept] + new for old, new in zip(used, _taken(shares, kept, fills, low, most), strict=True)))
        shares, rising, name = left, rising[going_on], name[kept]
        level, low = least_levels(shares, used)
        by = frozen(shares, level, low)


def _taken(shares: Shares, kept: Ints, fills: NDArray[np.bool_], low: Floats, most: float) -> Sums:
    """Return what those that are frozen, ``fills`` (F,), at ``low`` (F,) take of the links ``kept`` (L',)."""
    place = np.full(len(shares.capacity), -1)
    place[kept] = np.arange(len(kept))
    at = place[shares.link]
    entry = np.flatnonzero((at >= 0) & shares.layout.spread(fills))
    carried = shares.layout.spread(low)[entry]
    if shares.share is not None:
        carried *= shares.share[entry]
    return Sums.of(at[entry], carried, len(kept), most)


def _weight(shares: Shares) -> NDArray[np.number]:
    """Return (L,) the sum of shares on each link."""
    n, share = len(shares.capacity), shares.share
    if share is None or (share == share[0]).all():
        count = np.bincount(shares.link, minlength=n)
        return count if share is None else np.asarray(count * share[0])
    sums = Sums.of(shares.link, share, n, float(share.max()) * len(shares.link))
    return sums.whole + sums.rest


def too_slow(done: int, n: int) -> bool:
    """Return whether a step that gets ``done`` of ``n`` is one of too many."""
    return n > SMALL and done * SLOWEST < n


def least_levels(shares: Shares, used: Sums | None = None) -> tuple[Floats, Floats]:
    """Return the level (L,) of each link, ``used`` (L,) by others, and the least (F,) on the way of each commodity."""
    whole = _weight(shares)
    room = shares.capacity if used is None else np.maximum((shares.capacity - used.whole) - used.rest, 0.0)
    level = np.divide(room, whole, out=np.full(len(room), np.inf), where=whole > 0.0)
    return level, shares.layout.along(np.minimum, level[shares.link])


def frozen(shares: Shares, level: Floats, low: Floats) -> Ints:
    """Return the link (F,) that freezes each commodity, at the ``low`` (F,) of ``level`` (L,) on its way; L where none.

    Nobody on such a link can leave it for a lower level.
    """
    n, link, layout = len(level), shares.link, shares.layout
    least = np.full(n, low.min(initial=np.inf))
    if low.max(initial=0.0) > low.min(initial=np.inf):
        least.fill(np.inf)
        np.minimum.at(least, link, layout.spread(low))
    fills = np.where(level <= least * (1.0 + TIE), np.arange(n), n)
    return layout.along(np.minimum, fills[link])
