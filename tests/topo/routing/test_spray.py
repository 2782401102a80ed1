"""Finite spraying between its limits: one path is ``ecmp-hash``, very many are ``ecmp``, feedback lies above blind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import traffic
from tests.topo.routing.cases import fabrics, random_demand, uniform
from topo.fabric import NodeKind
from topo.flow import route, solve
from topo.generators import generate
from topo.packet import Packet
from topo.routing import RoutingError
from topo.routing.drawn import ecmp_hash
from topo.routing.split import ecmp
from topo.routing.spray import spray
from traffic.demand import Demand


@pytest.fixture(scope="module")
def planes():
    return generate(
        "fat-tree-2", radix=16, capacity=12.5e9, planes=4, nic="multi-port", endpoints_per_host=4, scale_up=200e9
    )


def seconds(fabric, demand, routing):
    return solve(fabric, demand, routing, "proportional").completion_s


@pytest.mark.parametrize("name", sorted(set(fabrics()) - {"one-link", "parking-lot", "bowtie"}))
def test_one_path_is_a_hashed_one(name):
    fabric = fabrics()[name]
    demand = random_demand(fabric.n_endpoints)
    rate = np.random.default_rng(0).uniform(size=demand.n_commodities)
    one, hashed = spray(fabric, demand, paths=1, seed=5), ecmp_hash(fabric, demand, seed=5)
    np.testing.assert_array_equal(one.load(rate), hashed.load(rate))


def test_very_many_paths_are_ecmp(planes):
    """The share of a link out of 10,000 draws is within four standard deviations of its expectation."""
    demand = Demand.of("pair", planes.n_endpoints, src=0, dst=40, size=1.0)
    drawn, even = spray(planes, demand, paths=10_000).load(np.ones(1)), ecmp(planes, demand).load(np.ones(1))
    np.testing.assert_allclose(drawn, even, atol=4 * np.sqrt(0.25 * 0.75 / 10_000))
    assert ((drawn > 0) == (even > 0)).all()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**20), st.integers(1, 12), st.sampled_from(["planes", "multi-port", "fat-tree-3", "slim-fly"]))
def test_feedback_is_never_worse_and_nobody_passes_the_bound(seed, paths, name):
    fabric = fabrics()[name]
    demand = random_demand(fabric.n_endpoints, commodities=20, phases=2, seed=seed)
    blind, feedback = (spray(fabric, demand, paths=paths, seed=seed, choose=how) for how in ("blind", "feedback"))
    slow, fast = (seconds(fabric, demand, routing) for routing in (blind, feedback))
    assert fast <= slow * (1 + 1e-12)
    best = solve(fabric, demand, route(fabric, demand, "adaptive"), "proportional")
    assert 1.0 / fast <= best.bound * (1 + 1e-9)


def test_feedback_settles_near_the_even_split(planes):
    """A permutation over 128 paths: blind sets leave the fullest link 1.3 times too full and more, feedback 5 %."""
    demand = traffic.offer("permutation", n_ranks=planes.n_endpoints, ranks_per_host=4, seed=1)
    even = seconds(planes, demand, ecmp(planes, demand))
    blind = spray(planes, demand)
    found = spray(planes, demand, choose="feedback")
    assert seconds(planes, demand, blind) > 1.3 * even
    assert seconds(planes, demand, found) < 1.05 * even
    assert found.complete and 0 < found.rounds < 200 and blind.rounds == 0


def on_planes(fabric, load):
    """Return (planes,) what endpoints send into each plane."""
    into = (fabric.plane[fabric.tail] < 0) & (fabric.plane[fabric.head] >= 0)
    return np.bincount(fabric.plane[fabric.head[into]], load[into])


@pytest.mark.parametrize("choose", ["blind", "feedback"])
@pytest.mark.parametrize("paths", [4, 10])
def test_planes_share_the_paths_of_a_set_equally(planes, choose, paths):
    """A pair has as many paths on each plane as on any other, to within one."""
    demand = random_demand(planes.n_endpoints, commodities=10)
    routing = spray(planes, demand, paths=paths, choose=choose, balance="equal")
    columns = routing.columns()
    for f in range(demand.n_commodities):
        here = columns[:, [f]].toarray()[:, 0] * paths
        if on_planes(planes, here).sum() > 0:  # what stays in its host enters no plane
            assert np.ptp(on_planes(planes, here)) == pytest.approx(0 if paths % 4 == 0 else 1)


def test_shares_of_planes_are_those_of_ecmp_where_paths_are_many():
    """A plane that lost spines gets fewer paths when weighted, as many when equal, as under ecmp."""
    fabric = generate("fat-tree-2", radix=8, capacity=1.0, planes=4, nic="multi-port", endpoints_per_host=1)
    spines = np.flatnonzero((fabric.kind == NodeKind.SPINE) & (fabric.plane == 1))
    fabric = fabric.without(nodes=spines[:2])
    demand = Demand.of("pair", fabric.n_endpoints, src=[0, 1], dst=[30, 20], size=1.0)
    for balance in ("equal", "weighted"):
        drawn = spray(fabric, demand, paths=4000, balance=balance).load(demand.size)
        even = ecmp(fabric, demand, balance=balance).load(demand.size)
        np.testing.assert_allclose(on_planes(fabric, drawn), on_planes(fabric, even), atol=2 / 4000 + 1e-12)


@pytest.mark.parametrize("choose", ["blind", "feedback"])
def test_a_lone_pair_gets_no_more_than_headers_leave(planes, choose):
    """MRC has 770 of 800 Gb/s from one NIC to another; what no split passes is the payload of full packets."""
    fabric = replace(planes, packet=Packet(4150.0, 64.0))
    demand = Demand.of("pair", fabric.n_endpoints, src=0, dst=40, size=4086.0 * 10_000)
    solution = solve(fabric, demand, route(fabric, demand, "spray", choose=choose), "completion")
    rate = float(demand.size[0] / solution.completion_s)
    assert 0.9 * (choose == "feedback") < rate / (4 * 12.5e9) <= 4086 / 4150 * (1 + 1e-12)


def test_a_lone_pair_fills_its_planes(planes):
    demand = Demand.of("pair", planes.n_endpoints, src=0, dst=40, size=1e9)
    even = seconds(planes, demand, ecmp(planes, demand))
    assert seconds(planes, demand, spray(planes, demand, choose="feedback")) <= even * 33 / 32


def test_nothing_is_drawn_again_where_nothing_enters_the_network(planes):
    demand = Demand.of("inside", planes.n_endpoints, src=[0, 1], dst=[1, 2], size=1e6)
    blind, feedback = (spray(planes, demand, choose=how) for how in ("blind", "feedback"))
    np.testing.assert_array_equal(feedback.load(np.ones(2)), blind.load(np.ones(2)))
    assert feedback.complete


def test_results_say_how_often_paths_were_drawn_again(planes):
    from topo.metrics import measure

    demand = Demand.of("pair", planes.n_endpoints, src=0, dst=40, size=1e9)
    settled = measure(solve(planes, demand, route(planes, demand, "spray", choose="feedback")))
    assert settled["routing_rounds"] > 0
    assert "routing_rounds" not in measure(solve(planes, demand, route(planes, demand, "spray")))


@pytest.mark.parametrize("choose", ["blind", "feedback"])
def test_groups_are_the_sum_of_their_pairs(choose):
    fabric = fabrics()["fat-tree-2-planes"]
    demand = uniform(fabric.n_endpoints)
    listed = demand.listed()
    together = spray(fabric, demand, paths=3, choose=choose)
    each = spray(fabric, listed, paths=3, choose=choose)
    load = each.load(np.ones(listed.n_commodities))
    if choose == "feedback":
        np.testing.assert_allclose(together.load(np.ones(1)), load, rtol=1e-12)
    else:  # pairs that a relay leads over the same NICs share their set
        assert together.load(np.ones(1)).sum() == pytest.approx(load.sum(), rel=0.2)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"paths": 0}, "paths 0"),
        ({"seed": -1}, "seed"),
        ({"choose": "blindly"}, "known: blind, feedback"),
        ({"balance": "even"}, "balance"),
    ],
)
def test_bad_parameters(planes, params, message):
    with pytest.raises(RoutingError, match=message):
        spray(planes, random_demand(planes.n_endpoints), **params)
