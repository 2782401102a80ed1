"""Measurements from files: the door of the library."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from topo.formats.entries import FormatError
from topo.formats.logs import opened
from topo.formats.nouns import reader
from topo.formats.registry import MEASUREMENTS
from traffic.ccl import MEASURED
from traffic.layout import check_choice
from traffic.measured import Measurements, joined


def read_measurements(
    paths: str | Path | Iterable[str | Path], format: str | None = None, *, collective: str = ""
) -> Measurements:
    """Return what the logs at ``paths`` measured, all records together.

    Parameters
    ----------
    format
        One of ``MEASUREMENTS``; by what each log begins with, or its suffix, where not given.
    collective
        What was measured, for logs that do not say it: one of ``operations.MEASURED``.

    Raises FormatError, with file and line, for a file that holds no measurements, DemandError for an unknown
    ``collective``, OSError where a file cannot be read.
    """
    if collective:
        check_choice(collective, MEASURED, name="collective")
    several = [paths] if isinstance(paths, str | Path) else list(paths)
    if not several:
        raise FormatError("no log is given")
    return joined([_read(Path(path), format, collective) for path in several])


def _read(path: Path, format: str | None, collective: str) -> Measurements:
    log, head = opened(path)
    with log.file:
        found: Measurements = reader(MEASUREMENTS, head, str(path), format).function("read")(log, collective)
    return found
