"""Compiled loops over plain arrays; nothing else in the tree imports numba, and here the first loop that runs.

Kernels release the interpreter lock, so blocks of work run in threads.  Blocks depend on the
problem alone and are added up in order: results have the same bytes on one core as on many.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from functools import cache, update_wrapper
from pathlib import Path
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

#: Blocks that work is cut into: enough to balance threads, few enough to hold one result each.
N_BLOCKS = 32
#: Link visits below which threads cost more than they bring (a visit is about a nanosecond).
THREADED_VISITS = 2_000_000
_IMPORT = re.compile(r"^from topo\.kernels\.(\w+) import", re.MULTILINE)


class _Kernel:
    """A function that is compiled when it is first called, or when a kernel that calls it is."""

    _lock = threading.RLock()

    def __init__(self, function: Callable[..., Any], *, counts: bool = True) -> None:
        update_wrapper(self, function)
        self.function = function
        self.counts = counts
        self.compiled: Any = None

    def __call__(self, *given: Any) -> Any:
        if self.compiled is None:
            with self._lock:
                self.ready()
        return self.compiled(*given)

    def ready(self) -> Any:
        """Return the compiled function, which takes others that it calls from its module as compiled ones too."""
        if self.compiled is None:
            compiled = _compiled(self.function, counts=self.counts)
            own = self.function.__globals__
            for name in self.function.__code__.co_names:
                if isinstance(own.get(name), _Kernel):
                    own[name] = own[name].ready()
            self.compiled = compiled
        return self.compiled


def jit(function: F) -> F:
    """Compile ``function`` at its first call: numba takes a third of a second to load, and many commands need none."""
    return cast(F, _Kernel(function))


def inner(function: F) -> F:
    """Compile ``function`` as ``jit`` does, without counts of who holds which array.

    A call that passes thirty arrays counts for half a microsecond.  So what is called inside loops is compiled this way
    if it makes no array, slices assigned to among them, and returns none: its caller holds those that it works on.
    """
    return cast(F, _Kernel(function, counts=False))


def _compiled(function: Callable[..., Any], *, counts: bool = True) -> Any:
    """Return ``function`` as numba compiles it, cached on disk where any cache folder can be written.

    A kernel compiles into itself the kernels that it calls, so its cache is stale when any file
    that its own imports has changed; numba alone looks at its own file only.
    """
    import numba

    options = {} if counts else {"_nrt": False}  # numba's name for its runtime, which counts references
    try:
        compiled: Any = numba.njit(cache=True, nogil=True, **options)(function)
        compiled._cache._cache_file._source_stamp = _stamp(Path(function.__code__.co_filename).stem)
    except (AttributeError, RuntimeError):
        # Nowhere to cache, where site-packages and HOME are both read-only; or a numba that keeps its stamp elsewhere.
        compiled = numba.njit(nogil=True, **options)(function)
    return compiled


@cache
def _stamp(room: str) -> tuple[Any, ...]:
    """Return times and sizes of the file of kernels ``room`` and of all that it imports."""
    file = Path(__file__).with_name(f"{room}.py")
    if not file.is_file():
        return (room,)
    own = file.stat()
    below = _IMPORT.findall(file.read_text(encoding="utf-8"))
    return (room, own.st_mtime, own.st_size, *(_stamp(other) for other in sorted(set(below))))


def n_threads() -> int:
    """Return the number of cores that this process may use: PLANEWISE_THREADS where that is set, else all it has."""
    told = os.environ.get("PLANEWISE_THREADS", "")
    if told.isdigit() and int(told) > 0:
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_blocks(work: Callable[[int, int], T], n: int, *, visits: float) -> Iterator[T]:
    """Yield ``work(start, stop)`` over blocks of ``range(n)``, in order; ``visits`` is the cost of it all."""
    if n == 0:
        return
    if visits < THREADED_VISITS or n == 1:
        yield work(0, n)
        return
    count = min(n, N_BLOCKS)
    edges = [n * i // count for i in range(count + 1)]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(n_threads()) as pool:
        yield from pool.map(work, edges[:-1], edges[1:])
