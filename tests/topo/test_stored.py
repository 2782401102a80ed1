"""Rows that are sorted by counting are turned, cut and packed as scipy's."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from topo.noise import noise
from topo.stored import Stored, ordered

Table = NDArray[np.float64]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Return small tables with zeros, every row of which has an entry."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    table = rng.integers(1, 5, (draw(st.integers(1, 6)), draw(st.integers(1, 6)))) * 1.0
    table[rng.random(table.shape) < 0.5] = 0.0
    table[:, 0] += 1.0
    return table


def same(stored: Stored, table: Table) -> None:
    assert stored.shape == table.shape
    np.testing.assert_array_equal(stored.toarray(), table)
    np.testing.assert_array_equal(stored.csr.toarray(), table)


@given(tables(), st.randoms())
def test_rows_columns_and_parts(table, random):
    rows = Stored.as_in(csr_array(table))
    same(rows, table)
    same(Stored.of_columns(csc_array(table)), table.T)
    same(rows.turned(), table.T)
    assert rows.turned().indices.tolist() == np.nonzero(table.T)[1].tolist()
    some = random.sample(range(len(table)), random.randint(0, len(table)))
    same(rows.some(np.array(some, dtype=np.int64)), table[some])
    same(rows.some(np.sort(np.array(some, dtype=np.int64))), table[sorted(some)])
    same(rows.span(1, len(table)), table[1:])
    first = np.array([0, *sorted(random.sample(range(1, table.shape[1]), random.randint(0, table.shape[1] - 1)))])
    same(rows.on(first), table[:, first])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(-2, 2))))
def test_packed_adds_up_and_drops_zeros(entries):
    """Against a table to which the same is added."""
    entries = sorted(entries)
    row, column, value = (np.array([entry[k] for entry in entries], dtype=np.int64) for k in range(3))
    packed = Stored(value * 1.0, column, np.searchsorted(row, np.arange(5)), (4, 4)).packed()
    table = np.zeros((4, 4))
    np.add.at(table, (row, column), value)
    same(packed, table)
    assert packed.nnz == np.count_nonzero(table)


@given(st.lists(st.integers(0, 2**40)))
def test_ordered_is_a_stable_sort(keys):
    """Whatever number of digits keys have."""
    key = np.array(keys, dtype=np.int64)
    assert ordered(key, 2**40 + 1).tolist() == np.argsort(key, kind="stable").tolist()


def test_noise_follows_no_rule_and_is_the_same_every_time():
    """Numbers from 0 to 1, alike in their mean and spread, none twice, and another series has none in common."""
    one, other = noise(10_000), noise(10_000, 1)
    assert abs(one.mean() - 0.5) < 0.01 and abs(one.std() - 12**-0.5) < 0.01
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 0.03 and abs(np.corrcoef(one, other)[0, 1]) < 0.03
    assert len({*one.tolist(), *other.tolist()}) == 20_000
    assert noise(3).tolist() == one[:3].tolist()
