"""Demands from CSV: a header ``src,dst,bytes`` (and ``phase``), one commodity a line."""

from __future__ import annotations

import csv
from io import StringIO

from topo.config.data import Files
from topo.config.errors import ConfigError, Problem, unknown
from topo.formats import DEMANDS, FormatError, elsewhere
from traffic.demand import LARGEST_SIZE, SMALLEST_SIZE, Demand, DemandError

_COLUMNS = ("src", "dst", "bytes", "phase")
_NEEDED = ("src", "dst", "bytes")


def read_demand(path: str, *, n_ranks: int, files: Files | None = None) -> Demand:
    """Return the demand of a CSV file between ``n_ranks`` ranks; phases count from 0 and are 0 by default.

    Raises ConfigError with file:line for every problem.
    """
    text, shown = demand_text(path, files or Files())
    reader = csv.reader(StringIO(text), strict=True)
    problems: list[Problem] = []
    rows: list[tuple[int, int, float, int]] = []
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header, f"{shown}:1")
        for cells in reader:
            row = _row(dict(zip(header, cells, strict=False)), len(cells) == len(header), n_ranks) if cells else None
            if isinstance(row, str):
                problems.append(Problem(f"{shown}:{reader.line_num}", "", row))
            elif row:
                rows.append(row)
    except csv.Error as error:
        problems.append(Problem(f"{shown}:{reader.line_num}", "", f"not CSV: {error}"))
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


def demand_text(path: str, files: Files) -> tuple[str, str]:
    """Return the flows of a file as CSV, whatever format they are in, and what to call it in messages.

    Raises ConfigError with file:line for what holds none.
    """
    text, shown = files.read("traffic", path)
    try:
        told = [entry for entry in DEMANDS.values() if entry.reads and entry.fits(text)]
        if not told and (said := elsewhere(DEMANDS, text, shown)):
            raise FormatError(f"{shown}: {said}")
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
