"""Valiant against closed forms, the oracle, and the sum over all turns written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import small
from tests.oracles import check_routing
from tests.topo.routing.cases import damaged, fabrics, random_demand, uniform
from topo.fabric import Fabric, Groups, NodeKind, Tier
from topo.flow import NotConnected, RoutingError, route, solve
from topo.generators import generate
from topo.routing.adversarial import adversarial
from traffic.demand import Demand

FABRICS = fabrics()


def switch_throughput(fabric, demand, routing):
    """Largest time of an endpoint over the largest time of a switch link."""
    busiest = max(demand.sent().max(), demand.received().max()) / fabric.capacity[0]
    return busiest / (routing.load(demand.size) / fabric.capacity)[fabric.is_switch_link].max()


@pytest.mark.parametrize("h", [1, 2, 3])
@pytest.mark.parametrize("via", ["switch", "group"])
def test_canonical_dragonfly_under_its_adversary(h, via):
    """facts.md section 3: minimal 1/(a p), Valiant (a h - 1)/(2 a p)."""
    a = 2 * h
    fabric = generate("dragonfly", capacity=1.0, a=a, p=h, h=h)
    demand = adversarial(fabric)
    assert switch_throughput(fabric, demand, route(fabric, demand)) == pytest.approx(1 / (a * h))
    valiant = route(fabric, demand, "valiant", via=via)
    assert switch_throughput(fabric, demand, valiant) == pytest.approx((a * h - 1) / (2 * a * h))


@pytest.mark.parametrize("name", FABRICS)
def test_laws(name):
    fabric = FABRICS[name]
    check_routing(fabric, demand := random_demand(fabric.n_endpoints), route(fabric, demand, "valiant"))


@pytest.mark.parametrize("name", FABRICS)
def test_an_unlisted_all_to_all_is_the_listed_one(name):
    fabric = FABRICS[name]
    demand = uniform(fabric.n_endpoints)
    whole, listed = route(fabric, demand, "valiant"), route(fabric, demand.listed(), "valiant")
    np.testing.assert_allclose(whole.load(np.ones(1)), listed.load(np.ones(demand.listed().n_commodities)), atol=1e-9)
    value = np.random.default_rng(0).uniform(size=fabric.n_links)
    assert whole.sum_along(value)[0] == pytest.approx(listed.sum_along(value).mean())
    assert whole.min_along(value)[0] == pytest.approx(listed.min_along(value).min())


def test_a_dragonfly_turns_evenly_in_third_groups():
    """Written out: one minimal leg to each switch of each third group, one from there, with equal odds."""
    fabric = generate("dragonfly", capacity=1.0, a=2, p=1, h=1)
    demand = Demand.of("one", fabric.n_endpoints, src=[0], dst=[2], size=1.0)
    share = np.zeros(fabric.n_links)
    thirds = [end for end in range(fabric.n_endpoints) if fabric.group[end] not in (fabric.group[0], fabric.group[2])]
    for turn in thirds:
        legs = Demand.of("legs", fabric.n_endpoints, src=[0, turn], dst=[turn, 2], size=1.0)
        share += route(fabric, legs).load(np.ones(2)) / len(thirds)
    on_switches = fabric.is_switch_link
    assert len(thirds) == 2
    got = route(fabric, demand, "valiant").load(np.ones(1))
    np.testing.assert_allclose(got[on_switches], share[on_switches], atol=1e-12)


def test_what_stays_on_a_switch_never_leaves_it():
    fabric = small.leaf_spine(3, 2, per_leaf=3)
    demand = Demand.of("near", 9, src=[0, 1], dst=[2, 8], size=1.0)
    load = route(fabric, demand, "valiant").load(np.array([1.0, 0.0]))
    assert not load[fabric.is_switch_link].any()


def test_a_turn_needs_a_third_group():
    fabric = generate("dragonfly", capacity=1.0, a=4, p=2, h=2, g=2)
    with pytest.raises(RoutingError, match=r"third group.* has 2 groups"):
        route(fabric, random_demand(fabric.n_endpoints), "valiant")


def test_via_group_needs_groups():
    fabric = small.leaf_spine()
    with pytest.raises(RoutingError, match="via=group needs a Dragonfly"):
        route(fabric, random_demand(4), "valiant", via="group")
    with pytest.raises(RoutingError, match="via 'leaf' is unknown; known: group, switch"):
        route(fabric, random_demand(4), "valiant", via="leaf")


@settings(max_examples=30, deadline=None)
@given(fabric=damaged(), seed=st.integers(0, 2**16))
def test_laws_after_failures(fabric, seed):
    """What is left obeys the laws, or is refused."""
    demand = random_demand(fabric.n_endpoints, commodities=10, seed=seed)
    try:
        routing = route(fabric, demand, "valiant")
    except (NotConnected, RoutingError):
        return
    check_routing(fabric, demand, routing, samples=3)


def hyperx(side, *, numbered, groups=Groups.NONE):
    """Return side x side switches, each joined to all of its row and of its column, two endpoints a switch."""
    switch, ends = np.arange(side * side), 2 * side * side
    row, column = np.divmod(switch, side)
    pairs = [(a, b) for a in switch for b in switch[a + 1 :] if row[a] == row[b] or column[a] == column[b]]
    a, b = np.array(pairs).T
    return Fabric.from_cables(
        name="hyperx",
        kind=[NodeKind.ENDPOINT] * ends + [NodeKind.LEAF] * len(switch),
        a=np.concatenate([np.arange(ends), ends + a]),
        b=np.concatenate([ends + np.arange(ends) // 2, ends + b]),
        capacity=1.0,
        tier=np.repeat([Tier.ENDPOINT, Tier.LOCAL], [ends, len(a)]),
        group=np.concatenate([np.repeat(row, 2), row]) if numbered else -1,
        groups=groups,
    )


def test_group_numbers_that_are_no_dragonfly_s_change_nothing():
    """Rows of a HyperX bear numbers, yet Valiant turns at any switch: its throughput is that of the bare graph."""
    plain, numbered = hyperx(4, numbered=False), hyperx(4, numbered=True)
    demand = adversarial(plain)
    theta = [solve(f, demand, route(f, demand, "valiant")).overall_theta for f in (plain, numbered)]
    assert theta[0] == pytest.approx(theta[1], rel=1e-12)
    assert np.array_equal(adversarial(numbered).dst, demand.dst)
    taken_for_one = hyperx(4, numbered=True, groups=Groups.DRAGONFLY)
    assert solve(taken_for_one, demand, route(taken_for_one, demand, "valiant")).overall_theta < 0.8 * theta[0]
    with pytest.raises(RoutingError, match="needs a Dragonfly"):
        route(numbered, demand, "valiant", via="group")


def test_a_dragonfly_stays_one_after_failures():
    fabric = generate("dragonfly", capacity=1.0, a=2, p=1, h=1)
    assert fabric.without(cables=[0]).groups == Groups.DRAGONFLY
