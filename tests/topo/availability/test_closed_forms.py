"""Closed forms of failures: published numbers, limits, simulation and scipy as oracles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import poisson

from benchmarks.reliability import rows
from topo.availability import (
    RatesError,
    availability,
    best_interval,
    effective_time,
    first_order_effective_time,
    mean_time_to_failure,
    spares,
    uninterrupted,
)

HOUR, DAY = 3600.0, 86400.0
PER_NODE = 6.5 / 1000 / DAY  # [1/s] arXiv 2410.21680


def test_published_numbers_are_met_within_five_percent_and_one_observation_is_not():
    found = {one.what: one for one in rows()}
    observed = found.pop("MTTF of a job, 1,024 GPUs, observed")
    assert len(found) == 6
    assert {what: one.error for what, one in found.items() if abs(one.error) > 0.05} == {}
    assert (observed.published, round(observed.computed, 1)) == ("7.9", 28.8)


def test_the_first_order_form_of_the_source_meets_its_numbers_too():
    mttf = mean_time_to_failure(2048, PER_NODE)
    for interval, printed in ((HOUR, 0.7), (300.0, 0.93)):
        assert first_order_effective_time(mttf, interval=interval, restart=300.0) == pytest.approx(printed, rel=0.05)


def test_mean_time_to_failure_and_availability():
    assert mean_time_to_failure(1024 / 8, PER_NODE) / HOUR == pytest.approx(28.8, rel=2e-3)
    assert mean_time_to_failure(0, 1.0) == mean_time_to_failure(5, 0.0) == math.inf
    assert availability(13.8, 1.25) == pytest.approx(0.916, abs=1e-3)
    assert (availability(math.inf, 9.0), availability(5.0, 0.0), availability(0.0, 5.0)) == (1.0, 1.0, 0.0)
    assert uninterrupted(7 * DAY, 7 * DAY) == pytest.approx(math.exp(-1))
    assert (uninterrupted(math.inf, DAY), uninterrupted(0.0, DAY), uninterrupted(0.0, 0.0)) == (1.0, 0.0, 1.0)


def simulated(mttf, interval, restart, write, *, intervals, seed):
    """Return useful over total time of a job that is played through, failure by failure."""
    rng = np.random.default_rng(seed)
    total = 0.0
    for _ in range(intervals):
        while (left := rng.exponential(mttf)) < interval + write:
            total += left
            while (left := rng.exponential(mttf)) < restart:
                total += left
            total += restart
        total += interval + write
    return intervals * interval / total


@pytest.mark.parametrize(("interval", "restart", "write"), [(1.0, 0.1, 0.0), (0.3, 0.5, 0.05), (2.0, 0.0, 0.4)])
def test_effective_time_is_that_of_a_job_played_through(interval, restart, write):
    found = effective_time(1.8, interval=interval, restart=restart, write=write)
    drawn = simulated(1.8, interval, restart, write, intervals=20_000, seed=1)
    assert found == pytest.approx(drawn, rel=0.015)


def test_effective_time_in_its_limits():
    assert effective_time(math.inf, interval=9.0, restart=1.0, write=1.0) == pytest.approx(0.9)
    assert effective_time(0.0, interval=9.0, restart=1.0) == effective_time(1e-3, interval=9.0, restart=1.0) == 0.0
    assert first_order_effective_time(1.0, interval=9.0, restart=1.0) == 0.0
    assert first_order_effective_time(0.0, interval=9.0, restart=1.0) == 0.0
    rare = {"interval": 10.0, "restart": 3.0, "write": 1.0}
    assert effective_time(1e6, **rare) == pytest.approx(first_order_effective_time(1e6, **rare), abs=1e-5)


@pytest.mark.parametrize("write", [0.1, 5.0, 60.0])
def test_the_best_interval_is_the_maximum_and_that_of_young_for_short_writes(write):
    best = best_interval(7000.0, write)
    lost = minimize_scalar(
        lambda interval: -effective_time(7000.0, interval=interval, restart=9.0, write=write), (1.0, best)
    )
    assert best == pytest.approx(lost.x, rel=1e-4)
    assert best == pytest.approx(math.sqrt(2 * write * 7000), rel=0.1)
    assert best_interval(7000.0, 1e-6) == pytest.approx(math.sqrt(2 * 1e-6 * 7000), rel=1e-3)
    assert (best_interval(7000.0, 0.0), best_interval(math.inf, 1.0)) == (0.0, math.inf)


@pytest.mark.parametrize("mean", [0.0, 0.003, 0.7, 12.0, 3000.0])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.9999])
def test_spares_are_the_quantile_of_poisson(mean, confidence):
    assert spares(mean * 100, 1e-4, wait=100.0, confidence=confidence) == max(0, poisson.ppf(confidence, mean))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: mean_time_to_failure(-1, 1.0),
        lambda: availability(1.0, math.nan),
        lambda: effective_time(1.0, interval=0.0, restart=0.0),
        lambda: spares(1, 1.0, wait=1.0, confidence=1.0),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(RatesError):
        wrong()
