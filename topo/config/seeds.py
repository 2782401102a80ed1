"""Seeds as an axis: which cases are alike in all but their seed, and what a number comes to over them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb, sqrt
from typing import Any

#: Two-sided confidence of the interval of the mean.
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Summary:
    """What a number comes to over seeds."""

    values: tuple[float, ...]  # one a seed that has it, at least one

    @property
    def mean(self) -> float:
        """The mean."""
        from statistics import fmean

        return fmean(self.values)

    @cached_property
    def half(self) -> float:
        """Half the confidence interval of the mean (Student's t); 0 for a single seed."""
        from scipy.special import stdtrit  # scipy.stats takes half a second to load

        n, mean = len(self.values), self.mean
        if n < 2:
            return 0.0
        deviation = sqrt(sum((value - mean) ** 2 for value in self.values) / (n - 1))
        return float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * deviation / sqrt(n)

    def row(self) -> dict[str, float]:
        """Return the mean, the ends ``low`` and ``high`` of its confidence interval, ``min``, ``max`` and ``n``."""
        ends = {"low": self.mean - self.half, "high": self.mean + self.half}
        return {"mean": self.mean, **ends, "min": min(self.values), "max": max(self.values), "n": len(self.values)}

    @property
    def median(self) -> float:
        """The median."""
        from statistics import median

        return median(self.values)

    @cached_property
    def around(self) -> tuple[float, float, float]:
        """Least and most that the median of all draws can be, and with what confidence.

        The k-th of n values from either end; k is the largest with which that holds with CONFIDENCE at least, or 1,
        the range, where there are too few (David and Nagaraja, Order Statistics, 2003, sec. 7.1).  It holds
        whatever the distribution is.
        """
        ordered, n = sorted(self.values), len(self.values)
        beyond, k = 2.0 * 0.5**n, 1  # chance that the median lies beyond the k-th value of either end
        while k < n // 2 and beyond + 2.0 * comb(n, k) * 0.5**n <= 1 - CONFIDENCE:
            beyond, k = beyond + 2.0 * comb(n, k) * 0.5**n, k + 1
        return ordered[k - 1], ordered[-k], max(0.0, 1.0 - beyond)


def summary(results: Sequence[Mapping[str, Any]], key: str) -> Summary | None:
    """Return the summary of ``key`` over those of ``results`` that have it as a number; None where none has."""
    found = (one.get(key) for one in results)
    values = tuple(value for value in found if isinstance(value, int | float) and not isinstance(value, bool))
    return Summary(values) if values else None


def following(root: int, n: int) -> list[int]:
    """Return ``n`` seeds that follow from the seed ``root`` alone."""
    from numpy.random import SeedSequence

    return [int(seed) for seed in SeedSequence(root).generate_state(n)]


def common(one: Any, other: Any) -> Any:
    """Return ``one``, a mapping of sections or anything in it, without the seeds that ``other`` has otherwise."""
    if isinstance(one, list):
        return [common(a, b) for a, b in zip(one, other, strict=True)]
    if not isinstance(one, Mapping):
        return one
    return {key: common(item, other[key]) for key, item in one.items() if not is_seed(str(key)) or item == other[key]}


def is_seed(key: str) -> bool:
    """Return whether ``key``, dotted or not, names a seed: what draws of one setting differ in."""
    return key.rpartition(".")[2] == "seed"


def seedless(value: Any) -> Any:
    """Return ``value``, a mapping of sections or anything in it, without its seeds."""
    if isinstance(value, list):
        return [seedless(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {key: seedless(item) for key, item in value.items() if not is_seed(str(key))}


def settings(cases: Sequence[Mapping[str, Any]], sections: Collection[str]) -> list[list[int]]:
    """Return the places of ``cases`` that are alike in ``sections`` but for their seeds, a list a setting.

    In the order of their first case; what is asked twice under one seed counts once.
    """
    groups: dict[str, dict[str, int]] = {}
    for i, case in enumerate(cases):
        asked = {key: case.get(key) or {} for key in sections}
        groups.setdefault(_text(seedless(asked)), {}).setdefault(_text(asked), i)
    return [list(places.values()) for places in groups.values()]


def _text(value: Any) -> str:
    """Return ``value`` as text to compare by; records that were read back may hold anything."""
    return json.dumps(value, sort_keys=True, default=str)
