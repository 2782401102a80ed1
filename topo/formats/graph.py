"""Fabrics to and from networkx: a plain ``MultiGraph``, never a subclass of one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import networkx as nx

from topo.fabric import Fabric, FabricError, NodeKind
from topo.formats.attributes import label, plant_of_graph
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.plant import Reading
from topo.size import Medium, Tier


def to_networkx(fabric: Fabric) -> nx.MultiGraph:
    """Return ``fabric`` as a graph: numbers of nodes on nodes, those of cables on edges [SI units].

    A node has kind, plane, group, host and domain, -1 where it has none, and the name that its file calls it by.
    Edge keys are cable numbers, so parallel cables stay apart.
    """
    graph = nx.MultiGraph(name=fabric.name, overhead=fabric.overhead, relay=fabric.relay, radix=fabric.radix)
    graph.graph |= {"groups": fabric.groups.label, "launch": fabric.launch}
    if fabric.packet is not None:
        graph.graph["packet"] = asdict(fabric.packet)
    none = [-1] * (fabric.n_nodes - fabric.n_endpoints)
    columns: dict[str, list[Any]] = {"plane": fabric.plane.tolist(), "group": fabric.group.tolist()}
    columns |= {"host": fabric.host.tolist() + none, "domain": fabric.domain.tolist() + none}
    if fabric.source is not None:
        columns["name"] = list(fabric.source.names)
    for node, kind in enumerate(fabric.kind.tolist()):
        numbers = {key: column[node] for key, column in columns.items()}
        graph.add_node(node, kind=label(NodeKind(kind)), **numbers)
    rows = {key: column.tolist() for key, column in fabric.cables().items()}
    rows["tier"] = [Tier(tier).label for tier in rows["tier"]]
    rows["medium"] = [Medium(medium).name.lower() for medium in rows["medium"]]
    ends = zip(rows.pop("a"), rows.pop("b"), strict=True)
    for cable, (tail, head) in enumerate(ends):
        graph.add_edge(tail, head, key=cable, **{key: column[cable] for key, column in rows.items()})
    return graph


def from_networkx(graph: nx.Graph, *, capacity: float | None = None, how: Reading | None = None) -> Fabric:
    """Return the fabric of any undirected graph; ``capacity`` [B/s] is that of edges that state none.

    With the attributes that ``to_networkx`` writes every number comes back.  A graph of names and edges alone
    will do: what has one neighbour is an endpoint, what bears endpoints a leaf.

    Raises FabricError for a directed graph, for attributes that are unknown or missing, and where no node is an
    endpoint.
    """
    if graph.is_directed():
        raise FabricError("a directed graph has no cables; give an undirected one")
    try:
        plant = plant_of_graph("networkx graph", graph.nodes(data=True), _edges(graph), graph.graph)
        return fabric_of(plant, how or Reading(capacity=capacity))
    except FormatError as error:
        raise FabricError(str(error)) from None


def _edges(graph: nx.Graph) -> list[tuple[Any, Any, dict[str, Any]]]:
    if not graph.is_multigraph():
        return list(graph.edges(data=True))
    edges = list(graph.edges(keys=True, data=True))
    if all(isinstance(key, int) for _, _, key, _ in edges):
        edges.sort(key=lambda edge: edge[2])
    return [(a, b, data) for a, b, _, data in edges]
