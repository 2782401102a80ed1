"""Results as pandas data frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from topo.notebook.plots import NotebookError

if TYPE_CHECKING:
    import pandas

    from topo.report.load import Columns, Record


def of_records(records: Sequence[Record]) -> pandas.DataFrame:
    """Return a row for each record: its name, its place on each swept axis, and every result that is one value."""
    return of_rows([{"case": one.name, "status": one.status, **one.labels, **one.results} for one in records])


def of_rows(rows: Sequence[Mapping[str, Any]]) -> pandas.DataFrame:
    """Return ``rows`` as a frame, a column for each key whose value is one and no list of them."""
    return _pandas().DataFrame([_values(row) for row in rows])


def of_tables(records: Sequence[Record], read: Callable[[Record], Columns | None], what: str) -> pandas.DataFrame:
    """Return the tables that ``read`` finds beside ``records`` in one frame; of several cases, named in a column.

    Raises NotebookError where none of them has one.
    """
    found = [(one.name, columns) for one in records if (columns := read(one)) is not None]
    if not found:
        raise NotebookError(
            f"these results hold no {what}: nothing was solved, or its commodities are too many to list"
        )
    frames = [
        _pandas().DataFrame({"case": name, **columns} if len(records) > 1 else columns) for name, columns in found
    ]
    return _pandas().concat(frames, ignore_index=True)


def _values(results: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in results.items() if not isinstance(value, dict | list | tuple)}


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise NotebookError('data frames need pandas; install it with: pip install "planewise[notebook]"') from None
    return pandas
