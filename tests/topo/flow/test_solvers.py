"""Proportional, max-min and completion on fabrics whose answers are known, and against linear programs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import traffic
from tests.oracles import check_solution
from tests.small import bowtie, leaf_spine, one_link, parking_lot
from topo.flow import NotSolved, route, solve
from topo.flow.rounds import Rest
from topo.flow.solution import Solution
from topo.generators import generate
from traffic.demand import Demand


def line(n):
    """One commodity along the parking lot's line, and one a hop; endpoints are 2 i and 2 i + 1 on leaf i."""
    src, dst = [0, *(2 * i + 1 for i in range(n - 1))], [2 * n - 2, *(2 * i + 3 for i in range(n - 1))]
    return Demand.of("line", 2 * n, src=src, dst=dst, size=1.0)


def solved(fabric, demand, solver, policy="ecmp"):
    solution = solve(fabric, demand, route(fabric, demand, policy), solver)
    check_solution(fabric, demand, solution)
    return solution


def test_parking_lot():
    """The long commodity shares each link with a short one: half each; nobody is slower for being longer."""
    fabric, demand = parking_lot(4), line(4)
    assert solved(fabric, demand, "max-min").rate.tolist() == [0.5] * 4
    assert solved(fabric, demand, "proportional").theta.tolist() == [0.5]
    assert solved(fabric, demand, "completion").finish.tolist() == [2.0] * 4


def test_bowtie():
    """Two commodities share the waist of 1/2."""
    demand = Demand.of("across", 4, src=[0, 1], dst=[2, 3], size=[1.0, 2.0])
    fabric = bowtie(waist=0.5)
    assert solved(fabric, demand, "max-min").finish.tolist() == [4.0, 8.0]
    assert solved(fabric, demand, "completion").finish.tolist() == [4.0, 6.0]
    assert solved(fabric, demand, "proportional").finish.tolist() == [6.0, 6.0]


@pytest.mark.parametrize("solver", ["completion", "max-min", "proportional"])
def test_phases_run_one_after_another(solver):
    """Phase 0 three times at 1 s each, phase 1 once at 2 s."""
    demand = Demand.of("two", 2, src=[0, 1], dst=[1, 0], size=[1.0, 2.0], phase=[0, 1], repeat=[3, 1])
    solution = solved(one_link(), demand, solver)
    assert solution.phase_time.tolist() == [1.0, 2.0]
    assert solution.completion_s == 5.0
    assert solution.overall_theta == pytest.approx(1 / 5)


@pytest.mark.parametrize(("k", "makespan", "mean"), [(8, 880, 331.875), (16, 1280, 384.346747)])
def test_permutation_of_mixed_sizes(k, makespan, mean):
    """facts.md section 4 from end to end: our tree, our D-mod-k, our refill [us]."""
    n = k**3 // 4
    fabric = generate("fat-tree-3", radix=k, capacity=12.5e9)
    demand = facts_demand(n)
    solution = solve(fabric, demand, route(fabric, demand, "static"), "completion")
    assert solution.completion_s * 1e6 == pytest.approx(makespan, rel=1e-12)
    assert solution.finish.mean() * 1e6 == pytest.approx(mean, abs=5e-7)


def facts_demand(n):
    from tests.topo.flow.explicit import permutation

    return Demand.of("facts", n, src=np.arange(n), dst=permutation(n), size=(1 + np.arange(n) % 4) * 1e6)


@pytest.mark.parametrize("family", [{"family": "slim-fly", "q": 3}, {"family": "dragonfly", "a": 2, "p": 1, "h": 1}])
def test_proportional_agrees_with_a_linear_program(family):
    """Where the routing is forced, theta is the optimum of: maximise theta, R size theta <= capacity (HiGHS)."""
    fabric = generate(family.pop("family"), capacity=1.0, **family)
    demand = traffic.offer("permutation", n_ranks=fabric.n_endpoints, bytes=1, seed=5)
    routing = route(fabric, demand)
    load = np.column_stack([routing.load(row * demand.size) for row in np.eye(demand.n_commodities)])
    best = linprog([-1.0], A_ub=load.sum(axis=1, keepdims=True), b_ub=fabric.capacity)
    assert solve(fabric, demand, routing).theta[0] == pytest.approx(-best.fun, rel=1e-9)


