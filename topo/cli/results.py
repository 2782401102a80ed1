"""Results as people read them in a terminal: title, value with its unit, and the key for --json and --fail-on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from topo.cli import output
from topo.quantities import QUANTITIES

#: Formats of which the terminal has four digits, and the quantity's own unit.
_PLAIN = ("count", "gbps", "number", "ratio")
#: What the page writes and a terminal may not have.
_ASCII = str.maketrans({"\N{NO-BREAK SPACE}": " ", "−": "-", "–": "-", "µ": "u", "×": "x"})


def print_results(
    title: str, results: Mapping[str, Any], keys: Sequence[str], more: Mapping[str, str] | None = None
) -> None:
    """Print those of ``keys`` that ``results`` has, one a line, and ``more`` of which no key speaks."""
    there = [key for key in keys if results.get(key) is not None]
    rows = [(QUANTITIES[key].title, written(key, results[key]), key) for key in there]
    output.print_table(("", "", ""), rows + [(name, text, "") for name, text in (more or {}).items()], title=title)


def print_spread(title: str, draws: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> None:
    """Print those of ``keys`` that every one of ``draws`` has, one a line: the mean and the range, or what all have."""
    there = [key for key in keys if all(one.get(key) is not None for one in draws)]
    rows = [(QUANTITIES[key].title, _spread(key, [one[key] for one in draws]), key) for key in there]
    output.print_table(("", "", ""), rows, title=title)


def _spread(key: str, values: Sequence[Any]) -> str:
    from topo.config.seeds import summary

    if all(value == values[0] for value in values):
        return written(key, values[0])
    one = summary([{key: value} for value in values], key)
    if one is None or len(one.values) < len(values):
        return ", ".join(dict.fromkeys(written(key, value) for value in values))
    least, most = (written(key, value, unit=False) for value in (min(one.values), max(one.values)))
    return f"{written(key, one.mean)} ({least} to {most})"


def print_rows(title: str, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> None:
    """Print ``rows`` of a list of results, a column for each of ``keys``, which name them in full."""
    header = [_ascii(QUANTITIES[key].title + (f" [{unit}]" if (unit := _unit(key)) else "")) for key in keys]
    cells = [[written(key, row[re.split("[.:]", key)[-1]], unit=False) for key in keys] for row in rows]
    output.print_table(header, cells, title=title, right=[QUANTITIES[key].format != "text" for key in keys])


def written(key: str, value: Any, *, unit: bool = True) -> str:
    """Return ``value`` of ``key`` in ASCII, with its unit unless the table's head has it; lists go in short."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {written(key, inner, unit=unit)}" for name, inner in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(written(key, inner, unit=unit) for inner in value) or "-"
    if QUANTITIES[key].format in _PLAIN:
        return _ascii(output.text(value) + (f" {_unit(key)}" if unit and _unit(key) and value is not None else ""))
    from topo.report.labels import form

    return _ascii(form(key)(value))


def _unit(key: str) -> str:
    """Return the unit that stands beside the number, empty where the number brings its own."""
    one = QUANTITIES[key]
    return one.unit if one.format in _PLAIN else ""


def _ascii(text: str) -> str:
    return text.translate(_ASCII)
