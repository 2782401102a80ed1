"""Logs of measurements, read line by line: never held whole, packed or not, each line with its number.

A log may be larger than memory; what is kept of it are columns.
"""

from __future__ import annotations

import gzip
import io
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from topo.atomic import check_ends
from topo.formats.entries import HEAD, MOST_BYTES, text_of
from topo.formats.errors import FormatError
from topo.formats.pickled import refuse_pickle
from topo.formats.text import fail
from traffic.ccl import NAMES
from traffic.measured import Communicator, Measurements

#: [bytes] of a log, unpacked; of a line of one, with the events of all its channels.
MOST_LOG, MOST_LINE = 16 * 2**30, 2**20
#: [bytes] read at once.
_CHUNK = 2**18
#: [s] that an operation may take, and communicators in one log.
LONGEST, MOST_GROUPS = 1e9, 1_000_000
#: Time below which nothing was measured, in the unit of the log [s or us].
SHORTEST = 1e-12


class Log(NamedTuple):
    """A log that is open for reading, once."""

    file: BinaryIO
    shown: str  # what messages call it

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield number and text of every line.  Raises FormatError for what is no text, too long or broken off."""
        for first, chunk in self.chunks():
            for number, raw in enumerate(chunk, first):
                yield number, self.text(number, raw)

    def text(self, number: int, raw: bytes) -> str:
        """Return line ``number`` as text."""
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            fail(self.shown, number, f"is not UTF-8 text (byte {error.start} is 0x{raw[error.start]:02x})")
        if "\0" in text:
            fail(self.shown, number, "is binary (it holds a zero byte); give text")
        return text.rstrip("\r")

    def chunks(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield lines as they stand, many at a time, and the number of the first."""
        rest, number, total = b"", 1, 0
        while more := self._read(number):
            total += len(more)
            if total > MOST_LOG:
                fail(self.shown, number, f"is over {MOST_LOG >> 30} GiB, the most that is read; split it")
            lines = (rest + more).split(b"\n")
            rest = lines.pop()
            if len(rest) > MOST_LINE or (lines and max(map(len, lines)) > MOST_LINE):
                at = next((i for i, line in enumerate(lines) if len(line) > MOST_LINE), len(lines))
                fail(self.shown, number + at, f"a line of over {MOST_LINE:,} bytes; this is no log of this format")
            if lines:
                yield number, lines
            number += len(lines)
        if rest:
            yield number, [rest]

    def whole(self) -> str:
        """Return all of the log as text.  Raises FormatError above what a file may hold, and for what is no text."""
        parts, total = [], 0
        while more := self._read(1):
            total += len(more)
            if total > MOST_BYTES:
                raise FormatError(f"{self.shown}: is over {MOST_BYTES >> 20} MiB, the most that is read")
            parts.append(more)
        return text_of(b"".join(parts), self.shown)

    def _read(self, number: int) -> bytes:
        try:
            return self.file.read(_CHUNK)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            fail(self.shown, number, f"is no whole gzip file ({error})")


def opened(path: Path, shown: str = "") -> tuple[Log, str]:
    """Return the log at ``path`` and the text of its beginning, by which its format is told.

    Raises FormatError for a pickle and a broken gzip file, OSError where it cannot be read.
    """
    check_ends(path)
    file: Any = path.open("rb")
    head = file.read(2)
    file.seek(0)
    if head == b"\x1f\x8b":
        file = gzip.GzipFile(fileobj=file)
    try:
        head = file.read(HEAD)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FormatError(f"{shown or path}: is no whole gzip file ({error})") from None
    file.seek(0)
    refuse_pickle(head, shown or str(path))
    return Log(file, shown or str(path)), head.decode("utf-8", errors="replace")


def log_of(text: str, shown: str) -> Log:
    """Return a log that holds ``text``."""
    return Log(io.BytesIO(text.encode("utf-8", errors="surrogatepass")), shown)


class Columns:
    """Records one by one, kept as columns."""

    def __init__(self) -> None:
        self.operation, self.group, self.rank = array("b"), array("i"), array("i")
        self.size, self.seconds = array("d"), array("d")

    def add(self, operation: str, size: float, seconds: float, group: int, rank: int = -1) -> None:
        """Add a record; what is checked of it is that it can be one."""
        self.operation.append(NAMES.index(operation))
        self.size.append(size)
        self.seconds.append(seconds)
        self.group.append(group)
        self.rank.append(rank)

    def measurements(self, groups: tuple[Communicator, ...], notes: tuple[str, ...], shown: str) -> Measurements:
        """Return all records between two ranks or more; one alone moves nothing.

        Raises FormatError where there are none.
        """
        group = np.array(self.group, dtype=np.int32)
        between = np.array([one.n > 1 for one in groups], dtype=bool)[group] if len(group) else np.zeros(0, dtype=bool)
        if not between.any():
            raise FormatError(f"{shown}: holds no operation between ranks that was measured")
        alone = int(np.count_nonzero(~between))
        left = "1 operation of one rank alone is" if alone == 1 else f"{alone:,} operations of one rank alone are"
        return Measurements(
            np.array(self.operation, dtype=np.int8)[between],
            np.array(self.size, dtype=np.float64)[between],
            np.array(self.seconds, dtype=np.float64)[between],
            group[between],
            np.array(self.rank, dtype=np.int32)[between],
            groups,
            (*notes, f"{shown}: {left} left out") if alone else notes,
        )
