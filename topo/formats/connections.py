"""htsim's ``.cm``: ``0->15 start 0 size 2000000``, a line for each connection, and triggers that make some wait.

A phase is a ``barrier`` that the connections of the phase before fire when they are done.  Read, a connection is
in the phase after the last that its barrier waits for, or after the first that fires its ``oneshot``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from topo.formats.errors import FormatError
from topo.formats.text import fail, lines
from traffic.demand import Demand, GroupedDemand

_ROW = re.compile(r"(\d{1,9})\s*->\s*(\d{1,9})\s+(.*)")
_WORDS = re.compile(r"(?<!\S)(\w{1,40})[ \t]{1,9}(\d{1,18})(?!\S)")
_HEAD = re.compile(r"(?i)(Nodes|Connections|Triggers|Failures)\s+(\d{1,9})")
_TRIGGER = re.compile(
    r"(?i)trigger\s+id\s+(\d{1,9})\s+(?:oneshot|barrier\s+count\s+(\d{1,9})|count\s+(\d{1,9})\s+barrier)"
)
_KNOWN = {"id", "start", "size", "trigger", "send_done_trigger", "recv_done_trigger", "prio"}

#: [bytes] of a connection: htsim reads sizes with ``stoi``, a whole number of 32 bits with its sign.
MOST_SIZE = 2**31 - 1
#: Phases that triggers may make.
MOST_PHASES = 10_000


class Connection(NamedTuple):
    """A line of the file; triggers that it waits for, 0 for none, and fires."""

    line: int
    src: int
    dst: int
    size: int  # [bytes]
    waits: int
    fires: tuple[int, ...]


def rows_of(text: str, shown: str) -> list[tuple[int, int, int, int]]:
    """Return source, destination, bytes and phase of each connection.  Raises FormatError, with the line."""
    found: list[Connection] = []
    stated: int | None = None
    barrier: dict[int, int] = {}
    for number, raw in lines(text, shown):
        line = raw.strip()
        match, trigger, head = (kind.fullmatch(line) for kind in (_ROW, _TRIGGER, _HEAD))
        if match is not None:
            found.append(_connection(match, number, shown))
        elif trigger is not None:
            barrier[int(trigger[1])] = int(trigger[2] or trigger[3] or 0)
        elif line.lower().startswith(("failure", "trigger id")):
            fail(shown, number, f"{line[:60]!r}: failures and multishot triggers are not read; take them out")
        elif head is not None:
            stated = int(head[2]) if head[1].lower() == "connections" else stated
        elif line and not line.startswith("#"):
            fail(shown, number, f"{line[:60]!r} is no line of a connection matrix")
    if not found:
        raise FormatError(f"{shown}: holds no connection; give lines such as 0->15 start 0 size 2000000")
    if stated not in (None, len(found)):
        raise FormatError(f"{shown}: states {stated} connections and holds {len(found)}; it is not whole")
    phase = _phases(found, barrier, shown)
    return [(c.src, c.dst, c.size, phase[c.waits]) for c in found]


def _connection(match: re.Match[str], number: int, shown: str) -> Connection:
    said = {key: int(value) for key, value in _WORDS.findall(match[3])}
    rest = _WORDS.sub("", match[3]).split()
    if rest or not set(said) <= _KNOWN:
        fail(shown, number, f"{' '.join([*rest, *sorted(set(said) - _KNOWN)])[:60]!r} is nothing that a connection has")
    if said.get("size", 0) < 1:
        fail(shown, number, "a connection has a size in bytes")
    if said.get("start"):
        fail(shown, number, f"starts at {said['start']} ps; phases start when others end, not by the clock")
    fires = [said[key] for key in ("send_done_trigger", "recv_done_trigger") if key in said]
    return Connection(number, int(match[1]), int(match[2]), said["size"], said.get("trigger", 0), tuple(fires))


def _phases(found: list[Connection], barrier: dict[int, int], shown: str) -> dict[int, int]:
    """Return the phase of what waits for each trigger; 0 is that of what waits for none."""
    firing: dict[int, list[Connection]] = defaultdict(list)
    waiting: dict[int, list[Connection]] = defaultdict(list)
    for one in found:
        waiting[one.waits].append(one)
        for trigger in one.fires:
            firing[trigger].append(one)
    phase, ready = {0: 0}, [0]
    left = {trigger: barrier.get(trigger, 0) or 1 for trigger in firing}
    while ready:  # a trigger is ready when all that it waits for are: in the order of phases
        now = ready
        ready = []
        for one in (one for trigger in now for one in waiting[trigger]):
            for trigger in one.fires:
                left[trigger] -= 1
                if left[trigger] == 0:
                    phase[trigger] = phase[one.waits] + 1
                    ready.append(trigger)
        if len(phase) > MOST_PHASES and max(phase.values()) > MOST_PHASES:
            raise FormatError(f"{shown}: triggers make over {MOST_PHASES} phases")
    for one in found:
        if one.waits not in phase:
            fail(shown, one.line, f"waits for trigger {one.waits}, which nothing that ever starts fires")
    return phase


def read(text: str, shown: str) -> str:
    """Return the connections as flows in CSV: src,dst,bytes,phase.  Raises FormatError, with the line."""
    rows = rows_of(text, shown)
    return "src,dst,bytes,phase\n" + "".join(f"{src},{dst},{size},{phase}\n" for src, dst, size, phase in rows)


def write(demand: Demand | GroupedDemand) -> str:
    """Return ``demand`` as a connection matrix, sizes in whole bytes; a barrier starts each run of a phase.

    Raises FormatError for more bytes than htsim reads of a connection.
    """
    if isinstance(demand, GroupedDemand):
        demand = demand.listed()
    if demand.n_commodities and round(demand.size.max()) > MOST_SIZE:
        f = int(demand.size.argmax())
        raise FormatError(
            f"{demand.name}: {demand.src[f]}->{demand.dst[f]} sends {demand.size[f]:,.0f} bytes at once; htsim reads "
            f"sizes of up to {MOST_SIZE:,}: send less, or the same in several phases"
        )
    runs = [phase for phase, n in enumerate(demand.repeat.tolist()) for _ in range(n) if (demand.phase == phase).any()]
    count = [int((demand.phase == phase).sum()) for phase in runs]
    head = [f"Nodes {demand.n_ranks}", f"Connections {sum(count)}"]
    head += [f"Triggers {len(runs) - 1}"] if len(runs) > 1 else []
    barriers = [f"trigger id {i} barrier count {n}" for i, n in enumerate(count[:-1], 1)]
    return "\n".join([*head, *_connections(demand, runs), *barriers]) + "\n"


def _connections(demand: Demand, runs: list[int]) -> Iterator[str]:
    number = 0
    for run, phase in enumerate(runs):
        starts = f"trigger {run}" if run else "start 0"
        fires = f" send_done_trigger {run + 1}" if run + 1 < len(runs) else ""
        for f in (demand.phase == phase).nonzero()[0].tolist():
            number += 1
            size = max(round(float(demand.size[f])), 1)
            yield f"{demand.src[f]}->{demand.dst[f]} id {number} {starts} size {size}{fires}"
