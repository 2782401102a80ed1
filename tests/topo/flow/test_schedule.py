"""Phases in time: latency, computation and order, against alpha-beta forms and a simulation of events."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topo.flow import route, solve
from topo.flow.schedule import at_once, critical, schedule
from topo.generators import generate
from traffic.closed_forms import allreduce_time
from traffic.collectives import allreduce
from traffic.demand import Demand, DemandError, GroupedDemand


def simulated(before, duration):
    """Return the ends of phases by events: a phase starts when the last that it waits for has ended."""
    missing = [set(waits) for waits in before]
    ends, queue = {}, [(duration[i], i) for i, waits in enumerate(before) if not waits]
    heapq.heapify(queue)
    while queue:
        now, done = heapq.heappop(queue)
        ends[done] = now
        for i, waits in enumerate(missing):
            if done in waits:
                waits.remove(done)
                if not waits:
                    heapq.heappush(queue, (now + duration[i], i))
    return [ends[i] for i in range(len(before))]


@st.composite
def orders(draw):
    n = draw(st.integers(1, 7))
    before = tuple(tuple(sorted(draw(st.sets(st.integers(0, i - 1))))) if i else () for i in range(n))
    return before, np.array(draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)), dtype=float)


@given(orders())
def test_the_schedule_is_that_of_events_and_its_critical_chain_adds_up(case):
    before, duration = case
    _, end = schedule(before, duration)
    assert end.tolist() == simulated(before, duration)
    assert duration[list(critical(before, end))].sum() == end.max() <= duration.sum()


@pytest.mark.parametrize("algorithm", ["ring", "halving-doubling", "tree"])
@pytest.mark.parametrize("size", [64.0, 2.0**20, 2.0**30])
def test_an_allreduce_on_a_non_blocking_tree_takes_alpha_beta(algorithm, size):
    """Hosts of one endpoint on one leaf: alpha is the overhead and two cables' and one switch's latency."""
    fabric = generate(
        "fat-tree-2", capacity=50e9, radix=16, endpoints=8, endpoints_per_host=1, switch_latency=1e-6, overhead=2.6e-6
    )
    demand = allreduce(n_ranks=8, ranks_per_host=1, bytes=size, algorithm=algorithm)
    solution = solve(fabric, demand, route(fabric, demand, "static"), "completion")
    beta = 1.0 / fabric.capacity.min()
    expected = allreduce_time(algorithm, n=8, size=size, alpha=3.6e-6, beta=beta)
    assert solution.completion_s == pytest.approx(expected, rel=1e-9)


def two_phases(**order):
    """Two phases that send 100 bytes each between different ranks of a leaf, and one that computes."""
    return Demand.of(
        "two", 4, src=[0, 2], dst=[1, 3], size=100.0, phase=[0, 2], repeat=[1, 1, 2], compute_s=[0, 7e-6, 1e-6], **order
    )


def test_computation_runs_beside_a_transfer_and_a_chain_is_the_default():
    fabric = generate("fat-tree-2", capacity=50e9, radix=4, endpoints=4, endpoints_per_host=1)
    beta = 1.0 / fabric.capacity.min()
    for order, expected in (
        ({}, [100 * beta, 100 * beta + 7e-6, 300 * beta + 9e-6]),
        ({"after": [[], [], [0]]}, [100 * beta, 7e-6, 300 * beta + 2e-6]),
    ):
        demand = two_phases(**order)
        solution = solve(fabric, demand, route(fabric, demand, "static"), "completion")
        np.testing.assert_allclose(solution.ended, expected)
        assert solution.completion_s == max(solution.ended)


def test_a_wait_for_a_later_phase_is_refused():
    with pytest.raises(DemandError, match="lower number"):
        two_phases(after=[[], [2], []])


def test_all_runs_at_once_are_one_phase_of_as_many_bytes():
    """By hand: two runs of 5 bytes and three of 7, whatever they compute between."""
    listed = Demand.of(
        "two", 4, src=[0, 2], dst=[1, 3], size=[5.0, 7.0], phase=[0, 1], repeat=[2, 3], compute_s=[1.0, 2.0]
    )
    found = at_once(listed)
    assert (found.n_phases, found.repeat.tolist(), found.size.tolist()) == (1, [1], [10.0, 21.0])
    assert found.total() == listed.total() and not found.compute_s.any() and not found.after
    grouped = GroupedDemand.of("all", label=[0, 0, 1, 1], size=4.0, repeat=3)
    found = at_once(grouped)
    assert (found.n_phases, found.repeat.tolist(), found.total()) == (1, [1], grouped.total())
