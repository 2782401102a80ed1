"""Placements: every expert has a home, copies stay on one host, balance is never worse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic import DemandError
from traffic.placement import balanced, contiguous, packed


def test_contiguous_deals_experts_in_order():
    place = contiguous(256, ep=64, ranks_per_host=8)
    assert place.hosts == 8
    assert place.host.tolist() == (np.arange(256) // 32).tolist()
    assert place.ranks[:, 0].tolist() == (np.arange(256) // 4).tolist()


@given(st.integers(0, 1000), st.sampled_from([0, 32, 64, 128]), st.sampled_from([1, 8, 16]))
@settings(max_examples=30, deadline=None)
def test_balanced_keeps_all_experts_and_the_copies_of_each_on_one_host(seed, redundant, n_group):
    load = np.random.default_rng(seed).pareto(1.5, 256) + 0.1
    place = balanced(load, ep=32, ranks_per_host=8, n_group=n_group, redundant=redundant)
    assert place.slots.size == 256 + redundant
    assert (place.copies >= 1).all()
    for expert in np.flatnonzero(place.copies > 1):
        assert len(set((place.ranks[expert] // 8).tolist())) == 1
    on_rank = (load[place.slots] / place.copies[place.slots]).sum(axis=1)
    plain = load[contiguous(256, ep=32, ranks_per_host=8).slots].sum(axis=1)
    if n_group == 1:
        assert on_rank.max() <= plain.max() * 1.0001


def test_packing_fills_packs_evenly_and_finds_the_obvious_balance():
    packs = packed(np.array([9.0, 5, 4, 4, 5, 9]), 3)
    assert packs.shape == (3, 2)
    assert sorted(np.array([9.0, 5, 4, 4, 5, 9])[packs].sum(axis=1)) == [10, 13, 13]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"ep": 48, "ranks_per_host": 8}, "240 or 288 routed experts"),
        ({"ep": 12, "ranks_per_host": 8}, "8 or 16"),
        ({"ep": 1, "ranks_per_host": 8}, "at least 2"),
        ({"ep": 8, "ranks_per_host": 0}, "ranks_per_host"),
    ],
)
def test_what_is_refused_and_why(params, message):
    with pytest.raises(DemandError, match=message):
        contiguous(256, **params)


def test_redundant_experts_must_fill_the_ranks():
    with pytest.raises(DemandError, match="redundant ones included"):
        balanced(np.ones(256), ep=64, ranks_per_host=8, redundant=10)
