"""UGAL against closed forms and a linear programme over its own choices."""

from __future__ import annotations

import numpy as np
import pytest

from tests import small
from tests.oracles import check_routing
from tests.topo.flow.programme import least_mixture
from tests.topo.flow.test_adaptive import congestion
from tests.topo.routing.cases import fabrics, random_demand, uniform
from topo.flow import RoutingError, mixing, route, ugal
from topo.generators import generate
from topo.routing.adversarial import adversarial

FABRICS = {name: fabric for name, fabric in fabrics().items() if "multi-port" not in name}


@pytest.mark.parametrize("name", FABRICS)
def test_laws(name):
    fabric = FABRICS[name]
    for demand in (random_demand(fabric.n_endpoints), uniform(fabric.n_endpoints)):
        check_routing(fabric, demand, routing := route(fabric, demand, "ugal"))
        assert routing.complete and routing.gap < 1e-6


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
