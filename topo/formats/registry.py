"""Every format by name, the more particular first: of two whose mark a file bears, the first is taken."""

from __future__ import annotations

from topo.formats.entries import Format

_PAST = "what it was before failures"
_OWN = ("symmetry", _PAST, "overhead", "relay")
_NUMBERS = (*_OWN, "groups", "latencies", "weights", "media", "packets")
#: What some were not tried on, for want of one at hand.
_PROGRAM, _NEITHER, _FILE = "a foreign program", "a foreign file or program", "a foreign file"
_TIMES = ("computation", "phases that run side by side", "ranks that go on by themselves")

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
    "netq": Format(
        "topo.formats.netq",
        "topology graph of NetQ, topologyGraph.json: cables as LLDP finds them",
        ("topologygraph.json",),
        r'"compounded_(?:links|nodes)"',
        writes=False,
    ),
    "node-link": Format(
        "topo.formats.node_link",
        "graph as JSON, as networkx's node_link_data gives it",
        (".node-link.json", ".json"),
        r'"nodes"\s*:',
        lacks=(_PAST,),
    ),
    "cabling": Format(
        "topo.formats.cabling",
        "cabling list in CSV: A-Node, A-Port, Z-Node, Z-Port, or as NetBox calls them, a row for each cable",
        (".cabling.csv", ".cables.csv"),
        r"(?i)\A(?:\W*a[-_ ]?(?:node|device)|[^\n]*\b(?:device a|side_a_device))\b",
        lacks=(*_NUMBERS[:-2], "packets", "scale-up networks", "radix"),
    ),
    "cabling-sheet": Format(
        "topo.formats.cabling_sheet",
        "cabling list in XLSX, the first sheet of a workbook",
        (".xlsx",),
        r"\APK",
        lacks=(*_NUMBERS[:-2], "packets", "scale-up networks", "radix"),
    ),
    "subnet": Format(
        "topo.formats.subnet",
        "OpenSM's list of the subnet",
        ("subnet.lst", ".lst"),
        r"\A\{ (?:CA|SW|RT)\S* +Ports:",
        writes=False,
    ),
    "slurm": Format(
        "topo.formats.slurm",
        "Slurm topology.conf: the tree; blocks are read too",
        ("topology.conf", ".conf"),
        r"(?im)^[ \t]*(?:SwitchName|BlockName|BlockSizes)[ \t]*=",
        lacks=(*_NUMBERS, "bundles", "rates", "planes", "radix", "NICs of a host", "scale-up networks", "domains"),
    ),
    "slurm-yaml": Format(
        "topo.formats.slurm_yaml",
        "Slurm topology.yaml: the tree, and scale-up domains as blocks",
        ("topology.yaml",),
        r"(?im)^[ \t]*(?:-[ \t]*topology:|(?:tree|block):[ \t\r]*$)",
        lacks=(*_NUMBERS, "bundles", "rates", "planes", "radix", "NICs of a host", "scale-up networks"),
        untried=_NEITHER,
    ),
    "topograph": Format(
        "topo.formats.topograph",
        "model files of topograph: switches and blocks",
        (".yaml", ".yml"),
        r"(?m)^switches:\s*$",
        writes=False,
    ),
    "infragraph": Format(
        "topo.formats.infragraph",
        "InfraGraph YAML: devices, instances and connections",
        (".infragraph.yaml", ".infra.yaml", ".yaml", ".yml"),
        r"(?m)^(?:infrastructure|devices|instances):\s*$",
        lacks=(*_NUMBERS, "scale-up networks", "radix"),
    ),
    "simgrid-cluster": Format(
        "topo.formats.simgrid_cluster",
        "SimGrid platform of a cluster, FAT_TREE or DRAGONFLY",
        (".xml",),
        r"<platform[\s>]",
        writes=False,
    ),
    "nccl": Format(
        "topo.formats.nccl",
        "NCCL's topology XML of one host: GPUs, NICs, NVLink",
        (".xml",),
        r"<system[\s>]",
        writes=False,
    ),
    "graphml": Format(
        "topo.formats.graphml",
        "GraphML, the XML of graph programs",
        (".graphml",),
        r"<graphml[\s>]",
        lacks=(_PAST,),
    ),
    "edges": Format(
        "topo.formats.edges",
        "list of cables, one a line: a,b,capacity,count,medium,length_m",
        (".edges.csv", ".csv", ".edges"),
        r"(?im)^ *\"?(a|source|from)\"? *[,;\t] *\"?(b|target|to)\"? *([,;\t\r]|$)",
        lacks=(*_OWN, "groups", "radix", "switches without cables"),
    ),
    "booksim": Format(
        "topo.formats.booksim",
        "BookSim's anynet",
        (".anynet",),
        r"(?m)^[ \t]*(?:router|node)[ \t]+\d+[ \t]+(?:router|node)[ \t]+\d",
        lacks=(*_NUMBERS, "rates", "scale-up networks", "hosts", "radix"),
        untried=_PROGRAM,
    ),
    "dot": Format(
        "topo.formats.dot",
        "Graphviz DOT",
        (".dot", ".gv"),
        "",
        reads=False,
        lacks=(*_NUMBERS, "hosts", "radix"),
        untried=_PROGRAM,
    ),
    "htsim": Format(
        "topo.formats.htsim",
        "htsim's topology of a fat-tree",
        (".topo",),
        r"(?im)^[ \t]*Podsize[ \t]+\d",
        lacks=(
            *(*_OWN, "weights", "media", "packets", "scale-up networks", "hosts", "radix"),
            "parts of a nanosecond",
        ),
    ),
    "ns3": Format(
        "topo.formats.ns3",
        "topology text of ns-3, as the RDMA simulator of HPCC and others after it take it",
        (".ns3", ".topology.txt"),
        r"\A\s{0,9}\d{1,9}(?:[ \t]+\d{1,9}){2}[ \t\r]*\n\s{0,9}\d",
        lacks=(
            *(*_OWN, "groups", "weights", "media", "packets", "bundles", "radix"),
            *("hosts", "scale-up networks"),
        ),
        untried=_NEITHER,
    ),
    "simai": Format(
        "topo.formats.simai",
        "topology text of ns-3, as SimAI takes it",
        (".simai",),
        r"\A\s{0,9}\d{1,9}(?:[ \t]+\d{1,9}){4}[ \t]+[A-Za-z]",
        lacks=(*_OWN, "groups", "weights", "media", "packets", "bundles", "radix"),
        untried=_NEITHER,
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

#: Formats of traffic: ``read(text, shown)`` returns flows as CSV or a ``Trace``, ``write(demand) -> str``.
DEMANDS: dict[str, Format] = {
    "flows": Format(
        "topo.formats.flows",
        "flows in CSV: src,dst,bytes,phase",
        (".flows.csv", ".csv"),
        r"(?m)\A\W*(?:src|dst|bytes|phase)\b",
        lacks=_TIMES,
    ),
    "connections": Format(
        "topo.formats.connections",
        "htsim's connection matrix",
        (".cm",),
        r"(?m)^[ \t]*\d+[ \t]*->[ \t]*\d",
        lacks=(*_TIMES, "parts of bytes"),
    ),
    "aicb": Format(
        "topo.formats.aicb",
        "AICB's workload in CSV: a line for an operation of a rank",
        (".aicb.csv", ".csv"),
        r"(?m)^comm_type,comm_group\b",
        writes=False,
    ),
    "simai-workload": Format(
        "topo.formats.simai_workload",
        "SimAI's workload in text: a line for a layer",
        (".txt",),
        r"\A(?:HYBRID_|MICRO|DATA|MODEL)\w*[^\n]*\n\s*\d+\s*\n",
        writes=False,
    ),
    "chakra": Format(
        "topo.formats.chakra",
        "Chakra execution trace in JSON: collectives of a rank",
        (".json",),
        r'"schema"\s*:\s*"[\d.]+-chakra',
        writes=False,
    ),
    "chakra-protobuf": Format(
        "topo.formats.chakra_wire",
        "Chakra execution trace of protocol buffers: collectives and sends of a rank",
        (".et",),
        r"\A[\x01-\xff]{1,4}?\n[\x01-\x40]\d[\w.+-]*",
        writes=False,
        untried=_FILE,
    ),
    "kineto": Format(
        "topo.formats.kineto",
        "Kineto trace of PyTorch's profiler: collectives of a rank",
        (".pt.trace.json", ".trace.json", ".json"),
        r'"traceEvents"\s*:|"deviceProperties"\s*:|"distributedInfo"\s*:',
        writes=False,
        untried=_FILE,
    ),
    "goal": Format(
        "topo.formats.goal",
        "GOAL, the schedules of LogGOPSim",
        (".goal",),
        "",
        reads=False,
        lacks=("phases that start for all ranks at once", "parts of bytes"),
        untried=_NEITHER,
    ),
}

#: Formats of traffic with its paths: ``write(fabric, demand, routing) -> str``.
ROUTES: dict[str, Format] = {
    "simgrid": Format(
        "topo.formats.simgrid",
        "SimGrid platform with an explicit route a pair",
        (".platform.xml", ".simgrid.xml"),
        "",
        reads=False,
    ),
}

#: Formats of what links carry: ``read(text, shown, fabric)`` and ``write(fabric, load)``, loads (L,) [B/s].
LOADS: dict[str, Format] = {
    "loads": Format(
        "topo.formats.loads",
        "loads of links in CSV: tail,head,cable,capacity,load",
        (".loads.csv",),
        r"\Atail,head,cable,capacity,load",
    ),
}

#: Formats of what was measured: ``read(log, collective) -> Measurements``, line by line.
MEASUREMENTS: dict[str, Format] = {
    "inspector": Format(
        "topo.formats.inspector",
        "NCCL Inspector: JSON, a line for an operation of a rank",
        (".jsonl", ".inspector.log"),
        r'\A\s*\{\s*"header"\s*:|"coll_perf"\s*:',
        writes=False,
        untried="a foreign file; one in the manner of its README",
    ),
    "kineto-kernels": Format(
        "topo.formats.kineto_log",
        "Kineto trace of PyTorch's profiler: how long communication kernels took",
        (".pt.trace.json", ".trace.json", ".json"),
        r'"traceEvents"\s*:|"deviceProperties"\s*:|"distributedInfo"\s*:',
        writes=False,
        untried=_FILE,
    ),
    "nccl-tests": Format(
        "topo.formats.nccl_tests",
        "what nccl-tests prints: sizes, times, bandwidths",
        (".log", ".out", ".txt"),
        r"(?m)^# nThread \d|^# +size +count +type|^# Collective test starting",
        writes=False,
    ),
}

#: Formats of models: ``read(mapping, name)`` returns the figures of a parsed file.
MODELS: dict[str, Format] = {
    "hub": Format(
        "topo.formats.hub_config",
        "config.json of a model hub, as it lies beside published weights",
        ("config.json", ".json"),
        r"""(?m)["']?\b(?:num_hidden_layers|hidden_size|model_type|architectures|text_config)["']?[ \t]*:""",
        writes=False,
    ),
    "model": Format(
        "topo.formats.model_sheet",
        "planewise's own: figures of a model in YAML",
        (".yaml", ".yml"),
        r"(?m)^(?:layers|base|routed_experts):",
        writes=False,
    ),
}
