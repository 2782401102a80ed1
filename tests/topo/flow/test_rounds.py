"""Filling in passes and ends in rounds give what the kernels give, one link and one end at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array

from tests.topo.flow.explicit import permutation, problem, problems, tree_paths
from topo.flow import levels as passes
from topo.flow.completion import finish_times
from topo.flow.levels import SMALL, levels
from topo.flow.rounds import at_once, in_rounds, parts
from topo.flow.shares import Shares
from topo.islands import islands
from topo.kernels.filling import fill
from topo.kernels.refilling import complete
from topo.stored import Stored


def shares_of(matrix, capacity):
    return Shares.of(Stored.of_columns(csc_array(matrix)), np.asarray(capacity, dtype=float))


def chain(n):
    """Commodity i is on links i and i + 1, which rise so that each link fills after the one before it."""
    matrix = np.eye(n + 1, n) + np.eye(n + 1, n, -1)
    return matrix, 1.0 + np.arange(n + 1) ** 2


@given(problems())
@settings(max_examples=200, deadline=None)
def test_passes_fill_as_the_kernel_does(case):
    """Only one allocation is max-min fair; who holds a commodity back is full, and nobody is faster there."""
    matrix, capacity, _ = case
    rate, tight = levels(shares_of(matrix, capacity))
    expected, _ = fill(problem(csc_array(matrix), capacity))
    np.testing.assert_allclose(rate, expected, rtol=1e-12)
    load = matrix @ rate
    assert load[tight] == pytest.approx(capacity[tight], rel=1e-12)
    there = matrix[tight] > 0
    assert (np.where(there, rate, 0).max(axis=1) <= rate * (1 + 1e-12)).all()
    assert there[np.arange(len(rate)), np.arange(len(rate))].all()


@given(problems())
@settings(max_examples=200, deadline=None)
def test_rounds_end_as_the_kernel_does(case):
    """Up to 40 commodities never count as too slow, so none is left."""
    matrix, capacity, size = case
    finish, tight, rest = in_rounds(shares_of(matrix, capacity), size)
    expected, _, _ = complete(problem(csc_array(matrix), capacity), size.copy())
    np.testing.assert_allclose(finish, expected, rtol=1e-12)
    assert not len(rest.who) and (matrix[tight, np.arange(len(size))] > 0).all()


@given(problems(), st.integers(0, 8))
@settings(max_examples=200, deadline=None)
def test_what_rounds_leave_ends_with_the_kernel_as_if_it_had_done_all(case, small):
    """Wherever rounds or passes stop, the times are the same: the parts go on from their own clocks."""
    matrix, capacity, size = case
    columns = csc_array(matrix)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "SMALL", small)
        patch.setattr(passes, "SLOWEST", 2)
        patch.setattr("topo.flow.rounds.SMALL", small)
        finish, tight = finish_times(Stored.of_columns(columns), capacity, size)
    expected, _, _ = complete(problem(columns, capacity), size.copy())
    np.testing.assert_allclose(finish, expected, rtol=1e-11)
    assert (matrix[tight, np.arange(len(size))] > 0).all()


@given(problems(), st.booleans())
@settings(max_examples=200, deadline=None)
def test_what_one_pass_tells_is_what_the_kernel_finds(case, together):
    """Sizes as rates make all end at once; it answers where nobody is frozen later, and then as the kernel."""
    matrix, capacity, size = case
    rate, _ = fill(problem(csc_array(matrix), capacity))
    size = rate * 3.0 if together else size
    found = at_once(shares_of(matrix, capacity), size, np.zeros(1, dtype=np.int64))
    expected, _, _ = complete(problem(csc_array(matrix), capacity), size.copy())
    if found is None:
        weight = matrix.sum(axis=1)
        level = np.divide(capacity, weight, out=np.full(len(capacity), np.inf), where=weight > 0)
        low = np.where(matrix > 0, level[:, None], np.inf).min(axis=0)
        assert not together or (rate > low * (1 + 1e-12)).any()
        return
    np.testing.assert_allclose(found[0], expected, rtol=1e-12)
    assert (matrix[found[1], np.arange(len(size))] > 0).all()


def test_phases_that_end_at_different_times_are_told_in_one_pass():
    """By hand: two commodities of 1 B on a link of 1 B/s, two of 3 B on another; of unequal sizes they are not."""
    shares = shares_of([[1, 1, 0, 0], [0, 0, 1, 1]], [1.0, 1.0])
    phases = np.array([0, 2])
    finish, tight = at_once(shares, np.array([1.0, 1.0, 3.0, 3.0]), phases)
    assert finish.tolist() == [2.0, 2.0, 6.0, 6.0] and tight.tolist() == [0, 0, 1, 1]
    assert at_once(shares, np.array([1.0, 1.0, 3.0, 3.5]), phases) is None


def test_who_can_rise_later_is_not_told_in_one_pass():
    """By hand: links of 1 and 9 B/s; the second commodity rises to 8.5 after the first is frozen at 0.5."""
    matrix = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    assert at_once(shares_of(matrix, [1.0, 9.0]), np.array([0.5, 0.5, 4.5]), np.array([0, 1, 2])) is None


def test_a_long_chain_is_left_to_the_kernel():
    """One link fills in each pass: 60 commodities are taken through, 200 are not, and end all the same."""
    assert levels(shares_of(*chain(SMALL - 4))) is not None
    matrix, capacity = chain(200)
    assert levels(shares_of(matrix, capacity)) is None
    finish, _ = finish_times(Stored.of_columns(csc_array(matrix)), capacity, np.ones(200))
    expected, _, _ = complete(problem(csc_array(matrix), capacity), np.ones(200))
    np.testing.assert_allclose(finish, expected, rtol=1e-12)


def test_many_ends_one_by_one_are_left_to_the_kernel():
    """By hand: sizes 1 to 100 on one link end as 1 + .. + i + i (100 - i); after one end all others are left."""
    size = np.arange(1.0, 101.0)
    _, _, rest = in_rounds(shares_of(np.ones((1, 100)), [1.0]), size)
    assert rest.who.tolist() == list(range(1, 100)) and rest.left.tolist() == (size[1:] - 1).tolist()
    finish, _ = finish_times(Stored.of_columns(csc_array(np.ones((1, 100)))), np.ones(1), size)
    assert finish == pytest.approx(np.cumsum(size) + size * (100 - size), rel=1e-13)


@pytest.mark.parametrize("k", [8, 16])
def test_a_permutation_of_mixed_sizes_needs_no_kernel(k):
    """Single paths of a permutation fall into small parts: rounds end them all, as the kernel does."""
    n = k**3 // 4
    shares = tree_paths(k, np.arange(n), permutation(n))
    capacity, size = np.full(shares.shape[0], 12.5e9), (1 + np.arange(n) % 4) * 1e6
    finish, _, rest = in_rounds(Shares.of(Stored.of_columns(shares), capacity), size)
    used = np.flatnonzero(np.diff(shares.tocsr().indptr))
    expected, _, _ = complete(problem(csc_array(shares.tocsr()[used]), capacity[used]), size.copy())
    assert not len(rest.who)
    np.testing.assert_allclose(finish, expected, rtol=1e-13)


@given(problems(), st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_order_of_links_and_commodities_never_shows(case, random):
    """Sums carry no rounding that depends on who was added first."""
    matrix, capacity, size = case
    rows, columns = list(range(matrix.shape[0])), list(range(matrix.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    finish, _, _ = in_rounds(shares_of(matrix, capacity), size)
    other, _, _ = in_rounds(shares_of(matrix[np.ix_(rows, columns)], capacity[rows]), size[columns])
    np.testing.assert_allclose(other, finish[columns], rtol=1e-14)


@given(problems())
@settings(deadline=None)
def test_parts_are_what_links_connect(case):
    """Against the islands of the graph of links and commodities."""
    matrix, capacity, _ = case
    link, commodity = np.nonzero(matrix)
    expected = islands(link, matrix.shape[0] + commodity, sum(matrix.shape))[matrix.shape[0] :]
    found = parts(shares_of(matrix, capacity))
    assert len(set(zip(found.tolist(), expected.tolist(), strict=True))) == len(set(found)) == len(set(expected))
