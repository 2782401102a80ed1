"""Kineto traces, as PyTorch's profiler writes them: communication kernels of one rank, what each sent and how long.

Events are taken one by one, so that of a trace of hundreds of megabytes only those of collectives are kept.  Their
arguments say collective, elements in and out, type, process group and its ranks; the larger of in and out is S of
nccl-tests.  A kernel waits for the slowest rank, and its time holds that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from topo.formats.chakra import WIDTH
from topo.formats.errors import FormatError
from topo.formats.process_groups import ProcessGroup, listed
from topo.formats.text import fail
from traffic.ccl import called
from traffic.demand import LARGEST_SIZE
from traffic.trace import Trace

_EVENTS = re.compile(r'"traceEvents"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_DISTRIBUTED = re.compile(r'"distributedInfo"\s*:\s*')
_NAME = "Collective name"
_SILENT = ("wait", "barrier", "recv")
_MICRO = 1e-6
#: Ranks of a job.
MOST_RANKS = 10_000_000


class Event:
    """A collective of a trace."""

    def __init__(self, event: dict[str, Any], line: int, shown: str) -> None:
        arguments = event["args"]
        self.kernel = event.get("cat") == "kernel"
        self.written = str(arguments[_NAME])
        self.operation = called(self.written)
        size, seconds = arguments.get("Group size"), event.get("dur", 0)
        counts = [arguments.get(f"{way} msg nelems", 0) for way in ("In", "Out")]
        if not (type(size) is int and 1 <= size <= MOST_RANKS) or not all(type(count) is int for count in counts):
            fail(shown, line, f"a collective has a group size and numbers of elements; got {str(arguments)[:80]}")
        if type(seconds) not in (int, float):
            fail(shown, line, f"dur is a time [us]; got {str(seconds)[:40]}")
        self.size = float(min(max(counts), 2**63)) * WIDTH.get(str(arguments.get("dtype")).lower(), 0)
        self.seconds = seconds * _MICRO
        self.group = ProcessGroup(size, listed(arguments.get("Process Group Ranks"), size))
        self.name = str(arguments.get("Process Group Name", ""))
        rank = arguments.get("Rank", -1)
        self.rank = rank if type(rank) is int and 0 <= rank < size else -1

    def unfit(self) -> str:
        """Return why the event is passed over; empty where it is not."""
        if not self.operation:
            return f"of kind {self.written[:40]}"
        return "" if 0 < self.size <= LARGEST_SIZE else "without a size or of an unknown type"


def read(text: str, shown: str) -> Trace:
    """Return the trace of a rank.  Raises FormatError, with the line, for what is none or holds no collective."""
    events, notes = followed(text, shown)
    world = max([_world(text), *(max(event.group.ranks, default=0) + 1 for event in events)])
    world = max([world, *(event.group.size for event in events)])
    steps, uneven = [], 0
    for event in events:
        step = event.group.step(event.operation, event.size, world)
        steps += [] if step is None else [step]
        uneven += step is None
    if not steps:
        raise FormatError(f"{shown}: holds no collective in groups whose ranks are evenly apart")
    if uneven:
        notes.append(f"{uneven:,} operations in groups whose ranks are not evenly apart are left out")
    return Trace(shown, tuple(steps), world, notes=(*notes, "computation is left out"))


def followed(text: str, shown: str) -> tuple[list[Event], list[str]]:
    """Return the collectives of a trace, kernels where it has them, and what is to be said."""
    events = [event for event in _events(text, shown) if event.written.lower() not in _SILENT]
    kernels = [event for event in events if event.kernel]
    left: dict[str, int] = {}
    followed = []
    for event in kernels or events:
        why = event.unfit()
        followed += [] if why else [event]
        if why:
            left[why] = left.get(why, 0) + 1
    if not followed:
        raise FormatError(
            f"{shown}: holds no collective that is followed; a trace needs the arguments of record_param_comms"
        )
    return followed, [f"{shown}: {count:,} operations {what} are left out" for what, count in sorted(left.items())]


def _events(text: str, shown: str) -> Iterator[Event]:
    begin = _EVENTS.search(text)
    if begin is None:
        raise FormatError(f'{shown}: is no Kineto trace; it needs a list "traceEvents"')
    decoder, at, line, counted = json.JSONDecoder(), begin.end(), 1, 0
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        if text.startswith("]", at):
            return
        try:
            event, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            where = getattr(error, "pos", at)
            fail(shown, text.count("\n", 0, where) + 1, f"is not JSON: {getattr(error, 'msg', error)}")
        arguments = event.get("args") if isinstance(event, dict) else None
        if isinstance(arguments, dict) and _NAME in arguments:
            line, counted = line + text.count("\n", counted, at), at
            yield Event(event, line, shown)
        at = end


def _world(text: str) -> int:
    """Return how many ranks the job has; 0 where the trace does not say."""
    match = _DISTRIBUTED.search(text)
    try:
        stated = json.JSONDecoder().raw_decode(text, match.end())[0] if match else {}
    except (ValueError, RecursionError):
        return 0
    world = stated.get("world_size") if isinstance(stated, dict) else None
    return world if type(world) is int and 0 < world <= MOST_RANKS else 0
