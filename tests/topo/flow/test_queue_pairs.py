"""Queue pairs: each on its path at its own rate; a commodity ends with its last."""

from __future__ import annotations

import numpy as np
import pytest

import traffic
from tests.oracles import check_routing, check_solution
from tests.small import leaf_spine
from topo.flow import route, solve
from topo.flow.queue_pairs import by_queue_pair
from topo.generators import generate
from traffic.demand import Demand

PLANES = {"family": "fat-tree-2", "radix": 8, "planes": 2, "endpoints_per_host": 4, "scale_up": 8.0, "capacity": 1.0}


def test_one_commodity_is_as_slow_as_its_slowest_queue_pair():
    """Two commodities of two queue pairs over two spines: times are those of four commodities of half the bytes."""
    fabric = leaf_spine(capacity=1.0)
    demand = Demand.of("pair", 4, src=[0, 1], dst=[2, 3], size=2.0)
    for seed in range(8):
        routing = route(fabric, demand, "ecmp-hash", seed=seed, qps=2)
        solution = solve(fabric, demand, routing, "completion")
        check_solution(fabric, demand, solution)
        assert solution.demand.n_commodities == 4
        spines = [int(np.count_nonzero(routing.link[routing.first[i] : routing.first[i + 1]][1] % 2)) for i in range(4)]
        assert solution.completion_s == pytest.approx(max(2.0, spines.count(0), spines.count(1)))


def test_one_queue_pair_is_the_commodity():
    fabric = leaf_spine()
    demand = traffic.offer("shift", n_ranks=4)
    routing = route(fabric, demand, "ecmp-hash")
    assert by_queue_pair(fabric, demand, routing) == (demand, routing)


@pytest.mark.parametrize("pattern", ["permutation", "all-to-all"])
def test_shares_add_up_to_the_commodities(pattern):
    """Bytes and loads are those of the commodities, through hosts and planes too."""
    family = dict(PLANES)
    fabric = generate(family.pop("family"), **family)
    demand = traffic.offer(pattern, n_ranks=fabric.n_endpoints, ranks_per_host=4)
    demand = demand if isinstance(demand, Demand) else demand.listed()
    routing = route(fabric, demand, "ecmp-hash", qps=3)
    parts, paths = by_queue_pair(fabric, demand, routing)
    assert parts.n_commodities > demand.n_commodities
    np.testing.assert_allclose(parts.total(), demand.total(), rtol=1e-12)
    np.testing.assert_allclose(paths.load(parts.size), routing.load(demand.size), rtol=1e-12)
    check_routing(fabric, parts, paths)
    for solver in ("completion", "max-min"):
        check_solution(fabric, demand, solve(fabric, demand, routing, solver))
