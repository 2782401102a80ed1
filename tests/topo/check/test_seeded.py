"""Faults planted in fabrics of 64 to 2,048 hosts: every one is found and named, and clean fabrics have none."""

from __future__ import annotations

import numpy as np
import pytest

import topo
from topo.check import check, faults_of
from topo.check.fault import Fault, mended
from topo.cli import main
from topo.fabric import Fabric, NodeKind, Tier
from topo.formats.graph import from_networkx, to_networkx
from topo.formats.ibnetdiscover import read, write

FABRICS = {
    "64 hosts": {"family": "fat-tree-2", "radix": 16, "endpoints": 64, "endpoints_per_host": 1},
    "128 hosts in pods": {"family": "fat-tree-3", "radix": 8, "endpoints_per_host": 1},
    "64 hosts of 8 on 8 planes": {"family": "fat-tree-2", "radix": 16, "planes": 8, "endpoints": 512},
    "256 hosts of 4": {"family": "fat-tree-2", "radix": 64, "endpoints": 1024, "endpoints_per_host": 4},
    "dragonfly": {"family": "dragonfly", "a": 4, "endpoints_per_host": 2},
    "2048 hosts": {"family": "fat-tree-2", "radix": 64, "endpoints": 2048, "endpoints_per_host": 1},
}


def clean(name):
    """Return the fabric as its dump is read: names and ports, and nothing known of the family."""
    return read(write(topo.generate(**FABRICS[name], capacity=50e9)), name)


@pytest.mark.parametrize("name", FABRICS)
def test_a_clean_fabric_has_no_fault(name):
    assert faults_of(clean(name)) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"family": "fat-tree-2", "radix": 8},
        {"family": "fat-tree-3", "radix": 8, "planes": 2, "nic": "multi-port"},
        {"family": "fat-tree-2", "radix": 64, "endpoints": 1280},
        {"family": "fat-tree-2", "radix": 16, "oversubscription": 3.0},
        {"family": "slim-fly", "q": 5},
        {"family": "dragonfly", "a": 8, "h": 4, "p": 4},
    ],
    ids=lambda p: "-".join(map(str, p.values())),
)
def test_families_have_no_fault(parameters):
    assert faults_of(topo.generate(**parameters, capacity=50e9)) == []


def cables(fabric: Fabric, tier: Tier) -> np.ndarray:
    return np.flatnonzero(fabric.cables()["tier"] == tier)


def swapped(fabric, rng):
    """Two endpoints of different leaves, each in the other's port."""
    rows = fabric.cables()
    ends = cables(fabric, Tier.ENDPOINT)
    one = int(rng.choice(ends))
    others = ends[(rows["b"][ends] != rows["b"][one])]
    if fabric.n_planes > 1:  # on planes, a cable of the same host: one rail for another
        others = others[fabric.host[rows["a"][others]] == fabric.host[rows["a"][one]]]
    two = int(rng.choice(others))
    a, b = rows["a"], rows["b"]
    add = ((int(a[one]), int(b[two]), one), (int(a[two]), int(b[one]), two))
    names = {fabric.source.names[int(a[one])], fabric.source.names[int(a[two])]}
    return Fault("", (), "", (one, two), add), {"swapped-cables"}, names


def wrong_leaf(fabric, rng):
    """One endpoint on another leaf of its plane."""
    rows = fabric.cables()
    one = int(rng.choice(cables(fabric, Tier.ENDPOINT)))
    end, leaf = int(rows["a"][one]), int(rows["b"][one])
    leaves = np.flatnonzero((fabric.kind == NodeKind.LEAF) & (fabric.plane == fabric.plane[leaf]))
    other = int(rng.choice(leaves[leaves != leaf]))
    return Fault("", (), "", (one,), ((end, other, one),)), {"wrong-leaf"}, {fabric.source.names[end]}


def missing(fabric, rng):
    """A cable between two switches is not there."""
    rows = fabric.cables()
    one = int(rng.choice(np.flatnonzero(rows["tier"] > Tier.ENDPOINT)))
    names = {fabric.source.names[int(rows[end][one])] for end in ("a", "b")}
    return Fault("", (), "", (one,)), {"missing-cable"}, names


def half_width(fabric, rng):
    """A cable came up with two of its four lanes."""
    rows = fabric.cables()
    one = int(rng.integers(fabric.n_cables))
    names = {fabric.source.names[int(rows[end][one])] for end in ("a", "b")}
    return Fault("", (), "", speed=((one, 25e9),)), {"slow-cable"}, names


