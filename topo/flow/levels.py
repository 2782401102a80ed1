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

from topo.stored import Stored

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Levels that differ by less, relatively, fill together: as in the kernel.
TIE = 1e-13
#: Binary digits of a sum that are kept without rounding.
DIGITS = 52
#: Commodities up to which passes go on whatever they freeze; of more, one in so many has to freeze in each.
SMALL, SLOWEST = 64, 8


class Shares(NamedTuple):
    """Shares R > 0 of F commodities on L links, commodity by commodity; each has one at least."""

    link: Ints  # (nnz,)
    share: Floats  # (nnz,)
    hops: Ints  # (F,) entries of each commodity
    capacity: Floats  # (L,) [B/s]

    @classmethod
    def of(cls, shares: Stored, capacity: Floats) -> Shares:
        """Return ``shares`` (F, L) of links of ``capacity`` (L,)."""
        link, hops = (part.astype(np.int64, copy=False) for part in (shares.indices, shares.length))
        return cls(link, shares.data, hops, capacity)

    def only(self, some: NDArray[np.bool_]) -> tuple[Shares, Ints]:
        """Return the commodities that are among ``some`` (F,), and which (L',) of the links they are on."""
        entry = np.repeat(some, self.hops)
        link, used = self.link[entry], np.zeros(len(self.capacity), dtype=bool)
        used[link] = True
        kept, number = np.flatnonzero(used), np.cumsum(used) - 1
        return Shares(number[link], self.share[entry], self.hops[some], self.capacity[kept]), kept

    @property
    def start(self) -> Ints:
        """(F,) first entry of each commodity."""
        return np.cumsum(self.hops) - self.hops


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
    n = len(shares.hops)
    rate, tight = np.empty(n), np.empty(n, dtype=np.int64)
    rising, name = np.arange(n), np.arange(len(shares.capacity))
    used = Sums(np.zeros(len(name)), np.zeros(len(name)))
    most = float(shares.capacity.max(initial=0.0))
    while True:
        level, by = _frozen(shares, used)
        done = by >= 0
        rate[rising[done]], tight[rising[done]] = level[done], name[by[done]]
        if done.all():
            return rate, tight
        if too_slow(done):
            return None
        entry = np.repeat(done, shares.hops)
        carried = shares.share[entry] * np.repeat(level[done], shares.hops[done])
        more = Sums.of(shares.link[entry], carried, len(shares.capacity), most)
        shares, kept = shares.only(~done)
        used = Sums(*(old[kept] + new[kept] for old, new in zip(used, more, strict=True)))
        rising, name = rising[~done], name[kept]


def _weight(shares: Shares) -> Floats:
    """Return (L,) the sum of shares on each link."""
    n, one = len(shares.capacity), shares.share[0]
    if (shares.share == one).all():
        return np.asarray(np.bincount(shares.link, minlength=n) * one)
    sums = Sums.of(shares.link, shares.share, n, float(shares.share.max()) * len(shares.link))
    return sums.whole + sums.rest


def too_slow(done: NDArray[np.bool_]) -> bool:
    """Return whether a step that gets as many ``done`` (n,) is one of too many."""
    return len(done) > SMALL and int(np.count_nonzero(done)) * SLOWEST < len(done)


def _frozen(shares: Shares, used: Sums) -> tuple[Floats, Ints]:
    """Return the least level (F,) on the way of each commodity, and the link that freezes it there; -1 where none."""
    n, start = len(shares.capacity), shares.start
    room = np.maximum((shares.capacity - used.whole) - used.rest, 0.0)
    whole = _weight(shares)
    level = np.divide(room, whole, out=np.full(n, np.inf), where=whole > 0.0)
    low = np.minimum.reduceat(level[shares.link], start)
    least = np.full(n, np.inf)
    np.minimum.at(least, shares.link, np.repeat(low, shares.hops))
    fills = np.where(level <= least * (1.0 + TIE), np.arange(n), n)
    by = np.minimum.reduceat(fills[shares.link], start)
    return low, np.where(by < n, by, -1)
