"""Compiled loops over plain arrays; nothing else in the tree imports numba, and here the first loop that runs.

Kernels release the interpreter lock, so blocks of work run in threads.  Blocks depend on the
problem alone and are added up in order: results have the same bytes on one core as on many.
Somebody may stand by who runs them elsewhere; who does is in a context variable, so no solver hands it on.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, update_wrapper
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

#: Blocks that work is cut into: enough to balance threads, few enough to hold one result each.
N_BLOCKS = 32
#: Link visits below which threads cost more than they bring (a visit is about a nanosecond).
THREADED_VISITS = 2_000_000


class Loop(NamedTuple):
    """What ``work(start, stop)`` finds on each of ``blocks``; it takes ``visits`` of links together.

    ``work`` returns all that it finds and keeps nothing, so that a copy of it elsewhere finds the same.
    """

    work: Callable[[int, int], Any]
    blocks: Sequence[tuple[int, int]]
    visits: float


#: Returns what a loop finds, in order, where that is sooner than in threads here; None where it is not.
Elsewhere = Callable[[Loop], Iterator[Any] | None]
_ELSEWHERE: ContextVar[Elsewhere | None] = ContextVar("elsewhere", default=None)
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

    def __reduce__(self) -> tuple[Any, ...]:
        return _kernel, (self.function.__module__, self.function.__qualname__)

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


def _kernel(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


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


@contextmanager
def blocks_by(elsewhere: Elsewhere) -> Iterator[None]:
    """Let ``elsewhere`` have the loops of all that runs inside."""
    before = _ELSEWHERE.set(elsewhere)
    try:
        yield
    finally:
        _ELSEWHERE.reset(before)


def in_blocks(work: Callable[[int, int], T], n: int, *, visits: float, shares: bool = False) -> Iterator[T]:
    """Yield ``work(start, stop)`` over blocks of ``range(n)``, in order; ``visits`` is the cost of it all.

    Blocks return all that they find, since they may run on other machines (``blocks_by``).  With ``shares`` they write
    to arrays that they share, and stay in threads of this process.
    """
    if n == 0:
        return
    if visits < THREADED_VISITS or n == 1:
        yield work(0, n)
        return
    count = min(n, N_BLOCKS)
    blocks = [(n * i // count, n * (i + 1) // count) for i in range(count)]
    elsewhere = None if shares else _ELSEWHERE.get()
    found = None if elsewhere is None else elsewhere(Loop(work, blocks, visits))
    yield from in_threads(work, blocks) if found is None else found


def in_threads(work: Callable[[int, int], T], blocks: Sequence[tuple[int, int]]) -> Iterator[T]:
    """Yield ``work(start, stop)`` of every block, in order, from threads of this process."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(n_threads()) as pool:
        yield from pool.map(work, *zip(*blocks, strict=True))
