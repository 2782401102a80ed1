"""Fabrics to and from networkx: a plain ``MultiGraph``, never a subclass of one."""

from __future__ import annotations

from typing import Any

import networkx as nx

from topo import units
from topo.fabric import Fabric, FabricError, NodeKind, Source
from topo.formats.attributes import attributes_of, infiniband, label, plant_of_graph
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.plant import Reading
from topo.formats.symmetric import symmetric
from topo.size import Medium, Tier


def to_networkx(fabric: Fabric) -> nx.MultiGraph:
    """Return ``fabric`` as a graph: numbers of nodes on nodes, those of cables on edges [SI units].

    A node has kind, plane, group, host and domain, -1 where it has none, and the name that its file calls it by.
    Edge keys are cable numbers, so parallel cables stay apart.  The graph has overhead, relay, radix, groups, launch,
    and where they are stated the numbers of packets and ``symmetry``, a JSON text: formats of graphs have no lists.
    """
    graph = nx.MultiGraph(**attributes_of(fabric))
    none = [-1] * (fabric.n_nodes - fabric.n_endpoints)
    columns: dict[str, list[Any]] = {"plane": fabric.plane.tolist(), "group": fabric.group.tolist()}
    columns |= {"host": fabric.host.tolist() + none, "domain": fabric.domain.tolist() + none}
    for node, kind in enumerate(fabric.kind.tolist()):
        numbers = {key: column[node] for key, column in columns.items()}
        graph.add_node(node, kind=label(NodeKind(kind)), **numbers)
    rows = {key: column.tolist() for key, column in fabric.cables().items()}
    rows["tier"] = [Tier(tier).label for tier in rows["tier"]]
    rows["medium"] = [Medium(medium).name.lower() for medium in rows["medium"]]
    ends = zip(rows.pop("a"), rows.pop("b"), strict=True)
    for cable, (tail, head) in enumerate(ends):
        graph.add_edge(tail, head, key=cable, **{key: column[cable] for key, column in rows.items()})
    if fabric.source is not None:
        _name(graph, fabric.source)
    return graph


def _name(graph: nx.MultiGraph, source: Source) -> None:
    """Add to nodes and edges of ``graph`` what their file calls them, and the InfiniBand numbers that it states."""
    rows = zip(source.names, source.guid.tolist(), source.lid.tolist(), strict=True)
    for node, (name, guid, lid) in enumerate(rows):
        graph.nodes[node].update(name=name, **infiniband(guid=guid, lid=lid))
    ports, guids, lids = source.ports, source.port_guid.tolist(), source.port_lid.tolist()
    for *_, cable, said in graph.edges(keys=True, data=True):
        said.update(zip(("a_port", "b_port"), ports[cable], strict=True))
        said.update(infiniband(port_guid=guids[cable], port_lid=lids[cable]))


def from_networkx(
    graph: nx.Graph,
    *,
    capacity: float | str | None = None,
    ends: str = "",
    per_switch: int = 0,
    how: Reading | None = None,
) -> Fabric:
    """Return the fabric of any undirected graph; ``capacity`` [B/s or ``400Gb/s``] is that of edges without.

    With the attributes that ``to_networkx`` writes every number comes back, stated symmetries too.  A graph of names
    and edges alone will do: what has one neighbour is an endpoint, what bears endpoints a leaf.  ``ends`` is an
    expression that finds the names of endpoints, ``per_switch`` hangs as many on every node; ``how`` says all of it.

    Raises FabricError for a directed graph, for attributes that are unknown or missing, and where no node is an
    endpoint.
    """
    if not isinstance(graph, nx.Graph):
        raise FabricError(f"a networkx graph is needed, not {type(graph).__name__}; networkx.Graph(edges) makes one")
    if graph.is_directed():
        raise FabricError("a directed graph has no cables; give an undirected one")
    try:
        plant = plant_of_graph("networkx graph", graph.nodes(data=True), _edges(graph), graph.graph)
        rate = None if capacity is None else units.capacity(capacity)
        how = how or Reading(capacity=rate, ends=ends, per_switch=per_switch)
        return symmetric(fabric_of(plant, how), plant, how)
    except FormatError as error:
        raise FabricError(str(error)) from None


def _edges(graph: nx.Graph) -> list[tuple[Any, Any, dict[str, Any]]]:
    if not graph.is_multigraph():
        return list(graph.edges(data=True))
    edges = list(graph.edges(keys=True, data=True))
    if all(isinstance(key, int) for _, _, key, _ in edges):
        edges.sort(key=lambda edge: edge[2])
    return [(a, b, data) for a, b, _, data in edges]
