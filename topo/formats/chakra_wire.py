"""Chakra execution traces as protocol buffers (``.et``): one rank's collectives and sends, without a generated library.

The first message is of the whole trace, each further one a node [1]_.  Attributes of a communication node are
``comm_type``, ``comm_size``, which is taken for S of nccl-tests, ``pg_name``, ``comm_src`` and ``comm_dst``.

.. [1] mlcommons/chakra, schema/protobuf/et_def.proto, commit 6dc63e1.
"""

from __future__ import annotations

from topo.formats.errors import FormatError
from topo.formats.wire import fields, messages, signed
from traffic.ccl import called
from traffic.demand import LARGEST_SIZE
from traffic.trace import Step, Trace

#: Numbers of fields of a node and of an attribute.
_TYPE, _ATTRIBUTE = 3, 10
_NAME, _TEXT = 1, 29
#: Whole numbers among the values of an attribute, those with a sign of their own among them.
_WHOLE, _ZIGZAG = (7, 9, 11, 13, 27), (15, 17)
#: Kinds of nodes that send.
_SEND, _COLLECTIVE = 5, 7
#: Collectives by number.
_KINDS = (
    "ALL_REDUCE", "REDUCE", "ALL_GATHER", "GATHER", "SCATTER", "BROADCAST", "ALL_TO_ALL", "REDUCE_SCATTER",
    "REDUCE_SCATTER_BLOCK", "BARRIER",
)  # fmt: skip


def read(text: str, shown: str) -> Trace:
    """Return the trace in ``text``, a byte a character.

    Raises FormatError, with the byte, for what is none, and for one that holds nothing that is sent.
    """
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        raise FormatError(f"{shown}: is text, and no Chakra trace of protocol buffers") from None
    steps: list[Step] = []
    left: dict[str, int] = {}
    groups: set[str] = set()
    for i, (place, message) in enumerate(messages(raw, shown)):
        if i:  # the first is of the whole trace
            step = _step(message, place, shown, groups, left)
            steps += [] if step is None else [step]
    if not steps:
        raise FormatError(f"{shown}: holds no collective and no send that is followed")
    notes = [f"{count:,} operations {what} are left out" for what, count in sorted(left.items())]
    if groups:
        notes.append(
            f"process groups {', '.join(sorted(groups)[:8])} are taken to be all ranks: the trace does not list them"
        )
    return Trace(shown, tuple(steps), notes=(*notes, "computation is left out"))


def _step(message: bytes, place: int, shown: str, groups: set[str], left: dict[str, int]) -> Step | None:
    """Return what a node sends; None for one that sends nothing, and one that cannot be followed, which is counted."""
    kind, attributes = 0, dict[str, int | str]()
    for number, value in fields(message, shown, place):
        if number == _TYPE and isinstance(value, int):
            kind = value
        elif number == _ATTRIBUTE and isinstance(value, bytes):
            name, found = _attribute(value, place, shown)
            attributes[name] = found
    if kind not in (_SEND, _COLLECTIVE):
        return None
    size = attributes.get("comm_size")
    amount = float(size) if isinstance(size, int) else 0.0
    written = "send" if kind == _SEND else _collective(attributes.get("comm_type", 0))
    why, operation = "", called(written)
    if not operation:
        why = f"of kind {written[:40]}"
    elif not 0 < amount <= LARGEST_SIZE:
        why = "without a size"
    if why:
        left[why] = left.get(why, 0) + 1
        return None
    if kind == _SEND:
        source, target = attributes.get("comm_src"), attributes.get("comm_dst")
        apart = target - source if isinstance(source, int) and isinstance(target, int) else 1
        return Step(operation, amount, "", 0, max(abs(apart), 1))
    if attributes.get("pg_name"):
        groups.add(str(attributes["pg_name"])[:40])
    return Step(operation, amount)


def _collective(number: int | str) -> str:
    known = isinstance(number, int) and 0 <= number < len(_KINDS)
    return _KINDS[number] if known and isinstance(number, int) else f"number {number}"


def _attribute(message: bytes, place: int, shown: str) -> tuple[str, int | str]:
    name = ""
    found: int | str = 0  # which proto3 does not write
    for number, value in fields(message, shown, place):
        if number == _NAME and isinstance(value, bytes):
            name = value.decode("utf-8", errors="replace")
        elif number in _WHOLE and isinstance(value, int):
            found = signed(value)
        elif number in _ZIGZAG and isinstance(value, int):
            found = (value >> 1) ^ -(value & 1)
        elif number == _TEXT and isinstance(value, bytes):
            found = value.decode("utf-8", errors="replace")
    return name, found
