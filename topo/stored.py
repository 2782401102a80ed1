"""Rows that are sorted by counting: shares of commodities and links, each way round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topo.rows import Rows

if TYPE_CHECKING:
    from scipy.sparse import csc_array

Numbers = NDArray[np.integer[Any]]

#: Keys below this are sorted by counting; larger ones digit by digit to this base.
BASE = 2**16


@dataclass(frozen=True, eq=False)
class Stored(Rows):
    """Rows whose entries may be in any order, and several at one place: they count as their sum."""

    @classmethod
    def of_columns(cls, matrix: csc_array) -> Stored:
        """Return the columns of ``matrix`` as rows."""
        return cls(matrix.data, matrix.indices, matrix.indptr, matrix.shape[::-1])

    @property
    def length(self) -> Numbers:
        """(n,) entries of each row."""
        return np.diff(self.indptr)

    def turned(self) -> Stored:
        """Return the columns as rows, each in the order of the rows."""
        order = ordered(self.indices, self.shape[1])
        indptr = np.concatenate([[0], np.cumsum(np.bincount(self.indices, minlength=self.shape[1]))])
        return Stored(self.data[order], self.row[order], indptr, self.shape[::-1])

    def some(self, rows: Numbers) -> Stored:
        """Return the ``rows`` alone, in that order."""
        length, shape = self.length[rows], (len(rows), self.shape[1])
        indptr = np.concatenate([[0], np.cumsum(length)])
        if (rows[1:] > rows[:-1]).all():
            if indptr[-1] == self.nnz:  # all others are empty
                return Stored(self.data, self.indices, indptr, shape)
            stays = np.zeros(self.shape[0], dtype=bool)
            stays[rows] = True
            here = np.repeat(stays, self.length)
            return Stored(self.data[here], self.indices[here], indptr, shape)
        entry = np.repeat(self.indptr[rows] - indptr[:-1], length) + np.arange(indptr[-1])
        return Stored(self.data[entry], self.indices[entry], indptr, shape)

    def on(self, columns: Numbers) -> Stored:
        """Return what is stored on ``columns``, ascending, which are numbered anew; every row has an entry there."""
        stays, number = np.zeros(self.shape[1], dtype=bool), np.empty(self.shape[1], dtype=np.int64)
        stays[columns], number[columns] = True, np.arange(len(columns))
        here = stays[self.indices]
        indptr = np.concatenate([[0], np.cumsum(np.add.reduceat(here, self.indptr[:-1], dtype=np.int64))])
        return Stored(self.data[here], number[self.indices[here]], indptr, (self.shape[0], len(columns)))

    def on_used(self, columns: Numbers) -> Stored:
        """Return the rows with the ``columns``, ascending, that they are on numbered anew; they hold no other ones."""
        if len(columns) == self.shape[1]:
            return self
        number = np.empty(self.shape[1], dtype=np.int64)
        number[columns] = np.arange(len(columns))
        return Stored(self.data, number[self.indices], self.indptr, (self.shape[0], len(columns)))

    def span(self, first: int, stop: int) -> Stored:
        """Return the rows ``first:stop``."""
        if (first, stop) == (0, self.shape[0]):
            return self
        here = slice(int(self.indptr[first]), int(self.indptr[stop]))
        indptr = self.indptr[first : stop + 1] - here.start
        return Stored(self.data[here], self.indices[here], indptr, (stop - first, self.shape[1]))

    def without_zeros(self) -> Stored:
        """Return what is stored that is not zero."""
        if self.data.all():
            return self
        some = self.data != 0.0
        indptr = np.concatenate([[0], np.cumsum(some)])[self.indptr]
        return Stored(self.data[some], self.indices[some], indptr, self.shape)

    def packed(self) -> Stored:
        """Return the rows without zeros, what lies on one place added up; columns of a row must ascend."""
        again = np.zeros(self.nnz, dtype=bool)
        again[1:] = self.indices[1:] == self.indices[:-1]
        again[self.indptr[:-1][self.length > 0]] = False
        if not again.any() and self.data.all():
            return self
        first = np.flatnonzero(~again)
        data = np.add.reduceat(self.data, first) if len(first) else self.data
        some = data != 0.0
        indptr = np.searchsorted(self.row[first][some], np.arange(self.shape[0] + 1))
        return Stored(data[some], self.indices[first][some], indptr, self.shape)


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
