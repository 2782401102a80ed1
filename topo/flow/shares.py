"""Shares of commodities on links, laid out so that what meets along a way is compared for all commodities at once.

A solver that takes passes over all links asks two things again and again: the least value on the way of each commodity,
and what each brings to all its links.  Where ways are short, first links lie together, then second ones, with
the commodities that have most in front: a handful of operations on plain arrays does it.  Long ways lie commodity by
commodity.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from topo.stored import Stored, ordered

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Links of the longest way up to which entries lie hop by hop.
SHORT = 16


class Layout(Protocol):
    """Where the entries of F commodities are."""

    def along(self, ufunc: np.ufunc, value: NDArray[Any]) -> NDArray[Any]:
        """Return (F,) ``ufunc`` over the ``value`` (nnz,) of each commodity."""

    def spread(self, value: NDArray[Any]) -> NDArray[Any]:
        """Return (nnz,) the ``value`` (F,) of the commodity of each entry."""

    def some(self, which: Ints) -> tuple[Ints, Layout]:
        """Return the entries of the commodities ``which``, ascending, and how they lie by themselves."""


class ByHop(NamedTuple):
    """First entries of all commodities, then second ones: commodities with more entries come first."""

    reach: tuple[int, ...]  # commodities that have a first, second .. entry

    def along(self, ufunc: np.ufunc, value: NDArray[Any]) -> NDArray[Any]:
        """Return (F,) ``ufunc`` over the ``value`` (nnz,) of each commodity."""
        result = value[: self.reach[0]].copy()
        for start, n in zip(accumulate(self.reach), self.reach[1:], strict=False):
            ufunc(result[:n], value[start : start + n], out=result[:n])
        return result

    def spread(self, value: NDArray[Any]) -> NDArray[Any]:
        """Return (nnz,) the ``value`` (F,) of the commodity of each entry."""
        return np.concatenate([value[:n] for n in self.reach]) if len(self.reach) > 1 else value

    def some(self, which: Ints) -> tuple[Ints, ByHop]:
        """Return the entries of the commodities ``which``, ascending, and how they lie by themselves."""
        count = [int(n) for n in np.searchsorted(which, self.reach) if n]
        starts = accumulate(self.reach, initial=0)
        entry = np.concatenate([which[:n] + start for n, start in zip(count, starts, strict=False)])
        return entry, ByHop(tuple(count))


class ByCommodity(NamedTuple):
    """All entries of the first commodity, then those of the second."""

    hops: Ints  # (F,) entries of each, one at least
    start: Ints  # (F,) first entry of each

    @classmethod
    def of(cls, length: NDArray[np.integer]) -> ByCommodity:
        """Return the layout of commodities with ``length`` (F,) entries."""
        hops = length.astype(np.int64, copy=False)
        return cls(hops, np.cumsum(hops) - hops)

    def along(self, ufunc: np.ufunc, value: NDArray[Any]) -> NDArray[Any]:
        """Return (F,) ``ufunc`` over the ``value`` (nnz,) of each commodity."""
        hops = int(self.hops[0])
        if hops <= SHORT and (self.hops == hops).all():
            table = value.reshape(-1, hops)
            result = table[:, 0].copy()
            for k in range(1, hops):
                ufunc(result, table[:, k], out=result)
            return result
        return np.asarray(ufunc.reduceat(value, self.start))

    def spread(self, value: NDArray[Any]) -> NDArray[Any]:
        """Return (nnz,) the ``value`` (F,) of the commodity of each entry."""
        return np.repeat(value, self.hops)

    def some(self, which: Ints) -> tuple[Ints, ByCommodity]:
        """Return the entries of the commodities ``which``, ascending, and how they lie by themselves."""
        part = ByCommodity.of(self.hops[which])
        entry = np.repeat(self.start[which] - part.start, part.hops)
        entry += np.arange(len(entry))
        return entry, part


class Shares(NamedTuple):
    """Shares R > 0 of F commodities on L links; each has one at least."""

    link: Ints  # (nnz,)
    share: Floats | None  # (nnz,); None where all are 1
    capacity: Floats  # (L,) [B/s]
    layout: Layout

    @classmethod
    def of(cls, shares: Stored, capacity: Floats) -> Shares:
        """Return ``shares`` (F, L) of links of ``capacity`` (L,), commodity by commodity."""
        share = None if (shares.data == 1.0).all() else shares.data
        return cls(shares.indices.astype(np.int64, copy=False), share, capacity, ByCommodity.of(shares.length))

    def by_hop(self) -> tuple[Shares, Ints]:
        """Return the same, hop by hop where ways are short, and which commodity (F,) each then is."""
        assert isinstance(self.layout, ByCommodity)
        hops, start = self.layout
        most = int(hops.max(initial=0))
        if not 0 < most <= SHORT:
            return self, np.arange(len(hops))
        order = ordered(most - hops, most) if hops.min() < most else np.arange(len(hops))
        count = np.searchsorted(-hops[order], -np.arange(most), side="left")
        ahead = start[order]
        entry = np.concatenate([ahead[:n] + k for k, n in enumerate(count.tolist())])
        share = None if self.share is None else self.share[entry]
        return Shares(self.link[entry], share, self.capacity, ByHop(tuple(count.tolist()))), order

    def only(self, which: Ints) -> tuple[Shares, Ints]:
        """Return the commodities ``which``, ascending, and which (L',) of the links they are on."""
        entry, layout = self.layout.some(which)
        link, used = self.link[entry], np.zeros(len(self.capacity), dtype=bool)
        used[link] = True
        kept, number = np.flatnonzero(used), np.cumsum(used) - 1
        share = None if self.share is None else self.share[entry]
        return Shares(number[link], share, self.capacity[kept], layout), kept
