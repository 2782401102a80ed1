"""The bound of gathering: against all cuts, maximum flows of networkx, closed forms, and every algorithm we have."""

from __future__ import annotations

from itertools import product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topo
import traffic
from tests.topo.flow.test_adaptive import random_fabrics
from topo.flow.rooted import gather_rate, least_time, targets

RATE = 50e9


def of_all_cuts(fabric, n_ranks):
    """Return the least quotient over all sets of nodes that lack a rank and hold one."""
    least = np.inf
    for bits in product((False, True), repeat=fabric.n_nodes):
        inside = np.array(bits)
        ranks = int(inside[:n_ranks].sum())
        if 0 < ranks < n_ranks:
            least = min(least, fabric.capacity[inside[fabric.tail] & ~inside[fabric.head]].sum() / ranks)
    return least


@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(fabric=random_fabrics(), narrow=st.booleans(), fewer=st.integers(0, 1))
def test_the_tightest_of_all_cuts_is_found(fabric, narrow, fewer):
    """Up to twelve nodes, with ports that are wide, and that are not."""
    n = fabric.n_endpoints - fewer
    if narrow:
        rows = fabric.cables()
        rows["capacity"] = np.where(rows["a"] < fabric.n_endpoints, 1.0 + rows["a"] % 3, rows["capacity"])
        nodes = {key: getattr(fabric, key) for key in ("kind", "plane", "group", "host", "domain")}
        fabric = topo.Fabric.from_cables(name="narrow", **rows, **nodes)
    for backwards in (False, True):  # cables carry as much both ways
        found = gather_rate(fabric, n, backwards=backwards)
        assert found.rate == pytest.approx(of_all_cuts(fabric, n), rel=1e-9)


#: Family, parameters, and the best rate of a rank over that of its port to n - 1 others.
KNOWN = {
    "tree": ("fat-tree-2", {"radix": 8}, 1.0),
    "tree 3:1": ("fat-tree-2", {"radix": 8, "oversubscription": 3}, 1.0),  # each datum enters a leaf once
    # The ports of a host together let in what its ranks pass on: 8 x 1023 / 1016.
    "planes and NVLink": (
        "fat-tree-2",
        {"radix": 64, "planes": 8, "endpoints": 1024, "endpoints_per_host": 8, "scale_up": 4e11},
        8 * 1023 / 1016,
    ),
    "planes alone": ("fat-tree-2", {"radix": 8, "planes": 2}, 0.0),
    "slim fly": ("slim-fly", {"q": 5}, 1.0),
    "dragonfly": ("dragonfly", {"a": 4, "p": 2, "h": 2}, 1.0),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_networks(name):
    family, params, expected = KNOWN[name]
    fabric = topo.generate(family, **params, capacity=RATE)
    n = fabric.n_endpoints
    found = gather_rate(fabric, n)
    assert found.rate == pytest.approx(expected * RATE / (n - 1), rel=1e-9)
    assert not found.inside[:n].all()
    if n > 100 or not expected:
        return
    graph = nx.DiGraph()
    for tail, head, capacity in zip(fabric.tail.tolist(), fabric.head.tolist(), fabric.capacity.tolist(), strict=True):
        graph.add_edge(tail, head, capacity=capacity + graph.get_edge_data(tail, head, {"capacity": 0.0})["capacity"])
    graph.add_edges_from(("source", rank, {"capacity": found.rate}) for rank in range(n))
    for rank in range(0, n, 7):
        assert nx.maximum_flow_value(graph, "source", rank) == pytest.approx(n * found.rate, rel=1e-9)


@pytest.mark.parametrize("family", ["tree", "tree 3:1", "planes and NVLink", "slim fly"])
@pytest.mark.parametrize("operation", ["allreduce", "all-gather", "reduce-scatter"])
def test_no_algorithm_is_faster(family, operation):
    name, params, _ = KNOWN[family]
    fabric = topo.generate(name, **(params | ({"endpoints": 64} if "planes" in params else {})), capacity=RATE)
    hosts = {"ranks_per_host": fabric.endpoints_per_host}
    demand = traffic.offer(operation, n_ranks=fabric.n_endpoints, algorithm="ring", bytes=10**8, **hosts)
    solution = topo.solve(fabric, demand, topo.route(fabric, demand))
    least = least_time(fabric, operation, fabric.n_endpoints, 1e8)
    assert 0 < least <= solution.completion_s * (1 + 1e-9)
    said = topo.measure(solution)
    assert said["collective_least_s"] == pytest.approx(least)
    assert said["collective_gap"] == pytest.approx(1 - least / solution.completion_s)


@pytest.mark.parametrize("algorithm", ["direct", "hierarchical"])
@pytest.mark.parametrize(("family", "gap"), [("tree", 0.0), ("tree 3:1", 0.0), ("planes and NVLink", None)])
def test_no_exchange_is_faster(family, gap, algorithm):
    """All pairs at once, or by way of hosts; on trees ports, or uplinks at 3:1, are busy all the time: the best."""
    name, params, _ = KNOWN[family]
    fabric = topo.generate(name, **(params | ({"endpoints": 64} if "planes" in params else {})), capacity=RATE)
    n, hosts = fabric.n_endpoints, {"ranks_per_host": fabric.endpoints_per_host}
    demand = traffic.offer("all-to-all", n_ranks=n, algorithm=algorithm, bytes=10**8, **hosts)
    said = topo.measure(topo.solve(fabric, demand, topo.route(fabric, demand)))
    assert 0 < said["collective_least_s"] <= said["completion_s"] * (1 + 1e-9)
    if gap is not None and algorithm == "direct":
        assert said["collective_gap"] == pytest.approx(gap, abs=1e-9)


def test_an_exchange_of_few_and_of_all():
    """On a whole tree a rank sends (n - 1) / n of its bytes through its port; of two ranks, half."""
    fabric = topo.generate("fat-tree-2", radix=8, capacity=RATE)
    assert least_time(fabric, "all-to-all", 32, 1e9) == pytest.approx(31 / 32 * 1e9 / RATE)
    assert least_time(fabric, "all-to-all", 2, 1e9) == pytest.approx(1 / 2 * 1e9 / RATE)


def test_the_flow_that_is_best_of_all_leaves_no_gap():
    """Where ports and volume prove less, the certificate of ``optimal`` is the bound."""
    fabric = topo.generate("dragonfly", a=4, p=2, h=2, scale_up=None, capacity=RATE)
    demand = traffic.offer("all-to-all", n_ranks=fabric.n_endpoints, bytes=10**8)
    solution = topo.solve(fabric, demand, topo.route(fabric, demand, "optimal"))
    said = topo.measure(solution)
    assert said["collective_gap"] == pytest.approx(solution.gap, abs=1e-9) and solution.gap < 0.011


def test_a_ring_is_the_best_on_a_tree():
    """Every port is busy all the time in both directions: 2 (n - 1) / n x S / port."""
    fabric = topo.generate("fat-tree-2", radix=8, capacity=RATE)
    assert least_time(fabric, "allreduce", 32, 1e9) == pytest.approx(2 * 31 / 32 * 1e9 / RATE)
    assert least_time(fabric, "broadcast", 32, 1e9) is None
    assert gather_rate(fabric, 1).rate == np.inf


def test_ranks_alike_count_once():
    fabric = topo.generate("fat-tree-2", radix=8, endpoints_per_host=2, scale_up=4e11, capacity=RATE)
    assert len(targets(fabric, 32)) == 8  # one a leaf
    assert len(targets(fabric, 31)) == 9  # the last host is short of one
