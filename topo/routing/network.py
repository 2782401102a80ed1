"""What sweeps need to know of a fabric: arcs between switches, and sites where endpoints attach.

An arc stands for all parallel links of least weight from one switch to another.  Endpoints
with ports on the same switches form one site, so a sweep toward a site serves them all.  An
island is a connected part of the switch network: a plane, or what failures left of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from topo.copies import Copies, copies_of
from topo.fabric import Fabric, NodeKind
from topo.islands import changes, distinct, islands
from topo.kernels import in_blocks
from topo.kernels.hashed import Links
from topo.kernels.sweep import Arcs, Ports
from topo.routing.operator import Floats, Ints

if TYPE_CHECKING:
    from topo.routing.folded_clos import FoldedClos

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Network:
    """A fabric as sweeps see it; ports of endpoint e are links ``port[e]:port[e] + n_ports[e]``."""

    fabric: Fabric
    by_capacity: bool  # whether splits follow capacity; by number of cables otherwise
    base: int  # number of nodes before the first switch
    arcs: Arcs
    link: Ints  # (M,) links between switches
    arc: Ints  # (M,) arc of each
    part: Floats  # (M,) share of its arc that it carries
    port: Ints  # (E,) first network link of each endpoint
    n_ports: Ints  # (E,)
    site: Ints  # (E,) site of each endpoint; -1 without a port
    ports: Ports
    island: NDArray[np.int32]  # (S,) connected part of the switch network that each switch is in

    @classmethod
    def of(cls, fabric: Fabric, *, by_capacity: bool = False, apart: NDArray[np.bool_] | None = None) -> Network:
        """Return ``fabric`` prepared for sweeps; endpoints whose ports differ in ``apart`` (L,) are sites of their own.

        A port differs where either of its links does.
        """
        base = int(np.searchsorted(fabric.kind, NodeKind.LEAF))
        width = int(fabric.weight.max(initial=1)) + 1
        part = fabric.capacity if by_capacity else np.ones(fabric.n_links)
        arcs, link, arc, share = _arcs(fabric, base, part, width)
        island = islands(arcs.tail, arcs.head, len(arcs.first) - 1)
        port, n_ports, site, ports = _sites(fabric, base, part, island, apart)
        return cls(fabric, by_capacity, base, arcs, link, arc, share, port, n_ports, site, ports, island)

    def with_claims(self, claim: Floats) -> Network:
        """Return the network whose islands get shares by ``claim`` (islands,) of what endpoints on several send."""
        island = self.island[self.ports.switch]
        return replace(self, ports=self.ports._replace(plane=island, claim=claim[island]))

    def apart(self, marked: NDArray[np.bool_]) -> Network:
        """Return the network with endpoints told apart by which links (L,) of their ports are ``marked``."""
        network = Network.of(self.fabric, by_capacity=self.by_capacity, apart=marked)
        if not len(self.ports.claim):
            return network
        claim = np.ones(int(self.island.max(initial=0)) + 1)
        claim[self.ports.plane] = self.ports.claim
        return network.with_claims(claim)

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.ports.first) - 1

    @property
    def most_ports(self) -> int:
        """Ports of the endpoint that has most."""
        return int(self.n_ports.max(initial=0))

    @cached_property
    def port_links(self) -> Ints:
        """The network links of all endpoints, by endpoint."""
        fabric = self.fabric
        return np.flatnonzero(fabric.head[: fabric.first[fabric.n_endpoints]] >= self.base)

    @cached_property
    def links(self) -> Links:
        """The fabric's own links, for walks of single paths."""
        f = self.fabric
        return Links(f.first.copy(), f.head.copy(), f.weight.astype(np.int32), f.kind.copy(), self.base)

    @cached_property
    def site_islands(self) -> tuple[Ints, NDArray[np.bool_]]:
        """Return (sites,) the island set of each site, and whether two sets have an island in common."""
        sets: dict[tuple[int, ...], int] = {}
        of_site = np.empty(self.n_sites, dtype=np.int64)
        key = islands_of_sites(self.ports.first, self.ports.switch, self.island)
        edges = np.searchsorted(key[0], np.arange(self.n_sites + 1))
        for s in range(self.n_sites):
            of_site[s] = sets.setdefault(tuple(key[1, edges[s] : edges[s + 1]].tolist()), len(sets))
        member = np.zeros((len(sets), int(self.island.max(initial=-1)) + 1), dtype=np.float32)
        for where, number in sets.items():
            member[number, list(where)] = 1.0
        return of_site, member @ member.T > 0

    @cached_property
    def one(self) -> tuple[Network, Copies] | None:
        """One plane, and what makes all planes of it; None unless all are copies of it and get equal shares."""
        copies, claim = copies_of(self.fabric), self.ports.claim
        if copies is None or (claim != claim[:1]).any():
            return None
        one = Network.of(copies.one, by_capacity=self.by_capacity)
        return (one, copies) if np.array_equal(one.site, self.site) else None  # else something tells endpoints apart

    @cached_property
    def folded_clos(self) -> FoldedClos | None:
        """The closed form of its splits; None where it is no plain network of leaves, spines and cores."""
        from topo.routing.folded_clos import FoldedClos

        return FoldedClos.of(self.arcs, self.ports, self.island)

    def arc_values(self, value: Floats, *, least: bool) -> Floats:
        """Return (A,) ``value`` (L,) of each arc: the mean over its links by share, or the least."""
        if least:
            result = np.full(len(self.arcs.tail), np.inf)
            carries = self.part > 0
            np.minimum.at(result, self.arc[carries], value[self.link[carries]])
            return result
        return added(self.arc, self.part * value[self.link], len(self.arcs.tail))

    def to_links(self, load: Floats) -> Floats:
        """Return (L,) loads of links where ``load`` (A,) is that of arcs; zero on all others."""
        result = np.zeros(self.fabric.n_links)
        result[self.link] = load[self.arc] * self.part
        return result

    def sweep(self, work: Callable[[int, int], T], n: int, *, shares: bool = False) -> Iterator[T]:
        """Yield ``work`` over blocks of ``n`` destinations, side by side where it pays (``in_blocks``)."""
        return in_blocks(work, n, visits=2.0 * n * (len(self.arcs.tail) + 1), shares=shares)


