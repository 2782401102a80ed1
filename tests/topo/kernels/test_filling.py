"""Max-min fair rates: hand-made cases, the bottleneck law, and an LP that knows nothing of filling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csc_array

from tests.topo.flow.explicit import permutation, problem, problems, tree_paths
from topo.kernels.filling import fill, tree_first, tree_of, tree_set


def rates(shares, capacity):
    return fill(problem(csc_array(np.asarray(shares, dtype=float)), np.asarray(capacity, dtype=float)))


def test_parking_lot():
    """One long commodity and a short one a hop: everyone gets half, whatever the length."""
    rate, _ = rates([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]], [1, 1, 1])
    assert rate.tolist() == [0.5, 0.5, 0.5, 0.5]


def test_the_rest_take_up_what_the_held_back_leave():
    """Bertsekas and Gallager: a commodity frozen at 1/3 leaves 2/3 of the next link."""
    rate, tight = rates([[1, 1, 1, 0], [0, 0, 1, 1]], [1, 1])
    assert np.allclose(rate, [1 / 3, 1 / 3, 1 / 3, 2 / 3], rtol=1e-15)
    assert tight.tolist() == [0, 0, 0, 1]


def test_shares_weigh_on_links_but_not_in_the_filling():
    """Rates rise together whatever their share of a link: 1/2 x + 1 x = 3 gives 2 to both."""
    rate, _ = rates([[0.5, 1.0]], [3])
    assert rate.tolist() == [2.0, 2.0]


def test_links_that_fill_together_freeze_together():
    """Ten links at one level by different sums: one level, not ten nearly equal ones."""
    shares = np.zeros((10, 20))
    for i in range(10):
        shares[i, 2 * i : 2 * i + 2] = 0.1 * (i + 1)
    rate, _ = rates(shares, 0.2 * np.arange(1, 11) * 0.7)
    assert len(np.unique(rate)) == 1


def test_a_commodity_without_links_is_unbounded():
    rate, tight = rates([[1, 0]], [1])
    assert rate.tolist() == [1.0, np.inf] and tight.tolist() == [0, -1]


@given(problems())
@settings(max_examples=150, deadline=None)
def test_bottleneck_law(case):
    """No link is overloaded, and everyone has a full link on which nobody is faster."""
    shares, capacity, _ = case
    rate, tight = fill(problem(csc_array(shares), capacity))
    load = shares @ rate
    assert (load <= capacity * (1 + 1e-12)).all()
    for f, link in enumerate(tight):
        assert shares[link, f] > 0
        assert load[link] >= capacity[link] * (1 - 1e-12)
        assert rate[f] >= rate[shares[link] > 0].max() * (1 - 1e-12)


@given(problems(max_links=5, max_commodities=5))
@settings(max_examples=40, deadline=None)
def test_agrees_with_lexicographic_programs(case):
    """The worst-off get the most that a linear program finds; then, these fixed, the next worst-off; and so on."""
    shares, capacity, _ = case
    rate, _ = fill(problem(csc_array(shares), capacity))
    assert np.allclose(rate, lexicographic(shares, capacity), rtol=1e-6)


def lexicographic(shares, capacity):
    n = shares.shape[1]
    rate, fixed = np.zeros(n), np.zeros(n, dtype=bool)
    while not fixed.all():
        floor = _largest_floor(shares, capacity, rate, fixed)
        bounds = [(r, r) if done else (floor * (1 - 1e-9), None) for r, done in zip(rate, fixed, strict=True)]
        for f in np.flatnonzero(~fixed):
            best = linprog(-np.eye(n)[f], A_ub=shares, b_ub=capacity * (1 + 1e-9), bounds=bounds)
            assert best.status == 0
            if best.x[f] <= floor * (1 + 1e-6):
                rate[f] = floor
                fixed[f] = True
    return rate


def _largest_floor(shares, capacity, rate, fixed):
    n = shares.shape[1]
    cost = np.append(np.zeros(n), -1.0)
    above = np.hstack([-np.eye(n)[~fixed], np.ones((np.count_nonzero(~fixed), 1))])
    matrix = np.vstack([np.hstack([shares, np.zeros((len(capacity), 1))]), above])
    right = np.append(capacity * (1 + 1e-9), np.zeros(len(above)))
    bounds = [(r, r) if done else (0, None) for r, done in zip(rate, fixed, strict=True)]
    best = linprog(cost, A_ub=matrix, b_ub=right, bounds=[*bounds, (0, None)])
    assert best.status == 0
    return -best.fun


@given(problems(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_of_links_and_commodities_does_not_matter(case, random):
    shares, capacity, _ = case
    rows, columns = list(range(shares.shape[0])), list(range(shares.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    rate, _ = fill(problem(csc_array(shares), capacity))
    mixed, _ = fill(problem(csc_array(shares[np.ix_(rows, columns)]), capacity[rows]))
    assert np.allclose(mixed, rate[columns], rtol=1e-13)


@pytest.mark.parametrize(("k", "makespan", "mean"), [(8, 240, 149.375), (16, 400, 175.580401)])
def test_permutation_on_trees(k, makespan, mean):
    """facts.md section 4: exact values, the same as SimGrid's [us]."""
    n = k**3 // 4
    shares = tree_paths(k, np.arange(n), permutation(n))
    rate, _ = fill(problem(shares, np.full(shares.shape[0], 12.5e9)))
    assert (1e6 / rate).max() * 1e6 == pytest.approx(makespan, rel=1e-12)
    assert (1e6 / rate).mean() * 1e6 == pytest.approx(mean, abs=5e-7)


def test_tournament_tree():
    """The first of equal keys wins, and a changed leaf is seen."""
    tree = tree_of(np.array([3.0, 1.0, 2.0, 1.0, 5.0]))
    assert (tree_first(tree), tree[1]) == (1, 1.0)
    tree_set(tree, 1, 4.0)
    assert (tree_first(tree), tree[1]) == (3, 1.0)
    tree_set(tree, 3, np.inf)
    assert (tree_first(tree), tree[1]) == (2, 2.0)
