"""All-to-all inside groups, routed without listing a pair.

Let A[t, m] be what the senders of term t bring to NIC m, and B[t, n] what its receivers draw
from NIC n.  Then NIC m sends to NIC n::

    sum over terms t of A[t, m] B[t, n]     where m and n are in different domains, else 0

Where a commodity is only for some receivers, B counts those alone.
Sweeps need the same between sites; what stays inside a domain is subtracted
as a sparse correction.  Loads of endpoint and scale-up links follow from sums of A and B.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from topo.kernels.along import shares_at_ports
from topo.kernels.sweep import push, room
from topo.lazy import sparse
from topo.routing.access import Access, ranges
from topo.routing.folded_clos import FoldedClos
from topo.routing.network import Network, added
from topo.routing.operator import Floats, Ints, TotalRouting, check_ranks
from topo.routing.pods import Amounts
from topo.routing.symmetric import Orbits
from topo.routing.terms import Side, on_endpoints, terms
from topo.rows import Rows
from traffic.demand import GroupedDemand

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Entries of the injection block that one thread holds at a time, 8 bytes each.
BLOCK_ENTRIES = 1_000_000
#: Amounts between sites below this are differences of equal sums; the least true one is a pair's share of a leg.
ROUNDING = 1e-9
#: Range of keys, in multiples of their number, up to which a table costs less than sorting them.
DENSE = 4


def grouped(network: Network, demand: GroupedDemand, policy: str) -> TotalRouting:
    """Return the routing of ``demand`` under the splits of ``network``.

    Raises NotConnected where a pair has no path.
    """
    check_ranks(network.fabric, demand)
    access = Access(network)
    label, each = on_endpoints(network, demand)
    senders, everyone, n_terms = terms(access, label, network.fabric.relay)
    unit = np.zeros((len(each), network.fabric.n_links))
    for f, receives in enumerate(each):
        receivers = everyone.times(receives)
        orbits = partial(Orbits.of, access, label, receives)
        of_network = _closed_load if network.folded_clos else _network_load
        unit[f] += of_network(access, senders, receivers, n_terms, orbits)
        unit[f] += scale_up_load(access, senders, receivers, n_terms)
        unit[f] += inside_load(access, label, receives)
    return TotalRouting(policy, unit, demand.pairs)


def _closed_load(access: Access, senders: Side, receivers: Side, n_terms: int, orbits: Callable[[], Orbits]) -> Floats:
    """Return (L,) load of switch links and of the endpoints' ports of a network of leaves and spines."""
    network, closed = access.network, access.network.folded_clos
    assert closed is not None
    if closed.steady is not None:
        load = _load_of_classes(Brought(access, senders, receivers, n_terms), closed, closed.steady)
        return network.to_links(load) + _steady_port_load(access, senders, receivers, n_terms, (closed.steady,) * 2)
    sent = _Sent.of(access, senders, receivers, n_terms)
    n, step = network.n_sites, max(1, BLOCK_ENTRIES // (network.n_sites * network.most_ports))

    def blocks() -> Iterator[tuple[Ints, Ints, Floats]]:
        for start in range(0, n, step):
            amount = sent.toward(np.arange(start, min(start + step, n)))
            row, source = np.nonzero(amount)
            yield source, row + start, amount[row, source]

    load, leaving, arriving = closed.added_up(blocks())
    if leaving is None or arriving is None:
        on_ports = _multi_port_load(access, senders, receivers, n_terms, orbits())
    else:
        on_ports = _steady_port_load(access, senders, receivers, n_terms, (leaving, arriving))
    return network.to_links(load) + on_ports


def _load_of_classes(brought: Brought, closed: FoldedClos, share: Floats) -> Floats:
    """Return (A,) the load of switch links where sites send and get by each port the ``share`` (sites, ports)."""
    of, site = closed.pods.class_of, brought.access.network.site
    n, n_classes = len(of), len(closed.pods.pod_of_class)
    out: list[Amounts] = []
    into: list[Amounts] = []
    for k in range(share.shape[1]):
        port = np.where(site >= 0, closed.port_switch[site, k], -1)
        leaf, group = (port, n), (np.where(port >= 0, of[port], -1), n_classes)
        weight = brought.senders.weight * share[site[brought.senders.nic], k]
        each = replace(brought, senders=replace(brought.senders, weight=weight))
        own = each.inside(leaf)
        out.append(_amounts(each.between(leaf, group).turned(), of, own))
        into.append(_amounts(each.between(group, leaf), of, own))
    return closed.load_of_classes(_joined(out), _joined(into))


def _joined(parts: list[Amounts]) -> Amounts:
    leaf, k, amount = zip(*parts, strict=True)
    return np.concatenate(leaf), np.concatenate(k), np.concatenate(amount)


def _amounts(sent: Rows, of: Ints, own: Floats) -> Amounts:
    """Return what leaves exchange with classes, ``sent`` (leaves, classes), less what each has for its ``own``."""
    leaf, k = sent.row, sent.indices.astype(np.int64)
    amount = sent.data - np.where(of[leaf] == k, own[leaf], 0.0)
    keep = np.flatnonzero(np.abs(amount) >= ROUNDING)
    return leaf[keep], k[keep], amount[keep]


def _network_load(access: Access, senders: Side, receivers: Side, n_terms: int, find: Callable[[], Orbits]) -> Floats:
    """Return (L,) load of switch links and of the endpoints' ports, one destination an orbit swept."""
    network, orbits = access.network, find()
    n, arcs, ports = network.n_sites, network.arcs, network.ports
    sent, sites, stands_for = _Sent.of(access, senders, receivers, n_terms), orbits.toward, orbits.stands_for

    def work(start: int, stop: int) -> Floats:
        load, r = np.zeros(len(arcs.tail)), room(arcs)
        step = max(1, BLOCK_ENTRIES // n)
        for i in range(start, stop, step):
            toward = slice(i, min(i + step, stop))
            amounts = sent.toward(sites[toward]) * stands_for[toward, None]
            missed = push(arcs, ports, sites[toward], amounts, load, r)
            assert missed < 0, "terms join connected sites only"
        return load

    total = np.zeros(len(arcs.tail))
    for load in network.sweep(work, len(orbits.toward)):
        total += load
    if network.most_ports <= 1:
        on_ports = _steady_port_load(access, senders, receivers, n_terms, (np.ones((n, 1)), np.ones((n, 1))))
    else:
        on_ports = _multi_port_load(access, senders, receivers, n_terms, orbits)
    return network.to_links(orbits.even_arcs(total)) + on_ports


@dataclass(frozen=True, eq=False)
class _Sent:
    """What sites send to sites."""

    by_sender: csr_array  # (terms, sites)
    by_receiver: csr_array  # (sites, terms)
    inside: csr_array  # (destination sites, source sites) of it that never leaves a domain

    @classmethod
    def of(cls, access: Access, senders: Side, receivers: Side, n_terms: int) -> _Sent:
        site, shape = access.network.site, (n_terms, access.network.n_sites)
        by_sender = matrix(senders.term, site[senders.nic], senders.weight, shape)
        by_receiver = sparse.csr_array(matrix(receivers.term, site[receivers.nic], receivers.weight, shape).T)
        return cls(by_sender, by_receiver, inside_sites(access, senders, receivers))

    def toward(self, sites: Ints) -> Floats:
        """Return (destinations, source sites) what is sent to ``sites``."""
        block = np.asarray((self.by_receiver[sites] @ self.by_sender - self.inside[sites]).toarray())
        block[np.abs(block) < ROUNDING] = 0.0
        return block


def matrix(row: Ints, column: Ints, weight: Floats, shape: tuple[int, int]) -> csr_array:
    """Return the sums of ``weight`` by ``row`` and ``column``."""
    return sparse.csr_array((weight, (row, column)), shape=shape)


def inside_sites(access: Access, senders: Side, receivers: Side) -> csr_array:
    """Return (destination sites, source sites) what the terms count though it never leaves a domain."""
    network = access.network
    n = network.n_sites
    n_places, mine, theirs = places(access, senders, receivers)
    shape = (n_places, n)
    a = matrix(mine, network.site[senders.nic], senders.weight, shape)
    b = matrix(theirs, network.site[receivers.nic], receivers.weight, shape)
    return sparse.csr_array(sparse.csc_array(b).T @ a)


def places(access: Access, senders: Side, receivers: Side) -> tuple[int, Ints, Ints]:
    """Return how many (term, domain) there are, and that of each row of both sides."""
    n, place = _numbered(np.concatenate([_place(access, senders), _place(access, receivers)]))
    return n, place[: len(senders.nic)], place[len(senders.nic) :]


Groups = tuple[Ints, int]  # (E,) the group of each NIC, -1 for none, and how many there are


@dataclass(frozen=True, eq=False)
class Brought:
    """What NICs get from NICs of other domains, by groups of both."""

    access: Access
    senders: Side
    receivers: Side
    n_terms: int

    def between(self, senders: Groups, receivers: Groups) -> Rows:
        """Return (groups of receivers, groups of senders) amounts."""
        mine, theirs = self.senders, self.receivers
        keep = np.flatnonzero(receivers[0][theirs.nic] >= 0)
        n_places, of_mine, of_theirs = places(self.access, mine, theirs)
        parts = []
        for count, a, b in ((self.n_terms, mine.term, theirs.term), (n_places, of_mine, of_theirs)):
            brought = Rows.of(mine.weight, a, senders[0][mine.nic], (count, senders[1]))
            drawn = Rows.of(theirs.weight[keep], receivers[0][theirs.nic[keep]], b[keep], (receivers[1], count))
            parts.append(drawn.times(brought))
        return parts[0].less(parts[1]).without(ROUNDING)

    def inside(self, groups: Groups) -> Floats:
        """Return (groups,) what each group sends to itself."""
        mine, theirs = self.senders, self.receivers
        n_places, of_mine, of_theirs = places(self.access, mine, theirs)
        total = np.zeros(groups[1])
        for count, a, b, sign in ((self.n_terms, mine.term, theirs.term, 1.0), (n_places, of_mine, of_theirs, -1.0)):
            brought = Rows.of(mine.weight, a, groups[0][mine.nic], (count, groups[1]))
            drawn = Rows.of(theirs.weight, b, groups[0][theirs.nic], (count, groups[1]))
            total += sign * brought.by_entry(drawn).by_column()
        return total


def _place(access: Access, side: Side) -> Ints:
    """Return the (term, domain) of each row as one number."""
    return side.term * (int(access.domain.max(initial=0)) + 1) + access.domain[side.nic]


def _numbered(key: Ints) -> tuple[int, Ints]:
    """Return how many numbers there are, and the number of each ``key``: itself where keys are dense enough."""
    n = int(key.max(initial=-1)) + 1
    if n <= DENSE * len(key):
        return n, key
    unique, number = np.unique(key, return_inverse=True)
    return len(unique), number


def _others(access: Access, side: Side, others: Side, n_terms: int) -> Floats:
    """Return for each row of ``side`` the weight of ``others`` in the same term, but in other domains."""
    total = added(others.term, others.weight, n_terms)[side.term]
    mine, theirs = _place(access, side), _place(access, others)
    n_places, place = _numbered(np.concatenate([mine, theirs]))
    inside = added(place[len(mine) :], others.weight, n_places)[place[: len(mine)]]
    return np.asarray(total - inside)


def _steady_port_load(
    access: Access, senders: Side, receivers: Side, n_terms: int, shares: tuple[Floats, Floats]
) -> Floats:
    """Return (L,) load of ports whose ``shares`` (sites, ports), out and in, are the same for every other end."""
    network = access.network
    n, port, load = network.fabric.n_endpoints, network.port, np.zeros(network.fabric.n_links)
    for share, side, others, outward in zip(
        shares, (senders, receivers), (receivers, senders), (True, False), strict=True
    ):
        at_nic = added(side.nic, side.weight * _others(access, side, others, n_terms), n)
        for k in range(network.most_ports):
            nic = np.flatnonzero(network.n_ports > k)
            link = port[nic] + k
            load[link if outward else network.fabric.reverse[link]] = at_nic[nic] * share[network.site[nic], k]
    return load


def _multi_port_load(access: Access, senders: Side, receivers: Side, n_terms: int, orbits: Orbits) -> Floats:
    """Return (L,) the load of ports, one destination site at a time, by the shares of each pair of sites."""
    network = access.network
    n, most = network.n_sites, network.most_ports
    out_total, out_inside = np.zeros((len(senders.nic), most)), _pairs_inside(access, senders, receivers)
    into_total = np.zeros((len(receivers.nic), most))
    sites = np.arange(n)
    by_site = matrix(senders.term, network.site[senders.nic], senders.weight, (n_terms, n))
    at_site = np.argsort(network.site[receivers.nic], kind="stable")
    edge = np.searchsorted(network.site[receivers.nic][at_site], np.arange(n + 1))
    inside_edge = np.searchsorted(network.site[receivers.nic[out_inside[1]]], np.arange(n + 1))
    of_site, meets = network.site_islands
    r = room(network.arcs)
    for d, stands_for in zip(orbits.toward, orbits.stands_for, strict=True):
        source = sites[meets[of_site, of_site[d]]]
        leaving, arriving = np.zeros((2, n, most))
        shares = np.zeros((2, len(source), most))
        first = np.array([0, len(source)])
        shares_at_ports(network.arcs, network.ports, sites[d : d + 1], first, source, shares[0], shares[1], r)
        leaving[source], arriving[source] = shares
        rows = at_site[edge[d] : edge[d + 1]]
        drawn = added(receivers.term[rows], receivers.weight[rows] * stands_for, n_terms)
        out_total += (senders.weight * drawn[senders.term])[:, None] * leaving[network.site[senders.nic]]
        into_total[rows] += receivers.weight[rows, None] * stands_for * (by_site @ arriving)[receivers.term[rows]]
        a, b = (column[inside_edge[d] : inside_edge[d + 1]] for column in out_inside)
        both = (senders.weight[a] * receivers.weight[b] * stands_for)[:, None]
        np.subtract.at(out_total, a, both * leaving[network.site[senders.nic[a]]])
        np.subtract.at(into_total, b, both * arriving[network.site[senders.nic[a]]])
    load = np.zeros(network.fabric.n_links)
    for k in range(most):
        has_out, has_in = network.n_ports[senders.nic] > k, network.n_ports[receivers.nic] > k
        out_link = network.port[senders.nic[has_out]] + k
        in_link = network.fabric.reverse[network.port[receivers.nic[has_in]] + k]
        load += added(out_link, out_total[has_out, k], len(load))
        load += added(in_link, into_total[has_in, k], len(load))
    return np.maximum(orbits.even_ports(network, load), 0.0)


def _pairs_inside(access: Access, senders: Side, receivers: Side) -> tuple[Ints, Ints]:
    """Return rows of senders and of receivers in the same term and domain, sorted by the receiver's site."""
    mine, theirs = _place(access, senders), _place(access, receivers)
    order = np.argsort(theirs, kind="stable")
    start = np.searchsorted(theirs[order], mine)
    count = np.searchsorted(theirs[order], mine, side="right") - start
    a = np.repeat(np.arange(len(mine)), count)
    b = order[ranges(start, count)]
    by_site = np.argsort(access.network.site[receivers.nic[b]], kind="stable")
    return a[by_site], b[by_site]


def scale_up_load(access: Access, senders: Side, receivers: Side, n_terms: int) -> Floats:
    """Return (L,) load that relay legs put on scale-up links."""
    link, reverse = access.scale_up_link, access.network.fabric.reverse
    load = np.zeros(access.network.fabric.n_links)
    for side, others, outward in ((senders, receivers, True), (receivers, senders, False)):
        moves = side.nic != side.end
        if not moves.any():
            continue
        amount = (side.weight * _others(access, side, others, n_terms))[moves]
        start, end = (side.end, side.nic) if outward else (side.nic, side.end)
        load += added(link[start[moves]], amount, len(load))
        load += added(reverse[link[end[moves]]], amount, len(load))
    return load


def inside_load(access: Access, label: Ints, receives: Floats) -> Floats:
    """Return (L,) load of pairs inside a domain on its scale-up links; ``receives`` (E,) is 1 where the end may be."""
    fabric = access.network.fabric
    member = np.flatnonzero((label >= 0) & (access.scale_up_link >= 0))
    key = access.domain[member] * (int(label.max(initial=0)) + 1) + label[member]
    _, place, count = np.unique(key, return_inverse=True, return_counts=True)
    drawn = receives[member]
    load = np.zeros(fabric.n_links)
    load[access.scale_up_link[member]] = np.bincount(place, drawn, len(count))[place] - drawn
    load[fabric.reverse[access.scale_up_link[member]]] = drawn * (count[place] - 1)
    return load
