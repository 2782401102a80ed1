"""What a loss takes of a network: parts of arcs, and ports of endpoints, which are sites of their own after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from topo.islands import changes
from topo.kernels.sweep import Arcs, Ports
from topo.routing.access import Access, ranges
from topo.routing.network import Network
from topo.routing.operator import Floats, Ints

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Cut:
    """A network of D sites less what is lost, with X sites more: endpoints that lost ports and kept some."""

    lost: NDArray[np.int32]  # (C,) arcs of which some is lost
    part: Floats  # (A,) what is left of the part of each arc
    link_part: Floats  # (M,) share of its arc that each link between switches carries
    end: Ints  # (c,) endpoints that lost a port
    access: Access  # ways that are left
    site: Ints  # (E,) site of each endpoint; -1 without a port
    ports: Ports  # of D + X sites
    alive: Mask  # (D + X,) sites with an endpoint left
    offset: Ints  # (D + X, ports) which of its endpoints' ports each port of a site is

    @classmethod
    def none(cls, access: Access) -> Cut:
        """Return the loss of nothing."""
        network = access.network
        n, most = network.n_sites, network.most_ports
        offset = np.tile(np.arange(most), (n, 1))
        empty = np.zeros(0, np.int64)
        return cls(
            empty.astype(np.int32), network.arcs.part, network.part, empty, access, network.site, network.ports,
            np.ones(n, dtype=bool), offset,
        )  # fmt: skip

    @classmethod
    def of(cls, intact: Cut, dead: Mask) -> Cut | None:
        """Return what the links ``dead`` (L,) take where nothing was lost; None where only the longer ones of parallel
        cables are left, or a scale-up link is lost.
        """
        network = intact.access.network
        arcs = _arcs_left(network, dead)
        if arcs is None:
            return None
        port = network.port_links[dead[network.port_links]]
        if np.count_nonzero(dead) > np.count_nonzero(dead[network.link]) + 2 * len(port):
            return None
        end = network.fabric.tail[port].astype(np.int64)  # ports go by endpoint
        end = end[changes(end)]
        if not len(end):
            return replace(intact, lost=arcs[0], part=arcs[1], link_part=arcs[2])
        lost, part, link_part = arcs
        return cls(lost, part, link_part, end, *_sites_left(intact, end, dead))

    @property
    def n_new(self) -> int:
        """Number of sites that there were not before."""
        return len(self.alive) - self.access.network.n_sites

    @cached_property
    def islands(self) -> Ints:
        """(D + X, ports) the island of each port of a site; -1 where there is none."""
        network, first = self.access.network, self.ports.first
        result = np.full((len(self.alive), network.most_ports), -1, dtype=np.int64)
        owner = np.repeat(np.arange(len(self.alive)), np.diff(first))
        result[owner, np.arange(len(owner)) - first[owner]] = network.island[self.ports.switch]
        return result

    @cached_property
    def meets(self) -> NDArray[np.int8]:
        """(S,) what a site with an endpoint left has at each switch: 0 nothing, 1 its port, 2 one of several."""
        count = np.diff(self.ports.first)
        result = np.zeros(len(self.access.network.arcs.first) - 1, np.int8)
        result[self.ports.switch[np.repeat(self.alive & (count == 1), count)]] = 1
        result[self.ports.switch[np.repeat(self.alive & (count > 1), count)]] = 2
        return result

    def arcs(self) -> tuple[Arcs, Ints]:
        """Return the arcs that are left, and the number that each had."""
        arcs = self.access.network.arcs
        if not len(self.lost):
            return arcs, np.arange(len(arcs.tail))
        kept = np.flatnonzero(self.part > 0.0)
        first = np.searchsorted(kept, arcs.first).astype(np.int64)
        left = Arcs(first, arcs.tail[kept], arcs.head[kept], arcs.weight[kept], self.part[kept], arcs.width)
        return left, kept


def _arcs_left(network: Network, dead: Mask) -> tuple[NDArray[np.int32], Floats, Floats] | None:
    """Return the arcs that lost links, the parts (A,) that are left, and the share (M,) of each link of its arc."""
    arcs = network.arcs
    row = np.flatnonzero(dead[network.link])
    row = row[network.part[row] > 0.0]
    lost = network.arc[row]  # links go by arc
    lost = lost[changes(lost)]
    if not len(lost):
        return lost.astype(np.int32), arcs.part, network.part
    if len(network.link) == len(arcs.part):  # no cables are parallel
        part, link_part = arcs.part.copy(), network.part.copy()
        part[lost] = link_part[lost] = 0.0
        return lost.astype(np.int32), part, link_part
    first = np.searchsorted(network.arc, lost)
    count = np.searchsorted(network.arc, lost, side="right") - first
    mine = ranges(first, count)
    of = np.repeat(np.arange(len(lost)), count)
    lives = ~dead[network.link[mine]]
    own = network.part[mine] * arcs.part[network.arc[mine]] * lives
    total = np.bincount(of, own, len(lost))
    if (np.bincount(of, lives, len(lost)) > 0.0)[total == 0.0].any():
        return None
    part, link_part = arcs.part.copy(), network.part.copy()
    part[lost] = total
    link_part[mine] = own / np.where(total > 0.0, total, 1.0)[of]
    return lost.astype(np.int32), part, link_part


def _sites_left(intact: Cut, end: Ints, dead: Mask) -> tuple[Access, Ints, Ports, Mask, Ints]:
    """Return ways, sites, their ports, which live, and their offsets, where ``end`` (c,) lost the ``dead`` ports."""
    network = intact.access.network
    n, most, ports = network.n_sites, network.most_ports, network.ports
    column = np.arange(most)
    there = column < network.n_ports[end][:, None]
    kept = there & ~dead[np.where(there, network.port[end][:, None] + column, 0)]
    site = network.site.copy()
    if not kept.any():
        site[end] = -1
        alive = np.bincount(site[site >= 0], minlength=n) > 0
        return intact.access.without_all(end), site, ports, alive, intact.offset
    # Endpoints of a site that kept the same ports are a site of their own, those that kept none are of no site.
    key = (network.site[end] << most) + kept @ (1 << column)
    _, first, number = np.unique(key, return_index=True, return_inverse=True)
    which = [np.flatnonzero(row) for row in kept[first]]
    some = np.array([len(own) > 0 for own in which])
    new = np.where(some, n + np.cumsum(some) - 1, -1)
    site[end] = new[number]
    alive = np.ones(n + int(np.count_nonzero(some)), dtype=bool)
    alive[:n] = np.bincount(site[site >= 0], minlength=n)[:n] > 0
    rows = [ports.first[at] + own for at, own in zip(network.site[end[first]], which, strict=True)]
    left = intact.access.without(end, number, [network.island[ports.switch[own]] for own in rows])
    offset = np.vstack([intact.offset, np.zeros((len(alive) - n, most), dtype=np.int64)])
    for at, own in zip(new, which, strict=True):
        offset[at, : len(own)] = own
    count = [len(own) for own in which if len(own)]
    return left, site, _with_rows(ports, np.concatenate(rows), count, len(network.arcs.first) - 1), alive, offset


def _with_rows(ports: Ports, rows: Ints, count: list[int], reach: int) -> Ports:
    """Return ``ports`` with sites more, which have ``count`` ports each, equal to ``rows``."""
    return Ports(
        np.concatenate([ports.first, ports.first[-1] + np.cumsum(count, dtype=np.int64)]).astype(np.int64),
        np.concatenate([ports.switch, ports.switch[rows]]),
        np.concatenate([ports.weight, ports.weight[rows]]),
        np.concatenate([ports.part, ports.part[rows]]),
        np.concatenate([ports.reach, np.full(len(count), reach, dtype=np.int64)]),
        np.concatenate([ports.plane, ports.plane[rows]]) if len(ports.plane) else ports.plane,
        np.concatenate([ports.claim, ports.claim[rows]]) if len(ports.claim) else ports.claim,
    )
