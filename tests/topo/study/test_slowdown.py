"""Slowdown of every case against its baseline, as records and pages have it."""

import json

import pytest

from topo.config import parse_study
from topo.study import run

HEAD = """
schema: 1
title: baselines
traffic: {pattern: shift, by: 16}
sweep:
  fabric:
    - {name: 1 to 1, family: fat-tree-2, radix: 8, endpoints: 32, scale_up: none}
    - {name: 3 to 1, family: fat-tree-2, radix: 8, endpoints: 30, oversubscription: 3, scale_up: none}
"""


def results(tmp_path, *lines, head=HEAD):
    done = run(parse_study(head + "\n".join(lines), "s.yaml"), tmp_path)
    stored = [json.loads(line) for line in (tmp_path / "records.jsonl").read_text().splitlines()]
    assert stored == list(done.records)
    return {record["case"]["name"]: record["results"] for record in stored}


def test_time_over_that_of_the_baseline(tmp_path):
    got = results(tmp_path, "baseline: 1 to 1")
    assert got["1 to 1"]["slowdown"] == 1.0
    ratio = got["3 to 1"]["completion_s"] / got["1 to 1"]["completion_s"]
    assert got["3 to 1"]["slowdown"] == pytest.approx(ratio) and ratio > 2
    assert got["3 to 1"]["baseline"] == "1 to 1"


def test_against_the_port_limit(tmp_path):
    """Without latency it is what throughput is the reciprocal of."""
    for one in results(tmp_path, "baseline: port-limit").values():
        assert one["slowdown"] == pytest.approx(1 / one["normalized_throughput"])
        assert one["baseline"] == "port-limit"


def test_against_the_jobs_alone(tmp_path):
    jobs = "[{hosts: 1, pattern: uniform}, {hosts: 1, stride: 2, pattern: uniform}]"
    head = HEAD.replace("{pattern: shift, by: 16}", f"{{pattern: jobs, jobs: {jobs}}}").replace("scale_up: none", "")
    for one in results(tmp_path, "solve: completion", "baseline: alone", head=head).values():
        assert one["slowdown"] == pytest.approx(one["slowdown_max"])


def test_intact_is_itself_where_nothing_fails(tmp_path):
    assert [one["slowdown"] for one in results(tmp_path, "baseline: intact").values()] == [1.0, 1.0]


def test_a_baseline_that_could_not_run_leaves_no_slowdown(tmp_path):
    head = HEAD.replace("radix: 8, endpoints: 32", "radix: 7, endpoints: 32")
    got = results(tmp_path, "baseline: 1 to 1", "invalid: record", head=head)
    assert got["3 to 1"]["slowdown"] is None


def test_a_baseline_changes_nothing_that_is_stored(tmp_path):
    plain = results(tmp_path)
    assert run(parse_study(HEAD + "baseline: 1 to 1", "s.yaml"), tmp_path).computed == 0
    assert "slowdown" not in plain["1 to 1"]