@given(st.integers(0, 1000), st.floats(0.1, 10.0))
@settings(max_examples=20, deadline=None)
def test_doubling(seed, factor):
    """Times scale with demand over capacity: theta by capacity / size, rates by capacity alone."""
    demand = traffic.offer("permutation", n_ranks=8, seed=seed, bytes=1)
    larger = traffic.offer("permutation", n_ranks=8, seed=seed, bytes=factor)
    for solver in ("completion", "max-min", "proportional"):
        here = solve(leaf_spine(4, 2), demand, route(leaf_spine(4, 2), demand, "static"), solver)
        wide = leaf_spine(4, 2, capacity=2.0)
        there = solve(wide, larger, route(wide, larger, "static"), solver)
        np.testing.assert_allclose(there.finish, here.finish * factor / 2.0, rtol=1e-12)
        np.testing.assert_allclose(there.overall_theta, here.overall_theta * 2.0 / factor, rtol=1e-12)


def test_rounds_without_columns_agree_with_the_kernel(monkeypatch):
    """Where shares are too many to hold, sweeps over the network give the same rates."""
    fabric = generate("slim-fly", q=3, capacity=1.0)
    demand = traffic.offer("incast", n_ranks=fabric.n_endpoints)
    routing = route(fabric, demand)
    expected = solve(fabric, demand, routing, "max-min")
    monkeypatch.setattr("topo.flow.max_min.fewest", lambda *given: None)
    found = solve(fabric, demand, routing, "max-min")
    np.testing.assert_allclose(found.rate, expected.rate, rtol=1e-12)
    monkeypatch.setattr("topo.flow.max_min.MAX_ROUNDS", 0)
    between = solve(fabric, demand, routing, "max-min")
    assert "more than 0 different values" in between.method
    assert between.least <= expected.completion_s <= between.completion_s


def test_an_overloaded_solution_is_refused():
    """A solution checks itself: loads above capacity and numbers that are not finite never leave the room."""
    fabric, demand = one_link(), traffic.offer("shift", n_ranks=2)
    good = solve(fabric, demand, route(fabric, demand))
    fields = ("theta", "rate", "load", "tightest", "finish", "method")
    parts = {key: getattr(good, key) for key in fields}
    with pytest.raises(NotSolved, match="times its capacity"):
        Solution.of(fabric, demand, good.routing, **parts | {"load": good.load * 1.01})
    with pytest.raises(NotSolved, match="rate is not finite"):
        Solution.of(fabric, demand, good.routing, **parts | {"rate": good.rate * np.inf})


def test_refill_ends_a_phase_no_later():
    fabric = generate("fat-tree-3", radix=8, capacity=12.5e9)
    demand = facts_demand(128)
    routing = route(fabric, demand, "static")
    times = [solve(fabric, demand, routing, solver).completion_s for solver in ("completion", "max-min")]
    assert times == pytest.approx([880e-6, 960e-6], rel=1e-12)


def not_in_rounds(shares, size):
    """Leave everybody to the kernel."""
    n = len(size)
    return np.full(n, np.inf), np.full(n, -1, np.int32), Rest(np.arange(n), size, np.zeros(n))


@given(st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_independent_parts_in_threads_change_nothing(seed):
    """Four planes of two leaves are four parts; solved apart and together their times are the same."""
    fabric = generate("fat-tree-2", radix=4, planes=4, endpoints_per_host=4, capacity=1.0)
    rng = np.random.default_rng(seed)
    src = rng.integers(0, 32, 60)
    dst = (src + 4 * rng.integers(1, 8, 60)) % 32
    demand = Demand.of("in planes", 32, src=src, dst=dst, size=rng.uniform(1.0, 2.0, 60))
    routing = route(fabric, demand)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("topo.flow.completion.in_rounds", not_in_rounds)
        together = solve(fabric, demand, routing, "completion")
        patch.setattr("topo.flow.one_by_one.WORTH_PARTS", 0)
        patch.setattr("topo.kernels.THREADED_VISITS", 0)
        apart = solve(fabric, demand, routing, "completion")
    np.testing.assert_allclose(apart.finish, together.finish, rtol=1e-12)
    # Of two links that fill at the same moment either may be named, as rounding has it.
    differs = np.flatnonzero(apart.tightest != together.tightest)
    columns = routing.columns().tocsr()
    assert len(differs) <= 6
    assert all(columns[apart.tightest[f], f] > 0 for f in differs)
