"""Loads of links, a row a phase: rows hold the links that carry, so thousands of small phases cost what they hold.

Two ways lead to the same rows.  A sweep over the whole network serves a phase of many commodities;
where phases are small their explicit shares cost less than a sweep each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from topo.lazy import sparse
from topo.routing.operator import Routing
from topo.rows import Rows
from traffic.demand import Demand, GroupedDemand

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

Floats = NDArray[np.float64]
_Number = TypeVar("_Number", bound=np.generic)

#: Commodities of the mean phase up to which shares are looked at: each has some tens, a sweep visits every link.
FEW = 32
#: Links of the mean phase from which its fullest is found faster alone than with all others.
LONG = 10_000


def phase_loads(
    routing: Routing, demand: Demand | GroupedDemand, amount: Floats, shares: csc_array | None = None
) -> Rows:
    """Return (phases, L) what each link carries of each phase where commodity f is ``amount[f]``, in its unit.

    ``shares`` (L, F) are the routing's columns where they are at hand.
    """
    n = demand.n_phases
    if n > 1 and demand.n_commodities <= FEW * n:
        shares = routing.columns() if shares is None else shares
        if shares is not None:
            first = np.searchsorted(demand.phase, np.arange(n + 1))
            spread = sparse.csc_array((amount, np.arange(len(amount)), first), shape=(len(amount), n))
            return Rows.as_in((shares @ spread).T)
    if n == 1:
        row = routing.load(amount)
        links = _carrying(row)
        return Rows(on_links(row, links), links, np.array([0, len(links)]), (1, len(row)))
    each, carried = [], []
    for p in range(n):
        row = routing.load(np.where(demand.phase == p, amount, 0.0))
        each.append(_carrying(row))
        carried.append(on_links(row, each[-1]))
    first = np.concatenate([[0], np.cumsum([len(links) for links in each])])
    return Rows(np.concatenate(carried), np.concatenate(each), first, (n, len(row)))


def _carrying(row: Floats) -> NDArray[np.int32]:
    """Return the links on which ``row`` (L,) is not zero, ascending."""
    return np.arange(len(row), dtype=np.int32) if row.all() else np.flatnonzero(row).astype(np.int32)


def on_links(value: NDArray[_Number], links: NDArray[np.integer[Any]]) -> NDArray[_Number]:
    """Return ``value`` (L,) of ``links``, ascending: itself where they are all there are."""
    return value if len(links) == len(value) else value[links]


def scaled(loads: Rows | csr_array, factor: Floats) -> Rows:
    """Return ``loads`` (phases, L) with each row times its ``factor`` (phases,)."""
    data = loads.data * (factor if len(factor) == 1 else np.repeat(factor, np.diff(loads.indptr)))
    return Rows(data, loads.indices, loads.indptr, loads.shape)


def fullest(loads: Rows | csr_array, capacity: Floats) -> tuple[Floats, NDArray[np.int32]]:
    """Return (phases,) the largest load / ``capacity`` (L,) of each phase, and the first link that has it."""
    ratio = loads.data / (on_links(capacity, loads.indices) if loads.shape[0] == 1 else capacity[loads.indices])
    largest, link = np.zeros(loads.shape[0]), np.zeros(loads.shape[0], dtype=np.int32)
    count = np.diff(loads.indptr)
    phase = np.flatnonzero(count)
    if count.sum() > LONG * len(phase):
        for p in phase:
            at = loads.indptr[p] + int(ratio[loads.indptr[p] : loads.indptr[p + 1]].argmax())
            largest[p], link[p] = ratio[at], loads.indices[at]
    elif len(phase):
        largest[phase] = np.maximum.reduceat(ratio, loads.indptr[phase])
        where = np.flatnonzero(ratio == np.repeat(largest, count))
        first = where[np.searchsorted(where, loads.indptr[phase])]
        link[phase] = loads.indices[first]
    return largest, link


def entries_on(loads: Rows, entry: NDArray[np.integer[Any]]) -> Rows:
    """Return those of the stored loads that ``entry``, ascending, numbers."""
    return Rows(loads.data[entry], loads.indices[entry], np.searchsorted(entry, loads.indptr), loads.shape)
