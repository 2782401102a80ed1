"""Next-hop tables that are kept after a failure: ECMP and weighted ECMP as the whole network splits them.

Every switch goes on splitting over the next hops that it had.  With ``tables`` what it splits onto a dead link is
lost.  With ``skip`` it splits over those next hops that live, and so does an endpoint over its ports; what comes
to a switch whose next hops are all dead is lost.  The routing is that of what arrives.

Limits.  Pairs of sites are told apart, each with its arcs: at most MAX_ENTRIES of them in all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array

from topo.kernels.next_hops import ways_of_pairs
from topo.kernels.sweep import room
from topo.routing.access import ranges
from topo.routing.network import Network, added
from topo.routing.operator import MAX_ENTRIES, FactSheet, Floats, Ints, RoutingError
from topo.routing.relay import least_stored
from topo.routing.split import SplitRouting

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ArrivingRouting(FactSheet):
    """What arrives of commodities between endpoints; links are numbered without the dead ones."""

    policy: str
    between: csc_array  # (links, pairs) shares of links between switches
    pair: Ints  # (F,)
    port: tuple[NDArray[np.int64], Floats]  # (F, n) links of the ports of both ends, and shares of them

    def load(self, rate: Floats) -> Floats:
        """Return (L,) R @ rate."""
        link, share = self.port
        onto = added(link.ravel(), (share * np.asarray(rate)[:, np.newaxis]).ravel(), self.between.shape[0])
        return np.asarray(onto + self.between @ added(self.pair, rate, self.between.shape[1]), dtype=np.float64)

    def sum_along(self, value: Floats) -> Floats:
        """Return (F,) value @ R."""
        value = np.asarray(value, dtype=np.float64)
        link, share = self.port
        return np.asarray((self.between.T @ value)[self.pair] + (value[link] * share).sum(axis=1))

    def min_along(self, value: Floats) -> Floats:
        """Return (F,) least ``value`` over links with R > 0."""
        value = np.asarray(value, dtype=np.float64)
        link, share = self.port
        ends = np.where(share > 0.0, value[link], np.inf).min(axis=1, initial=np.inf)
        return np.asarray(np.minimum(least_stored(self.between, value)[self.pair], ends), dtype=np.float64)

    def columns(self) -> csc_array | None:
        """Return R (L, F), or None where it has more than MAX_ENTRIES entries."""
        link, share = self.port
        if np.diff(self.between.indptr)[self.pair].sum() + share.size > MAX_ENTRIES:
            return None
        row = np.repeat(np.arange(len(self.pair)), link.shape[1])
        ports = csc_array((share.ravel(), (link.ravel(), row)), shape=(self.between.shape[0], len(self.pair)))
        result = csc_array(self.between[:, self.pair] + ports)
        result.eliminate_zeros()
        return result

    def of_commodities(self, used: Ints) -> ArrivingRouting:
        """Return the routing of the commodities ``used``, numbered anew."""
        link, share = self.port
        return replace(self, pair=self.pair[used], port=(link[used], share[used]))


def arriving(whole: SplitRouting, dead: Mask, *, skip: bool) -> tuple[ArrivingRouting, Floats]:
    """Return what arrives by the next hops of ``whole`` where the links ``dead`` (L,) are gone, and its share (F,).

    Raises RoutingError where the arcs of all pairs of sites are too many to hold.
    """
    network = whole.network.apart(dead)
    split = SplitRouting.of(network, whole.src, whole.dst, whole.policy)
    of_arc = network.part * ~dead[network.link]  # what lives of each arc, link by link
    lives = added(network.arc, of_arc, len(network.arcs.tail))
    live = _live(network, dead, lives)
    start, arc, share, arrives, ports = _ways(split, live, skip=skip)
    number = np.cumsum(~dead) - 1
    alive = np.flatnonzero(of_arc > 0.0)
    part = of_arc[alive] / lives[network.arc[alive]]
    onto = coo_array(
        (part, (number[network.link[alive]], network.arc[alive])), shape=(number[-1] + 1, len(network.arcs.tail))
    ).tocsr()
    between = csc_array(onto @ csc_array((share, arc, start), shape=(onto.shape[1], len(split.source))))
    routing = ArrivingRouting(whole.policy, between, split.pair, _ports(split, ports, dead, number))
    return routing, arrives[split.pair]


Live = tuple[Floats, Floats, Floats]


def _live(network: Network, dead: Mask, of_arc: Floats) -> Live:
    """Return the parts that live: of arcs, of ports that send and of ports that receive."""
    ports = network.ports
    example = np.full(network.n_sites, -1)
    has = np.flatnonzero(network.site >= 0)
    example[network.site[has]] = has
    link = ranges(network.port[example], np.diff(ports.first))
    back = network.fabric.reverse[link]
    return network.arcs.part * of_arc, ports.part * ~dead[link], ports.part * ~dead[back]


def _ways(split: SplitRouting, live: Live, *, skip: bool) -> tuple[Ints, NDArray[np.int32], Floats, Floats, Floats]:
    """Return where the arcs of each pair start, the arcs and shares, what arrives, and (2, pairs, ports) shares."""
    network, n = split.network, len(split.source)
    start, arrives = np.zeros(n + 1, dtype=np.int64), np.zeros(n)
    arc, share, ports = np.empty(0, np.int32), np.empty(0), np.zeros((2, n, network.most_ports))

    def work(a: int, b: int) -> None:
        first = split.first[a : b + 1]
        into = (arc, share, arrives, ports[0], ports[1])
        here = (network.arcs, network.ports, split.sites[a:b], first, split.source)
        ways_of_pairs(*here, live, skip, start, into, room(network.arcs))

    for _ in network.sweep(work, len(split.sites), shares=True):
        pass
    np.cumsum(start, out=start)
    if start[-1] > MAX_ENTRIES:
        raise RoutingError(
            f"tables that are kept hold {start[-1]:,} next hops of {n:,} pairs of places, more than the "
            f"{MAX_ENTRIES:,} that are told apart; use a smaller network, or reroute: ideal"
        )
    arc, share = np.empty(start[-1], np.int32), np.empty(start[-1])
    for _ in network.sweep(work, len(split.sites), shares=True):
        pass
    return start, arc, share, arrives, ports


def _ports(split: SplitRouting, ports: Floats, dead: Mask, number: Ints) -> tuple[Ints, Floats]:
    """Return (F, n) the links of the ports of both ends, and shares of them; a dead one has none."""
    network = split.network
    links, shares = [], []
    for k in range(network.most_ports):
        for end, share, outward in ((split.src, ports[0], True), (split.dst, ports[1], False)):
            has = k < network.n_ports[end]
            link = network.port[end] + np.where(has, k, 0)
            link = link if outward else network.fabric.reverse[link].astype(np.int64)
            lives = has & ~dead[link]
            links.append(np.where(lives, number[link], 0))
            shares.append(np.where(lives, share[split.pair, k], 0.0))
    return np.stack(links, axis=1), np.stack(shares, axis=1)
