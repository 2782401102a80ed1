"""Connected parts against scipy's, which follows one node after the other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from topo.islands import distinct, islands


@given(st.integers(1, 40), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_parts_are_those_that_a_search_finds(n, edges, seed):
    """Names too are those of a search that starts at the lowest node: 0 for the part of node 0, and so on."""
    a, b = np.random.default_rng(seed).integers(0, n, (2, edges))
    graph = coo_array((np.ones(edges), (a, b)), shape=(n, n))
    np.testing.assert_array_equal(islands(a, b, n), connected_components(graph, directed=False)[1])


def test_a_long_path_is_one_part():
    """Numbers in no order along it, so that names spread through many steps."""
    order = np.random.default_rng(0).permutation(10_000)
    assert not islands(order[1:], order[:-1], 10_000).any()


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3))))
def test_distinct_rows_are_those_of_numpy(rows):
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    for own, known in ((distinct(table), np.unique(table, axis=0)), (distinct(table[:, 0]), np.unique(table[:, 0]))):
        np.testing.assert_array_equal(own, known)
        assert own.dtype == known.dtype
