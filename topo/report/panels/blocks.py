"""What a panel is made of; the template draws each block by its ``kind``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from topo.report.figures.axes import Figure
from topo.report.tables import Table


@dataclass(frozen=True)
class Card:
    """One number of the verdict; ``state`` is good, warn, bad or plain."""

    label: str
    value: str
    note: str = ""
    state: str = "plain"


@dataclass(frozen=True)
class Cards:
    """A row of numbers."""

    kind: ClassVar[str] = "cards"
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Draw:
    """A figure with its table; with a ``fold`` it opens under those words."""

    kind: ClassVar[str] = "figure"
    figure: Figure
    fold: str = ""


@dataclass(frozen=True)
class Show:
    """A table of its own."""

    kind: ClassVar[str] = "table"
    table: Table


@dataclass(frozen=True)
class Pick:
    """Tables of the same rows read in several ways, of which the reader picks one: ``pick`` says what is chosen."""

    kind: ClassVar[str] = "pick"
    id: str
    pick: str
    names: tuple[str, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Notes:
    """A list of sentences; ``tone`` is plain, warn or bad."""

    kind: ClassVar[str] = "notes"
    items: tuple[str, ...]
    title: str = ""
    tone: str = "plain"


@dataclass(frozen=True)
class Source:
    """Text as it stands in a file or on a command line."""

    kind: ClassVar[str] = "source"
    title: str
    text: str
    folded: bool = True


Block = Cards | Draw | Show | Pick | Notes | Source


@dataclass(frozen=True)
class Panel:
    """A section of the page: a question, its answer in one sentence, and what supports it."""

    id: str
    nav: str
    question: str
    answer: str
    blocks: tuple[Block, ...]
    folded: bool = False  # what supports the answer is opened by a click, or by whoever is sent there


def panel(
    id: str, nav: str, question: str, answer: str, blocks: Sequence[Block | None], *, folded: bool = False
) -> Panel:
    """Return a Panel of those blocks that are there."""
    return Panel(id, nav, question, answer, tuple(block for block in blocks if block is not None), folded)
