"""How fast this machine is beside the one on which the constants of estimates were taken."""

from __future__ import annotations

import time
from functools import cache

import numpy as np

#: [s] that the reference, one of two cores of a virtual EPYC, takes to sort and count SAMPLE numbers.
REFERENCE = 6.5e-3
SAMPLE, RUNS = 100_000, 5


@cache
def speed() -> float:
    """Return how many times the reference machine's work a core of this one does in a second.

    The least of some runs of a few milliseconds: others on the machine make a run longer, never shorter.
    """
    numbers = np.random.default_rng(0).integers(0, SAMPLE, SAMPLE)
    seconds = []
    for _ in range(RUNS):
        begin = time.process_time()
        order = np.argsort(numbers)
        np.bincount(numbers[order], np.sqrt(order))
        seconds.append(time.process_time() - begin)
    return REFERENCE / max(min(seconds), 1e-6)
