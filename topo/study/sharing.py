"""Blocks of one case over the workers of its dask cluster: whoever is free takes the next ones.

A loop goes as code and arrays; an array that the loop before had too is where it is needed already.  What blocks find
comes back to the case, which adds it up in their order.  So the bytes are those of one thread.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from io import BytesIO
from itertools import chain
from math import log2
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from topo.kernels import Loop, in_threads, n_threads

if TYPE_CHECKING:
    from distributed import Client, Future

#: [s] that a visit of a link takes at most: loops that are shorter than ROUND at that pace stay here unasked.
SLOW_VISIT = 20e-9
#: [s] that it takes to deal a loop out, and [s] a byte to take it to a worker, which hands it on, or back.
ROUND, BYTE = 0.1, 6e-9
#: Bytes from which an array goes by itself, and is not sent again.
LARGE = 100_000
#: Tasks for each thread that is free: enough that all end together.
TASKS = 8


Name = tuple[str, ...]
#: Loops whose kernels have been compiled here.
_READY: set[Name] = set()


class Unwanted(Exception):
    """A case that nobody waits for any more."""


class Place(NamedTuple):
    """Workers that may take blocks, the case's own first, and the threads that they have for them."""

    workers: Sequence[str]
    threads: int


class Code:
    """What a loop does, less its large arrays."""

    def __init__(self, code: bytes) -> None:
        self.code = code
        self._work: Any = None

    def __reduce__(self) -> tuple[Any, ...]:
        return Code, (self.code,)

    def work(self, arrays: Sequence[NDArray[Any]]) -> Any:
        """Return the loop's ``work`` on its large ``arrays``."""
        if self._work is None:
            unpickler = pickle.Unpickler(BytesIO(self.code))
            # Kernels are compiled for arrays that are aligned, which those on their way may not be.
            unpickler.persistent_load = [np.require(each, requirements="A") for each in arrays].__getitem__  # type: ignore[method-assign]
            self._work = unpickler.load()
        return self._work


Found = tuple[list[Any], Exception | None]
#: What blocks found that ran at the worker of their case, by loop and worker, and by task.
_HOME: dict[tuple[str, str], dict[int, Found]] = {}


