"""Solved policies against closed forms, published optima, each other, and one linear programme over arcs."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_array

import traffic
from tests import small
from tests.oracles import check_routing
from tests.topo.flow.programme import least_congestion
from tests.topo.routing.cases import damaged, fabrics, random_demand, uniform
from topo.fabric import Fabric, NodeKind, Tier
from topo.flow import NotConnected, RoutingError, route
from topo.flow.certified import CertifiedRouting
from topo.flow.pool import empty_pool, loads, lone_paths, search
from topo.flow.problem import Problem
from topo.flow.spread import Spread, _farther, _soft_maximum
from topo.generators import generate
from topo.kernels.spreading import equilibrate
from topo.routing.adversarial import adversarial
from topo.routing.network import Network
from topo.routing.split import SplitRouting
from traffic.demand import Demand

FABRICS = fabrics()
POLICIES = ("ecmp", "adaptive", "ugal", "optimal")
#: A policy solved to a gap of 1e-9 or so may lose to a smaller choice by that.
CLOSE = 1e-7


def congestion(fabric, demand, routing):
    return float((routing.load(demand.size) / fabric.capacity)[fabric.is_switch_link].max(initial=0.0))


def theta(fabric, demand, routing):
    return 1.0 / float((routing.load(demand.size) / fabric.capacity).max())


def all_to_all(fabric, routing):
    """Switch throughput of uniform all-to-all: each pair at 1 / (N - 1) of an endpoint's rate."""
    per_pair = (routing.load(np.ones(1)) / fabric.capacity)[fabric.is_switch_link].max()
    return (fabric.n_endpoints - 1) / per_pair


@pytest.mark.parametrize("policy", ["adaptive", "ugal", "optimal"])
def test_units_of_capacity_change_nothing_but_theta(policy):
    """Slow links as well as fast ones: the same loads, the same gap, theta in proportion, never above its bound."""
    found = {}
    for rate in (1e-4, 1.0, 50e9):
        fabric = generate("dragonfly", a=4, p=2, h=2, g=5, capacity=rate)
        demand = traffic.offer("shift", n_ranks=fabric.n_endpoints, by=8, bytes=1.0)
        routing = route(fabric, demand, policy)
        assert theta(fabric, demand, routing) <= routing.bound * (1 + 1e-12)
        found[rate] = np.array([congestion(fabric, demand, routing) * rate, *routing.bound / rate, routing.gap])
    np.testing.assert_allclose(found[1e-4], found[1.0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found[50e9], found[1.0], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("policy", ["adaptive", "optimal"])
def test_where_nothing_is_gained_the_split_by_capacity_stays(policy):
    """Two flows between other leaves, each over all four spines: no routing has less on a link."""
    fabric = small.leaf_spine(4, 4, per_leaf=2)
    demand = Demand.of("two", 8, src=[0, 4], dst=[2, 6], size=[1.0, 0.1])
    routing = route(fabric, demand, policy)
    assert isinstance(routing, CertifiedRouting) and type(routing.inner) is SplitRouting
    assert routing.bound == pytest.approx(1.0)  # the ports


@pytest.mark.parametrize(
    ("family", "params", "expected"),
    [
        ("dragonfly", {"a": 4, "p": 2, "h": 2}, 1.071797),
        ("dragonfly", {"a": 4, "p": 2, "h": 2, "arrangement": "absolute"}, 1.06885),
        ("dragonfly", {"a": 4, "p": 2, "h": 2, "arrangement": "circulant"}, 1.07170),
        ("slim-fly", {"q": 5}, 0.956731),
        ("fat-tree-3", {"radix": 4}, (16 - 1) / (16 - 2)),
        ("fat-tree-3", {"radix": 8}, (128 - 1) / (128 - 4)),
    ],
)
def test_published_optima_of_all_to_all(family, params, expected):
    """facts.md section 3; HiGHS and PDLP agree there."""
    fabric = generate(family, capacity=1.0, **params)
    routing = route(fabric, uniform(fabric.n_endpoints), "optimal", gap=1e-6)
    assert all_to_all(fabric, routing) == pytest.approx(expected, abs=1e-5)
    assert routing.gap < 1e-5


@pytest.mark.parametrize("h", [1, 2])
def test_optimum_of_the_canonical_dragonfly_under_its_adversary(h):
    fabric = generate("dragonfly", capacity=1.0, a=2 * h, p=h, h=h)
    demand = adversarial(fabric, bytes=1.0)
    for policy in ("optimal", "ugal"):
        routing = route(fabric, demand, policy)
        assert 1.0 / congestion(fabric, demand, routing) == pytest.approx((1 + 1 / (2 * h * h)) / 2, rel=1e-6)


@pytest.mark.parametrize("name", sorted(set(FABRICS) - {"multi-port", "multi-port-alone"}))
def test_more_choice_never_does_worse(name):
    """value(A) <= bound(B) and value(A) <= value(B) wherever A's choices are contained in B's."""
    fabric = FABRICS[name]
    demand = random_demand(fabric.n_endpoints, phases=1)
    routings = [route(fabric, demand, policy) for policy in POLICIES]
    value = [congestion(fabric, demand, routing) for routing in routings]
    for worse, better in pairwise(value):
        assert better <= worse * (1 + CLOSE)
    for i, bounded in enumerate(routings[1:], start=1):
        for contained in routings[: i + 1]:
            assert theta(fabric, demand, contained) <= bounded.bound[0] * (1 + 1e-9)
    valiant = congestion(fabric, demand, route(fabric, demand, "valiant"))
    assert value[2] <= valiant * (1 + CLOSE)


@pytest.mark.parametrize("name", sorted(FABRICS))
@pytest.mark.parametrize("policy", ["adaptive", "optimal"])
def test_laws(name, policy):
    fabric = FABRICS[name]
    check_routing(fabric, demand := random_demand(fabric.n_endpoints), route(fabric, demand, policy))


@st.composite
def random_fabrics(draw):
    """Switches on a random tree with some more cables, capacities 1 to 3, one endpoint each."""
    n = draw(st.integers(3, 6))
    parent = [draw(st.integers(0, i - 1)) for i in range(1, n)]
    more = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=6))
    more = [(a, b) for a, b in more if a != b]
    a = np.array([*range(1, n), *(pair[0] for pair in more)]) + n
    b = np.array([*parent, *(pair[1] for pair in more)]) + n
    capacity = draw(st.lists(st.integers(1, 3), min_size=len(a), max_size=len(a)))
    return Fabric.from_cables(
        name="random",
        kind=[NodeKind.ENDPOINT] * n + [NodeKind.LEAF] * n,
        a=np.concatenate([np.arange(n), a]),
        b=np.concatenate([np.arange(n) + n, b]),
        capacity=[100.0] * n + [float(c) for c in capacity],
        tier=[Tier.ENDPOINT] * n + [Tier.LOCAL] * len(a),
    )


