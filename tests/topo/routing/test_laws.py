"""Every policy on every small fabric, whole and damaged, through the oracle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import check_routing
from tests.topo.routing.cases import damaged, fabrics, groups, random_demand, uniform
from topo.fabric import Fabric
from topo.routing import NotConnected, Routing, RoutingError
from topo.routing.drawn import ecmp_hash
from topo.routing.paths import static
from topo.routing.split import ecmp, wcmp
from traffic.demand import Demand, GroupedDemand

POLICIES: dict[str, Callable[..., Routing]] = {
    "ecmp": ecmp,
    "wcmp": wcmp,
    "ecmp-hash": lambda fabric, demand: ecmp_hash(fabric, demand, seed=3, qps=2),
    "static": static,
}
FABRICS = fabrics()


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", FABRICS)
def test_laws_hold(name: str, policy: str) -> None:
    """Conservation, shortest paths, even splits, and the three products agree, commodity by commodity."""
    fabric = FABRICS[name]
    demand = random_demand(fabric.n_endpoints)
    try:
        routing = POLICIES[policy](fabric, demand)
    except RoutingError as error:
        assert policy == "static" and "needs a tree" in str(error)
        return
    assert routing.policy == policy
    check_routing(fabric, demand, routing)


@pytest.mark.parametrize("name", FABRICS)
def test_uniform_traffic_is_the_sum_of_its_pairs(name: str) -> None:
    """A grouped demand gives the load, mean and least of its listed pairs."""
    fabric = FABRICS[name]
    demand = uniform(fabric.n_endpoints)
    for policy in POLICIES.values():
        try:
            routing = policy(fabric, demand)
        except RoutingError as error:
            assert "needs a tree" in str(error)
            continue
        check_routing(fabric, demand, routing)
        _check_same_as_listed(fabric, demand, routing, policy)


def _check_same_as_listed(
    fabric: Fabric, demand: GroupedDemand, routing: Routing, policy: Callable[..., Routing]
) -> None:
    listed = demand.listed()
    each = policy(fabric, listed)
    load = each.load(np.ones(listed.n_commodities))
    np.testing.assert_allclose(routing.load(np.ones(1)), load, rtol=1e-9, atol=1e-9)
    value = np.random.default_rng(1).uniform(1.0, 2.0, fabric.n_links)
    np.testing.assert_allclose(routing.sum_along(value)[0], each.sum_along(value).mean(), rtol=1e-9)
    np.testing.assert_allclose(routing.min_along(value)[0], each.min_along(value).min(), rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.data(), damaged(), st.sampled_from(sorted(POLICIES)))
def test_groups_on_damaged_fabrics_are_the_sum_of_their_pairs(data: st.DataObject, fabric: Fabric, policy: str) -> None:
    """Grouped equals listed after failures too, and where one is refused, so is the other."""
    demand = data.draw(groups(fabric.n_endpoints))
    try:
        routing = POLICIES[policy](fabric, demand)
    except RoutingError as error:
        with pytest.raises(type(error)):
            POLICIES[policy](fabric, demand.listed())
        return
    _check_same_as_listed(fabric, demand, routing, POLICIES[policy])


@settings(max_examples=60, deadline=None)
@given(damaged(), st.sampled_from(sorted(POLICIES)), st.integers(0, 99))
def test_laws_hold_on_damaged_fabrics(fabric: Fabric, policy: str, seed: int) -> None:
    """Laws hold whatever failed, or the error names a pair that has no path."""
    demand = random_demand(fabric.n_endpoints, commodities=10, seed=seed)
    try:
        routing = POLICIES[policy](fabric, demand)
    except NotConnected as error:
        assert "no path from endpoint" in str(error)
        return
    except RoutingError as error:
        assert "needs a tree" in str(error)
        return
    check_routing(fabric, demand, routing, samples=4)


@pytest.mark.parametrize("policy", POLICIES)
def test_nothing_to_route(policy: str) -> None:
    """A demand without commodities is routed: no load, no values."""
    fabric = FABRICS["leaf-spine"]
    none = Demand.of("none", fabric.n_endpoints, src=[], dst=[], size=[])
    routing = POLICIES[policy](fabric, none)
    assert not routing.load(np.zeros(0)).any()
    assert routing.sum_along(fabric.latency).shape == routing.min_along(fabric.capacity).shape == (0,)


def test_too_many_ranks_are_refused() -> None:
    """Rank r is endpoint r, so there may not be more ranks than endpoints."""
    with pytest.raises(RoutingError, match="999 ranks"):
        ecmp(FABRICS["one-link"], random_demand(999))
