"""Experts that lie unevenly: closed forms against every choice, against draws, and what today's even groups gave."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest

from tests.oracles import check_demand
from traffic.expert_parallel import moe_all_to_all
from traffic.gate import Gating, affinities, chosen, ranked
from traffic.moe import report
from traffic.placement import contiguous, shuffled
from traffic.uneven import free_visits, limited_hosts, visit_probability
from traffic.visits import Sampler, check_limit, least_limit, mean_distinct, mean_limited

TOKENS = 4_096
SMALL = [(6, 4, 2, 0, 3), (7, 3, 2, 0, 2), (5, 8, 3, 0, 2), (4, 6, 3, 4, 2), (5, 3, 1, 2, 2), (6, 5, 8, 3, 3)]


def every_choice(place, top_k):
    """Yield (ranks of the picks, probability) of all ways to pick and all copies that may be taken."""
    picks = list(combinations(range(place.n_experts), top_k))
    for pick in picks:
        ways = [[]]
        for expert in pick:
            ways = [[*way, int(rank)] for way in ways for rank in np.argwhere(place.slots == expert)[:, 0]]
        yield from ((way, 1 / len(picks) / len(ways)) for way in ways)


@pytest.mark.parametrize("sizes", SMALL)
@pytest.mark.parametrize("build", [contiguous, shuffled])
def test_visits_are_those_of_every_choice(build, sizes):
    n_experts, ep, p, redundant, top_k = sizes
    place = build(n_experts, ep=ep, ranks_per_host=p, redundant=redundant)
    host, rank, experts = np.zeros(place.hosts), np.zeros(ep), np.zeros(ep)
    for ranks, probability in every_choice(place, top_k):
        host[list({r // p for r in ranks})] += probability
        rank[list(set(ranks))] += probability
        experts += probability * np.bincount(ranks, minlength=ep)
    for mine, theirs in zip(free_visits(place, top_k), (host, rank, experts), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)


@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 2, 1), (0, 3, 2, 1), (1, 1, 1, 2), (4, 1)])
@pytest.mark.parametrize("top_k", [2, 3])
def test_a_limit_on_unequal_hosts_is_that_of_every_ranking(sizes, top_k):
    """All orders that a token may rank its experts in: the first ``limit`` hosts, then the best on them."""
    home = np.repeat(np.arange(len(sizes)), sizes)
    for limit in range(1, np.count_nonzero(sizes) + 1):
        seen = np.zeros(len(sizes))
        orders = list(permutations(range(len(home))))
        for order in orders:
            kept = list(dict.fromkeys(home[list(order)].tolist()))[:limit]
            picked = [e for e in order if home[e] in kept][:top_k]
            seen[list({int(home[e]) for e in picked})] += 1 / len(orders)
        if sum(sorted(n for n in sizes if n)[:limit]) >= top_k:
            np.testing.assert_allclose(limited_hosts(np.array(sizes), top_k, limit), seen, rtol=1e-12)


def test_closed_forms_of_equal_places_are_the_ones_of_all_places():
    for places in (2, 8, 16, 64, 256):
        mine = places * visit_probability([(1, 1)] * (256 // places), 256, 8)
        assert mine == pytest.approx(mean_distinct(places, 256, 8), rel=1e-12)
    for limit in range(1, 9):
        mine = limited_hosts(np.full(8, 32), 8, limit).sum()
        assert mine == pytest.approx(mean_limited(8, 256, 8, limit), rel=1e-12)


@pytest.mark.parametrize(("ep", "p", "redundant"), [(144, 8, 0), (144, 8, 32), (320, 8, 64), (320, 1, 64), (100, 8, 0)])
def test_a_draw_holds_the_closed_form(ep, p, redundant):
    place = contiguous(256, ep=ep, ranks_per_host=p, redundant=redundant)
    study = Sampler(Gating(256, 8), place, 20_000)
    free, drawn = study.visits(None), study._sampled(None)
    assert free.hosts == pytest.approx(drawn.hosts, abs=2 * drawn.hosts_error)
    assert free.ranks == pytest.approx(drawn.ranks, abs=2 * drawn.ranks_error)
    assert free.experts.sum() == pytest.approx(8) and drawn.experts.sum() == pytest.approx(8)
    np.testing.assert_allclose(free.rank, drawn.rank, atol=6 * np.sqrt(0.09 / 20_000))
    if place.on_one_host:
        limited, sample = study.visits(4), study._sampled(4)
        assert limited.hosts == pytest.approx(sample.hosts, abs=2 * sample.hosts_error + 1e-5)
        np.testing.assert_allclose(limited.host, sample.host, atol=6 * np.sqrt(0.25 / 20_000))


@pytest.mark.parametrize("score", ["max", "sum-of-top"])
def test_unequal_hosts_are_ranked_as_by_a_plain_sort(score):
    """Token by token, copies on several hosts included: the limit's hosts, and the best experts on them."""
    gating = Gating(24, 4, score=score, affinity="sigmoid-normal", node_limit=2)
    (affinity,) = affinities(gating, 200)
    host = np.random.default_rng(1).integers(0, 4, size=(200, 24))
    picked = chosen(affinity, ranked(affinity), gating, None, host)
    for row, scores, where in zip(picked, affinity, host, strict=True):
        best = [np.sort(scores[where == h])[::-1] for h in range(4)]
        value = [mine[: 1 if score == "max" else 2].sum() for mine in best]
        kept = np.argsort(value)[-2:]
        allowed = np.where(np.isin(where, kept), scores, 0)
        assert set(row.tolist()) == set(np.argsort(allowed)[-4:].tolist())


