"""Fabrics to and from networkx: a plain ``MultiGraph``, never a subclass of one."""

from __future__ import annotations

from dataclasses import asdict
from enum import IntEnum
from typing import Any

import networkx as nx

from topo.fabric import Fabric, FabricError, Groups, NodeKind
from topo.packet import Packet
from topo.size import DEFAULT_MEDIUM, Medium, Tier


def to_networkx(fabric: Fabric) -> nx.MultiGraph:
    """Return ``fabric`` as a graph: numbers of nodes on nodes, those of cables on edges [SI units].

    A node has kind, plane, group, host and domain, -1 where it has none.  Edge keys
    are cable numbers, so parallel cables stay apart.
    """
    graph = nx.MultiGraph(name=fabric.name, overhead=fabric.overhead, relay=fabric.relay, radix=fabric.radix)
    graph.graph |= {"groups": fabric.groups.label, "launch": fabric.launch}
    if fabric.packet is not None:
        graph.graph["packet"] = asdict(fabric.packet)
    none = [-1] * (fabric.n_nodes - fabric.n_endpoints)
    columns = {"plane": fabric.plane.tolist(), "group": fabric.group.tolist()}
    columns |= {"host": fabric.host.tolist() + none, "domain": fabric.domain.tolist() + none}
    for node, kind in enumerate(fabric.kind.tolist()):
        numbers = {key: column[node] for key, column in columns.items()}
        graph.add_node(node, kind=NodeKind(kind).name.lower(), **numbers)
    rows = {key: column.tolist() for key, column in fabric.cables().items()}
    rows["tier"] = [Tier(tier).label for tier in rows["tier"]]
    rows["medium"] = [Medium(medium).name.lower() for medium in rows["medium"]]
    ends = zip(rows.pop("a"), rows.pop("b"), strict=True)
    for cable, (tail, head) in enumerate(ends):
        graph.add_edge(tail, head, key=cable, **{key: column[cable] for key, column in rows.items()})
    return graph


def from_networkx(graph: nx.Graph) -> Fabric:
    """Return the fabric of any undirected graph with the attributes that ``to_networkx`` writes.

    Nodes need ``kind``, edges ``capacity`` [B/s]; the rest has defaults.  Labels may be
    anything: nodes are numbered by kind, in the graph's order.

    Raises FabricError for a directed graph, or where an attribute is missing or unknown.
    """
    if graph.is_directed():
        raise FabricError("a directed graph has no cables; give an undirected one")
    kinds = {node: _enum(NodeKind, data.get("kind"), f"node {node!r}: kind") for node, data in graph.nodes(data=True)}
    nodes = sorted(kinds, key=lambda node: kinds[node])
    number = {node: i for i, node in enumerate(nodes)}
    edges = _edges(graph)
    for a, b, data in edges:
        if "capacity" not in data:
            raise FabricError(f"edge {a!r} -- {b!r}: no capacity; give it in B/s")
    tiers = [_enum(Tier, d["tier"], "tier") if "tier" in d else _tier(kinds[a], kinds[b]) for a, b, d in edges]
    media = [_medium(d, tier) for (*_, d), tier in zip(edges, tiers, strict=True)]
    rows = [graph.nodes[node] for node in nodes]
    endpoints = [graph.nodes[node] for node in nodes if kinds[node] == NodeKind.ENDPOINT]
    host = [data.get("host", i) for i, data in enumerate(endpoints)]
    return Fabric.from_cables(
        name=str(graph.graph.get("name") or "networkx graph"),
        kind=[kinds[node] for node in nodes],
        a=[number[a] for a, _, _ in edges],
        b=[number[b] for _, b, _ in edges],
        capacity=[d["capacity"] for *_, d in edges],
        latency=[d.get("latency", 0.0) for *_, d in edges],
        weight=[d.get("weight", 1) for *_, d in edges],
        tier=tiers,
        medium=media,
        plane=[d.get("plane", 0) for d in rows],
        group=[d.get("group", -1) for d in rows],
        host=host,
        domain=[data.get("domain", own) for data, own in zip(endpoints, host, strict=True)],
        overhead=float(graph.graph.get("overhead", 0.0)),
        launch=float(graph.graph.get("launch", 0.0)),
        packet=Packet(**graph.graph["packet"]) if graph.graph.get("packet") else None,
        relay=graph.graph.get("relay", "source"),
        radix=int(graph.graph.get("radix", 0)),
        groups=_enum(Groups, graph.graph.get("groups", "none"), "groups"),
    )


def _edges(graph: nx.Graph) -> list[tuple[Any, Any, dict[str, Any]]]:
    if not graph.is_multigraph():
        return list(graph.edges(data=True))
    edges = list(graph.edges(keys=True, data=True))
    if all(isinstance(key, int) for _, _, key, _ in edges):
        edges.sort(key=lambda edge: edge[2])
    return [(a, b, data) for a, b, _, data in edges]


def _enum(cls: type[IntEnum], value: Any, what: str) -> Any:
    name = str(value).upper().replace("-", "_")
    if name not in cls.__members__:
        known = ", ".join(member.lower().replace("_", "-") for member in cls.__members__)
        raise FabricError(f"{what} {value!r} is unknown; known: {known}")
    return cls[name]


def _medium(data: dict[str, Any], tier: Tier) -> Medium:
    return _enum(Medium, data["medium"], "medium") if "medium" in data else DEFAULT_MEDIUM[tier]


def _tier(a: NodeKind, b: NodeKind) -> Tier:
    low, high = min(a, b), max(a, b)
    if low == NodeKind.ENDPOINT:
        return Tier.SCALE_UP if high == NodeKind.SCALE_UP else Tier.ENDPOINT
    if high == NodeKind.LEAF:
        return Tier.LOCAL
    return Tier.LEAF_SPINE if high == NodeKind.SPINE else Tier.SPINE_CORE
