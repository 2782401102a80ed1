"""When phases start and end: each once those that it waits for have ended.

The longest chain of phases is critical: shorten any other and nothing is gained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from traffic.demand import Demand, GroupedDemand

Floats = NDArray[np.float64]
Order = tuple[tuple[int, ...], ...]


class Timeline(NamedTuple):
    """When everything happened; means are over the runs of a phase."""

    started: Floats  # (phases,) [s] from the start of the demand
    ended: Floats  # (phases,) [s] of the last run
    transfer: Floats  # (phases,) [s] mean time from first to last byte of a run
    finish: Floats  # (F,) [s] mean time of a commodity from the start of its transfer
    tightest: NDArray[np.int32]  # (F,) link that held it back last
    turns: Callable[[], Floats] | None = None  # tells ``Solution.in_turn``; None: not said


def predecessors(demand: Demand | GroupedDemand) -> Order:
    """Return the phases that each phase waits for: its own list, or the phase before."""
    return demand.after or tuple((p - 1,) if p else () for p in range(demand.n_phases))


def schedule(before: Order, duration: Floats) -> tuple[Floats, Floats]:
    """Return start and end (phases,) [s] where a phase of ``duration`` (phases,) starts as soon as it may."""
    start, end = np.zeros(len(duration)), np.zeros(len(duration))
    for phase, waits in enumerate(before):
        start[phase] = max((end[p] for p in waits), default=0.0)
        end[phase] = start[phase] + duration[phase]
    return start, end


def soonest(demand: Demand | GroupedDemand, transfer: Floats) -> float:
    """Return the end of ``demand`` [s] where a run of phase p moves its bytes in ``transfer[p]`` [s] and computes."""
    compute = demand.compute_s if demand.compute_s.size else np.zeros(demand.n_phases)
    _, ended = schedule(predecessors(demand), demand.repeat * (transfer + compute))
    return float(ended.max(initial=0.0))


def followers(before: Order) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return how many phases each waits for (phases,), and who waits: for phase p ``who[first[p]:first[p + 1]]``."""
    n = len(before)
    missing = np.array([len(set(waits)) for waits in before], dtype=np.int64)
    waited = np.array([p for waits in before for p in set(waits)], dtype=np.int64)
    order = np.argsort(waited, kind="stable")
    first = np.searchsorted(waited[order], np.arange(n + 1))
    return missing, first, np.repeat(np.arange(n), missing)[order]


def critical(before: Order, end: Floats) -> tuple[int, ...]:
    """Return the chain of phases, first to last, each starting when the one before ends; the last ends it all."""
    if not len(end):
        return ()
    chain = [int(np.argmax(end))]
    while before[chain[-1]]:
        chain.append(max(before[chain[-1]], key=lambda p: end[p]))
    return tuple(reversed(chain))


def at_once(demand: Demand | GroupedDemand) -> Demand | GroupedDemand:
    """Return all runs of all phases as one phase of the same F commodities, in the same order."""
    size = demand.size * demand.repeat[demand.phase]
    repeat, none = np.ones(1, dtype=np.int32), np.zeros(0)
    if isinstance(demand, GroupedDemand):
        return replace(demand, size=size, repeat=repeat, after=(), compute_s=none)
    one = np.zeros(demand.n_commodities, np.int32)
    return replace(
        demand,
        size=size,
        repeat=repeat,
        after=(),
        compute_s=none,
        phase=one,
        phase_names=(),
        by_rank=(),
        operations=(),
    )


def overlap(demand: Demand | GroupedDemand) -> tuple[int, int] | None:
    """Return two phases with commodities that nothing orders, or None."""
    if not demand.after:
        return None
    sends = np.zeros(demand.n_phases, dtype=bool)
    sends[demand.phase] = True
    latest, reached = -1, [-1] * demand.n_phases  # the last phase that sent, and the last of those behind each phase
    for phase, waits in enumerate(demand.after):
        reached[phase] = max((reached[p] for p in waits), default=-1)
        if sends[phase]:
            if reached[phase] != latest:  # until now they were a chain, so behind the last are all
                return latest, phase
            latest = reached[phase] = phase
    return None
