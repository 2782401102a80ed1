"""Pairs by class end when the same pairs end that are listed; what classes carry is what all pairs carry."""

from __future__ import annotations

from functools import partial
from importlib import import_module

import numpy as np
import pytest

import topo.flow
import traffic
from topo.failures import FAILURES
from topo.flow import POLICIES, SOLVERS, NotSolved, route, solve
from topo.flow.classed import classed
from topo.flow.solution import TooMany
from topo.generators import generate
from topo.metrics import measure
from topo.packet import Packet
from topo.routing.classes import Classes
from traffic.demand import GroupedDemand

HOST, RATE = 4, 50e9
FABRICS = {
    "dragonfly": {"a": 4, "p": 2, "h": 2, "g": 3},
    "fat-tree-2 oversubscribed": {"radix": 4, "oversubscription": 3.0, "endpoints": 12},
    "fat-tree-2 planes": {"radix": 4, "planes": 2, "scale_up": 4 * RATE},
    "fat-tree-2 spread": {"radix": 4, "planes": 2, "scale_up": 4 * RATE, "relay": "spread"},
    "fat-tree-2 multi-port": {"radix": 4, "planes": 2, "nic": "multi-port"},
    "fat-tree-3": {"radix": 4, "scale_up": 4 * RATE},
    "slim-fly": {"q": 3, "endpoints": 24},
}
TRAFFIC = {"uniform": {}, "hotspot": {}, "all-to-all": {"ep": 4}}


def built(name, **more):
    family, own = name.split()[0], FABRICS[name]
    return generate(family, capacity=RATE, endpoints_per_host=HOST, symmetry=True, **own, **more)


def both(fabric, demand, policy="ecmp", solver="completion"):
    """Return the solution of listed pairs and that of classes, and the classes."""
    routing = route(fabric, demand, policy)
    found = classed(fabric, demand, routing, partial(route, fabric, policy=policy))
    return solve(fabric, demand, routing, solver), SOLVERS[solver].by_class(fabric, found), found


def same(listed, by_class):
    """Each example ends with its pair, and the means over all pairs are equal."""
    pairs, examples = by_class.demand.pairs, by_class.demand.examples
    place = {pair: f for f, pair in enumerate(zip(listed.demand.src, listed.demand.dst, strict=True))}
    mine = [place[pair] for pair in zip(examples.src, examples.dst, strict=True)]
    assert by_class.finish == pytest.approx(listed.finish[mine], rel=1e-9)
    assert pairs.sum() == listed.demand.n_commodities
    assert by_class.finish @ pairs / pairs.sum() == pytest.approx(listed.finish.mean(), rel=1e-9)
    assert by_class.completion_s == pytest.approx(listed.completion_s, rel=1e-9)
    assert by_class.theta == pytest.approx(listed.theta, rel=1e-9)
    assert by_class.load.toarray() == pytest.approx(listed.load.toarray(), rel=1e-9, abs=1e-3)


@pytest.mark.parametrize("pattern", TRAFFIC)
@pytest.mark.parametrize("name", FABRICS)
def test_classes_end_with_the_pairs_that_they_stand_for(name, pattern):
    fabric = built(name, switch_latency=1e-6)
    demand = traffic.offer(pattern, n_ranks=fabric.n_endpoints, ranks_per_host=HOST, **TRAFFIC[pattern])
    same(*both(fabric, demand)[:2])


@pytest.mark.parametrize("solver", ["completion", "max-min"])
@pytest.mark.parametrize("pattern", TRAFFIC)
@pytest.mark.parametrize("name", FABRICS)
def test_classes_that_are_alike_count_as_one(monkeypatch, name, pattern, solver):
    fabric = built(name, switch_latency=1e-6, packet=Packet(mtu=4096, header=82, ack=62))
    demand = traffic.offer(pattern, n_ranks=fabric.n_endpoints, ranks_per_host=HOST, **TRAFFIC[pattern])
    routing = route(fabric, demand)
    before = classed(fabric, demand, routing, partial(route, fabric)).demand.n_commodities
    monkeypatch.setattr(import_module("topo.flow.classed"), "WORTH_COLOURS", 0)
    listed, by_class, found = both(fabric, demand, solver=solver)
    same(listed, by_class)
    assert found.demand.n_commodities <= before


def test_beside_one_that_is_hot_all_leaves_are_alike(monkeypatch):
    """No automorphism of a whole tree moves leaves alone; still a pair is told by what it meets: 24 kinds of pairs."""
    fabric = generate("fat-tree-3", radix=8, endpoints=128, endpoints_per_host=1, capacity=RATE, symmetry=True)
    demand = traffic.offer("hotspot", n_ranks=128, ranks_per_host=1)
    _, _, apart = both(fabric, demand)
    monkeypatch.setattr(import_module("topo.flow.classed"), "WORTH_COLOURS", 0)
    listed, by_class, found = both(fabric, demand)
    same(listed, by_class)
    assert found.demand.n_commodities <= 24 < apart.demand.n_commodities / 10