@settings(max_examples=40, deadline=None)
@given(fabric=random_fabrics(), seed=st.integers(0, 2**16))
def test_values_and_certificates_on_random_networks(fabric, seed):
    """Values equal the linear programme over arcs, and no bound is below it."""
    demand = random_demand(fabric.n_endpoints, commodities=5, phases=1, seed=seed)
    on_shortest = route(fabric, demand).columns().toarray().T > 0
    for policy, minimal in (("optimal", None), ("adaptive", on_shortest)):
        least = least_congestion(fabric, demand, minimal=minimal)
        routing = route(fabric, demand, policy)
        assert congestion(fabric, demand, routing) == pytest.approx(least, rel=1e-6)
        forced = (routing.load(demand.size) / fabric.capacity)[~fabric.is_switch_link].max()
        assert 1.0 / max(least, forced) <= routing.bound[0] * (1 + 1e-9)


@settings(max_examples=25, deadline=None)
@given(fabric=random_fabrics(), seed=st.integers(0, 2**16))
def test_pairs_with_one_path_are_loaded_first_where_no_programme_helps(fabric, seed):
    """As above with the size taken from the programme: values come within the gap, and bounds hold."""
    demand = random_demand(fabric.n_endpoints, commodities=5, phases=1, seed=seed)
    least = least_congestion(fabric, demand, minimal=route(fabric, demand).columns().toarray().T > 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("topo.flow.spread.SMALL_PAIRS", 0)
        routing = route(fabric, demand, "adaptive", gap=1e-3)
    check_routing(fabric, demand, routing, samples=2)
    assert least * (1 - 1e-9) <= congestion(fabric, demand, routing) <= least * (1 + 2e-3)
    forced = (routing.load(demand.size) / fabric.capacity)[~fabric.is_switch_link].max()
    assert 1.0 / max(least, forced) <= routing.bound[0] * (1 + 1e-9)


@pytest.mark.parametrize("minimal", [True, False])
def test_flow_that_goes_on_keeps_its_pairs_and_lowers_the_soft_maximum(minimal):
    """From one round to the next, on a Slim Fly under its adversary: amounts stay, loads are those of the pool."""
    fabric = generate("slim-fly", capacity=1.0, q=5, p=1, scale_up=None)
    demand = adversarial(fabric)
    problem, *_ = Problem.of_legs(route(fabric, demand, "wcmp"), demand.size)
    graph, pairs = problem.graph, problem.pairs
    n, nothing = len(pairs.source), np.zeros(len(graph.capacity))
    pool, moved = empty_pool(n, 8 * n + 64, 64 * n + 512), 0
    cost = 1.0 / graph.capacity
    for _ in range(12):
        pool, _ = search(graph, pairs, cost, minimal, pool)
        before, load = pool.flow[: pool.used[0]].copy(), loads(pool, graph)
        mu = float((load / graph.capacity).max()) / 20
        equilibrate(pool, graph.orbit, n, load, graph.capacity, mu, 2, 0.0)
        soft = _soft_maximum(loads(pool, graph) / graph.capacity, mu)
        rested = pool.flow[: pool.used[0]].copy()
        load = _farther(graph, pairs, pool, nothing, before, mu=mu)
        cost = np.exp(load / graph.capacity / mu - (load / graph.capacity / mu).max()) / graph.capacity
        flow = pool.flow[: pool.used[0]]
        np.testing.assert_allclose(np.bincount(pool.pair[: pool.used[0]], flow, n), pairs.amount)
        np.testing.assert_allclose(loads(pool, graph), load)
        assert flow.min() >= 0.0
        assert _soft_maximum(load / graph.capacity, mu) <= soft
        moved += not np.array_equal(flow, rested)
    assert minimal or moved


@settings(max_examples=10, deadline=None)
@given(fabric=damaged(), seed=st.integers(0, 2**16))
def test_lone_paths_are_those_of_pairs_that_have_no_other(fabric, seed):
    """Counted by networkx."""
    network = Network.of(fabric, by_capacity=True)
    assume(network.n_sites)
    source, target = np.random.default_rng(seed).integers(0, network.n_sites, (2, 12))
    problem = Problem.of(network, source, target, np.ones(12))
    pool, only = lone_paths(problem.graph, problem.pairs)
    arcs = problem.graph
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(arcs.first) - 1))
    graph.add_weighted_edges_from(zip(arcs.tail.tolist(), arcs.head.tolist(), arcs.weight.tolist(), strict=True))
    ends = np.repeat(problem.pairs.target, np.diff(problem.pairs.first))
    for p, (a, b) in enumerate(zip(problem.pairs.source.tolist(), ends.tolist(), strict=True)):
        ways = len(list(nx.all_shortest_paths(graph, a, b, weight="weight"))) if nx.has_path(graph, a, b) else 0
        assert only[p] == (ways == 1)
    assert np.count_nonzero(only) == pool.used[0]