class OverWorkers:
    """Runs loops of one case on the worker that it has, and on those that are free."""

    def __init__(self) -> None:
        self._name = uuid4().hex
        self._kept: dict[str, tuple[Future, NDArray[Any]]] = {}  # arrays of the loop before
        self._pace: dict[Name, tuple[float, int]] = {}  # by loop: [s] a visit, and bytes that each block brings back

    def __call__(self, loop: Loop) -> Iterator[Any] | None:
        """Return what ``loop`` finds, in order, from workers that are free; None where threads here are sooner.

        Raises Unwanted where the case was given up meanwhile.
        """
        from distributed import get_client

        _check_wanted()
        if loop.visits * SLOW_VISIT < ROUND:
            return None
        place = _free(get_client())
        if place.threads <= n_threads() or not self._pays(loop, place, 0):
            return None
        code, arrays = packed(loop.work)
        begun: list[Any] = []
        rest = loop
        if _name(loop.work) not in self._pace:
            begun, rest = self._tried(loop, code.work(arrays))
        if self._pays(rest, place, 0):
            keyed = {f"{self._name}-{_digest(array)}-{id(array)}": array for array in arrays}
            new = sum(array.nbytes for key, array in keyed.items() if key not in self._kept)
            if self._pays(rest, place, len(code.code) + new):
                return chain(begun, self._dealt(rest, place, code, keyed))
        return chain(begun, in_threads(rest.work, rest.blocks)) if begun else None

    def close(self) -> None:
        """Let workers drop what they keep for loops to come."""
        self._kept.clear()

    def _tried(self, loop: Loop, work: Any) -> tuple[list[Any], Loop]:
        """Return what ``work``, a copy of that of ``loop``, found on the first block, and the other blocks.

        How long they take is known from then on.
        """
        start, stop = loop.blocks[0]
        if _name(loop.work) not in _READY:
            work(start, start + 1)  # compiles
            _READY.add(_name(loop.work))
        begin = time.thread_time()
        found = work(start, stop)
        seconds = time.thread_time() - begin
        share = loop.visits / len(loop.blocks)
        self._pace[_name(loop.work)] = (seconds / share, len(pickle.dumps(found, protocol=5)))
        return [found], loop._replace(blocks=loop.blocks[1:], visits=loop.visits - share)

    def _pays(self, loop: Loop, place: Place, n_bytes: int) -> bool:
        """Return whether ``loop`` may end sooner at ``place``, where ``n_bytes`` of it are not yet."""
        pace, brought = self._pace.get(_name(loop.work), (SLOW_VISIT, 0))
        gain = loop.visits * pace * (1.0 / n_threads() - 1.0 / place.threads)
        there, back = n_bytes * log2(len(place.workers)), brought * len(loop.blocks) * (1.0 - 1.0 / len(place.workers))
        return gain > ROUND + BYTE * (there + back)

    def _dealt(self, loop: Loop, place: Place, code: Code, arrays: dict[str, NDArray[Any]]) -> Iterator[Any]:
        """Yield what ``loop`` finds at ``place``, in order; blocks that are lost wherever they run are run here."""
        from distributed import as_completed, worker_client

        step = max(1, len(loop.blocks) // (TASKS * place.threads))
        runs = [loop.blocks[i : i + step] for i in range(0, len(loop.blocks), step)]
        home, early, turn = (uuid4().hex, place.workers[0]), dict[int, Found](), 0
        with worker_client() as client:  # gives its thread back while it waits
            self._keep(client, place, arrays)
            given = {"sent": client.scatter(code, hash=False), "arrays": [held for held, _ in self._kept.values()]}
            _HOME[home] = early
            futures = client.map(_found, range(len(runs)), runs, home=home, **given, pure=False, priority=1)
            number = {future.key: i for i, future in enumerate(futures)}
            try:
                for future, found in as_completed(futures, with_results=True, raise_errors=False):
                    _check_wanted()
                    i = number[future.key]
                    if future.status != "finished":
                        early[i] = _run(runs[i], code.work(list(arrays.values())))
                    elif found is not None:
                        early[i] = found
                    future.release()
                    while turn in early:
                        yield from _taken(*early.pop(turn))
                        turn += 1
            finally:
                del _HOME[home]
                client.cancel(futures)

    def _keep(self, client: Client, place: Place, arrays: dict[str, NDArray[Any]]) -> None:
        """Take ``arrays`` to all workers of ``place`` that have them not, and drop others."""
        new = {key: array for key, array in arrays.items() if key not in self._kept}
        futures = client.scatter(new) if new else {}
        known = self._kept | {key: (futures[key], array) for key, array in new.items()}
        self._kept = {key: known[key] for key in arrays}
        if arrays:
            client.replicate([future for future, _ in self._kept.values()], workers=list(place.workers))


def _name(work: Any) -> Name:
    """Return the name of ``work``, and of the functions that it hands blocks on to."""
    inner = (cell.cell_contents for cell in work.__closure__ or ())
    return work.__qualname__, *(each.__qualname__ for each in inner if hasattr(each, "__qualname__"))


def _check_wanted() -> None:
    from distributed import get_worker

    worker = get_worker()
    task = worker.state.tasks.get(worker.get_current_task())
    if task is None or task.state == "cancelled":
        raise Unwanted


def _free(client: Client) -> Place:
    """Return who may take blocks: the case's own worker, whose thread waits meanwhile, and those with one to spare."""
    from distributed import get_worker

    own, busy = get_worker().address, client.processing()
    spare = {worker: n - len(busy.get(worker, ())) + (worker == own) for worker, n in client.nthreads().items()}
    free = {worker: n for worker, n in spare.items() if n > 0 and worker != own}
    return Place([own, *free], max(1, spare.get(own, 1)) + sum(free.values()))


def packed(work: Any) -> tuple[Code, list[NDArray[Any]]]:
    """Return ``work`` as code, and its large arrays."""
    import cloudpickle

    arrays: list[NDArray[Any]] = []
    number: dict[int, int] = {}

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        def persistent_id(self, item: Any) -> int | None:
            if type(item) is not np.ndarray or item.nbytes < LARGE or item.dtype.hasobject:
                return None
            if id(item) not in number:
                number[id(item)] = len(arrays)
                arrays.append(item)
            return number[id(item)]

    file = BytesIO()
    Pickler(file, protocol=5).dump(work)
    return Code(file.getvalue()), arrays


def _digest(array: NDArray[Any]) -> str:
    """Return what tells the contents of ``array`` from others: it may have been written to since it was sent."""
    return blake2b(np.ascontiguousarray(array).view(np.uint8).data, digest_size=16).hexdigest()


def _found(
    i: int, blocks: Sequence[tuple[int, int]], sent: Code, arrays: Sequence[NDArray[Any]], home: tuple[str, str]
) -> Found | None:
    """Return what task ``i``, of ``blocks``, found; None where it left that with its case, at the same worker."""
    from distributed import get_worker

    found = _run(blocks, sent.work(arrays))
    if home[1] != get_worker().address or home not in _HOME:
        return found
    _HOME[home][i] = found
    return None


def _run(blocks: Sequence[tuple[int, int]], work: Any) -> Found:
    """Return what ``work`` finds on ``blocks``, and the error that it ends in, if any."""
    found: list[Any] = []
    try:
        for block in blocks:
            found.append(work(*block))
    except Exception as error:
        return found, error
    return found, None


def _taken(found: list[Any], error: Exception | None) -> Iterator[Any]:
    """Yield what blocks found, as they would have it here: arrays that are aligned and may be written to."""
    for each in found:
        if isinstance(each, tuple):
            yield tuple(map(_own, each))
        else:
            yield _own(each)
    if error is not None:
        raise error


def _own(found: Any) -> Any:
    return np.require(found, requirements=["A", "W"]) if isinstance(found, np.ndarray) else found
