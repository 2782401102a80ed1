"""States of a network by the parts that are down: how likely each is, and which are alike.

Parts fail independently, so a set S of parts is down, and no other, with probability prod (1 - q) times
prod over S of q / (1 - q).  Sets that a symmetry of fabric, traffic and rates maps onto each other are one state.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from topo.availability.units import Floats, Ints, Units
from topo.kernels.orbits import join

#: Sets of failed parts of one size that are listed.
MOST_SETS = 200_000
#: Probability that is left out where numbers of failed parts end.
NEGLIGIBLE = 1e-13


@dataclass(frozen=True, eq=False)
class Level:
    """All sets of k failed parts, and the states that they are."""

    sets: Ints  # (m, k) parts that are down, ascending; in lexicographic order
    state: Ints  # (m,) state of each set
    example: Ints  # (states,) a set of each state

    @classmethod
    def of(cls, units: Units, k: int) -> Level:
        """Return all sets of ``k`` parts."""
        every = chain.from_iterable(combinations(range(units.n), k))
        sets = np.fromiter(every, dtype=np.int64).reshape(comb(units.n, k), k)
        orbit = np.arange(len(sets), dtype=np.int32)
        for image in units.images if k else ():
            join(orbit, _row(np.sort(image[sets], axis=1), sets, units.n))
        example, state = np.unique(orbit, return_inverse=True)
        return cls(sets, state.astype(np.int64), example.astype(np.int64))

    def rows(self, sets: Ints, n: int) -> Ints:
        """Return which rows ``sets`` (r, k), each ascending, of ``n`` parts are."""
        return _row(sets, self.sets, n)

    def probability(self, units: Units) -> Floats:
        """Return (states,) the probability of each state."""
        q = units.down
        whole = float(np.exp(np.log1p(-q).sum()))
        each = whole * np.prod((q / (1 - q))[self.sets], axis=1)
        return np.bincount(self.state, each, len(self.example)).astype(np.float64)


def levels(units: Units, most: int) -> list[Level]:
    """Return the levels of 0, 1, ... parts, up to ``most`` or as far as MOST_SETS allows."""
    found = []
    for k in range(min(most, units.n) + 1):
        if comb(units.n, k) > MOST_SETS:
            break
        found.append(Level.of(units, k))
    return found


def _row(wanted: Ints, sets: Ints, n: int) -> Ints:
    base = n ** np.arange(sets.shape[1] - 1, -1, -1, dtype=np.int64)
    row: Ints = np.searchsorted(sets @ base, wanted @ base).astype(np.int64)
    return row


@dataclass(frozen=True, eq=False)
class Counts:
    """How many parts are down at once: every part by itself, so the sum of a binomial for each rate."""

    units: Units

    @cached_property
    def groups(self) -> list[tuple[Ints, float]]:
        """Parts of equal q, and that q."""
        value, of = np.unique(self.units.down, return_inverse=True)
        return [(np.flatnonzero(of == i), float(q)) for i, q in enumerate(value) if q > 0]

    @cached_property
    def behind(self) -> list[Floats]:
        """Distribution of the number down among the groups from the i-th on; the first is that of all."""
        found = [np.ones(1)]
        for parts, q in reversed(self.groups):
            found.append(_trimmed(np.convolve(_binomial(len(parts), q), found[-1])))
        return found[::-1]

    @property
    def probability(self) -> Floats:
        """(k,) probability that k parts are down, up to where the rest is NEGLIGIBLE."""
        return self.behind[0]

    def draw(self, k: int, rng: np.random.Generator) -> Ints:
        """Return ``k`` parts, drawn as they fail given that k do."""
        taken = []
        for i, (parts, q) in enumerate(self.groups):
            own, rest = _binomial(len(parts), q), self.behind[i + 1]
            j = np.arange(max(0, k - len(rest) + 1), min(k, len(own) - 1) + 1)
            weight = own[j] * rest[k - j]
            count = int(rng.choice(j, p=weight / weight.sum()))
            taken.append(rng.choice(parts, count, replace=False))
            k -= count
        return np.sort(np.concatenate([np.zeros(0, np.int64), *taken]))


def _binomial(n: int, q: float) -> Floats:
    """Return P(0), P(1), ... of ``n`` parts each down with probability ``q``, up to where the rest is NEGLIGIBLE."""
    found, log = [], n * float(np.log1p(-q))
    for k in range(n + 1):
        found.append(float(np.exp(log)))
        if k > n * q and found[-1] < NEGLIGIBLE / 100:
            break
        log += float(np.log((n - k) / (k + 1) * q / (1 - q))) if k < n else 0.0
    return np.array(found)


def _trimmed(probability: NDArray[np.float64]) -> Floats:
    beyond = np.cumsum(probability[::-1])[::-1]
    return probability[: max(1, int(np.count_nonzero(beyond > NEGLIGIBLE)))]
