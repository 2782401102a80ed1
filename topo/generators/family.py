"""Family: what the rest of the house needs to know of a family of networks, beside the sizes that it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topo.lazy import with_late

if TYPE_CHECKING:
    from topo.generators.wiring import Plan


@with_late("plan")
@dataclass(frozen=True)
class Family:
    """An entry of ``FAMILIES``."""

    plan: Callable[..., Plan]  # from the parameters of one plane; its signature says which there are
    printed: tuple[str, ...] = ()  # what published tables call it
    facing: bool = False  # whether it is drawn as two facing blocks of columns
    single: Callable[[int], dict[str, int]] | None = None  # parameters of one switch for so many: it blocks nothing
