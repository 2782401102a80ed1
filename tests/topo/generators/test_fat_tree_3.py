"""Three-layer fat-trees: counts, cabling, population, rails in a pod."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.topo.generators.test_fat_tree_2 import leaf_of
from topo.fabric import NodeKind
from topo.generators import GeneratorError, fat_tree_3, generate, size_of
from topo.size import Tier

RATE = 50e9


@given(half=st.integers(1, 64))
def test_full_and_untapered_it_has_the_classic_counts(half):
    k = 2 * half
    size = fat_tree_3.plan(radix=k).size()
    assert (size.endpoints, size.switches, size.switch_links) == (k**3 // 4, 5 * k * k // 4, k**3 // 2)


@pytest.mark.parametrize("k", [4, 8])
def test_cables_run_as_facts_describe(k):
    """Endpoint s on leaf s // h, pod s // h^2; leaf to every spine of its pod; spine j to cores j h + c."""
    fabric, h = generate("fat-tree-3", radix=k, capacity=RATE), k // 2
    leaf, spine, core = (int(np.argmax(fabric.kind == kind)) for kind in (NodeKind.LEAF, NodeKind.SPINE, NodeKind.CORE))
    endpoint = np.arange(fabric.n_endpoints)
    assert np.array_equal(leaf_of(fabric), endpoint // h)
    assert np.array_equal(fabric.group[: fabric.n_endpoints], endpoint // h**2)
    cables = set(zip(fabric.tail.tolist(), fabric.head.tolist(), strict=True))
    pods = range(k)
    assert {(leaf + p * h + i, spine + p * h + j) for p in pods for i in range(h) for j in range(h)} <= cables
    assert {(spine + p * h + j, core + j * h + c) for p in pods for j in range(h) for c in range(h)} <= cables


def test_distances_are_two_four_and_six():
    graph = nx.Graph(generate("fat-tree-3", radix=4, capacity=RATE).to_networkx())
    lengths = nx.single_source_shortest_path_length(graph, 0)
    assert [lengths[n] for n in range(16)] == [0, 2, 4, 4] + [6] * 12


@settings(deadline=None)
@given(endpoints=st.integers(1, 128), taper=st.sampled_from([1.0, 3.0]), wiring=st.sampled_from(["host", "rail"]))
def test_partly_populated_no_layer_is_narrower_than_the_leaves(endpoints, taper, wiring):
    per_host = 2
    full = size_of("fat-tree-3", radix=8, oversubscription=taper, wiring=wiring, endpoints_per_host=per_host).endpoints
    n = min(full, -(-endpoints // per_host) * per_host)
    options = {"radix": 8, "oversubscription": taper, "wiring": wiring, "endpoints_per_host": per_host}
    fabric = generate("fat-tree-3", endpoints=n, capacity=RATE, **options)
    up = {tier: np.count_nonzero(fabric.tier == tier) // 2 for tier in Tier}
    pods = len(set(fabric.group[fabric.kind == NodeKind.LEAF]))
    if pods > 1:
        assert up[Tier.SPINE_CORE] >= up[Tier.LEAF_SPINE]
    else:
        assert up[Tier.SPINE_CORE] == 0
    leaves = fabric.kind == NodeKind.LEAF
    assert np.bincount(leaf_of(fabric), minlength=leaves.sum()).min() >= 1


def test_rails_stay_inside_a_pod_and_a_pod_holds_whole_hosts():
    fabric = generate("fat-tree-3", radix=16, wiring="rail", endpoints_per_host=4, capacity=RATE)
    pod = fabric.group[: fabric.n_endpoints]
    assert (pod.reshape(-1, 4) == pod[::4, None]).all()
    leaf, rail = leaf_of(fabric), np.arange(fabric.n_endpoints) % 4
    assert all(len(set(rail[leaf == one])) == 1 for one in range(leaf.max() + 1))
    assert fabric.n_endpoints == 16 * 8 * 8


def test_one_pod_needs_no_core():
    fabric = generate("fat-tree-3", radix=8, endpoints=16, capacity=RATE)
    assert not (fabric.kind == NodeKind.CORE).any() and fabric.n_switches == 8


def test_one_leaf_needs_no_spine():
    assert size_of("fat-tree-3", radix=8, endpoints=4).switches == 1


@settings(deadline=None)
@given(
    half=st.integers(1, 8),
    taper=st.sampled_from([0.5, 1.0, 2.0, 3.0]),
    wiring=st.sampled_from(["host", "rail"]),
    host=st.sampled_from([1, 2, 4]),
    share=st.floats(0, 1),
)
def test_bundles_are_equal_whatever_the_population(half, taper, wiring, host, share):
    """Every leaf has as many cables to each spine of its pod, every spine as many to each core it reaches."""
    given_ = {"radix": 2 * half, "oversubscription": taper, "wiring": wiring, "endpoints_per_host": host}
    try:
        most = size_of("fat-tree-3", **given_).endpoints
    except GeneratorError:
        return
    n = max(host, round(share * most) // host * host)
    if n > most:
        return
    fabric = generate("fat-tree-3", **given_, endpoints=n, capacity=RATE)
    for tier in (Tier.LEAF_SPINE, Tier.SPINE_CORE):
        up = (fabric.tier == tier) & (fabric.kind[fabric.tail] < fabric.kind[fabric.head])
        pairs, cables = np.unique(np.stack([fabric.tail[up], fabric.head[up]]), axis=1, return_counts=True)
        for low in np.unique(pairs[0]):
            assert len(set(cables[pairs[0] == low])) == 1


def test_who_asks_for_pods_spines_and_cores_gets_them():
    """Four pods of 16 leaves; half the cores that would not taper: 2 : 1 above the spines."""
    size = size_of("fat-tree-3", radix=64, endpoints=2048, pods=4, spines=16, cores=16)
    assert (size.group_count, size.leaves, size.switches) == (4, 64, 64 + 4 * 16 + 16)
    assert size.oversubscription == {"leaf-spine": 1.0, "spine-core": 2.0} and size.bisection == 0.5
    fabric = generate("fat-tree-3", radix=64, endpoints=2048, pods=4, spines=16, cores=16, capacity=RATE)
    assert fabric.size == size
    unequal = generate("fat-tree-3", radix=64, endpoints=2048, pods=4, spines=24, cores=48, capacity=RATE)
    assert unequal.n_switches == 64 + 4 * 24 + 48


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"pods": 1}, "endpoints: at most 1024 fit"),
        ({"pods": 14}, "pods: 64 leaves a rail, up to 32 in a pod .* do not fill 14; take 13 or 16"),
        ({"cores": 33}, "cores: a multiple of the 32 spines of a pod is needed, up to 1024; got 33"),
        ({"spines": 40}, "32 leaves of 32 up-cables each need 32 spines or more, and reach 32 at most"),
    ],
)
def test_layers_that_do_not_fit_are_refused(given_, message):
    with pytest.raises(GeneratorError, match=message):
        size_of("fat-tree-3", radix=64, endpoints=2048, **given_)
