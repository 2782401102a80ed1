"""Every format by name, the more particular first: of two whose mark a file bears, the first is taken."""

from __future__ import annotations

from topo.formats.entries import Format

_NUMBERS = ("symmetry", "groups", "overhead", "relay", "latencies", "weights", "media", "packets")

#: Formats of fabrics: ``read(text, shown, how) -> Fabric``, ``write(fabric) -> str``.
FABRICS: dict[str, Format] = {
    "native": Format(
        "topo.formats.native",
        "planewise's own: every array of a fabric, as JSON",
        (".fabric.json",),
        r'\A\s*\{[^{}]*"format"\s*:\s*"planewise-fabric"',
    ),
    "ibnetdiscover": Format(
        "topo.formats.ibnetdiscover",
        "what ibnetdiscover prints of an InfiniBand fabric, and ibsim's net files",
        (".ibnetdiscover", ".ibnet", ".topo-ib", ".net", ".out"),
        r'(?m)^(?:(?:vendid|sysimgguid)=0x|(?:Switch|Ca|Hca)\s+\d+\s+")',
        lacks=(*_NUMBERS, "scale-up networks", "rates that InfiniBand does not have"),
    ),
    "node-link": Format(
        "topo.formats.node_link",
        "graph as JSON, as networkx's node_link_data gives it",
        (".node-link.json", ".json"),
        r'"nodes"\s*:',
        lacks=("symmetry",),
    ),
    "slurm": Format(
        "topo.formats.slurm",
        "Slurm topology.conf and topology.yaml, tree and block; written as topology.conf",
        ("topology.conf", "topology.yaml", ".conf"),
        r"(?im)^\s*(?:(?:SwitchName|BlockName|BlockSizes)\s*=|-\s*topology:|tree:\s*$|block:\s*$)",
        lacks=(*_NUMBERS, "bundles", "rates", "planes", "radix"),
    ),
    "topograph": Format(
        "topo.formats.topograph",
        "model files of topograph: switches and blocks",
        (".yaml", ".yml"),
        r"(?m)^switches:\s*$",
        writes=False,
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

#: Formats of forwarding tables: ``read(text, shown, fabric) -> Tables``, ``write(fabric, tables) -> str``.
TABLES: dict[str, Format] = {
    "lfts": Format(
        "topo.formats.lfts",
        "InfiniBand forwarding tables: dump_lfts, opensm-lfts.dump, opensm.fdbs; written for opensm -R file",
        (".lfts", ".dump_lfts", "lfts.dump", ".fdbs"),
        r"(?mi)^(?:Unicast lids .* of switch|dump_ucast_routes:)",
    ),
}
