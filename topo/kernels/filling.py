"""Max-min fair rates by progressive filling.

Raise every rate together.  A link that fills freezes the commodities crossing
it; the rest keep rising until all are frozen.  The result is the one
allocation where no rate can grow without shrinking a smaller one [1]_.

The kernel knows links and commodities as rows and columns of shares R: link l
is full when ``sum_f R[l, f] rate[f] = capacity[l]``.  Links that fill together
freeze together, and sums carry their rounding error along, so the order of
links and commodities never shows in the result.

.. [1] D. Bertsekas and R. Gallager, Data Networks, 2nd ed., 1992, sec. 6.5.2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import jit

#: Links whose levels differ by less, relatively, fill together.  Levels are good to about
#: 1e-15, and levels that differ by design differ by far more.
TIE = 1e-13


class Problem(NamedTuple):
    """Shares R > 0 twice, by link and by commodity, and what each link can carry."""

    link_start: NDArray[np.int64]  # (L + 1,) first entry of each link
    member: NDArray[np.int32]  # (nnz,) commodity of each entry, by link
    member_share: NDArray[np.float64]  # (nnz,) R, by link
    start: NDArray[np.int64]  # (F + 1,) first entry of each commodity
    link: NDArray[np.int32]  # (nnz,) link of each entry, by commodity
    share: NDArray[np.float64]  # (nnz,) R, by commodity
    capacity: NDArray[np.float64]  # (L,) [B/s]


@jit
def fill(problem: Problem) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the max-min fair ``rate`` (F,) [B/s] and the link (F,) that froze each commodity.

    A commodity without links has an infinite rate and link -1.
    """
    n_links, n_commodities = len(problem.capacity), len(problem.start) - 1
    rate = np.full(n_commodities, np.inf)
    tight = np.full(n_commodities, -1, np.int32)
    # Columns: room left [B/s], its rounding error, share of the rising commodities, its error.
    state = np.zeros((n_links, 4))
    for link in range(n_links):
        state[link, 0] = problem.capacity[link]
        for k in range(problem.link_start[link], problem.link_start[link + 1]):
            accumulate(state, link, 2, problem.member_share[k])
    levels = np.empty(n_links)
    for link in range(n_links):
        levels[link] = _level(state, link)
    tree = tree_of(levels)
    filled = np.empty(n_links, np.int32)
    level, n_filled = _next_level(tree, state, filled, 0.0)
    while n_filled:
        for i in range(n_filled):
            link = filled[i]
            for k in range(problem.link_start[link], problem.link_start[link + 1]):
                f = problem.member[k]
                if tight[f] < 0:
                    tight[f] = link
                    rate[f] = level
                    _freeze(problem, state, f, level)
        level, n_filled = _next_level(tree, state, filled, level)
    return rate, tight


@jit
def _level(state: NDArray[np.float64], link: int) -> float:
    """Return the rate at which link ``link`` would be full; infinite where nothing rises on it."""
    weight = state[link, 2] + state[link, 3]
    if weight <= 0.0:
        return np.inf
    level: float = max((state[link, 0] + state[link, 1]) / weight, 0.0)
    return level


@jit
def _freeze(problem: Problem, state: NDArray[np.float64], f: int, level: float) -> None:
    for k in range(problem.start[f], problem.start[f + 1]):
        accumulate(state, problem.link[k], 0, -problem.share[k] * level)
        accumulate(state, problem.link[k], 2, -problem.share[k])


@jit
def _next_level(
    tree: NDArray[np.float64], state: NDArray[np.float64], filled: NDArray[np.int32], floor: float
) -> tuple[float, int]:
    """Return the least level of all links and how many fill there; they are written to ``filled``.

    Levels only rise while others freeze, so the tree may hold old ones: a link is
    asked again when it comes first, and goes back where its level has risen.
    """
    n = 0
    level = np.inf
    while tree[1] < np.inf and (n == 0 or tree[1] <= level * (1.0 + TIE)):
        link = tree_first(tree)
        now = _level(state, link)
        if now > tree[1]:
            tree_set(tree, link, now)
            continue
        if n == 0:
            level = max(now, floor)
        filled[n] = link
        n += 1
        tree_set(tree, link, np.inf)
    return level, n


@jit
def accumulate(sums: NDArray[np.float64], row: int, column: int, x: float) -> None:
    """Add ``x`` to ``sums[row, column]`` and what rounding loses to ``sums[row, column + 1]``."""
    old = sums[row, column]
    total = old + x
    part = total - old
    sums[row, column + 1] += (old - (total - part)) + (x - part)
    sums[row, column] = total


@jit
def tree_of(keys: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the tournament tree of ``keys`` (n,): the least key is entry 1, the leaves are the last half."""
    base = 1
    while base < len(keys):
        base *= 2
    tree = np.full(2 * base, np.inf)
    tree[base : base + len(keys)] = keys
    for i in range(base - 1, 0, -1):
        tree[i] = min(tree[2 * i], tree[2 * i + 1])
    return tree


@jit
def tree_set(tree: NDArray[np.float64], i: int, key: float) -> None:
    """Give leaf ``i`` another key."""
    node = len(tree) // 2 + i
    tree[node] = key
    node //= 2
    while node >= 1:
        least = min(tree[2 * node], tree[2 * node + 1])
        if tree[node] == least:
            break
        tree[node] = least
        node //= 2


@jit
def tree_first(tree: NDArray[np.float64]) -> int:
    """Return the leaf with the least key, the first of equal ones."""
    base = len(tree) // 2
    node = 1
    while node < base:
        node *= 2
        if tree[node] > tree[node + 1]:
            node += 1
    return node - base
