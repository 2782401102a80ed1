"""Single points of failure, planes that touch, and devices that nobody named or connected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import networkx as nx
import numpy as np

from topo.check.fault import Fault, ends_of
from topo.check.joined import joined_planes
from topo.fabric import Fabric, NodeKind
from topo.source import called
from topo.units import several

#: Names told of one fault; the rest is counted.
MOST_NAMES = 32
#: Nodes up to which single points of failure are looked for: seconds.
MOST_NODES = 200_000


def point_faults(fabric: Fabric) -> list[Fault]:
    """Return switches and cables that alone hold parts of the network together, and what is wrong with names."""
    joined = joined_planes(fabric)
    between = {cable for fault in joined for cable in fault.drop}
    return [*joined, *_cuts(fabric, between), *_bare(fabric), *_names(fabric)]


def _cuts(fabric: Fabric, between: set[int]) -> Iterator[Fault]:
    """Yield single points of failure; cables ``between`` planes should not be there, and are none."""
    if fabric.n_nodes > MOST_NODES:
        return
    inner = np.flatnonzero(fabric.is_switch_link & (fabric.tail < fabric.head) & ~np.isin(fabric.cable, [*between]))
    graph = nx.MultiGraph()
    graph.add_edges_from(zip(fabric.tail[inner].tolist(), fabric.head[inner].tolist(), strict=True))
    end = fabric.head[fabric.end_links()[0]]
    bears = Counter(end.tolist())
    once = nx.Graph(graph)
    for a, b in sorted(nx.bridges(once)):
        if graph.number_of_edges(a, b) > 1:
            continue
        once.remove_edge(a, b)
        far = sum(bears[node] for node in nx.node_connected_component(once, b))
        near = sum(bears[node] for node in nx.node_connected_component(once, a))
        once.add_edge(a, b)
        if far and near:
            yield _bridge(fabric, a, b, min(near, far))
    for node in sorted(nx.articulation_points(once)):
        yield from _articulation(fabric, once, node, bears)


def _bridge(fabric: Fabric, a: int, b: int, lost: int) -> Fault:
    links = np.arange(fabric.first[a], fabric.first[a + 1])
    cable = int(fabric.cable[links[fabric.head[links] == b]][0])
    ports = np.bincount(fabric.tail[fabric.end_links()[0]])
    several_ports = ports.max(initial=0) > 1
    what = ("port of an endpoint is", "ports of endpoints are") if several_ports else ("endpoint is", "endpoints are")
    return Fault("single-cable", ends_of(fabric, [cable]), f"without this cable {several(lost, *what)} cut off")


def _articulation(fabric: Fabric, graph: nx.Graph, node: int, bears: Counter[int]) -> Iterator[Fault]:
    beside = list(graph[node])
    rest = graph.subgraph(nx.node_connected_component(graph, node) - {node})
    parts = [sum(bears[n] for n in part) for part in nx.connected_components(rest)]
    cut = [n for n in parts if n]
    if len(cut) > 1:
        said = (
            f"its {len(beside)} neighbours fall into parts of {', '.join(map(str, sorted(cut)))} endpoints without it"
        )
        yield Fault("single-switch", (called(fabric.source, fabric.kind, node),), said)


def _bare(fabric: Fabric) -> Iterator[Fault]:
    bare = np.flatnonzero((np.diff(fabric.first) == 0) & (fabric.kind >= NodeKind.LEAF))
    if len(bare):
        names = [called(fabric.source, fabric.kind, int(node)) for node in bare]
        yield Fault(
            "unconnected",
            tuple(names[:MOST_NAMES]),
            several(len(bare), "switch has no cable", "switches have no cable"),
        )


def _names(fabric: Fabric) -> Iterator[Fault]:
    if fabric.source is None:
        return
    count = Counter(fabric.source.names)
    twice = sorted(name for name, n in count.items() if n > 1)
    if twice:
        yield Fault(
            "duplicate-name",
            tuple(twice[:MOST_NAMES]),
            several(len(twice), "name is that of several devices", "names are those of several devices"),
        )
    bare = [name for name in fabric.source.names if name.startswith(("H-", "S-")) and len(name) == 18]
    if bare:
        yield Fault(
            "unnamed",
            tuple(bare[:MOST_NAMES]),
            several(len(bare), "device has no name of its own", "devices have no name of their own"),
        )
