"""Cables between planes that should share none, in networks that are built and read without a word of planes."""

from __future__ import annotations

import random

import networkx as nx
import pytest

import topo
from tests.test_registries import FABRICS
from topo.check import check, faults_of
from topo.fabric import Fabric, Tier
from topo.formats.labels import source_of

TWICE = {
    "tree": {"family": "fat-tree-2", "radix": 8, "planes": 2},
    "four planes": {"family": "fat-tree-2", "radix": 8, "planes": 4, "endpoints": 32},
    "three layers": {"family": "fat-tree-3", "radix": 8, "planes": 2, "endpoints": 64},
    "slim fly": {"family": "slim-fly", "q": 5, "planes": 2, "p": 1},
    "dragonfly": {"family": "dragonfly", "a": 4, "planes": 2},
}


def drawn(parameters):
    """Return a network as names and edges alone, and the plane of each name."""
    fabric = topo.generate(**parameters, capacity=50e9)
    names, rows = source_of(fabric).names, fabric.cables()
    graph = nx.MultiGraph()
    cables = zip(*(rows[key].tolist() for key in ("a", "b", "tier")), strict=True)
    graph.add_edges_from((names[a], names[b]) for a, b, tier in cables if tier != Tier.SCALE_UP)
    return graph, dict(zip(names, fabric.plane.tolist(), strict=True))


def joined(graph):
    found = faults_of(Fabric.from_networkx(graph, capacity=1e9))
    return [fault for fault in found if fault.kind == "planes-joined"]


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("name", TWICE)
def test_random_cables_between_planes_are_found_and_no_others(name, k):
    graph, plane = drawn({**TWICE[name], "nic": "multi-port"})
    rng, wrong = random.Random(k), set()
    switches = [node for node in graph if plane[node] >= 0]
    while len(wrong) < k:
        pair = tuple(sorted(rng.sample(switches, 2)))
        if plane[pair[0]] != plane[pair[1]]:
            wrong.add(pair)
    graph.add_edges_from(wrong)
    found = joined(graph)
    told = [tuple(sorted(fault.ports[i : i + 2])) for fault in found for i in range(0, len(fault.ports), 2)]
    assert sorted(told) == sorted(wrong)
    assert all("ports each, " in fault.evidence for fault in found)


def test_what_joined_planes_cost_is_worked_out():
    graph, _ = drawn({**TWICE["tree"], "nic": "multi-port"})
    graph.add_edges_from([("leaf0", "spine7"), ("leaf1", "spine6")])
    (row,) = check(Fabric.from_networkx(graph, capacity=1e9))["faults"]
    assert row["kind"] == "planes-joined" and row["mended_throughput"] is not None
    assert "these 2 cables alone join two of them, where a leaf has 4 cables to switches" in row["evidence"]


@pytest.mark.parametrize("name", FABRICS)
@pytest.mark.parametrize("nic", ["single-plane", "multi-port"])
def test_no_family_has_such_a_fault(name, nic):
    parameters = {**FABRICS[name], "planes": 2, "nic": nic}
    assert joined(drawn({"family": name.split()[0], **parameters})[0]) == []


def test_endpoints_on_two_leaves_of_one_network_are_no_planes():
    """Every host on both leaves of its pair: whole, or 4 to 1 above the leaves, it is one network."""
    for spines in (4, 1):
        graph = nx.MultiGraph((f"leaf{i}", f"spine{j}") for i in range(8) for j in range(spines))
        graph.add_edges_from((f"h{h}", f"leaf{2 * (h // 4) + i}") for h in range(16) for i in (0, 1))
        assert joined(graph) == []
    found = {fault.kind: fault for fault in faults_of(Fabric.from_networkx(graph, capacity=1e9))}
    assert found["single-cable"].evidence == "without this cable 4 ports of endpoints are cut off"
