"""Drawn paths of many pairs, walked again whenever they are asked for: 16.7 million take a byte each.

What links carry is counted in whole parts of a unit (``counted``), so that sums are the same for any number of
threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from topo.kernels import in_blocks, n_threads
from topo.kernels.feedback import drawn_again
from topo.kernels.skipping import around
from topo.kernels.sweep import FAR, Ports, room
from topo.kernels.walks import RECORD, Sets, Ways, along, distances, listed, loaded, next_links
from topo.routing.network import Network
from topo.routing.operator import Floats, Ints

T = TypeVar("T")

#: Cells of tables of destination sites and switches held at a time, 8 bytes each; more are made again at every walk.
MOST_CELLS = 2**25
#: Sites whose pairs stand sorted by source: what leads to neighbours lies together in memory, as what leads away does.
TILE = 8
#: Paths that are laid at a time, while those before them leave loaded links.
BLOCK_PATHS = 2**15
#: Bits of the sum of all amounts that are no multiples of the least one.
SUM_BITS = 62


class Part(NamedTuple):
    """Tables toward some sites, and the places ``start:stop`` of the pairs that go there."""

    ways: Ways
    hops: int  # that no path has more of
    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class Toward:
    """Tables toward ``sites`` (n,) of destinations, ``step`` of them at a time."""

    network: Network
    sites: Ints
    step: int
    edge: Ints  # (n / step + 1,) where the pairs toward each step of them start

    def __iter__(self) -> Iterator[Part]:
        if len(self._firsts) <= 1:
            return iter(self._kept)
        return map(self._part, self._firsts)

    @property
    def _firsts(self) -> range:
        return range(0, len(self.sites), self.step)

    @cached_property
    def _kept(self) -> list[Part]:
        return [self._part(first) for first in self._firsts]

    def _part(self, first: int) -> Part:
        network, sites = self.network, self.sites[first : first + self.step]
        fabric = network.fabric
        arcs, ports, dist, row = network.arcs, network.ports, np.empty((len(sites), len(network.island)), np.int32), 0

        def near(start: int, stop: int) -> NDArray[np.int32]:
            some = np.full((stop - start, len(arcs.first) - 1), FAR, np.int32)
            distances(arcs, ports, sites[start:stop], some, room(arcs))
            return some

        for some in network.sweep(near, len(sites)):
            dist[row : row + len(some)] = some
            row += len(some)
        entry, pool = _next_links(network, sites, dist)
        port, site = network.port, network.site
        ways = Ways(network.base, fabric.head, fabric.reverse, port, site, dist, entry, pool)
        hops = int(dist[dist < FAR].max(initial=0)) + 2 * int(network.ports.weight.max(initial=1))
        return Part(ways, hops, *self.edge[first // self.step : first // self.step + 2].tolist())


def _next_links(network: Network, sites: Ints, dist: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return where to go on from every switch toward ``sites``, and the records that this speaks of."""
    entry, pools, used, first = np.empty_like(dist), [np.zeros(1, np.int32)], 1, 0
    links, ports = network.links, network.ports

    def work(start: int, stop: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        some = np.full((len(sites), stop - start), -1, np.int32)
        return some, next_links(links, ports, sites, dist, start, stop, some)

    n = dist.shape[1]
    for some, pool in in_blocks(work, n, visits=float(len(sites)) * network.fabric.n_links):
        some[some <= RECORD] -= used - 1
        entry[:, first : first + some.shape[1]] = some
        first += some.shape[1]
        pools.append(pool[1:])
        used += len(pool) - 1
    return entry, np.concatenate(pools)


@dataclass(frozen=True, eq=False)
class Walks:
    """Sets of drawn paths of P pairs, which stand at places sorted by where they go, then by where they start."""

    toward: Toward
    sets: Sets
    order: Ints  # (P,) the pair, as given, at each place

    @classmethod
    def of(cls, network: Network, seed: int, src: Ints, dst: Ints, paths: int) -> Walks:
        """Return ``paths`` drawn paths from each ``src`` to its ``dst`` (P,)."""
        sites, at = np.unique(network.site[dst], return_inverse=True)
        step = TILE * max(1, MOST_CELLS // (TILE * max(1, len(network.island))))
        order = np.lexsort((network.site[src], at // TILE))
        at = at[order]
        toward = Toward(network, sites, step, np.searchsorted(at // step, np.arange(-(-len(sites) // step) + 1)))
        turn = np.zeros((len(src), paths), np.uint8)
        return cls(toward, Sets(src[order], dst[order], at % step, turn, np.uint64(seed % 2**64)), order)

    @property
    def network(self) -> Network:
        """The network that paths lie in."""
        return self.toward.network

    @property
    def paths(self) -> int:
        """Paths of a pair."""
        return int(self.sets.turn.shape[1])

    def load(self, amount: Floats) -> Floats:
        """Return (L,) what links carry where pairs send ``amount`` (P,), evenly over their paths."""
        count, unit = _counted(amount[self.order], self.paths)
        return np.asarray(self.counts(count) * (unit / self.paths), dtype=np.float64)

    def counts(self, count: Ints) -> Ints:
        """Return (L,) what links carry where every path of the pair at place p carries ``count[p]``."""
        ports, sets, sums = self.network.ports, self.sets, _Sums(self.network.fabric.n_links)

        def work(part: Part, start: int, stop: int) -> Ints | None:
            load = sums.take()
            loaded(part.ways, ports, sets, part.hops, start, stop, count, load)
            return sums.give(load)

        for part in self.toward:
            for load in self._in_blocks(part, work):
                sums.add(load)
        return sums.total()

    def along(self, value: Floats, *, least: bool) -> Floats:
        """Return (P,) the mean over each pair's paths of ``value`` (L,) summed along them, or the least of any."""
        ports, sets, value = self.network.ports, self.sets, np.array(value, dtype=np.float64)

        def work(part: Part, start: int, stop: int) -> Floats:
            some = np.empty(stop - start)
            along(part.ways, ports, sets, part.hops, start, stop, value, least, some)
            return some

        given = np.empty(len(self.order))
        for rows, some in self._walked(work):
            given[rows] = some
        return given

    def fed_back(self, amount: Floats, *, over: float, quiet: int, most: int) -> tuple[Walks, int, bool]:
        """Return the sets after rounds in which loaded paths go where they find better ones, and how many there were.

        Pairs send ``amount`` (P,) [bytes].  A path is loaded where it is fuller than the mean of its set by a share
        ``over``.  The last of the answers is whether no path moved, or ``quiet`` rounds in a row left the
        fullest link as full as it was, before there were ``most`` rounds.
        """
        count, unit = _counted(amount[self.order], self.paths)
        walks = replace(self, sets=self.sets._replace(turn=self.sets.turn.copy()))
        load, capacity = self.counts(count), self.network.fabric.capacity
        unit /= self.paths
        full = load * unit / capacity
        still, rounds, least = 0, 0, float(full.max(initial=0.0))
        while still < quiet and rounds < most:
            rounds, moved = rounds + 1, 0
            for part in self.toward:
                for start, stop, paths in walks._laid(part):
                    at = walks._at(part, start, stop)
                    moved += drawn_again(*at, paths, load, full, capacity, count, unit, over, rounds)
            fullest = float(full.max(initial=0.0))
            still = still + 1 if fullest >= least else 0
            least = fullest
            if not moved:
                return walks, rounds, True
        return walks, rounds, still == quiet

    def _laid(self, part: Part) -> Iterator[tuple[int, int, NDArray[np.int32]]]:
        """Yield some pairs of ``part`` and their paths (pairs, paths, hops + 1), while a thread lays those of the next.

        Where a path goes hangs on its own draws alone, so others may leave loaded links meanwhile.
        """
        step = max(1, BLOCK_PATHS // self.paths)

        def lay(start: int) -> tuple[int, int, NDArray[np.int32]]:
            stop = min(start + step, part.stop)
            paths = np.empty((stop - start, self.paths, part.hops + 1), np.int32)
            listed(*self._at(part, start, stop), paths)
            return start, stop, paths

        yield from _ahead(lay, range(part.start, part.stop, step))

    def listed(self, dead: NDArray[np.bool_] | None = None) -> NDArray[np.int32]:
        """Return (P x paths, hops) the links of all paths, pairs as given; -1 where a path has ended.

        Each switch and NIC skips next hops that are ``dead`` (L,); a path that meets no other ends with a dead link.
        """
        ports, sets, most = self.network.ports, self.sets, int(np.diff(self.network.fabric.first).max(initial=1))

        def work(part: Part, start: int, stop: int) -> NDArray[np.int32]:
            some = np.full((stop - start, sets.turn.shape[1], part.hops + 1), -1, np.int32)
            listed(part.ways, ports, sets, part.hops, start, stop, some)
            if dead is not None:
                around(part.ways, ports, sets, part.hops, start, stop, some, dead, most)
            return some

        blocks = list(self._walked(work))
        path = np.full((*sets.turn.shape, max((some.shape[2] for _, some in blocks), default=0)), -1, np.int32)
        for rows, some in blocks:
            path[rows, :, : some.shape[2]] = some
        return path.reshape(sets.turn.size, path.shape[2])

    def _at(self, part: Part, start: int, stop: int) -> tuple[Ways, Ports, Sets, int, int, int]:
        return part.ways, self.network.ports, self.sets, part.hops, start, stop

    def _walked(self, work: Callable[[Part, int, int], NDArray[Any]]) -> Iterator[tuple[Ints, NDArray[Any]]]:
        """Yield pairs, as given, and the rows that ``work`` returns for them."""
        end = 0
        for part in self.toward:
            for some in self._in_blocks(part, work):
                begin, end = end, end + len(some)
                yield self.order[begin:end], some

    def _in_blocks(self, part: Part, work: Callable[[Part, int, int], T]) -> Iterator[T]:
        n = part.stop - part.start
        visits = float(n) * self.paths * part.hops
        return in_blocks(lambda a, b: work(part, part.start + a, part.start + b), n, visits=visits)


def _ahead(work: Callable[[int], T], given: Sequence[int]) -> Iterator[T]:
    """Yield ``work`` of each of ``given``, in order, while a thread is at the next one if there is a core for it."""
    if len(given) < 2 or n_threads() < 2:
        yield from map(work, given)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(work, given[0])
        for one in given[1:]:
            done, coming = coming.result(), pool.submit(work, one)
            yield done
        yield coming.result()


def _counted(amount: Floats, paths: int) -> tuple[Ints, float]:
    """Return ``amount`` as whole numbers of a unit, and the unit: the least amount where all are multiples of it."""
    large = np.abs(amount)
    total = float(large.sum())
    if total == 0.0:
        return np.zeros(len(amount), dtype=np.int64), 1.0
    unit = float(large[large > 0.0].min())
    times = amount / unit
    if total / unit * paths >= 2.0**SUM_BITS or (np.rint(times) != times).any():
        unit = 2.0 ** (np.ceil(np.log2(total)) + np.ceil(np.log2(paths)) - SUM_BITS)
        times = amount / unit
    return np.rint(times).astype(np.int64), unit


class _Sums:
    """Counts of links (L,): an array for every thread that is at work here, one for every block elsewhere."""

    def __init__(self, n_links: int) -> None:
        self.n_links = n_links
        self.all: list[Ints] = []
        self.free: list[Ints] = []

    def __reduce__(self) -> tuple[Any, ...]:
        return _Apart, (self.n_links,)

    def take(self) -> Ints:
        """Return an array that nobody else adds to."""
        try:
            return self.free.pop()
        except IndexError:
            self.all.append(np.zeros(self.n_links, dtype=np.int64))
            return self.all[-1]

    def give(self, array: Ints) -> Ints | None:
        """Take ``array`` back."""
        self.free.append(array)
        return None

    def add(self, array: Ints | None) -> None:
        """Add what a block counted that ran elsewhere."""
        if array is not None:
            total = self.take()
            total += array.astype(np.int64)
            self.give(total)

    def total(self) -> Ints:
        """Return the sum of all arrays."""
        if not self.all:
            return np.zeros(self.n_links, dtype=np.int64)
        for other in self.all[1:]:
            self.all[0] += other
        return self.all[0]


class _Apart:
    """What ``_Sums`` are in another process: an array for every thread, of which each block takes a copy home."""

    def __init__(self, n_links: int) -> None:
        self.n_links = n_links
        self.free: list[Ints] = []

    def take(self) -> Ints:
        """Return an array of zeros."""
        try:
            return self.free.pop()
        except IndexError:
            return np.zeros(self.n_links, dtype=np.int64)

    def give(self, array: Ints) -> Ints:
        """Return what ``array`` holds, in the fewest bytes, and clear it."""
        least, most = int(array.min(initial=0)), int(array.max(initial=0))
        found = array.copy() if least < 0 else array.astype(np.min_scalar_type(most))
        array[:] = 0
        self.free.append(array)
        return found
