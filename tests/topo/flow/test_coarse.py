"""Alike nodes as one: the least congestion stays what it was, the spread found is a spread of the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import traffic
from topo.failures import random, reachable
from topo.flow import route, solve
from topo.flow.coarse import Coarse
from topo.flow.problem import Problem
from topo.flow.spread import dual_bound, spread
from topo.generators import generate
from topo.routing.network import Network
from topo.routing.site_amounts import site_amounts
from traffic.demand import GroupedDemand

FAMILIES = [
    {"family": "fat-tree-2", "radix": 8, "endpoints": 32},
    {"family": "fat-tree-2", "radix": 8, "planes": 2, "endpoints": 32},
    {"family": "fat-tree-2", "radix": 8, "planes": 4, "endpoints": 32, "nic": "multi-port"},
    {"family": "fat-tree-3", "radix": 4},
    {"family": "slim-fly", "q": 5, "endpoints": 100},
    {"family": "dragonfly", "a": 4, "p": 2, "h": 2},
]


def left_of(data, words):
    whole = generate(**words, endpoints_per_host=4, capacity=50e9)
    part, seed = data.draw(st.sampled_from(["cable", "switch", "port"])), data.draw(st.integers(0, 99))
    return random(whole, part=part, count=data.draw(st.integers(0, 3)), seed=seed)[0].of(whole)


@settings(max_examples=12, deadline=None)
@given(data=st.data(), minimal=st.booleans())
def test_the_least_congestion_is_the_same(data, minimal):
    fabric = left_of(data, data.draw(st.sampled_from([w for w in FAMILIES if w.get("nic") != "multi-port"])))
    demand = reachable(fabric, traffic.offer("uniform", n_ranks=fabric.n_endpoints, ranks_per_host=4)).demand
    if not isinstance(demand, GroupedDemand):
        return
    network = Network.of(fabric, by_capacity=True)
    amounts = site_amounts(network, demand, 10**7)
    problem = Problem.of(network, amounts.source, amounts.target, amounts.total(demand.size))
    effort = {"minimal": minimal, "gap": 1e-6, "seconds": 20.0}
    whole = spread(problem.graph, problem.pairs, **effort)
    coarse = Coarse.of(problem.graph, problem.pairs)
    if coarse is None:
        return
    assert len(coarse.graph.first) < len(problem.graph.first)
    small = coarse.fine(spread(coarse.graph, coarse.pairs, **effort))
    assert small.congestion == pytest.approx(whole.congestion, rel=1e-4)
    load = small.shares @ problem.pairs.amount
    assert (load / problem.graph.capacity).max(initial=0.0) == pytest.approx(small.congestion, rel=1e-9)
    assert load == pytest.approx(
        coarse.fine_load(coarse.pairs.amount @ spread(coarse.graph, coarse.pairs, **effort).shares.T)
    )
    # The costs of the coarse arcs prove the bound on the whole graph too.
    proven = dual_bound(problem.graph, problem.pairs, small.prices, minimal=minimal)
    assert proven == pytest.approx(small.bound, rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(data=st.data(), policy=st.sampled_from(["adaptive", "optimal"]))
def test_grouped_pairs_are_their_list(data, policy):
    """Conserved, within its own bound, and as good as when all pairs are listed."""
    fabric = left_of(data, data.draw(st.sampled_from(FAMILIES)))
    demand = reachable(fabric, traffic.offer("uniform", n_ranks=fabric.n_endpoints, ranks_per_host=4)).demand
    if not isinstance(demand, GroupedDemand):
        return
    one, other = (solve(fabric, d, route(fabric, d, policy, gap=0.001)) for d in (demand, demand.listed()))
    assert one.overall_theta == pytest.approx(other.overall_theta, rel=3e-3)
    assert one.gap < 2e-3


def test_spines_of_an_intact_tree_are_one():
    fabric = generate("fat-tree-2", radix=8, endpoints=32, endpoints_per_host=4, scale_up=None, capacity=50e9)
    network = Network.of(fabric, by_capacity=True)
    demand = traffic.offer("uniform", n_ranks=32, ranks_per_host=4)
    amounts = site_amounts(network, demand, 10**6)
    problem = Problem.of(network, amounts.source, amounts.target, amounts.total(demand.size))
    coarse = Coarse.of(problem.graph, problem.pairs)
    assert len(coarse.graph.first) - 1 == 8 + 1
    assert coarse.graph.capacity == pytest.approx(np.full(16, 4 * 50e9))
