"""Copies per token: closed forms against each other, against a plain re-derivation, against samples."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic import DemandError
from traffic.gate import GATES, SCORES, Gating, affinities, chosen, ranked
from traffic.placement import balanced, contiguous
from traffic.visits import Sampler, check_limit, distinct_probability, mean_distinct, mean_limited

#: Mean hosts under a limit of 4 at EP64, by score and distribution of affinities: facts.md section 1.
LIMITED_TO_4 = [
    ("max", "abs-normal", 3.983),
    ("max", "uniform", 3.983),
    ("sum-of-top", "uniform", 3.954),
    ("sum-of-top", "sigmoid-normal", 3.965),
    ("sum-of-top", "abs-normal", 3.971),
]


def sampler(ep=64, p=8, n_tokens=60_000, **gating):
    gating = {"n_experts": 256, "top_k": 8, "n_group": 8} | gating
    return Sampler(Gating(**gating), contiguous(gating["n_experts"], ep=ep, ranks_per_host=p), n_tokens)


@pytest.mark.parametrize(("places", "mean"), [(2, 1.993), (4, 3.614), (8, 5.295), (16, 6.523), (64, 7.676)])
def test_published_means_of_a_uniform_gate(places, mean):
    assert round(mean_distinct(places, 256, 8), 3) == mean


@pytest.mark.parametrize(("score", "affinity", "mean"), LIMITED_TO_4)
def test_four_hosts_at_ep64_by_score(score, affinity, mean):
    visits = sampler(score=score, affinity=affinity).visits(4)
    assert visits.hosts == pytest.approx(mean, abs=max(0.002, 1.5 * visits.hosts_error))


def test_limits_on_groups_and_on_hosts_differ_at_ep128():
    """DeepSeek-V3's own 4 of 8 groups span 8 hosts there: 5.73 visited; four hosts are four."""
    groups = sampler(ep=128, topk_group=4, score="sum-of-top", affinity="sigmoid-normal").visits(None)
    assert groups.hosts == pytest.approx(5.73, abs=0.015)
    assert sampler(ep=128).visits(4).hosts == pytest.approx(4.0, abs=0.001)


def test_limits_on_groups_and_on_hosts_coincide_at_ep64():
    groups, hosts = sampler(topk_group=4).visits(None), sampler().visits(4)
    assert groups.hosts == pytest.approx(hosts.hosts, abs=2 * groups.hosts_error)


@pytest.mark.parametrize(("n_group", "p"), [(8, 16), (2, 4), (8, 8)])
@pytest.mark.parametrize("gate", [{"gate": "correlated", "correlation": 0.3}, {"topk_group": 1}])
def test_hosts_that_no_gate_tells_apart_are_visited_equally_often(n_group, p, gate):
    """Groups span whole hosts or hosts whole groups: a host is as good as any other, and so are its ranks."""
    visits = sampler(ep=32, p=p, n_tokens=1000, n_group=n_group, **gate).visits(None)
    assert np.ptp(visits.host) == np.ptp(visits.rank) == 0.0
    skewed = sampler(ep=32, p=p, n_tokens=1000, n_group=n_group, gate="zipf").visits(None)
    assert skewed.host[0] > skewed.host[-1]


