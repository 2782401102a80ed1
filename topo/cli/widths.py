"""Widths of the columns of a table, where a terminal is narrower than the table would be."""

from __future__ import annotations

from collections.abc import Sequence

#: Letters that a column keeps however narrow the terminal.
FEWEST = 6
#: Letters of a word that may break where lines do: more than any key has.
LONG = 30


def natural(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """Return how wide each column is where nothing breaks."""
    return [max(map(len, column)) for column in zip(header, *rows, strict=True)]


def by_words(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[int]:
    """Return how wide each column is where lines break between words, but not inside cells to the ``right``, numbers.

    >>> by_words(["99th percentile", "name"], [["0.5 GB/s", "two words"]], [True, False])
    [10, 5]
    """
    return [
        max(_word(name), *(len(cell) if number else _word(cell) for cell in column), 0)
        for name, column, number in zip(header, zip(*rows, strict=True), right, strict=True)
    ]


def fitted(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], room: int) -> list[int]:
    """Return widths of which the sum is at most ``room`` as far as can be.

    First lines break between words, then words of the ``header``, then those of the widest column.

    >>> fitted(["a", "b"], [["one two three", "4"]], [False, True], 8)
    [7, 1]
    """
    width = natural(header, rows)
    if not rows:
        return width
    nameless = [""] * len(width)
    for least in (by_words(header, rows, right), by_words(nameless, rows, right), [FEWEST] * len(width)):
        _narrow(width, least, room)
    return width


def _word(text: str) -> int:
    return min(LONG, max(map(len, text.split()), default=0))


def _narrow(width: list[int], least: Sequence[int], room: int) -> None:
    """Take letters from the widest column that is wider than its ``least``, until all fit into ``room``."""
    while sum(width) > room:
        wide = [i for i, (now, then) in enumerate(zip(width, least, strict=True)) if now > then]
        if not wide:
            return
        width[max(wide, key=lambda i: width[i])] -= 1