@settings(max_examples=20, deadline=None)
@given(fabric=damaged(), seed=st.integers(0, 2**16))
def test_laws_after_failures(fabric, seed):
    demand = random_demand(fabric.n_endpoints, commodities=8, seed=seed)
    for policy in ("adaptive", "optimal"):
        try:
            routing = route(fabric, demand, policy)
        except NotConnected:
            continue
        check_routing(fabric, demand, routing, samples=2)


@st.composite
def multi_port(draw):
    """Endpoints with a port on each of two or three planes, some of which failed; hosts of one endpoint."""
    family = draw(
        st.sampled_from(
            [
                ("fat-tree-2", {"radix": 4}),
                ("fat-tree-2", {"radix": 8, "oversubscription": 3.0, "endpoints": 12}),
                ("slim-fly", {"q": 3, "p": 1}),
                ("dragonfly", {"a": 2, "p": 2, "h": 1, "g": 3}),
            ]
        )
    )
    planes = draw(st.integers(2, 3))
    fabric = generate(family[0], capacity=1.0, planes=planes, nic="multi-port", endpoints_per_host=1, **family[1])
    ports = np.flatnonzero(fabric.cables()["tier"] == Tier.ENDPOINT)
    return fabric.without(cables=draw(st.lists(st.sampled_from(ports.tolist()), max_size=2)))


