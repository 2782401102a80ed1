"""Images of arcs and orbits against plain Python on random graphs, and the permutations that must be refused."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from topo.kernels.orbits import image_of_arcs, join
from topo.kernels.sweep import Arcs


def arcs_of(n: int, pairs: list[tuple[int, int]], part: list[float]) -> Arcs:
    """Arcs of cables ``pairs``, both ways, sorted by head, then tail."""
    rows = sorted((h, t, p) for (a, b), p in zip(pairs, part, strict=True) for t, h in ((a, b), (b, a)))
    head, tail, size = (np.array([row[i] for row in rows]) for i in range(3))
    first = np.searchsorted(head, np.arange(n + 1)).astype(np.int64)
    weight = np.ones(len(rows), np.int32)
    return Arcs(first, tail.astype(np.int32), head.astype(np.int32), weight, size.astype(np.float64), 2)


def image(arcs: Arcs, moved: list[int]) -> tuple[bool, np.ndarray]:
    result = np.full(len(arcs.tail), -1, np.int32)
    at = np.full(len(moved), -1)
    return bool(image_of_arcs(arcs, np.array(moved, dtype=np.int64), at, result)), result


@settings(deadline=None)
@given(st.integers(3, 12), st.integers(-5, 5), st.booleans())
def test_a_ring_turns_and_mirrors(n, turn, mirror):
    arcs = arcs_of(n, [(i, (i + 1) % n) for i in range(n)], [1.0] * n)
    moved = [((-i if mirror else i) + turn) % n for i in range(n)]
    fits, found = image(arcs, moved)
    assert fits
    assert [moved[t] for t in arcs.tail] == arcs.tail[found].tolist()
    assert [moved[h] for h in arcs.head] == arcs.head[found].tolist()


@settings(deadline=None)
@given(st.data())
def test_a_permutation_fits_exactly_when_it_is_an_automorphism(data):
    n = data.draw(st.integers(2, 6))
    every = [(a, b) for a in range(n) for b in range(a)]
    pairs = data.draw(st.lists(st.sampled_from(every), unique=True, min_size=1))
    part = data.draw(st.lists(st.sampled_from([1.0, 2.0]), min_size=len(pairs), max_size=len(pairs)))
    moved = data.draw(st.permutations(range(n)))
    size = {frozenset(pair): p for pair, p in zip(pairs, part, strict=True)}
    automorphism = size == {frozenset(moved[v] for v in pair): p for pair, p in size.items()}
    assert image(arcs_of(n, pairs, part), moved)[0] == automorphism


@settings(deadline=None)
@given(st.lists(st.permutations(range(9)), max_size=3))
def test_orbits_are_the_connected_parts_named_by_their_least(permutations):
    orbit = np.arange(9, dtype=np.int32)
    graph = nx.empty_graph(9)
    for moved in permutations:
        join(orbit, np.array(moved))
        graph.add_edges_from(enumerate(moved))
    for part in nx.connected_components(graph):
        assert set(orbit[list(part)].tolist()) == {min(part)}
