"""Slurm's host lists: ``node[1-4,7],login`` names six nodes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from topo.formats.errors import FormatError

#: Names that one list may stand for.
MOST_NAMES = 1_000_000

_ITEM = re.compile(r"((?:\[[^\]]*\]|[^,\[\]])+)")
_PART = re.compile(r"\[([^\]]*)\]|([^\[\]]+)")
_RANGE = re.compile(r"(\d{1,12})(?:-(\d{1,12}))?")


def expand(text: str, shown: str) -> list[str]:
    """Return the names that ``text`` stands for, in order.

    >>> expand("n[08-10,12],x", "f")
    ['n08', 'n09', 'n10', 'n12', 'x']

    Raises FormatError for a list that is none or stands for too many.
    """
    found: list[str] = []
    for item in _ITEM.findall(text.strip()):
        names = [""]
        for inside, plain in _PART.findall(item):
            ends = _numbers(inside, text, shown) if inside else [plain]
            if len(names) * len(ends) + len(found) > MOST_NAMES:
                raise FormatError(f"{shown}: {text[:60]!r} stands for over {MOST_NAMES} names")
            names = [name + end for name in names for end in ends]
        found += names
    if text.strip() and "".join(_ITEM.findall(text.strip())).count("[") != text.count("["):
        raise FormatError(f"{shown}: {text[:60]!r} is no list of names; brackets do not close")
    return found


def _numbers(inside: str, text: str, shown: str) -> list[str]:
    found: list[str] = []
    for part in inside.split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            raise FormatError(f"{shown}: {text[:60]!r} is no list of names; [{inside[:40]}] holds no numbers")
        low, high = int(match[1]), int(match[2] or match[1])
        if not 0 <= high - low < MOST_NAMES:
            raise FormatError(f"{shown}: {text[:60]!r}: {part} does not count up, or stands for too many")
        found += [str(number).zfill(len(match[1])) for number in range(low, high + 1)]
    return found


def squeezed(names: Sequence[str]) -> str:
    """Return ``names`` as one list, runs of numbers drawn together.

    >>> squeezed(["n1", "n2", "n3", "n7", "x"])
    'n[1-3,7],x'
    """
    runs: dict[str, list[int]] = {}
    plain: list[str] = []
    for name in names:
        match = re.fullmatch(r"(.*?)(0|[1-9]\d{0,11})", name)
        if match and "[" not in name:
            runs.setdefault(match[1], []).append(int(match[2]))
        else:
            plain.append(name)
    return ",".join([f"{head}{_drawn(sorted(numbers))}" for head, numbers in runs.items()] + plain)


def _drawn(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return str(numbers[0])
    parts: list[list[int]] = []
    for n in numbers:
        if parts and n == parts[-1][-1] + 1:
            parts[-1].append(n)
        else:
            parts.append([n])
    return "[" + ",".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts) + "]"
