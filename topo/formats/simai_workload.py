"""SimAI's workload in text, ASTRA-sim's format with its own groups: a line a layer, three passes in it.

A line holds, for forward, input gradient and weight gradient, the computation [ns], the operation and its bytes.
Operations of forward and input gradient run among ranks of tensor parallelism, those of weight gradients among
ranks of data parallelism; ``_EP`` and ``_DP_EP`` at the end of a name say other groups.
"""

from __future__ import annotations

import re

from topo.formats.errors import FormatError
from topo.formats.text import fail, lines
from traffic.ccl import called
from traffic.demand import LARGEST_SIZE
from traffic.trace import Step, Trace

_NANO = 1e-9
#: Where computation, operation and bytes of each pass stand -> the dimension that it runs along.
_PASSES = {2: "tp", 5: "tp", 8: "dp"}
_CELLS = 12
#: End of a name -> dimension.
_ENDS = {"_DP_EP": "ep-dp", "_EP": "ep"}
_KEYS = {"model_parallel_NPU_group": "tp", "ep": "ep", "pp": "pp"}
#: [s] of the computation of one pass of one layer.
_LONGEST = 1e6


def read(text: str, shown: str) -> Trace:
    """Return the trace of a SimAI workload: all forward passes, then all gradients.

    Raises FormatError, with the line, for what is none.
    """
    rows = [(number, line.split()) for number, line in lines(text, shown) if line.strip()]
    if len(rows) < 3 or not re.fullmatch(r"\d{1,9}", " ".join(rows[1][1])):
        raise FormatError(f"{shown}:2: needs the number of layers on the second line and a line for each after it")
    layers = int(rows[1][1][0])
    if len(rows) - 2 != layers:
        raise FormatError(f"{shown}:2: states {layers:,} layers and holds {len(rows) - 2:,}")
    head = " ".join(rows[0][1])
    number = {key: int(value) for key, value in re.findall(r"([A-Za-z_]+):\s*(\d{1,9})\b", head)}
    steps = [step for at in _PASSES for row, cells in rows[2:] for step in _steps(cells, at, row, shown)]
    sends = re.search(r"\bpp_comm:?\s*(\d{1,18})\b", head)
    many = number.get("ga", 1)
    notes = []
    if sends and number.get("pp", 1) > 1:
        steps += [Step("send", float(sends[1]), "pp")] * (2 * many)
        notes.append(
            f"stages pass on {int(sends[1]):,} bytes twice in each of {many:,} micro-batches, one stage at a time"
        )
    if not any(step.operation for step in steps):
        raise FormatError(f"{shown}: holds no operation that is sent")
    sizes = {own: number[key] for key, own in _KEYS.items() if number.get(key)}
    return Trace(shown, tuple(steps), number.get("all_gpus", 0), sizes, tuple(notes))


def _steps(cells: list[str], at: int, number: int, shown: str) -> list[Step]:
    """Return what one pass of a layer computes and sends."""
    if len(cells) != _CELLS:
        fail(shown, number, f"a layer has {_CELLS} cells; got {len(cells)}: {' '.join(cells)[:60]!r}")
    compute, written, size = cells[at], cells[at + 1], cells[at + 2]
    if not all(re.fullmatch(r"\d{1,18}", cell) for cell in (compute, size)) or float(size) > LARGEST_SIZE:
        fail(shown, number, f"computation [ns] and bytes are whole numbers; got {compute[:40]!r} and {size[:40]!r}")
    operation, seconds = called(written), int(compute) * _NANO
    if seconds > _LONGEST:
        fail(shown, number, f"computation of {seconds:.3g} s is more than {_LONGEST:g} s")
    if not operation and written != "NONE":
        fail(
            shown,
            number,
            f"operation {written[:40]!r} is unknown; NONE, ALLREDUCE, ALLGATHER, REDUCESCATTER, ALLTOALL, BROADCAST",
        )
    along = next((own for end, own in _ENDS.items() if written.endswith(end)), _PASSES[at])
    if not operation or size == "0":
        return [Step("", 0.0, compute_s=seconds)]
    return [Step(operation, float(size), along, compute_s=seconds)]
