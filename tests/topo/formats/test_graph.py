"""Fabrics to networkx and back."""

from __future__ import annotations

import re

import networkx as nx
import numpy as np
import pytest

from tests.oracles import check_fabric
from topo.fabric import Fabric, FabricError
from topo.formats import FABRICS as FORMATS
from topo.formats import read
from topo.generators import generate
from topo.packet import Packet
from topo.size import Medium, Tier

FABRICS = {
    "parallel cables": ("fat-tree-2", {"radix": 8, "endpoints": 16}),
    "planes and hosts": ("fat-tree-2", {"radix": 4, "planes": 2, "scale_up": 9.0, "relay": "split", "overhead": 1e-6}),
    "domains of hosts": ("fat-tree-2", {"radix": 8, "endpoints_per_host": 4, "scale_up_domain": 12, "scale_up": 9.0}),
    "multi-port": ("fat-tree-3", {"radix": 4, "planes": 2, "nic": "multi-port", "cable_latency": 1e-7}),
    "weights": ("dragonfly", {"a": 4}),
    "diameter two": ("slim-fly", {"q": 5, "endpoints": 77}),
}


@pytest.mark.parametrize("name", FABRICS)
def test_there_and_back_every_number_is_the_same(name):
    family, given = FABRICS[name]
    fabric = generate(family, capacity=50e9, **given)
    back = Fabric.from_networkx(fabric.to_networkx())
    check_fabric(back)
    for key, value in vars(fabric).items():
        if isinstance(value, np.ndarray):
            assert np.array_equal(value, getattr(back, key)), key
    scalars = ("name", "overhead", "relay", "radix", "groups")
    assert [getattr(back, key) for key in scalars] == [getattr(fabric, key) for key in scalars]


@pytest.mark.parametrize("way", ["networkx", "node-link", "graphml"])
def test_names_ports_and_infiniband_numbers_of_a_file_come_back(way):
    """GUIDs have more digits than a float holds; half of the vendors' exceed a signed long."""
    text = FORMATS["ibnetdiscover"].function("write")(generate("fat-tree-2", radix=4, capacity=50e9))
    fabric = FORMATS["ibnetdiscover"].function("read")(re.sub("0?2(0{5}[0-9a-f]{9})", r"ec\1", text), "f", None)
    if way == "networkx":
        back = Fabric.from_networkx(fabric.to_networkx())
    else:
        back = FORMATS[way].function("read")(FORMATS[way].function("write")(fabric), "f", None)
    assert int(fabric.source.guid.max()) > 2**63
    for key, value in vars(fabric.source).items():
        if key not in ("notes", "faults"):
            assert np.array_equal(getattr(back.source, key), value), key


def test_networkx_writes_a_graph_with_packets_and_symmetries(tmp_path):
    """Formats of graphs have no lists and no mappings: attributes of a graph are numbers and text."""
    fabric = generate("fat-tree-2", radix=4, capacity=50e9, packet=Packet(4096, 66), symmetry=True)
    nx.write_graphml(fabric.to_networkx(), tmp_path / "f.graphml")
    back = read(tmp_path / "f.graphml")
    assert back.packet == fabric.packet and len(back.symmetry) == len(fabric.symmetry) > 0


def test_it_is_a_plain_multigraph_with_cable_numbers_as_keys():
    fabric = generate("fat-tree-2", radix=8, endpoints=16, capacity=50e9)
    graph = fabric.to_networkx()
    assert type(graph) is nx.MultiGraph
    assert sorted(key for *_, key in graph.edges(keys=True)) == list(range(fabric.n_cables))
    assert graph.number_of_edges(16, 20) == 2
    assert graph.nodes[0] == {"kind": "endpoint", "plane": 0, "group": -1, "host": 0, "domain": 0}
    assert graph.nodes[16]["kind"] == "leaf" and graph.edges[0, 16, 0]["tier"] == "endpoint"


def test_any_graph_with_kinds_and_capacities_is_a_fabric():
    graph = nx.Graph()
    graph.add_node("spine", kind="spine")
    for leaf in ("left", "right"):
        graph.add_node(leaf, kind="leaf")
        graph.add_edge(leaf, "spine", capacity=2.0)
        graph.add_node(f"gpu {leaf}", kind="endpoint")
        graph.add_edge(leaf, f"gpu {leaf}", capacity=1.0, medium="singlemode")
    fabric = Fabric.from_networkx(graph)
    check_fabric(fabric)
    assert (fabric.n_endpoints, fabric.n_switches, fabric.n_cables) == (2, 3, 4)
    assert fabric.size.cables == ((Tier.ENDPOINT, Medium.SINGLEMODE, 2), (Tier.LEAF_SPINE, Medium.MULTIMODE, 2))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda g: g.add_node(9), "node 9: kind None is unknown; known: endpoint, scale-up, leaf, spine, core"),
        (lambda g: g.add_node(9, kind="router"), "'router' is unknown"),
        (lambda g: g.add_edge(0, 1, capacity=1.0, tier="backbone"), "tier 'backbone' is unknown"),
        (lambda g: g.add_edge(0, 1, capacity=1.0, medium="string"), "medium 'string' is unknown"),
        (lambda g: g.add_edge(0, 1, medium="copper"), "cable 0 -- 1: no capacity is stated"),
        (lambda g: g.graph.update(groups="torus"), "groups 'torus' is unknown; known: none, pod, dragonfly"),
    ],
)
def test_an_attribute_that_is_missing_or_unknown_is_named(edit, message):
    graph = nx.Graph()
    graph.add_node(0, kind="endpoint")
    graph.add_node(1, kind="leaf")
    edit(graph)
    with pytest.raises(FabricError, match=message):
        Fabric.from_networkx(graph)


def test_a_directed_graph_is_refused():
    with pytest.raises(FabricError, match="directed"):
        Fabric.from_networkx(nx.DiGraph())
