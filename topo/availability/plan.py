"""What is asked of failures and repairs: rates, the job, what it accepts, and how hard to look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from topo.availability.closed_forms import (
    best_interval,
    effective_time,
    mean_time_to_failure,
    spares,
    uninterrupted,
)
from topo.availability.rates import OF_A_JOB, PARTS, Rates, RatesError
from topo.near import hint
from topo.size import Size, Tier

_YEAR = 365.25 * 86400  # [s]


@dataclass(frozen=True)
class Plan:
    """A question about failures; times are [s]."""

    rates: Rates = field(default_factory=Rates)
    gpus: int | None = None  # of the job; None: all
    interval: float | None = None  # of work between two checkpoints; None: the job is not asked about
    restart: float = 0.0
    write: float = 0.0
    period: float = 7 * 86400.0
    most: float = 1.0  # slowdown that is still accepted
    wait: float | None = None  # for a spare part; None: spares are not asked about
    confidence: float = 0.99
    exact: int = 2  # failed parts up to which states are listed
    samples: int = 200
    length: float | None = None  # that a job is played through in time; None: none is
    seed: int = 0

    def __post_init__(self) -> None:
        for key in (*self.rates.failures, *self.rates.repairs):
            if key not in PARTS:
                raise RatesError(f"{key!r} is no part; known: {', '.join(PARTS)}{hint(key, PARTS)}")
        least = {"gpus": (self.gpus, 1), "most": (self.most, 1), "exact": (self.exact, 0), "samples": (self.samples, 0)}
        for key, (value, at) in (least | {"seed": (self.seed, 0)}).items():
            if value is not None and not value >= at:
                raise RatesError(f"{key}: {value!r} must be at least {at}")
        if not 0 < self.confidence < 1:
            raise RatesError(f"confidence: {self.confidence!r} must lie between 0 and 1, both excluded, such as 0.99")
        if self.length is not None and not self.interval:
            raise RatesError("length: a job that is played through needs checkpoints; give checkpoint, such as 1h")

    def stops(self, counts: Mapping[str, float]) -> float:
        """Return how often the job stops [1/s], on its share of ``counts`` parts by kind."""
        share = 1.0 if self.gpus is None else self.gpus / counts["gpu"]
        if share > 1:
            raise RatesError(f"gpus: a job of {self.gpus:,} does not fit {counts['gpu']:,.0f} endpoints")
        return sum(share * counts[part] * self.rates.failures.get(part, 0.0) for part in OF_A_JOB)

    def closed_forms(self, counts: Mapping[str, float]) -> dict[str, Any]:
        """Return what follows from ``counts`` of parts by kind alone: flat keys, ready for JSON."""
        mttf = mean_time_to_failure(1, self.stops(counts))
        finite = mttf if mttf < float("inf") else None
        found: dict[str, Any] = {
            "job_gpus": int(self.gpus or counts["gpu"]),
            "job_mttf_s": finite,
            "period_s": self.period,
            "job_uninterrupted": uninterrupted(mttf, self.period),
        }
        if self.interval:
            found["ettr"] = effective_time(mttf, interval=self.interval, restart=self.restart, write=self.write)
            found["best_checkpoint_s"] = best_interval(mttf, self.write) if finite and self.write else None
        return found | {"spares": [self._spares(part, counts[part]) for part in self._failing(counts)]}

    def _failing(self, counts: Mapping[str, float]) -> list[str]:
        wanted = [part for part in PARTS if self.rates.failures.get(part) and self.wait is not None]
        return [part for part in wanted if counts.get(part)]

    def _spares(self, part: str, count: float) -> dict[str, Any]:
        rate = self.rates.failures[part]
        held = spares(count, rate, wait=self.wait or 0.0, confidence=self.confidence)
        return {"part": part, "count": int(count), "failures_per_year": count * rate * _YEAR, "spares": held}


def counts_of(size: Size) -> dict[str, float]:
    """Return how many parts of each kind a parts list has; spines and cores of three tiers are not told apart."""
    found: dict[str, float] = {"gpu": size.endpoints, "nic": size.endpoints, "host": size.hosts, "leaf": size.leaves}
    found |= {"port": size.endpoint_links, "cable": size.switch_links, "optic": size.transceivers}
    cores = any(row[0] == Tier.SPINE_CORE for row in size.cables)
    return found if cores else found | {"spine": size.switches - size.leaves}
