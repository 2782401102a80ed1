"""Numbers that follow no rule, the same every time: what tells sums of different things apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def noise(n: int, series: int = 0) -> NDArray[np.float64]:
    """Return (n,) numbers from 0 to 1 of a ``series``: the mixed bits of a counter [1]_.

    They stand in for random ones where nobody chooses a seed; loading a generator of those takes longer than most
    sums that they are for.

    .. [1] G. Steele, D. Lea, C. Flood, Fast splittable pseudorandom number generators, OOPSLA 2014: SplitMix64.

    >>> noise(3).round(3).tolist()
    [0.883, 0.432, 0.026]
    """
    with np.errstate(over="ignore"):
        z = (np.arange(1, n + 1, dtype=np.uint64) + np.uint64(series << 32)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (z ^ (z >> np.uint64(31))) * 2.0**-64
