"""Completion times from end to end, where commodities end one by one: the kernel, in threads where that pays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from topo.flow.max_min import problem_of
from topo.islands import islands
from topo.kernels import in_blocks
from topo.kernels.refilling import complete
from topo.stored import Stored

Floats = NDArray[np.float64]

#: Entries of the shares below which finding independent parts costs more than it brings.
WORTH_PARTS = 200_000
#: Times that an entry is visited: once a refill that it takes part in, some tens of them.
VISITS = 40


def one_by_one(rows: Stored, capacity: Floats, size: Floats) -> tuple[Floats, NDArray[np.int32]]:
    """Return when each commodity ends (F,) [s] and the row (F,) of ``rows`` (L, F) that held it back last.

    Commodities that no chain of shared links connects never notice each other: each such
    part is solved by itself, in threads where there is enough to do.
    """
    if len(rows.indices) < WORTH_PARTS:
        finish, tight, _ = complete(problem_of(rows, capacity), size.copy())
        return finish, tight
    order, first = _parts(rows)
    columns = rows.turned()
    finish, tight = np.zeros(len(size)), np.full(len(size), -1, dtype=np.int32)

    def work(start: int, stop: int) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64]]:
        here = order[first[start] : first[stop]]
        mine = columns.some(here).turned()
        used = np.flatnonzero(mine.length)
        end, held, _ = complete(problem_of(mine.some(used), capacity[used]), size[here])
        return here, end, used[held]

    for here, end, held in in_blocks(work, len(first) - 1, visits=VISITS * len(rows.indices)):
        finish[here], tight[here] = end, held
    return finish, tight


def _parts(rows: Stored) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the commodities part by part, and where each part starts (parts + 1,)."""
    n = rows.shape[0]
    part = islands(rows.row, n + rows.indices, n + rows.shape[1])[n:]
    order = np.argsort(part, kind="stable")
    return order, np.append(np.flatnonzero(np.diff(part[order], prepend=-1)), len(order))
