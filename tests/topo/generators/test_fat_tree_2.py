"""Two-layer fat-trees: population, taper, wiring."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topo.fabric import NodeKind
from topo.generators import GeneratorError, fat_tree_2, generate, size_of

RATE = 50e9


def uplinks(fabric):
    """Return (leaves, spines) cables between each leaf and each spine."""
    leaves, spines = (np.flatnonzero(fabric.kind == kind) for kind in (NodeKind.LEAF, NodeKind.SPINE))
    count = np.zeros((len(leaves), len(spines)), dtype=int)
    up = (fabric.kind[fabric.tail] == NodeKind.LEAF) & (fabric.kind[fabric.head] == NodeKind.SPINE)
    np.add.at(count, (fabric.tail[up] - leaves[0], fabric.head[up] - spines[0]), 1)
    return count


def leaf_of(fabric):
    """Return (E,) the leaf of each endpoint, counted from 0."""
    network = (fabric.tail < fabric.n_endpoints) & (fabric.kind[fabric.head] == NodeKind.LEAF)
    return fabric.head[network] - int(np.argmax(fabric.kind == NodeKind.LEAF))


@given(half=st.integers(1, 64))
def test_full_and_untapered_it_has_the_classic_counts(half):
    k = 2 * half
    size = fat_tree_2.plan(radix=k).size()
    assert (size.endpoints, size.switches, size.switch_links) == (k * k // 2, 3 * k // 2, k * k // 2)


def test_the_deployed_cluster_has_eight_leaves_and_four_spines_a_plane():
    fabric = generate("fat-tree-2", radix=64, planes=8, endpoints=2048, capacity=RATE)
    assert np.count_nonzero(fabric.kind == NodeKind.LEAF) == 64
    assert np.count_nonzero(fabric.kind == NodeKind.SPINE) == 32
    first = fabric.plane[fabric.kind == NodeKind.LEAF] == 0
    assert np.count_nonzero(first) == 8
    assert (uplinks(fabric)[first][:, :4] == 8).all() and (uplinks(fabric)[first][:, 4:] == 0).all()


def test_one_leaf_needs_no_spine():
    fabric = generate("fat-tree-2", radix=64, endpoints=32, capacity=RATE)
    assert fabric.n_switches == 1 and fabric.size.switch_links == 0


@pytest.mark.parametrize(
    ("taper", "up", "down"),
    [(1, 32, 32), (3, 16, 48), (2, 20, 40), (1 / 3, 48, 16), (7, 8, 56), (1.5, 22, 32), (2.9, 14, 40), (63, 1, 56)],
)
def test_taper_splits_the_ports_of_a_leaf_in_whole_hosts(taper, up, down):
    """As many hosts of eight as leave the leaf at or below what was asked; the name says what that comes to."""
    fabric = generate("fat-tree-2", radix=64, oversubscription=taper, capacity=RATE)
    assert (uplinks(fabric).sum(axis=1) == up).all() and (np.bincount(leaf_of(fabric)) == down).all()
    assert fabric.size.oversubscription["leaf-spine"] == down / up <= taper * (1 + 1e-9)
    assert fabric.name == "fat-tree-2(k=64)" if taper == 1 else f"r={down / up:g}" in fabric.name


@pytest.mark.parametrize(("taper", "up", "down"), [(2, 21, 42), (1.5, 26, 38), (1, 32, 32)])
def test_rails_need_no_whole_hosts_under_a_leaf(taper, up, down):
    size = size_of("fat-tree-2", radix=64, oversubscription=taper, wiring="rail")
    assert (size.endpoints, size.switch_links) == (64 * down, 64 * up)


@settings(deadline=None)
@given(endpoints=st.integers(33, 2048))
def test_partly_populated_it_keeps_its_taper_and_every_bundle_is_equal(endpoints):
    fabric = generate("fat-tree-2", radix=64, endpoints=endpoints, capacity=RATE)
    count = uplinks(fabric)
    leaves, spines = count.shape
    assert leaves == -(-endpoints // 32)
    assert (count == 32 // spines).all() and count.sum(axis=0).max() <= 64
    assert spines == 1 or leaves * 32 > 64 * spines // 2, "half the spines would not do"


@settings(deadline=None)
@given(
    half=st.integers(1, 20),
    taper=st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0]),
    host=st.integers(1, 9),
    share=st.floats(0, 1),
)
def test_a_leaf_holds_whole_hosts_where_it_can_hold_one(half, taper, host, share):
    """A full 1 : 1 tree uses all its ports, and one that is fuller than whole hosts allow; no other straddles."""
    given_ = {"radix": 2 * half, "oversubscription": taper, "endpoints_per_host": host}
    try:
        most = size_of("fat-tree-2", **given_).endpoints
    except GeneratorError:
        return
    n = max(1, round(share * most))
    tree = fat_tree_2.plan(**given_, endpoints=n)
    assert tree.down <= taper * tree.up * (1 + 1e-9) and tree.up + tree.down <= 2 * half
    assert not tree.spines or tree.up % tree.spines == 0
    if tree.down % host and taper == 1:
        assert n > 2 * half * (half // host * host), "more endpoints than whole hosts leave room for"
    elif tree.down % host:
        assert tree.down < host


def test_who_asks_for_ports_and_spines_gets_them():
    size = size_of("fat-tree-2", radix=64, up=24, down=40, spines=20, endpoints=1280)
    assert (size.leaves, size.switches - size.leaves, size.switch_links) == (32, 20, 32 * 24)
    assert size.name == "fat-tree-2(k=64, r=1.66667, up=24, down=40, spines=20, endpoints=1280)"
    assert size.spare_ports == 20 * 64 - 32 * 24 and size.bisection is None
    assert size_of("fat-tree-2", radix=64, down=30).oversubscription == {"leaf-spine": 1.0}
    assert size_of("fat-tree-2", radix=64, up=10, oversubscription=2).oversubscription == {"leaf-spine": 1.6}


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"up": 64}, "up: a leaf of radix 64 has 63 ports for it at most"),
        ({"down": 0}, "down: a whole number of at least 1"),
        ({"up": 40, "down": 40}, "no 40 ports up and 40 down"),
        ({"spines": 31, "endpoints": 2048}, "endpoints: at most 1984 fit"),
        ({"spines": 33}, "64 leaves of 32 up-cables each need 32 spines or more, and reach 32 at most; got 33"),
    ],
)
def test_ports_that_are_not_there_are_refused(given_, message):
    with pytest.raises(GeneratorError, match=message):
        size_of("fat-tree-2", radix=64, **given_)


def test_rail_wiring_puts_equal_endpoints_of_all_hosts_on_the_leaves_of_a_rail():
    fabric = generate("fat-tree-2", radix=64, wiring="rail", capacity=RATE)
    endpoint = np.arange(fabric.n_endpoints)
    assert np.array_equal(leaf_of(fabric), endpoint % 8 * 8 + endpoint // 8 // 32)
    hosts_on_leaf = [set(fabric.host[leaf_of(fabric) == leaf]) for leaf in (0, 8, 56)]
    assert hosts_on_leaf[0] == hosts_on_leaf[1] == hosts_on_leaf[2] == set(range(32))


def test_rails_need_as_few_leaves_as_serve_them():
    assert size_of("fat-tree-2", radix=64, wiring="rail", endpoints=256).switches == 8 + 4
    assert size_of("fat-tree-2", radix=64, wiring="rail", endpoints=264).switches == 16 + 8


def test_distances_are_two_within_a_leaf_and_four_between():
    graph = nx.Graph(generate("fat-tree-2", radix=8, capacity=RATE).to_networkx())
    lengths = nx.single_source_shortest_path_length(graph, 0)
    assert {lengths[n] for n in range(1, 4)} == {2} and {lengths[n] for n in range(4, 32)} == {4}
