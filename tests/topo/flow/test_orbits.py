"""Solved routings over orbits: equal to the programme without symmetry, and only where there is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import traffic
from topo.flow import route
from topo.flow.orbits import moves, quotient
from topo.flow.problem import Problem
from topo.generators import generate
from topo.routing.adversarial import adversarial
from topo.routing.network import Network
from topo.routing.site_amounts import site_amounts

NETWORKS = {
    "dragonfly h=1": ("dragonfly", {"a": 2}),
    "dragonfly h=2": ("dragonfly", {"a": 4}),
    "dragonfly h=2, circulant": ("dragonfly", {"a": 4, "arrangement": "circulant"}),
    "dragonfly, parallel cables": ("dragonfly", {"a": 4, "g": 5}),
    "slim-fly q=5": ("slim-fly", {"q": 5}),
    "fat-tree-2": ("fat-tree-2", {"radix": 8, "oversubscription": 3.0}),
    "fat-tree-3": ("fat-tree-3", {"radix": 4, "oversubscription": 3.0}),
    "two planes": ("fat-tree-2", {"radix": 8, "planes": 2, "endpoints_per_host": 4, "scale_up": 4.0}),
}
DEMANDS = {
    "all-to-all": lambda fabric: traffic.offer("all-to-all", n_ranks=fabric.n_endpoints, bytes=1.0),
    "groups": lambda fabric: traffic.offer(
        "all-to-all", n_ranks=fabric.n_endpoints, ep=fabric.n_endpoints // 2, bytes=1.0
    ),
    "adversarial": lambda fabric: adversarial(fabric, bytes=1.0),
}


def fabric_of(name, *, symmetry):
    family, parameters = NETWORKS[name]
    return generate(family, capacity=1.0, symmetry=symmetry, **parameters)


def theta(fabric, routing, demand):
    return 1.0 / float((routing.load(demand.size) / fabric.capacity)[fabric.is_switch_link].max())


def problem_of(fabric):
    network = Network.of(fabric, by_capacity=True)
    demand = traffic.offer("all-to-all", n_ranks=fabric.n_endpoints, bytes=1.0)
    amounts = site_amounts(network, demand, 10**6)
    return Problem.of(network, amounts.source, amounts.target, amounts.total(demand.size))


@pytest.mark.parametrize("policy", ["adaptive", "optimal"])
@pytest.mark.parametrize("pattern", DEMANDS)
@pytest.mark.parametrize("name", NETWORKS)
def test_orbits_reach_what_the_whole_programme_reaches(name, pattern, policy):
    value = []
    for symmetry in (False, True):
        fabric = fabric_of(name, symmetry=symmetry)
        demand = DEMANDS[pattern](fabric)
        routing = route(fabric, demand, policy, gap=1e-9, seconds=20.0)
        assert routing.complete
        value.append(theta(fabric, routing, demand))
    assert value[1] == pytest.approx(value[0], rel=1e-8)


@pytest.mark.parametrize("h", [1, 2, 3, 4])
def test_adversarial_dragonfly_by_its_closed_form(h):
    """(1 + 1 / (a p)) / 2: facts.md, section 3."""
    fabric = generate("dragonfly", a=2 * h, capacity=1.0, symmetry=True)
    demand = adversarial(fabric, bytes=1.0)
    routing = route(fabric, demand, "optimal", gap=1e-6)
    assert theta(fabric, routing, demand) == pytest.approx((1.0 + 1.0 / (2 * h * h)) / 2.0, rel=1e-6)


@pytest.mark.parametrize("policy", ["adaptive", "optimal"])
def test_every_pair_is_routed_whole(policy):
    """What leaves and enters each endpoint under the turned paths is what its commodities send."""
    fabric = fabric_of("dragonfly h=2", symmetry=True)
    demand = adversarial(fabric, bytes=1.0)
    routing = route(fabric, demand, policy)
    one = np.zeros(demand.n_commodities)
    for f in np.random.default_rng(3).integers(demand.n_commodities, size=20):
        one[:] = 0.0
        one[f] = 1.0
        load = routing.load(one)
        net = np.bincount(fabric.tail, load, fabric.n_nodes) - np.bincount(fabric.head, load, fabric.n_nodes)
        expected = np.zeros(fabric.n_nodes)
        expected[demand.src[f]], expected[demand.dst[f]] = 1.0, -1.0
        np.testing.assert_allclose(net, expected, atol=1e-9)


def test_groups_of_a_dragonfly_are_one_orbit():
    problem = problem_of(fabric_of("dragonfly h=2", symmetry=True))
    found = moves(problem.network, problem.graph, problem.order, problem.pairs)
    alone = quotient(problem.graph, problem.pairs, found)
    assert len(alone.pairs.source) <= len(problem.pairs.source) // 9
    assert alone.pairs.amount.sum() == pytest.approx(problem.pairs.amount.sum())
    assert alone.graph.capacity.sum() == pytest.approx(problem.graph.capacity.sum())


def test_a_demand_that_is_not_invariant_keeps_no_move():
    problem = problem_of(fabric_of("dragonfly h=2", symmetry=True))
    uneven = problem.pairs._replace(amount=problem.pairs.amount * (1.0 + np.arange(len(problem.pairs.amount))))
    assert moves(problem.network, problem.graph, problem.order, problem.pairs)
    assert not moves(problem.network, problem.graph, problem.order, uneven)


def test_a_fabric_with_a_lost_cable_loses_its_symmetry():
    """Even where a fabric still states automorphisms that it no longer has, they are tested and dropped."""
    fabric = fabric_of("dragonfly h=2", symmetry=True)
    lost = fabric.without(cables=[fabric.n_links // 2 - 1])
    problem = problem_of(replace(lost, symmetry=fabric.symmetry))
    assert not moves(problem.network, problem.graph, problem.order, problem.pairs)
