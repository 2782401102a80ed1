"""Synthetic patterns against their definitions."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import check_demand
from traffic import DemandError, offer
from traffic.synthetic import bit_complement, hotspot, incast, permutation, shift, tornado, transpose, uniform


@given(st.integers(2, 200), st.integers(0, 50))
@settings(max_examples=60, deadline=None)
def test_a_permutation_has_no_fixed_point(n, seed):
    """Every rank sends to one other and receives from one other."""
    pattern = permutation(n_ranks=n, seed=seed, bytes=5)
    check_demand(pattern)
    assert sorted(pattern.src) == sorted(pattern.dst) == list(range(n))


def test_seed_1_is_the_permutation_of_the_published_makespans():
    n = 1024
    p = list(range(n))
    random.Random(1).shuffle(p)
    for i in range(n):
        if p[i] == i:
            p[i], p[(i + 1) % n] = p[(i + 1) % n], p[i]
    pattern = permutation(n_ranks=n, seed=1, bytes=1e6, sizes="cycle4")
    assert pattern.dst[np.argsort(pattern.src)].tolist() == p
    assert (pattern.size == (1 + pattern.src % 4) * 1e6).all()


def test_uniform_of_the_full_dragonfly_is_never_listed():
    pattern = uniform(n_ranks=261_632, bytes=1)
    assert pattern.total() == 261_632 * 261_631


@given(st.integers(3, 100), st.integers(-200, 200))
def test_shift_and_tornado_move_everyone_alike(n, by):
    if by % n == 0:
        with pytest.raises(DemandError, match="every rank would send to itself"):
            shift(n_ranks=n, by=by)
        return
    for pattern, distance in ((shift(n_ranks=n, by=by), by), (tornado(n_ranks=n), -(-n // 2) - 1)):
        check_demand(pattern)
        assert ((pattern.dst - pattern.src - distance) % n == 0).all()


def test_bit_complement_inverts_every_bit():
    pattern = bit_complement(n_ranks=64)
    check_demand(pattern)
    assert (pattern.dst == (~pattern.src & 63)).all()


def test_transpose_swaps_row_and_column_and_its_diagonal_is_silent():
    pattern = transpose(n_ranks=64)
    check_demand(pattern)
    assert pattern.n_commodities == 56
    assert (pattern.dst == pattern.src % 8 * 8 + pattern.src // 8).all()
    wide = transpose(n_ranks=2048, rows=32)
    check_demand(wide)
    assert len(set(wide.dst.tolist())) == wide.n_commodities


@pytest.mark.parametrize("fan_in", [1, 7, 32, 127])
def test_incast_has_distinct_senders_and_one_receiver(fan_in):
    pattern = incast(n_ranks=128, fan_in=fan_in, target=5)
    check_demand(pattern)
    assert len(set(pattern.src.tolist())) == fan_in
    assert set(pattern.dst.tolist()) == {5}


def test_hot_ranks_receive_their_factor():
    pattern = hotspot(n_ranks=20, hot=2, factor=5, bytes=1)
    check_demand(pattern)
    received = pattern.received()
    assert received[[0, 10]].tolist() == [95, 95]
    assert np.delete(received, [0, 10]).tolist() == [19] * 18


@pytest.mark.parametrize(
    ("pattern", "params", "message"),
    [
        ("permutation", {"n_ranks": 1}, "at least 2"),
        ("permutation", {"n_ranks": 8, "sizes": "cycle"}, "did you mean cycle4"),
        ("permutation", {"n_ranks": 8, "seed": -1}, "seed must be a whole number"),
        ("permutation", {"n_ranks": 8, "bytes": -1}, "bytes must be positive"),
        ("uniform", {"n_ranks": 8, "bytes": 0}, "positive and finite"),
        ("tornado", {"n_ranks": 2}, "at least 3"),
        ("bit-complement", {"n_ranks": 12}, "nearest 8 or 16"),
        ("transpose", {"n_ranks": 2048}, "nearest 2025 or 2116"),
        ("transpose", {"n_ranks": 12, "rows": 5}, r"rows that do: \[2, 3, 4, 6\]"),
        ("incast", {"n_ranks": 8, "fan_in": 8}, "fan_in goes up to 7"),
        ("hotspot", {"n_ranks": 8, "hot": 9}, "give 1 to 8"),
        ("shift", {"n_ranks": 8, "by": 1.5}, "whole number"),
    ],
)
def test_what_is_refused_and_why(pattern, params, message):
    with pytest.raises(DemandError, match=message):
        offer(pattern, **params)
