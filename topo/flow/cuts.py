"""Cuts: what no routing moves sooner, for what must leave or enter a set of nodes has only the links around it.

Three sets hold each endpoint, each larger than the one before.  A place is an endpoint, or a domain whose endpoints
may stand in for each other::

    the place        left by its ports
    its switches     those that it has ports on, with all other places on them: left by links between switches
    their groups     where switches are numbered in groups: left by links between groups

Where traffic keeps to shortest paths, two sets A and B that links join directly send each other everything over those,
if ways inside are short against a link between sets::

    longest way in A + link from A to B + longest way in B  <  two of the lightest links between sets

which holds of neighbours in any network (no way inside at all), and of the groups of a dragonfly, whose global cables
weigh more than a detour inside.  On several planes it has to hold on each that both are on.

Limits.  Sets are not combined, as a certificate of a linear programme would combine them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric, NodeKind
from topo.flow.bounds import is_inside, places
from topo.islands import islands
from topo.routing.network import added
from topo.size import Tier
from traffic.demand import Demand

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Sums that are kept, 32 bytes each: once they are more, all are forgotten.
MOST_ROWS = 10_000_000


class Bounds(NamedTuple):
    """What no routing moves one run of each phase before, (phases,) [s]; infinite where no link leads."""

    ports: Floats  # by the ports of places alone
    least: Floats  # by all that is known


class Cuts:
    """Bounds on the phases of one demand, on one fabric after another; what crosses equal sets is added up once."""

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        self._known: dict[bytes, _Crossing] = {}

    def bounds(self, fabric: Fabric, *, shortest: bool) -> Bounds:
        """Return the bounds on ``fabric``; ``shortest`` says that traffic never leaves the shortest paths."""
        place = places(fabric)
        apart = self._once(partial(_Crossing.of, self.demand, fabric, place), place, fabric.joined)
        found = []
        for sets in _sets(fabric, place):
            crossing = self._once(partial(apart.merged, sets.of_place), place, fabric.joined, sets.of_place)
            found.append(crossing.around(*sets.capacity(fabric)))
            if shortest and sets.joined:
                found.append(crossing.over(_joins(fabric, sets)))
        return Bounds(found[0], np.max(found, axis=0))

    def _once(self, make: Callable[[], _Crossing], *labels: Ints) -> _Crossing:
        """Return what ``make`` does, kept by ``labels``."""
        digest = blake2b(digest_size=16)
        for one in labels:
            digest.update(one.tobytes() + b"|")
        key = digest.digest()
        if key not in self._known:
            if sum(len(one.size) for one in self._known.values()) > MOST_ROWS:
                self._known.clear()
            self._known[key] = make()
        return self._known[key]


class _Sets(NamedTuple):
    """N nodes in sets; places that are in one are given too."""

    label: Ints  # (N,) set of each endpoint and switch
    of_place: Ints  # (places,)
    joined: bool  # whether links between switches leave sets

    @property
    def n(self) -> int:
        """Number of sets."""
        return int(self.label.max(initial=-1)) + 1

    def capacity(self, fabric: Fabric) -> tuple[Floats, Floats]:
        """Return (sets,) [B/s] of the network links that leave and that enter each."""
        link = np.flatnonzero(fabric.tier >= Tier.ENDPOINT)
        tail, head = self.label[fabric.tail[link]], self.label[fabric.head[link]]
        rate = np.where(tail != head, fabric.capacity[link], 0.0)
        return added(tail, rate, self.n), added(head, rate, self.n)


def _sets(fabric: Fabric, place: Ints) -> Iterator[_Sets]:
    """Yield places alone, with the switches that they have ports on, and with the groups of those."""
    n, base = int(place.max(initial=-1)) + 1, int(np.searchsorted(fabric.kind, NodeKind.LEAF))
    up, _ = fabric.end_links()
    node = np.full(fabric.n_nodes, n, dtype=np.int64)
    node[: fabric.n_endpoints] = place
    yield _Sets(node, np.arange(n), joined=False)
    node[base:] = n + np.arange(fabric.n_nodes - base)
    one, other = node[fabric.tail[up]], node[fabric.head[up]]
    in_group = base + np.flatnonzero(fabric.group[base:] >= 0)
    number = fabric.group[in_group]
    first = in_group[np.unique(number, return_index=True)[1]]
    groups = (node[in_group], node[first[np.searchsorted(fabric.group[first], number)]])
    for a, b in [(one, other), *([(np.append(one, groups[0]), np.append(other, groups[1]))] if len(first) else [])]:
        name = islands(a, b, n + fabric.n_nodes - base).astype(np.int64)
        yield _Sets(name[np.minimum(node, len(name) - 1)], name[:n], joined=True)


class _Joins(NamedTuple):
    """Ordered pairs of sets all whose shortest paths take one link from the one to the other."""

    n_sets: int
    pair: Ints  # (n,) sorted: the one that sends x n_sets + the one that receives
    rate: Floats  # (n,) [B/s] of all links from the one to the other


def _joins(fabric: Fabric, sets: _Sets) -> _Joins:
    """Return the pairs of ``sets`` that are joined so.

    A part is what a set has on one island of switches: each two of both sets have to be joined so.
    """
    link = np.flatnonzero(fabric.is_switch_link)
    tail, head, weight = fabric.tail[link], fabric.head[link], fabric.weight[link].astype(np.int64)
    switch = np.flatnonzero(fabric.kind >= NodeKind.LEAF)
    island = islands(tail, head, fabric.n_nodes).astype(np.int64)
    parts, part = np.unique(sets.label[switch] * fabric.n_nodes + island[switch], return_inverse=True)
    of_node = np.full(fabric.n_nodes, -1, dtype=np.int64)
    of_node[switch] = part
    within = _ways_inside(of_node, tail, head, weight, len(parts))
    a, b = of_node[tail], of_node[head]
    leaves = a != b
    a, b, weight = a[leaves], b[leaves], weight[leaves]
    pair, row = np.unique(a * len(parts) + b, return_inverse=True)
    lightest = np.full(len(pair), np.iinfo(np.int64).max)
    np.minimum.at(lightest, row, weight)
    a, b = np.divmod(pair, len(parts))
    direct = within[a] + lightest + within[b] < 2.0 * weight.min(initial=np.iinfo(np.int64).max)
    rate = added(row, fabric.capacity[link][leaves], len(pair))
    of_part, where = np.divmod(parts, fabric.n_nodes)
    key, row = np.unique(of_part[a[direct]] * sets.n + of_part[b[direct]], return_inverse=True)
    count, rate = np.bincount(row, minlength=len(key)), added(row, rate[direct], len(key))
    whole = count == _in_common(of_part, where, *np.divmod(key, sets.n))
    return _Joins(sets.n, key[whole], rate[whole])


def _ways_inside(of_node: Ints, tail: Any, head: Any, weight: Ints, n: int) -> Floats:
    """Return (n,) the longest shortest way inside each part, at most; infinite where not all switches are joined."""
    inside = np.flatnonzero(of_node[tail] == of_node[head])
    part = of_node[tail[inside]]
    longest = np.zeros(n)
    np.maximum.at(longest, part, weight[inside])
    pairs = np.unique(tail[inside].astype(np.int64) * len(of_node) + head[inside]) // len(of_node)
    size = np.bincount(of_node[of_node >= 0], minlength=n)
    return np.where(np.bincount(of_node[pairs], minlength=n) == size * (size - 1), longest, np.inf)


def _in_common(of_part: Ints, where: Ints, a: Ints, b: Ints) -> Ints:
    """Return for each pair of sets on how many islands both are."""
    n = int(where.max(initial=0)) + 1
    there = np.unique(of_part * n + where)
    first = np.searchsorted(there // n, np.arange(int(of_part.max(initial=-1)) + 2))
    count = np.diff(first)[a]
    row = np.repeat(np.arange(len(a)), count)
    at = there[np.repeat(first[a] - np.cumsum(count) + count, count) + np.arange(count.sum())] % n
    return np.asarray(np.bincount(row, np.isin(b[row] * n + at, there), len(a)).astype(np.int64))


@dataclass(frozen=True, eq=False)
class _Crossing:
    """Bytes between sets, row by row; none stays in its set."""

    n_phases: int
    phase: Ints  # (n,)
    a: Ints  # (n,) set that sends
    b: Ints  # (n,) set that receives
    size: Floats  # (n,) [bytes] of one run

    @classmethod
    def of(cls, demand: Demand, fabric: Fabric, place: Ints) -> _Crossing:
        """Return what goes from place to place, less what stays on the links of a domain."""
        away = np.flatnonzero(~is_inside(fabric, demand))
        ends = place[demand.src[away]], place[demand.dst[away]]
        return cls(demand.n_phases, demand.phase[away].astype(np.int64), *ends, demand.size[away])

    def merged(self, label: Ints) -> _Crossing:
        """Return what goes between larger sets, ``label`` (sets,) of each."""
        n = int(label.max(initial=-1)) + 1
        a, b = label[self.a], label[self.b]
        apart = np.flatnonzero(a != b)
        key, row = np.unique((self.phase[apart] * n + a[apart]) * n + b[apart], return_inverse=True)
        rest, to = np.divmod(key, max(n, 1))
        return _Crossing(self.n_phases, *np.divmod(rest, max(n, 1)), to, added(row, self.size[apart], len(key)))

    def around(self, out: Floats, into: Floats) -> Floats:
        """Return (phases,) [s] that sets need for what leaves by ``out`` and enters by ``into`` (sets,) [B/s]."""
        least = np.zeros(self.n_phases)
        for end, rate in ((self.a, out), (self.b, into)):
            moved = added(self.phase * len(rate) + end, self.size, self.n_phases * len(rate))
            least = np.maximum(least, _longest(moved.reshape(self.n_phases, -1), rate))
        return least

    def over(self, joins: _Joins) -> Floats:
        """Return (phases,) [s] that pairs need which send each other all by the links that join them."""
        least, n = np.zeros(self.n_phases), len(joins.pair)
        if n:
            key = self.a * joins.n_sets + self.b
            at = np.minimum(np.searchsorted(joins.pair, key), n - 1)
            here = joins.pair[at] == key
            moved = added((self.phase * n + at)[here], self.size[here], self.n_phases * n)
            least = _longest(moved.reshape(self.n_phases, n), joins.rate)
        return least


def _longest(moved: Floats, rate: Floats) -> Floats:
    """Return (rows,) the largest of ``moved`` (rows, n) / ``rate`` (n,), 0 where nothing is moved."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(moved > 0.0, moved / rate, 0.0).max(axis=1, initial=0.0))
