"""Dispatch and combine as commodities, against the copies that they stand for."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import check_demand
from traffic import DemandError
from traffic.deepseek_v3 import DEEPSEEK_V3
from traffic.expert_parallel import moe_all_to_all
from traffic.moe import report

DISPATCH, COMBINE, TOKENS = 7_408, 14_336, 4_096


def by_leg(demand, phase, p=8):
    mine = demand.phase == phase
    src, dst, size = demand.src[mine], demand.dst[mine], demand.size[mine]
    inside = src // p == dst // p
    return (src[~inside], dst[~inside], size[~inside]), (src[inside], dst[inside], size[inside])


@pytest.mark.parametrize(("limit", "remote"), [(None, 4.6328), (4, 3.4852)])
def test_a_token_crosses_the_network_once_per_remote_host(limit, remote):
    demand = moe_all_to_all(n_ranks=64, ep=64, node_limit=limit)
    check_demand(demand)
    assert demand.phase_names == ("dispatch", "combine") and demand.repeat.tolist() == [1, 1]
    for phase, size in ((0, DISPATCH), (1, COMBINE)):
        (src, dst, bytes_), _ = by_leg(demand, phase)
        assert (src % 8 == dst % 8).all(), "to the rank of the sender's own index"
        np.testing.assert_allclose(np.bincount(src, bytes_, 64), TOKENS * size * remote, rtol=1e-4)


def test_fan_out_reaches_the_ranks_of_the_picked_experts():
    """A rank passes on what came for its host: 7.676 ranks a token, an eighth of which it is itself."""
    _, (src, _, bytes_) = by_leg(moe_all_to_all(n_ranks=64, ep=64, node_limit=None), 0)
    np.testing.assert_allclose(np.bincount(src, bytes_, 64), TOKENS * DISPATCH * 7.67575 * 7 / 8, rtol=1e-5)


@pytest.mark.parametrize(
    ("given", "meant"), [({}, 4), ({"node_limit": "model"}, 4), ({"model": DEEPSEEK_V3 | {"node_limit": 2}}, 2)]
)
def test_the_limit_is_the_models_own_where_none_is_given(given, meant):
    """As in ``topo moe``; a group of fewer hosts is not limited."""
    got, wanted = moe_all_to_all(n_ranks=64, ep=64, **given), moe_all_to_all(n_ranks=64, ep=64, node_limit=meant)
    np.testing.assert_array_equal(got.size, wanted.size)
    assert got.name == wanted.name
    small, free = moe_all_to_all(n_ranks=16, ep=16), moe_all_to_all(n_ranks=16, ep=16, node_limit=None)
    np.testing.assert_array_equal(small.size, free.size)


def test_without_deduplication_every_picked_expert_gets_a_copy():
    demand = moe_all_to_all(n_ranks=64, ep=64, dedup=False)
    check_demand(demand)
    sent = np.bincount(demand.src, demand.size * (demand.phase == 0), 64)
    np.testing.assert_allclose(sent, TOKENS * DISPATCH * 8 * 63 / 64)


@pytest.mark.parametrize("params", [{}, {"gate": "zipf", "node_limit": 3}, {"dedup": False, "gate": "zipf"}])
def test_combine_is_dispatch_in_reverse(params):
    demand = moe_all_to_all(n_ranks=32, ep=32, **params)
    out = {(s, d): b for s, d, b, ph in zip(demand.src, demand.dst, demand.size, demand.phase, strict=True) if ph == 0}
    back = {(d, s): b for s, d, b, ph in zip(demand.src, demand.dst, demand.size, demand.phase, strict=True) if ph}
    assert out.keys() == back.keys()
    np.testing.assert_allclose([back[pair] / out[pair] for pair in out], COMBINE / DISPATCH)


def test_groups_are_copies_of_one_another_and_2048_ranks_take_under_a_second():
    started = time.perf_counter()
    demand = moe_all_to_all(n_ranks=2048, ep=64, node_limit=4)
    assert time.perf_counter() - started < 1
    one = moe_all_to_all(n_ranks=64, ep=64, node_limit=4)
    assert demand.n_commodities == 32 * one.n_commodities
    np.testing.assert_allclose(demand.sent(), np.tile(one.sent(), 32))
    assert (demand.src // 64 == demand.dst // 64).all()


@given(
    st.sampled_from([(8, 8), (16, 8), (32, 8), (64, 4), (16, 16), (4, 8)]),
    st.sampled_from(["uniform", "zipf", "correlated"]),
    st.sampled_from(["contiguous", "balanced"]),
    st.booleans(),
    st.integers(1, 5000),
)
@settings(max_examples=25, deadline=None)
def test_laws_over_parameters(sizes, gate, placement, dedup, tokens):
    ep, p = sizes
    demand = moe_all_to_all(
        n_ranks=2 * ep, ep=ep, ranks_per_host=p, gate=gate, placement=placement, dedup=dedup, tokens=tokens
    )
    check_demand(demand)
    np.testing.assert_allclose(demand.total() % 1, 0, atol=1)
    assert set(demand.phase.tolist()) == {0, 1}


@pytest.mark.parametrize("params", [{}, {"node_limit": 2}, {"gate": "zipf"}, {"gate": "zipf", "placement": "balanced"}])
def test_the_busiest_rank_of_the_commodities_is_that_of_the_report(params):
    """Two derivations of bytes per rank: commodities added up, and copies per token."""
    demand = moe_all_to_all(n_ranks=64, ep=64, **params)
    figures = report(ep=64, **params)
    for leg, key in enumerate(("network_bytes_per_endpoint", "scale_up_bytes_per_endpoint")):
        busiest = 0.0
        for phase in (0, 1):
            src, dst, bytes_ = by_leg(demand, phase)[leg]
            busiest += max(np.bincount(src, bytes_).max(), np.bincount(dst, bytes_).max())
        assert busiest == pytest.approx(figures[key])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_ranks": 60, "ep": 64}, "ep=64 is more than the 60 ranks"),
        ({"n_ranks": 64, "ep": 1}, "ep must be a whole number of at least 2"),
        ({"n_ranks": 64, "ep": 64, "node_limit": 0}, "at least 1"),
        ({"n_ranks": 64, "ep": 64, "node_limit": 9}, "more than the 8 hosts"),
        ({"n_ranks": 64, "ep": 64, "tokens": 0}, "tokens"),
        ({"n_ranks": 8, "ep": 2, "redundant_experts": 300}, "256 experts have at most 256 copies on other ranks"),
        ({"n_ranks": 512, "ep": 512, "redundant_experts": 70_000}, "redundant_experts must be at most 65536"),
        ({"n_ranks": 64, "model": DEEPSEEK_V3 | {"hiden": 7000}}, "did you mean hidden"),
        ({"n_ranks": 64, "model": DEEPSEEK_V3 | {"hidden": "7000"}}, "model hidden must be a whole number"),
        ({"n_ranks": 64, "model": "deepseek-v3"}, "must be a mapping"),
        ({"n_ranks": 64, "model": DEEPSEEK_V3 | {"top_k": 300}}, "more than its 256"),
    ],
)
def test_what_is_refused_and_why(params, message):
    with pytest.raises(DemandError, match=message):
        moe_all_to_all(**params)
