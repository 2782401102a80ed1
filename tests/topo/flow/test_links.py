"""Links that bind alike are one row, and nothing else changes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array, csr_array, vstack

from tests.topo.flow.explicit import problem, problems
from topo.flow.batches import binding_rows
from topo.flow.links import binding_links, without_lone
from topo.flow.max_min import problem_of
from topo.kernels.filling import fill
from topo.stored import Stored


def test_parallel_cables_are_one_row_and_the_tightest_stays():
    shares = csr_array([[0.5, 0.5], [0.25, 0.25], [0.5, 0.5], [0.0, 0.0], [1.0, 0.5]])
    assert binding_links(Stored.as_in(shares), np.array([2.0, 0.9, 1.0, 1.0, 1.0])).tolist() == [2, 4]
    assert binding_links(Stored.as_in(shares), np.array([2.0, 0.9, 1.9, 1.0, 1.0])).tolist() == [1, 4]
    assert binding_links(Stored.as_in(shares), np.array([2.0, 0.7, 1.8, 1.0, 1.0])).tolist() == [1, 4]


def test_the_first_of_equal_links_stays():
    assert binding_links(Stored.as_in(csr_array(np.ones((3, 2)))), np.ones(3)).tolist() == [0]


def test_a_lone_commodity_keeps_its_tightest_link():
    assert binding_links(Stored.as_in(csr_array([[1.0], [1.0], [0.5]])), np.array([3.0, 2.0, 1.5])).tolist() == [1]


def test_nothing_is_nothing():
    assert binding_links(Stored.as_in(csr_array((3, 0))), np.ones(3)).tolist() == []


@given(problems(), st.randoms())
@settings(max_examples=80, deadline=None)
def test_links_of_one_alone_never_change_a_rate(case, random):
    """Each commodity gets three links of its own, of few different capacities: at most one stays, and rates do."""
    shares, capacity, _ = case
    n = shares.shape[1]
    own = np.repeat(np.eye(n), 3, axis=0) * np.array([[random.choice([0.5, 1.0])] for _ in range(3 * n)])
    whole = csc_array(np.vstack([own, shares]))
    room = np.concatenate([[random.choice([0.1, 1.0, 9.0]) for _ in range(3 * n)], capacity])
    few = without_lone(Stored.of_columns(whole), room)
    assert (np.bincount(few.row[few.indices < 3 * n], minlength=n) <= 1).all()
    left = csc_array((few.data, few.indices, few.indptr), shape=whole.shape)
    rate, _ = fill(problem(left, room))
    expected, _ = fill(problem(whole, room))
    np.testing.assert_allclose(rate, expected, rtol=1e-12)
    held = (left.toarray()[: 3 * n] / room[: 3 * n, None]).max(axis=0)
    by_hand = (whole.toarray()[: 3 * n] / room[: 3 * n, None]).max(axis=0)
    assert (held[held > 0] == by_hand[held > 0]).all()  # the tightest of them


@given(problems())
@settings(max_examples=80, deadline=None)
def test_rates_are_the_same_with_and_without(case):
    """Repeat every link three times at other scales and capacities: rates and the tightest copy stay."""
    shares, capacity, _ = case
    copies = csc_array(vstack([csr_array(shares), csr_array(shares * 0.3), csr_array(shares * 3.0)]))
    looser = np.concatenate([capacity, capacity * 0.3 * 1.5, capacity * 3.0 * 2.0])
    rows, links = binding_rows(Stored.of_columns(copies), looser)
    rate, tight = fill(problem_of(rows, looser[links]))
    expected, _ = fill(problem(csc_array(shares), capacity))
    np.testing.assert_allclose(rate, expected, rtol=1e-12)
    assert (links[tight] < len(capacity)).all()
