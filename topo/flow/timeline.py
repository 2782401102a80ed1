"""Phases that send side by side: each starts when those that it waits for have ended, and links are shared.

One clock for the whole demand.  Rates are max-min fair over all commodities that are
sending at the moment, whatever their phase, and are filled again when one ends or starts.
"""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from topo.flow.batches import binding_rows, phase_ranges
from topo.flow.max_min import problem_of
from topo.flow.schedule import Timeline, followers, predecessors
from topo.flow.solution import TooMany
from topo.kernels.filling import TIE, tree_of
from topo.kernels.refilling import idle
from topo.kernels.sharing import advance, begin
from topo.stored import Stored
from traffic.demand import Demand

Floats = NDArray[np.float64]

#: Commodities that may start in all, repeats counted: some microseconds each, so about a minute.
MAX_STARTS = 20_000_000


def timeline(shares: Stored, capacity: Floats, demand: Demand, delay: Floats, late: Floats | None = None) -> Timeline:
    """Return when every phase and commodity of ``demand`` ends over ``shares`` (F, L) of ``capacity`` (L,) [B/s].

    A run of a phase computes, sends, and is over when the last commodity has ended and its
    ``delay`` (F,) [s] has passed; the next run follows.  ``late`` (phases,) [s], where it is a number, stands for the
    latency of a whole run instead.

    Raises TooMany above MAX_STARTS starts of commodities.
    """
    starts = int(demand.repeat[demand.phase].sum())
    if starts > MAX_STARTS:
        raise TooMany(
            f"phases that send side by side are followed run by run, and {starts:.2g} commodities would start "
            f"(at most {MAX_STARTS:.0e})"
        )
    rows, links = binding_rows(shares, capacity)
    none = np.full(demand.n_phases, np.nan)
    clockwork = _Clockwork(demand, delay, none if late is None else late, rows, capacity[links])
    clockwork.run()
    runs = demand.repeat.astype(np.float64)
    return Timeline(
        clockwork.started,
        clockwork.ended,
        clockwork.transfer / runs,
        clockwork.finish / runs[demand.phase],
        links[clockwork.state.tight],
    )


class _Clockwork:
    """The calendar of starts and ends, and the network that fills in between."""

    def __init__(self, demand: Demand, delay: Floats, late: Floats, rows: Stored, capacity: Floats) -> None:
        self.demand, self.delay, self.late = demand, delay, late
        self.problem = problem_of(rows, capacity)
        self.state = idle(self.problem)
        self.clock = tree_of(np.full(demand.n_commodities, np.inf))
        self.end = np.full(demand.n_commodities, np.inf)  # [s] of the present run
        self.living = np.zeros(demand.n_phases, dtype=np.int64)
        self.ranges = phase_ranges(demand)
        self.compute = demand.compute_s if demand.compute_s.size else np.zeros(demand.n_phases)
        self.calendar: list[tuple[float, int, bool]] = []  # time [s], phase, whether it is to send
        self.sending: dict[int, float] = {}  # phase -> start of its transfer [s]
        self.runs = np.zeros(demand.n_phases, dtype=np.int64)
        self.missing, self.first, self.follower = followers(predecessors(demand))
        self.emptied = np.empty(demand.n_phases, dtype=np.int32)
        self.started, self.ended, self.transfer = (np.zeros(demand.n_phases) for _ in range(3))
        self.finish = np.zeros(demand.n_commodities)

    def run(self) -> None:
        for phase in np.flatnonzero(self.missing == 0).tolist():
            self._compute(phase, 0.0)
        while self.calendar or self.sending:
            until = self.calendar[0][0] if self.calendar else np.inf
            who = (self.demand.phase, self.living, self.emptied)
            done = advance(self.problem, self.state, self.clock, self.end, *who, until)
            if done:
                self._sent(self.emptied[:done].tolist())
            else:
                self._turn(until)

    def _compute(self, phase: int, now: float) -> None:
        """Start a run of ``phase``: it is to send when its computation is over."""
        if not self.runs[phase]:
            self.started[phase] = now
        start, stop = self.ranges[phase]
        if start < stop:
            heappush(self.calendar, (now + self.compute[phase], phase, True))
        else:  # all runs at once: none of them meets anybody
            self.runs[phase] = self.demand.repeat[phase] - 1
            heappush(self.calendar, (now + self.compute[phase] * self.demand.repeat[phase], phase, False))

    def _turn(self, now: float) -> None:
        """Do all that the calendar has for ``now``."""
        due = []
        while self.calendar and self.calendar[0][0] <= now * (1.0 + TIE):
            _, phase, sends = heappop(self.calendar)
            if sends:
                due.append(phase)
            else:
                self._over(phase, now)
        if due:
            who = np.concatenate([np.arange(*self.ranges[phase]) for phase in due])
            self.living[due] = [stop - start for start, stop in (self.ranges[phase] for phase in due)]
            self.sending |= dict.fromkeys(due, now)
            begin(self.problem, self.state, self.clock, who, self.demand.size, now)

    def _sent(self, done: list[int]) -> None:
        """The last bytes of the runs of ``done`` have left; they are over when they have arrived."""
        for phase in done:
            start, here = self.sending.pop(phase), slice(*self.ranges[phase])
            time = self.end[here] - start
            self.finish[here] += time
            self.transfer[phase] += time.max()
            late = self.late[phase]
            over = (self.end[here] + self.delay[here]).max() if np.isnan(late) else self.end[here].max() + late
            heappush(self.calendar, (float(over), phase, False))

    def _over(self, phase: int, now: float) -> None:
        """A run of ``phase`` is over: the next one starts, or those that wait for it."""
        self.runs[phase] += 1
        if self.runs[phase] < self.demand.repeat[phase]:
            self._compute(phase, now)
            return
        self.ended[phase] = now
        for follower in self.follower[self.first[phase] : self.first[phase + 1]].tolist():
            self.missing[follower] -= 1
            if not self.missing[follower]:
                self._compute(follower, now)
