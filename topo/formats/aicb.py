"""AICB's workload in CSV: one line an operation of a rank, with its group, size and stage.

Sizes of all-gather and reduce-scatter are those of the whole array: 2 x sequence x hidden for sequence parallelism.
"""

from __future__ import annotations

import csv
import re

from topo.formats.errors import FormatError
from topo.formats.text import fail, lines
from traffic.ccl import called
from traffic.demand import LARGEST_SIZE
from traffic.trace import Step, Trace

_RANKS = re.compile(r"\[rank(\d{1,9}) ~ rank(\d{1,9})\]")
_NEEDED = ("comm_type", "comm_group", "comm_group_size", "msg_size")
#: Groups as AICB calls them -> dimension.
_ALONG = {
    "dp_group": "dp", "tp_group": "tp", "pp_group": "pp", "ep_group": "ep", "ep_dp_group": "ep-dp",
    "ep_tp_group": "ep-tp", "all": "all",
}  # fmt: skip
#: Dimensions whose size must be the same on every line.
_STATED = ("tp", "pp", "ep", "dp")
#: What carries no traffic of ours, and need not be said; a receive is the other end of a send.
_SILENT = ("epoch_end", "barrier", "computation", "irecv", "recv")


def read(text: str, shown: str) -> Trace:
    """Return the trace of an AICB workload.  Raises FormatError, with the line, for what is none."""
    ranks = 0
    column: dict[str, int] = {}
    steps: list[Step] = []
    sizes: dict[str, int] = {}
    left: dict[str, int] = {}
    for number, line in lines(text, shown):
        if match := _RANKS.fullmatch(line.strip()):
            ranks = int(match[2]) + 1
        elif line.strip():
            cells = _cells(line, number, shown)
            if not column:
                column = _header(cells, number, shown)
                continue
            step = _step(cells, column, number, shown, left)
            if step is not None:
                steps.append(step)
                if step.along in _STATED and sizes.setdefault(step.along, step.n) != step.n:
                    fail(shown, number, f"{step.along} groups of {step.n}, and of {sizes[step.along]} before")
    if not steps:
        raise FormatError(f"{shown}: holds no operation that is sent")
    notes = [f"{count:,} operations {what} are left out" for what, count in sorted(left.items())]
    if ranks and "pp" not in sizes and "dp" in sizes:  # stages that send nothing to each other in the file
        sizes["pp"] = max(ranks // (sizes["dp"] * sizes.get("tp", 1)), 1)
    return Trace(shown, tuple(step._replace(n=0) for step in steps), ranks, sizes, tuple(notes))


def _cells(line: str, number: int, shown: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True))]
    except csv.Error as error:
        fail(shown, number, f"not CSV: {error}")


def _header(cells: list[str], number: int, shown: str) -> dict[str, int]:
    missing = [name for name in _NEEDED if name not in cells]
    if missing:
        fail(shown, number, f"has no column {missing[0]}; AICB writes {', '.join(_NEEDED)}")
    return {name: i for i, name in enumerate(cells)}


def _step(cells: list[str], column: dict[str, int], number: int, shown: str, left: dict[str, int]) -> Step | None:
    """Return the operation of a line; None where nothing of it is sent, which ``left`` counts where that is news."""
    if len(cells) <= max(column.values()):
        fail(shown, number, f"has {len(cells)} cells under a head of {max(column.values()) + 1}")
    kind, group, ranks, size = (cells[column[name]] for name in _NEEDED)
    kind, group = kind.removeprefix("CommType."), group.removeprefix("CommGroup.")
    operation, along = called(kind), _ALONG.get(group, "")
    if kind in _SILENT:
        return None
    if not operation or not along:
        what = f"of kind {kind[:40]}" if not operation else f"in groups {group[:40]}"
        left[what] = left.get(what, 0) + 1
        return None
    if not (ranks.isdecimal() and ranks.isascii() and int(ranks[:9]) > 0 and len(ranks) <= 9):
        fail(shown, number, f"comm_group_size is a number of ranks; got {ranks[:40]!r}")
    try:
        amount = float(size)
    except ValueError:
        amount = -1.0
    if not 0 <= amount <= LARGEST_SIZE:
        fail(shown, number, f"msg_size is a number of bytes; got {size[:40]!r}")
    return Step(operation, amount, along, int(ranks)) if amount else None
