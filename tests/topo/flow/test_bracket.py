"""The two ends of a bracket against what is found flow by flow: it lies between them, or meets both."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

import topo.flow
import traffic
from tests.topo.routing.cases import random_demand
from topo.config import demand_of, fabric_of, read_case
from topo.config.nouns import solving_of
from topo.flow import route, solve
from topo.flow.bracket import LEVELS, bracketed
from topo.flow.solution import TooMany
from topo.generators import generate
from topo.metrics import measure
from topo.packet import Packet
from topo.study import run_case

#: Rounding of sums in another order.
SAME = 1e-9
EVERY = {
    "planes": {"family": "fat-tree-2", "radix": 8, "endpoints_per_host": 4, "planes": 4, "scale_up": 200e9},
    "blocking": {"family": "fat-tree-2", "radix": 12, "endpoints_per_host": 4, "oversubscription": 2},
    "dragonfly": {"family": "dragonfly", "a": 4, "p": 2, "h": 2, "endpoints_per_host": 1},
}


@pytest.fixture(scope="module")
def fabrics():
    return {name: generate(**given, capacity=50e9, switch_latency=1e-6) for name, given in EVERY.items()}


def check(true, found):
    """``found`` ends no sooner and ``true`` no sooner than it says, flow by flow and phase by phase."""
    assert found.least <= true.completion_s * (1 + SAME)
    assert (true.finish <= found.finish * (1 + SAME)).all()
    assert (true.ended <= found.ended * (1 + SAME)).all() and found.least <= found.completion_s
    assert true.bound == pytest.approx(found.bound)


@pytest.mark.parametrize("policy", ["ecmp", "ecmp-hash", "valiant", "wcmp"])
@pytest.mark.parametrize("name", EVERY)
def test_what_is_found_flow_by_flow_lies_between(fabrics, name, policy):
    fabric = fabrics[name]
    for seed, solver in ((1, "completion"), (2, "completion"), (3, "max-min")):
        demand = random_demand(fabric.n_endpoints, commodities=40, phases=2, seed=seed)
        routing = route(fabric, demand, policy)
        found = bracketed(fabric, demand, routing, why="", legs=2, refilled=solver == "completion")
        check(solve(fabric, demand, routing, solver), found)


@pytest.mark.parametrize(
    "words",
    ["training-step:pp=2,ep=8,micro_batches=4,tokens=64", "allreduce", "allreduce:algorithm=tree", "uniform",
     "jobs:jobs=[{hosts: 2, pattern: all-to-all}, {hosts: 2, pattern: allreduce}]", "moe-all-to-all:ep=16,tokens=64"],
)  # fmt: skip
@pytest.mark.parametrize("hardware", ["roce", "a100-nccl"])
def test_latency_packets_launch_and_phases_side_by_side(words, hardware):
    case = read_case(f"fat-tree-2:radix=8,endpoints=32,planes=2,hardware={hardware}", words, solve="completion")
    fabric = fabric_of(case)
    demand = demand_of(case, fabric)
    demand = demand.listed() if hasattr(demand, "listed") else demand
    routing = route(fabric, demand)
    efficiency = solving_of(case).get("efficiency")
    found = bracketed(fabric, demand, routing, why="", legs=1, efficiency=efficiency)
    check(solve(fabric, demand, routing, "completion", efficiency=efficiency), found)


def test_rates_that_stay_know_nothing_of_headers(fabrics):
    """As ``max-min`` itself: its time is that of bytes without packets, on both ends."""
    fabric = replace(fabrics["blocking"], packet=Packet(mtu=200, header=82, ack=62))
    demand = traffic.offer("permutation", n_ranks=fabric.n_endpoints, seed=5)
    routing = route(fabric, demand)
    true = solve(fabric, demand, routing, "max-min")
    found = bracketed(fabric, demand, routing, why="", legs=1, refilled=False)
    check(true, found)
    assert found.least == pytest.approx(true.completion_s, rel=SAME)


@pytest.mark.parametrize("policy", ["ecmp", "ecmp-hash"])
def test_flows_of_one_size_end_when_their_fullest_link_is_through(policy):
    """Both ends are one, and the exact one, on a network and by paths that know no symmetry."""
    fabric = generate("fat-tree-2", radix=12, oversubscription=2, capacity=50e9, endpoints_per_host=4)
    fabric = fabric.without(cables=[int(fabric.cable[np.flatnonzero(fabric.is_switch_link)[0]])])
    demand = traffic.offer("permutation", n_ranks=fabric.n_endpoints, seed=5)
    routing = route(fabric, demand, policy)
    found = bracketed(fabric, demand, routing, why="", legs=1)
    assert found.least == pytest.approx(found.completion_s, rel=SAME)
    assert found.least == pytest.approx(solve(fabric, demand, routing, "completion").completion_s, rel=SAME)


def test_more_sizes_than_are_followed_are_rounded_up(fabrics):
    """On one link the ends meet for as many sizes as are followed; for more they part, by what rounding costs."""
    fabric = fabrics["blocking"]
    for n in (LEVELS, LEVELS * 2):
        pairs = {"src": np.zeros(n, int), "dst": np.arange(1, n + 1), "size": 1e6 * np.arange(1, n + 1)}
        demand = traffic.Demand.of("fan", fabric.n_endpoints, **pairs)
        found = bracketed(fabric, demand, route(fabric, demand), why="", legs=1, refilled=True)
        apart = (found.completion_s - found.delay.max()) / (found.least - found.delay.min()) - 1.0
        assert apart == pytest.approx(0.0, abs=SAME) if n == LEVELS else 0.0 < apart < 2 / LEVELS


@pytest.mark.parametrize("policy", ["static", "adaptive", "ecmp", "valiant"])
@pytest.mark.parametrize("solver", ["completion", "max-min"])
def test_pairs_that_cannot_be_listed_are_bracketed(monkeypatch, solver, policy):
    """Those of hotspot have two sizes; latency counts, though none knows which pair is the last."""
    fabric = generate("fat-tree-2", radix=8, endpoints_per_host=4, planes=2, capacity=50e9, scale_up=200e9,
                      switch_latency=1e-6, endpoints=32)  # fmt: skip
    demand = traffic.offer("hotspot", n_ranks=32, ranks_per_host=4, bytes=1e6)
    routing = route(fabric, demand, policy)
    true = solve(fabric, demand, route(fabric, demand, policy), solver)
    monkeypatch.setattr(topo.flow, "MAX_PAIRS", 100)
    monkeypatch.setattr(topo.flow, "LISTED_PAIRS", 50)
    monkeypatch.setattr(import_module("topo.flow.classed"), "MAX_CLASSES", 2)
    found = solve(fabric, demand, routing, solver)
    assert found.least * (1 - SAME) <= true.completion_s <= found.completion_s * (1 + SAME)
    assert found.completion_s <= found.least * 1.6
    assert found.demand is demand and "too many to" in found.method


def test_the_page_and_the_terminal_say_between_what(monkeypatch):
    """A result of its own, a warning, and no fairness of rates that nobody knows."""
    monkeypatch.setattr(topo.flow, "MAX_PAIRS", 100)
    case = read_case("fat-tree-2:radix=8,endpoints=32,hardware=roce", "hotspot", routing="static", solve="completion")
    results = run_case(case).results
    assert results["completion_least_s"] < results["completion_s"] and results["fairness"] is None
    assert any("too many to list" in text and "between" in text for text in results["warnings"])
    case = read_case("fat-tree-2:radix=8,endpoints=32", "uniform", routing="static", solve="completion")
    results = run_case(case).results
    assert results["completion_least_s"] == pytest.approx(results["completion_s"])
    assert any("is exact" in text for text in results["warnings"])


def test_nothing_is_said_of_paths_that_nobody_knows(monkeypatch, fabrics):
    """Latency of paths without a longest one cannot be bounded where pairs are not listed."""
    monkeypatch.setattr(topo.flow, "MAX_PAIRS", 10)
    fabric = fabrics["dragonfly"]
    demand = traffic.offer("uniform", n_ranks=fabric.n_endpoints)
    with pytest.raises(topo.flow.NotSolved, match="no shortest ones"):
        solve(fabric, demand, route(fabric, demand, "optimal"), "completion")


def test_a_solver_without_bracket_says_what_is_too_many(monkeypatch, fabrics):
    fabric = fabrics["dragonfly"]
    demand = random_demand(fabric.n_endpoints, commodities=60)
    monkeypatch.setattr("topo.routing.split.MAX_ENTRIES", 10)
    routing = route(fabric, demand)
    with pytest.raises(TooMany, match="more shares on links"):
        topo.flow.completion.completion_times(fabric, demand, routing)
    assert measure(solve(fabric, demand, routing, "completion"))["completion_least_s"] > 0.0
