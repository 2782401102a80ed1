"""Valiant routing: minimal to a random switch, minimal from there [1]_.

Every commodity spreads evenly over all turns: any endpoint-bearing switch of the same plane, the
ends' own included.  On a Dragonfly [2]_ the turn lies in a third group, neither the source's nor
the destination's::

    via=switch   any endpoint-bearing switch there
    via=group    the switch where a direct global cable from the source's group enters;
                 third groups are alike, and so are the cables to one of them

Whatever the pattern, the loads are those of uniform traffic, twice.  Both legs split like ``ecmp``;
what stays on one switch never leaves it.

Limits. Oblivious: it pays for the detour on easy traffic too; ``ugal`` mixes it with minimal paths.

.. [1] L. Valiant, A scheme for fast parallel communication, SIAM J. Comput. 11(2), 1982.
.. [2] J. Kim, W. Dally, S. Scott, D. Abts, Technology-driven, highly-scalable dragonfly
   topology, ISCA 2008.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from scipy.sparse import csc_array, csr_array

from topo.fabric import Fabric, Groups
from topo.routing.grouped import grouped
from topo.routing.network import Network, added
from topo.routing.operator import MAX_ENTRIES, FactSheet, Floats, Ints, Routing, RoutingError, TotalRouting, check_ranks
from topo.routing.relay import RelayRouting, relayed
from topo.routing.site_amounts import site_amounts
from topo.routing.stops import Stops
from topo.rows import Rows
from traffic.demand import Demand, GroupedDemand

#: Pairs of sites of a demand that is not listed, 8 bytes each several times over.
MAX_SITE_PAIRS = 25_000_000
#: Groups that a turn in a third one takes.
LEAST_GROUPS = 3

Via = Annotated[Literal["switch", "group"], "where paths turn: at any switch, or where a Dragonfly's group is entered"]


def valiant_split(fabric: Fabric, demand: Demand | GroupedDemand, *, via: Via = "switch") -> Routing:
    """Return the even spread of every commodity over all turns.

    Raises NotConnected where a commodity has no path, RoutingError where a Dragonfly has no
    third group to turn in, or ``via="group"`` is asked of another fabric.
    """
    check_ranks(fabric, demand)
    network = Network.of(fabric)
    stops = stops_of(network, via)
    if isinstance(demand, Demand):
        return relayed(network, demand, lambda src, dst: _inner(stops, network, src, dst))
    if network.most_ports > 1:  # shares of ports go by pair, so the pairs have to be listed
        listed = demand.listed()
        every = valiant_split(fabric, listed, via=via)
        unit = np.stack([every.load(receives[listed.dst]) for receives in demand.receives])
        return TotalRouting("valiant", unit, demand.pairs)
    base = grouped(network, demand, "valiant")
    amounts = site_amounts(network, demand, MAX_SITE_PAIRS)
    at = stop_of_sites(stops, network)
    between = ValiantRouting.of(stops, at[amounts.source], at[amounts.target])
    on_links = np.stack([between.load(row) for row in amounts.each])
    return TotalRouting("valiant", np.where(fabric.is_switch_link, on_links, base.unit), demand.pairs)


def check_groups(name: str, count: int) -> None:
    """Raise RoutingError where the Dragonfly ``name`` has too few groups on a plane, ``count``, to turn in a third."""
    if count < LEAST_GROUPS:
        raise RoutingError(f"valiant turns in a third group; {name} has {count} groups, use g=3 or more")


def stops_of(network: Network, via: Via) -> Stops:
    """Return where paths may turn.

    Raises RoutingError where the fabric has not what ``via`` needs.
    """
    fabric, base = network.fabric, network.base
    if via not in ("switch", "group"):
        raise RoutingError(f"via {via!r} is unknown; known: group, switch")
    grouped_ = fabric.groups == Groups.DRAGONFLY
    if via == "group" and not grouped_:
        raise RoutingError(f"via=group needs a Dragonfly's groups, which {fabric.name} has not; use via=switch")
    bearing = np.unique(network.ports.switch).astype(np.int64)
    if not grouped_:
        n = int(network.island.max(initial=-1)) + 1
        island = network.island[bearing]
        odds = (np.arange(n)[:, np.newaxis] == island).astype(np.float64)
        return Stops.of(network, bearing, island.astype(np.int64), odds, exclude=False)
    group = fabric.group[base:].astype(np.int64)
    for plane in np.unique(fabric.plane[base:]):
        count = len(np.unique(group[fabric.plane[base:] == plane]))
        check_groups(fabric.name, count)
    # A group that failures tore apart counts as one group in every part.
    zone = np.unique(group * (int(network.island.max(initial=0)) + 1) + network.island, return_inverse=True)[1]
    island_of_zone = np.zeros(int(zone.max()) + 1, dtype=np.int64)
    island_of_zone[zone] = network.island
    if via == "switch":
        odds = (island_of_zone[:, np.newaxis] == network.island[bearing]).astype(np.float64)
        return Stops.of(network, bearing, zone[bearing], odds, exclude=True)
    return _entries(network, bearing, zone, len(island_of_zone))


def _entries(network: Network, bearing: Ints, zone: Ints, n_zones: int) -> Stops:
    """Return the stops of ``via=group``: ends of commodities, and entries of groups."""
    tail = network.fabric.tail[network.link].astype(np.int64) - network.base
    head = network.fabric.head[network.link].astype(np.int64) - network.base
    across = zone[tail] != zone[head]
    switch = np.union1d(bearing, head[across])
    key = zone[tail[across]] * len(switch) + np.searchsorted(switch, head[across])
    cables = added(key, np.ones(len(key)), n_zones * len(switch)).reshape(n_zones, len(switch))
    in_zone = csr_array((np.ones(len(switch)), (np.arange(len(switch)), zone[switch])), shape=(len(switch), n_zones))
    to_zone = cables @ in_zone
    odds = cables / np.maximum(to_zone, 1.0)[:, zone[switch]]
    return Stops.of(network, switch, zone[switch], odds, exclude=True)


def stop_of_sites(stops: Stops, network: Network) -> Ints:
    """Return (sites,) the stop where each site's one port is."""
    return np.searchsorted(stops.switch, network.ports.switch[network.ports.first[:-1]])


