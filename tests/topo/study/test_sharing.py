"""Blocks of one case over workers of a dask cluster: the same bytes and errors, whoever dies meanwhile."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest
from distributed import Client, LocalCluster, get_client, get_worker

from tests.topo.study.test_cluster import cluster
from topo.config import parse_study
from topo.kernels import Loop, blocks_by, in_blocks
from topo.study import cluster as on_dask
from topo.study import sharing
from topo.study.record import outcome
from topo.study.sharing import OverWorkers, Place, Unwanted, _free, packed

__all__ = ["cluster"]  # a fixture

TEXT = """\
schema: 1
title: Large
fabric: {family: dragonfly, a: 8, h: 4, p: 4}
traffic: {pattern: permutation}
routing: {policy: POLICY}
"""
BLOCKS = [(i, i + 1) for i in range(32)]
#: What workers in this process tell the tests.
SEEN: set[str] = set()
BEGUN, ENDED = threading.Event(), threading.Event()
FOUND = sharing._found


@pytest.fixture(scope="module")
def two():
    """Return a cluster of two workers of one thread each, in this process; what goes between them is serialized."""
    options = {"processes": False, "protocol": "tcp", "host": "127.0.0.1", "dashboard_address": ":0"}
    with LocalCluster(n_workers=2, threads_per_worker=1, **options) as found:
        yield found


@pytest.fixture
def client(two):
    with Client(two, set_as_default=False) as found:
        yield found


@pytest.fixture(autouse=True)
def _eager(monkeypatch):
    """A worker has one thread, as one core of its own gives it, and sends blocks away however little there is to do."""
    monkeypatch.setattr(on_dask, "_TOLD", True)
    monkeypatch.setenv("PLANEWISE_THREADS", "1")
    monkeypatch.setattr(sharing, "ROUND", -1e9)
    monkeypatch.setattr("topo.kernels.THREADED_VISITS", 100_000)


def run(work, n=32):
    """Return what blocks of ``work`` found, in order; for a task."""
    with blocks_by(OverWorkers()):
        return list(in_blocks(work, n, visits=1e12))


def _watched(*given, **more):
    """Stand for what runs blocks, and take note of where."""
    SEEN.add(get_worker().address)
    return FOUND(*given, **more)


@pytest.mark.parametrize("policy", ["spray", "valiant"])
def test_one_case_on_two_workers_is_that_on_one(two, monkeypatch, policy):
    monkeypatch.setattr(sharing, "_found", _watched)
    SEEN.clear()
    case = parse_study(TEXT.replace("POLICY", policy), "large.yaml").cases[0]
    ((_, ended),) = on_dask.on_cluster([case], two.scheduler_address, tables=False)
    assert len(SEEN) == 2
    assert ended.record["status"] == "ok"
    assert ended == outcome(case, tables=False)


def _start(start, stop):
    return start


def test_blocks_come_back_in_order_from_wherever_they_run(client):
    def work(start, stop):
        time.sleep(0.02 * (start % 3))
        return start, get_worker().address

    found = client.submit(run, work, pure=False).result()
    assert [start for start, _ in found] == list(range(32))
    assert len({address for _, address in found[1:]}) == 2


def test_an_error_in_a_block_is_the_same_error(client):
    def work(start, stop):
        if start == 20:
            raise ValueError("no path from endpoint 5 to endpoint 0")

    with pytest.raises(ValueError, match="no path from endpoint 5 to endpoint 0"):
        client.submit(run, work, pure=False).result()


def test_arrays_are_sent_once_and_again_when_they_were_written_to(client):
    def twice():
        array, other, over = np.zeros(sharing.LARGE), np.ones(sharing.LARGE), OverWorkers()

        def work(start, stop):
            return float(array[start] + other[start]), array.flags.writeable

        found, keys = [], []
        for add in (0.0, 0.0, 1.0):
            array += add
            with blocks_by(over):
                found.append(set(in_blocks(work, 32, visits=1e12)))
            keys.append(tuple(over._kept))
        return found, keys

    found, (first, second, third) = client.submit(twice, pure=False).result()
    assert found == [{(1.0, True)}, {(1.0, True)}, {(2.0, True)}]
    assert first == second
    assert len(set(first) & set(third)) == 1


def _slow(start, stop):
    BEGUN.set()
    time.sleep(0.05)


def _long_case():
    try:
        for _ in range(100):
            run(_slow)
    except Unwanted:
        ENDED.set()


def test_a_case_that_nobody_waits_for_ends(client):
    """A thread that runs it cannot be stopped; it stops itself, before its hundred loops of 1.6 s are done."""
    future = client.submit(_long_case, pure=False)
    assert BEGUN.wait(10)
    future.cancel()
    assert ENDED.wait(10)


def test_short_loops_stay_here(client, monkeypatch):
    """To send them takes longer than what a second thread would save."""
    monkeypatch.setattr(sharing, "ROUND", 0.1)
    monkeypatch.setattr(sharing, "_found", _watched)
    SEEN.clear()
    assert client.submit(run, _start, pure=False).result() == list(range(32))
    assert not SEEN


def test_a_block_whose_worker_dies_runs_again(cluster, tmp_path):
    """It takes the worker with it the first time; the case waits on the other, and its results are whole."""
    file, workers = cluster
    flag = str(tmp_path / "flag")

    def case():
        def work(start, stop):
            if get_worker().name == "dies" and not os.path.exists(flag):
                open(flag, "w").close()
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(0.01)
            return np.arange(start, stop)

        code, _ = packed(work)
        place = _free(get_client())
        found = OverWorkers()._dealt(Loop(work, BLOCKS, 1e12), place, code, {})
        return len(place.workers), np.concatenate(list(found)).tolist()

    with Client(scheduler_file=str(file), set_as_default=False) as client:
        client.wait_for_workers(2)
        n_workers, found = client.submit(case, workers=["stays"], pure=False).result(timeout=60)
    assert n_workers == 2
    assert os.path.exists(flag)
    assert workers["dies"].wait(10) == -signal.SIGKILL
    assert found == list(range(32))


def _lost(*given, **more):
    """Stand for what runs blocks; dask gives up its tasks, as after a worker's fourth death."""
    if get_worker().get_current_task().startswith("_lost"):
        raise RuntimeError("gave up")
    return FOUND(*given, **more)


def _dealt_to_itself():
    code, _ = packed(_start)
    place = Place([get_worker().address], 1)
    return list(OverWorkers()._dealt(Loop(_start, BLOCKS, 1e12), place, code, {}))


def test_blocks_that_no_worker_survives_run_where_the_case_does(client, monkeypatch):
    monkeypatch.setattr(sharing, "_found", _lost)
    assert client.submit(_dealt_to_itself, pure=False).result() == list(range(32))
