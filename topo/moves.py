"""Automorphisms of a fabric that are worked out when someone first looks: to test one takes a sort of all links.

Many cases never ask: trees of two layers are counted and routed in closed form.  Who walks through them and stops
where enough is known has only those tested that were looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, overload

from topo.lazy import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Move = NDArray[np.int32]


class Moves(Sequence["Move"]):
    """The permutations (N,) that ``find`` yields, a sequence like the tuple of them."""

    def __init__(self, find: Callable[[], Iterable[Move]]) -> None:
        self._find = find
        self._known: list[Move] = []
        self._left: Iterator[Move] | None = None

    def __iter__(self) -> Iterator[Move]:
        at = 0
        while at < len(self._known) or self._one_more():
            yield self._known[at]
            at += 1

    def _one_more(self) -> bool:
        """Look for another permutation, which is then read-only; return whether there is one."""
        if self._left is None:
            self._left = iter(self._find())
        for move in self._left:
            move.setflags(write=False)
            self._known.append(move)
            return True
        return False

    @property
    def found(self) -> tuple[Move, ...]:
        """All of them."""
        return tuple(iter(self))  # tuple(self) would ask for the length first

    def __reduce__(self) -> tuple[type[Moves], tuple[Callable[[], Iterable[Move]]]]:
        return Moves, (partial(tuple, self.found),)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    def __len__(self) -> int:
        return len(self.found)

    @overload
    def __getitem__(self, at: int) -> Move: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Move, ...]: ...

    def __getitem__(self, at: int | slice) -> Move | tuple[Move, ...]:
        return self.found[at]
