"""When phases end whose ranks go on by themselves: each starts its next step once it has all that it waits for.

A rank starts a run once it has received all of the run before and sent its own part of it; nobody waits for the
whole phase.  So latency adds up along chains of ranks, and a step costs the mean latency of its hops, where a barrier
would cost the largest.  In the (max, +) algebra a run is one product [1]_::

    start'[dst] = max over what dst receives (start[src] + compute + transfer + delay)
    start'[src] = max over what src sends    (start[src] + compute + transfer)

which runs on at a steady pace once it repeats itself.  Transfers are those of all commodities of the phase at once, and
bytes never take less than phase after phase would: only latency is hidden.  So the time lies between that of
barriers without latency and that of barriers with it.

.. [1] F. Baccelli, G. Cohen, G. J. Olsder, J.-P. Quadrat, Synchronization and Linearity, 1992, sec. 1.2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from topo.flow.schedule import predecessors
from traffic.demand import Demand

Floats = NDArray[np.float64]

#: Starts of a run that differ by this much of what it takes, relatively, are the same: rounding only.
SAME = 1e-12


def stepwise(demand: Demand, transfer: Floats, delay: Floats) -> tuple[Floats, Floats]:
    """Return start and end (phases,) [s] of each phase of ``demand``, repeats included.

    A run of commodity f takes ``transfer`` (F,) [s] to leave and ``delay`` (F,) [s] more to arrive.
    """
    n = demand.n_phases
    by_rank = demand.by_rank or (False,) * n
    compute = demand.compute_s if demand.compute_s.size else np.zeros(n)
    edge = np.searchsorted(demand.phase, np.arange(n + 1))
    started, ended, least = np.zeros(n), np.zeros(n), np.zeros(n)
    through: list[Floats] = []  # (n_ranks,) when each rank is through with the phase; (1,) where all are at once
    for phase, waits in enumerate(predecessors(demand)):
        here = slice(int(edge[phase]), int(edge[phase + 1]))
        longest = compute[phase] + transfer[here].max(initial=0.0)
        least[phase] = max((least[p] for p in waits), default=0.0) + demand.repeat[phase] * longest
        if by_rank[phase] and here.start < here.stop:
            enter = _latest([through[p] for p in waits], demand.n_ranks)
            leave = enter.copy()
            ranks, run = _one_run(demand, here, compute[phase] + transfer[here], delay[here])
            leave[ranks] = _repeated(run, enter[ranks], int(demand.repeat[phase]))
            started[phase] = enter[demand.src[here]].min()
            ended[phase] = max(leave.max(), least[phase])
            through.append(leave)
        else:
            started[phase] = max((ended[p] for p in waits), default=0.0)
            run = compute[phase] + (transfer[here] + delay[here]).max(initial=0.0)
            ended[phase] = started[phase] + demand.repeat[phase] * run
            through.append(ended[[phase]])
    return started, ended


def _latest(times: list[Floats], n_ranks: int) -> Floats:
    """Return (n_ranks,) the latest of ``times``, each (n_ranks,) or (1,); 0 where there is none."""
    return np.asarray(np.maximum.reduce([np.zeros(n_ranks), *(np.broadcast_to(t, n_ranks) for t in times)]))


def _one_run(
    demand: Demand, here: slice, send: Floats, delay: Floats
) -> tuple[NDArray[np.int32], Callable[[Floats], Floats]]:
    """Return the ranks (n,) of the commodities ``here``, and what takes them (n,) [s] from run to run.

    A commodity takes ``send`` [s] to leave and ``delay`` [s] more to arrive.
    """
    ranks, at = np.unique(np.concatenate([demand.src[here], demand.dst[here]]), return_inverse=True)
    src, dst = np.split(at, 2)
    own, arrive = np.zeros(len(ranks)), send + delay
    np.maximum.at(own, src, send)
    first = np.flatnonzero(np.diff(dst, prepend=-1))  # commodities are sorted by dst
    receivers = dst[first]

    def run(start: Floats) -> Floats:
        through = start + own
        last = np.maximum.reduceat(start[src] + arrive, first)
        through[receivers] = np.maximum(through[receivers], last)
        return through

    return ranks, run


def _repeated(run: Callable[[Floats], Floats], start: Floats, repeat: int) -> Floats:
    """Return ``start`` after ``repeat`` runs; once a run is as one before but for a shift, periods are added up [1]_.

    .. [1] R. P. Brent, An improved Monte Carlo factorization algorithm, BIT 20, 1980, sec. 2.
    """
    saved, at, power, done = start, 0, 1, 0
    while done < repeat:
        start, done = run(start), done + 1
        shift = start - saved
        if shift.max() - shift.min() <= SAME * shift.max():
            periods = (repeat - done) // (done - at)
            start = start + periods * shift.max()
            done += periods * (done - at)
            saved, at, power = start, done, repeat + 1
        elif done - at == power:
            saved, at, power = start, done, 2 * power
    return start
