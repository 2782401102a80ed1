"""Comparison: networks at full size against the printed table, and networks under traffic."""

from __future__ import annotations

from typing import Any

from topo.cost import Printed
from topo.report import labels, published, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.marks import Series, dots
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View, largest
from topo.report.tables import Column, Table, name, table

_SIZE_KEYS = ("endpoints", "switches", "switch_links", "cost_usd", "cost_per_endpoint_usd")
_LOAD_KEYS = (
    "endpoints",
    "normalized_throughput",
    "switch_throughput",
    "network_rate_bytes_per_s",
    "max_utilization",
    "completion_s",
    "cost_per_endpoint_usd",
)
#: What the figure shows -> where 1 means that nothing blocks.
_MEASURES = {"normalized_throughput": 1.0, "max_utilization": 1.0, "completion_s": None}


def panel(view: View) -> Panel | None:
    """Return both comparisons, None where there is neither."""
    if not view.full_size and not view.grid:
        return None
    blocks = (_full_size(view), _figure(view))
    return make("comparison", "Comparison", "How do the networks compare?", _answer(view), blocks)


def _answer(view: View) -> str:
    off = [(c, r) for c in view.full_size if (row := published.row_of(c.record)) and (r := _worst(c, row))]
    sentences = []
    if any(published.row_of(c.record) for c in view.full_size):
        same = [c.network for c in view.full_size if published.row_of(c.record)]
        worst = max(off, key=lambda pair: abs(pair[1]), default=None)
        verb = "stands" if len(same) == 1 else "stand"
        text = f"{words.plural(len(same), 'network')} {verb} beside the paper's Table 3"
        sentences.append(
            f"{text}; the largest residual is {words.signed_percent(worst[1])} ({worst[0].network})."
            if worst
            else f"{text}, without residual."
        )
    bottlenecks = [c for c in view.grid if (c.get("normalized_throughput") or 1) < 1 - 1e-6]
    if view.grid:
        free = len(view.grid) - len(bottlenecks)
        which = f"{free} of {words.plural(len(view.grid), 'network and traffic pair')}" if free else "No network"
        sentences.append(f"{which} {'runs' if free < 2 else 'run'} at the port limit{'' if free else ' anywhere'}.")
    return " ".join(sentences) or f"{words.plural(len(view.full_size), 'network')}, counted and priced."


def _worst(case: Case, row: Printed) -> float | None:
    values = [published.residual(case.get("cost_usd"), row.usd)]
    values.append(published.residual(case.get("switches"), row.size.switches))
    values.append(published.residual(case.get("switch_links"), row.size.switch_links))
    return max((v for v in values if v is not None), key=abs, default=None)


def _full_size(view: View) -> Show | None:
    if not view.full_size:
        return None
    columns = [name("Network"), *(labels.column(key, bar=key == _SIZE_KEYS[-1]) for key in _SIZE_KEYS)]
    paper_rows = [published.row_of(case.record) for case in view.full_size]
    rows: list[tuple[object, ...]] = []
    for case, row in zip(view.full_size, paper_rows, strict=True):
        rows.append((_title(case), *map(case.get, _SIZE_KEYS), *(_residuals(case, row) if any(paper_rows) else ())))
    note = (
        "Switch cables are those between switches, as the paper counts them; endpoint cables are "
        "priced but not in this column."
    )
    if any(paper_rows):
        columns += [
            Column("In paper", words.usd, "USD"),
            _residual("Δ switches"),
            _residual("Δ cables"),
            _residual("Δ cost"),
        ]
        note += f" Δ is this page minus {published.SOURCE}, as a share of it; printed costs are rounded to $1 million."
    return Show(table("full-size", "Networks at full size", columns, rows, note=note))


def _title(case: Case) -> str:
    return case.network + (" (not buildable)" if case.get("buildable") is False else "")


def _residuals(case: Case, row: Printed | None) -> tuple[float | None, ...]:
    if row is None:
        return (None, None, None, None)
    return (
        row.usd,
        published.residual(case.get("switches"), row.size.switches),
        published.residual(case.get("switch_links"), row.size.switch_links),
        published.residual(case.get("cost_usd"), row.usd),
    )


def _residual(title: str) -> Column:
    return Column(title, words.signed_percent, shade=lambda v: "quiet" if abs(v) < 5e-3 else "warn")


def _figure(view: View) -> Draw | None:
    if not view.grid:
        return None
    variants = tuple(
        Variant(labels.title(key), spec) for key, at in _MEASURES.items() if (spec := _dots(view, key, at))
    )
    how = f"Each row is a network, each mark a traffic, under {view.policies}. The dashed line is 1: nothing blocks."
    if any(case.draws for case in view.grid):
        how += " A mark is the mean over seeds; the table has the least and the largest of them."
    if not variants:
        return None
    return Draw(Figure("fig-comparison", _finding(view), how, variants, _table(view), "measure"))


def _dots(view: View, key: str, at: float | None) -> dict[str, object] | None:
    factor, title = labels.scale(key, [case.get(key) for case in view.grid])
    form, series = labels.form(key), []
    for traffic in view.traffics:
        cells = [view.case(network, traffic) for network in view.networks]
        values = [cell.get(key) if cell else None for cell in cells]
        if any(value is not None for value in values):
            positions = [None if value is None else value * factor for value in values]
            series.append(Series(traffic, positions, [form(value) for value in values]))
    return dots(view.networks, series, title, at) if series else None


def _finding(view: View) -> str:
    slow = [c for c in view.grid if isinstance(c.get("normalized_throughput"), int | float)]
    worst = min(slow, key=lambda c: c.get("normalized_throughput"), default=None)
    if worst is None:
        return (
            f"{words.plural(len(view.networks), 'network')} under "
            f"{words.plural(len(view.traffics), 'traffic pattern')}."
        )
    if worst.get("normalized_throughput") > 1 - 1e-6:
        return f"Every network carries every traffic at its port limit under {view.policies}."
    share = words.percent(worst.get("normalized_throughput"))
    sentence = f"{worst.network} gives {worst.traffic} {share} of its port limit, the least of all"
    hottest = largest(view.grid, "max_utilization")
    if hottest is None:
        return f"{sentence}."
    return (
        f"{sentence}; the hottest switch link is asked for {words.of_capacity(hottest.get('max_utilization'))} "
        f"({hottest.network}, {hottest.traffic})."
    )


def _table(view: View) -> Table:
    looks: dict[str, dict[str, Any]] = {"normalized_throughput": {"shade": _throughput_shade, "bar": True}}
    columns, rows = [name("Network"), name("Traffic")], [[case.network, case.traffic] for case in view.grid]
    for key in _LOAD_KEYS:
        ends = [case.ends(key) for case in view.grid]
        varies = any(ends)
        columns.append(labels.column(key, "mean over seeds" if varies else "", **looks.get(key, {})))
        columns += [Column(title, labels.form(key)) for title in ("Least", "Largest") if varies]
        for row, case, pair in zip(rows, view.grid, ends, strict=True):
            row += [case.get(key), *((pair or (case.get(key), case.get(key))) if varies else ())]
    return table("grid", f"Networks under traffic, policy {view.policies}", columns, rows)


def _throughput_shade(value: float) -> str:
    return "good" if value >= 1 - 1e-6 else "warn" if value >= 0.5 else "bad"
