"""Phases that send side by side, against a plain simulation that fills every link again at every event."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topo.flow import SolverError, route, solve
from topo.flow.schedule import overlap
from topo.flow.timeline import MAX_STARTS
from topo.generators import generate
from traffic.demand import Demand


def fair(shares, capacity):
    """Return max-min fair rates by filling: all grow alike, and whoever meets a full link stops."""
    rate, grows = np.zeros(shares.shape[1]), np.ones(shares.shape[1], bool)
    while grows.any():
        weight = shares[:, grows].sum(axis=1)
        room = np.full(len(capacity), np.inf)
        used = weight > 1e-12
        room[used] = (capacity - shares @ rate)[used] / weight[used]
        rate[grows] += max(room.min(), 0.0)
        full = room <= room.min() * (1 + 1e-9) + 1e-9
        grows &= ~(shares[full] > 1e-12).any(axis=0)
    return rate


def simulated(shares, capacity, demand, delay):
    """Return start and end of each phase by small steps from event to event; delays hold the next phase back."""
    n = demand.n_phases
    members = [np.flatnonzero(demand.phase == p) for p in range(n)]
    compute = demand.compute_s if demand.compute_s.size else np.zeros(n)
    waits = demand.after or [[p - 1] if p else [] for p in range(n)]
    state, runs, wake = ["waits"] * n, [0] * n, np.full(n, np.inf)
    started, ended = np.full(n, np.nan), np.full(n, np.nan)
    left, now = np.zeros(demand.n_commodities), 0.0
    arrival = np.zeros(n)
    while np.isnan(ended).any():
        moved = True
        while moved:
            moved = False
            for p in range(n):
                if state[p] == "waits" and not np.isnan(ended[list(waits[p])]).any():
                    started[p], state[p], wake[p], moved = now, "computes", now + compute[p], True
                if state[p] == "computes" and wake[p] <= now * (1 + 1e-12):
                    left[members[p]] = demand.size[members[p]]
                    state[p], wake[p], arrival[p], moved = "sends", np.inf, now, True
                if state[p] == "sends" and not left[members[p]].any():
                    state[p], wake[p], moved = "arrives", arrival[p], True
                if state[p] == "arrives" and wake[p] <= now * (1 + 1e-12):
                    runs[p] += 1
                    moved = True
                    if runs[p] < demand.repeat[p]:
                        state[p], wake[p] = "computes", now + compute[p]
                    else:
                        state[p], ended[p], wake[p] = "over", now, np.inf
        if not np.isnan(ended).any():
            break
        sends = np.flatnonzero(left)
        rate = fair(shares[:, sends], capacity)
        future = left[sends] / rate
        ahead = min(future.min(initial=np.inf), wake.min() - now)
        left[sends] -= rate * ahead
        now += ahead
        gone = sends[future <= ahead * (1 + 1e-11)]
        left[gone] = 0.0
        for f in gone:
            arrival[demand.phase[f]] = max(arrival[demand.phase[f]], now + delay[f])
    return started, ended


FABRICS = {
    "fat-tree-2": {"radix": 4, "oversubscription": 3.0, "planes": 2, "endpoints_per_host": 2, "scale_up": 160e9},
    "fat-tree-3": {"radix": 4, "endpoints_per_host": 2, "scale_up": 160e9},
    "slim-fly": {"q": 3, "p": 1},
    "dragonfly": {"a": 2, "p": 1, "h": 1},
}


@st.composite
def demands(draw, n_ranks):
    n = draw(st.integers(2, 4))
    after = [sorted(draw(st.sets(st.integers(0, p - 1), max_size=2))) if p else [] for p in range(n)]
    pairs = draw(
        st.lists(
            st.tuples(st.integers(0, n_ranks - 1), st.integers(1, n_ranks - 1), st.integers(0, n - 1)),
            min_size=1,
            max_size=10,
            unique=True,
        )
    )
    src, step, phase = np.array(pairs).T
    size = np.array(draw(st.lists(st.integers(1, 50), min_size=len(pairs), max_size=len(pairs)))) * 1e5
    repeat = draw(st.lists(st.integers(1, 3), min_size=n, max_size=n))
    compute = np.array(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))) * 1.7e-5
    return Demand.of(
        "side by side", n_ranks, src=src, dst=(src + step) % n_ranks, size=size, phase=phase, repeat=repeat,
        after=after, compute_s=compute,
    )  # fmt: skip


@pytest.mark.parametrize("family", FABRICS)
@pytest.mark.parametrize("policy", ["ecmp", "ecmp-hash"])
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_phases_run_as_in_a_plain_simulation_of_events(family, policy, data):
    fabric = generate(family, capacity=50e9, **FABRICS[family])
    demand = data.draw(demands(min(fabric.n_endpoints, 10)))
    routing = route(fabric, demand, policy)
    solution = solve(fabric, demand, routing, "completion")
    started, ended = simulated(routing.columns().toarray(), fabric.capacity, demand, solution.delay)
    np.testing.assert_allclose(solution.ended, ended, rtol=1e-7)
    np.testing.assert_allclose(solution.started, started, rtol=1e-7, atol=1e-15)
    assert solution.completion_s >= (1 - 1e-9) / solution.bound
    if overlap(demand) is not None:
        assert solution.overall_theta * solution.completion_s == pytest.approx(1.0)


def leaf():
    """Four endpoints of 50 B/us on one leaf, without latency."""
    return generate("fat-tree-2", capacity=50e6, radix=4, endpoints=4, endpoints_per_host=1)


def test_who_comes_later_takes_half_and_who_ends_leaves_all():
    """0 -> 1 sends 300 bytes; 2 -> 1 begins 100 after 2 us, shares rank 1's port till it ends at 6 us; then all."""
    fabric = leaf()
    demand = Demand.of(
        "two", 4, src=[0, 2], dst=[1, 1], size=[300.0, 100.0], phase=[0, 1], repeat=[1, 1], after=[[], []],
        compute_s=[0.0, 2e-6],
    )  # fmt: skip
    scale = 50e6 / fabric.capacity.min()
    solution = solve(fabric, demand, route(fabric, demand, "static"), "completion")
    np.testing.assert_allclose(solution.ended * 1e6 / scale, [8.0, 6.0])
    np.testing.assert_allclose(solution.finish * 1e6 / scale, [8.0, 4.0])
    np.testing.assert_allclose(solution.rate * scale, [300 / 8e-6, 100 / 4e-6])


