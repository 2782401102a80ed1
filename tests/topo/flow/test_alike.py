"""Colours of commodities against the listed solver: the same ends on every kind of network, whole or broken."""

from __future__ import annotations

import numpy as np
import pytest

import traffic
from tests.topo.routing.cases import random_demand
from topo.config import demand_of, fabric_of, read_case
from topo.flow import completion, route, solve
from topo.flow.alike import Alike
from topo.generators import generate

TREE = {"capacity": 50e9, "scale_up": 200e9}


@pytest.fixture(scope="module")
def fabrics():
    blocking = generate("fat-tree-2", radix=12, endpoints_per_host=4, oversubscription=2, **TREE)
    up = int(blocking.cable[np.flatnonzero(blocking.is_switch_link)[0]])
    return {
        "planes": generate("fat-tree-2", radix=8, endpoints_per_host=4, planes=4, **TREE),
        "multi-port": generate("fat-tree-2", radix=8, endpoints_per_host=2, planes=2, nic="multi-port", **TREE),
        "blocking": blocking,
        "a cable lost": blocking.without(cables=[up]),
        "fat-tree-3": generate("fat-tree-3", radix=8, endpoints_per_host=4, endpoints=64, **TREE),
        "slim-fly": generate("slim-fly", q=3, capacity=50e9, endpoints_per_host=1),
        "dragonfly": generate("dragonfly", a=4, p=2, h=2, capacity=50e9, endpoints_per_host=1),
    }


def both(monkeypatch, fabric, demand, policy="ecmp"):
    """Return the solution with every commodity for itself, and by colours."""
    found = []
    for worth, fewer in ((10**9, 8), (0, 0)):
        monkeypatch.setattr(completion, "WORTH_COLOURS", worth)
        monkeypatch.setattr(completion, "FEWER", fewer)
        found.append(solve(fabric, demand, route(fabric, demand, policy), "completion"))
    assert "colours" in found[1].method and "colours" not in found[0].method
    return found


def check(listed, coloured):
    np.testing.assert_allclose(coloured.finish, listed.finish, rtol=1e-9)
    np.testing.assert_allclose(coloured.ended, listed.ended, rtol=1e-9)
    np.testing.assert_allclose(coloured.load.toarray(), listed.load.toarray(), rtol=1e-9, atol=1e-3)
    assert coloured.in_turn is None and coloured.bound == pytest.approx(listed.bound)


@pytest.mark.parametrize(
    "name", ["planes", "multi-port", "blocking", "a cable lost", "fat-tree-3", "slim-fly", "dragonfly"]
)
@pytest.mark.parametrize("pattern", ["allreduce", "hotspot", "moe-all-to-all"])
def test_equal_to_every_commodity_for_itself(monkeypatch, fabrics, name, pattern):
    fabric = fabrics[name]
    more = {"ep": 8} if pattern.startswith("moe") else {}
    per_host = fabric.n_endpoints // fabric.n_hosts
    demand = traffic.offer(pattern, n_ranks=fabric.n_endpoints, ranks_per_host=per_host, **more)
    check(*both(monkeypatch, fabric, demand))


@pytest.mark.parametrize("policy", ["ecmp", "wcmp"])
def test_sizes_and_phases_at_random(monkeypatch, fabrics, policy):
    demand = random_demand(fabrics["blocking"].n_endpoints, commodities=60, phases=3)
    check(*both(monkeypatch, fabrics["blocking"], demand, policy))


@pytest.mark.parametrize(
    "words",
    ["training-step:pp=2,ep=8,micro_batches=4,tokens=64", "allreduce",
     "jobs:jobs=[{hosts: 2, pattern: all-to-all}, {hosts: 2, pattern: allreduce}]"],
)  # fmt: skip
def test_latency_packets_and_phases_side_by_side(monkeypatch, words):
    case = read_case("fat-tree-2:radix=8,endpoints=32,hardware=h800,planes=2", words, solve="completion")
    fabric = fabric_of(case)
    check(*both(monkeypatch, fabric, demand_of(case, fabric)))
    roce = read_case("fat-tree-2:radix=8,endpoints=32,hardware=roce", words, solve="completion")
    fabric = fabric_of(roce)
    check(*both(monkeypatch, fabric, demand_of(roce, fabric)))


def test_symmetric_traffic_has_few_colours(fabrics):
    """Members of groups on one leaf and on several are told apart, and nothing else: whatever the number of ranks."""
    fabric = fabrics["fat-tree-3"]
    demand = traffic.offer("uniform", n_ranks=64, ranks_per_host=4).listed()
    alike = Alike.among(fabric, demand, route(fabric, demand))
    # A leaf holds one host of 4: pairs are in the host, in the pod of 16, or across pods.
    assert sorted(alike.counts) == [64 * 3, 64 * 12, 64 * 48]


def test_what_is_not_alike_and_too_much_to_list_is_bracketed(monkeypatch, fabrics):
    fabric = fabrics["dragonfly"]
    demand = random_demand(fabric.n_endpoints, commodities=60)
    listed = solve(fabric, demand, route(fabric, demand), "completion")
    monkeypatch.setattr("topo.routing.split.MAX_ENTRIES", 100)
    monkeypatch.setattr("topo.routing.relay.MAX_ENTRIES", 100)
    found = solve(fabric, demand, route(fabric, demand), "completion")
    assert "not alike" in found.method
    assert found.least <= listed.completion_s * (1 + 1e-12) and listed.completion_s <= found.completion_s


def test_colours_that_save_little_serve_where_shares_are_too_many(monkeypatch, fabrics):
    """More than one colour for every FEWER commodities is no reason to refuse what cannot be listed."""
    fabric = fabrics["fat-tree-3"]
    demand = traffic.offer("moe-all-to-all", n_ranks=64, ranks_per_host=4, ep=8)
    listed = solve(fabric, demand, route(fabric, demand), "completion")
    routing = route(fabric, demand)
    monkeypatch.setattr(completion, "fewest", lambda *given: None)
    monkeypatch.setattr(completion, "WORTH_COLOURS", 0)
    monkeypatch.setattr(completion, "FEWER", 10**9)
    check(listed, solve(fabric, demand, routing, "completion"))
