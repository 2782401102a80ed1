"""Where Valiant's paths turn: stops, the zones they may lie in, and sums over all of them at once.

A stop is a switch where commodities begin or end, or where paths turn.  Stops of equal zone are
excluded together: the zone is the Dragonfly group, else everything that is connected.  With
``beta[a, w]`` the odds of turning at w for a source in zone a, and ``X[s, d]`` what goes from s to
d divided by the sum of the odds that s and d leave, the two legs carry::

    first   s -> w    beta[zone s, w] * sum of X[s, d] over d outside the zone of w
    second  w -> d    sum over zones a of beta[a, w] * (sum of X[s, d] over s in a),  0 in the zone of w

so nothing is ever listed by source, turn and destination; costs go the same way backwards.
Sweeps go by blocks of destinations, in memory of stops x zones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from topo.kernels.sweep import Ports
from topo.routing.network import Network, added
from topo.routing.operator import Floats, Ints
from topo.routing.split import SplitRouting

#: Pairs of stops swept at a time, some 30 bytes each.
BLOCK_PAIRS = 2_000_000


@dataclass(frozen=True, eq=False)
class Stops:
    """K stops in Z zones of a network, and the odds of turning at each."""

    mesh: Network  # the network, its sites replaced by one for each stop
    switch: Ints  # (K,) switch of each stop
    zone: Ints  # (K,)
    odds: Floats  # (Z, K) odds of turning, by the source's zone; zero inside that zone where zones are excluded
    exclude: bool  # whether paths turn outside the zones of source and destination

    @classmethod
    def of(cls, network: Network, switch: Ints, zone: Ints, odds: Floats, *, exclude: bool) -> Stops:
        """Return these stops of ``network``; their own zones are struck from ``odds`` where they are excluded."""
        if exclude:
            odds = np.where(np.arange(len(odds))[:, np.newaxis] == zone, 0.0, odds)
        reach = np.bincount(network.island)[network.island[switch]].astype(np.int64)
        one = np.ones(len(switch), dtype=np.int32)
        first = np.arange(len(switch) + 1, dtype=np.int64)
        ports = Ports(first, switch.astype(np.int32), one, np.ones(len(switch)), reach)
        none = np.zeros(network.fabric.n_endpoints, dtype=np.int64)
        mesh = replace(network, ports=ports, n_ports=none, site=none - 1)
        return cls(mesh, switch, zone, odds, exclude)

    @property
    def n_stops(self) -> int:
        """Number of stops K."""
        return len(self.switch)

    def turns(self, source: Ints, target: Ints) -> Floats:
        """Return (P,) the sum of the odds between these stops; zero where nothing may be turned at."""
        n = len(self.odds)
        into = np.zeros((n, n))
        for zone in range(n):
            into[zone] = added(self.zone, self.odds[zone], n)
        a, b = self.zone[source], self.zone[target]
        return np.asarray(into.sum(axis=1)[a] - (into[a, b] if self.exclude else 0.0))

    def load(self, source: Ints, target: Ints, amount: Floats) -> Floats:
        """Return (L,) load on switch links of ``amount`` (P,), divided by the pairs' turns, over both legs."""
        k, n = self.n_stops, len(self.odds)
        offered = csr_array((amount, (source, target)), shape=(k, k))
        in_zone = csr_array((np.ones(k), (np.arange(k), self.zone)), shape=(k, n))
        toward: Floats = np.asarray(offered.sum(axis=1))[:, np.newaxis]
        by_zone = (offered @ in_zone).toarray()
        from_zone = (in_zone.T @ offered).toarray()
        total = np.zeros(self.mesh.fabric.n_links)
        for members, block, split in self._blocks():
            zones = self.zone[block]
            sent = np.broadcast_to(toward, (k, len(block))) - (by_zone[:, zones] if self.exclude else 0.0)
            both = self.odds[self.zone[members]][:, block] * sent[members]
            second = self.odds[:, members].T @ from_zone[:, block]
            if self.exclude:
                second[self.zone[members][:, np.newaxis] == zones] = 0.0
            both += second
            total += split.load(np.maximum(both, 0.0).T.ravel())
        return total

    def mean_along(self, value: Floats, source: Ints, target: Ints) -> Floats:
        """Return (P,) the sum over turns of odds x ``value`` (L,) along both legs."""
        k, n = self.n_stops, len(self.odds)
        first, second = np.zeros((k, n)), np.zeros((n, k))
        for members, block, split in self._blocks():
            cost = split.pull(value, least=False).reshape(len(block), len(members)).T
            zones = self.zone[block]
            weighted = self.odds[self.zone[members]][:, block] * cost
            in_zone = csr_array((np.ones(len(block)), (np.arange(len(block)), zones)), shape=(len(block), n))
            first[members] += np.asarray(weighted @ in_zone)
            if self.exclude:
                cost = np.where(self.zone[members][:, np.newaxis] == zones, 0.0, cost)
            second[:, block] = self.odds[:, members] @ cost
        a, b = self.zone[source], self.zone[target]
        return np.asarray(first.sum(axis=1)[source] - (first[source, b] if self.exclude else 0.0) + second[a, target])

    def least_along(self, value: Floats, source: Ints, target: Ints) -> Floats:
        """Return (P,) the least ``value`` (L,) on any link of either leg."""
        k, n = self.n_stops, len(self.odds)
        first, second = np.full((k, n), np.inf), np.full((n, k), np.inf)
        for members, block, split in self._blocks():
            least = split.pull(value, least=True).reshape(len(block), len(members)).T
            zones = self.zone[block]
            taken = np.where(self.odds[self.zone[members]][:, block] > 0.0, least, np.inf)
            for i, zone in enumerate(zones):
                first[members, zone] = np.minimum(first[members, zone], taken[:, i])
            if self.exclude:
                least = np.where(self.zone[members][:, np.newaxis] == zones, np.inf, least)
            for of_source in range(n):
                turning = self.odds[of_source, members] > 0.0
                second[of_source, block] = least[turning].min(axis=0, initial=np.inf)
        a, b = self.zone[source], self.zone[target]
        result: Floats = second[a, target]
        step = max(1, BLOCK_PAIRS // n)
        for i in range(0, len(source), step):
            rows = first[source[i : i + step]]
            if self.exclude:
                rows[np.arange(len(rows)), b[i : i + step]] = np.inf
            result[i : i + step] = np.minimum(result[i : i + step], rows.min(axis=1, initial=np.inf))
        return result

    def columns(self, source: Ints, target: Ints, scale: Floats) -> csc_array:
        """Return (A, P) shares of the mesh's arcs, each column times ``scale`` (P,)."""
        k = self.n_stops
        legs = self._all_legs()
        rows, columns, data = [], [], []
        for p in np.flatnonzero(scale > 0.0):
            s, d = int(source[p]), int(target[p])
            odds = self.odds[self.zone[s]] * scale[p]
            if self.exclude:
                odds = np.where(self.zone == self.zone[d], 0.0, odds)
            turn = np.flatnonzero(odds)
            rows += [turn * k + s, d * k + turn]
            columns += [np.full(2 * len(turn), p)]
            data += [odds[turn]] * 2
        if not rows:
            return csc_array((legs.shape[0], len(source)))
        entries = (np.concatenate(data), (np.concatenate(rows), np.concatenate(columns)))
        return csc_array(legs @ csc_array(entries, shape=(k * k, len(source))))

    def _all_legs(self) -> csc_array:
        """Return (A, K * K) shares of arcs on the leg from stop s to stop t, in column t * K + s."""
        k, arcs = self.n_stops, len(self.mesh.arcs.tail)
        row, column, data = [], [], []
        for members, block, split in self._blocks():
            listed = split.pair_arcs()
            assert listed is not None, "who asks for all legs has counted them"
            start, arc, share = listed
            key = (block[:, np.newaxis] * k + members).ravel()
            row.append(arc)
            column.append(np.repeat(key, np.diff(start)))
            data.append(share)
        entries = (np.concatenate(data), (np.concatenate(row), np.concatenate(column)))
        return csc_array(entries, shape=(arcs, k * k))

    def _blocks(self) -> Iterator[tuple[Ints, NDArray[np.int64], SplitRouting]]:
        """Yield the stops of an island, some of them as destinations, and the splits from all to these."""
        of_stop = self.mesh.island[self.switch]
        none = np.zeros(0, dtype=np.int64)
        for island in np.unique(of_stop):
            members = np.flatnonzero(of_stop == island)
            step = max(1, BLOCK_PAIRS // len(members))
            for i in range(0, len(members), step):
                block = members[i : i + step]
                source = np.tile(members, len(block))
                first = np.arange(len(block) + 1) * len(members)
                pair = np.arange(len(source))
                yield members, block, SplitRouting("", self.mesh, none, none, pair, source, block, first)
