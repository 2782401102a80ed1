"""Queue pairs: each on its path at its own rate; a commodity ends with its last."""

from __future__ import annotations

import numpy as np
import pytest
from pytest import approx

import traffic
from tests.oracles import check_routing, check_solution
from tests.small import leaf_spine
from topo.flow import SOLVERS, route, solve
from topo.flow.queue_pairs import by_queue_pair
from topo.generators import generate
from topo.metrics.timing import rate_metrics
from traffic.demand import Demand

LATENCY = {"switch_latency": 0.5, "scale_up_latency": 0.25}
PLANES = {"family": "fat-tree-2", "radix": 8, "planes": 2, "endpoints_per_host": 4, "scale_up": 8.0, "capacity": 1.0}


def test_one_commodity_is_as_slow_as_its_slowest_queue_pair():
    """Two commodities of two queue pairs over two spines: times are those of four commodities of half the bytes."""
    fabric = leaf_spine(capacity=1.0)
    demand = Demand.of("pair", 4, src=[0, 1], dst=[2, 3], size=2.0)
    for seed in range(8):
        routing = route(fabric, demand, "ecmp-hash", seed=seed, qps=2)
        solution = solve(fabric, demand, routing, "completion")
        check_solution(fabric, demand, solution)
        assert solution.demand is demand and solution.routing is routing
        paths = routing.listed()
        spines = [int(np.count_nonzero(paths.link[paths.first[i] : paths.first[i + 1]][1] % 2)) for i in range(4)]
        assert solution.completion_s == pytest.approx(max(2.0, spines.count(0), spines.count(1)))


def test_one_queue_pair_is_the_commodity():
    fabric = leaf_spine()
    demand = traffic.offer("shift", n_ranks=4)
    routing = route(fabric, demand, "ecmp-hash")
    parts, paths, owner = by_queue_pair(fabric, demand, routing)
    assert parts is demand and paths is routing and owner.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("solver", ["completion", "max-min"])
def test_what_is_told_is_told_by_commodity(solver):
    """Two flows that no other disturbs have the whole port each, however many queue pairs share it."""
    fabric = leaf_spine(leaves=4, spines=64, per_leaf=1, capacity=50e9)
    demand = Demand.of("idle", 4, src=[0, 1], dst=[2, 3], size=1e6)
    for qps in (1, 4, 16):
        routing = route(fabric, demand, "ecmp-hash", qps=qps)
        told = rate_metrics(solve(fabric, demand, routing, solver))
        assert (told["pairs"], told["mean_rate_gbps"], told["min_rate_gbps"]) == (2, approx(400.0), approx(400.0))
        assert told["mean_completion_s"] == told["completion_s"] == approx(20e-6)


@pytest.mark.parametrize("solver", ["completion", "max-min"])
def test_more_queue_pairs_raise_the_mean_rate(solver):
    """The more draws, the more even: on a full tree a permutation comes nearer to its ports with every doubling."""
    fabric = generate("fat-tree-2", radix=16, capacity=50e9)
    demand = traffic.offer("permutation", n_ranks=fabric.n_endpoints, seed=1)
    rates = []
    for qps in (1, 4, 16, 64):
        routing = route(fabric, demand, "ecmp-hash", qps=qps, seed=0)
        rates.append(rate_metrics(solve(fabric, demand, routing, solver))["mean_rate_gbps"])
    assert rates == sorted(rates) and rates[0] > 200.0 and rates[-1] < 400.0


@pytest.mark.parametrize("solver", ["completion", "max-min"])
def test_a_commodity_ends_with_the_last_of_its_queue_pairs(solver):
    """Through relays and with latencies too; loads and the end of all are those of the queue pairs."""
    fabric = generate("fat-tree-2", radix=8, capacity=1.0, planes=2, endpoints_per_host=4, scale_up=8.0, **LATENCY)
    demand = traffic.offer("permutation", n_ranks=fabric.n_endpoints, ranks_per_host=4, bytes=8.0)
    routing = route(fabric, demand, "ecmp-hash", qps=3)
    parts, paths, owner = by_queue_pair(fabric, demand, routing)
    by_part, told = SOLVERS[solver].solve(fabric, parts, paths), solve(fabric, demand, routing, solver)
    check_solution(fabric, parts, by_part)
    for f in range(demand.n_commodities):
        mine = np.flatnonzero(owner == f)
        last = mine[by_part.finish[mine].argmax()]
        assert told.finish[f] == by_part.finish[last] and told.tightest[f] in by_part.tightest[mine]
        moved = (by_part.finish - by_part.delay)[mine].max()
        assert told.rate[f] * moved == approx(demand.size[f])
    assert told.completion_s == by_part.completion_s
    np.testing.assert_array_equal(told.load.toarray(), by_part.load.toarray())


@pytest.mark.parametrize("pattern", ["permutation", "all-to-all"])
def test_shares_add_up_to_the_commodities(pattern):
    """Bytes and loads are those of the commodities, through hosts and planes too."""
    family = dict(PLANES)
    fabric = generate(family.pop("family"), **family)
    demand = traffic.offer(pattern, n_ranks=fabric.n_endpoints, ranks_per_host=4)
    demand = demand if isinstance(demand, Demand) else demand.listed()
    routing = route(fabric, demand, "ecmp-hash", qps=3)
    parts, paths, _ = by_queue_pair(fabric, demand, routing)
    assert parts.n_commodities > demand.n_commodities
    np.testing.assert_allclose(parts.total(), demand.total(), rtol=1e-12)
    np.testing.assert_allclose(paths.load(parts.size), routing.load(demand.size), rtol=1e-12)
    check_routing(fabric, parts, paths)
    for solver in ("completion", "max-min"):
        check_solution(fabric, demand, solve(fabric, demand, routing, solver))
