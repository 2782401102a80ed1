"""Tables: what a figure shows, in numbers; the page and the CSV copy read the same cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from topo.report import words

#: Columns up to which a table shows those that say the same in every row.
_MOST_COLUMNS = 8


@dataclass(frozen=True)
class Column:
    """A column: heading, unit, and how its numbers are written."""

    title: str
    form: words.Form = words.text
    unit: str = ""  # as it stands below the heading
    raw: str = ""  # unit of the values themselves, where cells are written in another
    numeric: bool = True
    bar: bool = False  # draw the number as a bar behind the text, against the largest of the column
    most: int = 120  # characters of a text that are shown; names come from files and may be as long as they like
    shade: Callable[[Any], str] | None = None  # class of a cell by its value: good, warn, bad, quiet
    below: Callable[[Any], str] | None = None  # what stands small below a cell, empty where nothing does


@dataclass(frozen=True)
class Cell:
    """A cell as drawn: text for people, raw value for sorting and CSV."""

    text: str
    raw: str
    numeric: bool
    css: str = ""
    share: float | None = None  # length of its bar, 0 to 1
    below: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under columns, with a caption; ``id`` is fixed so that links into the page last."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    note: str = ""
    folded: bool = False
    filterable: bool = False
    keys: tuple[str, ...] = field(default=())  # one a row: what script links a row to, such as a cable

    @property
    def cells(self) -> list[list[Cell]]:
        """The rows as drawn."""
        largest = [self._largest(i) if column.bar else None for i, column in enumerate(self.columns)]
        return [
            [_cell(value, column, top) for value, column, top in zip(row, self.columns, largest, strict=True)]
            for row in self.rows
        ]

    @property
    def alike(self) -> frozenset[int]:
        """The columns that a wide table leaves out of sight, for they say the same in every row; copies have them."""
        if len(self.columns) <= _MOST_COLUMNS or len(self.rows) < 2:
            return frozenset()
        return frozenset(i for i in range(1, len(self.columns)) if len({_key(row[i]) for row in self.rows}) == 1)

    @property
    def remarks(self) -> str:
        """The note, and what columns out of sight say; of one without a value nothing is to be said."""
        cells = self.cells[0] if self.rows else []
        clauses = [
            f"{self.columns[i].title} {cells[i].text}" for i in sorted(self.alike) if self.rows[0][i] is not None
        ]
        same = f"The same in every row: {words.listing(clauses, len(clauses))}." if clauses else ""
        return f"{self.note} {same}".strip()

    def _largest(self, column: int) -> float:
        values = [row[column] for row in self.rows if isinstance(row[column], int | float)]
        return max(map(float, values), default=0.0)


def table(id: str, caption: str, columns: Sequence[Column], rows: Iterable[Iterable[Any]], **options: Any) -> Table:
    """Return a Table of any iterables."""
    return Table(id, caption, tuple(columns), tuple(tuple(row) for row in rows), **options)


def name(title: str) -> Column:
    """Return a column of names."""
    return Column(title, words.text, numeric=False)


def _cell(value: Any, column: Column, largest: float | None) -> Cell:
    share = None
    if largest and isinstance(value, int | float):
        share = min(1.0, max(0.0, float(value) / largest))
    css = column.shade(value) if column.shade and value is not None else ""
    below = column.below(value) if column.below and value is not None else ""
    text = column.form(value) if column.numeric else words.clip(words.text(value), column.most)
    return Cell(text, _raw(value, text), column.numeric and value is not None, css, share, below)


def _key(value: Any) -> str:
    return "" if value is None else words.text(value)


def _raw(value: Any, text: str) -> str:
    """Return ``value`` for sorting and CSV: ten digits, more than any of them means; what is absent says no more."""
    if value is None:
        return text
    return f"{value:.10g}" if isinstance(value, float) else str(value)
