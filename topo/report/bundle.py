"""Pages that grew too large to open: tables are cut on the page and go whole, as Parquet, into a zip beside it."""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from topo.report import words
from topo.report.panels.blocks import Block, Draw, Panel, Show
from topo.report.tables import Table

#: Rows that a table keeps on a page that would be too large.
ROWS = 500
_EARLIEST = 315532800  # [s] 1980-01-01, where the time of a zip begins


def cut(panels: Sequence[Panel], rows: int, where: str) -> tuple[list[Panel], list[Table]]:
    """Return ``panels`` with tables of at most ``rows`` rows, and the tables that were longer; ``where`` has them."""
    long: list[Table] = []
    short = [
        replace(panel, blocks=tuple(_shorten(block, rows, where, long) for block in panel.blocks)) for panel in panels
    ]
    return short, long


def _shorten(block: Block, rows: int, where: str, long: list[Table]) -> Block:
    if isinstance(block, Show) and len(block.table.rows) > rows:
        return replace(block, table=_first(block.table, rows, where, long))
    if isinstance(block, Draw) and block.figure.table is not None and len(block.figure.table.rows) > rows:
        return replace(block, figure=replace(block.figure, table=_first(block.figure.table, rows, where, long)))
    return block


def _first(table: Table, rows: int, where: str, long: list[Table]) -> Table:
    long.append(table)
    remark = f"The first {rows:,} of {len(table.rows):,} rows; all of them are in tables/{table.id}.parquet of {where}."
    return replace(table, rows=table.rows[:rows], keys=table.keys[:rows], note=f"{table.note} {remark}".strip())


def pack(html: str, tables: Sequence[Table], folder: Path) -> bytes:
    """Return a zip of the page, its long tables, and the records of ``folder`` as Parquet; equal input, equal bytes."""
    epoch = max(_EARLIEST, int(os.environ.get("SOURCE_DATE_EPOCH") or 0))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as pack:
        for name, content in _files(html, tables, folder):
            entry = zipfile.ZipInfo(name, time.gmtime(epoch)[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            pack.writestr(entry, content)
    return buffer.getvalue()


def _files(html: str, tables: Sequence[Table], folder: Path) -> Iterator[tuple[str, bytes]]:
    yield "index.html", html.encode()
    for table in tables:
        yield f"tables/{table.id}.parquet", _parquet(table)
    records = folder / "records.parquet"
    if records.is_file():
        yield records.name, records.read_bytes()


def _parquet(table: Table) -> bytes:
    import pyarrow
    from pyarrow import parquet

    units = [column.raw or column.unit for column in table.columns]
    titles = [f"{c.title} [{unit}]" if unit else c.title for c, unit in zip(table.columns, units, strict=True)]
    columns = [_column([row[i] for row in table.rows]) for i in range(len(titles))]
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_arrays(columns, names=titles), buffer, compression="zstd")
    return buffer.getvalue()


def _column(values: Sequence[Any]) -> Any:
    import pyarrow

    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values if v is not None)
    if numeric and any(v is not None for v in values):
        return pyarrow.array([None if v is None else float(v) for v in values], pyarrow.float64())
    return pyarrow.array(
        [None if v is None else v if isinstance(v, str) else words.text(v) for v in values], pyarrow.string()
    )
