"""UGAL against closed forms and a linear programme over its own choices."""

from __future__ import annotations

import numpy as np
import pytest

import traffic
from tests import small
from tests.oracles import check_routing
from tests.topo.flow.programme import least_mixture
from tests.topo.flow.test_adaptive import congestion
from tests.topo.routing.cases import fabrics, random_demand, uniform
from topo.flow import RoutingError, mixing, route, ugal
from topo.generators import generate
from topo.routing.adversarial import adversarial
from traffic.demand import GroupedDemand

FABRICS = {name: fabric for name, fabric in fabrics().items() if "multi-port" not in name}


@pytest.mark.parametrize("name", FABRICS)
def test_laws(name):
    fabric = FABRICS[name]
    for demand in (random_demand(fabric.n_endpoints), uniform(fabric.n_endpoints)):
        check_routing(fabric, demand, routing := route(fabric, demand, "ugal"))
        assert routing.complete and routing.gap < 1e-6


def test_dust_in_the_spread_is_no_demand():
    """Sums of shares leave entries of 1e-16 behind, which once made the programme infeasible."""
    fabric = generate("fat-tree-2", capacity=50e9, radix=16, endpoints=72)
    demand = traffic.offer("uniform", n_ranks=72)
    routing = route(fabric, demand, "ugal")
    assert routing.complete
    # eight endpoints a leaf, of the same rate as its eight uplinks, send to 64 under other leaves
    assert congestion(fabric, demand, routing) == pytest.approx(64 * demand.size[0] / 50e9, rel=1e-9)


#: (family, its parameters, pattern): trees half full, left-over ports, several planes, groups and one hot receiver.
STRUCTURED = [
    ("fat-tree-2", {"radix": 12, "endpoints": 40, "oversubscription": 1.5}, "incast"),
    ("fat-tree-2", {"radix": 8, "oversubscription": 2.0}, "tornado"),
    ("fat-tree-2", {"radix": 6, "endpoints": 24, "planes": 2, "scale_up": 200e9, "relay": "source"}, "uniform"),
    ("fat-tree-3", {"radix": 6, "endpoints": 24}, "shift"),
    ("fat-tree-3", {"radix": 4, "planes": 2, "scale_up": 200e9, "relay": "destination"}, "permutation"),
    ("dragonfly", {"a": 3, "p": 2, "h": 1, "arrangement": "circulant"}, "hotspot"),
    ("dragonfly", {"a": 4, "p": 1, "h": 2, "scale_up": 200e9}, "uniform"),
    ("slim-fly", {"q": 3, "endpoints": 28}, "permutation"),
]


@pytest.mark.parametrize(("family", "params", "pattern"), STRUCTURED)
def test_structured_cases_against_a_programme_over_links(family, params, pattern):
    host = params.get("planes", 1)  # one NIC a plane in each host, so that a relay leaves no choice
    fabric = generate(family, capacity=50e9, endpoints_per_host=host, **params)
    demand = traffic.offer(pattern, n_ranks=fabric.n_endpoints, ranks_per_host=host)
    routing = route(fabric, demand, "ugal", gap=0.0)
    listed = demand.listed() if isinstance(demand, GroupedDemand) else demand
    minimal, valiant = route(fabric, listed), route(fabric, listed, "valiant")
    least = least_mixture(fabric, listed, minimal, valiant)
    value = congestion(fabric, demand, routing)
    assert routing.complete and value == pytest.approx(least, rel=1e-7)
    assert value <= min(congestion(fabric, listed, other) for other in (minimal, valiant)) * (1 + 1e-12)


def test_pairs_that_do_not_meet_all_get_their_paths():
    """Duals of pairs apart may price the links of one pair only: one path a round, and no proof within the rounds."""
    planes = {"planes": 2, "endpoints_per_host": 4, "scale_up": 200e9, "relay": "destination"}
    fabric = generate("fat-tree-2", capacity=50e9, radix=16, wiring="rail", **planes)
    demand = traffic.offer("all-gather", n_ranks=fabric.n_endpoints, ranks_per_host=4)
    routing = route(fabric, demand, "ugal", gap=0.0)
    assert routing.complete and routing.gap < 1e-9


@pytest.mark.parametrize("via", ["switch", "group"])
def test_the_best_mixture_where_minimal_paths_are_unique(via):
    fabric = generate("dragonfly", capacity=1.0, a=2, p=1, h=1)
    demand = random_demand(fabric.n_endpoints, commodities=12, phases=1)
    minimal, valiant = route(fabric, demand), route(fabric, demand, "valiant", via=via)
    least = least_mixture(fabric, demand, minimal, valiant)
    assert congestion(fabric, demand, route(fabric, demand, "ugal", via=via)) == pytest.approx(least, rel=1e-6)


def test_without_a_programme_the_bracket_is_honest(monkeypatch):
    """Large cases search; what they reach and prove lies on either side of the exact value."""
    fabric = generate("dragonfly", capacity=1.0, a=4, p=2, h=2)
    for demand in (adversarial(fabric, bytes=1.0), random_demand(fabric.n_endpoints, commodities=200, phases=1)):
        exact = congestion(fabric, demand, route(fabric, demand, "ugal"))
        with monkeypatch.context() as patched:
            patched.setattr(ugal, "MAX_DETOUR_ENTRIES", 0)
            searched = route(fabric, demand, "ugal", seconds=2.0)
        value = congestion(fabric, demand, searched)
        check_routing(fabric, demand, searched)
        assert value * (1.0 - searched.gap) <= exact * (1 + 1e-9) <= value * (1 + 1e-7)
        assert value <= congestion(fabric, demand, route(fabric, demand, "adaptive")) * (1 + 1e-7)
        assert searched.complete == (searched.gap <= 0.01)


def test_several_ports_are_refused():
    fabric = small.planes(multi_port=True)
    with pytest.raises(RoutingError, match=r"one network port, .* has 2"):
        route(fabric, random_demand(fabric.n_endpoints), "ugal")


def test_a_step_goes_as_far_as_it_helps():
    """Two links, flow moves from the first to the second: half way is best."""
    load, toward = np.array([1.0, 0.0]), np.array([-1.0, 1.0])
    assert mixing._best_step(load, toward, 0.01) == pytest.approx(0.5, abs=1e-5)
    assert mixing._best_step(load, -toward, 0.01) == pytest.approx(0.0, abs=1e-5)