def miswired(fabric, rng):
    """A leaf's cable is in the spine beside the one that it belongs in."""
    rows = fabric.cables()
    one = int(rng.choice(cables(fabric, Tier.LEAF_SPINE)))
    leaf, spine = int(rows["a"][one]), int(rows["b"][one])
    beside = [int(n) for n in np.flatnonzero((fabric.kind == NodeKind.SPINE) & (fabric.plane == fabric.plane[spine]))]
    joined = [n for n in beside if n != spine and (rows["b"][rows["a"] == leaf] == n).any()]
    other = int(rng.choice(joined))
    return Fault("", (), "", (one,), ((leaf, other, one),)), {"miswired-cable"}, {fabric.source.names[leaf]}


SEEDED = [
    (name, plant, seed)
    for name, plants in {
        "64 hosts": (swapped, wrong_leaf, missing, half_width, miswired),
        "128 hosts in pods": (swapped, wrong_leaf, missing, half_width, miswired),
        "64 hosts of 8 on 8 planes": (swapped, wrong_leaf, missing, half_width, miswired),
        "256 hosts of 4": (swapped, wrong_leaf, missing, half_width, miswired),
        "dragonfly": (missing, half_width),
        "2048 hosts": (swapped, wrong_leaf, missing, half_width, miswired),
    }.items()
    for plant in plants
    for seed in range(1 if name == "2048 hosts" else 3)
]


@pytest.mark.parametrize(("name", "plant", "seed"), SEEDED, ids=lambda v: getattr(v, "__name__", str(v)))
def test_a_planted_fault_is_found_and_nothing_else(name, plant, seed):
    fabric = clean(name)
    fault, kinds, names = plant(fabric, np.random.default_rng(seed))
    hurt = mended(fabric, fault)  # what plants a fault mends another
    found = faults_of(read(write(hurt_with_names(fabric, hurt)), "hurt"))
    assert {one.kind for one in found} == kinds and len(found) == 1, found
    told = " ".join([*found[0].ports, found[0].evidence])
    assert all(f"{name} " in f"{told} " or f"{name}," in told or f"{name};" in told for name in names), (told, names)


def hurt_with_names(fabric: Fabric, hurt: Fabric) -> Fabric:
    """Return ``hurt`` with the names of ``fabric``; ports are counted anew."""
    graph = to_networkx(hurt)
    for node in graph:
        graph.nodes[node]["name"] = fabric.source.names[node]
    return from_networkx(graph)


def test_there_are_thirty_and_more():
    assert len(SEEDED) >= 30


def test_a_fault_says_what_it_costs():
    fabric = clean("64 hosts")
    fault, *_ = missing(fabric, np.random.default_rng(1))
    hurt = hurt_with_names(fabric, mended(fabric, fault))
    found = check(hurt)
    assert found["fault_count"] == 1 and found["faults_by_kind"] == {"missing-cable": 1}
    assert found["uniform_throughput"] < 0.95
    assert found["faults"][0]["mended_throughput"] == pytest.approx(1.0, rel=1e-9)
    assert check(hurt, costs=False)["uniform_throughput"] is None


def test_every_fault_says_what_it_costs_or_is_counted(monkeypatch, tmp_path, capsys):
    """Six cables gone: all are costed; where that would go over too many links the rest is counted."""
    fabric = clean("64 hosts")
    up = np.flatnonzero(fabric.cables()["tier"] == Tier.LEAF_SPINE)
    hurt = hurt_with_names(fabric, fabric.without(cables=np.random.default_rng(2).choice(up, 6, replace=False)))
    found = check(hurt)
    costs = [fault["mended_throughput"] for fault in found["faults"]]
    assert len(costs) == 6 and None not in costs and found["faults_not_costed"] == 0
    left = check(hurt, most=2)
    assert left["faults_not_costed"] == 4
    assert [fault["mended_throughput"] for fault in left["faults"]] == [*costs[:2], *[None] * 4]
    assert check(hurt, costs=False)["faults_not_costed"] == 6
    monkeypatch.setattr("topo.check.MOST_LINKS", 0)
    monkeypatch.chdir(tmp_path)
    topo.write(hurt, "f.fabric.json")
    assert main(["check", "./f.fabric.json"]) == 0
    assert "not worked out for 2 faults; --costs 6 does" in capsys.readouterr().err
    assert main(["check", "./f.fabric.json", "--costs", "6"]) == 0
    said = capsys.readouterr()
    assert "not worked out" not in said.err
    assert said.out.count("once this is mended") + said.out.count("mending it changes nothing") == 6
