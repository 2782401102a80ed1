"""Rules that every demand obeys: who may send to whom, how much, how often and in which order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Bytes of one commodity: beyond, sums and products of them leave double precision.
SMALLEST_SIZE, LARGEST_SIZE = 1e-30, 1e30
SIZES = f"between {SMALLEST_SIZE:g} and {LARGEST_SIZE:g} bytes"
#: Runs of one phase.
MAX_REPEAT = 2**31 - 1


class DemandError(ValueError):
    """A workload that cannot be: says the rule, what was given and what would do."""


def runs(repeat: ArrayLike) -> NDArray[np.int32]:
    """Return (phases,) how often each phase runs; raise DemandError with the first that cannot."""
    counts = np.atleast_1d(np.asarray(repeat))
    wrong = np.flatnonzero((counts < 1) | (counts > MAX_REPEAT))
    if len(wrong):
        first = int(wrong[0])
        raise DemandError(f"phase {first}: repeat must be at least 1 and at most {MAX_REPEAT}; got {counts[first]}")
    return counts.astype(np.int32)


def in_range(size: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether each ``size`` is one that a commodity may have."""
    return np.asarray((size >= SMALLEST_SIZE) & (size <= LARGEST_SIZE))


def check_phases(
    phases: int,
    *,
    names: tuple[str, ...],
    by_rank: tuple[bool, ...],
    after: tuple[tuple[int, ...], ...],
    compute_s: NDArray[np.float64],
    operations: int = 0,
) -> None:
    """Check what is said of each of ``phases``; raise DemandError with the first that does not hold."""
    if names and len(names) != phases:
        raise DemandError(f"{len(names)} phase names for {phases} phases; give one a phase, or none")
    if by_rank and len(by_rank) != phases:
        raise DemandError(f"by_rank says yes or no {len(by_rank)} times for {phases} phases; give one a phase, or none")
    if operations and operations != phases:
        raise DemandError(f"{operations} operations for {phases} phases; give one a phase, or none")
    if after and len(after) != phases:
        raise DemandError(f"after names {len(after)} phases of {phases}; give one list a phase, or none")
    for phase, before in enumerate(after):
        if any(not 0 <= p < phase for p in before):
            raise DemandError(f"phase {phase} comes after {list(before)}; a phase waits for phases of lower number")
    if compute_s.size and (compute_s.shape != (phases,) or not (np.isfinite(compute_s) & (compute_s >= 0)).all()):
        raise DemandError(
            f"compute_s must be {phases} times that are finite and not negative, or none; got {compute_s}"
        )


def refuse(wrong: NDArray[np.bool_], src: NDArray[Any], dst: NDArray[Any], rule: str) -> None:
    """Raise DemandError with ``rule`` and the first commodity that is ``wrong`` (F,)."""
    if wrong.any():
        i = int(np.argmax(wrong))
        raise DemandError(f"commodity {i} ({src.flat[i]} -> {dst.flat[i]}): {rule}")
