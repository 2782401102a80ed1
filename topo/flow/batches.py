"""Phases that never meet, solved together: small ones are one problem, in which a phase's links are rows of its own.

What is solved phase by phase costs a fixed time each; a problem of many small phases costs what they hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from topo.flow.links import binding_links, without_lone
from topo.islands import changes
from topo.stored import Stored
from traffic.demand import Demand, GroupedDemand

Floats = NDArray[np.float64]

#: Shares of the phases that are solved together, at most; a phase with more is solved by itself.
ENTRIES = 100_000


@dataclass(frozen=True, eq=False)
class Batch:
    """Phases that are solved as one problem of f commodities on rows; a phase's links are rows of its own."""

    here: slice  # commodities of the demand
    shares: Stored  # (f, rows) what each puts on links at unit rate
    capacity: Floats  # (rows,) [B/s]
    link: NDArray[np.int32]  # (rows,) which link each is
    phases: NDArray[np.int64]  # first of the f commodities of each phase

    @cached_property
    def few(self) -> tuple[Stored, NDArray[np.int32]]:
        """Shares by commodity without links of one alone that never hold it back, and the rows that they are on."""
        shares = without_lone(self.shares, self.capacity)
        if shares.nnz >= len(self.capacity):  # numbering them anew would cost more than it saves
            return shares, np.arange(len(self.capacity), dtype=np.int32)
        used = np.zeros(len(self.capacity), dtype=bool)
        used[shares.indices] = True
        return shares.on_used(rows := np.flatnonzero(used).astype(np.int32)), rows

    @cached_property
    def binding(self) -> tuple[Stored, NDArray[np.int32]]:
        """Shares by row of those rows that can bind, and which rows they are."""
        shares, rows = self.few
        by_row, kept = _binding(shares, self.capacity[rows])
        return by_row, rows[kept]

    def reduced(self) -> tuple[Stored, NDArray[np.int32]]:
        """Return the shares by commodity of those rows that passes go over, and which rows they are.

        Links that bind alike are looked for where commodities split; those of single paths are few, and finding them
        would take longer than what they cost.
        """
        if (self.few[0].data == 1.0).all():
            return self.few
        kept = self.binding[1]
        return self.shares.on(kept), kept


def batches(shares: Stored, capacity: Floats, demand: Demand) -> Iterator[Batch]:
    """Yield the phases of ``demand``, some at a time, until all are through.

    ``shares`` (F, L) are by commodity, ``capacity`` (L,) [B/s].  Phases without any are left out.
    """
    shares = shares.without_zeros()
    edge = np.searchsorted(demand.phase, np.arange(demand.n_phases + 1))
    entries = np.append(shares.indptr[edge], -1)
    start = 0
    while start < demand.n_phases:
        stop = int(np.searchsorted(entries[:-1], entries[start] + ENTRIES, side="right")) - 1
        stop = min(max(stop, start + 1), demand.n_phases)
        here = slice(int(edge[start]), int(edge[stop]))
        if here.start < here.stop:
            columns, links = _apart(shares.span(here.start, here.stop), demand.phase[here])
            phases = np.flatnonzero(changes(demand.phase[here]))
            yield Batch(here, columns, capacity[links], links, phases)
        start = stop


def _apart(shares: Stored, phase: NDArray[np.int32]) -> tuple[Stored, NDArray[np.int32]]:
    """Return ``shares`` (f, L) with links of its own for every phase, and which link each is."""
    n_links = shares.shape[1]
    if phase[0] == phase[-1]:
        return shares, np.arange(n_links, dtype=np.int32)
    key = np.repeat(phase.astype(np.int64), shares.length) * n_links + shares.indices
    rows, row = np.unique(key, return_inverse=True)
    apart = Stored(shares.data, row, shares.indptr, (shares.shape[0], len(rows)))
    return apart, (rows % n_links).astype(np.int32)


def binding_rows(shares: Stored, capacity: Floats) -> tuple[Stored, NDArray[np.int32]]:
    """Return by link those of the ``shares`` (F, L) that can bind, and which links they are.

    Links that bind alike, as parallel cables do, are one row.
    """
    return _binding(without_lone(shares, capacity), capacity)


def _binding(shares: Stored, capacity: Floats) -> tuple[Stored, NDArray[np.int32]]:
    by_link = shares.turned().packed()
    links = binding_links(by_link, capacity)
    return by_link.some(links), links


def phase_ranges(demand: Demand) -> list[tuple[int, int]]:
    """Return where the commodities of each phase start and stop; they are sorted by phase."""
    return list(pairwise(np.searchsorted(demand.phase, np.arange(demand.n_phases + 1)).tolist()))


def by_phase(demand: Demand | GroupedDemand, value: Floats, ufunc: np.ufunc, empty: float) -> Floats:
    """Return (phases,) ``ufunc`` over the ``value`` (F,) of each phase; ``empty`` where there is none."""
    result = np.full(demand.n_phases, empty)
    ufunc.at(result, demand.phase, value)
    return result
