"""ECMP and weighted ECMP: traffic splits at every switch over all shortest paths.

Every switch splits what it holds toward a destination over its outgoing links on shortest
paths: equally (``ecmp``; each parallel cable counts, capacity is ignored) or by capacity
(``wcmp``).  This is the fluid limit of per-packet spraying, or of very many flows.  Sweeps go
destination site by destination site and never hold a share per commodity and link.  All-to-all
that keeps the symmetry of its fabric is swept for one destination an orbit (``symmetric``), and
of planes that are copies of one only that one.  Folded Clos networks, trees of two or three
layers, need no sweep (``folded_clos``).

Limits. Steady state: no reordering, no hash collisions (see ``ecmp-hash``), no reaction to load.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from topo.copies import Copies, copies_of
from topo.fabric import Fabric, Tier
from topo.kernels.along import pull, shares_at_ports
from topo.kernels.columns import assemble
from topo.kernels.sweep import push, room
from topo.lazy import sparse
from topo.routing.balance import ALIKE, Balance, balanced
from topo.routing.listing import Listed, Pairs, listed_arcs
from topo.routing.network import Network, added
from topo.routing.operator import MAX_ENTRIES, FactSheet, Floats, Ints, Routing, TotalRouting, check_ranks
from topo.routing.straight import listed
from traffic.demand import Demand, GroupedDemand

if TYPE_CHECKING:
    from scipy.sparse import csc_array


def ecmp(fabric: Fabric, demand: Demand | GroupedDemand, *, balance: Balance = "shortest") -> Routing:
    """Return equal splits over the links of all shortest paths at every switch.

    Raises NotConnected where a commodity has no path, RoutingError for an unknown balance.
    """
    return _split(fabric, demand, "ecmp", balance)


def wcmp(fabric: Fabric, demand: Demand | GroupedDemand, *, balance: Balance = "shortest") -> Routing:
    """Return splits by capacity over the links of all shortest paths at every switch.

    Raises NotConnected where a commodity has no path, RoutingError for an unknown balance.
    """
    return _split(fabric, demand, "wcmp", balance, by_capacity=True)


def _split(
    fabric: Fabric, demand: Demand | GroupedDemand, policy: str, balance: Balance, *, by_capacity: bool = False
) -> Routing:
    check_ranks(fabric, demand)
    copies = copies_of(fabric) if fabric.relay != "spread" and balance in ALIKE else None
    if copies is not None and isinstance(demand, GroupedDemand):
        return _of_copies(copies, split_on(Network.of(copies.one, by_capacity=by_capacity), demand, policy))
    network = Network.of(fabric, by_capacity=by_capacity)
    return split_on(balanced(network, demand, balance, lambda equal: split_on(equal, demand, policy)), demand, policy)


def _of_copies(copies: Copies, one: TotalRouting) -> TotalRouting:
    """Return what ``one``, of all bytes on one plane, is where each plane has an equal share of them.

    All planes are as near to everyone as the one, so shares are equal.
    """
    share = np.where(copies.one.tier == Tier.SCALE_UP, 1.0, 1.0 / copies.planes)
    each = [copies.over_links(row * share) for row in one.unit]
    return replace(one, unit=each[0][np.newaxis] if len(each) == 1 else np.stack(each), alike=copies)


@overload
def split_on(network: Network, demand: GroupedDemand, policy: str) -> TotalRouting: ...


@overload
def split_on(network: Network, demand: Demand | GroupedDemand, policy: str) -> Routing: ...


def split_on(network: Network, demand: Demand | GroupedDemand, policy: str) -> Routing:
    """Return equal splits of ``demand`` over the shortest paths of ``network``."""
    if isinstance(demand, GroupedDemand):
        from topo.routing.grouped import grouped

        return grouped(network, demand, policy)
    return listed(network, demand, lambda src, dst: SplitRouting.of(network, src, dst, policy))


@dataclass(frozen=True, eq=False)
class SplitRouting(FactSheet):
    """Splits of commodities between endpoints that have ports on a common island."""

    policy: str
    network: Network
    src: Ints  # (F,)
    dst: Ints  # (F,)
    pair: Ints  # (F,) row of the commodity's pair of sites
    source: Ints  # (pairs,) source site; pairs are sorted by destination site
    sites: Ints  # (D,) destination sites
    first: Ints  # (D + 1,) pairs toward each

    @classmethod
    def of(cls, network: Network, src: Ints, dst: Ints, policy: str) -> SplitRouting:
        """Return the routing of commodities ``src[f] -> dst[f]``."""
        n = network.n_sites
        key, pair = np.unique(network.site[dst] * n + network.site[src], return_inverse=True)
        sites, first = np.unique(key // max(n, 1), return_index=True)
        pairs = (src, dst, pair, key % max(n, 1), sites, np.append(first, len(key)))
        return cls(policy, network, *pairs, alike=network.one and network.one[1])

    def load(self, rate: Floats) -> Floats:
        """Return (L,) R @ rate."""
        amount = added(self.pair, rate, len(self.source))
        if self.on_one is None:
            result = self.network.to_links(self._arc_load(amount))
        else:
            one, copies = self.on_one
            result = copies.over_links(one.network.to_links(one._arc_load(amount)) / copies.planes)
        for link, share in self._port_links():
            result += added(link, rate * share, len(result))
        return result

    def _arc_load(self, amount: Floats) -> Floats:
        """Return (A,) what ``amount`` (pairs,) puts on each arc."""
        arcs, ports, closed = self.network.arcs, self.network.ports, self.network.folded_clos
        if closed is not None:
            return closed.load(self.source, self.target, amount)
        sites, first, source = self.pairs

        def work(start: int, stop: int) -> Floats:
            load, r = np.zeros(len(arcs.tail)), room(arcs)
            row = np.zeros((1, len(ports.first) - 1))
            for i in range(start, stop):
                pairs = slice(first[i], first[i + 1])
                row[0, source[pairs]] = amount[pairs]
                push(arcs, ports, sites[i : i + 1], row, load, r)
                row[0, source[pairs]] = 0.0
            return load

        total = np.zeros(len(arcs.tail))
        for load in self.network.sweep(work, len(self.sites)):
            total += load
        return total

    @cached_property
    def on_one(self) -> tuple[SplitRouting, Copies] | None:
        """The same pairs on one plane where all planes are copies of it: each then has an equal share of all."""
        if self.network.one is None:
            return None
        network, copies = self.network.one
        pairs = (self.src, self.dst, self.pair, self.source, self.sites, self.first)
        return SplitRouting(self.policy, network, *pairs), copies

    @property
    def pairs(self) -> Pairs:
        """The pairs of sites, by destination."""
        return Pairs(self.sites, self.first, self.source)

    @cached_property
    def target(self) -> Ints:
        """(pairs,) destination site of each pair."""
        return np.repeat(self.sites, np.diff(self.first))

    def sum_along(self, value: Floats) -> Floats:
        """Return (F,) value @ R."""
        result = self.pull(value, least=False)[self.pair]
        for link, share in self._port_links():
            result += value[link] * share
        return result

    def min_along(self, value: Floats) -> Floats:
        """Return (F,) least ``value`` over links with R > 0."""
        result = self.pull(value, least=True)[self.pair]
        for link, share in self._port_links():
            result = np.minimum(result, np.where(share > 0, value[link], np.inf))
        return result

    def columns(self) -> csc_array | None:
        """Return R (L, F), or None where it has more than MAX_ENTRIES entries."""
        listed = self.pair_arcs()
        if listed is None:
            return None
        network = self.network
        used = network.part > 0
        return self.assembled(listed, (network.arc[used], network.link[used], network.part[used]))

    def pull(self, value: Floats, *, least: bool) -> Floats:
        """Return (pairs,) ``value`` (L,) summed along the switch links of each pair, or the least on any."""
        if self.on_one is not None:
            one, copies = self.on_one
            each = copies.of_planes(np.asarray(value, dtype=np.float64))
            return one.pull(each.min(axis=0) if least else each.mean(axis=0), least=least)
        arcs, ports = self.network.arcs, self.network.ports
        along = self.network.arc_values(np.asarray(value, dtype=np.float64), least=least)
        closed = self.network.folded_clos
        if closed is not None:
            return closed.pulled(self.source, self.target, along, least=least)
        pairs = self.pairs

        def work(start: int, stop: int) -> Floats:
            sites, first, source = pairs.toward(start, stop)
            result = np.empty(len(source))
            pull(arcs, ports, sites, first, source, along, least, result, room(arcs))
            return result

        return np.concatenate([np.empty(0), *self.network.sweep(work, len(self.sites))])

    def _port_links(self) -> list[tuple[Ints, Floats]]:
        """Return (link, share), each (F,), for every port number, leaving and arriving."""
        network, reverse = self.network, self.network.fabric.reverse
        leaving, arriving = self.port_shares
        rows = []
        for k in range(network.most_ports):
            for end, shares, outward in ((self.src, leaving, True), (self.dst, arriving, False)):
                has = k < network.n_ports[end]
                link = network.port[end] + np.where(has, k, 0)
                rows.append((link if outward else reverse[link].astype(np.int64), shares[self.pair, k] * has))
        return rows

    @cached_property
    def port_shares(self) -> tuple[Floats, Floats]:
        """(pairs, ports) shares that leave and arrive by each port; ones where every site has one port."""
        arcs, ports = self.network.arcs, self.network.ports
        shape = (len(self.source), self.network.most_ports)
        if shape[1] <= 1:
            return np.ones(shape), np.ones(shape)
        if self.on_one is not None:
            return np.full(shape, 1.0 / shape[1]), np.full(shape, 1.0 / shape[1])
        closed = self.network.folded_clos
        if closed is not None:
            return closed.port_shares(self.source, self.target)
        pairs, most = self.pairs, shape[1]

        def work(start: int, stop: int) -> tuple[Floats, Floats]:
            sites, first, source = pairs.toward(start, stop)
            leaving, arriving = np.zeros((len(source), most)), np.zeros((len(source), most))
            shares_at_ports(arcs, ports, sites, first, source, leaving, arriving, room(arcs))
            return leaving, arriving

        blocks = [(np.empty((0, most)),) * 2, *self.network.sweep(work, len(self.sites))]
        leaving, arriving = (np.concatenate(each) for each in zip(*blocks, strict=True))
        return leaving, arriving

    def pair_arcs(self) -> Listed | None:
        """Return the arcs of each pair; None where they are more than MAX_ENTRIES."""
        arcs = self.network.arcs
        return listed_arcs(arcs, self.network.ports, self.pairs, np.ones(len(arcs.tail), dtype=bool), most=MAX_ENTRIES)

    def assembled(
        self, listed: Listed, links: tuple[Ints, Ints, Floats], kept: NDArray[np.bool_] | None = None
    ) -> csc_array | None:
        """Return the columns of commodities whose pairs are on arcs as ``listed``; None above MAX_ENTRIES.

        ``links`` are the arcs, ascending, of some links, these, and which part of its arc each is; of ports those that
        are ``kept`` (L,).
        """
        start, arc, share = listed
        on, link, part_of = links
        n, n_links = len(self.src), self.network.fabric.n_links
        first_of = np.searchsorted(on, np.arange(int(arc.max(initial=-1)) + 2)).astype(np.int64)
        per_pair = np.add.reduceat(np.append(np.diff(first_of)[arc], 0), start[:-1]) * (np.diff(start) > 0)
        ports = [(port, part if kept is None else part * kept[port]) for port, part in self._port_links()]
        n_ports = np.sum([s > 0 for _, s in ports], axis=0, dtype=np.int64) if ports else np.zeros(n, np.int64)
        first = np.concatenate([[0], np.cumsum(per_pair[self.pair] + n_ports)]).astype(np.int64)
        if first[-1] > MAX_ENTRIES:
            return None
        row, data = np.empty(first[-1], np.int32), np.empty(first[-1])
        at = first[:-1].copy()
        for port, part in ports:
            used = part > 0
            row[at[used]], data[at[used]] = port[used], part[used]
            at += used
        assemble(self.pair, start, arc, share, first_of, link, part_of, at, row, data)
        return sparse.csc_array((data, row, first), shape=(n_links, n))