def added(index: NDArray[np.integer[Any]], weight: Floats, n: int) -> Floats:
    """Return (n,) sums of ``weight`` by ``index``."""
    return np.asarray(np.bincount(index, weight, n), dtype=np.float64)


def _arcs(fabric: Fabric, base: int, part: Floats, width: int) -> tuple[Arcs, Ints, Ints, Floats]:
    n = fabric.n_nodes - base
    link = np.flatnonzero((fabric.tail >= base) & (fabric.head >= base))
    link = fabric.reverse[link].astype(np.int64)  # by head, then by tail, since links are sorted the other way round
    tail, head = fabric.tail[link].astype(np.int64) - base, fabric.head[link].astype(np.int64) - base
    weight = fabric.weight[link].astype(np.int32)
    opens = changes(tail) | changes(head)
    if opens.all():  # no cables are parallel: every link is an arc
        first = np.searchsorted(head, np.arange(n + 1)).astype(np.int64)
        arcs = Arcs(first, tail.astype(np.int32), head.astype(np.int32), weight, part[link], width)
        return arcs, link, np.arange(len(link)), np.ones(len(link))
    start = np.flatnonzero(opens)
    arc = np.cumsum(opens) - 1
    least = np.minimum.reduceat(weight, start) if len(start) else weight
    counted = np.where(weight == least[arc], part[link], 0.0)
    total = added(arc, counted, len(start))
    first = np.searchsorted(head[start], np.arange(n + 1)).astype(np.int64)
    arcs = Arcs(first, tail[start].astype(np.int32), head[start].astype(np.int32), least.astype(np.int32), total, width)
    return arcs, link, arc, counted / total[arc]


def islands_of_sites(first: Ints, switch: NDArray[np.int32], island: NDArray[np.int32]) -> Ints:
    """Return (2, n) sites and islands that they have a port on, each pair once, sorted."""
    owner = np.repeat(np.arange(len(first) - 1), np.diff(first))
    n = int(island.max(initial=0)) + 1
    return np.stack(np.divmod(distinct(owner * n + island[switch]), n))


def _sites(
    fabric: Fabric, base: int, part: Floats, island: NDArray[np.int32], apart: NDArray[np.bool_] | None
) -> tuple[Ints, Ints, Ints, Ports]:
    n = fabric.n_endpoints
    ends = fabric.first[: n + 1].astype(np.int64)
    network = fabric.head[: ends[-1]] >= base
    n_ports = np.bincount(fabric.tail[: ends[-1]][network], minlength=n)[:n]
    port = ends[1:] - n_ports  # scale-up switches have lower numbers, so network links come last
    site = np.where(n_ports > 0, 0, -1)
    columns: list[NDArray[Any]] = [n_ports]
    marks: list[NDArray[Any]] = [] if apart is None else [apart, apart[fabric.reverse]]
    facts: list[NDArray[Any]] = [fabric.head, fabric.weight, part, *marks]
    has = np.flatnonzero(site >= 0)
    for k in range(int(n_ports.max(initial=0))):
        link = np.where(k < n_ports, port + k, -1)
        columns += [np.where(link >= 0, column[link], -1) for column in facts]
    for column in columns:
        value = np.unique(column[has], return_inverse=True)[1]
        site[has] = np.unique(site[has] * (value.max(initial=0) + 1) + value, return_inverse=True)[1]
    example = has[np.unique(site[has], return_index=True)[1]]  # the lowest endpoint of each site
    first = np.concatenate([[0], np.cumsum(n_ports[example])]).astype(np.int64)
    link = np.repeat(port[example] - first[:-1], n_ports[example]) + np.arange(first[-1])
    switch = (fabric.head[link] - base).astype(np.int32)
    owner, where = islands_of_sites(first, switch, island)
    reach = added(owner, np.bincount(island, minlength=1)[where], len(first) - 1).astype(np.int64)
    weight = fabric.weight[link].astype(np.int32)
    return port, n_ports, site, Ports(first, switch, weight, part[link].copy(), reach)
