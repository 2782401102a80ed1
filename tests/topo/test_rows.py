"""Rows are the library's matrix: in what they hold, and to the last bit in what they add up to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array

from topo import rows as rows_module
from topo.rows import Rows


@st.composite
def entries(draw):
    """Return data, places and shape of a matrix, places given several times included, and a generator of numbers."""
    n, m, many = draw(st.integers(0, 6)), draw(st.integers(0, 6)), draw(st.integers(0, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    many = many if n and m else 0
    row, column = rng.integers(0, max(n, 1), many), rng.integers(0, max(m, 1), many)
    return rng.random(many), row, column, (n, m), rng


@given(entries())
@settings(deadline=None)
def test_rows_hold_and_add_up_what_the_library_does(case):
    data, row, column, shape, rng = case
    rows, known = Rows.of(data, row, column, shape), csr_array(coo_array((data, (row, column)), shape=shape))
    assert np.array_equal(rows.indptr, known.indptr) and np.array_equal(rows.indices, known.indices)
    assert rows.data == pytest.approx(known.data, rel=1e-14)
    known = rows.csr  # the same numbers, which two ways now add up
    x, y, both = rng.random(shape[1]), rng.random(shape[0]), rng.random((shape[1], 3))
    assert np.array_equal(rows @ x, known @ x)
    assert np.array_equal(rows @ both, known @ both)
    assert np.array_equal(y @ rows, y @ known)
    assert np.array_equal(rows.toarray(), known.toarray())
    assert rows.by_row() == pytest.approx(known.sum(axis=1)) and rows.by_column() == pytest.approx(known.sum(axis=0))
    assert np.array_equal(rows.turned().toarray(), known.T.toarray())
    upper, left = (np.flatnonzero(rng.random(n) < 0.5) for n in shape)
    assert np.array_equal(rows.block(upper, left).toarray(), known.toarray()[np.ix_(upper, left)])
    assert np.array_equal(rows.block(upper).toarray(), known.toarray()[upper])
    assert np.array_equal(Rows.as_in(known.tocsc()).toarray(), known.toarray())


@given(entries())
@settings(deadline=None)
def test_large_rows_go_to_the_library_and_give_the_same_bits(case):
    data, row, column, shape, rng = case
    rows, x, y = Rows.of(data, row, column, shape), rng.random(shape[1]), rng.random(shape[0])
    small = rows @ x, y @ rows
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "FEW", -1)
        assert np.array_equal(rows @ x, small[0]) and np.array_equal(y @ rows, small[1])


@given(entries())
@settings(deadline=None)
def test_two_rows_make_the_product_and_the_difference_that_the_library_makes(case):
    data, row, column, shape, rng = case
    rows = Rows.of(data, row, column, shape)
    other = Rows.of(rng.random(len(data)), rng.permutation(row), rng.permutation(column), shape)
    product = rows.times(other.turned())
    assert np.array_equal(product.toarray(), (rows.csr @ other.csr.T.tocsr()).toarray())
    assert np.array_equal(rows.less(other).toarray(), rows.toarray() - other.toarray())
    assert np.array_equal(rows.by_entry(other).toarray(), rows.toarray() * other.toarray())
    assert np.array_equal(rows.without(0.5).toarray(), np.where(rows.toarray() < 0.5, 0.0, rows.toarray()))
    first = rows.block(np.arange(min(shape[0], 1)))
    assert np.array_equal(np.full(first.shape[0], 0.3) @ first, 0.3 * first.toarray().sum(axis=0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "MANY", -1)
        assert np.array_equal(rows.times(other.turned()).toarray(), product.toarray())


def test_rows_do_all_else_that_the_library_does():
    rows = Rows.of(np.array([2, 3]), np.array([0, 1]), np.array([1, 0]), (2, 2))
    assert rows.data.dtype == np.array([2]).dtype
    assert (rows + rows).toarray().tolist() == [[0, 4], [6, 0]]
    assert (rows @ rows).toarray().tolist() == [[6, 0], [0, 6]]
    assert rows[[1]].toarray().tolist() == [[3, 0]]
    assert (rows - rows).nnz == 0 and (-rows).sum() == -5 and abs(-rows).sum() == 5
    assert (rows * 2).sum() == (2 * rows).sum() == (np.float64(2) * rows).sum() == 10
    assert (rows / 2).sum() == 2.5 and (rows > 2).sum() == (rows < 0).sum() + 1
    assert rows.max() == 3
    assert np.array_equal(rows.T.toarray(), rows.turned().toarray())
    assert not hasattr(rows, "__nothing__")
