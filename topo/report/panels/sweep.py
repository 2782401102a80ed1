"""Sweep: every case that was asked for, and results over each axis that the study swept."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from topo.config.seeds import is_seed
from topo.report import labels, names, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.curves import lines
from topo.report.figures.marks import Series
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.sweep_cases import every_case, over_two, sweep_axes, title_of
from topo.report.panels.view import View

#: Lines that a figure can hold and still be read; the table has the rest.
MOST_LINES = 8
_MEASURES = ("completion_s", "normalized_throughput", "cost_per_endpoint_usd")


def panel(view: View) -> Panel | None:
    """Return every case in a table, and drawings over the swept axes; None for a single case that went well."""
    if len(view.cases) < 2 and not view.failures:
        return None
    figures = [one for one in (_lines(view), over_two(view)) if one is not None]
    blocks: list[Draw | Show] = [Draw(one) for one in figures]
    return make(
        "sweep",
        "Sweep",
        "Which cases were run, and what came of each?",
        _answer(view),
        [*blocks, Show(every_case(view))],
    )


def _answer(view: View) -> str:
    bad = {status: sum(c.record.status == status for c in view.failures) for status in ("failed", "refused")}
    sentence = f"{len(view.cases) - len(view.failures):,} of {words.plural(len(view.cases), 'case')} computed"
    sentence += "".join(f", {count:,} {status}" for status, count in bad.items() if count)
    axes = [title_of(axis) for axis in sweep_axes(view.cases)]
    return f"{sentence}; swept: {words.listing(axes, 6)}." if axes else f"{sentence}."


def _lines(view: View) -> Figure | None:
    """Return lines over each swept numeric axis, None where none has three values."""
    sweeps = [
        (axis, cases) for axis in _axes(view.solutions) if len(_values(cases := _along(view.solutions, axis), axis)) > 2
    ]
    variants = [v for axis, along in sweeps for key in _MEASURES if (v := _variant(along, axis, key))]
    if not variants:
        return None
    how = f"A line for each setting of the other axes; the first {MOST_LINES} are drawn, the table has all."
    how += " Where seeds vary a mark is their median. An axis over a wide range is logarithmic."
    return Figure("fig-sweep", _finding(sweeps), how, tuple(variants), None, "axis and measure")


def _axes(cases: Sequence[Case]) -> list[str]:
    return names.order(
        axis
        for case in cases
        for axis, value in case.record.labels.items()
        if not is_seed(axis) and _number(value) is not None
    )


def _along(cases: Sequence[Case], axis: str) -> list[Case]:
    return [case for case in cases if _number(case.record.labels.get(axis)) is not None]


def _values(cases: Sequence[Case], axis: str) -> list[float]:
    return sorted({value for c in cases if (value := _number(c.record.labels.get(axis))) is not None})


def _number(label: str | None) -> float | None:
    try:
        return float(label) if label is not None else None
    except ValueError:
        return None


def _variant(cases: Sequence[Case], axis: str, key: str) -> Variant | None:
    numbers = [case.get(key) for case in cases]
    if not any(value is not None for value in numbers):
        return None
    factor, title = labels.scale(key, numbers)
    form = labels.form(key)
    values = _values(cases, axis)
    series = []
    for setting, alike in list(_alike(cases, axis).items())[:MOST_LINES]:
        curve = _curve(alike, axis, key)
        results = [curve.get(value) for value in values]
        positions = [None if one is None else one * factor for one in results]
        series.append(Series(setting, positions, [form(one) for one in results]))
    height = 320 + 18 * len(series)
    return Variant(
        f"{title_of(axis)}: {labels.title(key)}",
        lines(values, series, f"{title_of(axis)} [number]", title, height),
    )


def _alike(cases: Sequence[Case], axis: str) -> dict[str, list[Case]]:
    """Return setting of the other axes -> its cases, those settings that lie at two places of ``axis`` or more."""
    groups: dict[tuple[tuple[str, str], ...], list[Case]] = {}
    for case in cases:
        rest = tuple((key, value) for key, value in case.record.labels.items() if key != axis and not is_seed(key))
        groups.setdefault(rest, []).append(case)
    groups = {rest: group for rest, group in groups.items() if len(_values(group, axis)) > 1}
    # What all lines have alike tells none of them apart.
    common = set.intersection(*map(set, groups)) if len(groups) > 1 else set()
    titles = {
        rest: [f"{title_of(key)} {value}" for key, value in rest if (key, value) not in common] for rest in groups
    }
    return {", ".join(titles[rest]) or "all": group for rest, group in groups.items()}


def _curve(cases: Sequence[Case], axis: str, key: str) -> dict[float | None, float]:
    """Return place on ``axis`` -> result ``key``, the median where several seeds lie there."""
    results: dict[float | None, list[float]] = {}
    for case in cases:
        if case.get(key) is not None:
            results.setdefault(_number(case.record.labels[axis]), []).append(float(case.get(key)))
    return {place: median(values) for place, values in results.items()}


def _finding(sweeps: Sequence[tuple[str, list[Case]]]) -> str:
    clauses = []
    for axis, cases in sweeps:
        curves = [_curve(alike, axis, "completion_s").values() for alike in _alike(cases, axis).values()]
        ratios = [max(times) / min(times) for times in curves if times and min(times) > 0]
        clauses.append(f"{title_of(axis)} by up to {words.number(max(ratios, default=1.0))}{words.NARROW}×")
    return f"All else equal, {labels.title('completion_s')} moves with {words.listing(clauses)}."
