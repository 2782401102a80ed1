"""Loads of even splits after a loss, from those before it: what the loss does not meet is not looked at again.

Loads are sums over destinations, so a lost cable changes those alone whose shortest paths cross it, and there only what
lies behind the switches that lost a next hop (``topo.kernels.detour``).  An endpoint that lost ports becomes a
site of its own: what it sent and received is taken off, and what is left of it, or of its neighbours that stand in
for it, is put on.  The same differences serve both; they add up to the loads that a full sweep of what is left gives.

Limits.  Even and weighted splits with fixed claims of planes.  ``Detours.of`` returns None where a table of every
switch and site would be too large or endpoints have two ports on one island; ``after`` where a loss splits an island
between endpoints, shares out their ports otherwise, or leaves only the longer ones of parallel cables, or takes
scale-up links.  Then all is swept again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from topo.kernels.along import shares_at_ports
from topo.kernels.detour import Leaving, bench, detour, held, leaving
from topo.kernels.sweep import push, room
from topo.routing.access import Access
from topo.routing.crowds import Crowds
from topo.routing.cut import Cut
from topo.routing.flows import CrowdFlows, Flows
from topo.routing.meeting import Meeting
from topo.routing.network import Network, added
from topo.routing.operator import Floats
from topo.routing.relay import legs_of
from topo.routing.site_amounts import site_amounts
from traffic.demand import Demand, GroupedDemand

#: Entries of a table of every phase, site and switch, or site, site and port, above which none is kept: 8 bytes each.
MOST_ENTRIES = 8_000_000
#: Amounts below this part of the largest are what is left of equal sums.
NOTHING = 1e-12

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Left:
    """What a loss leaves of a demand; links are numbered as before it, and dead ones carry nothing."""

    load: Floats  # (phases, L) of what still arrives
    before: Floats  # (phases, L) of the same on the whole network
    lost: float  # ordered pairs, or commodities, that no path is left for


@dataclass(frozen=True, eq=False)
class Detours:
    """A network with its traffic, ready for losses: D sites, S switches, P phases."""

    access: Access
    demand: Demand | GroupedDemand
    load: Floats  # (P, L)
    amount: Floats  # (P, D, D) what destination sites get of source sites
    dist: NDArray[np.int32]  # (D, S)
    flow: Floats  # (P, D, S) what flows through each switch toward each site
    out: Leaving
    share: Floats  # (D, D, ports) of what a destination gets of a site that leaves it by each port; empty with one port

    @classmethod
    def of(cls, network: Network, demand: Demand | GroupedDemand, load: Floats) -> Detours | None:
        """Return ``network`` ready for losses, whose links carry ``load`` (P, L); None where that is not to be had."""
        n, switches, phases = network.n_sites, len(network.arcs.first) - 1, len(load)
        tables = (phases * n * n, phases * n * switches, n * n * network.most_ports)
        if not n or max(tables) > MOST_ENTRIES or _twice_on_an_island(network):
            return None
        access = Access(network)
        amount = _amounts(access, demand)
        dist, flow = np.empty((n, switches), np.int32), np.zeros((phases, n, switches))
        for p in range(phases):
            if held(network.arcs, network.ports, amount[p], dist, flow[p], room(network.arcs)) >= 0:
                return None
        share = _shares_of_ports(network) if network.most_ports > 1 else np.zeros((0, 0, 0))
        return cls(access, demand, load, amount, dist, flow, leaving(network.arcs), share)

    def after(self, dead: Mask) -> Left | None:
        """Return what is left where the links ``dead`` (L,) are gone; None where all must be swept again."""
        cut = Cut.of(self.access, dead)
        if cut is None:
            return None
        meeting = self._meeting(cut)
        if meeting is None:
            return None
        load = self._changed(cut, meeting.before, meeting.after)
        if load is None:
            return None
        load[:, dead] = 0.0
        before = self._changed(Cut.none(self.access), meeting.lost, Flows.none()) if meeting.lost.pairs else self.load
        return None if before is None else Left(load, before, meeting.lost.pairs)

    @property
    def network(self) -> Network:
        """The whole network."""
        return self.access.network

    def _changed(self, cut: Cut, minus: Flows | CrowdFlows, plus: Flows | CrowdFlows) -> Floats | None:
        """Return (P, L) loads with ``cut``, without flows ``minus`` as they went and with ``plus``; None for sweeps."""
        network, n = self.network, self.network.n_sites
        sites = n + cut.n_new
        amount = np.zeros((len(self.load), sites, sites))
        amount[:, :n, :n] = self.amount
        minus.put(amount, network.site, -1.0)
        amount[np.abs(amount) <= NOTHING * amount.max(initial=0.0)] = 0.0
        plus.put(amount, cut.site, 1.0)
        share = np.zeros((sites, sites, self.share.shape[2] if self.share.size else 0))
        share[: len(self.share), : len(self.share)] = self.share
        arc = self._arcs_after(cut, amount, share)
        if arc is None:
            return None
        load = self.load + 0.0
        load[:, network.link] = arc[:, network.arc] * cut.link_part
        minus.load(load, Cut.none(self.access), self.share, -1.0)
        plus.load(load, cut, share, 1.0)
        return load

    def _arcs_after(self, cut: Cut, amount: Floats, share: Floats) -> Floats | None:
        """Return (P, A) loads of arcs; ``share`` (sites, sites, ports) takes those that are new."""
        arcs, n, phases = self.network.arcs, self.network.n_sites, len(self.load)
        load = self.arc_load.copy()
        for p in range(phases):
            old = np.zeros((n, len(cut.alive)))
            old[:, :n] = self.amount[p]
            before, amounts = (self.dist, self.flow[p]), (old, np.ascontiguousarray(amount[p, :n]))
            told = share[:n] if share.size else share
            b = bench(arcs, len(cut.lost))
            if detour(arcs, self.out, cut.lost, cut.part, cut.ports, cut.alive, before, amounts, told, load[p], b) >= 0:
                return None
        left, number = cut.arcs() if cut.n_new else (arcs, np.arange(0))
        for d in range(n, n + cut.n_new):
            for p in range(phases):
                extra = np.zeros(len(left.tail))
                if push(left, cut.ports, np.array([d]), amount[p, d : d + 1], extra, room(left)) >= 0:
                    return None
                load[p, number] += extra
            if share.size:
                source = np.flatnonzero(amount[:, d].any(axis=0))
                shares = np.zeros((2, len(source), share.shape[2]))
                first = np.array([0, len(source)])
                shares_at_ports(left, cut.ports, np.array([d]), first, source, shares[0], shares[1], room(left))
                share[d, source] = shares[0]
        return load

    def _meeting(self, cut: Cut) -> Meeting | None:
        if isinstance(self.demand, Demand):
            return Meeting.of(self.access, cut, self.demand)
        return self._crowds.meeting(cut)

    @cached_property
    def _crowds(self) -> Crowds:
        """Endpoints of a grouped demand that are alike."""
        assert isinstance(self.demand, GroupedDemand)
        return Crowds.of(self.access, self.demand)

    @cached_property
    def arc_load(self) -> Floats:
        """(P, A) loads of arcs."""
        network = self.network
        return np.stack([added(network.arc, row[network.link], len(network.arcs.tail)) for row in self.load])


def _twice_on_an_island(network: Network) -> bool:
    """Return whether a site has two ports on one island: where its traffic arrives then depends on the whole way."""
    owner = np.repeat(np.arange(network.n_sites), np.diff(network.ports.first))
    pairs = np.stack([owner, network.island[network.ports.switch]])
    return len(np.unique(pairs, axis=1).T) < len(owner)


def _shares_of_ports(network: Network) -> Floats:
    """Return (D, D, ports) what share of what site s sends to site d leaves by each port of s, as [d, s]."""
    n, most = network.n_sites, network.most_ports
    shares = np.zeros((2, n * n, most))
    sites, first = np.arange(n), np.arange(n + 1) * n
    source = np.tile(np.arange(n), n)
    shares_at_ports(network.arcs, network.ports, sites, first, source, shares[0], shares[1], room(network.arcs))
    return np.asarray(shares[0].reshape(n, n, most))


def _amounts(access: Access, demand: Demand | GroupedDemand) -> Floats:
    """Return (phases, D, D) [bytes] what destination sites get of source sites."""
    network, phases, n = access.network, demand.n_phases, access.network.n_sites
    if isinstance(demand, GroupedDemand):
        amounts = site_amounts(network, demand, n * n)
        result = np.zeros((1, n, n))
        result[0, amounts.target, amounts.source] = demand.size @ amounts.each
        return result
    src, dst = demand.src.astype(np.int64), demand.dst.astype(np.int64)
    apart = np.flatnonzero(access.domain[src] != access.domain[dst])
    src, dst, size, phase = src[apart], dst[apart], demand.size[apart], demand.phase[apart].astype(np.int64)
    result = np.zeros((phases, n, n))
    flows = Flows(src, dst, size, phase, legs_of(access, src, dst, network.fabric.relay))
    flows.put(result, network.site, 1.0)
    return result