@settings(max_examples=40, deadline=None)
@given(fabric=multi_port(), seed=st.integers(0, 2**16), commodities=st.sampled_from([4, 12, 30]))
def test_endpoints_with_several_ports_reach_the_optimum(fabric, seed, commodities):
    """The split over ports is part of the choice: theta equals the linear programme over arcs, ports included."""
    demand = random_demand(fabric.n_endpoints, commodities=commodities, phases=1, seed=seed)
    try:
        on_shortest = route(fabric, demand).columns().toarray().T > 0
    except NotConnected:  # an endpoint lost all of its ports
        return
    for policy, minimal in (("optimal", None), ("adaptive", on_shortest)):
        least = least_congestion(fabric, demand, minimal=minimal, on=np.ones(fabric.n_links, dtype=bool))
        routing = route(fabric, demand, policy, gap=0.0)
        assert theta(fabric, demand, routing) == pytest.approx(1.0 / least, rel=1e-6)
        assert 1.0 / least <= routing.bound[0] * (1 + 1e-9)
        check_routing(fabric, demand, routing, samples=3)


@pytest.mark.parametrize("policy", ["adaptive", "optimal"])
def test_each_endpoint_fills_its_own_ports(policy):
    """Ports of a leaf's endpoints are not one pool: tornado runs at the full rate of both planes."""
    fabric = generate("fat-tree-2", capacity=1.0, radix=16, endpoints=80, planes=2, nic="multi-port")
    demand = traffic.offer("tornado", n_ranks=80, bytes=1.0)
    assert theta(fabric, demand, route(fabric, demand, policy, gap=0.0)) == pytest.approx(2.0)


@pytest.mark.parametrize("policy", ["adaptive", "ecmp", "optimal"])
def test_neighbours_under_a_switch_lose_no_traffic(policy):
    """What two endpoints on the same switches exchange leaves one and reaches the other."""
    fabric = generate("slim-fly", capacity=1.0, q=4, planes=2, nic="multi-port", endpoints_per_host=8, scale_up=9.0)
    demand = traffic.offer("shift", n_ranks=fabric.n_endpoints, by=1, bytes=1.0)
    load = route(fabric, demand, policy).load(demand.size)
    leaves = (fabric.tier == Tier.ENDPOINT) & (fabric.tail < fabric.n_endpoints)
    assert load[leaves].sum() == pytest.approx(fabric.n_hosts)


def test_a_gap_is_the_part_of_the_congestion_above_the_bound():
    """0.8 s where 0.6 s are proven: a quarter; nothing where nothing is sent."""
    shares, prices = csc_array((1, 0)), np.ones(1)
    assert Spread(shares, 0.8, 0.6, prices).gap == pytest.approx(0.25)
    assert Spread(shares, 0.0, 0.0, prices).gap == 0.0


def test_effort_must_make_sense():
    fabric, demand = small.one_link(), Demand.of("one", 2, src=[0], dst=[1], size=1.0)
    with pytest.raises(RoutingError, match=r"gap 1\.5 must be"):
        route(fabric, demand, "adaptive", gap=1.5)
    with pytest.raises(RoutingError, match="seconds 0 must be positive"):
        route(fabric, demand, "optimal", seconds=0)


@pytest.mark.parametrize("policy", ["adaptive", "optimal", "ugal"])
def test_a_small_problem_stops_when_its_time_is_up(policy):
    """The programmes over paths keep to ``seconds``, too: what they have by then is a routing with its certificate."""
    fabric = generate("dragonfly", a=4, p=2, h=2, g=5, capacity=50e9)
    demand = traffic.offer("permutation", n_ranks=fabric.n_endpoints, seed=1)
    best = route(fabric, demand, policy)
    hasty = route(fabric, demand, policy, seconds=1e-9)
    assert best.complete
    assert not hasty.complete
    check_routing(fabric, demand, hasty)
    assert theta(fabric, demand, hasty) <= theta(fabric, demand, best) * (1 + CLOSE)
    assert hasty.bound >= theta(fabric, demand, best) * (1 - CLOSE)
