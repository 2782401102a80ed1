"""A job played through in time: against closed forms of job and network, and against itself."""

from __future__ import annotations

import numpy as np
import pytest

from tests.topo.availability.test_states import HOUR, by_parts, judge, tree, units_of
from topo.availability import RatesError, effective_time
from topo.availability.expected import Judged, expected
from topo.availability.plan import Plan
from topo.availability.timeline import play
from topo.config import read_case
from topo.study import run_case

assert tree  # a fixture

DAY = 24 * HOUR


def job(**given):
    return Plan(interval=HOUR, restart=300.0, length=400 * DAY, **given)


@pytest.mark.parametrize(("interval", "restart", "write"), [(HOUR, 300, 0), (300, 300, 0), (HOUR, 1800, 200)])
def test_without_failures_of_the_network_it_is_the_closed_form(interval, restart, write):
    """At an MTTF of 1.8 h, as of 16,384 GPUs: within four standard errors, and within 2 %."""
    plan = Plan(interval=interval, restart=restart, write=write, length=400 * DAY, seed=3)
    played = play(None, plan, 1 / (1.8 * HOUR))
    closed = effective_time(1.8 * HOUR, interval=interval, restart=restart, write=write)
    assert abs(played.ettr.value - closed) < 2 * (played.ettr.high - played.ettr.value)
    assert played.ettr.value == pytest.approx(closed, rel=0.02)
    assert played.stops == pytest.approx(400 * 24 / 1.8, rel=0.05)


def test_without_stops_the_job_runs_at_the_throughput_of_the_network(tree):
    """Its mean is that over states; checkpoints cost their share."""
    units = units_of(tree)
    judged = Judged(units, judge)
    mean = expected(judged, most=1.0, exact=units.n, samples=0, seed=0).throughput.value
    played = play(judged, job(seed=1), 0.0)
    assert played.throughput == pytest.approx(mean, rel=0.03)
    assert played.ettr.value == pytest.approx(played.throughput, rel=1e-3)
    assert played.ettr.low < mean < played.ettr.high


def test_a_slow_network_loses_less_to_a_stop_and_more_to_waiting(tree):
    """Half the pace for ever is a job of half the pace whose checkpoints are twice as far apart."""
    units = units_of(tree)
    halved = Judged(units, lambda cables, nodes: by_parts((np.zeros(1), np.zeros(0))))
    played = play(halved, job(seed=2), 1 / (5 * HOUR))
    closed = effective_time(5 * HOUR, interval=2 * HOUR, restart=300.0) / 2
    assert played.ettr.value == pytest.approx(closed, rel=0.02)


def test_the_curve_is_that_of_parts_that_fail_and_are_repaired(tree):
    units = units_of(tree)
    judged = Judged(units, judge)
    played = play(judged, job(seed=4), 0.0)
    assert played.changes == pytest.approx(2 * 400 * DAY * float((units.rate * (1 - units.down)).sum()), rel=0.1)
    steps = np.diff([piece.failed for piece in played.pieces])
    assert set(np.abs(steps)) == {1} and len(played.pieces) == 500
    assert all(a.start_s < b.start_s for a, b in zip(played.pieces, played.pieces[1:], strict=False))
    assert {piece.throughput for piece in played.pieces if piece.failed == 0} == {1.0}
    assert len(judged.known) <= 2**units.n < played.changes  # each state is solved once


def test_equal_seeds_give_equal_histories(tree):
    once, again, other = (play(Judged(units_of(tree), judge), job(seed=seed), 1e-5) for seed in (7, 7, 8))
    assert once == again != other


def test_nothing_happens_where_nothing_fails():
    played = play(None, job(), 0.0)
    assert (played.ettr.value, played.throughput) == (pytest.approx(1), 1.0)
    assert (played.stops, played.changes, len(played.pieces)) == (0, 0, 1)


def test_too_much_to_follow_is_refused():
    with pytest.raises(RatesError, match="too many to follow"):
        play(None, Plan(interval=1e-3, length=DAY), 0.0)


def test_a_case_has_both_and_they_agree():
    words = "states:failures={gpu: 1 per 100 d, port: 1 per 400 d},repair=2h,checkpoint=1h,restart=5min,length=1000d"
    found = run_case(read_case("fat-tree-2:radix=4,endpoints_per_host=2", "uniform", availability=words)).results
    assert found["ettr_played"] == pytest.approx(found["ettr"] * found["expected_throughput"], rel=0.01)
    assert found["throughput_played"] == pytest.approx(found["expected_throughput"], abs=2e-3)
    assert found["throughput_curve"][0]["start_s"] == 0.0
