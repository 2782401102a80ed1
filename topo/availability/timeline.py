"""A job played through in time: parts fail and are repaired, the job slows down, stops and starts again.

Failures and repairs come after exponential times.  The network starts in its steady state.  While parts of it are down
the job gets ahead at the throughput of what is left, not at all where a flow has no path.  Where one of its own parts
fails it loses what it did since its last checkpoint, and starts again after a while; a spare takes over at once.

Limits.  Routing converges at once; a flow without a path waits and does not end the job.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from topo.availability.expected import Interval, Judged
from topo.availability.plan import Plan
from topo.availability.rates import RatesError
from topo.availability.units import Ints

#: Changes of network and job that are followed at most.
MOST_EVENTS = 5_000_000
#: Pieces of the throughput curve that are kept.
MOST_PIECES = 500
#: Parts of the time whose means give the interval, and Student's t of 95 % for one less of them.
BATCHES, STUDENT = 20, 2.093


@dataclass(frozen=True)
class Piece:
    """The network from one change to the next."""

    start_s: float
    throughput: float  # of that of the intact network
    failed: int  # parts that are down


@dataclass(frozen=True)
class Played:
    """What became of the job."""

    ettr: Interval  # share of the time in which it got ahead, of the intact network's pace; 95 % interval
    throughput: float  # mean over the time
    stops: int
    changes: int  # of the network
    pieces: tuple[Piece, ...]  # the first MOST_PIECES

    def results(self) -> dict[str, Any]:
        """Return it under flat keys, ready for JSON."""
        return {
            "ettr_played": self.ettr.value,
            "ettr_played_low": self.ettr.low,
            "ettr_played_high": self.ettr.high,
            "throughput_played": self.throughput,
            "stops_played": self.stops,
            "network_changes": self.changes,
            "throughput_curve": [asdict(piece) for piece in self.pieces],
        }


def play(judged: Judged | None, plan: Plan, stop_rate: float) -> Played:
    """Return what becomes of the job of ``plan``, whose parts fail at ``stop_rate`` [1/s] together.

    ``judged`` says what the network is worth without some of its parts; None for one that never fails.  Equal seeds,
    equal histories.

    Raises RatesError for a time in which too much happens.
    """
    length, interval = plan.length or 0.0, plan.interval or math.inf
    often = length * (1 / interval + stop_rate + (0.0 if judged is None else 2 * float(judged.units.rate.sum())))
    if often > MOST_EVENTS:
        raise RatesError(
            f"length: about {often:,.0f} changes are too many to follow (at most {MOST_EVENTS:,}); shorten it"
        )
    network_seed, job_seed = np.random.default_rng(plan.seed).spawn(2)
    pieces = _history(judged, length, network_seed)
    job = _Job(interval, plan.restart, plan.write, length)
    stops = _stops(stop_rate, length, job_seed)
    for piece, end in zip(pieces, [*(one.start_s for one in pieces[1:]), length], strict=True):
        while stops[job.stops] < end:
            job.run(stops[job.stops], piece.throughput)
            job.stop()
        job.run(end, piece.throughput)
    ends = np.array([*(one.start_s for one in pieces), length])
    mean = float(np.diff(ends) @ [one.throughput for one in pieces]) / length
    return Played(job.ettr(), mean, job.stops, len(pieces) - 1, tuple(pieces[:MOST_PIECES]))


def _stops(rate: float, length: float, rng: np.random.Generator) -> list[float]:
    """Return the times at which the job stops [s], and an infinite one."""
    if rate == 0:
        return [math.inf]
    n = rng.poisson(rate * length)
    return [*np.sort(rng.uniform(0.0, length, n)).tolist(), math.inf]


def _history(judged: Judged | None, length: float, rng: np.random.Generator) -> list[Piece]:
    """Return the pieces of the network's history until ``length`` [s]."""
    if judged is None:
        return [Piece(0.0, 1.0, 0)]
    units = judged.units
    reach = np.cumsum(units.rate)
    down = set(np.flatnonzero(rng.random(units.n) < units.down).tolist())
    now, found = 0.0, []
    while now < length:
        parts: Ints = np.array(sorted(down), dtype=np.int64)
        found.append(Piece(now, judged(parts).throughput, len(down)))
        repairs = np.cumsum(1 / units.repair[parts])
        repair = float(repairs[-1]) if len(parts) else 0.0
        # A part that is down already may be drawn, and then changes nothing: so the others keep their rates.
        while True:
            now += float(rng.exponential(1 / (repair + reach[-1])))
            drawn = float(rng.random()) * (repair + reach[-1])
            if drawn < repair:
                down.remove(int(parts[np.searchsorted(repairs, drawn, side="right")]))
                break
            part = min(int(np.searchsorted(reach, drawn - repair, side="right")), units.n - 1)
            if part not in down:
                down.add(part)
                break
    return found


@dataclass(eq=False)
class _Job:
    """A job in one of three modes: it works towards a checkpoint, writes one, or starts again."""

    interval: float
    restart: float
    write: float
    length: float
    now: float = 0.0
    unsaved: float = 0.0  # [s of work at full pace]
    writing: float = 0.0  # [s] still to write
    starting: float = 0.0  # [s] until it works again
    stops: int = 0
    gained: list[float] = field(default_factory=lambda: [0.0] * BATCHES)

    def run(self, end: float, pace: float) -> None:
        """Go on until ``end`` [s] at ``pace``, of that of the intact network."""
        while self.now < end:
            if self.starting > 0:
                self.starting = self._pass(self.starting, end)
            elif self.writing > 0:
                self.writing = self._pass(self.writing, end)
                self.unsaved = self.unsaved if self.writing > 0 else 0.0
            else:
                self._work(end, pace)

    def stop(self) -> None:
        """Lose what was not saved and start again."""
        self._gain(-self.unsaved)
        self.unsaved, self.writing, self.starting = 0.0, 0.0, self.restart
        self.stops += 1

    def ettr(self) -> Interval:
        """Return the share of the time in which the job got ahead, with its interval."""
        share = np.array(self.gained) * BATCHES / self.length
        mean, width = float(share.mean()), STUDENT * float(share.std(ddof=1)) / math.sqrt(BATCHES)
        return Interval(mean, mean - width, mean + width)

    def _work(self, end: float, pace: float) -> None:
        needed = self.interval - self.unsaved
        step = min(end - self.now, needed / pace if pace > 0 else math.inf)
        done = needed if pace > 0 and step * pace >= needed * (1 - 1e-12) else step * pace
        self.now = self.now + step if step < end - self.now else end
        self.unsaved += done
        self._gain(done)
        if self.unsaved >= self.interval * (1 - 1e-12):
            self.writing = self.write
            self.unsaved = self.unsaved if self.write > 0 else 0.0

    def _pass(self, needed: float, end: float) -> float:
        step = min(end - self.now, needed)
        self.now = self.now + step if step < end - self.now else end
        return needed - step

    def _gain(self, work: float) -> None:
        self.gained[min(int(self.now / self.length * BATCHES), BATCHES - 1)] += work
