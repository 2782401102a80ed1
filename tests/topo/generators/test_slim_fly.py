"""Slim Flies: every prime power gives a regular graph of diameter two."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from topo.generators import GeneratorError, generate, slim_fly
from topo.generators.planes import copies
from topo.size import Tier

RATE = 50e9
PRIME_POWERS = [3, 4, 5, 7, 8, 9, 11, 13, 16, 17, 19, 23, 25, 27, 29, 31, 32]


def switches(q):
    """Return the (2 q^2, 2 q^2) matrix of cables between switches."""
    wiring = copies(slim_fly.plan(q=q, p=1).build(), 1, "single-plane")
    local = wiring.tier > Tier.ENDPOINT
    n = 2 * q * q
    matrix = np.zeros((n, n), dtype=np.float32)
    for a, b in ((wiring.a, wiring.b), (wiring.b, wiring.a)):
        np.add.at(matrix, (a[local] - n, b[local] - n), 1)
    return matrix


@pytest.mark.parametrize("q", PRIME_POWERS)
def test_it_is_regular_of_the_right_degree_without_parallel_cables_and_of_diameter_two(q):
    matrix = switches(q)
    d = {1: 1, 0: 0, 3: -1}[q % 4]
    assert matrix.max() == 1 and not matrix.diagonal().any()
    assert set(matrix.sum(axis=1)) == {(3 * q - d) // 2}
    assert (matrix @ matrix + matrix + np.eye(len(matrix)) > 0).all()


@pytest.mark.parametrize(
    ("q", "n", "cables", "mean"),
    [(5, 50, 175, 1.8571), (7, 98, 539, 1.8866), (8, 128, 768, 1.9055), (9, 162, 1053, 1.9193)],
)
def test_distances_of_facts(q, n, cables, mean):
    graph = nx.from_numpy_array(switches(q))
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (n, cables)
    assert nx.diameter(graph) == 2
    assert round(nx.average_shortest_path_length(graph), 4) == mean


def test_q_5_is_the_hoffman_singleton_graph():
    assert nx.is_isomorphic(nx.from_numpy_array(switches(5)), nx.hoffman_singleton_graph())


@pytest.mark.parametrize(
    ("q", "near"), [(28, (27, 29)), (12, (11, 13)), (15, (13, 16)), (20, (19, 23)), (33, (32, 37))]
)
def test_what_cannot_be_built_is_counted_and_names_its_neighbours(q, near):
    size = slim_fly.plan(q=q, p=5).size()
    assert not size.buildable and "prime power" in size.reason
    assert size.neighbours == tuple(f"slim-fly:q={n},p=5" for n in near)
    with pytest.raises(GeneratorError, match="prime power"):
        generate("slim-fly", q=q, p=5, capacity=RATE)


def test_endpoints_fill_all_switches_evenly_and_in_order():
    wiring = slim_fly.plan(q=5, endpoints=120).build()
    leaf = wiring.b[:120]
    assert (np.diff(leaf) >= 0).all() and set(np.bincount(leaf - 120)) == {2, 3}
    assert len(wiring.kind) == 120 + 50
