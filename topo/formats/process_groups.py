"""Process groups of a job as traces name them: who belongs to each, as far as a trace says."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from traffic.ccl import KINDS
from traffic.trace import Step

#: Ranks that a group may list.
MOST_RANKS = 1_000_000


class ProcessGroup(NamedTuple):
    """One group; ``ranks`` is empty where the trace does not list them."""

    size: int
    ranks: tuple[int, ...] = ()

    def step(self, operation: str, size: float, world: int) -> Step | None:
        """Return ``operation`` in all groups of this shape; None where the ranks are not evenly apart."""
        if operation in KINDS and self.size == world:
            return Step(operation, size)
        apart = even(self.ranks) if len(self.ranks) == self.size else 1 if not self.ranks else 0
        return Step(operation, size, "", self.size, apart) if apart else None


def even(ranks: Sequence[int]) -> int:
    """Return how far apart ``ranks`` are; 0 where that differs.

    >>> even([0, 8, 16]), even([0, 1, 3]), even([5])
    (8, 0, 1)
    """
    apart = {b - a for a, b in pairwise(ranks)} or {1}
    return max(apart) if len(apart) == 1 and min(apart) > 0 else 0


def listed(value: object, size: int) -> tuple[int, ...]:
    """Return the ranks of a list or of its text; one that ends in ``...`` goes on as it begins, up to ``size``.

    >>> listed("[0, 2, ...]", 4), listed([3, 4], 2), listed(None, 2)
    ((0, 2, 4, 6), (3, 4), ())
    """
    words = value.strip("[] ").split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    words = [str(word).strip() for word in words[: MOST_RANKS + 1]]
    cut = bool(words) and words[-1] == "..."
    if cut:
        words.pop()
    if not words or not all(word.isdecimal() and len(word) <= 9 for word in words):
        return ()
    ranks = [int(word) for word in words]
    if cut and len(ranks) > 1 and len(ranks) < size <= MOST_RANKS:
        apart = ranks[1] - ranks[0]
        ranks = [ranks[0] + i * apart for i in range(size)]
    return tuple(ranks)
