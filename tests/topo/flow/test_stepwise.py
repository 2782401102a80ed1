"""Ranks that go on by themselves: against loops over single messages, and between barriers without and with latency."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import traffic
from topo.flow import route, solve
from topo.flow.schedule import schedule
from topo.flow.stepwise import stepwise
from topo.generators import generate
from traffic.demand import Demand, DemandError
from traffic.jobs import Job, on_hosts, together

SLOW = {"switch_latency": 3e-7, "cable_latency": 1e-7, "scale_up_latency": 7e-7, "overhead": 1.5e-6}


def message_by_message(demand, transfer, delay):
    """Return the ends (phases,) of a chain of phases, message by message and run by run."""
    here, least, ends = np.zeros(demand.n_ranks), 0.0, []
    for phase in range(demand.n_phases):
        of_phase = np.flatnonzero(demand.phase == phase)
        compute = demand.compute_s[phase] if demand.compute_s.size else 0.0
        least += demand.repeat[phase] * (compute + max(transfer[of_phase], default=0.0))
        alone = not demand.by_rank[phase]
        if alone:
            here[:] = max(here.max(), ends[-1] if ends else 0.0)
        for _ in range(demand.repeat[phase]):
            there = here.copy()
            for f in of_phase:
                a, b, sent = demand.src[f], demand.dst[f], here[demand.src[f]] + compute + transfer[f]
                there[a], there[b] = max(there[a], sent), max(there[b], sent + delay[f])
            here = np.full_like(there, there.max()) if alone else there
        ends.append(here.max() if alone else max(here.max(), least))
    return ends


@st.composite
def chains(draw):
    """Return phases in a row, some of them by rank, on a few ranks; times are small whole numbers, so they repeat."""
    n_ranks, phases = draw(st.integers(2, 6)), draw(st.integers(1, 4))
    rank, whole = st.integers(0, n_ranks - 1), st.integers(0, 9)
    rows = []
    for phase in range(phases):
        pairs = draw(
            st.lists(st.tuples(rank, rank).filter(lambda p: p[0] != p[1]), min_size=1, max_size=8, unique=True)
        )
        rows += [(*ends, phase) for ends in pairs]
    src, dst, phase = np.array(rows).T
    demand = Demand.of(
        "chain",
        n_ranks,
        src=src,
        dst=dst,
        phase=phase,
        size=1.0,
        repeat=draw(st.lists(st.integers(1, 60), min_size=phases, max_size=phases)),
        by_rank=tuple(draw(st.lists(st.booleans(), min_size=phases, max_size=phases))),
        compute_s=draw(st.lists(whole, min_size=phases, max_size=phases)),
    )
    draw_times = st.lists(whole, min_size=len(rows), max_size=len(rows))
    return demand, np.array(draw(draw_times), float) + 1.0, np.array(draw(draw_times), float)


@given(chains())
@settings(max_examples=200, deadline=None)
def test_as_message_by_message(chain):
    """Periods that are added up instead of followed change nothing."""
    demand, transfer, delay = chain
    _, ended = stepwise(demand, transfer, delay)
    np.testing.assert_allclose(ended, message_by_message(demand, transfer, delay), rtol=1e-12)


@given(chains())
@settings(max_examples=200, deadline=None)
def test_between_barriers_without_latency_and_with_it(chain):
    demand, transfer, delay = chain
    run = [np.zeros(demand.n_phases), np.zeros(demand.n_phases)]
    for time, late in zip(run, (0.0, delay), strict=True):
        np.maximum.at(time, demand.phase, transfer + late)
    chain_of = tuple((p - 1,) if p else () for p in range(demand.n_phases))
    low, high = (schedule(chain_of, demand.repeat * (time + demand.compute_s))[1] for time in run)
    _, ended = stepwise(demand, transfer, delay)
    assert (low <= ended * (1 + 1e-12)).all() and (ended <= high * (1 + 1e-12)).all()


def ring(n, spacing, *, size=2.0**16, steps=30, by_rank=True, **more):
    """Return the time of a ring over every ``spacing``-th endpoint of a three-layer tree."""
    fabric = generate("fat-tree-3", radix=8, capacity=12.5e9, cable_latency=1e-6, endpoints_per_host=1, **more)
    rank = np.arange(n) * spacing
    demand = Demand.of("ring", 128, src=rank, dst=np.roll(rank, -1), size=size, repeat=steps, by_rank=(by_rank,))
    return solve(fabric, demand, route(fabric, demand), "completion").completion_s


def test_equal_paths_cost_what_a_barrier_costs():
    """Four ranks under one leaf, and eight in eight pods."""
    for n, spacing in ((4, 1), (8, 16)):
        assert ring(n, spacing) == pytest.approx(ring(n, spacing, by_rank=False), rel=1e-13)


def test_unequal_paths_cost_their_mean():
    """Every eighth endpoint: hops of 4 and 6 us in turn, 5 us in the mean where a barrier takes 6."""
    seconds = 2**16 / 12.5e9
    assert ring(16, 8, by_rank=False) == pytest.approx(30 * (seconds + 6e-6))
    assert ring(16, 8) == pytest.approx(30 * (seconds + 5e-6))


def test_without_latency_there_is_no_difference():
    fabric = generate("fat-tree-2", radix=8, capacity=1.0, endpoints_per_host=4, scale_up=3.0)
    for pattern, algorithm in (("allreduce", "ring"), ("allreduce", "tree"), ("all-to-all", "hierarchical")):
        demand = traffic.offer(pattern, n_ranks=32, ranks_per_host=4, bytes=64.0, algorithm=algorithm)
        assert all(demand.by_rank)
        solution = solve(fabric, demand, route(fabric, demand), "completion")
        assert solution.completion_s == pytest.approx((demand.repeat / solution.theta).sum())


@pytest.mark.parametrize("algorithm", ["ring", "halving-doubling", "tree", "hierarchical"])
def test_a_job_alone_on_its_links_takes_as_long_as_by_itself(algorithm):
    """Jobs that share no link: side by side each has the latency that it has alone, step by step."""
    fabric = generate("fat-tree-2", radix=16, capacity=50e9, endpoints_per_host=4, scale_up=200e9, **SLOW)
    jobs = []
    for first in (0, 8):
        demand = traffic.offer("allreduce", n_ranks=32, ranks_per_host=4, bytes=4096.0, algorithm=algorithm)
        jobs.append(Job(str(first), demand, on_hosts(8, n_ranks=128, ranks_per_host=4, first=first)))
    both, alone = (together(some, n_ranks=128) for some in (jobs, jobs[:1]))
    took = [solve(fabric, demand, route(fabric, demand), "completion").completion_s for demand in (both, alone)]
    assert took[0] == pytest.approx(took[1], rel=1e-9)


@pytest.mark.parametrize("runs", [1, 3])
def test_jobs_of_unequal_messages_side_by_side_take_what_their_longest_message_takes(runs):
    """By hand: every run computes for 1 us and sends for 30, and the last bytes arrive 2 us later; 10 us never wait."""
    fabric = generate("fat-tree-2", capacity=1e9, radix=8, endpoints=8, endpoints_per_host=1, cable_latency=1e-6)
    demand = Demand.of(
        "two", 8, src=[0, 2, 4, 6], dst=[1, 3, 5, 7], size=[30e3, 10e3, 10e3, 30e3], phase=[0, 0, 1, 1],
        repeat=[runs, runs], after=[[], []], by_rank=(True, True), compute_s=[1e-6, 1e-6],
    )  # fmt: skip
    solution = solve(fabric, demand, route(fabric, demand, "static"), "completion")
    np.testing.assert_allclose(solution.ended * 1e6, 31.0 * runs + 2.0)


@pytest.mark.parametrize("long", [0, 1])
def test_times_of_phases_that_follow_each_other_add_up_whoever_sends(long):
    """The longer of two beginnings, 3 s, and 2 s behind it, although the ranks of the last phase await nobody."""
    demand = Demand.of(
        "fork", 6, src=[0, 2, 4], dst=[1, 3, 5], size=1.0, phase=[0, 1, 2], repeat=[1, 1, 1], after=[[], [], [0, 1]],
        by_rank=(True, True, True),
    )  # fmt: skip
    transfer = np.array([3.0 if long == 0 else 1.0, 3.0 if long == 1 else 1.0, 2.0])
    started, ended = stepwise(demand, transfer, np.zeros(3))
    assert started.tolist() == [0.0, 0.0, 0.0]
    assert ended.tolist() == [*transfer[:2], 5.0]


def test_one_answer_a_phase():
    with pytest.raises(DemandError, match="by_rank says yes or no 2 times for 1 phases"):
        Demand.of("d", 2, src=0, dst=1, size=1.0, by_rank=(True, False))
