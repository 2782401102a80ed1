"""Phases put one after another: how collectives and training steps become one demand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from traffic.demand import Demand, DemandError


class Phase(NamedTuple):
    """Commodities that start together; the phase runs ``repeat`` times."""

    name: str
    src: NDArray[np.int64]  # (f,) rank that sends
    dst: NDArray[np.int64]  # (f,) rank that receives
    size: NDArray[np.float64]  # (f,) [bytes] of one run
    repeat: int = 1


def step(name: str, src: Any, dst: Any, size: Any, repeat: int = 1) -> Phase:
    """Return the phase of these commodities, broadcast and flattened; those of a rank to itself vanish."""
    src_, dst_, size_ = (array.ravel() for array in np.broadcast_arrays(src, dst, np.asarray(size, np.float64)))
    other = (src_ != dst_) & (size_ > 0)
    return Phase(name, src_[other].astype(np.int64), dst_[other].astype(np.int64), size_[other], repeat)


def in_sequence(name: str, n_ranks: int, phases: Sequence[Phase]) -> Demand:
    """Return the demand of ``phases``, one after another; phases that are empty or never run are left out.

    Raises DemandError where nothing is left.
    """
    kept = [phase for phase in phases if len(phase.src) and phase.repeat > 0]
    if not kept:
        raise DemandError(f"{name}: nothing is sent; at least 2 ranks must belong together")
    return Demand.of(
        name,
        n_ranks,
        src=np.concatenate([phase.src for phase in kept]),
        dst=np.concatenate([phase.dst for phase in kept]),
        size=np.concatenate([phase.size for phase in kept]),
        phase=np.repeat(np.arange(len(kept)), [len(phase.src) for phase in kept]),
        repeat=[phase.repeat for phase in kept],
        phase_names=tuple(phase.name for phase in kept),
    )
