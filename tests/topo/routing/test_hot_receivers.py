"""Kinds of receivers: grouped commodities equal the listed pairs under every policy, bound and measure."""

import numpy as np
import pytest

from tests import small
from tests.oracles import check_demand, check_routing
from tests.topo.routing.cases import fabrics
from topo.fabric import Tier
from topo.flow import POLICIES, route, solve
from topo.flow.bounds import endpoint_bound, volume_bound
from topo.metrics import measure
from topo.metrics.traffic_map import traffic_map
from topo.routing.operator import RoutingError
from traffic import Demand, DemandError, GroupedDemand, offer

FABRICS = fabrics()
SOLVED = ("adaptive", "optimal", "ugal")


def hotspot(n: int) -> GroupedDemand:
    found = offer("hotspot", n_ranks=n, hot=2, factor=5.0, bytes=7.0)
    assert isinstance(found, GroupedDemand)
    return found


def kinds(grouped: GroupedDemand, listed: Demand) -> list[np.ndarray]:
    return [grouped.kind[listed.dst] == f for f in range(grouped.n_commodities)]


@pytest.mark.parametrize("make", [hotspot])
@pytest.mark.parametrize("policy", ["ecmp", "wcmp", "static", "valiant"])
@pytest.mark.parametrize("name", sorted(set(FABRICS) - {"one-link"}))
def test_equals_the_listed_pairs(name, policy, make):
    fabric = FABRICS[name]
    grouped = make(fabric.n_endpoints)
    listed = grouped.listed()
    try:
        one = route(fabric, listed, policy)
    except RoutingError:
        with pytest.raises(RoutingError):
            route(fabric, grouped, policy)
        return
    all_ = route(fabric, grouped, policy)
    check_routing(fabric, grouped, all_)
    value = np.random.default_rng(1).uniform(1.0, 2.0, fabric.n_links)
    for f, mine in enumerate(kinds(grouped, listed)):
        load = all_.load(np.eye(grouped.n_commodities)[f])
        np.testing.assert_allclose(load, one.load(mine.astype(float)), rtol=1e-12, atol=1e-9)
        assert all_.sum_along(value)[f] == pytest.approx(one.sum_along(value)[mine].mean(), rel=1e-12)
        assert all_.min_along(value)[f] == pytest.approx(one.min_along(value)[mine].min(), rel=1e-12)
    a, b = solve(fabric, grouped, all_), solve(fabric, listed, one)
    np.testing.assert_allclose(a.theta, b.theta, rtol=1e-12)
    found, expected = map(measure, (a, b))
    for key in ("mean_rate_gbps", "min_rate_gbps", "total_bytes", "pairs", "zero_load_latency_s", "completion_s"):
        assert found[key] == pytest.approx(expected[key], rel=1e-12), key


@pytest.mark.parametrize("make", [hotspot])
@pytest.mark.parametrize("name", sorted(set(FABRICS) - {"one-link"}))
def test_bounds_and_map_equal_those_of_the_list(name, make):
    fabric = FABRICS[name]
    grouped = make(fabric.n_endpoints)
    listed = grouped.listed()
    check_demand(grouped)
    for bound in (endpoint_bound, volume_bound):
        np.testing.assert_allclose(bound(fabric, grouped), bound(fabric, listed), rtol=1e-12)
    host = np.arange(fabric.n_endpoints, dtype=np.int32) // 4
    for key, column in traffic_map(grouped, host).items():
        np.testing.assert_allclose(column, traffic_map(listed, host)[key], rtol=1e-12, err_msg=key)


@pytest.mark.parametrize("policy", SOLVED)
@pytest.mark.parametrize("name", ["slim-fly", "dragonfly", "fat-tree-2-rail"])
def test_solved_policies_bracket_the_same_theta(name, policy):
    fabric = FABRICS[name]
    grouped = hotspot(fabric.n_endpoints)
    listed = grouped.listed()
    each = []
    for of in (grouped, listed):
        routing = route(fabric, of, policy, gap=0.01)
        check_routing(fabric, of, routing)
        each.append((float(solve(fabric, of, routing).theta[0]), float(routing.bound[0])))
    (low, high), (least, most) = each
    assert low <= most * (1 + 1e-9) and least <= high * (1 + 1e-9), "each value is under the other's bound"


def test_one_host_alone_needs_no_path_through_the_network():
    """Single paths of kinds of receivers, all inside one host: nothing crosses a port."""
    fabric = small.planes(hosts=1, per_host=4)
    routing = route(fabric, hotspot(4), "ecmp-hash")
    assert routing.load(np.ones(2))[fabric.tier != Tier.SCALE_UP].max() == 0.0


def test_hotspot_at_full_scale_adds_up_exactly():
    found = offer("hotspot", n_ranks=261_632, hot=2, factor=8.0, bytes=1.0)
    assert found.pairs.tolist() == [261_630 * 261_631, 2 * 261_631]
    assert found.total() == (261_630 + 16) * 261_631
    assert found.sent()[0] == 261_630 + 8 and found.sent()[1] == 261_629 + 16


@pytest.mark.parametrize(("kind", "said"), [([0, 2, 0], "kinds go from 0 to 1"), ([0, 0, 0], "nothing is sent")])
def test_refuses_kinds_that_do_not_fit(kind, said):
    with pytest.raises(DemandError, match=said):
        GroupedDemand.of("x", label=[0, 0, 0], size=[1.0, 2.0], kind=kind)


def test_policies_here_are_registered():
    assert set(SOLVED) < set(POLICIES)
