"""Results as people read them in a terminal: title, value with its unit, and the key for --json and --fail-on."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from topo.cli import output
from topo.quantities import QUANTITIES

if TYPE_CHECKING:
    from topo.config import Case

#: Formats of which the terminal has four digits, and the quantity's own unit.
_PLAIN = ("count", "gbps", "number", "ratio")
#: Among keys: parts two groups of them.
GAP = ""
NOTHING = ("", "", "")
#: Keys whose 0 means that nothing was stated, and ends of keys that say how full links are.
_STATED = ("latency_s", "zero_load_latency_s")
_FILLED = (
    "max_utilization",
    "p99_utilization",
    "mean_utilization",
    "links_by_tier.*.max",
    "links_by_tier.*.p99",
    "links_by_tier.*.mean",
    "limits.utilization",
)
_ROUNDING = 1e-9
#: Columns of a verdict where nothing tells how wide the terminal is.
_WIDE = 120
#: What the page writes and a terminal may not have.
_ASCII = str.maketrans({"\N{NO-BREAK SPACE}": " ", "−": "-", "–": "-", "µ": "u", "×": "x", "·": "|"})


def say_cases(title: str, cases: Sequence[Case], results: Sequence[Mapping[str, Any]]) -> None:
    """Print ``title`` and the verdict on cases that differ in their seeds alone, as their page has it."""
    from topo.report import sentence

    say_first(title, sentence([(case.resolved(), one) for case, one in zip(cases, results, strict=True)]))


def say_first(title: str, verdict: str) -> None:
    """Print ``title``, and below it what the answer comes to."""
    click.echo(ascii_of(f"{title}\n{in_lines(verdict, wide=_WIDE)}\n"))


def in_lines(sentence: str, indent: str = "", *, wide: int | None = None) -> str:
    """Return ``sentence`` on lines that fit the terminal, each behind ``indent``; ``wide`` elsewhere, None one line."""
    import textwrap

    if sys.stdout.isatty():
        import shutil

        wide = shutil.get_terminal_size((_WIDE, 0)).columns
    if wide is None:
        return indent + sentence
    return textwrap.fill(sentence, wide, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def print_results(
    title: str, results: Mapping[str, Any], keys: Sequence[str], more: Mapping[str, str] | None = None
) -> None:
    """Print those of ``keys`` that ``results`` has, one a line, and ``more`` of which no key speaks."""
    there = _parted([key for key in keys if key == GAP or _worth_saying(key, results.get(key))])
    rows = [_row(key, results[key]) if key else NOTHING for key in there]
    output.print_table(("", "", ""), rows + [(name, text, "") for name, text in (more or {}).items()], title=title)


def print_spread(title: str, draws: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> None:
    """Print those of ``keys`` that every one of ``draws`` has, one a line: the mean and the range, or what all have."""
    there = _parted([key for key in keys if key == GAP or all(_worth_saying(key, one.get(key)) for one in draws)])
    rows = [
        (QUANTITIES[key].title, _spread(key, [one[key] for one in draws]), key) if key else NOTHING for key in there
    ]
    output.print_table(("", "", ""), rows, title=title)


def _row(key: str, value: Any) -> tuple[str, str, str]:
    return QUANTITIES[key].title, _marked(key, value, written(key, value)), key


def _worth_saying(key: str, value: Any) -> bool:
    """Return whether there is something to say; a latency of 0 is one that nobody stated."""
    return value is not None and value != {} and not (key in _STATED and value == 0)


def _parted(keys: Sequence[str]) -> list[str]:
    """Return ``keys`` with one gap between groups, and none at either end."""
    groups = [list(group) for gap, group in itertools.groupby(keys, lambda key: key == GAP) if not gap]
    return [key for i, group in enumerate(groups) for key in ([GAP] if i else []) + group]


def _marked(key: str, value: Any, shown: str) -> str:
    """Return a cell that stands out on a terminal where links are asked for more than they carry."""
    over = key.endswith(_FILLED) and isinstance(value, int | float) and value > 1 + _ROUNDING
    return output.Marked(shown) if over else shown


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
    header = [ascii_of(QUANTITIES[key].title + (f" [{unit}]" if (unit := _unit(key)) else "")) for key in keys]
    names = [re.split("[.:]", key)[-1] for key in keys]
    cells = [
        [_marked(key, row[name], written(key, row[name], unit=False)) for key, name in zip(keys, names, strict=True)]
        for row in rows
    ]
    output.print_table(header, cells, title=title, right=[QUANTITIES[key].format != "text" for key in keys])


def print_cases(cases: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> None:
    """Print a row of CSV for each case: its names, then each of its results that is one number or word."""
    heads = list(dict.fromkeys(key for head, _ in cases for key in head))
    keys = list(dict.fromkeys(key for _, results in cases for key, value in results.items() if _is_one(key, value)))
    rows = [[head.get(key) for key in heads] + [results.get(key) for key in keys] for head, results in cases]
    output.print_csv([*heads, *_headings(keys)], rows)


def print_csv_rows(rows: Sequence[Mapping[str, Any]], place: str) -> None:
    """Print the rows of a list of results as CSV; ``place`` is what its keys begin with, such as ``by_limit.``.

    Of a list without rows it is the header alone.
    """
    found = dict.fromkeys(key for row in rows for key in row) or (key.removeprefix(place) for key in QUANTITIES)
    keys = [key for key in found if f"{place}{key}" in QUANTITIES]
    cells = [[value if _is_scalar(value := row.get(key)) else output.text(value) for key in keys] for row in rows]
    output.print_csv(_headings([f"{place}{key}" for key in keys]), cells)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _is_one(key: str, value: Any) -> bool:
    return key in QUANTITIES and value is not None and _is_scalar(value)


def _headings(keys: Sequence[str]) -> list[str]:
    """Return titles with their units, the key where two would be alike."""
    titles = [ascii_of(f"{(one := QUANTITIES[key]).title}{f' [{one.unit}]' if one.unit else ''}") for key in keys]
    return [key if titles.count(title) > 1 else title for key, title in zip(keys, titles, strict=True)]


def written(key: str, value: Any, *, unit: bool = True) -> str:
    """Return ``value`` of ``key`` in ASCII, with its unit unless the table's head has it; lists go in short."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {written(key, inner, unit=unit)}" for name, inner in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(written(key, inner, unit=unit) for inner in value) or "-"
    if QUANTITIES[key].format in _PLAIN:
        beside = _unit(key) if unit and value is not None else ""
        # 32x capacity, as people write it, and 12.5 Gb/s.
        return ascii_of(output.text(value) + ("" if beside[:1] in ("", "×") else " ") + beside)
    from topo.report.labels import form

    return ascii_of(form(key)(value))


def _unit(key: str) -> str:
    """Return the unit that stands beside the number, empty where the number brings its own."""
    one = QUANTITIES[key]
    return one.unit if one.format in _PLAIN else ""


def ascii_of(text: str) -> str:
    """Return ``text`` with what a page writes and a terminal may not have in other letters."""
    return text.translate(_ASCII)
