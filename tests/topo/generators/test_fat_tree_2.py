"""Two-layer fat-trees: population, taper, wiring."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topo.fabric import NodeKind
from topo.generators import fat_tree_2, generate, size_of

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


@pytest.mark.parametrize(("taper", "up", "down"), [(1, 32, 32), (3, 16, 48), (2, 21, 42), (1 / 3, 48, 16), (7, 8, 56)])
def test_taper_splits_the_ports_of_a_leaf(taper, up, down):
    fabric = generate("fat-tree-2", radix=64, oversubscription=taper, capacity=RATE)
    assert (uplinks(fabric).sum(axis=1) == up).all() and (np.bincount(leaf_of(fabric)) == down).all()


@given(endpoints=st.integers(33, 2048))
def test_partly_populated_it_keeps_its_taper_and_every_leaf_reaches_every_spine(endpoints):
    fabric = generate("fat-tree-2", radix=64, endpoints=endpoints, capacity=RATE)
    count = uplinks(fabric)
    leaves, spines = count.shape
    assert leaves == -(-endpoints // 32) and spines == -(-leaves * 32 // 64)
    assert (count.sum(axis=1) == 32).all() and count.sum(axis=0).max() <= 64
    assert count.min() >= 1 and count.max() - count.min() <= 1


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
