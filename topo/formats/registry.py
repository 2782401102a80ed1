"""Every format by name, the more particular first: of two whose mark a file bears, the first is taken."""

from __future__ import annotations

from topo.formats.entries import Format

#: Formats of fabrics: ``read(text, shown, how) -> Fabric``, ``write(fabric) -> str``.
FABRICS: dict[str, Format] = {
    "native": Format(
        "topo.formats.native",
        "planewise's own: every array of a fabric, as JSON",
        (".fabric.json",),
        r'\A\s*\{[^{}]*"format"\s*:\s*"planewise-fabric"',
    ),
    "node-link": Format(
        "topo.formats.node_link",
        "graph as JSON, as networkx's node_link_data gives it",
        (".node-link.json", ".json"),
        r'"nodes"\s*:',
        lacks=("symmetry",),
    ),
    "graphml": Format(
        "topo.formats.graphml",
        "GraphML, the XML of graph programs",
        (".graphml",),
        r"<graphml[\s>]",
        lacks=("symmetry",),
    ),
    "edges": Format(
        "topo.formats.edges",
        "list of cables, one a line: a,b,capacity,count,medium,length_m",
        (".edges.csv", ".csv", ".edges"),
        r"(?im)^\s*\"?(a|source|from)\"?\s*[,;\t]\s*\"?(b|target|to)\"?\s*([,;\t]|$)",
        lacks=("symmetry", "groups", "overhead", "relay", "radix", "switches without cables"),
    ),
}
