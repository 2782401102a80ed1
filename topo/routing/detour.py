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
from topo.kernels.detour import Change, detour
from topo.kernels.held import Before, Leaving, before, held, leaving
from topo.kernels.sweep import push, room
from topo.kernels.turning import bench
from topo.routing.access import Access
from topo.routing.crowds import Crowds
from topo.routing.cut import Cut
from topo.routing.flows import CrowdFlows, Flows
from topo.routing.meeting import Meeting
from topo.routing.network import Network, added
from topo.routing.operator import Floats, Ints
from topo.routing.relay import legs_of
from topo.routing.site_amounts import site_amounts
from traffic.demand import Demand, GroupedDemand

#: Entries of a table of every phase, site and switch, or site, site and port, above which none is kept: 8 bytes each.
MOST_ENTRIES = 8_000_000
#: Ports of an endpoint above which those that it keeps are too many for the bits of a number.
MOST_PORTS = 32
#: Amounts below this part of the largest are what is left of equal sums.
NOTHING = 1e-12

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Left:
    """What a loss leaves of a demand; links are numbered as before it, and dead ones carry nothing."""

    load: Floats  # (phases, L) of what still arrives
    lost: float  # ordered pairs, or commodities, that no path is left for
    ready: Detours
    gone: Flows | CrowdFlows  # what is lost, as it went

    @cached_property
    def before(self) -> Floats | None:
        """(phases, L) loads of what still arrives on the whole network; None where that must be swept."""
        return self.ready.before_without(self.gone) if self.lost else self.ready.load


@dataclass(frozen=True, eq=False)
class Detours:
    """A network with its traffic, ready for losses: D sites, S switches, P phases."""

    access: Access
    demand: Demand | GroupedDemand
    load: Floats  # (P, L)
    amount: Floats  # (P, D, D) what destination sites get of source sites
    before: list[Before]  # what was there toward each site, of each phase
    out: Leaving
    share: Floats  # (D, D, ports) of what a destination gets of a site that leaves it by each port; empty with one port

    @classmethod
    def of(cls, network: Network, demand: Demand | GroupedDemand, load: Floats) -> Detours | None:
        """Return ``network`` ready for losses, whose links carry ``load`` (P, L); None where that is not to be had."""
        n, switches, phases = network.n_sites, len(network.arcs.first) - 1, len(load)
        tables = (phases * n * n, phases * n * switches, n * n * network.most_ports)
        if not n or max(tables) > MOST_ENTRIES or network.most_ports > MOST_PORTS or _twice_on_an_island(network):
            return None
        access = Access(network)
        amount = _amounts(access, demand)
        there = before(n, network.arcs, phases)
        for p in range(phases):
            if held(network.arcs, network.ports, amount[p], there[p], room(network.arcs)) >= 0:
                return None
        share = _shares_of_ports(network) if network.most_ports > 1 else np.zeros((0, 0, 0))
        return cls(access, demand, load, amount, there, leaving(network.arcs), share)

    def after(self, dead: Mask) -> Left | None:
        """Return what is left where the links ``dead`` (L,) are gone; None where all must be swept again."""
        cut = Cut.of(self.intact, dead)
        if cut is None:
            return None
        meeting = self._meeting(cut)
        if meeting is None:
            return None
        load = self._changed(cut, meeting.before, meeting.after)
        if load is None:
            return None
        load[:, dead] = 0.0
        return Left(load, meeting.n_lost, self, meeting.lost)

    def before_without(self, gone: Flows | CrowdFlows) -> Floats | None:
        """Return (P, L) loads of the whole network without flows ``gone``; None where that must be swept."""
        return self._changed(self.intact, gone, Flows.none(self.intact))

    @property
    def network(self) -> Network:
        """The whole network."""
        return self.access.network

    @cached_property
    def intact(self) -> Cut:
        """The loss of nothing."""
        return Cut.none(self.access)

    def _changed(self, cut: Cut, minus: Flows | CrowdFlows, plus: Flows | CrowdFlows) -> Floats | None:
        """Return (P, L) loads with ``cut``, without flows ``minus`` as they went and with ``plus``; None for sweeps."""
        network, n = self.network, self.network.n_sites
        sites = n + cut.n_new
        more = np.zeros((len(self.load), sites, sites))
        minus.put(more, -1.0)
        plus.put(more, 1.0)
        rows = np.zeros(sites, dtype=bool)
        for flows in (minus, plus):
            rows[flows.touched] = True
        touched = np.flatnonzero(rows)
        self._clear(more, touched[touched < n])
        share = self.share
        if share.size:
            share = np.zeros((sites, sites, share.shape[2]))
            share[:n, :n] = self.share
        arc = self._arcs_after(cut, Change(more[0], touched, rows, cut.meets), more, share)
        if arc is None:
            return None
        load = self.load + 0.0
        load[:, network.link] = arc[:, network.arc] * cut.link_part
        minus.load(load, self.share, -1.0)
        plus.load(load, share, 1.0)
        return load

    def _clear(self, more: Floats, touched: Ints) -> None:
        """Make ``more`` (P, sites, sites) take off all that was there where nearly nothing would be left.

        Entries are in rows and columns of sites ``touched``.
        """
        n, nothing = self.network.n_sites, NOTHING * self._largest
        for at in ((slice(None), touched, slice(0, n)), (slice(None), slice(0, n), touched)):
            old, new = self.amount[at], more[at]
            more[at] = np.where(np.abs(old + new) <= nothing, -old, new)

    @cached_property
    def _largest(self) -> float:
        return float(self.amount.max(initial=0.0))

    def _arcs_after(self, cut: Cut, change: Change, more: Floats, share: Floats) -> Floats | None:
        """Return (P, A) loads of arcs; ``share`` (sites, sites, ports) takes those that are new."""
        arcs, n, phases = self.network.arcs, self.network.n_sites, len(self.load)
        load = self.arc_load.copy()
        for p in range(phases):
            change = change._replace(more=more[p])
            left = (cut.lost, cut.part, cut.ports, cut.alive, self.before[p], change, share[:n], load[p])
            if detour(arcs, self.out, *left, bench(arcs, len(cut.lost))) >= 0:
                return None
        arcs, number = cut.arcs() if cut.n_new else (arcs, np.arange(0))
        for d in range(n, n + cut.n_new):
            for p in range(phases):
                extra = np.zeros(len(arcs.tail))
                if push(arcs, cut.ports, np.array([d]), more[p, d : d + 1], extra, room(arcs)) >= 0:
                    return None
                load[p, number] += extra
            if share.size:
                source = np.flatnonzero(more[:, d].any(axis=0))
                shares = np.zeros((2, len(source), share.shape[2]))
                first = np.array([0, len(source)])
                shares_at_ports(arcs, cut.ports, np.array([d]), first, source, shares[0], shares[1], room(arcs))
                share[d, source] = shares[0]
        return load

    def _meeting(self, cut: Cut) -> Meeting | None:
        if isinstance(self.demand, Demand):
            return Meeting.of(self.intact, cut, self.demand)
        return self._crowds.meeting(cut)

    @cached_property
    def _crowds(self) -> Crowds:
        """Endpoints of a grouped demand that are alike."""
        assert isinstance(self.demand, GroupedDemand)
        return Crowds.of(self.intact, self.demand)

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
    flows = Flows(src, dst, size, phase, legs_of(access, src, dst, network.fabric.relay), Cut.none(access))
    flows.put(result, 1.0)
    return result
