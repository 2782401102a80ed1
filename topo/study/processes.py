"""Cases in local processes; a process that dies takes no case with it."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory, mkstemp
from typing import Any

from topo.config.case import Case
from topo.study.environment import environment
from topo.study.interrupts import deaf_to_interrupts, end, interrupts_later
from topo.study.record import FAULTS, Outcome, failed, outcome

#: Times that a case is handed out before its worker's death counts as its own fault.
ATTEMPTS = 3
#: Chunks waiting at each worker: enough to keep it busy, few enough to lose little.
QUEUED = 3
#: A chunk holds cases of about this long together [s], and never more than MOST: small cases come back in parcels,
#: large ones one at a time.
CHUNK, MOST = 0.1, 32
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "PLANEWISE_THREADS")


def in_processes(cases: Sequence[Case], workers: int, *, tables: bool = True) -> Iterator[tuple[Case, Outcome]]:
    """Yield every case with its outcome as it ends, from ``workers`` processes; without files if not ``tables``.

    Where cases are fewer than workers, each has the threads of several: blocks of destinations share them.
    """
    waiting, tried = list(reversed(cases)), Counter[int]()
    processes = max(1, min(workers, len(cases)))
    run = outcome if tables else partial(outcome, tables=False)
    with TemporaryDirectory(prefix="planewise-", ignore_cleanup_errors=True) as folder:
        while waiting:
            yield from _until_death(partial(_outcomes, run, folder), waiting, tried, processes, workers // processes)


def _until_death(
    work: Callable[[Sequence[Case]], tuple[Path, float]],
    waiting: list[Case],
    tried: Counter[int],
    workers: int,
    threads: int,
) -> Iterator[tuple[Case, Outcome]]:
    """Run cases off the end of ``waiting`` until all are done, or a worker dies and its cases are put back."""
    with _safe_path():  # starts what keeps count of semaphores
        pool = ProcessPoolExecutor(workers, _context(), initializer=_begin, initargs=(dict(os.environ), threads))
    running: dict[Future[tuple[Path, float]], list[Case]] = {}
    ended = SimpleQueue[Future[tuple[Path, float]]]()  # waits without a lock that an interrupt could keep
    pace = CHUNK  # [s] a case, as far as is known
    try:
        while waiting or running:
            while waiting and len(running) < workers * QUEUED and not _must_wait(waiting[-1], running, tried):
                chunk = _next_chunk(waiting, tried, min(CHUNK / pace, len(waiting) / (workers * QUEUED)))
                with interrupts_later(), deaf_to_interrupts(), _safe_path(), capped(1):  # the first start workers
                    future = pool.submit(work, chunk)
                    running[future] = chunk
                    del waiting[-len(chunk) :]
                    future.add_done_callback(ended.put)
            future = ended.get()
            with interrupts_later():
                path, seconds = future.result()
            chunk = running.pop(future)
            pace = max(seconds / len(chunk), CHUNK / MOST)
            yield from zip(chunk, _received(path), strict=True)
    except BrokenProcessPool:
        # Which process died is not told, so every case that was out is suspect and runs alone from now on.
        out = [case for chunk in running.values() for case in chunk]
        for case in out:
            tried[id(case)] += 1
        lost = [case for case in out if tried[id(case)] >= ATTEMPTS]
        waiting += [case for case in reversed(out) if tried[id(case)] < ATTEMPTS]
        yield from ((case, failed(case, f"{FAULTS[2]}: its process died {ATTEMPTS} times")) for case in lost)
    except (KeyboardInterrupt, GeneratorExit):
        end(multiprocessing.active_children())  # their cases are run again; waiting for them could take long
        raise
    finally:
        with interrupts_later():
            pool.shutdown(wait=False, cancel_futures=True)


def _outcomes(run: Callable[[Case], Outcome], folder: str, cases: Sequence[Case]) -> tuple[Path, float]:
    """Return a file in ``folder`` that holds the outcomes of a chunk, in its order, and how long they took [s].

    The name alone goes through the pipe that workers share, whole or not at all: one that dies in the middle of a long
    message would leave all that read there waiting for its end.
    """
    begin = time.monotonic()
    outcomes = [run(case) for case in cases]
    seconds = time.monotonic() - begin
    number, name = mkstemp(dir=folder)
    with open(number, "wb") as file:
        pickle.dump(outcomes, file)
    return Path(name), seconds


def _received(path: Path) -> list[Outcome]:
    """Return the outcomes that a worker put into ``path``, which is read once."""
    outcomes: list[Outcome] = pickle.loads(path.read_bytes())
    path.unlink()
    return outcomes


def _next_chunk(waiting: Sequence[Case], tried: Counter[int], n_most: float) -> list[Case]:
    """Return up to ``n_most`` cases, at least one, from the end of ``waiting``; a suspect goes alone."""
    chunk = [waiting[-1]]
    for case in islice(reversed(waiting), 1, None):
        if len(chunk) + 1 > n_most or tried[id(chunk[0])] or tried[id(case)]:
            break
        chunk.append(case)
    return chunk


def _must_wait(case: Case, running: Mapping[Any, list[Case]], tried: Counter[int]) -> bool:
    """Return whether ``case`` may not run beside those that are out: a suspect runs alone, so only it is blamed."""
    return bool(running) and any(tried[id(one)] for chunk in ([case], *running.values()) for one in chunk)


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
