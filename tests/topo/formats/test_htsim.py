"""htsim's fat-trees: a few numbers there, and the cables that htsim would make of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import topo
import traffic
from tests.oracles import check_fabric
from tests.samples import sample
from tests.topo.formats.same import check_same
from topo.fabric import Fabric, NodeKind
from topo.formats import FABRICS, FormatError, Reading, lost
from topo.formats.htsim_tree import Tree

HTSIM = FABRICS["htsim"]
TEXT = """# as people write them
nodes 8
Tiers 2
Podsize 8

Tier 0
Downlink_speed_Gbps 100
Radix_Down 4
Radix_Up 4
Downlink_Latency_ns 500
Switch_Latency_ns 100
Queue_Down 1000

Tier 1
Downlink_speed_Gbps 100
Radix_Down 4
Downlink_Latency_ns 1000
Switch_Latency_ns 300
Bundle 2
"""


def read(text, **how):
    return HTSIM.function("read")(text, "f.topo", Reading(**how))


def write(fabric):
    return HTSIM.function("write")(fabric)


#: file -> endpoints, leaves, spines, cores, cables, by what the file and htsim's own arithmetic say.
SAMPLES = {
    "fat_tree_1024": (1024, 128, 128, 64, 3072),
    "leaf_spine_tiny": (32, 4, 2, 0, 40),
    "test": (8, 4, 4, 4, 32),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_have_the_switches_that_htsim_makes(name):
    fabric = topo.read(sample(f"htsim/{name}.topo"))
    check_fabric(fabric)
    found = [int((fabric.kind == kind).sum()) for kind in (NodeKind.LEAF, NodeKind.SPINE, NodeKind.CORE)]
    assert (fabric.n_endpoints, *found, fabric.n_cables) == SAMPLES[name]
    check_same(read(write(fabric)), fabric, but=("name",))


def test_the_tree_of_1024_is_that_of_its_radix():
    """The file says that it is the default tree; so it must be ours of radix 16, in every path length and load."""
    mine = topo.generate("fat-tree-3", radix=16, capacity=12.5e9, cable_latency=1e-6, endpoints_per_host=1)
    its = topo.read(sample("htsim/fat_tree_1024.topo"))
    assert write(mine) == write(its)
    demand = traffic.offer("uniform", n_ranks=1024)
    loads = [np.sort(topo.solve(f, demand, topo.route(f, demand)).load.sum(axis=0)) for f in (mine, its)]
    np.testing.assert_allclose(loads[0], loads[1], rtol=1e-12)


def test_latencies_of_cables_and_switches_add_up_along_every_path():
    fabric = read(TEXT)
    assert (fabric.n_endpoints, fabric.n_switches, fabric.n_cables, fabric.n_hosts) == (8, 4, 8 + 8, 8)
    assert any("queues" in note for note in fabric.source.notes)
    demand = traffic.Demand.of("d", 8, src=[0, 0], dst=[1, 7], size=1)
    latency = topo.route(fabric, demand, "ecmp").sum_along(fabric.latency)
    assert latency * 1e9 == pytest.approx([2 * 500 + 100, 2 * 500 + 2 * 1000 + 2 * 100 + 300])


@st.composite
def trees(draw):
    leaves, spines, pods, over, *bundle = (draw(st.integers(1, n)) for n in (3, 3, 3, 2, 2, 2))
    deep, ratio = draw(st.booleans()), draw(st.integers(1, 2))
    up = spines * bundle[0]
    down = up * ratio
    pods = pods if deep else 1
    n = 3 if deep else 2
    downs, ups = (down, leaves * bundle[0], pods * bundle[1])[:n], (up, over * bundle[1])[: n - 1]
    tree = Tree(down * leaves * pods, down * leaves, downs, ups, (1, *bundle)[:n], (50e9,) * n, (1e-6,) * n)
    assume(not deep or (leaves * bundle[0]) % (over * bundle[1]) == 0)
    return tree


def text_of(tree):
    rows = [f"Nodes {tree.nodes}", f"Tiers {len(tree.down)}", f"Podsize {tree.pod}"]
    for tier, down in enumerate(tree.down):
        rows += [f"Tier {tier}", "Downlink_speed_Gbps 400", f"Radix_Down {down}", "Downlink_Latency_ns 1000"]
        rows += [f"Radix_Up {tree.up[tier]}"] if tier < len(tree.up) else []
        rows += [f"Bundle {tree.bundle[tier]}"] if tier else []
    return "\n".join(rows)


def renumbered(fabric, rng):
    """Return ``fabric`` with the switches of each tier in another order."""
    place = np.arange(fabric.n_nodes)
    for kind in (NodeKind.LEAF, NodeKind.SPINE, NodeKind.CORE):
        here = np.flatnonzero(fabric.kind == kind)
        place[here] = rng.permutation(here)
    rows = fabric.cables()
    group = np.empty_like(fabric.group)
    group[place] = fabric.group
    same = {key: rows[key] for key in ("capacity", "latency", "tier")}
    return Fabric.from_cables(
        name="r", kind=fabric.kind, a=place[rows["a"]], b=place[rows["b"]], group=group, groups=fabric.groups, **same
    )


@settings(max_examples=60, deadline=None)
@given(tree=trees(), seed=st.integers(0, 99))
def test_every_tree_comes_back_whatever_its_switches_are_called(tree, seed):
    fabric = read(text_of(tree))
    check_fabric(fabric)
    assert (fabric.n_endpoints, fabric.n_switches) == (tree.nodes, sum(tree.counts))
    text = write(fabric)
    check_same(read(text), fabric, but=("name",))
    assert write(renumbered(fabric, np.random.default_rng(seed))) == text


def test_what_htsim_would_cable_otherwise_is_refused():
    fabric = read(TEXT)
    rows = {key: column.copy() for key, column in fabric.cables().items()}
    swap = np.where(rows["a"] == 0, 7, np.where(rows["a"] == 7, 0, rows["a"]))
    same = {key: rows[key] for key in ("capacity", "latency", "tier")}
    swapped = Fabric.from_cables(name="s", kind=fabric.kind, a=swap, b=rows["b"], **same)
    for wrong, says in (
        (swapped, "not cabled as htsim cables"),
        (fabric.without(cables=[15]), "differ"),
        (topo.generate("slim-fly", q=5, capacity=1e9), "no fat-tree"),
        (topo.generate("fat-tree-2", radix=8, capacity=1.1e9, cable_latency=1e-6), "whole Gb/s"),
        (topo.generate("fat-tree-2", radix=8, capacity=50e9), "1 ns or more; got 0 ns: give"),
    ):
        with pytest.raises(FormatError, match=says):
            write(wrong)
    odd = topo.generate("fat-tree-2", radix=8, capacity=50e9, cable_latency=1.5e-9)
    assert "parts of a nanosecond" in lost(odd, HTSIM)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Radix_Down 4\nRadix_Up", "Radix_Down 3\nRadix_Up", "Podsize, 8, is no multiple of Radix_Down"),
        ("Bundle 2", "Bundle 3", "Radix_Up of tier 0, 4, is no multiple of Bundle"),
        ("Bundle 2", "Bundle 1", "Radix_Down of tier 1, 4, must be 2"),
        ("Podsize 8", "Podsize 4", "two tiers are one pod, of 8 nodes"),
        ("Podsize 8", "Podsize 0", "lacks podsize"),
        ("Radix_Up 4", "Oversubscribed 1", "lacks radix_up of tier 0"),
        ("Queue_Down 1000", "Oversubscribed 2", "Oversubscribed of tier 0 is 1 by ports"),
        ("Queue_Down 1000", "Radix_Down 4", "f.topo:12: Radix_Down stands twice"),
        ("Queue_Down 1000", "Color 4", "f.topo:12: Color is unknown"),
        ("Tier 1", "Tier 2", "f.topo:14: tiers stand in order, and 1 is next"),
        ("Tiers 2", "Tiers 3", "as many as Tiers says"),
        ("Radix_Up 4", "Radix_Up -4", "f.topo:9: a key and a whole number"),
    ],
)  # fmt: skip
def test_numbers_that_make_no_tree_say_so(old, new, says):
    with pytest.raises(FormatError, match=says):
        read(TEXT.replace(old, new, 1))


def test_a_tree_too_large_is_refused_before_it_is_built():
    tree = Tree(8_000_000, 8_000_000, (8, 1_000_000), (8,), (1, 1), (50e9,) * 2, (1e-6,) * 2)
    with pytest.raises(FormatError, match=r"makes 16,000,000 cables; up to 4,000,000"):
        read(text_of(tree))
