"""Paths of one's own: as equal splits where they are all shortest ones, and refused where they lead nowhere."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from tests.oracles import check_routing, check_solution
from topo.flow import NotConnected, RoutingError, route, solve
from topo.generators import generate
from topo.routing.given import route_along
from traffic import offer
from traffic.demand import Demand


@pytest.mark.parametrize("network", [{"radix": 4}, {"radix": 8, "endpoints": 16}, {"radix": 12, "up": 6, "spines": 2}])
def test_all_shortest_paths_of_a_tree_are_ecmp(network):
    """networkx lists the paths; in two layers, cables beside each other included, an even split is that of ECMP."""
    fabric = generate("fat-tree-2", **network, capacity=50e9)
    demand = offer("permutation", n_ranks=fabric.n_endpoints, seed=1)
    graph = nx.Graph(fabric.to_networkx())
    pairs = zip(demand.src.tolist(), demand.dst.tolist(), strict=True)
    mine = route_along(
        fabric, demand, {pair: list(nx.all_shortest_paths(graph, *pair)) for pair in pairs}, policy="ecmp"
    )
    assert np.allclose(mine.load(demand.size), route(fabric, demand, "ecmp").load(demand.size), rtol=1e-12)
    check_routing(fabric, demand, mine)
    check_solution(fabric, demand, solve(fabric, demand, mine, "max-min"))


def test_a_path_listed_twice_carries_twice_as_much():
    fabric = generate("fat-tree-2", radix=4, capacity=1.0)
    demand = Demand.of("one", 8, src=0, dst=2, size=3.0)
    first, second = list(nx.all_shortest_paths(nx.Graph(fabric.to_networkx()), 0, 2))
    load = route_along(fabric, demand, {(0, 2): [first, first, second]}).load(demand.size)
    assert sorted(load[(fabric.tail == 8) & (fabric.head >= 12)]) == [1.0, 2.0]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ({}, "endpoint 0 to 2: no path is given"),
        ({(0, 2): [(0, 8, 1)]}, "path 0 > 8 > 1: must lead from endpoint 0 to 2"),
        ({(0, 2): [(0, 8, 9, 2)]}, r"path 0 > 8 > 9 > 2: fat-tree-2\(k=4\) has no link from node 8 to 9"),
        ({(0, 2): [(0, 99, 2)]}, "no link from node 0 to 99"),
    ],
)
def test_what_leads_nowhere_is_refused(paths, message):
    fabric = generate("fat-tree-2", radix=4, capacity=1.0)
    with pytest.raises(RoutingError, match=message) as caught:
        route_along(fabric, Demand.of("one", 8, src=0, dst=2, size=1.0), paths)
    assert isinstance(caught.value, NotConnected) == (not paths)


def test_pairs_have_to_be_listed():
    fabric = generate("fat-tree-2", radix=4, capacity=1.0)
    with pytest.raises(RoutingError, match=r"give demand\.listed\(\)"):
        route_along(fabric, offer("uniform", n_ranks=8), {})
