"""Results on stdout: one JSON object, or text that people read.

On a terminal a table is drawn by rich; anywhere else it is aligned text that cut, grep and
column understand.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from topo.plain import plain

SCHEMA_VERSION = 2
#: How a terminal shows what is over; NO_COLOR keeps it bold.
_OVER = "bold red"
#: Letters that a column of a drawn table takes beside its cells.
BESIDE = 2
#: Rows up to which a table of numbers, too wide for the terminal, is turned: its columns become its rows.
MOST_TURNED = 3


class Marked(str):
    """A cell that stands out on a terminal."""


def print_json(data: Mapping[str, Any]) -> None:
    """Print one JSON object with ``schema_version`` first; what is not finite becomes null."""
    import json

    click.echo(json.dumps(plain({"schema_version": SCHEMA_VERSION, **data}), indent=2, ensure_ascii=False))


def print_table(
    header: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    title: str = "",
    right: Sequence[bool] = (),
    err: bool = False,
) -> None:
    """Print rows of cells under ``header``, on stderr if ``err``.

    Columns of numbers go to the right where ``right`` does not say which.
    """
    cells = [[text(cell) for cell in row] for row in rows]
    right = right or [all(_number(row[i]) for row in cells) and bool(cells) for i in range(len(header))]
    if title:
        click.echo(title, err=err)
    if (sys.stderr if err else sys.stdout).isatty():
        _draw(header, cells, right, err=err)
        return
    shown = [list(header), *cells] if any(header) else cells
    widths = [max((len(row[i]) for row in shown), default=0) for i in range(len(header))]
    for row in shown:
        aligned = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True))
        click.echo("  ".join(aligned).rstrip(), err=err)


def print_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows of values under ``header`` as CSV: numbers as they are, nothing for what is absent."""
    import csv
    import io

    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[_plain_cell(value) for value in row] for row in rows])
    click.echo(lines.getvalue(), nl=False)


def _plain_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if isinstance(value, float) and not math.isfinite(value) else value


def text(value: Any) -> str:
    """Return a cell: integers with thousands separated, other numbers to four digits, absent as -."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.0f}" if isinstance(value, int) or abs(value) >= 1e5 else f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {text(item)}" for key, item in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(text(item) for item in value) or "-"
    return value if isinstance(value, str) else str(value)


def _number(cell: str) -> bool:
    return cell == "-" or cell.replace(",", "").replace(".", "").lstrip("-").replace("e-", "").isdigit()


def _draw(
    header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], *, err: bool, turned: bool = False
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from topo.cli.widths import by_words, fitted

    console = Console(stderr=err)
    room = console.width - BESIDE * len(header)
    numbers = 2 * sum(right) >= len(right)
    if numbers and not turned and 0 < len(rows) <= MOST_TURNED and sum(by_words(header, rows, right)) > room:
        first, *others = zip(header, *rows, strict=True)
        _draw(first, others, [False] + [True] * len(rows), err=err, turned=True)
        return
    table = Table(box=box.SIMPLE_HEAD, show_header=any(header), show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name, to_the_right, width in zip(header, right, fitted(header, rows, right, room), strict=True):
        # What does not fit goes on below: a key that is cut can be copied by nobody.
        justify = "right" if to_the_right else "left"
        table.add_column(Text(name), justify=justify, overflow="fold", width=width)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*(Text(cell, style=_OVER if isinstance(cell, Marked) else "") for cell in row))
    console.print(table)


def note(message: str) -> None:
    """Print a message for the user on stderr."""
    from topo.cli.exits import say

    say(message)
