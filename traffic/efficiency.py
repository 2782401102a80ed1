"""What part of its bound an operation reaches, by collective, size and number of hosts.

A curve is a table of sizes and shares, straight in the logarithm of the size between them, and constant
beyond its ends.  A collective with curves of several numbers of hosts is straight in the logarithm of that
number too.  A phase that carries out no collective with a curve reaches all of its bound.

Limits.  What was measured from end to end holds latency: beside latencies of its own it counts them twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from traffic.demand import Demand, DemandError, GroupedDemand
from traffic.operation import Operation


@dataclass(frozen=True)
class Curve:
    """Share of the bound by size; one that holds for every size has one entry."""

    sizes: tuple[float, ...]  # [bytes], ascending
    shares: tuple[float, ...]  # of the bound, in (0, 1]

    def __post_init__(self) -> None:
        if not self.sizes or len(self.sizes) != len(self.shares):
            raise DemandError("a curve needs at least one size, and one share a size")
        if any(b <= a for a, b in pairwise(self.sizes)) or self.sizes[0] <= 0 or not isfinite(self.sizes[-1]):
            raise DemandError(f"sizes of a curve must be positive and ascend; got {self.sizes}")
        if wrong := [share for share in self.shares if not 0 < share <= 1]:
            raise DemandError(f"shares of a curve must be above 0 and at most 1; got {wrong[0]!r}")

    def at(self, size: float) -> float:
        """Return the share at ``size`` [bytes].

        >>> Curve((1.0, 100.0), (0.2, 0.6)).at(10.0)
        0.4
        """
        return float(np.interp(np.log(size), np.log(self.sizes), self.shares))

    @property
    def rises(self) -> bool:
        """Whether a larger message never reaches less."""
        return all(b >= a for a, b in pairwise(self.shares))

    def holds(self, size: float) -> bool:
        """Return whether ``size`` [bytes] lies in the table; one of a single entry holds everywhere."""
        return len(self.sizes) == 1 or self.sizes[0] <= size <= self.sizes[-1]


@dataclass(frozen=True)
class Efficiency:
    """Curves by collective, and by the number of hosts that they were measured on; 0 for any number."""

    curves: Mapping[str, Mapping[int, Curve]]

    def share(self, operation: Operation | None) -> float:
        """Return the share of its bound that ``operation`` reaches; 1 of one without a curve."""
        by_hosts = self.curves.get(operation.name) if operation else None
        if not operation or not by_hosts:
            return 1.0
        hosts = sorted(by_hosts)
        shares = [by_hosts[number].at(operation.size) for number in hosts]
        return shares[0] if len(hosts) == 1 else float(np.interp(np.log(operation.hosts), np.log(hosts), shares))

    def holds(self, operation: Operation) -> bool:
        """Return whether its size, and its hosts where there are several curves, lie in what was measured."""
        by_hosts = self.curves.get(operation.name, {})
        inside = len(by_hosts) == 1 or min(by_hosts, default=0) <= operation.hosts <= max(by_hosts, default=0)
        return inside and all(curve.holds(operation.size) for curve in by_hosts.values())

    def of(self, demand: Demand | GroupedDemand) -> NDArray[np.float64]:
        """Return (phases,) the share of its bound that each phase reaches."""
        return np.array([self.share(operation) for operation in operations_of(demand)])


def operations_of(demand: Demand | GroupedDemand) -> Sequence[Operation | None]:
    """Return the operation of each phase; None where it is none."""
    return demand.operations or (None,) * demand.n_phases
