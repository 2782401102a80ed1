"""A good file of every format that is read, and how it is read: what hostile files are made of.

A new format that is written too needs no row here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import topo
import traffic
from tests.topo.formats.test_measurements import NCCL as NCCL_TESTS
from tests.topo.formats.test_measurements import record
from tests.topo.formats.test_traces import KINETO, TEXTS
from topo.config.demand_file import read_demand
from topo.fabric import Fabric
from topo.formats import DEMANDS, FABRICS, LOADS, MEASUREMENTS, TABLES, Format, load, read_measurements, text_of
from topo.routing.tables import by_position

TREE = topo.generate("fat-tree-2", radix=4, capacity=50e9, endpoints_per_host=2, scale_up=200e9, symmetry=True)
SUBNET = (
    "{ CA Ports:01 SystemGUID:0001 NodeGUID:0001 PortGUID:0002 VenID:0 DevID:0 Rev:A1 {h1} LID:0002 PN:01 } "
    "{ SW Ports:10 SystemGUID:0009 NodeGUID:0009 PortGUID:0009 VenID:0 DevID:0 Rev:A1 {leaf} LID:0001 PN:01 } "
    "PHY=4x LOG=ACT SPD=25\n"
)
NCCL = (
    '<system version="1"><cpu numaid="0"><pci busid="0" class="0x060400" link_speed="16.0 GT/s PCIe" link_width="16">'
    '<pci busid="1" class="0x030200"><gpu dev="0" sm="80" rank="0"><nvlink target="2" count="12"/></gpu></pci>'
    '<pci busid="3" class="0x020700"><nic><net name="mlx5_0" speed="200000" port="1"/></nic></pci></pci></cpu></system>'
)
TOPOGRAPH = (
    "switches:\n  S1:\n    switches:\n    - S2\n"
    "blocks:\n- switch: S2\n  nodes: ['n[1-4]']\n  annotations:\n    x/domain: d\n"
)
HTSIM = (
    "Nodes 8\nTiers 2\nPodsize 8\nTier 0\nDownlink_speed_Gbps 100\nRadix_Down 4\nRadix_Up 4\nDownlink_Latency_ns 5\n"
    "Tier 1\nDownlink_speed_Gbps 100\nRadix_Down 2\nDownlink_Latency_ns 5\n"
)
NETQ = (
    '[{"nodes": [{"compounded_nodes": [{"id": "a", "device_type": "switch"}, {"id": "b", "name": "h"}]}], "links": '
    '[{"compounded_links": [{"interfaces": [{"node": "a", "interface": "1"}, {"node": "b", "interface": "2"}]}]}]}]'
)
CLUSTER = (
    '<platform version="4.1"><cluster id="c" prefix="n" radical="0-7" suffix="" bw="1GBps" lat="1us" '
    'topology="FAT_TREE" topo_parameters="2;4,2;1,2;1,2"/></platform>'
)
#: Of protocol buffers: length and version, then an all-to-all of 4,096 bytes, twice.
WIRE = "\x07\n\x050.0.4" + "#\x18\x07R\x0e\n\tcomm_size\x48\x80\x20R\x0f\n\tcomm_type\x48\x86\x80\x00" * 2
#: Of formats that are read alone.
GIVEN = {
    "netq": NETQ,
    "simgrid-cluster": CLUSTER,
    "subnet": SUBNET * 2,
    "nccl": NCCL,
    "topograph": TOPOGRAPH,
    "htsim": HTSIM,
    **TEXTS,
    "chakra-protobuf": WIRE,
    "kineto-kernels": KINETO,
    "inspector": f"{record()}\n{record(rank=3)}\n",
    "nccl-tests": NCCL_TESTS.format(test="all_reduce"),
}


def _of_fabrics(entry: Format, name: str) -> Any:
    plain = {"Slurm", "BookSim"} & set(entry.title.replace("'", " ").split())
    plain_tree = topo.generate("fat-tree-2", radix=4, capacity=50e9, endpoints_per_host=1)
    return entry.function("write")(plain_tree if plain else TREE)


def _of_demands(entry: Format, name: str) -> Any:
    return entry.function("write")(traffic.offer("allreduce", n_ranks=8, ranks_per_host=4, algorithm="tree"))


def _fabric(path: Path, name: str) -> None:
    assert isinstance(topo.read(path, name, capacity=1e9), Fabric)


def _demand(path: Path, name: str) -> None:
    assert read_demand(str(path), n_ranks=16, ranks_per_host=4, format=name).n_ranks == 16


def _measured(path: Path, name: str) -> None:
    found = read_measurements(path, name)
    assert (found.busbw() > 0).all() and found.group.max() < len(found.groups)


#: A registry, what writes a good file of an entry, what reads one, and the commands that do.
NOUNS: tuple[tuple[Mapping[str, Format], Callable[..., Any], Callable[[Path, str], object], tuple[str, ...]], ...] = (
    (
        FABRICS,
        _of_fabrics,
        _fabric,
        ("build file:path={},rate=1Gb/s,format={name}", "check file:path={},rate=1Gb/s,format={name}"),
    ),
    (
        TABLES,
        lambda entry, _: entry.function("write")(TREE, by_position(TREE)),
        lambda path, name: TABLES[name].function("read")(load(path), str(path), TREE),
        ("check fat-tree-2:radix=4,endpoints_per_host=2 --routing static:tables={}",),
    ),
    (DEMANDS, _of_demands, _demand, ("analyze fat-tree-2:radix=8,endpoints_per_host=4 file:path={},format={name}",)),
    (
        LOADS,
        lambda entry, _: entry.function("write")(TREE, TREE.capacity),
        lambda path, name: LOADS[name].function("read")(load(path), str(path), TREE),
        (),
    ),
    (MEASUREMENTS, lambda *_: "", _measured, ("expect fat-tree-2:radix=4 {} --format {name}",)),
)


def good(name: str) -> str:
    """Return a good text of the format ``name`` of any noun."""
    registry, write, *_ = next(noun for noun in NOUNS if name in noun[0])
    written = GIVEN[name] if name in GIVEN else write(registry[name], name)
    return text_of(written, name) if isinstance(written, bytes) else written


def names() -> list[str]:
    """Return every format that is read, of every noun."""
    return [name for registry, *_ in NOUNS for name, entry in registry.items() if entry.reads]


def raw(text: str, name: str) -> bytes:
    """Return ``text`` of the format ``name`` as the bytes of a file."""
    return text.encode("latin-1" if name in ("cabling-sheet", "chakra-protobuf") else "utf-8")
