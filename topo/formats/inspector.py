"""NCCL Inspector: one JSON object a line, one operation as one rank saw it.

The size of an all-gather or reduce-scatter is that of a rank's part; algbw is reckoned from the whole [1]_.  Where
algbw says otherwise, it is followed: size x 1 or size x ranks, whichever explains it better.

.. [1] NVIDIA/nccl, ext-profiler/inspector, inspectorComputeCollBw.
"""

from __future__ import annotations

import json
from typing import Any

from topo.formats.logs import LONGEST, MOST_GROUPS, SHORTEST, Columns, Log
from topo.formats.text import fail
from traffic.ccl import KINDS, called
from traffic.demand import LARGEST_SIZE
from traffic.measured import Communicator, Measurements

_MICRO, _GB = 1e-6, 1e9
MOST_RANKS = 10_000_000


def read(log: Log, collective: str = "") -> Measurements:
    """Return what a log measured.  Records of operations that are none of ours, and of no time or size, are counted.

    Raises FormatError, with the line, for what no Inspector writes.
    """
    reading = _Reading(log.shown)
    for first, lines in log.chunks():
        for number, record in enumerate(_parsed(log, first, lines), first):
            if record is not None:
                reading.record(number, record)
    return reading.columns.measurements(tuple(reading.communicators()), tuple(reading.notes()), log.shown)


def _parsed(log: Log, first: int, lines: list[bytes]) -> list[Any]:
    """Return the object of each line, None of a blank one; all are parsed in one go where they are right."""
    if b"" not in lines:
        try:
            found = json.loads(b"[" + b",".join(lines) + b"]")
        except (ValueError, RecursionError):
            found = []
        if len(found) == len(lines):
            return list(found)
    return [_object(log, number, raw) if raw.strip() else None for number, raw in enumerate(lines, first)]


def _object(log: Log, number: int, raw: bytes) -> Any:
    text = log.text(number, raw)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        fail(log.shown, number, f"column {error.colno}: is not JSON: {error.msg}")
    except (ValueError, RecursionError) as error:
        fail(log.shown, number, f"is not JSON: {error}")
    if not isinstance(found, dict):
        fail(log.shown, number, "is no object; a record of NCCL Inspector has header, metadata and coll_perf")
    return found


class _Reading:
    """Columns that grow, and communicators as they are met."""

    def __init__(self, shown: str) -> None:
        self.shown, self.columns = shown, Columns()
        self.number: dict[tuple[str, int], int] = {}
        self.hosts: list[int] = []
        self.host: list[dict[int, str]] = []
        self.process: list[dict[int, int]] = []
        self.operation: dict[str, str] = {}  # as written -> ours
        self.left: dict[str, int] = {}  # why -> records passed over

    def record(self, number: int, record: Any) -> None:
        """Take in one line."""
        try:
            header, meta, perf = record["header"], record["metadata"], record["coll_perf"]
            name, n, rank = str(header["id"]), header["n_ranks"], header["rank"]
            written, size, micro = perf["coll"], perf["coll_msg_size_bytes"], perf["coll_exec_time_us"]
            host, process, hosts = meta["hostname"], meta["pid"], header["nnodes"]
        except (KeyError, TypeError, IndexError) as error:
            fail(self.shown, number, f"is no record of NCCL Inspector: {_missing(error)}")
        whole = type(n) is type(rank) is type(hosts) is type(process) is int
        if not whole or not (1 <= n <= MOST_RANKS and 0 <= rank < n and 0 <= hosts <= n):
            fail(
                self.shown,
                number,
                f"rank {rank!r} of {n!r} on {hosts!r} nodes, pid {process!r}: such a rank there is not",
            )
        if type(size) not in (int, float) or type(micro) not in (int, float):
            fail(self.shown, number, "coll_msg_size_bytes and coll_exec_time_us are numbers")
        operation = self.operation.get(written) if type(written) is str else fail(self.shown, number, "coll is no text")
        if operation is None:
            operation = self.operation[written] = called(written)
        if not operation or not 0 < size <= LARGEST_SIZE or not SHORTEST <= micro <= LONGEST:
            why = f"of {written[:40]}" if not operation else "without a size or time that could be"
            self.left[why] = self.left.get(why, 0) + 1
            return
        if KINDS[operation].parts and n > 1:
            size *= _parts(size, micro, perf.get("coll_algobw_gbs"), n)
        group = self._group(number, name, n, hosts)
        if rank not in self.host[group]:
            self.host[group][rank], self.process[group][rank] = str(host), process
        self.columns.add(operation, size, micro * _MICRO, group, rank)

    def _group(self, number: int, name: str, n: int, hosts: int) -> int:
        group = self.number.setdefault((name, n), len(self.number))
        if group == len(self.host):
            if group >= MOST_GROUPS:
                fail(self.shown, number, f"more than {MOST_GROUPS:,} communicators")
            self.host.append({})
            self.process.append({})
            self.hosts.append(hosts)
        return group

    def communicators(self) -> list[Communicator]:
        """Return them in the order that they were met; a process is a place on its host, in order of its number."""
        processes: dict[str, set[int]] = {}
        for host, process in zip(self.host, self.process, strict=True):
            for rank, name in host.items():
                processes.setdefault(name, set()).add(process[rank])
        place = {name: {pid: i for i, pid in enumerate(sorted(mine))} for name, mine in processes.items()}
        return [
            Communicator(name, n, hosts, host, {rank: place[host[rank]][pid] for rank, pid in process.items()})
            for (name, n), hosts, host, process in zip(self.number, self.hosts, self.host, self.process, strict=True)
        ]

    def notes(self) -> list[str]:
        """Return what was passed over."""
        return [f"{self.shown}: {count:,} records {why} are passed over" for why, count in sorted(self.left.items())]


def _parts(size: float, micro: float, algbw: Any, n: int) -> int:
    """Return by how much the stated size is to be multiplied: 1 or ``n``."""
    if type(algbw) not in (int, float) or not 0 < algbw < LARGEST_SIZE:
        return n
    whole = algbw * _GB * micro * _MICRO
    return n if whole > size * n**0.5 else 1


def _missing(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else "it needs header, metadata and coll_perf"
