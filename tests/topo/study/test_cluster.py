"""A dask cluster on loopback: the same records, though its workers are killed meanwhile."""

import os
import signal
import subprocess
import sys
import time

import pytest
from distributed import Client

from topo import study
from topo.config import parse_study
from topo.study.cluster import ClusterError, on_cluster

TEXT = """\
schema: 1
title: Small
fabric: {family: fat-tree-2, radix: 8, endpoints: 32, endpoints_per_host: 4}
traffic: {pattern: permutation}
sweep:
  seed: {range: [1, 150]}
"""
KILLS = 2


def _dask(*arguments):
    command = [sys.executable, "-m", "dask", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def _worker(file, name):
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
    return _dask("worker", "--scheduler-file", str(file), "--name", name, *options)


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
    workers = {name: _worker(file, name) for name in ("stays", "dies")}
    yield file, workers
    for process in (*workers.values(), scheduler):
        process.kill()
        process.wait()


def _tasks(client, name):
    """Return the number of tasks at the worker ``name``; None where the scheduler does not know one."""
    known = {worker["name"]: address for address, worker in client.scheduler_info(n_workers=-1)["workers"].items()}
    return len(client.processing()[known[name]]) if name in known else None


def _wait_until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    assert true()


def test_a_worker_killed_twice_loses_nothing(cluster, tmp_path):
    """The same worker dies at its work, comes back, and dies again."""
    file, workers = cluster
    kills = []

    def kill(progress):
        if len(kills) == KILLS or progress.done < 5 or not _tasks(client, "dies"):
            return
        victim = workers["dies"]
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait()
        kills.append(progress.done)
        # The other one waits, so that work is left for the worker that comes back.
        os.kill(workers["stays"].pid, signal.SIGSTOP)
        _wait_until(lambda: _tasks(client, "dies") is None)
        workers["dies"] = _worker(file, "dies")
        _wait_until(lambda: _tasks(client, "dies") is not None)
        os.kill(workers["stays"].pid, signal.SIGCONT)

    cases = parse_study(TEXT, "small.yaml")
    with Client(scheduler_file=str(file), set_as_default=False) as client:
        result = study.run(cases, tmp_path / "cluster", scheduler=str(file), progress=kill)
    assert len(kills) == KILLS
    assert kills[1] < len(cases.cases)
    assert not result.failed
    study.run(cases, tmp_path / "here")
    for name in ("records.jsonl", "records.parquet"):
        assert (tmp_path / "cluster" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()


@pytest.mark.parametrize("content", ["", "{}", "[1]", "not JSON", '"text"'])
def test_a_scheduler_file_without_an_address(tmp_path, content):
    """Dask waits for an empty file to fill, and ends in a KeyError where there is no address."""
    file = tmp_path / "scheduler.json"
    file.write_text(content)
    with pytest.raises(ClusterError, match="holds no address"):
        list(on_cluster(parse_study(TEXT, "small.yaml").cases, str(file)))


@pytest.mark.parametrize("address", ["nonsense://127.0.0.1:9", "tcp://127.0.0.1:port", "no-file.json"])
def test_an_address_that_is_none(address):
    with pytest.raises(ClusterError, match="does not answer") as told:
        list(on_cluster(parse_study(TEXT, "small.yaml").cases, address))
    assert len(str(told.value).splitlines()) == 1


def test_a_scheduler_that_does_not_answer():
    cases = parse_study(TEXT, "small.yaml").cases
    with pytest.raises(ClusterError, match="does not answer"):
        list(on_cluster(cases, "tcp://127.0.0.1:9"))
