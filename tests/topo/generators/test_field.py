"""Finite fields: the axioms, and the polynomials that are in print."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topo.generators.field import conway, field, prime_power

#: Of prime powers, from F. Luebeck's tables: (prime, exponent) -> coefficients, that of x^0 first.
CONWAY = {
    (2, 2): (1, 1, 1), (2, 3): (1, 1, 0, 1), (2, 4): (1, 1, 0, 0, 1), (2, 5): (1, 0, 1, 0, 0, 1),
    (2, 6): (1, 1, 0, 1, 1, 0, 1), (2, 7): (1, 1, 0, 0, 0, 0, 0, 1), (2, 8): (1, 0, 1, 1, 1, 0, 0, 0, 1),
    (3, 2): (2, 2, 1), (3, 3): (1, 2, 0, 1), (3, 4): (2, 0, 0, 2, 1), (3, 5): (1, 2, 0, 0, 0, 1),
    (5, 2): (2, 4, 1), (5, 3): (3, 3, 0, 1), (5, 4): (2, 4, 4, 0, 1), (7, 2): (3, 6, 1), (7, 3): (4, 0, 6, 1),
    (11, 2): (2, 7, 1), (13, 2): (2, 12, 1),
}  # fmt: skip
SIZES = [2, 3, 4, 5, 7, 8, 9, 11, 13, 16, 17, 19, 23, 25, 27, 29, 31, 32, 49, 64, 81, 121, 125, 128]


@pytest.mark.parametrize("size", CONWAY, ids=lambda size: f"{size[0]}^{size[1]}")
def test_polynomials_are_those_in_print(size):
    assert conway(*size) == CONWAY[size]


@pytest.mark.parametrize("q", SIZES)
def test_tables_are_a_field(q):
    add, times, power = field(q)
    element = np.arange(q)
    assert np.array_equal(np.sort(power), element[1:])
    assert all(times[power[1 % (q - 1)], a] == b for a, b in pairwise(power))
    assert np.array_equal(add, add.T) and np.array_equal(times, times.T)
    assert np.array_equal(add[0], element) and np.array_equal(times[1], element)
    assert (np.sort(add) == element).all() and (np.sort(times[1:]) == element).all()
    a, b, c = np.random.default_rng(0).integers(0, q, (3, 500))
    assert np.array_equal(times[a, add[b, c]], add[times[a, b], times[a, c]])
    assert np.array_equal(times[a, times[b, c]], times[times[a, b], c])
    assert np.array_equal(add[a, add[b, c]], add[add[a, b], c])


@given(q=st.integers(2, 3000))
@settings(max_examples=50)
def test_prime_powers_are_told_from_the_rest(q):
    primes = [n for n in range(2, q + 1) if q % n == 0 and all(n % f for f in range(2, int(n**0.5) + 1))]
    assert (prime_power(q) is not None) == (len(primes) == 1)
