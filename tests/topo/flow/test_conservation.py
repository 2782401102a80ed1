"""A routing that loses traffic is found out, commodity by commodity, and no solution comes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

import traffic
from tests.small import leaf_spine, planes
from topo.flow import NotSolved, route, solve
from topo.flow.certified import CertifiedRouting
from topo.flow.conservation import imbalance
from topo.routing.operator import FactSheet, TotalRouting
from traffic.demand import Demand


@dataclass(frozen=True)
class Leaky(FactSheet):
    """A routing that carries only a part of each commodity."""

    whole: object
    part: np.ndarray
    policy: str = "leaky"

    def load(self, rate):
        return self.whole.load(rate * self.part)

    def sum_along(self, value):
        return self.whole.sum_along(value) * self.part

    def min_along(self, value):
        return self.whole.min_along(value)

    def columns(self):
        return None


def two():
    return Demand.of("two", 4, src=[0, 1], dst=[2, 3], size=[1.0, 2.0])


def test_what_is_lost_is_named():
    """The second of two commodities loses a hundredth; the other keeps all that it has."""
    fabric, demand = leaf_spine(), two()
    leaky = Leaky(route(fabric, demand), np.array([1.0, 0.99]))
    lost = imbalance(fabric, demand, leaky)
    assert lost[0] < 1e-12
    assert lost[1] > 1e-4
    with pytest.raises(NotSolved, match=r"policy leaky loses or makes .* of commodity 1 -> 3"):
        solve(fabric, demand, leaky)


@pytest.mark.parametrize(
    ("pattern", "fabric"),
    [("uniform", leaf_spine()), ("uniform", planes(multi_port=True)), ("hotspot", planes()), ("hotspot", leaf_spine())],
    ids=["uniform", "uniform-multi-port", "hotspot-relays", "hotspot"],
)
def test_grouped_pairs_arrive_on_average(pattern, fabric):
    """Relays, pairs inside a host and kinds of receivers included; a hundredth less is seen."""
    demand = traffic.offer(pattern, n_ranks=fabric.n_endpoints, ranks_per_host=2)
    routing = route(fabric, demand)
    assert isinstance(routing, TotalRouting)
    assert imbalance(fabric, demand, routing).max() < 1e-12
    assert imbalance(fabric, demand, replace(routing, unit=routing.unit * 0.99)).max() > 1e-5


def test_a_value_above_its_bound_is_no_result():
    fabric, demand = leaf_spine(), two()
    routing = route(fabric, demand)
    modest = CertifiedRouting("modest", routing, 0.0, bound=np.array([0.1]))
    with pytest.raises(NotSolved, match="exceeds its own bound"):
        solve(fabric, demand, modest)


def test_rounding_makes_no_gap_below_zero():
    """Throughput and gap end at 1 and 0, by what was reached and not by cutting off."""
    fabric, demand = leaf_spine(), two()
    routing = route(fabric, demand)
    theta = solve(fabric, demand, routing).overall_theta
    close = CertifiedRouting("close", routing, 0.0, bound=np.array([theta * (1 - 1e-15)]))
    solution = solve(fabric, demand, close)
    assert solution.gap == 0.0
    assert solution.bound == solution.overall_theta
