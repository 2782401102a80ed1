"""What a network is worth in the long run: the mean of throughput and reach over its states.

States with few failed parts are listed, those that are alike once; each gets its exact probability.  States beyond
are drawn by importance sampling: given that more parts are down than were listed, the number k is drawn with
probability proportional to P(k) t^k, that is, as if the odds of every part were t times larger, and a draw weighs P(k)
over that [1]_.  Without draws the rest counts as nothing at one end of the interval and as intact at the other.

.. [1] G. Rubino, B. Tuffin (eds.), Rare Event Simulation using Monte Carlo Methods, 2009, ch. 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import numpy as np

from topo.availability.states import Counts, Level, levels
from topo.availability.units import Floats, Ints, Units

#: Standard deviations to either side of a mean that hold 95 % of a normal distribution.
WIDTH = 1.959964


@dataclass(frozen=True)
class Worth:
    """What a network does in one state."""

    throughput: float  # of that of the intact network; 0 where some flow has no path
    reach: float  # 1 where all flows get through, 0 where one does not

    def within(self, most: float) -> float:
        """Return 1 where the slowdown is at most ``most``, 0 where it is more."""
        return float(self.throughput * most >= 1 - 1e-9)


#: The worth of a network without these cables and nodes.
Judge = Callable[[Ints, Ints], Worth]


@dataclass(frozen=True)
class Interval:
    """A value and the ends between which it lies."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Stratum:
    """All states with equally many failed parts."""

    failed: int
    probability: float
    states: int  # that differ; 0 where they were not listed
    tried: int
    throughput: float | None  # mean; None where none was tried
    least: float | None  # throughput

    def row(self) -> dict[str, float | int | None]:
        """Return it under the keys of ``states_by_failed``."""
        return asdict(self)


@dataclass(eq=False)
class Judged:
    """A judge that is asked once about every set of parts."""

    units: Units
    judge: Judge
    known: dict[bytes, Worth] = field(default_factory=dict)

    def __call__(self, parts: Ints) -> Worth:
        """Return the worth of the network while ``parts`` are down."""
        key = np.asarray(parts, dtype=np.int64).tobytes()
        if key not in self.known:
            self.known[key] = self.judge(*self.units.taken(np.asarray(parts, dtype=np.int64)))
        return self.known[key]


@dataclass(frozen=True, eq=False)
class Expected:
    """Means over all states, with the listed ones."""

    throughput: Interval
    reach: Interval
    within: Interval  # share of time without a slowdown above the limit
    strata: tuple[Stratum, ...]
    levels: tuple[Level, ...]
    worth: tuple[tuple[Worth, ...], ...]  # of each state of each level


def expected(judged: Judged, *, most: float, exact: int, samples: int, seed: int) -> Expected:
    """Return the means over the states of the parts of ``judged``.

    States of up to ``exact`` failed parts are listed, fewer where they are too many; ``samples`` are drawn of the rest.
    ``most`` is the slowdown that is still accepted.
    """
    units = judged.units
    listed, counts = levels(units, exact), Counts(units)
    worth = [[judged(level.sets[i]) for i in level.example] for level in listed]
    columns = [_columns(of, most) for of in worth]
    shares = [level.probability(units) for level in listed]
    known = sum((share @ column for share, column in zip(shares, columns, strict=True)), np.zeros(3))
    strata = [_stratum(k, *one) for k, one in enumerate(zip(shares, columns, strict=True))]
    beyond, width, drawn = _sampled(judged, counts, len(listed), most=most, samples=samples, seed=seed)
    rest = max(0.0, 1.0 - float(sum(share.sum() for share in shares)))
    if samples:
        low, high = np.clip(beyond - width, 0.0, rest), np.clip(beyond + width, 0.0, rest)
    else:
        beyond, low, high = np.zeros(3), np.zeros(3), np.full(3, rest)
    throughput, reach, within = [
        Interval(*map(float, row)) for row in np.clip(np.stack([known + beyond, known + low, known + high]), 0, 1).T
    ]
    return Expected(throughput, reach, within, (*strata, *drawn), tuple(listed), tuple(map(tuple, worth)))


def _columns(worth: list[Worth], most: float) -> Floats:
    """Return (states, 3) throughput, reach, and whether the slowdown is at most ``most``."""
    return np.array([(one.throughput, one.reach, one.within(most)) for one in worth]).reshape(-1, 3)


def _stratum(failed: int, share: Floats, column: Floats) -> Stratum:
    total = float(share.sum())
    mean = float(share @ column[:, 0]) / total if total else None
    return Stratum(failed, total, len(share), len(share), mean, float(column[:, 0].min()) if len(share) else None)


def _sampled(
    judged: Judged, counts: Counts, first: int, *, most: float, samples: int, seed: int
) -> tuple[Floats, Floats, list[Stratum]]:
    """Return what states of ``first`` and more failed parts add to the three means, the width, and their strata."""
    probability = counts.probability[first:]
    k = first + np.arange(len(probability))
    if not samples or not len(k) or not probability.sum():
        return (
            np.zeros(3),
            np.zeros(3),
            [Stratum(int(i), float(p), 0, 0, None, None) for i, p in zip(k, probability, strict=True)],
        )
    rng = np.random.default_rng(seed)
    tilted = _tilted(probability, k)
    of = np.sort(rng.choice(len(k), samples, p=tilted))
    found = _columns([judged(counts.draw(int(k[i]), rng)) for i in of], most)
    weighed = (probability / tilted)[of][:, np.newaxis] * found
    width = WIDTH * weighed.std(axis=0, ddof=1) / np.sqrt(samples) if samples > 1 else np.full(3, probability.sum())
    strata = []
    for i, (failed, share) in enumerate(zip(k, probability, strict=True)):
        mine = found[of == i, 0]
        mean, least = (float(mine.mean()), float(mine.min())) if len(mine) else (None, None)
        strata.append(Stratum(int(failed), float(share), 0, len(mine), mean, least))
    return weighed.mean(axis=0), width, strata


def _tilted(probability: Floats, k: Ints) -> Floats:
    """Return P(k) t^k, normed, with t such that one part more than the fewest is down in the mean; t is 1 at least."""
    low, high = 0.0, 700.0 / max(len(k), 1)

    def at(log: float) -> Floats:
        weight = probability * np.exp(log * (k - k[0]))
        return np.asarray(weight / weight.sum())

    wanted = k[0] + 1.0
    if len(k) == 1 or at(low) @ k >= wanted:
        return at(0.0)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) @ k < wanted else (low, middle)
    return at(low)
