"""Phases put one after another: how collectives and training steps become one demand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from traffic.demand import Demand, DemandError
from traffic.operation import Operation


class Phase(NamedTuple):
    """Commodities that start together; the phase runs ``repeat`` times."""

    name: str
    src: NDArray[np.int64]  # (f,) rank that sends
    dst: NDArray[np.int64]  # (f,) rank that receives
    size: NDArray[np.float64]  # (f,) [bytes] of one run
    repeat: int = 1
    compute_s: float = 0.0  # [s] before the transfer of each run; a phase may do nothing else
    after: tuple[int, ...] | None = None  # phases of the list that must have ended; None: the one before
    by_rank: bool = False  # each rank starts a run when it has itself sent and received all of the run before
    operation: Operation | None = None  # the collective that all runs carry out; None where they are none


def step(name: str, src: Any, dst: Any, size: Any, repeat: int = 1, *, by_rank: bool = False) -> Phase:
    """Return the phase of these commodities, broadcast and flattened; those of a rank to itself vanish."""
    src_, dst_, size_ = (array.ravel() for array in np.broadcast_arrays(src, dst, np.asarray(size, np.float64)))
    other = (src_ != dst_) & (size_ > 0)
    ends = src_[other].astype(np.int64), dst_[other].astype(np.int64)
    return Phase(name, *ends, size_[other], repeat, by_rank=by_rank)


def in_sequence(name: str, n_ranks: int, phases: Sequence[Phase]) -> Demand:
    """Return the demand of ``phases``, one after another but where ``after`` says else.

    Phases that neither send nor compute, or never run, are left out; who waits for one waits
    for those that it waits for.

    Raises DemandError where nothing is sent, or a phase waits for itself or a later one.
    """
    runs = [phase.repeat > 0 and (len(phase.src) > 0 or phase.compute_s > 0) for phase in phases]
    kept = [phase for phase, run in zip(phases, runs, strict=True) if run]
    if not any(len(phase.src) for phase in kept):
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
        after=_order(name, phases, runs) if any(phase.after is not None for phase in phases) else (),
        compute_s=[phase.compute_s for phase in kept] if any(phase.compute_s for phase in kept) else (),
        by_rank=tuple(phase.by_rank for phase in kept) if any(phase.by_rank for phase in kept) else (),
        operations=tuple(phase.operation for phase in kept) if any(phase.operation for phase in kept) else (),
    )


def _order(name: str, phases: Sequence[Phase], runs: Sequence[bool]) -> list[tuple[int, ...]]:
    """Return what each phase that runs waits for, numbered among those that run."""
    number = 0
    waits: list[tuple[int, ...]] = []  # by phase of the list, numbered among those that run
    kept = []
    for i, (phase, run) in enumerate(zip(phases, runs, strict=True)):
        before = phase.after if phase.after is not None else ((i - 1,) if i else ())
        if any(not 0 <= p < i for p in before):
            raise DemandError(f"{name}: phase {i} ({phase.name}) waits for {before}; give phases of lower number")
        wanted = tuple(sorted({q for p in before for q in waits[p]}))
        waits.append((number,) if run else wanted)
        if run:
            kept.append(wanted)
            number += 1
    return kept
