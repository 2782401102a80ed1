"""Solved routings: shares found by a solver, with the certificate that says how good they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, hstack

from topo.routing.listing import Listed
from topo.routing.operator import MAX_ENTRIES, FactSheet, Routing
from topo.routing.split import SplitRouting

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairRouting(SplitRouting):
    """Explicit shares of pairs on arcs, in place of splits that every switch makes by itself; sites are places here."""

    shares: csc_array  # (A, pairs)
    leaving: Floats  # (pairs, ports) share that leaves the source by each port
    arriving: Floats  # (pairs, ports)

    def load(self, rate: Floats) -> Floats:
        """Return (L,) R @ rate."""
        result = self.network.to_links(self.shares @ np.bincount(self.pair, rate, len(self.source)))
        for link, share in self._port_links():
            result += np.bincount(link, rate * share, len(result))
        return result

    def pull(self, value: Floats, *, least: bool) -> Floats:
        """Return (pairs,) ``value`` (L,) summed along the switch links of each pair, or the least on any."""
        along = self.network.arc_values(np.asarray(value, dtype=np.float64), least=least)
        if not least:
            return np.asarray(self.shares.T @ along)
        result = np.full(len(self.source), np.inf)
        filled = np.flatnonzero(np.diff(self.shares.indptr))
        if len(filled):
            result[filled] = np.minimum.reduceat(along[self.shares.indices], self.shares.indptr[filled])
        return result

    @cached_property
    def port_shares(self) -> tuple[Floats, Floats]:
        """(pairs, ports) shares that leave and arrive by each port, as solved."""
        return self.leaving, self.arriving

    def pair_arcs(self) -> Listed:
        """Return the arcs of each pair, and their shares."""
        shares = self.shares
        return Listed(shares.indptr.astype(np.int64), shares.indices.astype(np.int32), shares.data)


@dataclass(frozen=True, eq=False)
class PhasedRouting(FactSheet):
    """Phases side by side, each routed for itself; commodities of phase i are ``first[i]:first[i + 1]``."""

    parts: tuple[Routing, ...]
    first: NDArray[np.int64]

    @property
    def policy(self) -> str:
        """Name of the policy of every part."""
        return self.parts[0].policy

    def load(self, rate: Floats) -> Floats:
        """Return (L,) R @ rate."""
        loads = (part.load(rate[span]) for part, span in self._spans() if rate[span].any())
        none = np.zeros_like(self.parts[0].load(np.zeros_like(rate[: self.first[1]])))
        return sum(loads, none)

    def sum_along(self, value: Floats) -> Floats:
        """Return (F,) value @ R."""
        return np.concatenate([part.sum_along(value) for part in self.parts])

    def min_along(self, value: Floats) -> Floats:
        """Return (F,) least ``value`` over links with R > 0."""
        return np.concatenate([part.min_along(value) for part in self.parts])

    def columns(self) -> csc_array | None:
        """Return R (L, F), or None where it has more than MAX_ENTRIES entries."""
        columns = [part.columns() for part in self.parts]
        known = [column for column in columns if column is not None]
        if len(known) < len(columns) or sum(column.nnz for column in known) > MAX_ENTRIES:
            return None
        return csc_array(hstack(known, format="csc"))

    def _spans(self) -> list[tuple[Routing, slice]]:
        spans = [slice(int(a), int(b)) for a, b in zip(self.first[:-1], self.first[1:], strict=True)]
        return list(zip(self.parts, spans, strict=True))


@dataclass(frozen=True, eq=False)
class CertifiedRouting(FactSheet):
    """A routing and the proof of how good it is: no choice of its policy has a larger theta than ``bound``."""

    policy: str
    inner: Routing
    gap: float  # largest (bound - theta) / bound of a phase, over links of choice

    def load(self, rate: Floats) -> Floats:
        """Return (L,) R @ rate."""
        return self.inner.load(rate)

    def sum_along(self, value: Floats) -> Floats:
        """Return (F,) value @ R."""
        return self.inner.sum_along(value)

    def min_along(self, value: Floats) -> Floats:
        """Return (F,) least ``value`` over links with R > 0."""
        return self.inner.min_along(value)

    def columns(self) -> csc_array | None:
        """Return R (L, F), or None where it is too large."""
        return self.inner.columns()
