"""What nccl-tests prints: a table of sizes and times for each test, with the devices that took part.

Older versions do not say which collective they ran.  It is taken from the option, from the name of the file, or from
the table: its columns and its ratio of busbw to algbw, where that leaves one.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from topo.formats.errors import FormatError
from topo.formats.logs import LONGEST, SHORTEST, Columns, Log
from topo.formats.text import fail
from traffic.ccl import KINDS, MEASURED, bus_factor, called
from traffic.demand import LARGEST_SIZE
from traffic.measured import Communicator, Measurements

_DEVICE = re.compile(r"#\s+Rank\s+(\d+)\s+(?:Group\s+(\d+)\s+)?Pid\s+\d+\s+on\s+(\S+)\s+device\s+(\d+)")
_TEST = re.compile(r"#\s+Collective test starting:\s+(\S+)")
_HEAD = re.compile(r"#\s+size\s+count\s.*\btime\s")
_MICRO = 1e-6
#: Columns of a half of the table, out of place and in place.
_HALF = ("time", "algbw", "busbw")
#: Ratios of busbw to algbw, both of them printed to two digits, that count as equal.
_ALIKE = 0.02
#: Ranks that a log may list.
MOST_RANKS = 1_000_000


class _Row(NamedTuple):
    size: float
    seconds: tuple[float, ...]  # out of place, in place
    factor: float  # busbw over algbw of the first; nan where too small to tell
    blank: int  # cells of the head that the row lacks


class _Test:
    """One test: devices, columns, rows."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.host: dict[int, str] = {}
        self.slot: dict[int, int] = {}
        self.columns: list[str] = []
        self.rows: list[_Row] = []


def read(log: Log, collective: str = "") -> Measurements:
    """Return what a log measured; out of place and in place are records of their own.

    Raises FormatError, with the line, for what no log of nccl-tests holds.
    """
    columns, groups, notes = Columns(), [], []
    for i, test in enumerate(_tests(log)):
        if not test.rows:
            continue
        groups.append(_communicator(test, log.shown + (f" test {i + 1}" if i else ""), log.shown))
        operation, how = _operation(test, collective, log.shown)
        notes += [f"{log.shown}: the operation is taken to be {operation}, {how}"] if how else []
        for row in test.rows:
            for seconds in row.seconds:
                columns.add(operation, row.size, seconds, len(groups) - 1)
    return columns.measurements(tuple(groups), tuple(notes), log.shown)


def _tests(log: Log) -> list[_Test]:
    tests = [_Test()]
    for number, line in log.lines():
        if match := _TEST.search(line):
            if tests[-1].rows or tests[-1].name:
                tests.append(_Test())
            tests[-1].name = match[1]
        elif match := _DEVICE.search(line):
            if tests[-1].rows:
                tests.append(_Test())
            _device(tests[-1], match, number, log.shown)
        elif _HEAD.search(line):
            tests[-1].columns = line[line.index("#") + 1 :].split()
        elif tests[-1].columns and (words := line.split()) and words[0].isdecimal():
            row = _row(words, tests[-1].columns, number, log.shown)
            tests[-1].rows += [row] if row.size else []
    return tests


def _device(test: _Test, match: re.Match[str], number: int, shown: str) -> None:
    rank, group = int(match[1][:9]), int((match[2] or "0")[:9])
    if rank in test.host:
        fail(
            shown,
            number,
            f"rank {rank} is listed again: nccl-tests was built without MPI, and each process measured by itself",
        )
    if group:
        fail(shown, number, "ranks are split into groups; give the log of a run without NCCL_TESTS_SPLIT")
    if rank >= MOST_RANKS:
        fail(shown, number, f"rank {rank:,} is beyond the {MOST_RANKS:,} that are read")
    test.host[rank], test.slot[rank] = match[3], int(match[4][:9])


def _row(words: list[str], columns: list[str], number: int, shown: str) -> _Row:
    """Return a row; cells for redop and root may be blank, so columns count from the right."""
    halves = [i - len(columns) for i, name in enumerate(columns) if tuple(columns[i : i + 3]) == _HALF]
    if not halves:
        fail(shown, number, "the head of the table has no time, algbw and busbw")
    if len(words) < 1 - halves[0] or len(words) > len(columns):
        fail(shown, number, f"a row of {len(words)} cells under a head of {len(columns)}: {' '.join(words)[:60]!r}")
    size = _number(words[0], "size", number, shown)
    seconds = [_number(words[i], "time", number, shown) * _MICRO for i in halves if words[i] != "N/A"]
    if size > LARGEST_SIZE or any(not SHORTEST <= one <= LONGEST for one in seconds):
        fail(shown, number, f"sizes and times are positive; got {' '.join(words)[:60]!r}")
    algbw, busbw = (_number(words[halves[0] + k], _HALF[k], number, shown) for k in (1, 2))
    ratio = busbw / algbw if algbw >= 1.0 else math.nan
    return _Row(size, tuple(seconds), ratio, len(columns) - len(words))


def _number(word: str, what: str, number: int, shown: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        fail(shown, number, f"{what} must be a number of 0 or more; got {word[:40]!r}")
    return value


def _communicator(test: _Test, name: str, shown: str) -> Communicator:
    n = len(test.host)
    if n < 2 or set(test.host) != set(range(n)):
        raise FormatError(f"{shown}: lists {n} devices of ranks 0 to n - 1; at least two are needed, each once")
    return Communicator(name, n, len(set(test.host.values())), test.host, test.slot)


def _operation(test: _Test, given: str, shown: str) -> tuple[str, str]:
    """Return the operation, and how it was found where the log does not say."""
    if called(test.name) in MEASURED:
        return called(test.name), ""
    if given:
        return given, ""
    fits = _fitting(test)
    named = called(shown.rpartition("/")[2])
    if named in fits:
        return named, "as the name of the file says"
    if len(fits) == 1:
        return fits[0], "by its columns and its busbw"
    raise FormatError(
        f"{shown}: does not say which collective was measured; it may be {' or '.join(fits) or 'any'}: give it with "
        f"--collective ({', '.join(MEASURED)})"
    )


def _fitting(test: _Test) -> list[str]:
    """Return the operations whose columns and ratio of busbw to algbw the table has."""
    columns, blank, n = test.columns, test.rows[0].blank, len(test.host)
    ratio = sorted(row.factor for row in test.rows if not math.isnan(row.factor))
    fits = [name for name in MEASURED if not ratio or abs(ratio[len(ratio) // 2] - bus_factor(name, n)) < _ALIKE]
    if "root" not in columns:  # of an old version, where those tests alone have the column that need it
        reduces = "redop" in columns and not blank
        fits = [name for name in fits if KINDS[name].reduces == reduces and not KINDS[name].rooted]
    return fits
