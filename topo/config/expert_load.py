"""Measured load of experts: a matrix of layers and experts, as CSV or JSON."""

from __future__ import annotations

import json
from math import isfinite

from topo.config.data import Files
from topo.config.errors import ConfigError


def expert_load(name: str, files: Files | None = None) -> list[list[float]]:
    """Return the load of each expert in each layer (layers, experts), as the file has it.

    A row is a layer, a column an expert; a first row of words is passed over.  JSON is a list of such rows, or one row.

    Raises ConfigError at the row that is wrong.
    """
    text, shown = (files or Files()).read("traffic", name)
    rows = _json(text, shown) if text.lstrip().startswith("[") else _csv(text, shown)
    if not rows:
        raise ConfigError(f"{shown}: holds no layer; a row is a layer, a column an expert")
    for place, row in rows:
        if len(row) != len(rows[0][1]):
            raise ConfigError(f"{place}: {len(row)} experts, but {len(rows[0][1])} in the first layer")
        if not all(isfinite(load) and load >= 0 for load in row) or not sum(row):
            raise ConfigError(f"{place}: loads are numbers of 0 or more, and not all 0")
    return [row for _, row in rows]


def _csv(text: str, shown: str) -> list[tuple[str, list[float]]]:
    found: list[tuple[str, list[float]]] = []
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")]
    for i, (number, line) in enumerate(lines):
        try:
            found.append((f"{shown}:{number}", [float(cell) for cell in line.split(",")]))
        except ValueError:
            if i:
                raise ConfigError(f"{shown}:{number}: a row holds numbers alone, got {line[:40]!r}") from None
    return found


def _json(text: str, shown: str) -> list[tuple[str, list[float]]]:
    try:
        rows = json.loads(text)
        rows = rows if rows and isinstance(rows[0], list) else [rows]
        return [(f"{shown}: layer {i}", [float(load) for load in row]) for i, row in enumerate(rows)]
    except (ValueError, TypeError, RecursionError) as error:
        raise ConfigError(f"{shown}: a list of rows of numbers is needed: {error}") from None
