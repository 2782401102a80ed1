"""A pass by blocks moves what a pass that looks at every node moves, ties included."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from topo.metrics.partition import _GAIN, CutProblem, halves, improve


def chosen(gain, sign, endpoints, lean, slack):
    """Return the unmoved node of largest gain that fits, a switch before a domain, then the lowest; None without."""
    weight = np.append(endpoints, np.zeros(len(gain) - len(endpoints)))
    fits = (weight == 0) | (np.abs(lean - 2 * sign * weight) <= slack)
    able = [v for v in np.flatnonzero(fits) if gain[v] > -np.inf]
    return max(able, key=lambda v: (gain[v], weight[v] == 0, -v), default=None)


def one_pass(problem, start, allowed):
    """Return the partition after one pass that looks at every node before every move."""
    dense, endpoints = problem.capacity.toarray(), problem.endpoints
    sign, slack = np.where(start, 1.0, -1.0), max(allowed, 2 * endpoints.max())
    gain, left = -sign * (dense @ sign), np.ones(len(sign), bool)
    lean, change, least, moves, kept = endpoints @ sign[: len(endpoints)], 0.0, 0.0, [], 0
    while (v := chosen(np.where(left, gain, -np.inf), sign, endpoints, lean, slack)) is not None:
        change -= gain[v]
        sign[v], left[v] = -sign[v], False
        lean += 2 * sign[v] * endpoints[v] if v < len(endpoints) else 0.0
        gain -= 2 * sign * sign[v] * dense[v]
        moves.append(v)
        if change < least - _GAIN and abs(lean) <= allowed:
            least, kept = change, len(moves)
    side = start.copy()
    side[moves[:kept]] ^= True
    return side


def drawn(seed, domains, switches, alike):
    """Return a random graph whose capacities are few whole numbers, so that gains are often equal."""
    rng = np.random.default_rng(seed)
    n = domains + switches
    upper = np.triu(rng.integers(0, 4, (n, n)) * (rng.random((n, n)) < rng.uniform(0.03, 0.5)), 1)
    endpoints = np.full(domains, 8.0) if alike else rng.integers(1, 4, domains).astype(float)
    return CutProblem(csr_array((upper + upper.T).astype(float)), endpoints), rng.permutation(domains)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 80), st.integers(0, 80), st.booleans())
def test_blocks_change_no_move(seed, domains, switches, alike):
    problem, order = drawn(seed, domains, switches, alike)
    side = halves(problem, order)
    found = improve(problem, side, passes=1)
    expected = one_pass(problem, side, problem.imbalance(side))
    better = problem.cut(expected) < problem.cut(side) - _GAIN * problem.capacity.sum()
    assert np.array_equal(found, expected if better else side)
