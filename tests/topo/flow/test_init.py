"""Registries of policies and solvers: what is known, and what is refused before it runs."""

from __future__ import annotations

import numpy as np
import pytest

import traffic
from tests.small import leaf_spine, one_link
from topo.flow import FlowError, route, solve
from topo.generators import generate
from traffic.demand import GroupedDemand

FABRIC = leaf_spine()
DEMAND = traffic.offer("uniform", n_ranks=4)


def test_an_unknown_name_lists_the_known_ones_and_the_nearest():
    with pytest.raises(FlowError, match=r"policy 'ecpm' is unknown; known: .*static.*did you mean ecmp"):
        route(FABRIC, DEMAND, "ecpm")
    with pytest.raises(FlowError, match=r"solver 'maxmin' is unknown; known: .*proportional; did you mean max-min"):
        solve(FABRIC, DEMAND, route(FABRIC, DEMAND), "maxmin")


def test_an_unknown_parameter_is_refused_before_anything_runs():
    with pytest.raises(FlowError, match="'ecmp' has no parameter 'seed'; it takes balance"):
        route(FABRIC, DEMAND, "ecmp", seed=1)
    with pytest.raises(FlowError, match="no parameter 'qp'; it takes seed, qps; did you mean qps"):
        route(FABRIC, DEMAND, "ecmp-hash", qp=4)
    with pytest.raises(FlowError, match="'proportional' has no parameter 'gap'"):
        solve(FABRIC, DEMAND, route(FABRIC, DEMAND), gap=0.1)


@pytest.mark.parametrize("solver", ["completion", "max-min"])
def test_grouped_demands_are_listed_with_the_same_policy_and_parameters(solver):
    """Seed 3 draws other paths than seed 0; the listed pairs take those of seed 3."""
    fabric = leaf_spine(4, 4, per_leaf=4)
    demand = traffic.offer("uniform", n_ranks=16)
    solution = solve(fabric, demand, route(fabric, demand, "ecmp-hash", seed=3), solver)
    listed = demand.listed()
    expected = solve(fabric, listed, route(fabric, listed, "ecmp-hash", seed=3), solver)
    other = solve(fabric, listed, route(fabric, listed, "ecmp-hash", seed=0), solver)
    assert solution.demand.n_commodities == 16 * 15
    assert np.array_equal(solution.finish, expected.finish)
    assert not np.array_equal(solution.finish, other.finish)


def test_too_many_pairs_to_list_are_not_listed():
    """By one path each, so that no class stands for them: of one size they end when what is certain says."""
    fabric = generate("fat-tree-2", radix=128, endpoints=7000, capacity=1.0)
    demand = GroupedDemand.of("everyone", label=np.zeros(7000), size=1.0)
    solution = solve(fabric, demand, route(fabric, demand, "static"), "max-min")
    assert solution.demand is demand and solution.least == pytest.approx(solution.completion_s)


@pytest.mark.parametrize("solver", ["completion", "max-min", "proportional"])
def test_one_link_gives_everything_to_its_commodity(solver):
    fabric = one_link(capacity=2.0)
    demand = traffic.offer("shift", n_ranks=2, bytes=10)
    solution = solve(fabric, demand, route(fabric, demand), solver)
    assert solution.rate.tolist() == [2.0, 2.0]
    assert solution.completion_s == 5.0
    assert solution.gap == 0.0
