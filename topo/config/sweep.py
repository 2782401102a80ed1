"""Axes of a sweep: named by dotted paths, crossed with one another.

``fabric.planes: [1, 2, 4, 8]`` is an axis of four.  ``{range: [2, 10, 2]}`` counts,
both ends included.  ``"fabric.planes, fabric.endpoints": [[1, 256], [8, 2048]]`` moves
two values together.  A whole section is an axis too: ``fabric: [{name: MPFT, ...}, ...]``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import floor, prod
from typing import Any

from topo.config.case import SECTIONS
from topo.config.document import Document, describe
from topo.config.errors import ConfigError, unknown
from topo.config.merge import label_of, spec_of, unfold_section, word_of

#: Cases that one study may expand to.
MAX_CASES = 100_000
_RANGE_TOLERANCE = 1e-9  # of a step; the last value may miss the end by rounding


@dataclass(frozen=True)
class Point:
    """One place on an axis: what it sets, and what it is called."""

    values: tuple[tuple[str, Document], ...]  # dotted path -> value
    label: Any


@dataclass(frozen=True)
class Axis:
    """A named list of points."""

    name: str
    points: tuple[Point, ...]


def axes_of(sweep: Document) -> list[Axis]:
    """Return the axes of a ``sweep:`` mapping, in its order.

    Raises ConfigError for a path outside the sections, an empty list, or a broken range.
    """
    if sweep.data is None:
        return []
    if not isinstance(sweep.data, dict):
        raise ConfigError(f"{sweep.place(())}: sweep: a mapping of axes is needed; got {describe(sweep.data)}")
    return [_axis(name, sweep.at(name), sweep.place((name,))) for name in sweep.data]


def points_of(axes: list[Axis], place: str) -> Iterator[dict[str, Point]]:
    """Return every combination of the axes, the last axis running fastest.

    Raises ConfigError above MAX_CASES.
    """
    count = prod(len(axis.points) for axis in axes)
    if count > MAX_CASES:
        sizes = " x ".join(f"{len(axis.points)} ({axis.name})" for axis in axes)
        raise ConfigError(f"{place}: sweep: {sizes} = {count} cases; at most {MAX_CASES} are run")
    for combination in product(*(axis.points for axis in axes)):
        yield {axis.name: point for axis, point in zip(axes, combination, strict=True)}


def _axis(name: str, document: Document, place: str) -> Axis:
    paths = [path.strip() for path in name.split(",")]
    for path in paths:
        head = path.split(".")[0]
        if head not in (*SECTIONS, "seed"):
            raise ConfigError(f"{place}: sweep: axis {path!r}: {unknown(head, (*SECTIONS, 'seed'))}")
    document = _listed(document, name, place)
    if not document.data:
        raise ConfigError(f"{place}: sweep.{name}: an axis needs at least one value")
    points = [_zipped(paths, row, name) if len(paths) > 1 else _point(paths[0], row) for row in document.parts()]
    return Axis(", ".join(paths), _distinct(points))


def _listed(document: Document, name: str, place: str) -> Document:
    data = document.data
    if isinstance(data, list):
        return document
    if isinstance(data, dict) and set(data) == {"range"}:
        values = _range(data["range"], f"{place}: sweep.{name}")
        return Document(values, {(): place})
    raise ConfigError(
        f"{place}: sweep.{name}: a list of values, or {{range: [first, last, step]}}, is needed; got {describe(data)}"
    )


def _range(ends: Any, where: str) -> list[Any]:
    numbers = ends if isinstance(ends, list) else []
    if len(numbers) not in (2, 3) or any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise ConfigError(f"{where}: range takes [first, last] or [first, last, step] in numbers; got {ends!r}")
    first, last, step = (*numbers, 1)[:3]
    steps = (last - first) / step + _RANGE_TOLERANCE if step else -1.0
    if not 0 <= steps < MAX_CASES:
        raise ConfigError(f"{where}: range from {first} to {last} by {step} holds no value or too many")
    return [first + i * step for i in range(floor(steps) + 1)]


def _point(path: str, value: Document) -> Point:
    value = unfold_section(path, value)
    return Point(((path, value),), label_of(value.data, path))


def _zipped(paths: list[str], row: Document, name: str) -> Point:
    if not isinstance(row.data, list) or len(row.data) != len(paths):
        raise ConfigError(f"{row.place(())}: sweep.{name}: {len(paths)} values move together; got {describe(row.data)}")
    parts = [_point(path, row.at(i)) for i, path in enumerate(paths)]
    values = tuple(value for part in parts for value in part.values)
    return Point(
        values, ", ".join(f"{path.rsplit('.', 1)[-1]}={part.label}" for path, part in zip(paths, parts, strict=True))
    )


def _distinct(points: list[Point]) -> tuple[Point, ...]:
    """Return the points with labels that tell them apart: a name that occurs twice gets its parameters."""
    counts = Counter(str(point.label) for point in points)
    named = []
    for point in points:
        path, value = point.values[0]
        again = counts[str(point.label)] > 1 and isinstance(value.data, dict)
        named.append(Point(point.values, spec_of(value.data, word_of(path)) if again else point.label))
    return tuple(named)
