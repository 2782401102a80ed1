"""A dask cluster on loopback: the same records, though its workers are killed meanwhile."""

import os
import signal
import subprocess
import sys
import time

import pytest

from topo import study
from topo.config import parse_study
from topo.study.cluster import ClusterError, on_cluster

TEXT = """\
schema: 1
title: Small
fabric: {family: fat-tree-2, radix: 8, endpoints: 32, endpoints_per_host: 4}
traffic: {pattern: permutation}
sweep:
  seed: {range: [1, 40]}
"""
N_WORKERS = 2
KILLS = 2


def _dask(*arguments):
    command = [sys.executable, "-m", "dask", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def _worker(file):
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
    return _dask("worker", "--scheduler-file", str(file), *options)


@pytest.fixture
def cluster(tmp_path):
    """Return the scheduler file and the workers of a cluster of two."""
    file = tmp_path / "scheduler.json"
    scheduler = _dask(
        "scheduler", "--scheduler-file", str(file), "--host", "127.0.0.1", "--port", "0", "--no-dashboard"
    )
    end = time.monotonic() + 60
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.05)
    workers = [_worker(file) for _ in range(N_WORKERS)]
    yield file, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def test_killed_workers_lose_nothing(cluster, tmp_path):
    file, workers = cluster
    kills = []

    def kill(progress):
        if progress.done in (5, 20):
            victim = workers.pop(0)
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()
            kills.append(victim)
            workers.append(_worker(file))

    cases = parse_study(TEXT, "small.yaml")
    result = study.run(cases, tmp_path / "cluster", scheduler=str(file), progress=kill)
    assert len(kills) == KILLS
    assert not result.failed
    study.run(cases, tmp_path / "here")
    for name in ("records.jsonl", "records.parquet"):
        assert (tmp_path / "cluster" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()


def test_a_scheduler_that_does_not_answer(monkeypatch):
    monkeypatch.setattr("topo.study.cluster._TIMEOUT", 1)
    cases = parse_study(TEXT, "small.yaml").cases
    with pytest.raises(ClusterError, match="does not answer"):
        list(on_cluster(cases, "tcp://127.0.0.1:9"))
