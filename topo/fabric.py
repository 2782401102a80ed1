"""Fabric: the nodes of a network and the directed links that join them.

A cable is two links, one each way.  Generators think in cables; ``Fabric.from_cables`` doubles, sorts and checks them
once, and every array is read-only afterwards: a failed cable or switch is a new fabric.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from topo.islands import distinct
from topo.lazy import numpy as np
from topo.moves import Moves
from topo.packet import Packet
from topo.rules import (
    RELAYS,
    FabricError,
    NodeKind,
    check_cables,
    check_domains,
    check_nodes,
    filled,
    links_of,
    numbered,
)
from topo.size import DEFAULT_MEDIUM, Groups, Medium, Size, Tier, cable_row
from topo.source import Source

if TYPE_CHECKING:
    import networkx as nx
    from numpy.typing import ArrayLike, NDArray

__all__ = ["DEFAULT_MEDIUM", "RELAYS", "Fabric", "FabricError", "Groups", "Medium", "NodeKind", "Source", "Tier"]


@dataclass(frozen=True, eq=False, repr=False)
class Fabric:
    """Nodes joined by directed links; links of node n are ``first[n]:first[n + 1]``."""

    name: str  # family and parameters, as printed in reports
    kind: NDArray[np.int8]  # (N,) NodeKind; endpoints first, then scale-up switches, leaves, spines, cores
    plane: NDArray[np.int16]  # (N,) plane of the node; -1 where it serves all planes
    group: NDArray[np.int32]  # (N,) pod or dragonfly group; -1 where the word has no meaning
    host: NDArray[np.int32]  # (E,) server of each endpoint: a rail is a position in it
    domain: NDArray[np.int32]  # (E,) scale-up network of each endpoint, which may join several hosts
    tail: NDArray[np.int32]  # (L,) node that the link leaves; sorted, then by head, then by cable
    head: NDArray[np.int32]  # (L,) node that the link enters
    first: NDArray[np.int64]  # (N + 1,) first link of each node
    capacity: NDArray[np.float64]  # (L,) [B/s], one direction
    latency: NDArray[np.float64]  # (L,) [s], propagation plus the switch it enters
    weight: NDArray[np.int8]  # (L,) routing metric
    cable: NDArray[np.int32]  # (L,) the two links of a cable share a number
    tier: NDArray[np.int8]  # (L,) Tier
    medium: NDArray[np.int8]  # (C,) Medium of each cable
    overhead: float = 0.0  # [s] both endpoints of a message together, before and after the wire
    launch: float = 0.0  # [s] of the kernel that carries out an operation, before anything is sent
    packet: Packet | None = None  # of every link that is no scale-up link; None: bytes flow without headers
    relay: str = "source"  # one of RELAYS; matters only where endpoints of a host sit on different planes
    radix: int = 0  # ports of a switch; 0 where it was not stated
    groups: Groups = Groups.NONE  # what the numbers in ``group`` mean
    symmetry: Sequence[NDArray[np.int32]] = field(default=())  # known automorphisms, each (N,) node -> node
    source: Source | None = None  # names of nodes and ports; None where nothing was read from a file
    intact: Fabric | None = None  # what it was before failures; None where nothing failed

    @classmethod
    def from_cables(
        cls,
        *,
        name: str,
        kind: ArrayLike,
        a: ArrayLike,
        b: ArrayLike,
        capacity: ArrayLike,
        tier: ArrayLike,
        medium: ArrayLike | None = None,
        latency: ArrayLike = 0.0,
        weight: ArrayLike = 1,
        plane: ArrayLike = 0,
        group: ArrayLike = -1,
        host: ArrayLike | None = None,
        domain: ArrayLike | None = None,
        overhead: float = 0.0,
        launch: float = 0.0,
        packet: Packet | None = None,
        relay: str = "source",
        radix: int = 0,
        groups: Groups = Groups.NONE,
        symmetry: Sequence[NDArray[np.int32]] = (),
        source: Source | None = None,
    ) -> Fabric:
        """Return the fabric of cables ``a[i] -- b[i]``.

        ``capacity`` [B/s, one way], ``latency`` [s], ``weight`` and ``medium`` go by cable,
        ``plane`` and ``group`` by node; each may be one value for all.  ``groups`` says what group
        numbers mean: routing turns in a third group of a Dragonfly, and of nothing else.  ``host`` (E,) is the
        server of each endpoint, by default one server each, ``domain`` (E,) its scale-up network, by
        default that of its host.

        Raises FabricError with the first offender for: nodes out of kind order, a cable to a node that does not
        exist or to itself, two endpoints joined directly, a capacity that is not positive, a switch with more cables
        than ``radix``, a cable between two planes, a scale-up switch that joins two domains.
        """
        kind_ = np.array(kind, dtype=np.int8)
        n_nodes, n_endpoints = len(kind_), int(np.count_nonzero(kind_ == NodeKind.ENDPOINT))
        a_, b_ = np.asarray(a, dtype=np.int64).ravel(), np.asarray(b, dtype=np.int64).ravel()
        n_cables = len(a_)
        by_cable: dict[str, Any] = {
            "capacity": filled(capacity, n_cables, np.float64, "capacity", "cable"),
            "latency": filled(latency, n_cables, np.float64, "latency", "cable"),
            "weight": filled(weight, n_cables, np.int8, "weight", "cable"),
            "tier": filled(tier, n_cables, np.int8, "tier", "cable"),
        }
        plane_ = filled(plane, n_nodes, np.int16, "plane", "node")
        check_cables(kind_, plane_, a_, b_, by_cable)
        if medium is None:
            medium = np.array([DEFAULT_MEDIUM[t] for t in Tier], dtype=np.int8)[by_cable["tier"]]
        tail, head, number = links_of(a_, b_, n_nodes)
        host_ = filled(np.arange(n_endpoints) if host is None else host, n_endpoints, np.int32, "host", "endpoint")
        fabric = cls(
            name=name,
            kind=kind_,
            plane=plane_,
            group=filled(group, n_nodes, np.int32, "group", "node"),
            host=host_,
            domain=filled(host_ if domain is None else domain, n_endpoints, np.int32, "domain", "endpoint"),
            tail=tail,
            head=head,
            first=np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=n_nodes))]).astype(np.int64),
            cable=number,
            medium=filled(medium, n_cables, np.int8, "medium", "cable"),
            overhead=overhead,
            launch=launch,
            packet=packet,
            relay=relay,
            radix=radix,
            groups=Groups(groups),
            symmetry=symmetry,
            source=source,
            **{key: value[number] for key, value in by_cable.items()},
        )
        check_nodes(fabric.kind, fabric.host, fabric.first, relay=relay, overhead=overhead, launch=launch, radix=radix)
        check_domains(fabric.kind, fabric.domain, tail, head)
        return fabric

    def __post_init__(self) -> None:
        known = () if isinstance(self.symmetry, Moves) else self.symmetry  # which are asked for when they are needed
        for value in (*vars(self).values(), *known):
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def __repr__(self) -> str:
        cables = self.n_cables - int(np.count_nonzero(self.tier == Tier.SCALE_UP)) // 2
        return f"<Fabric {self.name}: {self.n_endpoints} endpoints, {self.n_switches} switches, {cables} cables>"

    @property
    def n_nodes(self) -> int:
        """Number of nodes N."""
        return len(self.kind)

    @property
    def n_links(self) -> int:
        """Number of directed links L, twice the cables."""
        return len(self.tail)

    @property
    def n_cables(self) -> int:
        """Number of cables C, those inside hosts included."""
        return len(self.medium)

    @property
    def n_endpoints(self) -> int:
        """Number of endpoints E; they are nodes 0 to E - 1."""
        return len(self.host)

    @cached_property
    def n_switches(self) -> int:
        """Number of network switches; scale-up switches come with the server and do not count."""
        return int(np.count_nonzero(self.kind >= NodeKind.LEAF))

    @cached_property
    def n_planes(self) -> int:
        """Number of planes: switch networks that share no switch."""
        return int(self.plane[self.kind >= NodeKind.LEAF].max(initial=0)) + 1

    @cached_property
    def n_hosts(self) -> int:
        """Number of servers."""
        return int(self.host.max(initial=-1)) + 1

    @cached_property
    def endpoints_per_host(self) -> int:
        """Endpoints of the fullest host."""
        return int(np.bincount(self.host).max(initial=1)) if len(self.host) else 1

    @cached_property
    def n_domains(self) -> int:
        """Number of scale-up networks."""
        return int(self.domain.max(initial=-1)) + 1

    @cached_property
    def endpoints_per_domain(self) -> int:
        """Endpoints of the fullest scale-up network."""
        return int(np.bincount(self.domain).max(initial=1)) if len(self.domain) else 1

    @property
    def domain_word(self) -> str:
        """What people call a scale-up network of this fabric: its host, where each has its own."""
        return "host" if np.array_equal(self.domain, self.host) else "scale-up domain"

    @cached_property
    def joined(self) -> NDArray[np.int64]:
        """(E,) domain of each endpoint that has a scale-up cable; numbers of their own, none a domain's, for others."""
        place = self.n_domains + np.arange(self.n_endpoints)
        inside = self.tail[self.end_links(Tier.SCALE_UP)[0]]
        place[inside] = self.domain[inside]
        return _frozen(place)

    def end_links(self, tier: Tier = Tier.ENDPOINT) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the links of ``tier``, one that has endpoints, which leave them, and those that enter them."""
        stop = self.first[self.n_endpoints]
        return np.flatnonzero(self.tier[:stop] == tier), stop + np.flatnonzero(self.tier[stop:] == tier)

    @cached_property
    def has_scale_up(self) -> bool:
        """Whether there are scale-up switches."""
        return bool((self.kind == NodeKind.SCALE_UP).any())

    @cached_property
    def is_switch_link(self) -> NDArray[np.bool_]:
        """(L,) whether the link joins two network switches."""
        return _frozen(self.tier > Tier.ENDPOINT)

    @cached_property
    def reverse(self) -> NDArray[np.int32]:
        """(L,) the other link of the same cable."""
        forth = self.tail < self.head
        pairs = np.empty((2, self.n_cables), dtype=np.int32)
        for link, row in zip((np.flatnonzero(forth), np.flatnonzero(~forth)), pairs, strict=True):
            row[self.cable[link]] = link
        return _frozen(np.where(forth, pairs[1, self.cable], pairs[0, self.cable]))

    @cached_property
    def size(self) -> Size:
        """The parts list of this fabric, counted."""
        counts = np.bincount(self._cable_tier * 16 + self.medium)
        rows = (
            cable_row(Tier(key // 16), int(counts[key]), Medium(key % 16)) for key in np.flatnonzero(counts).tolist()
        )
        degree = np.diff(self.first)[self.kind >= NodeKind.LEAF]
        return Size(
            name=self.name,
            endpoints=self.n_endpoints,
            switches=self.n_switches,
            radix=self.radix or int(degree.max(initial=0)),
            cables=tuple(row for pair in rows for row in pair),
            planes=self.n_planes,
            hosts=self.n_hosts,
            domains=self.n_domains,
            scale_up_switches=int(np.count_nonzero(self.kind == NodeKind.SCALE_UP)),
            leaves=int(np.count_nonzero(self.kind == NodeKind.LEAF)),
            groups=self.groups,
            group_count=len(distinct(self.group[self.group >= 0])),
        )

    @property
    def _cable_tier(self) -> NDArray[np.int8]:
        tier = np.empty(self.n_cables, dtype=np.int8)
        tier[self.cable] = self.tier
        return tier

    def cables(self) -> dict[str, Any]:
        """Return what ``from_cables`` takes by cable: a, b, capacity, latency, weight, tier, medium, each (C,)."""
        forth = np.flatnonzero(self.tail < self.head)
        forth = forth[np.argsort(self.cable[forth], kind="stable")]
        columns: dict[str, NDArray[Any]] = {"a": self.tail, "b": self.head, "tier": self.tier}
        columns |= {"capacity": self.capacity, "latency": self.latency, "weight": self.weight}
        return {key: column[forth] for key, column in columns.items()} | {"medium": self.medium}

    def without(self, *, cables: ArrayLike = (), nodes: ArrayLike = ()) -> Fabric:
        """Return this fabric after failures: the ``cables`` and all cables of ``nodes`` are gone.

        Nodes keep their numbers, so results stay comparable; a dead switch was still bought and still counts.
        Remaining cables are renumbered in order.  Only automorphisms that map those onto themselves are kept.

        Raises FabricError for a cable or node that does not exist.
        """
        dead_cables = numbered(cables, self.n_cables, "cable")
        dead_nodes = numbered(nodes, self.n_nodes, "node")
        rows = self.cables()
        keep = np.ones(self.n_cables, dtype=bool)
        keep[dead_cables] = False
        keep &= ~np.isin(rows["a"], dead_nodes) & ~np.isin(rows["b"], dead_nodes)
        failed = int(np.count_nonzero(~keep))
        if not failed:
            return self
        survivor = Fabric.from_cables(
            name=f"{self.name} without {failed} cable{'s' * (failed > 1)}",
            **{key: column[keep] for key, column in rows.items()},
            **self._nodes(),
            source=self.source and self.source.only(keep),
        )
        return replace(
            survivor, symmetry=Moves(partial(filter, survivor.is_automorphism, self.symmetry)), intact=self.nominal
        )

    @property
    def nominal(self) -> Fabric:
        """The fabric before failures: what its ports and links are nominally; itself where nothing failed."""
        return self if self.intact is None else self.intact

    def is_automorphism(self, permutation: NDArray[np.int32]) -> bool:
        """Return whether ``permutation`` (N,) of the nodes maps links onto links of equal numbers."""
        if not np.array_equal(np.sort(permutation), np.arange(self.n_nodes)):
            return False
        pair = permutation[self.tail].astype(np.int64) * self.n_nodes + permutation[self.head]
        order = np.argsort(pair, kind="stable")
        mine = self.tail.astype(np.int64) * self.n_nodes + self.head
        same_kind = np.array_equal(self.kind[permutation], self.kind)
        columns = (self.capacity, self.latency, self.weight, self.tier)
        return same_kind and np.array_equal(pair[order], mine) and all(np.array_equal(c[order], c) for c in columns)

    def _nodes(self) -> dict[str, Any]:
        keys = ("kind", "plane", "group", "host", "domain", "overhead", "launch", "packet", "relay", "radix", "groups")
        return {key: getattr(self, key) for key in keys}

    def to_networkx(self) -> nx.MultiGraph:
        """Return a plain ``networkx.MultiGraph`` with the same numbers; edge keys are cable numbers."""
        from topo.formats.graph import to_networkx

        return to_networkx(self)

    @classmethod
    def from_networkx(
        cls, graph: nx.Graph, *, capacity: float | str | None = None, ends: str = "", per_switch: int = 0
    ) -> Fabric:
        """Return the fabric of an undirected networkx graph; edges that state none have ``capacity`` [B/s].

        Kinds not stated are inferred; ``ends`` finds endpoints by name, ``per_switch`` hangs some on each node.
        """
        from topo.formats.graph import from_networkx

        return from_networkx(graph, capacity=capacity, ends=ends, per_switch=per_switch)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
