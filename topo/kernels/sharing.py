"""Completion times where phases start and end at different moments and share links meanwhile.

The state is that of ``refilling``: who starts is chosen at rate zero and filled in what the
others leave, and those who now break the law of max-min fairness are filled again with them.
Who starts when is decided outside; ``advance`` returns whenever a phase has nothing left to send.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from topo.kernels import jit
from topo.kernels.filling import Problem
from topo.kernels.refilling import State, choose, end_due, orphans, pack, refill_chosen, touch


@jit
def begin(
    problem: Problem,
    state: State,
    clock: NDArray[np.float64],
    who: NDArray[np.int64],
    size: NDArray[np.float64],
    now: float,
) -> None:
    """Let the commodities ``who`` start to send ``size`` (F,) [bytes] at ``now`` [s]; none of them is sending."""
    n_touched = 0
    for f in who:
        n_touched = touch(problem, state, f, n_touched)
    for i in range(n_touched):
        state.local[state.touched[i]] = -1
        pack(problem, state, state.touched[i])
    n_chosen = 0
    for f in who:
        state.alive[f] = True
        state.rate[f] = 0.0
        state.left[f] = size[f]
        state.since[f] = now
        n_chosen = choose(state, f, n_chosen)
        for k in range(problem.start[f], problem.start[f + 1]):
            link = problem.link[k]
            problem.member[state.end[link]] = f
            state.end[link] += 1
    refill_chosen(problem, state, clock, n_chosen, now)


@jit
def advance(
    problem: Problem,
    state: State,
    clock: NDArray[np.float64],
    finish: NDArray[np.float64],
    owner: NDArray[np.int32],
    living: NDArray[np.int64],
    emptied: NDArray[np.int32],
    until: float,
) -> int:
    """End commodities in order, up to ``until`` [s] or until a phase has none left; return how many such phases.

    ``owner`` (F,) is the phase of each, ``living`` (phases,) how many of a phase still send;
    ``finish`` (F,) [s] and the first of ``emptied`` (phases,) are written.
    """
    n_emptied = 0
    while clock[1] <= until and not n_emptied:
        now = clock[1]
        n_touched, n_emptied = end_due(problem, state, clock, finish, owner, living, emptied, now)
        refill_chosen(problem, state, clock, orphans(problem, state, n_touched), now)
    return n_emptied
