"""Compiled loops over plain arrays; nothing else in the tree imports numba.

Kernels release the interpreter lock, so blocks of work run in threads.  Blocks depend on the
problem alone and are added up in order: results have the same bytes on one core as on many.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

#: Blocks that work is cut into: enough to balance threads, few enough to hold one result each.
N_BLOCKS = 32
#: Link visits below which threads cost more than they bring (a visit is about a nanosecond).
THREADED_VISITS = 2_000_000


def jit(function: F) -> F:
    """Compile ``function`` at its first call, cached on disk where any cache folder can be written."""
    try:
        compiled: F = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no place to cache: site-packages and HOME are both read-only
        compiled = numba.njit(nogil=True)(function)
    return compiled


def n_threads() -> int:
    """Return the number of cores that this process may use."""
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
    with ThreadPoolExecutor(n_threads()) as pool:
        yield from pool.map(work, edges[:-1], edges[1:])
