"""Demands from files: flows in CSV, a header ``src,dst,bytes`` (and ``phase``), one commodity a line; traces."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from io import StringIO

from topo.config.data import MAX_CSV_BYTES, Files
from topo.config.errors import ConfigError, Problem, unknown
from topo.formats import DEMANDS, FormatError, elsewhere, reader
from traffic.demand import LARGEST_SIZE, SMALLEST_SIZE, Demand, DemandError
from traffic.trace import Trace, demand_of

_COLUMNS = ("src", "dst", "bytes", "phase")
_NEEDED = ("src", "dst", "bytes")


def read_demand(
    path: str,
    *,
    n_ranks: int,
    files: Files | None = None,
    ranks_per_host: int = 8,
    ranks_per_domain: int | None = None,
    format: str | None = None,
    layout: Mapping[str, int | None] | None = None,
) -> Demand:
    """Return the demand of a file between ``n_ranks`` ranks: flows in CSV, whose phases count from 0, or a trace.

    ``layout`` are tp, ep and pp of a trace, where they are not as it says.
    Raises ConfigError with file:line for every problem, DemandError where a trace does not fit the ranks.
    """
    found, shown = demand_text(path, files or Files(), format)
    if isinstance(found, Trace):
        return demand_of(
            replace(found, name=path),
            n_ranks,
            ranks_per_host=ranks_per_host,
            ranks_per_domain=ranks_per_domain,
            layout=layout or {},
        )
    if given := [key for key, value in (layout or {}).items() if value is not None]:
        raise ConfigError(f"{shown}: {given[0]}: flows name their ranks; a layout is of traces")
    rows_of = csv.reader(StringIO(found), strict=True)
    problems: list[Problem] = []
    rows: list[tuple[int, int, float, int]] = []
    try:
        header = [cell.strip() for cell in next(rows_of, [])]
        _check_header(header, f"{shown}:1")
        for cells in rows_of:
            row = _row(dict(zip(header, cells, strict=False)), len(cells) == len(header), n_ranks) if cells else None
            if isinstance(row, str):
                problems.append(Problem(f"{shown}:{rows_of.line_num}", "", row))
            elif row:
                rows.append(row)
    except csv.Error as error:
        problems.append(Problem(f"{shown}:{rows_of.line_num}", "", f"not CSV: {error}"))
    if problems:
        raise ConfigError.of(problems)
    if not rows:
        raise ConfigError(f"{shown}: holds no commodity; give lines of src,dst,bytes")
    src, dst, size, phase = zip(*rows, strict=True)
    try:
        return Demand.of(
            f"file({path})", n_ranks, src=src, dst=dst, size=size, phase=phase, repeat=[1] * (max(phase) + 1)
        )
    except DemandError as error:
        raise ConfigError(f"{shown}: {error}") from None


def demand_text(path: str, files: Files, format: str | None = None) -> tuple[str | Trace, str]:
    """Return the flows of a file as CSV or the trace in it, whatever format it is in, and what to call it in messages.

    Raises ConfigError with file:line for what holds none.
    """
    text, shown = files.read("traffic", path)
    try:
        if format is not None:
            return reader(DEMANDS, text, shown, format).function("read")(text, shown), shown
        told = [entry for entry in DEMANDS.values() if entry.reads and entry.fits(text)]
        if not told and (said := elsewhere(DEMANDS, text, shown)):
            raise FormatError(f"{shown}: {said}")
        if not told and len(text) > MAX_CSV_BYTES:
            raise FormatError(f"{shown}: is over {MAX_CSV_BYTES // 1024} KiB, the most that is read of flows; split it")
        return (told[0].function("read")(text, shown) if told else text), shown  # CSV says itself what it misses
    except FormatError as error:
        raise ConfigError(str(error)) from None


def _check_header(header: list[str], place: str) -> None:
    wrong = [
        Problem(place, name, f"unknown column; {unknown(name, _COLUMNS)}") for name in header if name not in _COLUMNS
    ]
    wrong += [
        Problem(place, name, "column is missing; the header is src,dst,bytes") for name in _NEEDED if name not in header
    ]
    if wrong:
        raise ConfigError.of(wrong)


def _row(row: dict[str, str], complete: bool, n_ranks: int) -> tuple[int, int, float, int] | str:
    """Return src, dst, bytes and phase, or what is wrong with the row."""
    if not complete:
        return "has not as many cells as the header"
    try:
        src, dst, phase = (
            int(row.get(key) or 0) if key == "phase" else int(row[key]) for key in ("src", "dst", "phase")
        )
        size = float(row["bytes"])
    except ValueError as error:
        return f"src, dst and phase are whole numbers, bytes a number; {error}"
    if not (0 <= src < n_ranks and 0 <= dst < n_ranks):
        return f"ranks go from 0 to {n_ranks - 1}; got {src} -> {dst}"
    if src == dst:
        return f"rank {src} sends to itself; leave the line out"
    if not SMALLEST_SIZE <= size <= LARGEST_SIZE:
        return f"bytes must lie between {SMALLEST_SIZE:g} and {LARGEST_SIZE:g}; got {row['bytes']}"
    return (src, dst, size, phase) if 0 <= phase < 10_000 else f"phases go from 0 to 9999; got {phase}"
