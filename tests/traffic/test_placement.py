"""Placements: every expert has a home, copies stay on one host, balance against the exact optimum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.traffic.packing import best_placement, least_maximum
from traffic import DemandError
from traffic.packing import packed
from traffic.placement import balanced, contiguous, shuffled


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


LOADS = st.lists(st.integers(0, 1000), min_size=64, max_size=64)


@given(LOADS, st.sampled_from([(4, 1), (8, 2), (16, 4)]), st.sampled_from([1, 4, 8, 16]), st.sampled_from([0, 16, 64]))
@settings(max_examples=60, deadline=None)
def test_every_slot_is_full_every_expert_placed_and_hot_ones_copied_best(load, ranks, n_group, redundant):
    """Capacity: slots = (experts + copies) / ranks on every rank; hosts hold equally many whole groups of experts;
    no other number of copies on a host makes its hottest copy cooler."""
    ep, hosts = ranks
    weight = np.array(load, dtype=float)
    place = balanced(weight, ep=ep, ranks_per_host=4, n_group=n_group, redundant=redundant)
    assert place.slots.shape == (ep, (64 + redundant) // ep)
    assert place.copies.min() >= 1
    assert place.copies.sum() == 64 + redundant
    assert place.by_host.shape == (hosts, 64 // hosts)
    assert np.array_equal(np.sort(place.by_host, axis=None), np.arange(64))
    held_on = place.slots.reshape(hosts, -1)
    for host, experts in enumerate(place.by_host):
        assert set(held_on[host].tolist()) == set(experts.tolist())
        hottest = (weight[experts] / place.copies[experts]).max()
        if hottest:  # to be cooler, every expert needs more copies than load / hottest
            needed = np.floor(weight[experts] / hottest * (1 + 1e-12)) + 1
            assert needed.sum() > held_on[host].size
    if n_group % hosts == 0:
        assert all(len(set(group)) == 1 for group in place.host.reshape(n_group, -1).tolist())


def proven(packs: int, room: int) -> float:
    """Return the factor by which ``packed`` can miss the least maximum of ``packs`` packs of ``room`` items.

    Let x be the first item that fills a pack, and r the items in the finally heaviest pack just before.
    Until then no pack was full, so that pack weighs at most 4/3 - 1/(3 packs) of the optimum [1]_.  x went into the
    lightest pack of all, which held room - 1 items of at least x: (room - 1) x is at most the mean, hence the optimum.
    The heaviest pack takes at most room - r further items of at most x.  So r >= 2 gives
    4/3 - 1/(3 packs) + (room - 2) / (room - 1), and r = 1 its first item plus (room - 1) x: 2.
    With room for two, item m + j joins item m + 1 - j, which is optimal by exchange.

    .. [1] R. L. Graham, Bounds on multiprocessing timing anomalies, SIAM J. Appl. Math. 17, 1969, theorem 2.
    """
    return 1.0 if room <= 2 else max(2.0, graham(packs) + (room - 2) / (room - 1))


def graham(packs: int) -> float:
    return 4 / 3 - 1 / (3 * packs)


@given(st.sampled_from([(2, 1), (2, 2), (2, 3), (3, 2), (2, 5), (3, 3), (4, 3), (3, 4)]), st.data())
@settings(max_examples=60, deadline=None)
def test_packing_against_the_exact_optimum(shape, data):
    """optimum <= heaviest pack <= proven factor x optimum, for a few huge items as for many equal ones."""
    packs, room = shape
    each = st.one_of(st.integers(0, 9), st.integers(0, 1000))
    weight = np.array(data.draw(st.lists(each, min_size=packs * room, max_size=packs * room)))
    found = packed(weight.astype(float), packs)
    assert sorted(found.ravel().tolist()) == list(range(packs * room))
    heaviest, best = weight[found].sum(axis=1).max(), least_maximum(weight, packs)
    assert best <= heaviest <= proven(packs, room) * best


@given(st.sampled_from([(2, 5), (3, 4), (4, 5)]), st.data())
@settings(max_examples=40, deadline=None)
def test_grahams_bound_holds_where_room_never_binds(shape, data):
    """No more loaded items than a pack has room for: plain longest-first, 4/3 - 1/(3 packs)."""
    packs, room = shape
    loaded = data.draw(st.lists(st.integers(1, 50), min_size=room, max_size=room))
    weight = np.array(loaded + [0] * (packs * room - room))
    heaviest, best = weight[packed(weight.astype(float), packs)].sum(axis=1).max(), least_maximum(weight, packs)
    assert best <= heaviest <= graham(packs) * best * (1 + 1e-12)


@pytest.mark.parametrize(("loaded", "packs", "heaviest"), [([3, 3, 2, 2, 2], 2, 7), ([5, 5, 4, 4, 3, 3, 3], 3, 11)])
def test_grahams_bound_is_reached_by_his_own_example(loaded, packs, heaviest):
    weight = np.array(loaded + [0] * (len(loaded) * (packs - 1)))
    assert weight[packed(weight.astype(float), packs)].sum(axis=1).max() == heaviest
    assert heaviest / least_maximum(weight, packs) == pytest.approx(graham(packs))


@pytest.mark.parametrize("seed", range(9))
def test_balanced_against_the_best_placement_of_all(seed):
    """optimum <= busiest rank: the solver chooses hosts, copies and ranks at once; heavy-tailed loads.

    The three greedy stages together carry no proven factor; over 60 such draws they missed by at most 1.33.
    Spread evenly over one's copies is part of the model on both sides.
    """
    load = np.ceil(10 * (np.random.default_rng(seed).pareto(1.2, 8) + 0.1)).astype(int)
    redundant, n_group = (0, 4, 8)[seed % 3], (1, 4)[seed // 3 % 2]
    units = np.arange(8).reshape(4 if n_group == 4 else 8, -1)
    place = balanced(load.astype(float), ep=4, ranks_per_host=2, n_group=n_group, redundant=redundant)
    busiest = (load[place.slots] / place.copies[place.slots]).sum(axis=1).max()
    best, scale = best_placement(load, hosts=2, ranks_on_host=2, redundant=redundant, units=units)
    assert best <= busiest * scale * (1 + 1e-12)
    assert busiest * scale <= 4 / 3 * best


def test_one_rank_a_host_without_copies_is_a_packing_alone():
    """The exact placement and the exact packing are written apart; where they coincide they agree."""
    load = np.array([9, 7, 6, 5, 4, 3])
    best, scale = best_placement(load, hosts=2, ranks_on_host=1, redundant=0, units=np.arange(6).reshape(6, 1))
    assert (best, scale) == (least_maximum(load, 2), 1) == (17, 1)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"ep": 2, "ranks_per_host": 8, "redundant": 257}, "at most 256 copies"),
        ({"ep": 2, "ranks_per_host": 8, "redundant": -1}, "redundant_experts must be"),
        ({"ep": 1, "ranks_per_host": 8}, "at least 2"),
        ({"ep": 8, "ranks_per_host": 0}, "ranks_per_host"),
    ],
)
def test_what_is_refused_and_why(params, message):
    with pytest.raises(DemandError, match=message):
        contiguous(256, **params)


UNEVEN = [(144, 8, 0), (144, 8, 32), (320, 8, 0), (320, 8, 64), (320, 1, 64), (20, 7, 5), (48, 8, 0), (12, 8, 3)]


@pytest.mark.parametrize(("ep", "p", "redundant"), UNEVEN)
@pytest.mark.parametrize("kind", ["contiguous", "random", "balanced"])
def test_ranks_and_hosts_hold_as_evenly_as_can_be(kind, ep, p, redundant):
    """Two ranks differ by one slot at most, two equal hosts too; no expert is lost, no rank holds one twice."""
    how = {"ep": ep, "ranks_per_host": p, "redundant": redundant}
    load = np.random.default_rng(ep).pareto(2.0, 256) + 0.5
    place = {
        "contiguous": lambda: contiguous(256, **how),
        "random": lambda: shuffled(256, seed=3, **how),
        "balanced": lambda: balanced(load, **how),
    }[kind]()
    slots = (place.slots >= 0).sum(axis=1)
    assert slots.sum() == 256 + redundant and np.ptp(slots) <= 1
    assert place.copies.min() >= 1 and place.copies.sum() == 256 + redundant
    assert place.shares.sum() == ep and (place.shares[:-1] == min(p, ep)).all()
    on_host = np.add.reduceat(slots, np.arange(0, ep, p))[place.shares == min(p, ep)]
    assert np.ptp(on_host) <= 1
    assert place.on_one_host == (p > 1 or not redundant)
    if kind != "balanced":
        assert all(len(set(row[row >= 0].tolist())) == (row >= 0).sum() for row in place.slots)
        assert place.copies.max() <= 2


def test_where_ep_divides_nothing_changes():
    """The order of slots is that of the plain reshape, for every way to divide 256 experts."""
    for ep in (2, 4, 8, 16, 32, 64, 128, 256):
        place = contiguous(256, ep=ep, ranks_per_host=8)
        assert np.array_equal(place.slots, np.arange(256).reshape(ep, -1)) and place.even


def test_relays_of_unequal_hosts_count_round():
    """Senders of every index, one by one: who arrives where."""
    place = contiguous(64, ep=20, ranks_per_host=8)
    rank = np.arange(20)
    for host, share in enumerate(place.shares):
        arrives = np.where(rank // 8 == host, rank % 8, rank % 8 % share)
        assert np.array_equal(np.bincount(arrives, minlength=share), place.served[host * 8 : host * 8 + share])
