"""Policies that choose by load see all jobs at once: against the phase-by-phase choice, and against an LP by hand."""

from __future__ import annotations

import numpy as np
import pytest

import traffic
from tests.oracles import check_routing
from topo.flow import route, solve
from topo.flow.together import chains, mean_load
from topo.generators import generate
from traffic.jobs import Job, together
from traffic.phases import Phase, in_sequence

RATE = 50e9


def pairs(name, src, dst, *, size=1e6, start=0.0, ranks=16):
    """One phase of pairs among all ranks of the fabric."""
    src, dst = np.atleast_1d(src), np.atleast_1d(dst)
    demand = in_sequence(name, ranks, [Phase(name, src, dst, np.full(len(src), size))])
    return Job(name, demand, np.arange(ranks), start)


@pytest.fixture(scope="module")
def tree():
    """Four leaves of four ranks, four spines: every pair of leaves has four paths of one link each."""
    return generate("fat-tree-2", radix=8, endpoints=16, endpoints_per_host=1, capacity=RATE)


def test_chains_are_what_after_joins():
    both = together([pairs("a", 0, 4), pairs("b", 1, 5, start=1e-3)], n_ranks=16)
    assert chains(both).tolist() == [0, 1, 1], "a wait and its phase are one"
    assert set(chains(traffic.offer("training-step", n_ranks=16, pp=2, ep=8)).tolist()) == {0}
    step = traffic.offer("training-step", n_ranks=16, pp=2, ep=8, compute_s=1.0, pipeline="overlapped")
    assert set(chains(step).tolist()) == {0}, "parts beside the computation end in what waits for both"


def test_the_mean_load_paces_every_job_by_its_ports():
    """Whatever the bytes of a job, its busiest rank sends 1 in all, phases in proportion to what they move."""
    ring = traffic.offer("allreduce", n_ranks=8, ranks_per_host=1, bytes=1e9)
    small = traffic.offer("shift", n_ranks=8, by=1, bytes=10.0)
    demand = together([Job("r", ring, np.arange(8), 0.0), Job("s", small, np.arange(8, 16), 0.0)], n_ranks=16)
    mean = mean_load(demand)
    sent = mean.sent()
    np.testing.assert_allclose(sent, 1.0)
    assert mean.n_phases == 1 and mean.n_commodities == demand.n_commodities


@pytest.mark.parametrize("policy", ["adaptive", "optimal", "ugal"])
def test_two_jobs_share_no_link_where_there_are_enough(policy, tree):
    """Two jobs, each of two flows between the same leaves: four paths for four flows, so all run at full speed."""
    jobs = [pairs("a", [0, 1], [4, 5]), pairs("b", [2, 3], [6, 7])]
    demand = together(jobs, n_ranks=16)
    routing = route(tree, demand, policy)
    check_routing(tree, demand, routing)
    found = solve(tree, demand, routing, "completion")
    assert found.ended.max() == pytest.approx(1e6 / RATE, rel=0.02)


def test_seen_at_once_jobs_avoid_each_other():
    """The largest mean load is the optimum of both jobs merged, and no more than blind choices come to together."""
    fabric = generate("dragonfly", a=4, p=2, h=2, g=9, endpoints_per_host=1, capacity=RATE)
    n = fabric.n_endpoints
    a = pairs("a", np.arange(8), np.arange(8, 16), ranks=n)
    b = pairs("b", np.arange(16, 24), np.arange(8, 16)[::-1], ranks=n)
    demand = together([a, b], n_ranks=n)
    seen = route(fabric, demand, "optimal", gap=0.001)
    weight = mean_load(demand).size
    both = (seen.load(weight) / fabric.capacity).max()
    alone = [route(fabric, together([job], n_ranks=n), "optimal", gap=0.001) for job in (a, b)]
    blind = sum(routing.load(np.ones(8)) for routing in alone) / fabric.capacity
    merged = in_sequence("merged", n, [Phase("m", demand.src, demand.dst, weight)])
    best = route(fabric, merged, "optimal", gap=0.001)
    assert both <= blind.max() * 1.001
    assert both == pytest.approx((best.load(merged.size) / fabric.capacity).max(), rel=0.005)
