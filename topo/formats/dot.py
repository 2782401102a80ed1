"""Graphviz DOT: nodes by kind, an edge for each cable; ``dot -Tsvg`` draws it."""

from __future__ import annotations

from collections.abc import Iterator

from topo.fabric import Fabric, NodeKind
from topo.formats.labels import source_of, unique

_SHAPES = {"endpoint": "circle", "scale-up": "diamond", "leaf": "box", "spine": "box", "core": "box"}


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as text of this format; capacities are in Gb/s."""
    return "\n".join(_written(fabric)) + "\n"


def _written(fabric: Fabric) -> Iterator[str]:
    source = source_of(fabric)
    names = [_quoted(name) for name in unique(source.names, source.guid)]
    yield f"graph {_quoted(fabric.name)} {{"
    yield "  rankdir=BT;"
    for node, kind in enumerate(map(NodeKind, fabric.kind.tolist())):
        word = kind.name.lower().replace("_", "-")
        yield f"  {names[node]} [kind={_quoted(word)}, shape={_SHAPES[word]}, plane={int(fabric.plane[node])}];"
    rows = fabric.cables()
    for a, b, rate in zip(rows["a"].tolist(), rows["b"].tolist(), rows["capacity"].tolist(), strict=True):
        yield f"  {names[a]} -- {names[b]} [gbps={rate * 8 / 1e9:.12g}];"
    yield "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