@pytest.mark.parametrize("policy", [name for name, entry in POLICIES.items() if entry.alike])
def test_every_policy_that_splits_alike_at_nodes_alike_goes_by_class(policy):
    fabric = built("fat-tree-3")
    same(*both(fabric, traffic.offer("uniform", n_ranks=fabric.n_endpoints, ranks_per_host=HOST), policy)[:2])


def test_symmetry_leaves_few_classes():
    """Toward one endpoint of a leaf-spine, others are on its leaf or on each of the other leaves."""
    fabric = generate("fat-tree-2", radix=8, capacity=RATE, symmetry=True)
    _, _, found = both(fabric, traffic.offer("uniform", n_ranks=32))
    assert found.demand.n_commodities == 8
    assert len(found.routing.links_in) == 4  # ports and spine links, up and down


@pytest.mark.parametrize("pattern", ["uniform", "hotspot"])
def test_after_a_failure_classes_are_those_that_are_left(pattern):
    fabric = built("fat-tree-2 planes")
    loss = FAILURES["random"].losses(fabric, part="cable", count=2, seed=1)[0]
    left = loss.of(fabric)
    demand = traffic.offer(pattern, n_ranks=left.n_endpoints, ranks_per_host=HOST)
    same(*both(left, demand)[:2])


@pytest.mark.parametrize("pattern", TRAFFIC)
@pytest.mark.parametrize("name", FABRICS)
def test_classes_are_counted_before_they_are_listed(monkeypatch, name, pattern):
    """But for those of a receiver's own domain, which are one by one there and no kind of their own."""
    fabric = built(name)
    demand = traffic.offer(pattern, n_ranks=fabric.n_endpoints, ranks_per_host=HOST, **TRAFFIC[pattern])
    classes = Classes.of(fabric, demand)
    listed = classes.pairs(demand)
    receivers = len(np.unique(listed.examples.dst))
    assert abs(listed.n_commodities - classes.n_apart) <= HOST * receivers
    monkeypatch.setattr("topo.flow.classed.MAX_APART", classes.n_apart - 1)
    monkeypatch.setattr(Classes, "pairs", None)  # what is too many is never listed
    with pytest.raises(TooMany, match=f"{classes.n_apart:,} classes"):
        both(fabric, demand)


def test_without_any_symmetry_every_pair_may_be_a_class():
    fabric = generate("slim-fly", q=3, endpoints=18, capacity=RATE)
    listed, by_class, _ = both(fabric, traffic.offer("uniform", n_ranks=18))
    assert by_class.demand.n_commodities == listed.demand.n_commodities
    same(listed, by_class)


def test_headers_count_by_class():
    fabric = built("fat-tree-2 oversubscribed", packet=Packet(mtu=4096, header=82, ack=62))
    same(*both(fabric, traffic.offer("uniform", n_ranks=12, ranks_per_host=HOST))[:2])


def test_many_pairs_are_solved_by_class_and_measured(monkeypatch):
    """Same numbers by either way; only who is first where links send one at a time is not said by class."""
    fabric = built("fat-tree-3")
    demand = traffic.offer("all-to-all", n_ranks=16, ranks_per_host=HOST)
    routing = route(fabric, demand)
    listed = measure(solve(fabric, demand, routing, "completion"))
    monkeypatch.setattr(topo.flow, "LISTED_PAIRS", 10)
    solution = solve(fabric, demand, routing, "completion")
    by_class = measure(solution)
    assert isinstance(solution.offered, GroupedDemand)
    assert "classes" in by_class.pop("method") and listed.pop("method")
    assert by_class.pop("mean_completion_in_turn_s") is None and listed.pop("mean_completion_in_turn_s")
    for key, value in listed.items():
        if isinstance(value, float):
            assert by_class[key] == pytest.approx(value, rel=1e-9, abs=1e-12), key


def test_what_classes_carry_is_held_against_all_pairs():
    """A routing that is not the one of the classes is found out."""
    fabric = built("fat-tree-2 oversubscribed")
    demand = traffic.offer("uniform", n_ranks=12, ranks_per_host=HOST)
    routing = route(fabric, demand)
    wrong = np.array(routing.unit)
    wrong[0, 0] *= 2
    with pytest.raises(NotSolved, match="please report this"):
        classed(fabric, demand, type(routing)("ecmp", wrong, routing.pairs), partial(route, fabric))
