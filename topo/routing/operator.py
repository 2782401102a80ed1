"""Routing: a linear operator from commodities to links, never a stored matrix.

``R[l, f]`` is the share of commodity f on link l.  Law of every policy: flow is conserved; one
unit leaves the source, one reaches the destination.  Each commodity of a ``GroupedDemand``
stands for all its pairs: ``load`` adds the pairs up, ``sum_along`` is their mean and
``min_along`` the least over all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.lazy import sparse
from traffic.demand import Demand, GroupedDemand

if TYPE_CHECKING:
    from scipy.sparse import csc_array

    from topo.copies import Copies

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: Entries above which ``columns`` is None: 12 bytes each, and as much again while they are made.
MAX_ENTRIES = 60_000_000


class RoutingError(ValueError):
    """A policy that is not defined for this fabric or demand; the message says why."""


class NotConnected(RoutingError):
    """No path that the policy may take from one endpoint to another; the message names the pair."""


class Routing(Protocol):
    """Shares of F commodities on L links."""

    @property
    def policy(self) -> str:
        """Name of the policy, as asked for."""

    @property
    def params(self) -> Mapping[str, Any]:
        """Parameters of the policy, as asked for: with them another demand is routed alike."""

    @property
    def bound(self) -> Floats:
        """(phases,) or () [1/s] theta that no choice of the policy passes; infinite where nothing was proven."""

    @property
    def complete(self) -> bool:
        """Whether a search ended as asked; False where its time was up."""

    def load(self, rate: Floats) -> Floats:
        """Return (L,) R @ rate, for ``rate`` (F,); a grouped commodity's rate is that of each pair."""

    def sum_along(self, value: Floats) -> Floats:
        """Return (F,) value @ R, for ``value`` (L,); the mean over the pairs of a grouped commodity."""

    def min_along(self, value: Floats) -> Floats:
        """Return (F,) the least ``value`` (L,) over links with R > 0."""

    def columns(self) -> csc_array | None:
        """Return R (L, F), or None where it has more than MAX_ENTRIES entries."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FactSheet:
    """What every routing says of itself; splits that are not solved prove nothing and are complete."""

    params: Mapping[str, Any] = field(default_factory=dict)
    bound: Floats = field(default_factory=lambda: np.array(np.inf))
    complete: bool = True
    rounds: int = 0  # in which paths were drawn again; 0 where they are not
    alike: Copies | None = None  # planes that all carry the same, copies of one; None where nothing says so

    @property
    def several(self) -> bool:
        """Whether commodities have several queue pairs, each with a path and a fair rate of its own."""
        return False


@dataclass(frozen=True, eq=False)
class TotalRouting(FactSheet):
    """Routing of a grouped demand: the loads of all pairs at unit rate say everything that is asked."""

    policy: str
    unit: Floats  # (F, L) sum of R over all pairs of each commodity
    pairs: Floats  # (F,) number of pairs

    def load(self, rate: Floats) -> Floats:
        """Return (L,) load at ``rate`` (F,) of each pair."""
        rate = np.asarray(rate, dtype=np.float64).reshape(len(self.unit))
        return np.asarray(rate @ self.unit)

    def sum_along(self, value: Floats) -> Floats:
        """Return (F,) mean over pairs of ``value`` (L,) summed along their links."""
        value = np.asarray(value, dtype=np.float64)
        along = [(value[used] * row[used]).sum() for row, used in zip(self.unit, self._used, strict=True)]
        return np.array(along) / self.pairs

    def min_along(self, value: Floats) -> Floats:
        """Return (F,) least ``value`` (L,) over all links that any pair uses."""
        value = np.asarray(value, dtype=np.float64)
        return np.array([value[used].min(initial=np.inf) for used in self._used])

    def columns(self) -> csc_array:
        """Return (L, F) the sum of the columns of all pairs."""
        return sparse.csc_array(self.unit.T)

    @cached_property
    def _used(self) -> list[NDArray[np.intp] | slice]:
        """Links that each commodity uses."""
        return [slice(None) if row.all() else np.flatnonzero(row) for row in self.unit]


def check_ranks(fabric: Fabric, demand: Demand | GroupedDemand) -> None:
    """Raise RoutingError where ``demand`` has more ranks than ``fabric`` has endpoints; rank r is endpoint r."""
    if demand.n_ranks > fabric.n_endpoints:
        raise RoutingError(
            f"{demand.name} has {demand.n_ranks} ranks but {fabric.name} only {fabric.n_endpoints} endpoints; "
            "use fewer ranks or a larger fabric"
        )
