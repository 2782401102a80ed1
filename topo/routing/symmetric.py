"""Symmetric-exact loads: one destination an orbit stands for all of its orbit.

Let a group of automorphisms of the fabric map the traffic onto itself.  ECMP splits alike at
nodes alike, so what goes toward destination d loads link l as what goes toward g(d) loads g(l),
for every g of the group.  Summed over all destinations, links of an orbit carry alike::

    load of a link = sum over destination orbits of
        destinations in the orbit x load that one of them puts on the link's orbit / links in that orbit

Nothing here is taken on trust: an automorphism counts only if it maps arcs, sites, scale-up
domains and the labels of the demand onto their likes.  Those that do are generators of the
group; with none left every destination stands for itself, which is the full sweep.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.kernels.orbits import image_of_arcs, join
from topo.routing.access import Access, ranges
from topo.routing.network import Network, added
from topo.routing.operator import Floats, Ints

Index = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Orbits:
    """Sites that stand for all destinations, and what carries alike; None where each is alone."""

    toward: Ints  # (D,) sites, the least of each orbit
    stands_for: Floats  # (D,) sites in the orbit
    arc: NDArray[np.int32] | None = None  # (A,) orbit of each arc
    port: NDArray[np.int32] | None = None  # (P,) orbit of each port, as ``port_links`` lists them

    @classmethod
    def of(cls, access: Access, label: Ints, receives: Floats | None = None) -> Orbits:
        """Return the orbits under the stated symmetries that map all-to-all inside ``label`` (E,) onto itself.

        With ``receives`` (E,) they keep what each endpoint receives, too.
        """
        network = access.network
        site = np.arange(network.n_sites, dtype=np.int32)
        arc = np.arange(len(network.arcs.tail), dtype=np.int32)
        port = np.arange(network.n_ports.sum() if network.most_ports > 1 else 0, dtype=np.int32)
        moves = False
        for moved in network.fabric.symmetry:
            kept = receives is None or np.array_equal(receives[moved[: len(label)]], receives)
            image = _Image.of(access, label, moved) if kept else None
            if image is not None:
                moves = True
                join(site, image.site)
                join(arc, image.arc)
                join(port, image.port)
        toward, stands_for = np.unique(site, return_counts=True)
        found = cls(toward.astype(np.int64), stands_for.astype(np.float64))
        return replace(found, arc=arc, port=port) if moves else found

    def even_arcs(self, load: Floats) -> Floats:
        """Return ``load`` (A,) spread evenly over the arcs of each orbit."""
        return load if self.arc is None else _even(load, self.arc)

    def even_ports(self, network: Network, load: Floats) -> Floats:
        """Return ``load`` (L,) of ports of endpoints, spread evenly over the ports of each orbit, out and in."""
        if self.port is None:
            return load
        out = port_links(network)
        result = np.zeros(len(load))
        for link in (out, network.fabric.reverse[out]):
            result[link] = _even(load[link], self.port)
        return result


def port_links(network: Network) -> Ints:
    """Return (P,) the links by which endpoints leave into the network, endpoint by endpoint."""
    return ranges(network.port, network.n_ports)


@dataclass(frozen=True, eq=False)
class _Image:
    """What sites, arcs and ports become under an automorphism that moves sites."""

    site: Index  # (sites,)
    arc: Index  # (A,)
    port: Index  # (P,)

    @classmethod
    def of(cls, access: Access, label: Ints, moved: Index) -> _Image | None:
        """Return the images under ``moved`` (N,); None where it moves no site or something does not fit."""
        network = access.network
        base, ends = network.base, moved[: network.fabric.n_endpoints]
        site = _image(network.site, ends, network.n_sites)
        if site is None or np.array_equal(site, np.arange(len(site))) or not keeps(access, label, moved):
            return None
        switch = moved[base:].astype(np.int64) - base
        arc, at = np.empty(len(network.arcs.tail), np.int32), np.full(len(switch), -1)
        if not _sites_fit(network, site, switch) or not image_of_arcs(network.arcs, switch, at, arc):
            return None
        port = _image_of_ports(network, moved) if network.most_ports > 1 else np.arange(0)
        return None if port is None else cls(site, arc, port)


def keeps(access: Access, label: Ints, moved: Index) -> bool:
    """Return whether ``moved`` (N,) maps groups of equal ``label`` (E,) onto groups, and domains onto domains."""
    ends = moved[: access.network.fabric.n_endpoints]
    if _image(label, ends, int(label.max(initial=0)) + 1) is None:
        return False
    if _image(access.domain, ends, int(access.domain.max(initial=0)) + 1) is None:
        return False
    return access.network.fabric.relay != "spread" or _image(_rank(access.domain), ends, len(ends)) is not None


def _rank(domain: Ints) -> Ints:
    """Return (E,) the position of each endpoint in its domain: NICs of two domains pair up by it."""
    order = np.argsort(domain, kind="stable")
    ordered = domain[order]
    rank = np.empty(len(domain), dtype=np.int64)
    rank[order] = np.arange(len(domain)) - np.searchsorted(ordered, ordered)
    return rank


def _image(of: Ints, ends: Index, n: int) -> Ints | None:
    """Return (n,) what each class ``of`` (E,) becomes when endpoint e moves to ``ends[e]``.

    -1 is no class and stays so.  None where a class is torn.
    """
    image = np.full(n + 1, -1)
    after = of[ends]
    image[of] = after
    return image[:n] if image[n] == -1 and np.array_equal(image[of], after) else None


def _sites_fit(network: Network, site: Ints, switch: Index) -> bool:
    """Return whether the ports of every site become those of its image, equal in weight and part."""
    ports = network.ports
    owner = np.repeat(np.arange(len(site)), np.diff(ports.first))
    rows = np.lexsort((switch[ports.switch], site[owner]))
    return (
        np.array_equal(site[owner][rows], owner)
        and np.array_equal(switch[ports.switch][rows], ports.switch)
        and np.array_equal(ports.weight[rows], ports.weight)
        and np.array_equal(ports.part[rows], ports.part)
        and (len(ports.claim) == 0 or np.array_equal(ports.claim[rows], ports.claim))
    )


def _image_of_ports(network: Network, moved: Index) -> Index | None:
    """Return (P,) the port that each becomes; None where one becomes no port."""
    fabric, link = network.fabric, port_links(network)
    mine = fabric.tail[link].astype(np.int64) * fabric.n_nodes + fabric.head[link]
    theirs = moved[fabric.tail[link]].astype(np.int64) * fabric.n_nodes + moved[fabric.head[link]]
    return image_of(mine, theirs)


def image_of(mine: Index, theirs: Index) -> Ints | None:
    """Return the row of ``mine`` (n,), sorted, that each of ``theirs`` (n,) is; None where they are not the same."""
    rows = np.argsort(theirs, kind="stable")
    if not np.array_equal(theirs[rows], mine):
        return None
    image = np.empty(len(rows), dtype=np.int64)
    image[rows] = np.arange(len(rows))
    return image


def _even(load: Floats, orbit: Index) -> Floats:
    count = np.bincount(orbit)
    total = added(orbit, load, len(count))
    return np.asarray(total[orbit] / count[orbit])
