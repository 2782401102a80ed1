"""Flows that a loss touches, and what they put on sites, ports and scale-up links: pair by pair, or crowd by crowd.

A crowd is endpoints that are alike, so that every one of it sends to every one of another in a different domain by
NICs at the same places of their domains.  What crowds send is a product of two sides; pairs inside a domain are taken
off one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

    @classmethod
    def none(cls) -> Flows:
        """Return no pairs."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(empty, empty, np.zeros(0), empty, Legs.none())

    def some(self, rows: Ints) -> Flows:
        """Return the pairs ``rows``, sorted."""
        return Flows(self.src[rows], self.dst[rows], self.size[rows], self.phase[rows], legs_of_rows(self.legs, rows))

    @property
    def pairs(self) -> float:
        """Number of pairs."""
        return float(len(self.src))

    @property
    def amount(self) -> Floats:
        """(legs,) [bytes] on each leg."""
        return self.legs.share * self.size[self.legs.row]

    def put(self, amount: Floats, site: Ints, sign: float) -> None:
        """Add to ``amount`` (P, sites, sites), by receiver and sender, what goes from site to site, ``sign`` times."""
        legs, n = self.legs, amount.shape[1]
        if len(legs.row):
            key = (self.phase[legs.row] * n + site[legs.out]) * n + site[legs.nic]
            amount += added(key, sign * self.amount, amount.size).reshape(amount.shape)

    def load(self, load: Floats, cut: Cut, share: Floats, sign: float) -> None:
        """Add to ``load`` (P, L) what goes by ports of endpoints and scale-up links, ``sign`` times.

        ``share`` (sites, sites, ports), by receiver and sender, leaves by each port; empty where each has one.
        """
        legs = self.legs
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
class Members:
    """Members of crowds and the NICs that they use, by the crowd and place of the NIC: ``key``."""

    key: Ints  # (rows,)
    end: Ints  # (rows,)
    nic: Ints  # (rows,)
    n: int  # keys
    far: int  # keys of crowds in domains that lost no port: they come first

    def by_site(self, site: Ints, n: int) -> Floats:
        """Return (keys, sites) how many members of each use a NIC of each site."""
        count = np.bincount(self.key * n + site[self.nic], minlength=self.n * n)
        return count.reshape(self.n, n).astype(np.float64)


@dataclass(frozen=True, eq=False)
class CrowdFlows:
    """What crowds send to crowds: each member of ``senders`` of key i sends ``bytes[j, i]`` to each one of key j."""

    senders: Members
    receivers: Members
    bytes: Floats  # (receivers' keys, senders' keys)
    inside: Flows  # pairs of members of one domain, which it counts though they never leave it
    pairs: float  # ordered pairs, without those

    def put(self, amount: Floats, site: Ints, sign: float) -> None:
        """Add to ``amount`` (1, sites, sites) what ``Flows.put`` does."""
        n = amount.shape[1]
        brought, drawn = self.bytes @ self.senders.by_site(site, n), self.receivers.by_site(site, n)
        # A loss touches few sites: those of receivers that lost ports, or those that send to all others.
        for keys in (slice(0, self.receivers.far), slice(self.receivers.far, None)):
            here, there = np.flatnonzero(drawn[keys].any(axis=0)), np.flatnonzero(brought[keys].any(axis=0))
            amount[0, here[:, np.newaxis], there] += sign * drawn[keys][:, here].T @ brought[keys][:, there]
        self.inside.put(amount, site, -sign)

    def load(self, load: Floats, cut: Cut, share: Floats, sign: float) -> None:
        """Add to ``load`` (1, L) what ``Flows.load`` does."""
        n, every, width = len(cut.alive), load[0], cut.access.network.most_ports
        for side, others, sizes, outward in (
            (self.senders, self.receivers, self.bytes.T, True),
            (self.receivers, self.senders, self.bytes, False),
        ):
            at_others = sign * sizes @ others.by_site(cut.site, n)  # (keys, sites)
            whole = at_others.sum(axis=1)[side.key]
            if share.size:
                part = share if outward else _arriving(share, cut)
                axes = ([1], [0]) if outward else ([1], [1])
                by_port = np.tensordot(at_others, part, axes)[side.key, cut.site[side.nic]]
            else:
                by_port = np.repeat(whole[:, np.newaxis], width, axis=1)
            moves = (side.end, side.nic) if outward else (side.nic, side.end)
            for row, weight in (
                *_relayed(cut.access, *moves, whole),
                *_at_ports(cut, side.nic, by_port, outward=outward),
            ):
                every += added(np.maximum(row, 0), weight, len(every))
        self.inside.load(load, cut, share, -sign)


def _arriving(share: Floats, cut: Cut) -> Floats:
    """Return (receivers, senders, ports) what arrives by each port where ``share`` leaves: it keeps to its island."""
    island = cut.islands
    result = np.zeros(share.shape)
    for k in range(share.shape[2]):
        for m in range(share.shape[2]):
            result[:, :, k] += share[:, :, m] * (island[:, k][:, np.newaxis] == island[:, m])
    return result
