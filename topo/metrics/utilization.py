"""What is said of how full a set of links is: maxima, mean, percentile and histogram, over phases by their time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.rows import Rows

Floats = NDArray[np.float64]

_BINS = 40
_BIN_STEP = 0.05  # the last edge of a histogram is a multiple of it
_ROUNDING = 1e-9  # of the largest over a step


def statistics(rows: Rows, count: int, weight: Floats, times: int = 1) -> dict[str, Any]:
    """Return number, maxima, mean, 99th percentile and histogram of ``count`` links, stored entries of ``rows``.

    Each stands for ``times`` links.  Rows are phases.  Links without an entry are at 0.  Phases count by ``weight``
    (phases,), which adds up to 1; values are None where it is 0 throughout, and of no links.
    """
    links = count * times
    if not count or not weight.any():
        return {"links": links, "max": None, "time_mean_max": None, "mean": None, "p99": None, "histogram": None}
    largest = _largest(rows)
    top = max(1.0, float(np.ceil(largest.max() / _BIN_STEP - _ROUNDING) * _BIN_STEP))
    edges = np.linspace(0.0, top, _BINS + 1)
    histogram = _histogram(rows, weight, edges)
    histogram[0] += weight @ (count - np.diff(rows.indptr))  # links that carry nothing
    return {
        "links": links,
        "max": largest.max(),
        "time_mean_max": weight @ largest,
        "mean": weight @ _sums(rows) / count,
        "p99": weight @ percentile(rows, count, 0.99, times),
        "histogram": {"edges": edges, "links": histogram * times},
    }


def percentile(rows: Rows, n: int, share: float, times: int = 1) -> Floats:
    """Return (phases,) the value that ``share`` of the ``n`` links of a row are below, linear between two.

    What has no entry is 0; each link counts ``times``.
    """
    used, last = np.diff(rows.indptr), n * times - 1
    low = int(share * last)
    places = np.array([low, min(low + 1, last)])[:, np.newaxis] // times - (n - used)  # zeros come first
    ordered, there = _ordered(rows, places), places >= 0
    value = np.zeros(places.shape)
    value[there] = ordered[(rows.indptr[:-1] + places)[there]]
    below, above = value
    return np.asarray(below + (above - below) * (share * last - low))


def _ordered(rows: Rows, places: NDArray[np.integer[Any]]) -> Floats:
    """Return the entries of each row in order; of a single row at ``places`` alone, where they are not below 0."""
    if rows.shape[0] > 1:
        return np.asarray(rows.data[np.lexsort((rows.data, _phase(rows)))])
    wanted = places[places >= 0]
    return np.partition(rows.data, wanted) if len(wanted) and not _alike(rows) else rows.data


def _histogram(rows: Rows, weight: Floats, edges: Floats) -> Floats:
    """Return how many entries are between two ``edges`` each, by weight; those beyond the last are at it."""
    if rows.shape[0] > 1:
        return np.asarray(np.histogram(np.minimum(rows.data, edges[-1]), edges, weights=weight[_phase(rows)])[0])
    values, times = (rows.data[:1], len(rows.data)) if _alike(rows) else (rows.data, 1)
    return np.asarray(np.histogram(np.minimum(values, edges[-1]), edges)[0] * (times * weight[0]))


def _alike(rows: Rows) -> bool:
    """Return whether all entries are the same number, as those of uniform traffic often are."""
    return bool(len(rows.data)) and bool(rows.data.min() == rows.data.max())


def _sums(rows: Rows) -> Floats:
    """Return (phases,) the sum of each row, added up one by one."""
    if rows.shape[0] > 1 or not len(rows.data):
        return np.bincount(_phase(rows), rows.data, rows.shape[0]).astype(np.float64)
    return np.cumsum(rows.data)[-1:]


def _largest(rows: Rows) -> Floats:
    """Return (phases,) the largest entry of each row; 0 of one without any."""
    largest, some = np.zeros(rows.shape[0]), np.flatnonzero(np.diff(rows.indptr))
    if len(some):
        largest[some] = np.maximum.reduceat(rows.data, rows.indptr[some])
    return largest


def _phase(rows: Rows) -> NDArray[np.int64]:
    return np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
