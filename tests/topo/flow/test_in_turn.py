"""One flow at a time on every link: the lower end of the bracket of the mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import traffic
from tests.small import one_link
from topo import measure
from topo.flow import route, solve
from topo.generators import generate
from traffic.demand import Demand


def solved(fabric, demand, policy="static", solver="completion", **params):
    return solve(fabric, demand, route(fabric, demand, policy, **params), solver)


def incast(n):
    return generate("fat-tree-2", radix=16, capacity=1.0), Demand.of(
        "in", 128, src=np.arange(1, n + 1), dst=0, size=1.0
    )


def test_senders_to_one_receiver():
    """n messages of 1 s: all end at n under fair sharing, at 1, 2 .. n one at a time: n and (n + 1) / 2 in the mean."""
    for n in (1, 4, 10):
        solution = solved(*incast(n))
        assert solution.finish.tolist() == pytest.approx([n] * n)
        assert sorted(solution.in_turn) == pytest.approx(list(range(1, n + 1)))
        got = measure(solution)
        assert (got["mean_completion_in_turn_s"], got["mean_completion_s"]) == (pytest.approx((n + 1) / 2), n)


def test_the_order_is_that_of_fair_sharing():
    """1 B and 3 B on one link: 2 s and 4 s shared, 1 s and 4 s in turn."""
    fabric = one_link()
    demand = Demand.of("two", 2, src=[0, 0], dst=[1, 1], size=[1.0, 3.0])
    solution = solved(fabric, demand, "ecmp")
    assert sorted(solution.finish) == [2.0, 4.0]
    assert sorted(solution.in_turn) == [1.0, 4.0]


@given(st.integers(0, 10**6), st.sampled_from(["ecmp", "ecmp-hash", "static", "valiant"]), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_never_later_than_fair_sharing_nor_sooner_than_alone(seed, policy, phases):
    """Random sizes and pairs, some in phases; no message beats its own bytes on its own slowest link."""
    rng = np.random.default_rng(seed)
    fabric = generate("fat-tree-2", radix=8, capacity=1.0, endpoints_per_host=4, scale_up=3.0, cable_latency=0.1)
    src, by = rng.integers(0, 32, 40), rng.integers(1, 32, 40)
    phase, size = np.sort(np.append(rng.integers(0, phases, 40 - phases), range(phases))), rng.uniform(1, 9, 40)
    demand = Demand.of("d", 32, src=src, dst=(src + by) % 32, size=size, phase=phase, repeat=np.ones(phases))
    params = {"seed": seed} if policy == "ecmp-hash" else {}
    solution = solved(fabric, demand, policy, **params)
    assert (solution.in_turn <= solution.finish * (1 + 1e-12)).all()
    shares = solution.routing.columns()
    alone = (shares.multiply(1 / fabric.capacity[:, None])).max(axis=0).toarray().ravel() * solution.demand.size
    assert (solution.in_turn >= alone + solution.delay - 1e-9).all()


def test_who_has_none():
    """Other solvers give no times of single flows; jobs side by side have no one order."""
    fabric, demand = incast(4)
    assert solved(fabric, demand, solver="max-min").in_turn is None
    assert measure(solved(fabric, demand, solver="max-min"))["mean_completion_in_turn_s"] is None
    both = Demand.of("both", 128, src=[1, 2], dst=[3, 4], size=1.0, phase=[0, 1], repeat=[1, 1], after=[(), ()])
    assert solved(fabric, both).in_turn is None


def test_queue_pairs_end_with_the_last():
    fabric = generate("fat-tree-2", radix=16, capacity=1.0, endpoints_per_host=1)
    demand = traffic.offer("permutation", n_ranks=128, ranks_per_host=1, bytes=8.0)
    solution = solved(fabric, demand, "ecmp-hash", qps=4)
    assert len(solution.in_turn) == demand.n_commodities
    assert (solution.in_turn <= solution.finish * (1 + 1e-12)).all()
