"""Collectives against what nccl-tests means by S, and against alpha-beta forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import check_demand
from traffic import DemandError
from traffic.collectives import all_gather, all_to_all, allreduce, reduce_scatter

S = 2.0**20


def on_scale_up(demand, ranks_per_host):
    return demand.src // ranks_per_host == demand.dst // ranks_per_host


@given(st.integers(2, 60))
@settings(max_examples=30, deadline=None)
def test_a_ring_of_single_ranks_moves_the_classic_volume(n):
    """Each rank sends 2(n - 1)/n S in 2(n - 1) steps for an allreduce, half of it otherwise."""
    ring = allreduce(n_ranks=n, ranks_per_host=1, bytes=S)
    check_demand(ring)
    assert ring.repeat.tolist() == [2 * (n - 1)]
    np.testing.assert_allclose(ring.sent(), 2 * (n - 1) / n * S)
    for half in (all_gather, reduce_scatter):
        np.testing.assert_allclose(half(n_ranks=n, ranks_per_host=1, bytes=S).sent(), (n - 1) / n * S)


@given(st.integers(1, 6), st.integers(2, 8), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_rings_carry_the_classic_volume_on_scale_up_and_a_hosts_share_on_the_network(hosts, p, groups):
    """2(n - 1)/n S of every rank over scale-up; as much of every host over the network, even over its ranks."""
    n = hosts * p
    ring = allreduce(n_ranks=n * groups, ranks_per_host=p, group_size=n, bytes=S)
    check_demand(ring)
    bytes_, inside = ring.size * ring.repeat[ring.phase], on_scale_up(ring, p)
    volume = 2 * (n - 1) / n * S
    np.testing.assert_allclose(np.bincount(ring.src[inside], bytes_[inside], n * groups), volume)
    if hosts > 1:
        np.testing.assert_allclose(np.bincount(ring.src[~inside], bytes_[~inside], n * groups), volume / p)
        assert (ring.src[~inside] % p == ring.dst[~inside] % p).all(), "rings enter and leave on the same rank"


def test_one_channel_uses_one_rank_of_each_host_for_the_network():
    ring = all_gather(n_ranks=16, channels=1, bytes=S)
    outside = ~on_scale_up(ring, 8)
    assert ring.src[outside].tolist() == [8, 0]
    most = all_gather(n_ranks=16, channels=8, bytes=S)
    np.testing.assert_array_equal(most.sent(), all_gather(n_ranks=16, bytes=S).sent())
    with pytest.raises(DemandError, match="give 1 to 8"):
        all_gather(n_ranks=16, channels=9)


def test_hosts_that_are_not_full_still_make_a_ring():
    ring = allreduce(n_ranks=12, ranks_per_host=8, bytes=S)
    check_demand(ring)
    assert np.count_nonzero(~on_scale_up(ring, 8)) == 8  # four channels, two hosts


@given(st.integers(1, 7))
@settings(deadline=None)
def test_halving_doubling_moves_the_ring_volume_in_log_steps(log):
    n = 2**log
    demand = allreduce(n_ranks=n, algorithm="halving-doubling", bytes=S)
    check_demand(demand)
    assert int(demand.repeat.sum()) == 2 * log
    np.testing.assert_allclose(demand.sent(), 2 * (n - 1) / n * S)
    assert all_gather(n_ranks=n, algorithm="halving-doubling").repeat.sum() == log


@given(st.integers(2, 70))
@settings(deadline=None, max_examples=30)
def test_a_binomial_tree_reaches_everyone_and_comes_back(n):
    """n - 1 transfers of S up, the same down, in 2 ceil(log2 n) steps."""
    demand = allreduce(n_ranks=n, algorithm="tree", bytes=S)
    check_demand(demand)
    assert demand.n_phases == 2 * (n - 1).bit_length()
    assert demand.total() == pytest.approx(2 * (n - 1) * S)
    up = demand.phase < demand.n_phases // 2
    assert sorted(demand.src[up].tolist()) == list(range(1, n))


@given(st.integers(1, 5), st.integers(1, 8))
@settings(deadline=None, max_examples=30)
def test_hierarchical_allreduce_moves_the_ring_volume(hosts, p):
    n = hosts * p
    if n < 2:
        return
    demand = allreduce(n_ranks=n, ranks_per_host=p, algorithm="hierarchical", bytes=S)
    check_demand(demand)
    np.testing.assert_allclose(demand.sent(), 2 * (n - 1) / n * S)
    both = reduce_scatter(n_ranks=n, ranks_per_host=p, algorithm="hierarchical", bytes=S).sent()
    both += all_gather(n_ranks=n, ranks_per_host=p, algorithm="hierarchical", bytes=S).sent()
    np.testing.assert_allclose(demand.sent(), both)


def test_all_to_all_sends_all_but_the_own_share():
    demand = all_to_all(n_ranks=128, ep=64, bytes=S)
    check_demand(demand)
    np.testing.assert_allclose(demand.sent(), S * 63 / 64)


def test_hierarchical_all_to_all_crosses_the_network_once_between_equal_indices():
    direct = all_to_all(n_ranks=32, ep=32, bytes=S).listed()
    demand = all_to_all(n_ranks=32, ep=32, algorithm="hierarchical", bytes=S)
    check_demand(demand)
    inside = on_scale_up(demand, 8)
    assert (demand.src[~inside] % 8 == demand.dst[~inside] % 8).all()
    crossing = ~on_scale_up(direct, 8)
    assert demand.size[~inside].sum() == pytest.approx(direct.size[crossing].sum())


@pytest.mark.parametrize(
    ("build", "params", "message"),
    [
        (allreduce, {"n_ranks": 12, "algorithm": "halving-doubling"}, "power of two of ranks; got 12"),
        (allreduce, {"n_ranks": 12, "algorithm": "hierarchical"}, "equally many ranks"),
        (allreduce, {"n_ranks": 12, "algorithm": "rings"}, "did you mean ring"),
        (allreduce, {"n_ranks": 12, "group_size": 5}, "10 or 15"),
        (all_gather, {"n_ranks": 12, "algorithm": "tree"}, "is unknown"),
        (all_to_all, {"n_ranks": 100, "ep": 64}, "64 or 128"),
        (all_to_all, {"n_ranks": 100, "ep": 1}, "at least 2"),
        (all_to_all, {"n_ranks": 64, "bytes": 0}, "positive"),
    ],
)
def test_what_is_refused_and_why(build, params, message):
    with pytest.raises(DemandError, match=message):
        build(**params)
