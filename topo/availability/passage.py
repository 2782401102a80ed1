"""Whether a network stays good for a while: the chance that no state above a slowdown is entered.

Parts fail and are repaired independently, each after an exponential time, so states follow a Markov chain; states
that are alike may be taken together, for a symmetry maps the chain onto itself [1]_.  The chain of the listed states
without the bad ones is followed exactly.  A step to more failed parts than are listed is bad at the lower end and good
at the upper one.

.. [1] J. G. Kemeny, J. L. Snell, Finite Markov Chains, 1960, sec. 6.3.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array

from topo.availability.expected import Expected, Interval
from topo.availability.states import Level
from topo.availability.units import Floats, Ints, Units


def stays_good(units: Units, found: Expected, *, period: float, most: float) -> Interval:
    """Return the probability that for ``period`` [s], from any moment on, no slowdown is above ``most``.

    The value is the lower end: what is not listed counts as bad.
    """
    from scipy.sparse.linalg import expm_multiply

    good = np.array([one.within(most) > 0 for of in found.worth for one in of])
    start = np.concatenate([level.probability(units) for level in found.levels])
    beyond = max(0.0, 1.0 - float(start.sum()))
    n = len(good)
    if not good.any():
        return Interval(0.0, 0.0, beyond)
    row, column, rate = _steps(units, found.levels)
    leaves, itself = np.bincount(row, rate, n), np.arange(n)
    row, column, rate = np.append(row, itself), np.append(column, itself), np.append(rate, -leaves)
    new = np.append(np.where(good, np.cumsum(good) - 1, -1), good.sum())  # the last one: more than is listed
    kept = (new[row] >= 0) & (new[column] >= 0) & (row < n)
    m = int(good.sum()) + 1
    chain = coo_array((rate[kept], (new[column[kept]], new[row[kept]])), shape=(m, m)).tocsr()
    left = expm_multiply(chain * period, np.append(start[good], 0.0))
    low = float(left[:-1].sum())
    return Interval(low, low, min(1.0, low + float(left[-1]) + beyond))


def _steps(units: Units, levels: tuple[Level, ...]) -> tuple[Ints, Ints, Floats]:
    """Return from, to and rate [1/s] of all steps between states, numbered level by level; n stands for all beyond."""
    first = np.concatenate([[0], np.cumsum([len(level.example) for level in levels])]).astype(np.int64)
    parts: list[tuple[Ints, Ints, Floats]] = []
    for k, level in enumerate(levels):
        sets = level.sets[level.example]
        state = first[k] + np.arange(len(sets))
        above = levels[k + 1] if k + 1 < len(levels) else None
        parts.append(_failing(units, sets, state, above, ends=(int(first[k + 1]), int(first[-1]))))
        for j in range(k):
            rows = levels[k - 1].rows(np.delete(sets, j, axis=1), units.n) if k > 1 else np.zeros(len(sets), np.int64)
            parts.append((state, first[k - 1] + levels[k - 1].state[rows], 1 / units.repair[sets[:, j]]))
    row, column = (np.concatenate([one[i] for one in parts]).astype(np.int64) for i in (0, 1))
    return row, column, np.concatenate([one[2] for one in parts])


def _failing(
    units: Units, sets: Ints, state: Ints, above: Level | None, *, ends: tuple[int, int]
) -> tuple[Ints, Ints, Floats]:
    """Return the steps from ``sets`` (m, k) to one more failed part; ``ends``: its first state, that of all beyond."""
    (m, k), (first, beyond) = sets.shape, ends
    works = np.ones((m, units.n), dtype=bool)
    works[np.repeat(np.arange(m), k), sets.ravel()] = False
    i, part = np.nonzero(works)
    if above is None:
        return state[i], np.full(len(i), beyond), units.rate[part]
    wider = np.sort(np.concatenate([sets[i], part[:, np.newaxis]], axis=1), axis=1)
    return state[i], first + above.state[above.rows(wider, units.n)], units.rate[part]
