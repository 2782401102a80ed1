"""How far apart the ends of commodities lie, in ranks.

What a fabric has to carry follows from it.  Ranks are dealt to leaves and to pods in order, so two that are d apart are
in one block of b with probability 1 - d / b; and surely, where both are of a group of consecutive ranks whose size
divides b, since such groups start where blocks do.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Reach(NamedTuple):
    """Where two ends of a commodity lie."""

    away: int  # [ranks]; 0 in one scale-up domain
    group: int = 0  # ranks of the group of consecutive ones that both are of; 0 where there is none

    def crosses(self, block: float) -> float:
        """Return the probability that the ends are in two blocks of ``block`` ranks.

        >>> Reach(8).crosses(32), Reach(8, group=16).crosses(32)
        (0.25, 0.0)
        """
        together = self.group and block % self.group == 0
        return 0.0 if together else min(1.0, self.away / max(block, 1.0))


#: Commodities by where their ends lie.
Apart = Counter[Reach]
#: Where those of one scale-up domain lie.
INSIDE = Reach(0)


def apart(src: Ints, dst: Ints, near: int, group: int = 0) -> Apart:
    """Return ``src[i] -> dst[i]`` by where they lie; ``near`` ranks are a domain.

    >>> apart(np.array([0, 0]), np.array([3, 9]), near=8)
    Counter({Reach(away=0, group=0): 1, Reach(away=9, group=0): 1})
    """
    inside = src // near == dst // near
    away, count = np.unique(np.where(inside, 0, np.abs(src - dst)), return_counts=True)
    return Counter({Reach(d, group if d else 0): n for d, n in zip(away.tolist(), count.tolist(), strict=True)})


def between(first: Ints, weight: Ints, group: int = 0) -> Apart:
    """Return commodities between domains that start at ranks ``first`` (n,): ``weight[a, b]`` from a to b."""
    away, at = np.unique(np.abs(first[:, None] - first[None, :]), return_inverse=True)
    count = np.bincount(at.ravel(), weight.ravel()).astype(np.int64)
    return Counter({Reach(d, group): n for d, n in zip(away.tolist(), count.tolist(), strict=True) if d and n})


def often(found: Apart, times: int) -> Apart:
    """Return ``found`` with each commodity ``times``."""
    return Counter({reach: n * times for reach, n in found.items()})


def in_a_row(members: Ints) -> int:
    """Return the ranks of a group of ``members`` (groups, n) where all have consecutive ones; 0 where they have not."""
    n = members.shape[1]
    return n if (members[:, -1] - members[:, 0] == n - 1).all() and (members[:, 0] % n == 0).all() else 0
