"""Losses: what is drawn, named, or tried, and that those which a symmetry maps onto each other are alike."""

from __future__ import annotations

import numpy as np
import pytest

import traffic
from topo.failures import PARTS, LossError, named, parts_of, random, worst
from topo.failures.alike import representatives
from topo.flow import route, solve
from topo.generators import generate
from topo.size import Tier

TREE = {
    "family": "fat-tree-2",
    "radix": 8,
    "planes": 2,
    "endpoints": 32,
    "endpoints_per_host": 4,
    "scale_up": 200e9,
    "capacity": 50e9,
}
DRAGONFLY = {"family": "dragonfly", "a": 4, "p": 2, "h": 2, "endpoints_per_host": 2, "capacity": 50e9}
FT3 = {"family": "fat-tree-3", "radix": 4, "endpoints_per_host": 2, "capacity": 50e9}


@pytest.fixture(scope="module")
def tree():
    return generate(**TREE)


@pytest.mark.parametrize("part", [part for part in PARTS if part != "core"])
def test_more_failures_contain_fewer(tree, part):
    fabric = generate(**DRAGONFLY) if part == "group" else tree
    n = parts_of(fabric, part).count
    few, many = (random(fabric, part=part, count=count, seed=3)[0] for count in (1, min(n, 3)))
    assert np.isin(few.cables, many.cables).all() and np.isin(few.nodes, many.nodes).all()
    assert len(many.cables) + len(many.nodes) >= len(few.cables) + len(few.nodes) > 0


def test_parts_are_counted(tree):
    counts = {part: parts_of(tree, part).count for part in PARTS if part not in ("group", "core")}
    assert counts == {
        "cable": 32, "host": 8, "line-card": 8 + 4, "nic": 32, "plane": 2, "port": 32, "switch": 12,
        "leaf": 8, "spine": 4,
    }  # fmt: skip
    assert parts_of(tree, "switch", "spine").count == 4
    assert parts_of(tree, "cable", "endpoint").count == 32
    assert parts_of(generate(**DRAGONFLY), "group").count == 9
    assert parts_of(tree, "host").together(3).count == 3


def test_a_share_is_of_the_parts(tree):
    assert len(random(tree, share=0.25)[0].cables) == 8


def test_named_parts(tree):
    spine = int(np.flatnonzero(tree.kind == tree.kind.max())[0])
    by_number, by_name = (named(tree, switch=one)[0] for one in (spine, "spine0"))
    assert by_number.nodes.tolist() == by_name.nodes.tolist() == [spine]
    assert named(tree, nic=["h0-n1", 5])[0].cables.tolist() == [
        int(tree.cable[(tree.tail == end) & (tree.tier == Tier.ENDPOINT)][0]) for end in (1, 5)
    ]
    assert set(named(tree, host=2)[0].nodes) == set(np.flatnonzero(tree.host == 2))
    assert (tree.plane[named(tree, plane=1)[0].nodes] == 1).all()
    assert len(named(tree, cable="leaf0 -- spine0")[0].cables) == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "nothing is given"),
        ({"switch": "spien0"}, "no 'spien0'.*spine0"),
        ({"switch": 3}, "node 3 is h0-n3"),
        ({"plane": 7}, "plane: 7 does not exist; planes go from 0 to 1"),
        ({"cable": 10**6}, "cables go from 0 to"),
        ({"cable": "leaf0 -- leaf1"}, "cable: 'leaf0 -- leaf1'"),
    ],
)
def test_named_parts_that_are_not_there(tree, given, said):
    with pytest.raises(LossError, match=said):
        named(tree, **given)


def test_what_cannot_fail_is_refused(tree):
    with pytest.raises(LossError, match="part 'plane' has no tier 'leaf'"):
        random(tree, part="plane", tier="leaf")
    with pytest.raises(LossError, match="3 of 2 planes cannot fail"):
        random(tree, part="plane", count=3)
    with pytest.raises(LossError, match="has no switch of tier core"):
        random(tree, part="switch", tier="core")


@pytest.mark.parametrize(
    ("words", "part", "tier", "pattern"),
    [
        *((words, "cable", None, pattern) for words in (TREE, DRAGONFLY, FT3) for pattern in ("uniform", "shift")),
        *((words, "switch", "spine", "uniform") for words in (TREE, FT3)),
    ],
)
def test_one_of_those_that_are_alike_stands_for_all(words, part, tier, pattern):
    """Every single loss, solved, takes as long as its representative."""
    fabric = generate(**words, symmetry=True)
    demand = traffic.offer(pattern, n_ranks=fabric.n_endpoints, ranks_per_host=fabric.endpoints_per_host)
    few = representatives(fabric, parts_of(fabric, part, tier), demand).tolist()
    time = [_time(loss.of(fabric), demand) for loss in worst(fabric, part=part, tier=tier)]
    assert {round(time[i] * 1e12) for i in few} == {round(value * 1e12) for value in time}
    if pattern == "uniform":
        assert len(few) < len(time)


def _time(fabric, demand):
    return solve(fabric, demand, route(fabric, demand, "ecmp")).completion_s


@pytest.mark.parametrize("tier", ["leaf", "spine", "core"])
def test_switches_of_a_tier_have_its_name(tier):
    fabric = generate("fat-tree-3", radix=4, capacity=1.0)
    short, long = (worst(fabric, **words) for words in ({"part": tier}, {"part": "switch", "tier": tier}))
    assert [one.nodes.tolist() for one in short] == [one.nodes.tolist() for one in long]
