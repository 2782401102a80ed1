"""Arcs and shares of pairs of sites, written down one pair after the other: for what looks at single commodities."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import in_blocks
from topo.kernels.columns import shares_of_pairs
from topo.kernels.sweep import Arcs, Ports, room
from topo.routing.operator import MAX_ENTRIES, Floats, Ints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    T = TypeVar("T")


class Pairs(NamedTuple):
    """Pairs of sites: those toward ``sites[i]`` come from ``source[first[i]:first[i + 1]]``."""

    sites: Ints
    first: Ints
    source: Ints

    def toward(self, start: int, stop: int) -> Pairs:
        """Return the pairs toward the sites ``start:stop`` alone."""
        first = self.first[start : stop + 1]
        return Pairs(self.sites[start:stop], first - first[0], self.source[first[0] : first[-1]])


class Listed(NamedTuple):
    """Arcs of pairs: those of pair p are ``arc[start[p]:start[p + 1]]``, with their shares."""

    start: Ints  # (pairs + 1,)
    arc: NDArray[np.int32]
    share: Floats


def listed_arcs(
    arcs: Arcs, ports: Ports, pairs: Pairs, kept: NDArray[np.bool_], *, most: int = MAX_ENTRIES
) -> Listed | None:
    """Return the ``kept`` arcs (A,) of each pair; None where they are more than ``most``."""
    none = np.empty(0, np.int32), np.empty(0)

    def swept(work: Callable[[int, int], T]) -> Iterator[T]:
        return in_blocks(work, len(pairs.sites), visits=2.0 * len(pairs.sites) * (len(arcs.tail) + 1))

    def counted(a: int, b: int) -> Ints:
        sites, first, source = pairs.toward(a, b)
        count = np.zeros(len(source) + 1, dtype=np.int64)
        shares_of_pairs(arcs, ports, kept, sites, first, source, count, *none, room(arcs))
        return count[1:]

    counts, n = [np.zeros(1, dtype=np.int64)], 0
    for some in swept(counted):
        counts.append(some)
        n += int(some.sum())
        if n > most:
            return None
    start = np.concatenate(counts).cumsum()

    def filled(a: int, b: int) -> tuple[NDArray[np.int32], Floats]:
        sites, first, source = pairs.toward(a, b)
        here = start[pairs.first[a] : pairs.first[b] + 1] - start[pairs.first[a]]
        some = np.empty(here[-1], np.int32), np.empty(here[-1])
        shares_of_pairs(arcs, ports, kept, sites, first, source, here, *some, room(arcs))
        return some

    arc, share, end = np.empty(n, np.int32), np.empty(n), 0
    for found in swept(filled):
        begin, end = end, end + len(found[0])
        arc[begin:end], share[begin:end] = found
    return Listed(start, arc, share)
