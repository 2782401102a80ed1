"""How far apart commodities lie, in ranks: 0 for the two ends of one scale-up domain, else the distance of their ranks.

What a fabric has to carry follows from it: ranks are dealt to leaves and to pods in order, so a pair of ranks that
are d apart is in one block of b with probability 1 - d / b, whatever the blocks are.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
#: Commodities by how far apart they are [ranks].
Apart = Counter[int]


def apart(src: Ints, dst: Ints, near: int, times: int = 1) -> Apart:
    """Return ``src[i] -> dst[i]``, each ``times``, by distance; ranks of one domain of ``near`` are at 0.

    >>> apart(np.array([0, 0]), np.array([3, 9]), near=8)
    Counter({0: 1, 9: 1})
    """
    inside = src // near == dst // near
    far, count = np.unique(np.where(inside, 0, np.abs(src - dst)), return_counts=True)
    return Counter(dict(zip(far.tolist(), (count * times).tolist(), strict=True)))


def between(first: Ints, weight: Ints) -> Apart:
    """Return commodities between domains that start at ranks ``first`` (n,): ``weight[a, b]`` from a to b."""
    away = np.abs(first[:, None] - first[None, :])
    far, at = np.unique(away, return_inverse=True)
    count = np.bincount(at.ravel(), weight.ravel()).astype(np.int64)
    return Counter({int(d): int(n) for d, n in zip(far, count, strict=True) if d and n})


def often(found: Apart, times: int) -> Apart:
    """Return ``found`` with each commodity ``times``."""
    return Counter({far: n * times for far, n in found.items()})
