"""Node-link JSON: ``{"nodes": [{"id": ..}], "edges": [{"source": .., "target": ..}]}``, as networkx writes graphs."""

from __future__ import annotations

import json
from typing import Any

from topo.fabric import Fabric
from topo.formats.attributes import plant_of_graph, rows_of
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.plant import Reading
from topo.formats.symmetric import symmetric
from topo.formats.text import parse_json


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the fabric of a node-link graph.  Raises FormatError for text that is none."""
    data = parse_json(text, shown)
    edges = next((data[key] for key in ("edges", "links") if isinstance(data, dict) and key in data), None)
    if not isinstance(data, dict) or not isinstance(data.get("nodes"), list) or not isinstance(edges, list):
        raise FormatError(f'{shown}: is no node-link graph; it needs lists "nodes" and "edges" (or "links")')
    if data.get("directed") is True:
        raise FormatError(f"{shown}: a directed graph has no cables; give an undirected one")
    graph = data.get("graph") if isinstance(data.get("graph"), dict) else {}
    nodes = [(_id(node, f"{shown}: node {i}"), node) for i, node in enumerate(data["nodes"])]
    if len({label for label, _ in nodes}) < len(nodes):
        raise FormatError(f"{shown}: two nodes have one id; ids must differ")
    ends = [(*_ends(edge, f"{shown}: edge {i}"), edge) for i, edge in enumerate(edges)]
    plant = plant_of_graph(shown, nodes, ends, {"name": shown} | (graph or {}))
    return symmetric(fabric_of(plant, how), plant, how)


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as text of this format."""
    graph, nodes, edges = rows_of(fabric)
    graph |= {"symmetry": [move.tolist() for move in fabric.symmetry]} if fabric.symmetry else {}
    data = {
        "directed": False,
        "multigraph": True,
        "graph": graph,
        "nodes": [{"id": name, **said} for name, said in nodes],
        "edges": [{"source": a, "target": b, "key": i, **said} for i, (a, b, said) in enumerate(edges)],
    }
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False) + "\n"


def _id(node: Any, what: str) -> str | int:
    label = node.get("id") if isinstance(node, dict) else None
    if not isinstance(label, str | int):
        raise FormatError(f"{what}: an object with an id, text or a number, is needed")
    return label


def _ends(edge: Any, what: str) -> tuple[str | int, str | int]:
    a, b = (edge.get(key) if isinstance(edge, dict) else None for key in ("source", "target"))
    if not isinstance(a, str | int) or not isinstance(b, str | int):
        raise FormatError(f"{what}: an object with source and target is needed")
    return a, b