def test_phases_that_never_meet_take_the_time_that_each_takes_alone():
    fabric = leaf()
    both = Demand.of("both", 4, src=[0, 2], dst=[1, 3], size=[5e6, 3e6], phase=[0, 1], repeat=[2, 7], after=[[], []])
    alone = [
        Demand.of("one", 4, src=[0], dst=[1], size=5e6, repeat=2),
        Demand.of("one", 4, src=[2], dst=[3], size=3e6, repeat=7),
    ]
    times = [solve(fabric, d, route(fabric, d, "static"), "completion").completion_s for d in alone]
    solution = solve(fabric, both, route(fabric, both, "static"), "completion")
    np.testing.assert_allclose(solution.ended, times)
    assert solution.completion_s == max(times)


def test_the_other_solvers_refuse_and_name_the_one_that_can():
    fabric = leaf()
    demand = Demand.of("two", 4, src=[0, 2], dst=[1, 3], size=1.0, phase=[0, 1], repeat=[1, 1], after=[[], []])
    for solver in ("proportional", "max-min"):
        with pytest.raises(SolverError, match=r"phases 0 and 1 both send.*completion"):
            solve(fabric, demand, route(fabric, demand, "static"), solver)


def test_more_starts_than_can_be_followed_are_not_followed():
    """Two runs that never meet take what they take alone, as often as they run."""
    fabric = leaf()
    demand = Demand.of("two", 4, src=[0, 2], dst=[1, 3], size=1.0, phase=[0, 1], repeat=[1, MAX_STARTS], after=[[], []])
    found = solve(fabric, demand, route(fabric, demand, "static"), "completion")
    alone = solve(
        fabric, replace(demand, repeat=np.array([1, 3], np.int32)), route(fabric, demand, "static"), "completion"
    )
    assert found.least == pytest.approx(found.completion_s) == pytest.approx(alone.completion_s * MAX_STARTS / 3)
    assert "run by run" in found.method