def _inner(stops: Stops, network: Network, src: Ints, dst: Ints) -> Routing:
    """Return the routing between endpoints with ports on a common island; even over planes where there are several."""
    ways, port_src, port_dst = _ways(network, src, dst)
    reverse = network.fabric.reverse.astype(np.int64)
    at = np.searchsorted(stops.switch, network.fabric.head[port_src].astype(np.int64) - network.base)
    to = np.searchsorted(stops.switch, network.fabric.head[port_dst].astype(np.int64) - network.base)
    inner = ValiantRouting.of(stops, at, to, port_src, reverse[port_dst])
    if ways is None:
        return inner
    none = csr_array((network.fabric.n_links, len(src)))
    return RelayRouting(inner, Rows.as_in(ways), Rows.as_in(none))


def _ways(network: Network, src: Ints, dst: Ints) -> tuple[csr_array | None, Ints, Ints]:
    """Return shares (ways, F) of pairs of ports, and the ports; None where every endpoint has one."""
    if network.most_ports <= 1:
        return None, network.port[src], network.port[dst]
    head, island = network.fabric.head, network.island
    rows, out, into = [], [], []
    for i in range(network.most_ports):
        for j in range(network.most_ports):
            has = np.flatnonzero((i < network.n_ports[src]) & (j < network.n_ports[dst]))
            a, b = network.port[src[has]] + i, network.port[dst[has]] + j
            meet = island[head[a] - network.base] == island[head[b] - network.base]
            rows.append(has[meet])
            out.append(a[meet])
            into.append(b[meet])
    row, a, b = np.concatenate(rows), np.concatenate(out), np.concatenate(into)
    stays = head[a] == head[b]
    near = added(row, stays.astype(np.float64), len(src)) > 0
    keep = stays | ~near[row]
    row, a, b = row[keep], a[keep], b[keep]
    share = 1.0 / added(row, np.ones(len(row)), len(src))[row]
    return csr_array((share, (np.arange(len(row)), row)), shape=(len(row), len(src))), a, b


