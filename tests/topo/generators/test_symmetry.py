"""Automorphisms: what a family states holds, moves all endpoints alike, and goes when a cable goes."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from tests.oracles import check_fabric
from tests.topo.generators.test_generators import NETWORKS, PLANES
from topo.fabric import NodeKind
from topo.generators import GeneratorError, generate
from topo.size import Tier

#: name -> (family, parameters, orbits of endpoints)
ORBITS = {
    "leaf-spine": ("fat-tree-2", {"radix": 8}, 1),
    "deployed planes with hosts": ("fat-tree-2", {"radix": 64, "planes": 8, "endpoints": 2048, "scale_up": 1.0}, 1),
    "rails with hosts": ("fat-tree-2", {"radix": 16, "wiring": "rail", "scale_up": 1.0}, 1),
    "multi-port with hosts": ("fat-tree-2", {"radix": 16, "planes": 4, "nic": "multi-port", "scale_up": 1.0}, 1),
    "tapered": ("fat-tree-2", {"radix": 16, "oversubscription": 3}, 1),
    "three layers": ("fat-tree-3", {"radix": 8}, 1),
    "three layers with hosts": ("fat-tree-3", {"radix": 16, "scale_up": 1.0}, 1),
    "three layers, hosts over leaves": ("fat-tree-3", {"radix": 8, "scale_up": 1.0, "endpoints_per_host": 8}, 2),
    "three layers, rails": ("fat-tree-3", {"radix": 16, "wiring": "rail", "scale_up": 1.0}, 1),
    "half of the pods": ("fat-tree-3", {"radix": 8, "endpoints": 64}, 1),
    "slim fly, d = 1": ("slim-fly", {"q": 5}, 1),
    "slim fly, d = 1, two planes": ("slim-fly", {"q": 5, "planes": 2}, 1),
    "slim fly, d = 1, true prime power": ("slim-fly", {"q": 9, "p": 1}, 1),
    "slim fly, d = 0": ("slim-fly", {"q": 8, "p": 2}, 2),
    "slim fly, d = -1": ("slim-fly", {"q": 7}, 2),
    "slim fly with hosts": ("slim-fly", {"q": 5, "p": 8, "scale_up": 1.0}, 1),
    "dragonfly, palmtree": ("dragonfly", {"a": 4}, 2),
    "dragonfly, palmtree, hosts": ("dragonfly", {"a": 16, "g": 20, "scale_up": 1.0}, 16),
    "dragonfly, left-over ports": ("dragonfly", {"a": 4, "g": 6}, 4),
    "dragonfly, circulant": ("dragonfly", {"a": 4, "arrangement": "circulant"}, 4),
    "dragonfly, absolute": ("dragonfly", {"a": 4, "arrangement": "absolute"}, 36),
}


def orbits(fabric):
    """Return (N,) the orbit of each node under all symmetries of the fabric."""
    n = fabric.n_nodes
    image = np.concatenate([np.arange(n), *fabric.symmetry])
    node = np.tile(np.arange(n), 1 + len(fabric.symmetry))
    return connected_components(csr_array((np.ones(len(node)), (node, image)), shape=(n, n)), directed=False)[1]


@pytest.mark.parametrize("name", ORBITS)
def test_stated_symmetries_hold_and_move_endpoints_alike(name):
    family, given_, expected = ORBITS[name]
    fabric = generate(family, capacity=1.0, symmetry=True, **given_)
    check_fabric(fabric)
    orbit = orbits(fabric)
    assert len(set(orbit[: fabric.n_endpoints])) == expected
    for permutation in fabric.symmetry:
        assert permutation.dtype == np.int32 and not np.array_equal(permutation, np.arange(fabric.n_nodes))


@settings(max_examples=60, deadline=None)
@given(network=NETWORKS, common=PLANES)
def test_whatever_the_parameters_what_is_stated_holds(network, common):
    family, own = network
    try:
        fabric = generate(family, capacity=1.0, symmetry=True, **own, **common)
    except GeneratorError:
        return
    check_fabric(fabric)
    for permutation in fabric.symmetry:
        mapped = fabric.domain[permutation[: fabric.n_endpoints]]
        if fabric.has_scale_up:
            domains = set(zip(fabric.domain.tolist(), mapped.tolist(), strict=True))
            assert len(domains) == fabric.n_domains, "domains go to domains"


def test_networkx_agrees_that_they_are_automorphisms():
    fabric = generate("slim-fly", q=4, p=1, capacity=1.0, symmetry=True)
    graph = nx.Graph(fabric.to_networkx())
    for permutation in fabric.symmetry:
        moved = nx.relabel_nodes(graph, dict(enumerate(permutation.tolist())))
        assert nx.utils.edges_equal(graph.edges, moved.edges)


@pytest.mark.parametrize("name", ["leaf-spine", "three layers", "slim fly, d = 1", "dragonfly, palmtree"])
def test_a_fabric_with_a_failed_cable_keeps_only_the_symmetry_it_still_has(name):
    family, given_, before = ORBITS[name]
    fabric = generate(family, capacity=1.0, symmetry=True, **given_)
    cable = int(fabric.cable[np.argmax(fabric.tier > Tier.ENDPOINT)])
    broken = fabric.without(cables=[cable])
    check_fabric(broken)
    assert len(broken.symmetry) < len(fabric.symmetry)
    assert len(set(orbits(broken)[: fabric.n_endpoints])) > before


def test_the_build_is_the_same_with_and_without():
    plain, known = (generate("dragonfly", a=4, capacity=1.0, symmetry=flag) for flag in (False, True))
    assert plain.symmetry == () and len(known.symmetry) == 3
    assert np.array_equal(plain.tail, known.tail) and np.array_equal(plain.head, known.head)


def test_links_of_a_full_tree_fall_into_one_orbit_a_direction_and_tier():
    fabric = generate("fat-tree-3", radix=8, capacity=1.0, symmetry=True)
    pair = fabric.tail.astype(np.int64) * fabric.n_nodes + fabric.head
    image = [
        np.searchsorted(pair, p[fabric.tail].astype(np.int64) * fabric.n_nodes + p[fabric.head])
        for p in fabric.symmetry
    ]
    n = fabric.n_links
    links = csr_array(
        (np.ones(n * len(image)), (np.tile(np.arange(n), len(image)), np.concatenate(image))), shape=(n, n)
    )
    assert connected_components(links, directed=False)[0] == 6
    assert (fabric.kind == NodeKind.CORE).sum() == 16
