"""Cases in local processes; a process that dies takes no case with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from topo.config.case import Case
from topo.study.environment import environment
from topo.study.record import FAULTS, Outcome, failed, outcome

#: Times that a case is handed out before its worker's death counts as its own fault.
ATTEMPTS = 3
#: Chunks waiting at each worker: enough to keep it busy, few enough to lose little.
QUEUED = 3
#: A chunk holds cases of about this long together [s], and never more than MOST: small cases come back in parcels,
#: large ones one at a time.
CHUNK, MOST = 0.1, 32
#: Time that a worker has to end when it is told to [s].
GRACE = 2.0
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "PLANEWISE_THREADS")


def in_processes(cases: Sequence[Case], workers: int, *, tables: bool = True) -> Iterator[tuple[Case, Outcome]]:
    """Yield every case with its outcome as it ends, from ``workers`` processes; without files if not ``tables``.

    Where cases are fewer than workers, each has the threads of several: blocks of destinations share them.
    """
    waiting, tried = list(reversed(cases)), Counter[int]()
    processes = max(1, min(workers, len(cases)))
    run = outcome if tables else partial(outcome, tables=False)
    while waiting:
        yield from _until_death(run, waiting, tried, processes, workers // processes)


def _until_death(
    run: Callable[[Case], Outcome], waiting: list[Case], tried: Counter[int], workers: int, threads: int
) -> Iterator[tuple[Case, Outcome]]:
    """Run cases off the end of ``waiting`` until all are done, or a worker dies and its cases are put back."""
    with _safe_path():  # starts what keeps count of semaphores
        pool = ProcessPoolExecutor(workers, _context(), initializer=_begin, initargs=(dict(os.environ), threads))
    running: dict[Future[tuple[list[Outcome], float]], list[Case]] = {}
    pace = CHUNK  # [s] a case, as far as is known
    try:
        while waiting or running:
            while waiting and len(running) < workers * QUEUED and not _must_wait(waiting[-1], running, tried):
                chunk = _next_chunk(waiting, tried, min(CHUNK / pace, len(waiting) / (workers * QUEUED)))
                with _deaf_to_interrupts(), _safe_path(), capped(1):  # the first ones start the workers
                    running[pool.submit(_outcomes, run, chunk)] = chunk
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                results, seconds = future.result()
                chunk = running.pop(future)
                pace = max(seconds / len(chunk), CHUNK / MOST)
                yield from zip(chunk, results, strict=True)
    except BrokenProcessPool:
        # Which process died is not told, so every case that was out is suspect and runs alone from now on.
        out = [case for chunk in running.values() for case in chunk]
        for case in out:
            tried[id(case)] += 1
        lost = [case for case in out if tried[id(case)] >= ATTEMPTS]
        waiting += [case for case in reversed(out) if tried[id(case)] < ATTEMPTS]
        yield from ((case, failed(case, f"{FAULTS[2]}: its process died {ATTEMPTS} times")) for case in lost)
    except KeyboardInterrupt:
        _end(multiprocessing.active_children())  # their cases are run again; waiting for them could take long
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _end(children: Sequence[multiprocessing.process.BaseProcess]) -> None:
    """End ``children``; one that has not gone after GRACE is killed, for this process waits for all at its own end."""
    for child in children:
        child.terminate()
    for child in children:
        child.join(GRACE)
        if child.is_alive():
            child.kill()


def _outcomes(run: Callable[[Case], Outcome], cases: Sequence[Case]) -> tuple[list[Outcome], float]:
    """Return the outcomes of a chunk, in its order, and how long they took together [s]."""
    begin = time.monotonic()
    return [run(case) for case in cases], time.monotonic() - begin


def _next_chunk(waiting: list[Case], tried: Counter[int], n_most: float) -> list[Case]:
    """Take up to ``n_most`` cases, at least one, off the end of ``waiting``; a suspect goes alone."""
    chunk = [waiting.pop()]
    while waiting and len(chunk) + 1 <= n_most and not (tried[id(chunk[0])] or tried[id(waiting[-1])]):
        chunk.append(waiting.pop())
    return chunk


def _must_wait(case: Case, running: Mapping[Any, list[Case]], tried: Counter[int]) -> bool:
    """Return whether ``case`` may not run beside those that are out: a suspect runs alone, so only it is blamed."""
    return bool(running) and any(tried[id(one)] for chunk in ([case], *running.values()) for one in chunk)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Start processes that a terminal's Ctrl-C or end does not reach: only this one answers, and ends the others.

    Processes inherit what is blocked; here an interrupt that came meanwhile is heard afterwards.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def capped(threads: int) -> AbstractContextManager[None]:
    """Start processes that use ``threads`` threads each: libraries read this when they load, before our own code."""
    return environment(dict.fromkeys(_THREADS, str(threads)))


def _safe_path() -> AbstractContextManager[None]:
    """Start processes that look for modules where this one does, and not in the current folder as well.

    Python starts the server of ``multiprocessing`` with ``-c``, which puts that folder first: a re.py or yaml.py
    beside a study would be taken for the library's.
    """
    return environment({"PYTHONSAFEPATH": "1"})


def _context() -> multiprocessing.context.BaseContext:
    """Return the way to start workers: from a server that has loaded the libraries once, where the system has one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["topo.study.record"])
    return context


def _begin(environment: dict[str, str], threads: int) -> None:
    """Begin a worker in the environment of the run, not of the server; its kernels use ``threads`` threads each."""
    os.environ.clear()
    os.environ.update(environment | dict.fromkeys(_THREADS, str(threads)))
    _end_with_parent()


def _end_with_parent() -> None:
    """End this process when the one that started it is gone: its pipe alone would keep it waiting for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
