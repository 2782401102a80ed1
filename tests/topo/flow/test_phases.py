"""Thousands of small phases: solved together as each would be alone, at a cost of what they hold."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import small
from topo.flow import batches, phase_loads, route, solve
from topo.flow.schedule import followers, overlap
from topo.generators import generate
from topo.metrics.load import Loads
from traffic.demand import Demand

RANKS = 16


def phases(n, seed, *, most=4, after=()):
    """Return a demand of ``n`` phases of up to ``most`` messages each between random ranks."""
    rng = np.random.default_rng(seed)
    phase = np.repeat(np.arange(n), rng.integers(1, most + 1, n))
    src = rng.integers(RANKS, size=len(phase))
    dst = (src + rng.integers(1, RANKS, size=len(phase))) % RANKS
    size = rng.uniform(1, 10, len(phase)).round(rng.integers(0, 3))
    return Demand.of("messages", RANKS, src=src, dst=dst, size=size, phase=phase, repeat=np.ones(n), after=after)


def fabric_of(family="fat-tree-2", **parameters):
    return generate(
        family,
        **{"radix": 8, "endpoints": RANKS, "endpoints_per_host": 4, "capacity": 1.0, "scale_up": 3.0} | parameters,
    )


FABRICS = {"fat-tree-2": {}, "fat-tree-2 planes": {"planes": 2}, "multi-port": {"planes": 2, "nic": "multi-port"}}


@pytest.mark.parametrize("solver", ["completion", "max-min", "proportional"])
@pytest.mark.parametrize("policy", ["ecmp", "ecmp-hash", "static"])
@pytest.mark.parametrize("name", FABRICS)
def test_phases_solved_together_are_as_each_alone(name, policy, solver, monkeypatch):
    """The oracle is a demand of each phase by itself, which is one problem and one sweep."""
    fabric = fabric_of(**FABRICS[name])
    for entries in (30, 100_000):  # some phases a batch, or all of them
        monkeypatch.setattr(batches, "ENTRIES", entries)
        demand = phases(40, entries)
        solution = solve(fabric, demand, route(fabric, demand, policy), solver)
        for p in range(demand.n_phases):
            here = demand.phase == p
            own = Demand.of("one", RANKS, src=demand.src[here], dst=demand.dst[here], size=demand.size[here])
            alone = solve(fabric, own, route(fabric, own, policy), solver)
            close = {"rtol": 1e-12, "err_msg": f"phase {p}"}
            np.testing.assert_allclose(solution.theta[p], alone.theta[0], **close)
            np.testing.assert_allclose(solution.rate[here], alone.rate, **close)
            np.testing.assert_allclose(solution.finish[here], alone.finish, **close)
            np.testing.assert_array_equal(solution.tightest[here], alone.tightest)
            loads = (sides.load[[q]].toarray() for sides, q in ((solution, p), (alone, 0)))
            np.testing.assert_allclose(*loads, **close, atol=1e-12)


@pytest.mark.parametrize("policy", ["ecmp", "valiant", "adaptive", "ecmp-hash"])
def test_loads_are_the_same_from_shares_and_from_sweeps(policy, monkeypatch):
    fabric, demand = fabric_of(planes=2), phases(12, 3)
    routing = route(fabric, demand, policy)
    some = phase_loads.phase_loads(routing, demand, demand.size)
    monkeypatch.setattr(phase_loads, "FEW", 0)
    monkeypatch.setattr(type(routing), "columns", None)
    all_of = phase_loads.phase_loads(routing, demand, demand.size)
    np.testing.assert_allclose(some.toarray(), all_of.toarray(), rtol=1e-12, atol=1e-12)
    full, link = phase_loads.fullest(some, fabric.capacity)
    dense = all_of.toarray() / fabric.capacity
    np.testing.assert_allclose(full, dense.max(axis=1), rtol=1e-12)
    assert (dense[np.arange(12), link] >= full * (1 - 1e-12)).all()


def test_memory_is_that_of_what_phases_hold():
    """Two thousand messages, each a phase: solved and measured in less memory than one row of loads a phase takes."""
    fabric, demand = fabric_of(radix=64, endpoints=1024), phases(2_000, 1, most=1)
    table = demand.n_phases * fabric.n_links * 8
    for solver in ("completion", "proportional", "max-min"):
        tracemalloc.start()
        routing = route(fabric, demand)
        solution = solve(fabric, demand, routing, solver)
        assert Loads.of(solution).utilization.nnz <= routing.columns().nnz
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < table / 2, solver


@st.composite
def orders(draw):
    n = draw(st.integers(1, 9))
    after = [sorted(draw(st.sets(st.integers(0, i - 1), max_size=3))) if i else [] for i in range(n)]
    sends = [p for p in range(n) if draw(st.booleans())] or [0]
    return Demand.of(
        "some send", 2, src=0, dst=1, size=1.0, phase=sends, repeat=np.ones(n), after=after, compute_s=np.ones(n)
    )


@given(orders())
@settings(max_examples=300, deadline=None)
def test_overlap_is_the_first_pair_that_no_chain_of_waits_joins(demand):
    behind = []
    for waits in demand.after:
        behind.append(set(waits).union(*(behind[p] for p in waits)))
    apart = [(a, b) for a, b in pairwise(sorted(set(demand.phase.tolist()))) if a not in behind[b]]
    assert overlap(demand) == (apart[0] if apart else None)


@given(orders())
@settings(deadline=None)
def test_followers_are_who_waits(demand):
    missing, first, who = followers(demand.after)
    assert missing.tolist() == [len(waits) for waits in demand.after]
    for p in range(demand.n_phases):
        expected = [q for q, waits in enumerate(demand.after) if p in waits]
        assert who[first[p] : first[p + 1]].tolist() == expected


@pytest.mark.parametrize("solver", ["completion", "max-min"])
def test_more_phases_than_links_are_as_many_problems(solver):
    """Two endpoints, a link each way and two ports: phase p moves p + 1 bytes, back and forth in turn, at 1 B/s."""
    phases = 40
    p = np.arange(phases)
    demand = Demand.of("turns", 2, src=p % 2, dst=1 - p % 2, size=p + 1.0, phase=p, repeat=np.ones(phases, int))
    fabric = small.one_link()
    assert phases > fabric.n_links
    solution = solve(fabric, demand, route(fabric, demand), solver)
    np.testing.assert_allclose(solution.finish, p + 1.0)
    assert solution.completion_s == pytest.approx((p + 1.0).sum())
