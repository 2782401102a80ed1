"""Sparse matrices as plain arrays: what is stored of each row, in three arrays.

Loading scipy takes as long as much of what is done with shares; what is needed of it here is little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csc_array, csr_array

Floats = NDArray[np.float64]
Numbers = NDArray[np.integer[Any]]

#: Keys below this are sorted by counting; larger ones by their digits to this base.
BASE = 2**16


@dataclass(frozen=True, eq=False)
class Stored:
    """Entries of n rows; those of row i are ``start[i]:start[i + 1]``."""

    start: Numbers  # (n + 1,)
    index: Numbers  # (nnz,) column of each
    value: Floats  # (nnz,)
    width: int  # columns

    @classmethod
    def of(cls, matrix: csr_array | csc_array) -> Stored:
        """Return the rows of a ``csr_array``, or the columns of a ``csc_array`` as rows."""
        rows, columns = matrix.shape
        width = columns if len(matrix.indptr) == rows + 1 and matrix.format == "csr" else rows
        return cls(matrix.indptr, matrix.indices, matrix.data, width)

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def length(self) -> Numbers:
        """(n,) entries of each row."""
        return np.diff(self.start)

    @property
    def row(self) -> Numbers:
        """(nnz,) row of each entry."""
        return np.repeat(np.arange(len(self)), self.length)

    def turned(self) -> Stored:
        """Return the columns as rows, each in the order of the rows."""
        order = ordered(self.index, self.width)
        start = np.concatenate([[0], np.cumsum(np.bincount(self.index, minlength=self.width))])
        return Stored(start, self.row[order], self.value[order], len(self))

    def some(self, rows: Numbers) -> Stored:
        """Return the ``rows`` alone, in that order."""
        length = self.length[rows]
        start = np.concatenate([[0], np.cumsum(length)])
        entry = np.repeat(self.start[rows] - start[:-1], length) + np.arange(start[-1])
        return Stored(start, self.index[entry], self.value[entry], self.width)

    def span(self, first: int, stop: int) -> Stored:
        """Return the rows ``first:stop``."""
        if (first, stop) == (0, len(self)):
            return self
        entries = slice(int(self.start[first]), int(self.start[stop]))
        return Stored(
            self.start[first : stop + 1] - entries.start, self.index[entries], self.value[entries], self.width
        )

    def packed(self) -> Stored:
        """Return the rows, each with ascending columns, without zeros and with what lies on one place added up."""
        again = np.zeros(len(self.index), dtype=bool)
        again[1:] = self.index[1:] == self.index[:-1]
        again[self.start[:-1][self.length > 0]] = False
        if not again.any() and self.value.all():
            return self
        first = np.flatnonzero(~again)
        value = np.add.reduceat(self.value, first)
        some = value != 0.0
        row, index = self.row[first][some], self.index[first][some]
        start = np.searchsorted(row, np.arange(len(self) + 1))
        return Stored(start, index, value[some], self.width)


def ordered(key: Numbers, n: int) -> NDArray[np.int64]:
    """Return the stable ascending order of ``key``, which lie from 0 to ``n`` - 1: digit by digit, by counting.

    >>> ordered(np.array([3, 70_000, 3, 1]), 70_001)
    array([3, 0, 2, 1])
    """
    order = np.argsort((key % BASE).astype(np.uint16), kind="stable")
    while n > BASE:
        key, n = key // BASE, -(-n // BASE)
        order = order[np.argsort((key % BASE).astype(np.uint16)[order], kind="stable")]
    return order
