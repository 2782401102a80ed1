"""Flows that a loss touches, and what they put on sites, ports and scale-up links: pair by pair, or crowd by crowd.

A crowd is endpoints that are alike, so that every one of it sends to every one of another in a different domain by
NICs at the same places of their domains.  What crowds send is a product of two sides; pairs inside a domain are taken
off one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.kernels.crowds import Inside, Keys, Members
from topo.kernels.gains import Counts, Places, by_site, counts, put, put_inside, put_on_links, put_on_links_inside
from topo.kernels.relay import Nics
from topo.routing.access import Access
from topo.routing.cut import Cut
from topo.routing.network import added
from topo.routing.operator import Floats, Ints
from topo.routing.relay import Legs

Index = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Flows:
    """Pairs of endpoints in different domains, and the legs by which they go."""

    src: Ints  # (pairs,)
    dst: Ints  # (pairs,)
    size: Floats  # (pairs,) [bytes]
    phase: Ints  # (pairs,)
    legs: Legs
    cut: Cut  # by whose sites and ports they go

    @classmethod
    def none(cls, cut: Cut) -> Flows:
        """Return no pairs."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(empty, empty, np.zeros(0), empty, Legs.none(), cut)

    def some(self, rows: Ints) -> Flows:
        """Return the pairs ``rows``, sorted."""
        legs = legs_of_rows(self.legs, rows)
        return Flows(self.src[rows], self.dst[rows], self.size[rows], self.phase[rows], legs, self.cut)

    @property
    def amount(self) -> Floats:
        """(legs,) [bytes] on each leg."""
        return self.legs.share * self.size[self.legs.row]

    @property
    def touched(self) -> Ints:
        """Sites that send any, some more than once."""
        return self.cut.site[self.legs.nic]

    def put(self, more: Floats, sign: float) -> None:
        """Add to ``more`` (P, sites, sites), by receiver and sender, what goes from site to site, ``sign`` times."""
        legs, n, site = self.legs, more.shape[1], self.cut.site
        if len(legs.row):
            key = (self.phase[legs.row] * n + site[legs.out]) * n + site[legs.nic]
            more += added(key, sign * self.amount, more.size).reshape(more.shape)

    def load(self, load: Floats, share: Floats, sign: float) -> None:
        """Add to ``load`` (P, L) what goes by ports of endpoints and scale-up links, ``sign`` times.

        ``share`` (sites, sites, ports), by receiver and sender, leaves by each port; empty where each has one.
        """
        legs, cut = self.legs, self.cut
        if not len(legs.row):
            return
        amount, at = sign * self.amount, self.phase[legs.row] * load.shape[1]
        sender, receiver = cut.site[legs.nic], cut.site[legs.out]
        leaves = share[receiver, sender] if share.size else np.ones((len(sender), 1))
        arrives = leaves
        if share.size:
            same = cut.islands[sender][:, np.newaxis] == cut.islands[receiver][:, :, np.newaxis]
            arrives = (leaves[:, np.newaxis] * same).sum(axis=2)
        for row, weight in (
            *_relayed(cut.access, self.src[legs.row], legs.nic, amount),
            *_relayed(cut.access, legs.out, self.dst[legs.row], amount),
            *_at_ports(cut, legs.nic, amount[:, np.newaxis] * leaves, outward=True),
            *_at_ports(cut, legs.out, amount[:, np.newaxis] * arrives, outward=False),
        ):
            load += added(at + np.maximum(row, 0), weight, load.size).reshape(load.shape)


def legs_of_rows(legs: Legs, rows: Ints) -> Legs:
    """Return the legs of ``rows``, sorted, numbered by their place among those."""
    use = np.flatnonzero(np.isin(legs.row, rows))
    return Legs(np.searchsorted(rows, legs.row[use]), legs.nic[use], legs.out[use], legs.share[use])


def _relayed(access: Access, start: Ints, end: Ints, amount: Floats) -> list[tuple[Index, Floats]]:
    """Return scale-up links and weights of ``amount`` that moves from ``start`` to ``end`` inside domains."""
    moved = np.where(start != end, amount, 0.0)
    if not moved.any():
        return []
    return [(access.scale_up_link[start], moved), (access.network.fabric.reverse[access.scale_up_link[end]], moved)]


def _at_ports(cut: Cut, nic: Ints, amount: Floats, *, outward: bool) -> list[tuple[Index, Floats]]:
    """Return links and weights of ``amount`` (NICs, ports) that leaves by each port of ``nic``, or arrives."""
    network = cut.access.network
    found: list[tuple[Index, Floats]] = []
    for k in range(network.most_ports):
        link = network.port[nic] + np.where(amount[:, k] != 0.0, cut.offset[cut.site[nic], k], 0)
        found.append((link if outward else network.fabric.reverse[link], amount[:, k]))
    return found


@dataclass(frozen=True, eq=False)
class Gathering:
    """What crowds send to crowds by tables of keys, and what those count that never leaves a domain."""

    nics: Nics
    members: Members
    keys: Keys
    table: Floats  # (3, keys, keys) [bytes] by receiver and sender: before, after, lost
    inside: Inside
    used: int  # legs of ``inside``


@dataclass(frozen=True, eq=False)
class CrowdFlows:
    """Flows of a table ``which``: each member of a sender's key sends as much to each one of a receiver's key."""

    gathering: Gathering
    which: int
    cut: Cut  # by whose sites and ports they go

    @property
    def touched(self) -> Ints:
        """Sites that one end of all that is sent is at, some more than once."""
        g = self.gathering
        hit = np.zeros(len(g.nics.first), dtype=bool)
        hit[g.nics.domain[g.members.end[g.members.first[g.members.near] :]]] = True
        site = self.cut.site[g.nics.nics[hit[g.nics.domain[g.nics.nics]]]]
        return site[site >= 0]

    @cached_property
    def _by_site(self) -> Counts:
        """How many members of each key use a NIC of each site."""
        g = self.gathering
        result = counts(int(g.keys.n[0]), len(self.cut.alive))
        by_site(g.nics, g.members, g.keys, self.cut.site, result)
        return result

    def put(self, more: Floats, sign: float) -> None:
        """Add to ``more`` (1, sites, sites) what ``Flows.put`` does."""
        g = self.gathering
        put(g.table[self.which], self._by_site, sign, more[0])
        put_inside(g.inside, g.used, self.which, self.cut.site, -sign, more[0])

    def load(self, load: Floats, share: Floats, sign: float) -> None:
        """Add to ``load`` (1, L) what ``Flows.load`` does."""
        g, places, count = self.gathering, places_of(self.cut, share), self._by_site
        there = count if share.size else _at_one(count)
        put_on_links(g.nics, g.members, places, g.keys, g.table[self.which], there, sign, load[0])
        put_on_links_inside(places, g.inside, g.used, self.which, -sign, load[0])


def _at_one(count: Counts) -> Counts:
    """Return ``count`` as if all were at one site."""
    n = len(count.n)
    return Counts(count.of.sum(axis=1)[:, np.newaxis], np.zeros((n, 1), np.int32), np.ones(n, np.int64))


def places_of(cut: Cut, share: Floats) -> Places:
    """Return where endpoints attach after ``cut``; ``share`` (sites, sites, ports) leaves by each port.

    Islands are asked for where sites share among several ports.
    """
    network, islands = cut.access.network, cut.islands if share.size else np.zeros((0, 0), np.int64)
    up, reverse = cut.access.scale_up_link, np.ascontiguousarray(network.fabric.reverse)
    return Places(cut.site, network.port, up, reverse, cut.offset, islands, share)
