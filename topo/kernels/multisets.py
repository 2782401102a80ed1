"""Hashes whose sums tell multisets apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]


def mixed(colour: Hashes, kind: Hashes) -> Hashes:
    """Return 64 bits for each (colour, kind): sums of them tell multisets apart (splitmix64)."""
    x = (colour * np.uint64(0x9E3779B97F4A7C15)) ^ (kind * np.uint64(0xD1B54A32D192ED03) + np.uint64(1))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(x ^ (x >> np.uint64(31)))


def hashed(columns: list[NDArray[Any]]) -> Hashes:
    """Return 64 bits for each row of ``columns``, each (n,)."""
    total = np.zeros(len(columns[0]), dtype=np.uint64)
    for i, column in enumerate(columns):
        bits = column.astype(np.float64).view(np.uint64)
        total = mixed(total + bits, np.full(len(bits), i, dtype=np.uint64))
    return total
