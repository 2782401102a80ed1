"""Price books: CSV files with one row a part."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from io import StringIO

from topo.config.data import Files
from topo.config.errors import ConfigError, Problem, unknown
from topo.cost import Price, PriceBook, PriceError

_COLUMNS = ("part", "speed_gbps", "reach_m", "usd", "watts", "source", "date", "breakout")
_NEEDED = ("part", "usd")


def load(name: str, files: Files | None = None) -> PriceBook:
    """Return the price book of a shipped name or a CSV file.

    Lines that start with ``#`` are its note.  Raises ConfigError with file:line for every problem.
    """
    text, shown = (files or Files()).read("prices", name)
    return _book(text, shown, name)


@lru_cache(maxsize=64)
def _book(text: str, shown: str, name: str) -> PriceBook:
    lines = text.splitlines()
    note = " ".join(line.lstrip("# ").rstrip() for line in lines if line.startswith("#"))
    problems: list[Problem] = []
    rows = tuple(_rows([("" if line.startswith("#") else line) for line in lines], shown, problems))
    if not rows and not problems:
        problems = [Problem(shown, "", f"holds no price; its header is {','.join(_COLUMNS)}")]
    if problems:
        raise ConfigError.of(problems)
    return PriceBook(name, rows, note)


def _rows(lines: list[str], shown: str, problems: list[Problem]) -> Iterator[Price]:
    reader = csv.reader(StringIO("\n".join(lines)), strict=True)
    header: list[str] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            place = f"{shown}:{reader.line_num}"
            if not any(cells):
                continue
            if header:
                yield from _row(dict(zip(header, cells, strict=False)), len(cells) - len(header), place, problems)
                continue
            header = cells
            if not _good_header(header, place, problems):
                return
    except csv.Error as error:
        problems.append(Problem(f"{shown}:{reader.line_num}", "", f"not CSV: {error}"))


def _good_header(header: list[str], place: str, problems: list[Problem]) -> bool:
    wrong = [
        Problem(place, name, f"unknown column; {unknown(name, _COLUMNS)}") for name in header if name not in _COLUMNS
    ]
    wrong += [Problem(place, name, "column is missing") for name in _NEEDED if name not in header]
    problems += wrong
    return not wrong


def _row(row: dict[str, str], extra: int, place: str, problems: list[Problem]) -> Iterator[Price]:
    if extra:
        problems.append(
            Problem(place, "", f"has {abs(extra)} {'more' if extra > 0 else 'fewer'} cells than the header")
        )
        return
    before = len(problems)
    numbers = {
        key: _number(row.get(key, ""), key, place, problems) for key in ("usd", "speed_gbps", "reach_m", "watts")
    }
    breakout = row.get("breakout") or "1"
    if not re.fullmatch(r"[1-9]\d{0,3}", breakout):
        problems.append(Problem(place, "breakout", f"a whole number of at least 1 is needed; got {breakout!r}"))
    if len(problems) > before:
        return
    usd = numbers.pop("usd")
    if usd is None and numbers["watts"] is None:
        text = "is missing, and so is watts; give the price of one part in US dollars, or what it draws"
        problems.append(Problem(place, "usd", text))
        return
    try:
        yield Price(
            part=row["part"],
            usd=usd,
            breakout=int(breakout),
            source=row.get("source", ""),
            date=row.get("date", ""),
            **numbers,
        )
    except PriceError as error:
        problems.append(Problem(place, "", str(error)))


def _number(text: str, key: str, place: str, problems: list[Problem]) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isfinite(value) and value >= 0:
        return value
    problems.append(Problem(place, key, f"a number of 0 or more is needed; got {text!r}"))
    return None
