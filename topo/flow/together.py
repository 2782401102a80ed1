"""Chains of phases that run side by side, seen at once: the mean load by which a solved policy chooses.

Phases that ``after`` joins, directly or through others, are a chain; between chains nothing says which phases coincide.
A policy that chooses by load then goes by the mean load of all: each chain sends its bytes in the time that its
ranks' ports need for them, c phases of n_i runs of at most b_i bytes in or out of a rank::

    weight of a commodity = runs x size / (sum over the phases of its chain of n_i b_i)

One choice holds for all phases.  A chain alone is routed phase by phase.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from topo.flow.certified import CertifiedRouting
from traffic.demand import Demand


def chains(demand: Demand) -> NDArray[np.int64]:
    """Return (phases,) the chain of each phase, numbered from 0; all one where phases go in sequence."""
    if not demand.after:
        return np.zeros(demand.n_phases, dtype=np.int64)
    head = list(range(demand.n_phases))

    def first(phase: int) -> int:
        while head[phase] != phase:
            head[phase] = phase = head[head[phase]]
        return phase

    for phase, before in enumerate(demand.after):
        for p in before:
            head[first(phase)] = first(p)
    return np.unique([first(p) for p in range(demand.n_phases)], return_inverse=True)[1].astype(np.int64)


def mean_load(demand: Demand) -> Demand | None:
    """Return all commodities of ``demand`` in one phase by their weight; None where it is a single chain."""
    chain = chains(demand)
    if not chain.max(initial=0):
        return None
    busiest = np.zeros(demand.n_phases)
    for end in (demand.src, demand.dst):
        key, row = np.unique(demand.phase.astype(np.int64) * demand.n_ranks + end, return_inverse=True)
        np.maximum.at(busiest, key // demand.n_ranks, np.bincount(row, demand.size))
    pace = np.bincount(chain, busiest * demand.repeat)[chain]
    return replace(
        demand,
        size=demand.size * demand.repeat[demand.phase] / pace[demand.phase],
        phase=np.zeros_like(demand.phase),
        repeat=np.ones(1, dtype=np.int32),
        phase_names=(),
        after=(),
        compute_s=np.zeros(0),
        by_rank=(),
    )


def in_all_phases(routing: CertifiedRouting, demand: Demand) -> CertifiedRouting:
    """Return ``routing`` of the mean load as that of ``demand``: its bound is one on the mean, and on no phase."""
    return replace(routing, bound=np.full(demand.n_phases, np.inf))
