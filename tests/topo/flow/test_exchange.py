"""Exchanged places as one: the least congestion stays what it was, and what is not alike is not exchanged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import traffic
from tests.topo.flow.test_coarse import FAMILIES, left_of
from topo.failures import reachable
from topo.flow.exchange import exchanged
from topo.flow.problem import Places, Problem
from topo.flow.spread import dual_bound, spread
from topo.generators import generate
from topo.routing.network import Network
from topo.routing.site_amounts import alike, site_amounts
from traffic.demand import GroupedDemand


def problem_of(fabric, demand):
    """Return the problem of all pairs of a grouped demand, with places of their own for several ports."""
    network = Network.of(fabric, by_capacity=True)
    if network.most_ports <= 1:
        amounts, places = site_amounts(network, demand, 10**7), None
        return Problem.of(network, amounts.source, amounts.target, amounts.total(demand.size))
    number, amounts = alike(network, demand, 10**7)
    places, of = Places.of_classes(network, number)
    return Problem.of(network, of[amounts.source], of[amounts.target], amounts.total(demand.size), places)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), minimal=st.booleans())
def test_the_least_congestion_is_that_of_all_pairs(data, minimal):
    """Within the gap of the whole; what is even over orbits carries it, and prices prove it on the whole graph."""
    fabric = left_of(data, data.draw(st.sampled_from(FAMILIES[:4])))
    demand = reachable(fabric, traffic.offer("uniform", n_ranks=fabric.n_endpoints, ranks_per_host=4)).demand
    if not isinstance(demand, GroupedDemand):
        return
    problem = problem_of(fabric, demand)
    alone = exchanged(problem.graph, problem.pairs)
    if alone is None:
        return
    assert len(alone.pairs.source) < len(problem.pairs.source)
    assert alone.pairs.amount.sum() == pytest.approx(problem.pairs.amount.sum())
    effort = {"minimal": minimal, "gap": 1e-6, "seconds": 20.0}
    whole = spread(problem.graph, problem.pairs, **effort)
    few = spread(alone.graph, alone.pairs, **effort)
    assert few.congestion == pytest.approx(whole.congestion, rel=1e-4)
    load = alone.even(few.shares @ alone.pairs.amount)
    assert (load / problem.graph.capacity).max(initial=0.0) == pytest.approx(few.congestion, rel=1e-9)
    proven = dual_bound(problem.graph, problem.pairs, few.prices[alone.graph.orbit], minimal=minimal)
    assert proven == pytest.approx(few.bound, rel=1e-6)


def leaf_spine(**lost):
    whole = generate(family="fat-tree-2", radix=8, endpoints=32, endpoints_per_host=4, capacity=50e9)
    fabric = whole.without(**lost)
    return problem_of(fabric, traffic.offer("uniform", n_ranks=32, ranks_per_host=4))


def test_leaves_with_all_their_cables_are_alike():
    """Of eight leaves one lost a cable: from it, to it, and between two of the others stand for 56 pairs."""
    problem = leaf_spine(cables=[32])
    alone = exchanged(problem.graph, problem.pairs)
    assert len(problem.pairs.source) == 56
    assert sorted(alone.pairs_in.tolist()) == [7, 7, 42]


def test_a_pair_that_moves_more_keeps_its_ends_apart():
    problem = leaf_spine()
    more = problem.pairs.amount.copy()
    more[0] *= 1.001
    alone = exchanged(problem.graph, problem.pairs._replace(amount=more))
    assert sorted(alone.pairs_in.tolist()) == [1, 1, 6, 6, 6, 6, 30]


def test_an_arc_that_is_wider_keeps_its_leaf_apart():
    problem = leaf_spine()
    wider = problem.graph.capacity.copy()
    wider[0] *= 1.001
    alone = exchanged(problem.graph._replace(capacity=wider), problem.pairs)
    assert sorted(alone.pairs_in.tolist()) == [7, 7, 42]


def test_equal_sums_of_unequal_pairs_are_found_out():
    """Every leaf sends and receives as much, though not to the same others: no exchange keeps that."""
    problem = leaf_spine()
    source = problem.pairs.source
    target = np.repeat(problem.pairs.target, np.diff(problem.pairs.first))
    ring = np.where((target - source) % 8 == 1, 2.0, 1.0)
    assert exchanged(problem.graph, problem.pairs._replace(amount=ring)) is None


def test_arcs_that_count_by_orbit_already_stay():
    problem = leaf_spine()
    alone = exchanged(problem.graph, problem.pairs)
    assert exchanged(alone.graph, alone.pairs) is None
