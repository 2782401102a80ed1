"""Every case of a sweep: a map over its two longest axes, and the table of all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from topo.config.seeds import is_seed
from topo.report import labels, names, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.fields import Ways, grid
from topo.report.names import Case
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table

RESULTS = ("completion_s", "normalized_throughput", "max_utilization", "cost_per_endpoint_usd")
#: Where in a file a refusal comes from: the reason itself is what a row has room for.
_PLACE = re.compile(r"^\S+:\d+:\d+: ")
#: Maps to pick among.
_MOST_MAPS = 12
#: Share of a map's cells that must hold a case.
_FILL = 0.6


def sweep_axes(cases: Sequence[Case]) -> list[str]:
    """Return the axes on which ``cases`` differ, in the study's order."""
    axes = names.order(axis for case in cases for axis in case.record.labels)
    return [axis for axis in axes if len({case.record.labels.get(axis) for case in cases}) > 1]


def telling_axes(cases: Sequence[Case]) -> list[str]:
    """Return the axes, but for seeds, by which some of ``cases`` differ that share network, traffic and policy."""
    alike: dict[tuple[str, str, str], list[Case]] = {}
    for case in cases:
        alike.setdefault((case.network, case.traffic, case.policy), []).append(case)
    return names.order(axis for group in alike.values() for axis in sweep_axes(group) if not is_seed(axis))


def settings_of(cases: Sequence[Case]) -> tuple[list[Column], list[list[str | None]]]:
    """Return a column for each of the ``telling_axes``, and what the row of each of ``cases`` has there."""
    axes = telling_axes(cases)
    columns = [name(title_of(axis).capitalize()) for axis in axes]
    return columns, [[case.record.labels.get(axis) for axis in axes] for case in cases]


def title_of(axis: str) -> str:
    """Return the last word of an axis: ``fabric.planes`` is planes."""
    head, _, last = axis.rpartition(".")
    return f"{head.rpartition('.')[2]} {last}" if last == "endpoints" and head else last.replace("_", " ")


def every_case(view: View) -> Table:
    """Return one row a case, computed or not, with what came of it."""
    axes = sweep_axes(view.cases)
    columns, rows = [name(title_of(axis).capitalize()) for axis in axes], []
    keys = [key for key in RESULTS if any(case.get(key) is not None for case in view.cases)]
    columns = columns or [name("Case")]
    columns += [Column("Status", words.text, numeric=False, shade=_shade)]
    columns += [Column("Reason", numeric=False, shade=lambda _: "wide")] if view.failures else []
    columns += [labels.column(key, bar=key == "completion_s") for key in keys]
    for case in view.cases:
        at = [case.record.labels.get(axis) for axis in axes] or [case.title]
        results = [case.get(key) for key in keys]
        why = [words.clip(_PLACE.sub("", case.record.error).partition("\n")[0], 80) or None] if view.failures else []
        rows.append((*at, case.record.status, *why, *results))
    note = "Reasons stand in full under Checks." if view.failures else ""
    return table("cases", "Every case", columns, rows, filterable=len(rows) > 12, note=note)


def _shade(status: Any) -> str:
    return {"ok": "good", "refused": "warn"}.get(str(status), "bad")


def over_two(view: View) -> Figure | None:
    """Return maps over the two longest axes, one a setting of the others; None where two do not have three values each.

    Cells of several seeds show the median.
    """
    cases = view.solutions
    axes = sweep_axes(cases)
    lengths = {a: len({c.record.labels.get(a) for c in cases} - {None}) for a in axes}
    long = sorted((a for a in lengths if lengths[a] > 2 and not is_seed(a)), key=lambda a: -lengths[a])
    if len(long) < 2:
        return None
    down, along = long[0], long[1]
    sets = ((key, _maps(cases, key, (down, along), axes)) for key in RESULTS[1::-1])
    # A map of one colour tells nothing: the next result may.
    key, maps = next((pair for pair in sets if _is_lively([v for one in pair[1] for v in one.values])), ("", []))
    if not maps:
        return None
    form, numbers = labels.form(key), [value for one in maps for value in one.values]
    ends = (min(numbers), max(numbers))
    variants = []
    for one in maps[:_MOST_MAPS]:
        texts = [["" if v is None else form(v) for v in row] for row in one.cells]
        spec = grid(_way(along, one.along), _way(down, one.down), one.cells, texts, labels.axis(key), ends=ends)
        variants.append(Variant(one.setting, spec))
    finding = f"{labels.heading(key)} over {title_of(down)} and {title_of(along)}: {' to '.join(map(form, ends))}."
    how = "One cell for each case, the median where several seeds share it; an empty cell has no computed case."
    return Figure("fig-map", finding, how, tuple(variants), None, "the other axes")


@dataclass(frozen=True)
class _Map:
    """The results of one setting over two axes."""

    setting: str
    down: list[str]
    along: list[str]
    cells: list[list[float | None]]

    @property
    def values(self) -> list[float]:
        return [value for row in self.cells for value in row if value is not None]


def _maps(cases: Sequence[Case], key: str, pair: tuple[str, str], axes: Sequence[str]) -> list[_Map]:
    """Return a map a setting of the other axes, those with three places each way and few empty cells."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        if case.get(key) is not None and all(axis in case.record.labels for axis in pair):
            groups.setdefault(_setting(case, pair, axes), []).append(case)
    maps = []
    for setting, group in groups.items():
        ys, xs = (_places(group, axis) for axis in pair)
        cells = [[_median(group, {pair[0]: y, pair[1]: x}, key) for x in xs] for y in ys]
        maps.append(_Map(setting, ys, xs, cells))
    return [
        one
        for one in maps
        if min(len(one.down), len(one.along)) > 2 and len(one.values) >= _FILL * len(one.down) * len(one.along)
    ]


def _way(axis: str, places: Sequence[str]) -> Ways:
    kind = "number" if all(place.replace(".", "", 1).isdigit() for place in places) else "name"
    return Ways(f"{title_of(axis)} [{kind}]", places)


def _is_lively(numbers: Sequence[float]) -> bool:
    return bool(numbers) and max(numbers) > min(numbers) * 1.001


def _setting(case: Case, but: tuple[str, str], axes: Sequence[str]) -> str:
    rest = [
        f"{title_of(axis)} {case.record.labels[axis]}"
        for axis in axes
        if axis not in but and not is_seed(axis) and axis in case.record.labels
    ]
    return ", ".join(rest) or "all"


def _places(cases: Sequence[Case], axis: str) -> list[str]:
    places = names.order(case.record.labels[axis] for case in cases)
    try:
        return sorted(places, key=float)
    except ValueError:
        return places


def _median(cases: Sequence[Case], at: dict[str, str], key: str) -> float | None:
    results = [float(c.get(key)) for c in cases if all(c.record.labels[axis] == value for axis, value in at.items())]
    return float(median(results)) if results else None
