"""GraphML: nodes and edges with typed attributes in XML (http://graphml.graphdrawing.org)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from topo.fabric import Fabric
from topo.formats.attributes import plant_of_graph, rows_of
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.plant import Reading
from topo.formats.symmetric import symmetric
from topo.formats.text import Element, fail, parse_xml

_TYPES = {"int": "long", "float": "double", "str": "string"}
_XMLNS = "http://graphml.graphdrawing.org/xmlns"


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the fabric of a GraphML graph.  Raises FormatError for text that is none."""
    root = parse_xml(text, shown)
    graphs = list(root.all("graph"))
    if root.tag != "graphml" or len(graphs) != 1:
        fail(shown, root.line, f"a graphml element with one graph is needed; got <{root.tag}> with {len(graphs)}")
    graph = graphs[0]
    keys = {key.attributes.get("id", ""): key for key in root.all("key")}
    nodes = [(_needed(node, "id", shown), _said(node, keys, shown)) for node in graph.all("node")]
    if len({name for name, _ in nodes}) < len(nodes):
        raise FormatError(f"{shown}: two nodes have one id; ids must differ")
    edges = []
    for edge in graph.all("edge"):
        if edge.attributes.get("directed", graph.attributes.get("edgedefault", "")) in ("directed", "true"):
            fail(shown, edge.line, "a directed edge is no cable; give an undirected graph")
        edges.append((_needed(edge, "source", shown), _needed(edge, "target", shown), _said(edge, keys, shown)))
    named = {"name": shown} | _said(root, keys, shown) | _said(graph, keys, shown)
    plant = plant_of_graph(shown, nodes, edges, named)
    return symmetric(fabric_of(plant, how), plant, how)


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as text of this format."""
    return "\n".join(_written(fabric)) + "\n"


def _needed(element: Element, key: str, shown: str) -> str:
    if key not in element.attributes:
        fail(shown, element.line, f"<{element.tag}> has no {key}")
    return element.attributes[key]


def _said(element: Element, keys: dict[str, Element], shown: str) -> dict[str, Any]:
    """Return the attributes of a node, edge or graph, by name, as their types say."""
    found: dict[str, Any] = {}
    for data in element.all("data"):
        key = keys.get(data.attributes.get("key", ""))
        if key is None:
            fail(shown, data.line, f"data of a key {data.attributes.get('key')!r} that is not declared")
        name, kind = key.attributes.get("attr.name", ""), key.attributes.get("attr.type", "string")
        try:
            value: Any = data.text.strip()
            found[name] = (
                int(value) if kind in ("int", "long") else float(value) if kind in ("float", "double") else value
            )
        except ValueError:
            fail(shown, data.line, f"{name}: {data.text.strip()!r} is not of type {kind}")
    return found


def _written(fabric: Fabric) -> Iterator[str]:
    graph, nodes, edges = rows_of(fabric)
    parts = {"graph": [graph], "node": [said for _, said in nodes], "edge": [said for *_, said in edges]}
    keys: dict[tuple[str, str], str] = {}
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<graphml xmlns="{_XMLNS}">'
    for what, rows in parts.items():
        for name, kind in {name: type(value).__name__ for said in rows for name, value in said.items()}.items():
            keys[what, name] = f"k{len(keys)}"
            yield f'<key id="{keys[what, name]}" for="{what}" attr.name="{name}" attr.type="{_TYPES[kind]}"/>'
    yield '<graph edgedefault="undirected">'
    yield "".join(_data(keys, "graph", graph))
    for name, said in nodes:
        yield f"<node id={quoteattr(name)}>{''.join(_data(keys, 'node', said))}</node>"
    for i, (a, b, said) in enumerate(edges):
        yield f'<edge id="{i}" source={quoteattr(a)} target={quoteattr(b)}>{"".join(_data(keys, "edge", said))}</edge>'
    yield "</graph>"
    yield "</graphml>"


def _data(keys: dict[tuple[str, str], str], what: str, said: dict[str, Any]) -> Iterator[str]:
    for name, value in said.items():
        yield f'<data key="{keys[what, name]}">{escape(value) if isinstance(value, str) else repr(value)}</data>'
