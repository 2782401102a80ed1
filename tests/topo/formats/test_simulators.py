"""Networks of simulators, and what is told of a file that is something else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

import topo
import traffic
from tests.debian import need
from tests.oracles import check_fabric
from tests.samples import sample
from tests.topo.formats.same import check_same
from topo.cli import main
from topo.fabric import NodeKind
from topo.formats import DEMANDS, FABRICS, LOADS, TABLES, FormatError, Reading, reader
from topo.routing.tables import by_position

PEER = Path(__file__).parents[2] / "simgrid_platform.py"
TREE = {"family": "fat-tree-2", "radix": 8, "endpoints_per_host": 4}
NETWORKS = (
    TREE,
    {"family": "fat-tree-2", "radix": 4, "planes": 2, "endpoints_per_host": 2},
    {"family": "fat-tree-2", "radix": 4, "planes": 2, "nic": "multi-port", "endpoints_per_host": 1},
    {"family": "fat-tree-3", "radix": 4, "endpoints_per_host": 2},
    {"family": "slim-fly", "q": 5, "endpoints_per_host": 1},
    {"family": "dragonfly", "a": 4, "endpoints_per_host": 1},
)
#: What a text of numbers and speeds does not hold; latencies are written with twelve digits.
LACKS = ("name", "group", "groups", "radix", "relay", "medium", "tier", "weight", "latency")


def read(name, text, **how):
    return FABRICS[name].function("read")(text, "f", Reading(**how))


@pytest.mark.parametrize("name", ["ns3", "simai", "booksim"])
@pytest.mark.parametrize("parameters", NETWORKS, ids=lambda p: "-".join(map(str, p.values())))
def test_there_and_back(name, parameters):
    fabric = topo.generate(**parameters, capacity=50e9, cable_latency=1e-6, switch_latency=3e-7)
    if name == "booksim" and parameters.get("nic") == "multi-port":
        pytest.skip("a node of BookSim has one port")
    text = FABRICS[name].function("write")(fabric)
    assert FABRICS[name].fits(text)
    back = read(name, text, capacity=50e9, endpoints_per_host=fabric.endpoints_per_host)
    check_fabric(back)
    check_same(back, fabric, but=(*LACKS, "cable") if name == "booksim" else LACKS)
    if name != "booksim":
        np.testing.assert_allclose(back.latency, fabric.latency, rtol=1e-12)


def test_hosts_and_their_switches_come_back_from_simai_and_are_left_out_of_ns3():
    fabric = topo.generate(**TREE, capacity=50e9, scale_up=450e9)
    check_same(read("simai", FABRICS["simai"].function("write")(fabric)), fabric, but=LACKS)
    alone = topo.generate(**TREE, capacity=50e9)
    assert FABRICS["ns3"].function("write")(fabric) == FABRICS["ns3"].function("write")(alone)


NS3 = """\
5 2 5
3
4
0 3 100Gbps 1000ns 0
1 3 100Gbps 1us 0.000000
2 4 100Gbps 1000ns 0
3 4 400Gbps 2us 0.01
3 4 400Gbps 2us 0
"""


def test_units_and_losses_of_ns3():
    fabric = read("ns3", NS3)
    assert sorted(fabric.cables()["capacity"] * 8e-9) == [100, 100, 100, 400, 400]
    assert sorted(fabric.cables()["latency"]) == pytest.approx([1e-6] * 3 + [2e-6] * 2)
    assert any("1 cables lose packets" in note for note in fabric.source.notes)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("ns3", "5 2\n", "f:1: the first line is nodes switches links; got '5 2'"),
        ("ns3", NS3.replace("5 2 5", "5 2 6"), "states 6 links and holds 5; it is not whole"),
        ("ns3", NS3.replace("5 2 5", "9999999 2 5"), "states 9999999 nodes, more than"),
        ("ns3", NS3.replace("3\n4\n", "3\n3\n"), "f:3: 2 switches, by numbers below 5, are needed; '3' is no number"),
        ("ns3", "5 4 5\n3\n", "states 4 switches and names 1"),
        ("ns3", NS3.replace("2 4 100", "2 9 100"), "f:6: node 9 is not among the 5"),
        ("ns3", NS3.replace("2 4 100Gbps", "2 4 100"), "f:6: rate: '100' is not a rate"),
        ("simai", NS3, "f:1: the first line is nodes gpus_per_server nvswitches"),
        ("booksim", "router 0 node 0 node 1\nrouter 1 node 1\n", "f:2: node 1 is on router 1; a node"),
        ("booksim", "router 0 node 0 nodes 1\n", "f:1: router or node and its number are needed.*got 'nodes 1'"),
        ("booksim", "node 0 node 1\n", "f:1: node 0 is on node 1"),
        ("netq", '[{"nodes": [], "links": 3}]', 'a list "links" is needed'),
        ("netq", '{"nodes": [], "links": [{"compounded_links": [{"interfaces": [{}]}]}]}', "has 1 interfaces"),
        ("simgrid-cluster", "<platform><zone/></platform>", "no SimGrid platform with one cluster, but 0"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(name, text, says):
    with pytest.raises(FormatError, match=says):
        read(name, text, capacity=1e9)


def test_latencies_of_booksim_are_cycles_and_said():
    fabric = read("booksim", "router 0 node 0 router 1 15\nnode 1 router 1\nrouter 1 router 0 15\n", capacity=1e9)
    assert (fabric.n_endpoints, fabric.n_switches, fabric.n_cables) == (2, 2, 3)
    assert any("latencies of 2 channels are in cycles" in note for note in fabric.source.notes)


def test_the_samples_have_what_their_sources_draw():
    """BookSim's example, and NetQ's of eight servers of four ports, three switches and 47 cables between those."""
    fabric = topo.read(sample("booksim/anynet_file"), capacity=1e9)
    assert (fabric.n_endpoints, fabric.n_switches, fabric.n_cables) == (9, 3, 12)
    fabric = topo.read(sample("lldp-netq/topologyGraph.json"), capacity=1e9)
    assert (fabric.n_endpoints, fabric.n_hosts, fabric.n_switches, fabric.n_cables) == (32, 8, 3, 79)
    assert fabric.source.names[0] == "dgx-01 ens1f0np1" and "net-unit-s1" in fabric.source.names
    assert np.count_nonzero(fabric.kind == NodeKind.SPINE) == 1


CLUSTER = (
    "<?xml version='1.0'?><!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">"
    '<platform version="4.1"><cluster id="c" prefix="n" radical="0-{last}" suffix="" speed="1Gf" bw="125MBps" '
    'lat="50us" topology="{topology}" topo_parameters="{parameters}"/></platform>'
)
#: topology, topo_parameters -> hosts.
CLUSTERS = {
    ("FAT_TREE", "2;4,4;1,2;1,2"): 16,
    ("FAT_TREE", "3;2,2,3;1,2,2;1,1,1"): 12,
    ("FAT_TREE", "2;3,4;2,3;1,1"): 12,
    ("DRAGONFLY", "3,4;4,3;5,1;2"): 120,
    ("DRAGONFLY", "2,1;1,1;3,2;1"): 6,
}


def cluster(topology, parameters, hosts):
    return CLUSTER.format(last=hosts - 1, topology=topology, parameters=parameters)


@pytest.mark.parametrize("described", CLUSTERS, ids="-".join)
def test_clusters_have_the_ways_that_simgrid_makes(described, tmp_path):
    """Oracle: SimGrid sends one message at a time; its latency is that of the links on the shortest way here.

    Where a link of the way has several times the rate, the ends bound the time all the same.
    """
    python, hosts = need("python3-simgrid"), CLUSTERS[described]
    text = cluster(*described, hosts)
    fabric = read("simgrid-cluster", text)
    assert (fabric.n_endpoints, fabric.n_hosts) == (hosts, hosts)
    pairs = np.array([(a, b) for a in range(hosts) for b in range(hosts) if a != b])
    if described[0] == "DRAGONFLY":
        pairs = pairs[_sound(described[1], *pairs.T)]
    src, dst = np.random.default_rng(0).permutation(pairs)[:60].T
    demand = traffic.Demand.of("pairs", hosts, src=src, dst=dst, size=np.ones(len(src)))
    routing = topo.route(fabric, demand, "ecmp-hash", seed=1)
    (tmp_path / "p.xml").write_text(text)
    given = {"platform": str(tmp_path / "p.xml"), "prefix": "n", "alone": True}
    given |= {key: getattr(demand, key).tolist() for key in ("src", "dst", "size")}
    done = subprocess.run([python, str(PEER)], input=json.dumps(given), capture_output=True, text=True, check=True)
    seconds = routing.sum_along(fabric.latency)
    np.testing.assert_allclose(seconds + 1 / 125e6, json.loads(done.stdout)["finish"], rtol=1e-9)


def _sound(parameters, src, dst):
    """Return which pairs SimGrid finds a way for that its links make.

    Inside a group its walk goes on from chassis 0 after a green link, whichever chassis it is in (get_local_route of
    DragonflyZone), so ways that begin in another chassis miss a link or have one too many.
    """
    _, (chassis, _), (blades, _), (nodes,) = ([int(n) for n in row.split(",")] for row in parameters.split(";"))
    group = chassis * blades * nodes
    return (src // group != dst // group) | (src % group < blades * nodes)


@pytest.mark.parametrize(
    ("topology", "parameters", "says"),
    [
        ("TORUS", "2,2", "topology 'TORUS' is not read; FAT_TREE and DRAGONFLY are"),
        ("FAT_TREE", "2;4,4;1,2", "are levels;down"),
        ("FAT_TREE", "2;4,4;1,2;1,x", "whole numbers from 1"),
        ("FAT_TREE", "2;4,5;1,2;1,2", "radical names 16 hosts where topo_parameters make 20"),
        ("FAT_TREE", "2;4000,4000;1,2;1,2", "up to 2000000 are read"),
        ("DRAGONFLY", "3,4;4,3;5,1", "are groups,blue;chassis,black;blades,green;nodes"),
        ("DRAGONFLY", "9,1;1,1;4,1;1", "9 groups take a router each in every group, which has 4"),
    ],
)
def test_clusters_that_are_not_read(topology, parameters, says):
    with pytest.raises(FormatError, match=f"f:1: .*{says}"):
        read("simgrid-cluster", cluster(topology, parameters, 16))


FABRIC = topo.generate("fat-tree-2", radix=4, capacity=1e9)
#: A file of every noun that is read, and what it is called where another noun is wanted.
FILES = {
    "f.graphml": (FABRICS["graphml"].function("write")(FABRIC), "a fabric (format graphml)"),
    "f.lfts": (TABLES["lfts"].function("write")(FABRIC, by_position(FABRIC)), "forwarding tables (format lfts)"),
    "f.cm": (DEMANDS["connections"].function("write")(traffic.offer("shift", n_ranks=8)), "traffic (format connect"),
    "f.csv": ("src,dst,bytes\n0,1,5\n", "traffic (format flows)"),
    "f.loads.csv": (LOADS["loads"].function("write")(FABRIC, FABRIC.capacity), "loads of links (format loads)"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("registry", [FABRICS, TABLES])
def test_a_file_of_another_noun_is_told_and_where_it_goes(name, registry):
    text, what = FILES[name]
    mine = what.startswith("a fabric") if registry is FABRICS else "tables" in what
    if mine:
        assert reader(registry, text, name).reads
        return
    with pytest.raises(FormatError) as refusal:
        reader(registry, text, name)
    assert f"{name}: holds {what}" in str(refusal.value)
    assert "give" in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("// as BookSim has them\ntopology = dragonflynew;\nk = 4;\n", "a configuration of BookSim.*network_file"),
        ('[{"CreatedAt": "2025", "GpuIDList": []}]', "a list of compute nodes of NetQ.*topologyGraph.json"),
        ('{"model_type": "x", "num_hidden_layers": 61}', "the configuration of a model.*topo moe --model f.x"),
        ("part,speed_gbps,usd\n", "a price book.*--prices f.x"),
        ("schema: 1\ntitle: T\nfabric: {family: slim-fly}\n", "a study.*topo study f.x"),
    ],
)
def test_files_that_people_have_beside_a_fabric_are_told(text, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.x").write_text(text)
    with pytest.raises(FormatError, match=f"is {says}"):
        topo.read(Path("f.x"))
    assert main(["check", "./f.x"]) == 3
    assert "and not a fabric" in capsys.readouterr().err


def test_a_fabric_given_as_traffic_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.graphml").write_text(FILES["f.graphml"][0])
    assert main(["analyze", "fat-tree-2:radix=4", "file:path=f.graphml"]) == 3
    assert "f.graphml: holds a fabric (format graphml), and not traffic; give it as FABRIC" in capsys.readouterr().err
