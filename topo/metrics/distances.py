"""Distances in cables: how many pairs of endpoints, or of switches, are how far apart.

Endpoints never forward, so a path runs over switches only: its length between two
endpoints is that between their switches plus the two endpoint cables.  Searches
run breadth first from many sources at once, one bit a source.

One source an orbit stands for all of its orbit.  Switches with the same neighbours are twins: to swap two of
them changes nothing else, so they are as far from everyone.  Where twins leave more than a word of
sources, the automorphisms that the fabric states, which take longer to test, join more of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric, NodeKind
from topo.islands import changes, distinct, islands
from topo.noise import noise

_WORD = 64  # sources in a machine word
_COMPILED_VISITS = 500_000_000  # sources x links from which compiled code is worth its loading time of half a second
_BLOCK_BYTES = 64 * 2**20  # of one block's gathered frontier

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Distances:
    """Ordered pairs by distance; pairs that are not connected are left out."""

    pairs_at: NDArray[np.float64]  # (D + 1,) connected pairs at each distance, 0 first
    unconnected: float  # pairs without any path

    @property
    def diameter(self) -> int | None:
        """Largest distance; None where no pair is connected."""
        return int(np.flatnonzero(self.pairs_at)[-1]) if self.pairs_at.any() else None

    @property
    def mean(self) -> float | None:
        """Mean distance; None where no pair is connected."""
        total = self.pairs_at.sum()
        return float(self.pairs_at @ np.arange(len(self.pairs_at)) / total) if total else None


@dataclass(frozen=True)
class Attachment:
    """Endpoints classed by the set of switches that they have ports on."""

    of: Ints  # (E,) class of each endpoint; -1 without a port
    count: Ints  # (C,) endpoints of each class
    switches: Ints  # (C, most ports) node numbers, filled up with the first one

    @classmethod
    def to(cls, fabric: Fabric) -> Attachment:
        """Return the classes of the endpoints of ``fabric``."""
        ports, _ = fabric.end_links()
        tail, head = fabric.tail[ports], fabric.head[ports].astype(np.int64)
        degree = np.bincount(tail, minlength=fabric.n_endpoints)
        start = np.concatenate([[0], np.cumsum(degree)])
        bearing = np.flatnonzero(degree)
        column = np.arange(int(degree.max(initial=1)))
        offset = np.where(column < degree[bearing, None], column, 0)
        ports_of = head[start[bearing, None] + offset]
        new = changes(ports_of)  # neighbours are mostly on the same switches: few rows are left to compare
        rows, number = np.unique(ports_of[new], axis=0, return_inverse=True)
        of = np.full(fabric.n_endpoints, -1, dtype=np.int64)
        of[bearing] = number.ravel()[np.cumsum(new) - 1]
        return cls(of, np.bincount(of[bearing], minlength=len(rows)), rows)


@dataclass(frozen=True, eq=False)
class Switches:
    """Pairs of neighbouring switches, numbered from 0, and which of them are twins."""

    tail: Ints  # (P,) of every directed pair, parallel cables merged; sorted, then by head
    head: Ints  # (P,)
    twin: Ints  # (S,) the least switch that has the same neighbours

    @classmethod
    def of(cls, fabric: Fabric) -> Switches:
        """Return the switches of ``fabric``."""
        tail, head = switch_neighbours(fabric)
        return cls(tail, head, twins(tail, head, fabric.n_switches))


def endpoint_distances(fabric: Fabric, switches: Switches | None = None) -> Distances:
    """Return the distances between endpoints that switches connect, both endpoint cables counted.

    ``switches`` are those of the fabric, where they are at hand.
    """
    attachment, known = Attachment.to(fabric), switches or Switches.of(fabric)
    base, n = fabric.n_nodes - fabric.n_switches, len(attachment.count)
    weight, alike = attachment.count.astype(np.float64), _twin_stations(fabric, attachment, known.twin)

    pairs = ((attachment.of, attachment.of[moved[: fabric.n_endpoints]]) for moved in fabric.symmetry)
    moves = ((a[(a >= 0) & (b >= 0)], b[(a >= 0) & (b >= 0)]) for a, b in pairs)
    at = _pairs_at(fabric, known, attachment.switches - base, weight, _orbits(n, alike, moves))
    at[:1] -= weight.sum()  # an endpoint is no pair with itself
    everyone = float(fabric.n_endpoints) * (fabric.n_endpoints - 1)
    return Distances(np.concatenate([[0.0, 0.0], at]), everyone - at.sum())


def switch_distances(fabric: Fabric, switches: Switches | None = None) -> Distances:
    """Return the distances between switches; those of different planes are not connected.

    ``switches`` are those of the fabric, where they are at hand.
    """
    n, known = fabric.n_switches, switches or Switches.of(fabric)
    base = fabric.n_nodes - n
    moves = ((np.arange(n), moved[base:].astype(np.int64) - base) for moved in fabric.symmetry)
    at = _pairs_at(fabric, known, np.arange(n)[:, None], np.ones(n), _orbits(n, known.twin, moves))
    at[:1] = 0.0
    return Distances(at, float(n) * (n - 1) - at.sum())


def switch_neighbours(fabric: Fabric) -> tuple[Ints, Ints]:
    """Return tail and head of every directed pair of neighbouring switches, numbered from 0, parallel cables merged."""
    base = fabric.kind.searchsorted(NodeKind.LEAF)
    between = np.flatnonzero(fabric.is_switch_link)
    tail, head = fabric.tail[between], fabric.head[between]
    once = np.flatnonzero(changes(tail) | changes(head))  # parallel cables are next to each other
    return tail[once].astype(np.int64) - base, head[once].astype(np.int64) - base


def twins(tail: Ints, head: Ints, n: int) -> Ints:
    """Return (n,) for each switch the least one that has the same neighbours, given as sorted pairs.

    Neighbours are compared by sums of numbers that follow no rule, and those that agree one by one.
    """
    first = np.searchsorted(tail, np.arange(n + 1))
    look = np.bincount(tail, noise(n)[head], n)
    _, example, number = np.unique(look, return_index=True, return_inverse=True)
    least = example[number]
    degree = np.diff(first)
    same = degree == degree[least]
    shift = (first[least] - first[:-1])[tail]
    compared = same[tail]
    other = head.copy()
    other[compared] = head[np.arange(len(tail))[compared] + shift[compared]]
    same[tail[other != head]] = False
    return np.where(same, least, np.arange(n)).astype(np.int64)


def _twin_stations(fabric: Fabric, attachment: Attachment, twin: Ints) -> Ints:
    """Return (C,) for each class of endpoints the least one on twins of its switches, of as many endpoints.

    To swap the switches of two of them, one by one, swaps them, where no switch has endpoints of a third.
    """
    n, base = len(attachment.count), fabric.n_nodes - fabric.n_switches
    own = np.sort(attachment.switches - base, axis=1)
    once = np.diff(own, axis=1, prepend=-1) > 0
    if np.bincount(own[once], minlength=1).max() > 1:
        return np.arange(n)
    rows = np.column_stack([np.sort(np.where(once, twin[own], -1), axis=1), attachment.count])
    _, example, number = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return np.asarray(example[number.ravel()], dtype=np.int64)


def _orbits(n: int, alike: Ints, moves: Iterable[tuple[Ints, Ints]]) -> Ints:
    """Return (n,) the least member of each one's orbit, where ``alike`` (n,) is one of it.

    The maps a -> b of ``moves`` are asked for one after another while more orbits are left than are searched from at
    once.
    """
    least, maps = alike, iter(moves)
    while np.count_nonzero(np.bincount(least, minlength=n)) > _WORD and (pair := next(maps, None)) is not None:
        label = islands(np.concatenate([np.arange(n), pair[0]]), np.concatenate([least, pair[1]]), n)
        least = np.full(n, n, dtype=np.int64)
        np.minimum.at(least, label, np.arange(n))
        least = least[label]
    return np.asarray(least)


def _pairs_at(
    fabric: Fabric, known: Switches, switches: Ints, weight: NDArray[np.float64], orbit: Ints
) -> NDArray[np.float64]:
    """Return (D + 1,) pairs of stations by the least distance between their switches, pairs with oneself included.

    Station i sits on the switches ``switches[i]`` (numbered from 0) and stands for ``weight[i]`` members.
    """
    tail, head = known.tail, known.head
    stands_for = np.bincount(orbit, weight, len(weight)).astype(np.float64)
    if np.count_nonzero(stands_for) * len(head) > _COMPILED_VISITS:
        return _compiled(tail, head, switches, weight, stands_for)
    total = np.zeros(1)
    for block in _blocks(stands_for, len(head)):
        frontier = np.zeros((fabric.n_switches, -(-len(block) // _WORD)), dtype=np.uint64)
        bit = np.arange(len(block))
        for column in switches[block].T:
            np.bitwise_or.at(frontier, (column, bit // _WORD), np.uint64(1) << (bit % _WORD).astype(np.uint64))
        at = _search(frontier, tail, head, switches, weight) * stands_for[block[0]]
        wide = max(len(at), len(total))
        total = np.pad(total, (0, wide - len(total))) + np.pad(at, (0, wide - len(at)))
    return total


def _compiled(
    tail: Ints, head: Ints, switches: Ints, weight: NDArray[np.float64], stands_for: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what ``_pairs_at`` does, some twenty times faster, at the price of loading compiled code."""
    from topo.kernels.distance import distance_histogram

    first = np.searchsorted(tail, np.arange(max(int(head.max()), int(switches.max())) + 2)).astype(np.int64)
    total = np.zeros(len(first))
    for value in distinct(stands_for[stands_for > 0]):
        sources = switches[stands_for == value]
        total += value * distance_histogram(first, head.astype(np.int32), sources, switches, weight)
    return total[: np.flatnonzero(total)[-1] + 1]


