"""Cuts: no routing of any policy is faster, and where one link is all there is they are exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import traffic
from tests.small import bowtie, leaf_spine, one_link
from tests.soak import draw
from topo.flow import POLICIES, route, solve
from topo.flow.cuts import Cuts
from topo.generators import generate
from traffic.demand import Demand, GroupedDemand


def least(fabric, demand, *, shortest=True):
    return Cuts(demand).bounds(fabric, shortest=shortest).least


def test_ports_of_both_ends_and_the_one_link_between_them():
    """Two endpoints of 1 B/s; three runs of 6 bytes take 6 s each."""
    demand = Demand.of("two", 2, src=[0], dst=[1], size=6.0, repeat=3)
    assert Cuts(demand).bounds(one_link(parallel=2), shortest=True).ports.tolist() == [6.0]
    assert least(one_link(capacity=2.0), demand).tolist() == [3.0]


def test_a_switch_sends_what_leaves_it_over_its_own_cables():
    """Two leaves of two endpoints on one spine: each sends two bytes over one uplink, where a port has one."""
    fabric = leaf_spine(2, 1)
    demand = Demand.of("across", 4, src=[0, 1], dst=[2, 3], size=1.0)
    bounds = Cuts(demand).bounds(fabric, shortest=False)
    assert bounds.ports.tolist() == [1.0]
    assert bounds.least.tolist() == [2.0]


def test_neighbours_in_a_dragonfly_keep_to_their_own_cable():
    """Groups of one cable to each other send each other 4 bytes over it, though detours would share them out."""
    fabric = generate("dragonfly", a=2, p=2, h=1, g=3, endpoints_per_host=1, capacity=1.0)
    demand = Demand.of("one way", 12, src=[0, 1, 2, 3], dst=[4, 5, 6, 7], size=1.0)
    assert least(fabric, demand, shortest=True).tolist() == [4.0]
    assert least(fabric, demand, shortest=False).tolist() == [2.0]
    assert 1 / solve(fabric, demand, route(fabric, demand)).theta == pytest.approx([4.0])


def test_what_stays_in_a_domain_crosses_nothing():
    fabric = generate("fat-tree-2", radix=4, endpoints_per_host=2, scale_up=4.0, capacity=1.0)
    demand = Demand.of("inside", 8, src=[0, 1], dst=[1, 0], size=1.0)
    assert least(fabric, demand).tolist() == [0.0]


def test_one_after_another_are_as_each_alone():
    """What was added up for one fabric is not that of another."""
    demand = traffic.offer("training-step", n_ranks=16, ranks_per_host=2, pp=2, ep=4, tokens=8)
    trees = ((2, 4, 1, 9.0), (1, 4, 1, 9.0), (1, 4, 2, 9.0), (2, 6, 1, None), (2, 4, 1, None))
    alike = {"radix": 8, "endpoints": 16, "endpoints_per_host": 2, "capacity": 1.0}
    fabrics = [
        generate("fat-tree-2", up=up, down=down, planes=planes, scale_up=scale_up, **alike)
        for up, down, planes, scale_up in trees
    ]
    cuts = Cuts(demand)
    for fabric in (*fabrics, *fabrics):
        np.testing.assert_array_equal(cuts.bounds(fabric, shortest=True).least, least(fabric, demand))


def test_no_link_at_all_is_infinite():
    hurt = bowtie().without(cables=[4])  # the uplink of endpoint 0
    assert np.isinf(least(hurt, Demand.of("across", 4, src=[0], dst=[2], size=1.0))).all()


@given(st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_no_routing_is_faster(number):
    """Every family and pattern, whole or damaged, on planes and not, under every policy and solver that takes it."""
    case = draw(number)
    demand = case.demand.listed() if isinstance(case.demand, GroupedDemand) else case.demand
    cuts = Cuts(demand)
    for name, policy in POLICIES.items():
        if policy.solved and not policy.best:
            continue
        bounds = cuts.bounds(case.fabric, shortest=policy.shortest)
        assert (bounds.ports <= bounds.least).all()
        try:
            solution = solve(case.fabric, demand, route(case.fabric, demand, name), "completion")
        except ValueError:  # what failed cut a pair apart, or the policy is none for this network
            continue
        assert (bounds.least <= 1 / solution.theta * (1 + 1e-9)).all(), f"{case.words}: {name}"
