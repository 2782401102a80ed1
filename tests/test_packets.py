"""Completion times against packets sent one by one: every run of benchmarks/data/packets.csv, and a gate on some."""

from __future__ import annotations

import math

import pytest

from benchmarks.packets import computed, off, runs
from topo.metrics.slack import MISSED, MISSED_WITH_SLACK

RUNS = runs()
HELD = [run for run in RUNS if run.gate is not None]


def test_the_runs_are_all_there():
    """150 runs; the gate holds all-to-all, rings and incast from 1 MB under nscc, counted from the file."""
    assert len(RUNS) == 150
    large = [run for run in RUNS if run.congestion == "nscc" and run.bytes >= 1e6]
    assert len(HELD) == len([run for run in large if run.pattern[:3] in ("a2a", "inc", "rin")]) == 42
    assert {run.gate for run in HELD} == {0.02, 0.03}
    assert {run.pattern for run in HELD if run.gate == 0.03} == {"incast8"}


@pytest.mark.parametrize("run", HELD, ids=lambda run: f"{run.what} ({run.balancing})")
def test_gate(run):
    assert abs(off(run)) <= run.gate


def test_rings_go_step_by_step():
    """Each rank by its own predecessor: 64 KB steps within 0.4 %."""
    short = [off(run) for run in RUNS if run.pattern == "ring16" and run.bytes == 64e3]
    assert len(short) == 5
    assert max(map(abs, short)) < 0.004


def test_all_to_all_is_exact_to_a_thousandth():
    exact = [off(run) for run in HELD if run.pattern.startswith("a2a")]
    assert max(map(abs, exact)) < 0.001


def test_slack_says_what_it_missed():
    """Sprayed, from 1 MB on, under nscc: the worst makespan on links that are full, and on those with slack."""
    sprayed = [run for run in RUNS if run.policy == "ecmp" and run.bytes >= 1e6 and run.congestion == "nscc"]
    full, slack = ([-off(run) for run in sprayed if computed(run).warned == warned] for warned in (True, False))
    assert round(max(full), 2) == MISSED
    assert round(max(slack), 2) == MISSED_WITH_SLACK
    assert min(full) > 0.04


def test_means_lie_between_fair_sharing_and_one_at_a_time():
    """From 1 MB on under nscc, where sprayed links have slack; 1 % for the draws, which are not the simulator's."""
    for run in RUNS:
        found = computed(run)
        if run.bytes >= 1e6 and run.congestion == "nscc" and not found.warned and run.pattern != "ring16":
            assert found.in_turn.min() * 0.99 <= run.mean <= found.mean.max() * 1.01, run.what


def test_every_run_has_an_answer():
    """Those outside the gate too: shown in docs/validation.md, held to nothing but being there."""
    assert all(math.isfinite(off(run)) and (computed(run).mean > 0).all() for run in RUNS)
