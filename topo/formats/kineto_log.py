"""How long the communication kernels of a Kineto trace took, their waiting for the slowest rank included."""

from __future__ import annotations

from topo.formats.kineto import followed
from topo.formats.logs import LONGEST, SHORTEST, Columns, Log
from topo.formats.process_groups import ProcessGroup
from traffic.measured import Communicator, Measurements


def read(log: Log, collective: str = "") -> Measurements:
    """Return what the communication kernels of a trace took.

    Raises FormatError, with the line, for what is none or holds no such kernel.
    """
    text = log.whole()
    events, notes = followed(text, log.shown)
    columns, groups = Columns(), dict[tuple[str, ProcessGroup], int]()
    for event in events:
        if event.kernel and SHORTEST <= event.seconds <= LONGEST:
            group = groups.setdefault((event.name, event.group), len(groups))
            columns.add(event.operation, event.size, event.seconds, group, event.rank)
    found = [
        Communicator(f"process group {name}", one.size, world=one.ranks if len(one.ranks) == one.size else ())
        for name, one in groups
    ]
    return columns.measurements(tuple(found), tuple(notes), log.shown)