def _blocks(stands_for: NDArray[np.float64], n_links: int) -> Iterator[Ints]:
    """Yield sources of equal standing, so many at once as memory allows; only those that stand for someone."""
    most = _WORD * max(1, _BLOCK_BYTES // (8 * max(n_links, 1)))
    for value in distinct(stands_for[stands_for > 0]):
        same = np.flatnonzero(stands_for == value)
        yield from np.array_split(same, -(-len(same) // most))


def _search(
    frontier: NDArray[np.uint64], tail: Ints, head: Ints, switches: Ints, weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (D + 1,) members that the sources of ``frontier`` (S, words) first reach at each distance."""
    inner, start = np.unique(tail, return_index=True)
    reached = frontier.copy()
    seen = np.zeros((len(switches), frontier.shape[1]), dtype=np.uint64)
    counts: list[float] = []
    while frontier.any():
        arrived = np.bitwise_or.reduce(reached[switches], axis=1) if switches.shape[1] > 1 else reached[switches[:, 0]]
        new = arrived & ~seen
        seen |= arrived
        counts.append(float(weight @ np.bitwise_count(new).sum(axis=1, dtype=np.int64)))
        grown = np.zeros_like(frontier)
        if len(inner):
            grown[inner] = np.bitwise_or.reduceat(frontier[head], start, axis=0)
        frontier = grown & ~reached
        reached |= frontier
    return np.array(counts)
