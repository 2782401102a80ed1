"""Automorphisms of a fabric that are worked out when someone first looks: to test one takes a sort of all links.

Many cases never ask: trees of two layers are counted and routed in closed form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, overload

from topo.lazy import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Move = NDArray[np.int32]


class Moves(Sequence["Move"]):
    """The permutations (N,) that ``find`` returns, a sequence like the tuple of them."""

    def __init__(self, find: Callable[[], tuple[Move, ...]]) -> None:
        self.find = find

    @cached_property
    def found(self) -> tuple[Move, ...]:
        """The permutations, each read-only."""
        found = self.find()
        for move in found:
            move.setflags(write=False)
        return found

    def __len__(self) -> int:
        return len(self.found)

    @overload
    def __getitem__(self, at: int) -> Move: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Move, ...]: ...

    def __getitem__(self, at: int | slice) -> Move | tuple[Move, ...]:
        return self.found[at]
