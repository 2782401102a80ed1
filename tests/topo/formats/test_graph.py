"""Fabrics to networkx and back."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from tests.oracles import check_fabric
from topo.fabric import Fabric, FabricError
from topo.generators import generate
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