CASES = [
    {"ep": 144}, {"ep": 144, "redundant_experts": 32}, {"ep": 320, "redundant_experts": 64}, {"ep": 320},
    {"ep": 100}, {"ep": 12}, {"ep": 6, "placement": "random"}, {"ep": 144, "placement": "balanced", "gate": "zipf"},
    {"ep": 144, "ranks_per_host": 4, "ranks_per_domain": 72}, {"ep": 100, "ranks_per_host": 4, "ranks_per_domain": 72},
]  # fmt: skip


@pytest.mark.parametrize("params", CASES, ids=str)
@pytest.mark.parametrize("dedup", [True, False])
def test_bytes_are_tokens_times_copies(params, dedup):
    """Commodities added up: one copy a remote host, or one a picked expert; the busiest rank is that of the report."""
    demand = moe_all_to_all(n_ranks=640, dedup=dedup, node_limit=None, **params)
    check_demand(demand)
    figures = report(node_limit=None, **params)
    host = params.get("ranks_per_domain", 8)
    ranks = demand.src[demand.phase == 0]
    members = demand.sent() > 0
    assert members.sum() % params["ep"] == 0
    out = demand.phase == 0
    across = out & (demand.src // host != demand.dst // host)
    form = figures["forms"][1 if dedup else 0]
    assert demand.size[across].sum() == pytest.approx(members.sum() * TOKENS * 7_408 * form["remote_copies"], rel=1e-9)
    assert len(ranks)
    if dedup:
        for there, key in ((across, "dispatch_network_s"), (out & ~across, "dispatch_scale_up_s")):
            rate = 50e9 if there is across else 200e9
            busiest = max(
                np.bincount(ends[there], demand.size[there]).max(initial=0) for ends in (demand.src, demand.dst)
            )
            assert busiest / rate == pytest.approx(figures[key], rel=1e-9)


def test_a_rank_without_an_expert_sends_and_hears_nothing_back_from_others_tokens():
    """EP320 without copies: 64 ranks receive no tokens without relays, and send theirs all the same."""
    demand = moe_all_to_all(n_ranks=320, ep=320, dedup=False, node_limit=None)
    out = demand.phase == 0
    received = np.bincount(demand.dst[out], demand.size[out], 320)
    sent = np.bincount(demand.src[out], demand.size[out], 320)
    assert (received == 0).sum() == 64 and (sent > 0).all()
    np.testing.assert_allclose(sent.sum(), 320 * TOKENS * 7_408 * 8 * 319 / 320)


@pytest.mark.parametrize(("ep", "p", "redundant"), [(144, 8, 32), (320, 1, 64), (320, 8, 64)])
def test_the_least_limit_always_leaves_a_token_its_experts(ep, p, redundant):
    place = contiguous(256, ep=ep, ranks_per_host=p, redundant=redundant)
    least = least_limit(place, 8)
    study = Sampler(Gating(256, 8), place, 2_000)
    assert study.visits(least).hosts <= least + 1e-9
    if least > 1:
        with pytest.raises(ValueError, match=f"give at least {least}"):
            check_limit(least - 1, place, 8)


def test_decoding_of_deepseek_is_had():
    """EP144 with 32 redundant experts, EP320 with one expert a rank: arXiv 2412.19437, section 3.4."""
    unit, large = report(ep=144, redundant_experts=32), report(ep=320, redundant_experts=64)
    assert (unit["hosts"], large["hosts"]) == (18, 40)
    assert unit["hosts_per_token_unlimited"] == pytest.approx(6.6, abs=0.1)
    assert unit["hosts_per_token"] <= 4 < large["hosts_per_token_unlimited"]
    assert unit["method"].startswith("hosts by closed form")
