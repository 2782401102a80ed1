"""Jobs side by side: every job keeps its bytes, its phases and its order."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import traffic
from traffic.demand import DemandError
from traffic.jobs import Job, on_hosts, phases_of, together

PATTERNS = {
    "uniform": {},
    "allreduce": {"algorithm": "ring"},
    "all-gather": {},
    "moe-all-to-all": {"ep": 16},
    "training-step": {"pp": 2, "ep": 8},
}


def job(name, pattern, first, stride, start=0.0):
    demand = traffic.offer(pattern, n_ranks=16, ranks_per_host=4, **PATTERNS[pattern])
    ranks = on_hosts(4, n_ranks=128, ranks_per_host=4, first=first, stride=stride)
    return Job(name, demand, ranks, start)


jobs = st.lists(
    st.tuples(st.sampled_from(list(PATTERNS)), st.integers(0, 10), st.integers(1, 5), st.sampled_from([0.0, 1e-3])),
    min_size=1,
    max_size=3,
)


@given(jobs)
def test_each_job_keeps_its_bytes_and_its_order(drawn):
    held = [job(f"j{i}", *one) for i, one in enumerate(drawn)]
    demand = together(held, n_ranks=128)
    sent = np.zeros(128)
    for one, phases in zip(held, phases_of(held), strict=True):
        sent[one.ranks] += one.demand.sent()
        assert all(demand.phase_names[p].startswith(one.name) for p in phases)
        assert all(set(demand.after[p]) <= set(phases) for p in phases)
        assert sum(not demand.after[p] for p in phases) >= 1
    np.testing.assert_allclose(demand.sent(), sent)
    assert demand.total() == pytest.approx(sum(one.demand.total() for one in held))


def test_a_job_of_one_phase_has_its_own_name_and_others_name_each_phase():
    held = [job("one", "uniform", 0, 1), job("two", "moe-all-to-all", 4, 1)]
    assert together(held, n_ranks=128).phase_names == ("one", "two: dispatch", "two: combine")


def test_a_job_ends_with_its_last_phase_and_its_time_counts_from_its_start():
    """By hand: alone 2 s and no wait before; begun at 1 s, phases ended at 3 and 5 s: 4 s together, slowdown 2."""
    held = [job("late", "moe-all-to-all", 0, 1, 1.0), job("one", "uniform", 4, 1)]
    demand = together(held, n_ranks=128)
    ended = np.full(demand.n_phases, 1.0)
    late, one = (list(phases) for phases in phases_of(held))
    ended[late[-2:]], ended[one] = (3.0, 5.0), 2.0
    outcome = SimpleNamespace(demand=demand, ended=ended, alone=lambda demand: 2.0 + demand.compute_s.sum())
    found = demand.about.results(outcome)
    assert [(row["start_s"], row["together_s"], row["slowdown"]) for row in found["jobs"]] == [(1, 4, 2), (0, 2, 1)]
    assert (found["slowdown_max"], found["slowdown_mean"]) == (2.0, 1.5)


def test_what_cannot_be_placed_is_refused_with_the_rule():
    with pytest.raises(DemandError, match="end at host 4; the fabric has 4 full hosts, 0 to 3"):
        on_hosts(2, n_ranks=16, ranks_per_host=4, first=3)
    with pytest.raises(DemandError, match="distinct names; got a, a"):
        together([job("a", "uniform", 0, 1), job("a", "uniform", 4, 1)], n_ranks=128)
    with pytest.raises(DemandError, match="ranks go from 0 to 15"):
        together([job("a", "uniform", 1, 1)], n_ranks=16)
    with pytest.raises(DemandError, match="its own rank"):
        together([job("a", "uniform", 1, 1)._replace(ranks=np.zeros(16, int))], n_ranks=16)
    with pytest.raises(DemandError, match="start must be"):
        together([job("a", "uniform", 1, 1, -1.0)], n_ranks=128)
    with pytest.raises(DemandError, match="at least one"):
        together([], n_ranks=4)
