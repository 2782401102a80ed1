"""Slowdowns of jobs on one fabric, against closed forms; what is wrong with a list of jobs."""

from __future__ import annotations

import pytest

from topo.config import ConfigError
from topo.config.single import read_case
from topo.study import run_case

STUDY = """\
traffic:
  pattern: jobs
  jobs:
{}
"""


def results(tmp_path, *jobs, fabric="fat-tree-2:radix=8,endpoints=32,endpoints_per_host=4,oversubscription=3.0"):
    path = tmp_path / "jobs.yaml"
    path.write_text(STUDY.format("\n".join(f"    - {{{job}}}" for job in jobs)))
    return run_case(read_case(fabric, str(path), solve="completion")).results


def slowdown(found):
    return {row["job"]: row["slowdown"] for row in found["jobs"]}


def test_jobs_on_hosts_of_their_own_do_not_meet_on_a_tree_that_does_not_block(tmp_path):
    shift = "hosts: 4, pattern: shift, by: 4, bytes: 1MiB"
    found = results(
        tmp_path,
        f"name: a, {shift}",
        f"name: b, {shift}",
        fabric="fat-tree-2:radix=16,endpoints=32,endpoints_per_host=4",
    )
    assert slowdown(found) == pytest.approx({"a": 1.0, "b": 1.0})


def test_two_equal_jobs_on_the_same_hosts_take_twice_as_long(tmp_path):
    shift = "hosts: 8, first: 0, pattern: shift, by: 4, bytes: 1MiB"
    found = results(tmp_path, f"name: a, {shift}", f"name: b, {shift}")
    assert slowdown(found) == pytest.approx({"a": 2.0, "b": 2.0})
    assert found["slowdown_max"] == pytest.approx(2.0)


def test_a_short_job_doubles_and_the_long_one_pays_for_it_once(tmp_path):
    """Sizes 1 and 3 over the same ports: the short one ends at 2 instead of 1, the long one at 4 instead of 3."""
    shift = "hosts: 8, first: 0, pattern: shift, by: 4"
    found = results(tmp_path, f"name: short, {shift}, bytes: 1MiB", f"name: long, {shift}, bytes: 3MiB")
    assert slowdown(found) == pytest.approx({"short": 2.0, "long": 4 / 3})


def test_a_job_that_starts_when_the_other_is_over_meets_nobody(tmp_path):
    shift = "hosts: 8, first: 0, pattern: shift, by: 4, bytes: 1MiB"
    found = results(tmp_path, f"name: a, {shift}", f"name: b, start: 1s, {shift}")
    assert slowdown(found) == pytest.approx({"a": 1.0, "b": 1.0})
    assert [row["start_s"] for row in found["jobs"]] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("hosts: 4, pattern: shft", r"jobs.yaml:4:18: traffic.jobs.0.pattern: .*did you mean shift"),
        ("hosts: 0, pattern: shift", r"jobs.yaml:4:8: traffic.jobs.0.hosts: 1 or more is needed"),
        ("pattern: shift", "traffic.jobs.0.hosts: is missing"),
        ("hosts: 4, pattern: shift, bye: 2", "traffic.jobs.0.bye: unknown key"),
        ("hosts: 4, pattern: jobs, jobs: []", "'jobs' cannot be the pattern of a job"),
        ("hosts: 9, pattern: shift", "the fabric has 8 full hosts, 0 to 7"),
        ("hosts: 4, start: 3 bananas, pattern: shift", "traffic.jobs.0.start: .*bananas"),
    ],
)
def test_a_wrong_job_is_told_at_its_place(tmp_path, job, said):
    with pytest.raises(ConfigError, match=said):
        results(tmp_path, job)


def test_solvers_that_follow_one_phase_at_a_time_are_refused_at_load(tmp_path):
    from topo.cli import main

    path = tmp_path / "study.yaml"
    path.write_text(
        "schema: 1\ntitle: t\nfabric: {family: fat-tree-2, radix: 8, endpoints: 16, endpoints_per_host: 4}\n"
        "traffic:\n  pattern: jobs\n  jobs:\n    - {hosts: 2, pattern: shift}\n    - {hosts: 2, pattern: shift}\n"
    )
    assert main(["validate", str(path)]) != 0
    assert main(["validate", str(path), "--set", "solve.solver=completion"]) == 0
