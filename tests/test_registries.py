"""Every registered family x pattern x policy x solver at a small size obeys every law, or refuses as documented.

A new entry needs one row here: a family its parameters, a pattern its own where the defaults do
not fit, and REFUSED a row for each combination that is not defined, with the words of its error.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

import pytest

import topo.flow
import traffic
from tests.oracles import check_demand, check_fabric, check_routing, check_solution
from topo.flow import POLICIES, SOLVERS, RoutingError, SolverError, completion, route, solve
from topo.generators import FAMILIES, generate

RANKS = 16
HOST = 4
RATE = 50e9

#: Fabrics by name; the first word is the family.
FABRICS = {
    "dragonfly": {"a": 4, "p": 2, "h": 2, "g": 2},
    "fat-tree-2": {"radix": 8, "endpoints": RANKS},
    "fat-tree-2 oversubscribed": {"radix": 4, "oversubscription": 3.0, "endpoints": 12},
    "fat-tree-2 planes": {"radix": 4, "planes": 2, "scale_up": 4 * RATE},
    "fat-tree-2 multi-port": {"radix": 8, "planes": 2, "nic": "multi-port", "endpoints": RANKS},
    "fat-tree-3": {"radix": 4},
    "slim-fly": {"q": 3, "endpoints": RANKS, "scale_up": 4 * RATE},
}

#: Parameters of patterns whose defaults are made for larger sizes.
PARAMS = {"moe-all-to-all": {"tokens": 64}}

#: What is not defined: (fabric or "*", pattern or "*", policy or "*", solver or "*") -> words of the error.
REFUSED = {
    ("dragonfly", "*", "static", "*"): "needs a tree",
    ("slim-fly", "*", "static", "*"): "needs a tree",
    ("dragonfly", "*", "valiant", "*"): "third group",
    ("dragonfly", "*", "ugal", "*"): "third group",
    ("fat-tree-2 multi-port", "*", "ugal", "*"): "one network port",
    ("fat-tree-2 oversubscribed", "bit-complement", "*", "*"): "power of two",
    ("fat-tree-2 oversubscribed", "transpose", "*", "*"): "square number of ranks",
    **{("*", "*", policy, "max-concurrent"): "with policy optimal" for policy in POLICIES if policy != "optimal"},
}


@cache
def fabric_of(name):
    return generate(name.split()[0], capacity=RATE, endpoints_per_host=HOST, **FABRICS[name])


@cache
def demand_of(name, pattern):
    return traffic.offer(pattern, n_ranks=fabric_of(name).n_endpoints, ranks_per_host=HOST, **PARAMS.get(pattern, {}))


@cache
def routing_of(name, pattern, policy):
    return route(fabric_of(name), demand_of(name, pattern), policy)


def refusal(*cell):
    for row, words in REFUSED.items():
        if all(mine in ("*", theirs) for mine, theirs in zip(row, cell, strict=True)):
            return words
    return None


def test_every_family_has_a_row():
    assert {name.split()[0] for name in FABRICS} == set(FAMILIES)


@pytest.mark.parametrize("registry", [FAMILIES, traffic.PATTERNS, POLICIES, SOLVERS], ids=lambda r: next(iter(r)))
def test_registries_are_sorted(registry):
    assert list(registry) == sorted(registry)


@pytest.mark.parametrize("name", FABRICS)
def test_fabrics(name):
    check_fabric(fabric_of(name))


@pytest.mark.parametrize("pattern", traffic.PATTERNS)
@pytest.mark.parametrize("name", FABRICS)
def test_product(name, pattern):
    """All policies and solvers of one fabric and pattern: every law holds, or exactly the documented error comes."""
    for policy in POLICIES:
        for solver in SOLVERS:
            words = refusal(name, pattern, policy, solver)
            if words is None:
                check_cell(name, pattern, policy, solver)
                continue
            with pytest.raises((RoutingError, SolverError, traffic.DemandError), match=words):
                check_cell(name, pattern, policy, solver)


def check_cell(name, pattern, policy, solver):
    fabric, demand = fabric_of(name), demand_of(name, pattern)
    routing = routing_of(name, pattern, policy)
    if solver == next(iter(SOLVERS)):
        check_demand(demand)
        check_routing(fabric, demand, routing)
    check_solution(fabric, demand, solve(fabric, demand, routing, solver))


@pytest.mark.parametrize("pattern", traffic.PATTERNS)
@pytest.mark.parametrize("name", FABRICS)
def test_what_counts_as_one_ends_as_each_does(monkeypatch, name, pattern):
    """By class, by colour of classes and by colour of flows all end as flow by flow; a bracket holds that between."""
    for policy in (one for one, entry in POLICIES.items() if not entry.solved):
        for solver in ("completion", "max-min"):
            if refusal(name, pattern, policy, solver) is None:
                check_alike(monkeypatch, name, pattern, policy, solver)


def check_alike(monkeypatch, name, pattern, policy, solver):
    fabric, demand, routing = fabric_of(name), demand_of(name, pattern), routing_of(name, pattern, policy)
    grouped = isinstance(demand, traffic.GroupedDemand)
    if solver == "max-min" and not (grouped and POLICIES[policy].alike):
        return  # goes by nothing but each flow
    listed = solve(fabric, demand, routing, solver)
    for worth in (10**9, 0) if grouped else (0,):
        with monkeypatch.context() as changed:
            changed.setattr(completion, "WORTH_COLOURS", worth)
            changed.setattr(completion, "FEWER", 1 if worth else 0)
            changed.setattr(import_module("topo.flow.classed"), "WORTH_COLOURS", worth)
            if grouped:
                changed.setattr(topo.flow, "LISTED_PAIRS", 0)
            found = solve(fabric, demand, routing, solver)
        assert found.phase_time == pytest.approx(listed.phase_time, rel=1e-9)
        assert found.ended == pytest.approx(listed.ended, rel=1e-9)
        assert found.rate.min() == pytest.approx(listed.rate.min(), rel=1e-9)
    if not (grouped and POLICIES[policy].one_path):
        between = SOLVERS[solver].bracket(fabric, demand, routing, why="", legs=None)
        assert between.least <= listed.completion_s * (1 + 1e-9)
        assert listed.completion_s <= between.completion_s * (1 + 1e-9)