def test_closed_forms_agree_with_counting_every_choice():
    """All ways to pick 3 of 8 experts on 4 places, one by one."""
    counts = [len({expert // 2 for expert in pick}) for pick in combinations(range(8), 3)]
    assert mean_distinct(4, 8, 3) == pytest.approx(np.mean(counts))
    probability = distinct_probability(4, 8, 3)
    assert probability.tolist() == pytest.approx([np.mean([c == d for c in counts]) for d in range(4)])


@given(st.sampled_from([(4, 16), (8, 64), (16, 256)]), st.integers(1, 12))
def test_the_distribution_has_the_closed_mean(sizes, top_k):
    places, n_experts = sizes
    probability = distinct_probability(places, n_experts, top_k)
    assert probability.sum() == pytest.approx(1)
    assert probability @ np.arange(top_k + 1) == pytest.approx(mean_distinct(places, n_experts, top_k))
    means = [mean_limited(places, n_experts, top_k, limit) for limit in range(1, places + 1)]
    assert means == sorted(means) and means[-1] == pytest.approx(mean_distinct(places, n_experts, top_k))


@given(st.sampled_from(GATES), st.sampled_from(SCORES), st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_a_tighter_node_limit_never_raises_the_hosts_that_a_token_visits(gate, score, seed):
    study = sampler(gate=gate, score=score, seed=seed, n_tokens=2000)
    hosts = [study.visits(limit).hosts for limit in range(1, 9)]
    assert all(tight <= loose + 1e-12 for tight, loose in pairwise(hosts))
    assert all(mean <= limit + 1e-12 for limit, mean in enumerate(hosts, start=1))


@given(st.integers(0, 99), st.integers(1, 8))
@settings(max_examples=15, deadline=None)
def test_scored_by_the_best_expert_a_token_visits_the_lesser_of_limit_and_wish(seed, limit):
    """Token by token, for a skewed gate too: min(M, D)."""
    by_host = np.arange(256).reshape(8, 32)
    free = Gating(256, 8, gate="zipf", seed=seed)
    limited = Gating(256, 8, gate="zipf", seed=seed, node_limit=limit)
    (affinity,) = affinities(free, 300)
    keys = ranked(affinity)
    wish, got = (np.array([len(set(row // 32)) for row in chosen(affinity, keys, g, by_host)]) for g in (free, limited))
    assert (got == np.minimum(wish, limit)).all()


def test_picks_agree_with_a_plain_sort_by_sum_of_top_two():
    gating = Gating(64, 4, score="sum-of-top", affinity="abs-normal", node_limit=2)
    (affinity,) = affinities(gating, 500)
    picked = chosen(affinity, ranked(affinity), gating, np.arange(64).reshape(4, 16))
    for row, scores in zip(picked, affinity, strict=True):
        best = np.argsort(np.sort(scores.reshape(4, 16))[:, -2:].sum(axis=1))[-2:]
        allowed = np.where(np.isin(np.arange(64) // 16, best), scores, 0)
        assert set(row.tolist()) == set(np.argsort(allowed)[-4:].tolist())


def test_a_sample_holds_the_closed_form_in_its_interval():
    study = sampler(n_tokens=40_000)
    sample = study._sampled(None)
    assert sample.hosts == pytest.approx(study.visits(None).hosts, abs=2 * sample.hosts_error)
    assert sample.ranks == pytest.approx(study.visits(None).ranks, abs=2 * sample.ranks_error)
    assert 0.005 < sample.hosts_error < 0.012


def test_the_same_seed_draws_the_same_tokens():
    one, two, other = (sampler(gate="zipf", seed=seed, n_tokens=1000).visits(3) for seed in (5, 5, 6))
    assert (one.rank == two.rank).all() and not (one.rank == other.rank).all()


@pytest.mark.parametrize(
    ("limit", "message"), [(0, "at least 1"), (9, "more than the 8 hosts"), (1.5, "whole number"), (True, "whole")]
)
def test_limits_that_make_no_sense(limit, message):
    with pytest.raises(DemandError, match=message):
        check_limit(limit, contiguous(256, ep=64, ranks_per_host=8), 8)


def test_a_limit_must_leave_enough_experts():
    with pytest.raises(DemandError, match="give at least 8"):
        check_limit(4, contiguous(256, ep=256, ranks_per_host=1), 8)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"top_k": 300}, "more than the 256"),
        ({"gate": "zip"}, "did you mean zipf"),
        ({"skew": -1}, "skew must be positive"),
        ({"correlation": 1}, "below 1"),
        ({"topk_group": 9}, "more than the 8 groups"),
        ({"n_group": 7}, "does not divide 256"),
        ({"seed": -1}, "seed"),
    ],
)
def test_wrong_gates(wrong, message):
    with pytest.raises(DemandError, match=message):
        Gating(**({"n_experts": 256, "top_k": 8, "n_group": 8} | wrong))


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("score", SCORES)
def test_a_sample_in_blocks_is_the_sample_at_once(monkeypatch, gate, score):
    """Blocks bound memory and change no number, copies of experts picked by lot included."""

    def drawn(block):
        monkeypatch.setattr("traffic.visits.BLOCK", block)
        gating = Gating(64, 6, gate=gate, score=score, affinity="sigmoid-normal", n_group=8, seed=3)
        place = balanced(gating.popularity(), ep=16, ranks_per_host=4, n_group=8, redundant=16)
        study = Sampler(gating, place, 1000)
        return [study._sampled(limit) for limit in (None, 2)]

    for once, blocks in zip(drawn(64_000), drawn(64 * 37 + 5), strict=True):
        for name in ("host", "rank", "experts", "hosts_error", "ranks_error", "sampled_hosts"):
            assert np.array_equal(getattr(once, name), getattr(blocks, name)), name
