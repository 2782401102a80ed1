"""A dask cluster on loopback: the same records, though its workers are killed meanwhile."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from distributed import Client

from topo import study
from topo.cli import main
from topo.cli.exits import USAGE
from topo.config import parse_study, read_draws
from topo.study.cluster import ClusterError, Tls, on_cluster

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


def _worker(file, name, *more):
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1", *more)
    return _dask("worker", "--scheduler-file", str(file), "--name", name, *options)


@contextmanager
def _scheduler(folder, *more):
    """Give the file of a scheduler, and its process."""
    file = folder / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", *more)
    scheduler = _dask("scheduler", "--scheduler-file", str(file), *options)
    end = time.monotonic() + 60
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.05)
    try:
        yield file, scheduler
    finally:
        scheduler.kill()
        scheduler.wait()


class Workers(dict):
    """Processes by name, and that of their scheduler."""

    scheduler = None


@pytest.fixture
def cluster(tmp_path):
    """Return the scheduler file and the workers of a cluster of two."""
    with _scheduler(tmp_path) as (file, scheduler):
        workers = Workers({name: _worker(file, name) for name in ("stays", "dies")})
        workers.scheduler = scheduler
        yield file, workers
        for process in workers.values():
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
    draws = read_draws("fat-tree-2:radix=8", "permutation", routing="ecmp-hash", seeds=3)  # of one case, there too
    assert study.drawn(draws, scheduler=str(file)) == study.drawn(draws)


@pytest.mark.parametrize("gone", ["workers", "scheduler"])
def test_when_nobody_works_any_more_finished_cases_stay(cluster, tmp_path, monkeypatch, gone):
    """The rest fails as lost, within seconds, and runs again next time."""
    monkeypatch.setattr("topo.study.cluster.LEFT_ALONE", 2)
    file, workers = cluster
    killed = []

    def kill(progress):
        if progress.done == 5:
            for process in workers.values() if gone == "workers" else [workers.scheduler]:
                process.kill()
            time.sleep(2)  # so that nobody has ever looked who is there when the scheduler knows of none any more
            killed.append(time.monotonic())

    cases = parse_study(TEXT, "small.yaml")
    result = study.run(cases, tmp_path / "s", scheduler=str(file), progress=kill)
    assert time.monotonic() - killed[0] < 30
    n_ok = sum(record["status"] == "ok" for record in result.records)
    assert n_ok >= 5
    assert n_ok + len(result.failed) == len(cases.cases)
    why = "all workers have gone" if gone == "workers" else "the scheduler has gone"
    assert all(record["error"].startswith(f"worker lost: {why}") for record in result.failed)
    again = study.run(cases, tmp_path / "s")
    assert again.computed == len(result.failed)
    assert not again.failed


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    """Return authority, certificate and key of both sides, by the program openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates, and is not installed")
    folder = tmp_path_factory.mktemp("tls")
    name = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
    make = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", "key.pem")
    subprocess.run([*make, "-out", "cert.pem", *name], cwd=folder, check=True, capture_output=True)
    return str(folder / "cert.pem"), str(folder / "cert.pem"), str(folder / "key.pem")


def test_an_encrypted_scheduler(pem, tmp_path):
    tls = [word for pair in zip(("--tls-ca-file", "--tls-cert", "--tls-key"), pem, strict=True) for word in pair]
    with _scheduler(tmp_path, "--protocol", "tls", *tls) as (file, _):
        worker = _worker(file, "one", *tls)
        try:
            address = json.loads(file.read_text())["address"]
            assert address.startswith("tls://")
            cases = parse_study(TEXT.replace("150", "3"), "small.yaml")
            result = study.run(cases, tmp_path / "s", scheduler=address, tls=Tls(*pem))
            assert not result.failed
            assert result.computed == 3
            with pytest.raises(ClusterError, match="needs --tls-ca, --tls-cert and --tls-key"):
                study.run(cases, tmp_path / "t", scheduler=address)
            with pytest.raises(ClusterError, match="does not answer"):
                study.run(cases, tmp_path / "t", scheduler=address, tls=Tls(*[str(file)] * 3))
        finally:
            worker.kill()
            worker.wait()


def test_certificates_for_a_scheduler_in_the_open(pem, tmp_path):
    with pytest.raises(ClusterError, match="is not encrypted"):
        study.run(parse_study(TEXT, "small.yaml"), tmp_path, scheduler="tcp://127.0.0.1:9", tls=Tls(*pem))


def test_certificates_belong_together(pem, tmp_path, capsys):
    (tmp_path / "s.yaml").write_text(TEXT)
    assert main(["study", str(tmp_path / "s.yaml"), "-o", str(tmp_path / "s"), "--tls-ca", pem[0]]) == USAGE
    assert "belong together" in capsys.readouterr().err


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


def test_a_connection_that_breaks_while_a_result_is_fetched_is_asked_again(monkeypatch):
    """The scheduler may go between a future's end and the look at it: the study ended in an internal error."""
    from queue import SimpleQueue

    from distributed.comm.core import CommClosedError

    from topo.study import cluster

    class Torn:
        status, torn = "finished", True

        def exception(self, timeout):
            if self.torn:
                raise CommClosedError("reset by peer")

        def result(self, timeout):
            return "outcome"

        def add_done_callback(self, put):
            put(self)

    monkeypatch.setattr(cluster, "_LOOK", 0.01)
    future, ended = Torn(), SimpleQueue()
    ended.put(future)
    assert cluster._next(ended) is None
    future.torn = False
    assert cluster._next(ended) == (future, "outcome")