@dataclass(frozen=True, eq=False)
class ValiantRouting(FactSheet):
    """Even spreads over turns of commodities that leave by port ``out[f]`` and arrive by ``into[f]``."""

    stops: Stops
    pair: Ints  # (F,) row of the commodity's pair of stops
    source: Ints  # (P,) stop
    target: Ints  # (P,) stop
    scale: Floats  # (P,) 1 / sum of odds; zero where the pair is one switch
    out: Ints | None  # (F,) link; None where commodities begin and end at the switches
    into: Ints | None  # (F,) link
    policy: str = "valiant"

    @classmethod
    def of(
        cls, stops: Stops, source: Ints, target: Ints, out: Ints | None = None, into: Ints | None = None
    ) -> ValiantRouting:
        """Return the routing between stops ``source[f]`` and ``target[f]``.

        Raises RoutingError where two stops have nowhere to turn.
        """
        k = max(stops.n_stops, 1)
        key, pair = np.unique(target * k + source, return_inverse=True)
        a, b = key % k, key // k
        turns = stops.turns(a, b)
        lost = np.flatnonzero((a != b) & (turns <= 0.0))
        if len(lost):
            ends = (int(stops.switch[end[lost[0]]]) + stops.mesh.base for end in (a, b))
            raise RoutingError("valiant: no third group to turn in from switch {} to switch {}".format(*ends))
        scale = np.where(a != b, 1.0 / np.where(turns > 0.0, turns, 1.0), 0.0)
        return cls(stops, pair, a, b, scale, out, into)

    def load(self, rate: Floats) -> Floats:
        """Return (L,) R @ rate."""
        amount = added(self.pair, rate, len(self.source)) * self.scale
        result = self.stops.load(self.source, self.target, amount)
        for link in self._ports:
            result += added(link, rate, len(result))
        return result

    def sum_along(self, value: Floats) -> Floats:
        """Return (F,) value @ R."""
        value = np.asarray(value, dtype=np.float64)
        result: Floats = (self.scale * self.stops.mean_along(value, self.source, self.target))[self.pair]
        return np.asarray(sum((value[link] for link in self._ports), result))

    def min_along(self, value: Floats) -> Floats:
        """Return (F,) least ``value`` over links with R > 0."""
        value = np.asarray(value, dtype=np.float64)
        least = self.stops.least_along(value, self.source, self.target)
        result = np.where(self.scale > 0.0, least, np.inf)[self.pair]
        for link in self._ports:
            result = np.minimum(result, value[link])
        return result

    def columns(self) -> csc_array | None:
        """Return R (L, F), or None where it could have more than MAX_ENTRIES entries."""
        links, turning = len(self.stops.mesh.link), self.scale[self.pair] > 0.0
        if self.stops.n_stops**2 * links > MAX_ENTRIES or int(turning.sum()) * links > MAX_ENTRIES:
            return None
        shares = self._on_links @ self.pair_columns[:, self.pair]
        n, n_links = len(self.pair), len(self.stops.mesh.fabric.reverse)
        ports = [csc_array((np.ones(n), (link, np.arange(n))), shape=(n_links, n)) for link in self._ports]
        return csc_array(sum(ports, csc_array(shares)))

    @cached_property
    def pair_columns(self) -> csc_array:
        """(A, P) shares of arcs."""
        return self.stops.columns(self.source, self.target, self.scale)

    @property
    def _on_links(self) -> csc_array:
        """(L, A) share of each arc on each link."""
        mesh = self.stops.mesh
        shape = (mesh.fabric.n_links, len(mesh.arcs.tail))
        return csc_array((mesh.part, (mesh.link, mesh.arc)), shape=shape)

    @property
    def _ports(self) -> tuple[Ints, ...]:
        return tuple(link for link in (self.out, self.into) if link is not None)
