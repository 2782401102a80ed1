"""htsim's ``.cm``: ``0->15 start 0 size 2000000``, a line for each connection, and flows as CSV.

A connection that starts by a trigger is in the phase after the one that fires it.
"""

from __future__ import annotations

import re

from topo.formats.errors import FormatError
from topo.formats.text import fail, lines
from traffic.demand import Demand, GroupedDemand

_ROW = re.compile(r"(\d{1,9})\s*->\s*(\d{1,9})\s+(.*)")
_WORDS = re.compile(r"(\w+)\s+(\d{1,18})")
_HEAD = re.compile(r"(?i)(Nodes|Connections|Triggers|Failures)\s+(\d{1,9})")
_TRIGGER = re.compile(r"(?i)(?:trigger\s+id|failure|\#).*")

#: Phases that triggers may make.
MOST_PHASES = 10_000


def rows_of(text: str, shown: str) -> list[tuple[int, int, int, int]]:
    """Return source, destination, bytes and phase of each connection.  Raises FormatError, with the line."""
    found: list[tuple[int, int, int, int]] = []
    phase_of: dict[int, int] = {}
    for number, raw in lines(text, shown):
        line = raw.strip()
        match = _ROW.fullmatch(line)
        if match is None:
            if line and not _HEAD.fullmatch(line) and not _TRIGGER.fullmatch(line):
                fail(shown, number, f"{line[:60]!r} is no line of a connection matrix")
            continue
        said = {key: int(value) for key, value in _WORDS.findall(match[3])}
        if said.get("size", 0) < 1:
            fail(shown, number, "a connection has a size in bytes")
        phase = phase_of.get(said["trigger"], 0) if "trigger" in said else 0
        if phase > MOST_PHASES:
            fail(shown, number, f"triggers make over {MOST_PHASES} phases")
        for key in ("send_done_trigger", "recv_done_trigger"):
            if key in said:
                phase_of[said[key]] = max(phase_of.get(said[key], 0), phase + 1)
        found.append((int(match[1]), int(match[2]), said["size"], phase))
    if not found:
        raise FormatError(f"{shown}: holds no connection; give lines such as 0->15 start 0 size 2000000")
    return found


def read(text: str, shown: str) -> str:
    """Return the connections as flows in CSV: src,dst,bytes,phase.  Raises FormatError, with the line."""
    rows = rows_of(text, shown)
    return "src,dst,bytes,phase\n" + "".join(f"{src},{dst},{size},{phase}\n" for src, dst, size, phase in rows)


def write(demand: Demand | GroupedDemand) -> str:
    """Return ``demand`` as a connection matrix, all of which starts at once.

    Raises FormatError for several phases: a matrix that waits needs triggers, which planewise does not write.
    """
    if isinstance(demand, GroupedDemand):
        demand = demand.listed()
    if demand.n_phases > 1 or int(demand.repeat.max(initial=1)) > 1:
        raise FormatError(
            f"{demand.name}: has several phases; a connection matrix starts all at once: take GOAL or CSV"
        )
    rows = zip(demand.src.tolist(), demand.dst.tolist(), demand.size.tolist(), strict=True)
    head = [f"Nodes {demand.n_ranks}", f"Connections {demand.n_commodities}"]
    body = [f"{src}->{dst} id {i} start 0 size {max(round(size), 1)}" for i, (src, dst, size) in enumerate(rows, 1)]
    return "\n".join(head + body) + "\n"
