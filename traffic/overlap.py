"""Computation and communication of a training step side by side, as phases.

A part is left out (False), exposed (True: it follows the computation), ``overlapped`` (beside all of it, the best that
any schedule could do) or ``scheduled`` (beside the computation of the micro-batches that its schedule pairs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from traffic.demand import DemandError
from traffic.phases import Phase

#: A part of the step: left out, exposed, beside the computation, or as far as the schedule hides it.
Part = bool | Literal["overlapped", "scheduled"]
#: Names of phases that only compute.
COMPUTATION, LAST, RAMP = "computation", "computation of the last micro-batch", "computation of the ramp"

Held = tuple[Part, list[Phase]]


@dataclass(frozen=True)
class Times:
    """Computation of a rank [s], its bubble [s], the part of its micro-batches that are paired, and their number."""

    compute: float
    bubble: float
    paired: float
    micro_batches: int


def ordered(parts: list[Held], gradients: Held, times: Times) -> list[Phase]:
    """Return the phases of ``parts`` and of ``gradients``, each where it may run.

    Raises DemandError where a part is to hide and there is no computation.
    """
    every = [*parts, gradients]
    if not times.compute:
        if hidden := [how for how, held in every if how in ("overlapped", "scheduled") and held]:
            text = f"compute_s is 0, so there is nothing that a part could be {hidden[0]} with"
            raise DemandError(f"{text}; give its time, or flops and mfu")
        return [phase for _, held in every for phase in held]
    if any(how == "scheduled" for how, _ in every):
        return _scheduled(parts, gradients, times)
    beside = [phase for how, held in every if how == "overlapped" for phase in held]
    exposed = [phase for how, held in every if how is True for phase in held]
    return _side_by_side(computing(COMPUTATION, times.compute + times.bubble), beside, exposed)


def _side_by_side(compute: Phase, beside: list[Phase], exposed: list[Phase]) -> list[Phase]:
    phases = [compute, *(phase._replace(name=f"{phase.name}, overlapped") for phase in beside)]
    if beside:
        phases[1] = phases[1]._replace(after=())
    if exposed:
        exposed[0] = exposed[0]._replace(after=(0, len(phases) - 1) if beside else (0,))
    return phases + exposed


def _scheduled(parts: list[Held], gradients: Held, times: Times) -> list[Phase]:
    """Return pairs of micro-batches with what hides behind them, the last one with gradients, the ramp, and the rest.

    An ``overlapped`` part hides whole behind the pairs; of a ``scheduled`` one the runs of the micro-batches that are
    paired do.
    """
    hidden, exposed = _divided(parts, times.paired)
    how, held = gradients
    late = held if how in ("overlapped", "scheduled") else []
    exposed += held if how is True else []
    one = times.compute / times.micro_batches if late else 0.0
    pairs = times.compute * min(times.paired, 1 - one / times.compute)
    stages = [
        (computing(COMPUTATION, pairs), hidden),
        (computing(LAST, one), late),
        (computing(RAMP, times.compute - pairs - one + times.bubble), []),
    ]
    phases: list[Phase] = []
    ends: tuple[int, ...] = ()  # phases that the next stage waits for
    for compute, beside in stages:
        first = len(phases)
        phases.append(compute._replace(after=ends))
        for i, phase in enumerate(beside):
            name = f"{phase.name}, hidden"
            phases.append(phase._replace(name=name, after=ends if i == 0 else (first + i,)))
        ends = (first, len(phases) - 1) if beside else (first,)
    if exposed:
        exposed[0] = exposed[0]._replace(after=ends)
    return phases + exposed


def _divided(parts: list[Held], share: float) -> tuple[list[Phase], list[Phase]]:
    """Return the phases that hide behind pairs of micro-batches, and those that nothing hides."""
    hidden: list[Phase] = []
    exposed: list[Phase] = []
    for how, held in parts:
        for phase in held:
            runs = phase.repeat if how == "overlapped" else int(phase.repeat * share) if how == "scheduled" else 0
            hidden += [phase._replace(repeat=runs)] if runs else []
            exposed += [phase._replace(repeat=phase.repeat - runs)] if runs < phase.repeat else []
    return hidden, exposed


def computing(name: str, seconds: float) -> Phase:
    """Return a phase that only computes [s]."""
    none = np.zeros(0, dtype=np.int64)
    return Phase(name, none, none, np.zeros(0), 1, seconds, ())
