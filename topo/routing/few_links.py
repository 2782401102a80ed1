"""Shares of single commodities on few links, where many links carry alike.

On two tiers of 131,072 endpoints a commodity that ECMP spreads is on 4,112 links, nearly all of them copies of one
another: its ports on eight planes, those of two leaves to 256 spines.  Listed are its shares on one plane of planes
that are copies, and on one cable of those to switches that are twins (``topo.routing.twins``).  A tree less some
cables has more kinds of spines, and lists a link to each.

Limits.  Splits that every switch makes by itself (``ecmp``, ``wcmp``), with or without relays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels.sweep import Arcs, Ports
from topo.routing.listing import listed_arcs
from topo.routing.network import Network, added, islands_of_sites
from topo.routing.operator import MAX_ENTRIES, Floats, Ints, Routing
from topo.routing.relay import RelayRouting
from topo.routing.split import SplitRouting
from topo.routing.twins import twin_switches

if TYPE_CHECKING:
    from scipy.sparse import csc_array


def few_links(routing: Routing) -> Ints | None:
    """Return links, ascending, so that every other one carries of each commodity what one of them of its capacity does.

    None of a routing that is not split switch by switch.
    """
    if isinstance(routing, RelayRouting):
        inner = few_links(routing.inner)
        return None if inner is None else np.union1d(inner, np.flatnonzero(np.diff(routing.hosts.indptr)))
    if type(routing) is not SplitRouting:
        return None
    one, number = _on_one_plane(routing)
    network, mesh = one.network, _Mesh.of(one.network)
    low = np.full(len(mesh.arcs.tail), network.fabric.n_links)
    np.minimum.at(low, mesh.arc, network.link)
    part = np.empty(network.fabric.n_links)
    part[network.link] = mesh.part
    example, capacity = low[mesh.arc], network.fabric.capacity
    other = (capacity[network.link] != capacity[example]) | (mesh.part != part[example])
    ports = network.port_links
    return np.unique(number[np.concatenate([low, network.link[other], ports, network.fabric.reverse[ports]])])


def shares_on(routing: Routing, links: Ints) -> csc_array | None:
    """Return R (L, F), of which only rows of ``links`` are filled; None where they have more than MAX_ENTRIES entries.

    The links are some of ``few_links``, and their other ways.
    """
    if isinstance(routing, RelayRouting):
        inner = shares_on(routing.inner, links)
        return None if inner is None else routing.composed(inner, links)
    assert type(routing) is SplitRouting, "others have no few_links"
    one, number = _on_one_plane(routing)
    mesh, planes = _Mesh.of(one.network), routing.on_one[1].planes if routing.on_one else 1
    kept = np.zeros(routing.network.fabric.n_links, dtype=bool)
    kept[links] = True
    link = number[one.network.link]
    asked = np.flatnonzero(kept[link] & (mesh.part > 0.0))
    asked = asked[np.argsort(mesh.arc[asked], kind="stable")]
    arc = mesh.arc[asked]
    wanted = np.zeros(len(mesh.arcs.tail), dtype=bool)
    wanted[arc] = True
    listed = listed_arcs(mesh.arcs, mesh.ports, routing.pairs, wanted, most=MAX_ENTRIES)
    return listed and routing.assembled(listed, (arc, link[asked], mesh.part[asked] / planes), kept)


def _on_one_plane(routing: SplitRouting) -> tuple[SplitRouting, Ints]:
    """Return the same pairs on one plane of planes that are copies, and which link each link of that is."""
    number = np.arange(routing.network.fabric.n_links)
    if routing.on_one is None:
        return routing, number
    one, copies = routing.on_one
    return one, copies.of_first(number)


class _Mesh(NamedTuple):
    """Arcs between switches of which twins are one; distances and splits stay as they are."""

    arcs: Arcs
    ports: Ports
    arc: Ints  # (M,) arc that each link of the network is on
    part: Floats  # (M,) its share of it

    @classmethod
    def of(cls, network: Network) -> _Mesh:
        """Return the arcs of ``network``; only switches without endpoints have twins."""
        arcs, n = network.arcs, len(network.arcs.first) - 1
        number = twin_switches(network.fabric)[network.base :] - network.base
        number[network.ports.switch] = network.ports.switch
        kept, of = np.unique(number, return_inverse=True)
        key, arc = np.unique(of[arcs.head] * n + of[arcs.tail], return_inverse=True)
        head, tail = np.divmod(key, n)
        total = added(arc, arcs.part, len(key))
        weight = np.empty(len(key), dtype=np.int32)
        weight[arc] = arcs.weight
        first = np.searchsorted(head, np.arange(len(kept) + 1)).astype(np.int64)
        merged = Arcs(first, tail.astype(np.int32), head.astype(np.int32), weight, total, arcs.width)
        on = arc[network.arc]
        return cls(merged, _ports(network, of, kept), on, network.part * (arcs.part / total[arc])[network.arc])


def _ports(network: Network, of: NDArray[np.int64], kept: Ints) -> Ports:
    """Return the ports of sites on switches numbered ``of`` (S,), ``kept`` of which are left."""
    ports, island = network.ports, network.island
    owner, where = islands_of_sites(ports.first, ports.switch, island)
    reach = added(owner, np.bincount(island[kept], minlength=1)[where], network.n_sites).astype(np.int64)
    return ports._replace(switch=of[ports.switch].astype(np.int32), reach=reach)
