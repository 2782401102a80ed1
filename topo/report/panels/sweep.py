"""Sweep: results over every numeric axis that the study swept, a line for each setting of the others."""

from __future__ import annotations

from collections.abc import Sequence

from topo.report import names, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.curves import lines
from topo.report.figures.marks import Series
from topo.report.names import Named
from topo.report.panels.blocks import Draw, Panel
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import Column, Table, name, table

#: Lines that a figure can hold and still be read; the table has the rest.
MOST_LINES = 8
_MEASURES = (
    ("completion_s", "completion time"),
    ("normalized_throughput", "normalized throughput [share of the port limit]"),
    ("cost_per_endpoint_usd", "cost per endpoint [USD]"),
)


def panel(view: View) -> Panel | None:
    """Return lines over each swept numeric axis, None where none has three values."""
    swept = [(axis, cases) for axis in _axes(view.solved) if len(_values(cases := _along(view.solved, axis), axis)) > 2]
    if not swept:
        return None
    variants = [v for axis, cases in swept for key, title in _MEASURES if (v := _variant(cases, axis, key, title))]
    how = f"A line for each setting of the other axes; the first {MOST_LINES} are drawn, the table has all."
    figure = Figure("fig-sweep", _finding(swept), how, tuple(variants), _table(view, swept), "axis and measure")
    told = words.listing([_words(axis) for axis, _ in swept])
    return make("sweep", "Sweep", "What changes along the sweep?", f"Swept: {told}.", (Draw(figure),))


def _axes(cases: Sequence[Named]) -> list[str]:
    return names.order(
        axis for case in cases for axis, value in case.record.labels.items() if _number(value) is not None
    )


def _along(cases: Sequence[Named], axis: str) -> list[Named]:
    return [case for case in cases if _number(case.record.labels.get(axis)) is not None]


def _values(cases: Sequence[Named], axis: str) -> list[float]:
    return sorted({value for c in cases if (value := _number(c.record.labels.get(axis))) is not None})


def _number(label: str | None) -> float | None:
    try:
        return float(label) if label is not None else None
    except ValueError:
        return None


def _words(axis: str) -> str:
    return axis.rpartition(".")[2].replace("_", " ")


def _others(case: Named, axis: str) -> str:
    rest = [f"{_words(key)} {value}" for key, value in case.record.labels.items() if key != axis]
    return ", ".join(rest) or "all"


def _variant(cases: Sequence[Named], axis: str, key: str, title: str) -> Variant | None:
    given = [case.get(key) for case in cases]
    if not any(value is not None for value in given):
        return None
    factor, unit = words.time_scale(given) if key.endswith("_s") else (1.0, "")
    form = words.seconds if unit else words.usd if key.endswith("_usd") else words.ratio
    values = _values(cases, axis)
    series = []
    for setting in names.order(_others(case, axis) for case in cases)[:MOST_LINES]:
        held = {_number(c.record.labels[axis]): c.get(key) for c in cases if _others(c, axis) == setting}
        found = [held.get(value) for value in values]
        scaled = [None if one is None else one * factor for one in found]
        series.append(Series(setting, scaled, [form(one) for one in found]))
    shown = f"{title} [{unit}]" if unit else title
    height = 320 + 18 * len(series)
    return Variant(
        f"{_words(axis)}: {title.partition(' [')[0]}", lines(values, series, f"{_words(axis)} [value]", shown, height)
    )


def _finding(swept: Sequence[tuple[str, list[Named]]]) -> str:
    told = []
    for axis, cases in swept:
        groups: dict[str, list[float]] = {}
        for case in cases:
            if case.get("completion_s"):
                groups.setdefault(_others(case, axis), []).append(float(case.get("completion_s")))
        most = max((max(times) / min(times) for times in groups.values()), default=1.0)
        told.append(f"{_words(axis)} by up to {words.number(most)}{words.NARROW}×")
    return f"All else equal, completion time moves with {words.listing(told)}."


def _table(view: View, swept: Sequence[tuple[str, list[Named]]]) -> Table:
    axes = names.order(axis for case in view.solved for axis in case.record.labels)
    columns = [name(_words(axis).capitalize()) for axis in axes]
    columns += [Column("Completion", words.seconds, "time", bar=True)]
    columns += [Column("Normalized throughput", words.ratio, "of port limit"), Column("Per endpoint", words.usd, "USD")]
    cases = list({id(case): case for _, held in swept for case in held}.values())
    rows = [(*(c.record.labels.get(axis) for axis in axes), *(c.get(key) for key, _ in _MEASURES)) for c in cases]
    return table("sweep-table", "Cases along the sweep", columns, rows, filterable=len(rows) > 12)
