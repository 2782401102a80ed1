"""Rows: a sparse matrix as the plain arrays of its rows.

The library of matrices takes longer to load than a small case to compute, so what small cases ask of one is here:
sums over entries, in the order in which the library adds them, to the same bits.  Large ones, and whatever else is
asked, go to the ``csr_array`` of the same arrays.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from topo.lazy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

#: Entries, by columns of what they are multiplied with, up to which numpy adds them up: above, the library is faster.
FEW = 100_000
#: The same where the library is not loaded, which takes as long; and products of entries of two matrices.
MANY = 1_000_000
_LIBRARY = "scipy.sparse"
_LARGEST = np.iinfo(np.int32).max


def _few() -> int:
    return FEW if _LIBRARY in sys.modules else MANY


def _by_library(operator: str) -> Callable[..., Any]:
    """Return an ``operator`` of rows that is the library's; Python looks for none where names are not found."""

    def by_library(rows: Rows, *others: Any) -> Any:
        return getattr(rows.csr, operator)(*(other.csr if isinstance(other, Rows) else other for other in others))

    return by_library


@dataclass(frozen=True, eq=False)
class Rows:
    """A matrix (n, m); row i holds ``data[indptr[i]:indptr[i + 1]]`` in the columns ``indices`` of the same place."""

    data: NDArray[Any]  # (entries,)
    indices: NDArray[np.integer[Any]]  # (entries,) ascending within a row, each once
    indptr: NDArray[np.integer[Any]]  # (n + 1,)
    shape: tuple[int, int]

    #: numpy leaves ``vector @ rows`` to the rows.
    __array_ufunc__ = None

    @classmethod
    def of(
        cls,
        data: NDArray[Any],
        row: NDArray[np.integer[Any]],
        column: NDArray[np.integer[Any]],
        shape: tuple[int, int],
    ) -> Rows:
        """Return the matrix with ``data`` at (``row``, ``column``), added up where they are at the same place."""
        key = row.astype(np.int64) * shape[1] + column
        if (key[1:] <= key[:-1]).any():
            order = np.argsort(key, kind="stable")
            key, data = key[order], data[order]
            new = np.diff(key, prepend=-1) > 0
            if not new.all():
                total = np.bincount(np.cumsum(new) - 1, data)
                key, data = key[new], total.astype(data.dtype)
        index = np.int32 if max(len(key), *shape) <= _LARGEST else np.int64
        first = np.searchsorted(key, np.arange(shape[0] + 1) * shape[1])
        return cls(data, (key % max(shape[1], 1)).astype(index), first.astype(index), shape)

    @classmethod
    def as_in(cls, matrix: Any) -> Rows:
        """Return a matrix of the library as rows that share its numbers."""
        rows = matrix.tocsr()
        if not rows.has_canonical_format:
            rows = rows.copy()
            rows.sum_duplicates()
        return cls(rows.data, rows.indices, rows.indptr, rows.shape)

    @cached_property
    def csr(self) -> csr_array:
        """The same matrix as the library has it, of the same arrays."""
        return sparse.csr_array((self.data, self.indices, self.indptr), shape=self.shape)

    @cached_property
    def row(self) -> NDArray[np.int64]:
        """(entries,) the row of each entry."""
        return np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))

    @property
    def nnz(self) -> int:
        """How many entries are stored."""
        return len(self.data)

    def turned(self) -> Rows:
        """Return the transposed matrix."""
        return Rows.of(self.data, self.indices, self.row, (self.shape[1], self.shape[0]))

    def block(self, rows: NDArray[np.integer[Any]], columns: NDArray[np.integer[Any]] | None = None) -> Rows:
        """Return the part of ``rows`` and ``columns``, both ascending; all columns where they are None."""
        chosen, place = (np.full(n, -1, dtype=np.int64) for n in self.shape)
        chosen[rows] = np.arange(len(rows))
        columns = np.arange(self.shape[1]) if columns is None else columns
        place[columns] = np.arange(len(columns))
        kept = (chosen[self.row] >= 0) & (place[self.indices] >= 0)
        row, column = chosen[self.row[kept]], place[self.indices[kept]]
        return Rows.of(self.data[kept], row, column, (len(rows), len(columns)))

    def by_row(self) -> NDArray[np.float64]:
        """Return (n,) the sum of each row."""
        return np.bincount(self.row, self.data, self.shape[0]).astype(np.float64)

    def by_column(self) -> NDArray[np.float64]:
        """Return (m,) the sum of each column."""
        return np.bincount(self.indices, self.data, self.shape[1]).astype(np.float64)

    def times(self, other: Rows) -> Rows:
        """Return the product of two matrices: each entry by each of that row of ``other`` that its column names."""
        count = np.diff(other.indptr)[self.indices]
        many = int(count.sum())
        if many > MANY:
            return Rows.as_in(self.csr @ other.csr)
        start = np.cumsum(count) - count
        at = np.arange(many) + np.repeat(other.indptr[self.indices] - start, count)
        data = np.repeat(self.data, count) * other.data[at]
        return Rows.of(data, np.repeat(self.row, count), other.indices[at], (self.shape[0], other.shape[1]))

    def less(self, other: Rows) -> Rows:
        """Return the difference of two matrices, zeros where entries cancel included."""
        data, row = np.concatenate([self.data, -other.data]), np.concatenate([self.row, other.row])
        return Rows.of(data, row, np.concatenate([self.indices, other.indices]), self.shape)

    def by_entry(self, other: Rows) -> Rows:
        """Return the product of two matrices entry by entry, where both hold one."""
        mine, theirs = (rows.row * self.shape[1] + rows.indices for rows in (self, other))
        _, at, there = np.intersect1d(mine, theirs, assume_unique=True, return_indices=True)
        return Rows.of(self.data[at] * other.data[there], self.row[at], self.indices[at], self.shape)

    def without(self, least: float) -> Rows:
        """Return the matrix without entries that are less than ``least``, whatever their sign."""
        kept = np.flatnonzero(np.abs(self.data) >= least)
        return Rows.of(self.data[kept], self.row[kept], self.indices[kept], self.shape)

    def toarray(self) -> NDArray[Any]:
        """Return the matrix (n, m) with its zeros."""
        full = np.zeros(self.shape, dtype=self.data.dtype)
        full[self.row, self.indices] = self.data
        return full

    def __matmul__(self, other: Any) -> Any:
        if not isinstance(other, np.ndarray) or self.nnz * (other.shape[1] if other.ndim > 1 else 1) > _few():
            return self.csr @ (other.csr if isinstance(other, Rows) else other)
        if other.ndim == 1:
            return np.bincount(self.row, self.data * other[self.indices], self.shape[0]).astype(np.float64)
        columns = [self @ column for column in other.T]
        return np.stack(columns, axis=1) if columns else np.zeros((self.shape[0], 0))

    def __rmatmul__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray) and self.shape[0] == 1 and other.shape == (1,):  # nothing is added up
            full = np.zeros(self.shape[1])
            full[self.indices] = self.data * other
            return full
        if not isinstance(other, np.ndarray) or other.ndim > 1 or self.nnz > _few():
            return other @ self.csr
        return np.bincount(self.indices, other[self.row] * self.data, self.shape[1]).astype(np.float64)

    __getitem__, __abs__, __neg__ = _by_library("__getitem__"), _by_library("__abs__"), _by_library("__neg__")
    __add__, __radd__ = _by_library("__add__"), _by_library("__radd__")
    __sub__, __rsub__ = _by_library("__sub__"), _by_library("__rsub__")
    __mul__, __rmul__ = _by_library("__mul__"), _by_library("__rmul__")
    __truediv__, __gt__, __lt__ = _by_library("__truediv__"), _by_library("__gt__"), _by_library("__lt__")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.csr, name)
