"""Chakra execution traces in JSON, as PyTorch's execution trace observer writes them: the collectives of one rank.

A collective is a node ``record_param_comms``.  Its size is the larger of what goes in and what comes out, which is S of
nccl-tests; older traces say it through their tensors, [id, storage, offset, elements, bytes of one, device], newer ones
in attributes.  Who belongs to a group is in the node ``## process_group:init ##``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from topo.formats.errors import FormatError
from topo.formats.process_groups import MOST_RANKS, ProcessGroup, listed
from topo.formats.text import parse_json
from traffic.ccl import called
from traffic.demand import LARGEST_SIZE
from traffic.trace import Step, Trace

_INIT, _COLLECTIVE = "## process_group:init ##", "record_param_comms"
#: What is recorded so and sends nothing of its own; a receive is the other end of a send.
_SILENT = ("wait", "barrier", "init", "recv", "start", "end")
#: [bytes] of an element by what PyTorch calls its type.
WIDTH = {
    "bool": 1, "byte": 1, "char": 1, "float8_e4m3fn": 1, "float8_e5m2": 1, "short": 2, "half": 2, "bfloat16": 2,
    "float16": 2, "float32": 4, "int": 4, "float": 4, "long": 8, "double": 8, "complexfloat": 8, "int64": 8, "int32": 4,
    "float64": 8, "int8": 1, "uint8": 1,
}  # fmt: skip


def read(text: str, shown: str) -> Trace:
    """Return the trace of a Chakra JSON.  Raises FormatError for what is none or holds no collective."""
    data = parse_json(text, shown)
    nodes = data.get("nodes") if isinstance(data, dict) else None
    if not isinstance(nodes, list):
        raise FormatError(f'{shown}: is no Chakra trace; it needs a list "nodes"')
    nodes = [node for node in nodes if isinstance(node, dict)]
    groups = dict(_groups(nodes, shown))
    world = max(
        [group.size for group in groups.values()] + [max(group.ranks, default=-1) + 1 for group in groups.values()],
        default=0,
    )
    steps: list[Step] = []
    left: dict[str, int] = {}
    for node in nodes:
        if node.get("name") == _COLLECTIVE:
            step = _step(node, groups, world, left)
            steps += [] if step is None else [step]
    if not steps:
        raise FormatError(f"{shown}: holds no collective that is followed" + _counted(left))
    notes = [f"{count:,} operations {what} are left out" for what, count in sorted(left.items())]
    notes.append("computation is left out")
    return Trace(shown, tuple(steps), world, notes=tuple(notes))


def _counted(left: dict[str, int]) -> str:
    return "; " + ", ".join(f"{count:,} {what}" for what, count in sorted(left.items())) if left else ""


def _groups(nodes: list[dict[str, Any]], shown: str) -> Iterator[tuple[str, ProcessGroup]]:
    """Yield process groups by name and by number of their backend."""
    for node in nodes:
        if node.get("name") != _INIT:
            continue
        for value in _values(node, "inputs"):
            if not isinstance(value, str):
                continue
            try:
                stated = json.loads(value)
            except (ValueError, RecursionError):
                raise FormatError(f"{shown}: node {node.get('id')}: its process groups are no JSON") from None
            for one in stated if isinstance(stated, list) else []:
                size = one.get("group_size") if isinstance(one, dict) else None
                if not (type(size) is int and 0 < size <= 10_000_000):
                    raise FormatError(f"{shown}: node {node.get('id')}: a process group has a group_size; got {size!r}")
                group = ProcessGroup(size, listed(one.get("ranks"), size))
                yield from ((str(one[key]), group) for key in ("pg_name", "backend_id") if key in one)


def _step(node: dict[str, Any], groups: dict[str, ProcessGroup], world: int, left: dict[str, int]) -> Step | None:
    """Return the collective of ``node``; None for what sends nothing, and what cannot be followed, which is counted."""
    values, attributes = _values(node, "inputs"), _attributes(node)
    written = attributes.get("collective_name") or next((v for v in values[3:6] if isinstance(v, str)), "")
    operation = called(str(written))
    if str(written).lower() in _SILENT:
        return None
    size = max(_bytes(attributes, "in", values), _bytes(attributes, "out", _values(node, "outputs")))
    group = _group(attributes, values, groups)
    why = ""
    if not operation:
        why = f"of kind {str(written)[:40] or 'unknown'}"
    elif group is None:
        why = "in groups that the trace does not describe"
    elif not 0 < size <= LARGEST_SIZE:
        why = "without a size"
    step = None if why or group is None else group.step(operation, size, world)
    if step is None:
        why = why or "in groups whose ranks are not evenly apart"
        left[why] = left.get(why, 0) + 1
    return step


def _group(attributes: dict[str, Any], values: list[Any], groups: dict[str, ProcessGroup]) -> ProcessGroup | None:
    """Return the group of a collective: by its name or number, else as its attributes describe it."""
    name = attributes.get("pg_name") or (values[2] if len(values) > 2 else "")
    found = groups.get(str(name[0] if isinstance(name, list) and name else name))
    size = attributes.get("pg_size") or attributes.get("group_size")
    if found is not None or not (type(size) is int and 0 < size <= MOST_RANKS):
        return found
    start, apart = attributes.get("global_rank_start"), attributes.get("global_rank_stride")
    if type(start) is int and type(apart) is int and 0 < apart <= MOST_RANKS:
        return ProcessGroup(size, tuple(range(start, start + size * apart, apart)))
    return ProcessGroup(size)


def _values(node: dict[str, Any], key: str) -> list[Any]:
    part = node.get(key)
    values = part.get("values") if isinstance(part, dict) else None
    return values if isinstance(values, list) else []


def _attributes(node: dict[str, Any]) -> dict[str, Any]:
    attributes = node.get("attrs")
    pairs = [one for one in attributes if isinstance(one, dict)] if isinstance(attributes, list) else []
    return {str(one.get("name")): one.get("value") for one in pairs}


def _bytes(attributes: dict[str, Any], way: str, values: list[Any]) -> float:
    """Return the bytes that go ``in`` or ``out``: as attributes say, else those of the tensors in ``values``."""
    count, width = attributes.get(f"{way}_msg_nelems"), WIDTH.get(str(attributes.get("dtype")).lower())
    if type(count) is int and width:
        return float(count) * width
    return _tensors(values)


def _tensors(value: Any, deep: int = 0) -> float:
    if not isinstance(value, list) or deep > 8:
        return 0.0
    if len(value) == 6 and all(type(one) is int for one in value[:5]) and isinstance(value[5], str):
        return float(value[3]) * float(value[4]) if 0 <= value[3] < 2**62 and 0 <= value[4] < 2**20 else 0.0
    return sum(_tensors(one, deep + 1) for one in value)
