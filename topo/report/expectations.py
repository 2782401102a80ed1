"""The page of ``topo expect``: bus bandwidth over size as it should be and as measured, and what falls behind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from topo.report import labels, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.curves import lines
from topo.report.figures.marks import Series
from topo.report.labels import column
from topo.report.page import page
from topo.report.panels.blocks import Card, Cards, Draw, Notes, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.messages import in_binary
from topo.report.tables import Table, table

Row = Mapping[str, Any]

#: Bus bandwidths that are drawn, the measured one last and on top.
_CURVES = ("port_busbw_bytes_per_s", "expected_busbw_bytes_per_s", "accepted_busbw_bytes_per_s",
           "measured_busbw_bytes_per_s")  # fmt: skip
_BOUNDS = ("operation", "ranks", "hosts", "bytes", "expected_s", *_CURVES[:3])
_COMPARISON = (*_BOUNDS, "measured_s", _CURVES[3], "share", "least_share", "accepted")
_FITS = ("operation", "ranks", "hosts", "efficiency", "alpha_s", "sizes", "largest_error")
_OUTLIERS = ("by", "name", "share", "records")


def expectations_page(
    fabric: str, results: Mapping[str, Any], *, policy: str, notes: Sequence[str], version: str
) -> str:
    """Return the page of ``results`` (``topo.metrics.against.against`` or ``expected.curves``) as HTML text."""
    rows = results["expectations"]
    against = "measurements" in results
    panels = [_curves(rows, results, against=against)]
    if against:
        panels.append(_stragglers(results))
    sentences = [*notes, *results["inferred"], *_basis(policy)]
    panels.append(
        make("model", "What it rests on", "What do these numbers rest on?", sentences[-3], (Notes(tuple(sentences)),))
    )
    facts = [words.plural(len(_groups(rows)), "operation"), words.plural(len(rows), "row")]
    facts += [words.plural(results["measurements"], "measurement")] if against else []
    title = f"{fabric}: {'expected and measured' if against else 'what collectives should reach'}"
    return page(title, " · ".join(facts), panels, version=version)


def _basis(policy: str) -> tuple[str, ...]:
    return (
        "Bounds are of one operation at a time with the fabric to itself: no queueing, jitter or losses.",
        "The busbw of the ports is what no routing exceeds; the expected one shares links as the policy does, and "
        "counts launch, latency and packets as the fabric states them.",
        f"Links are shared under policy {policy}.",
    )


def _curves(rows: Sequence[Row], results: Mapping[str, Any], *, against: bool) -> Panel:
    groups = _groups(rows)
    group = _least(groups) if against else _best(groups)
    # The figure opens on what its heading speaks of.
    variants = tuple(Variant(title, _busbw(groups[title])) for title in dict.fromkeys([group, *groups]))
    how = f"busbw as nccl-tests defines it; accepted is {words.percent(results['threshold'])} of what is expected."
    numbers = _table(rows, _COMPARISON if against else _BOUNDS)
    finding = _shortfall(group, groups[group]) if against else _half(groups[group])
    drawing = Draw(Figure("fig-expect", finding, how, variants, numbers, "operation"))
    if against:
        question, answer = "Do collectives reach what the fabric allows?", _judgement(results)
    else:
        question, answer = "What should collectives reach?", _expectation(group, groups[group])
    return make(
        "expect", labels.heading("busbw_bytes_per_s"), question, answer, (_cards(results) if against else None, drawing)
    )


def _stragglers(results: Mapping[str, Any]) -> Panel:
    outliers, fits = results["outliers"], results["fits"]
    answer = "No host, rail or size falls behind the others."
    if outliers:
        worst = min(outliers, key=lambda one: float(one["share"]))
        others = f"; {words.plural(len(outliers), 'entry')} in all" if len(outliers) > 1 else ""
        answer = f"{worst['by']} {worst['name']} is at {words.percent(worst['share'])} of what is usual{others}."
        answer = answer[0].upper() + answer[1:]
    blocks = [
        _rows("outliers", "What falls behind", _OUTLIERS, outliers),
        _rows("fits", "Fitted: time = alpha + time at shared links / efficiency", _FITS, fits),
    ]
    return make("behind", "What falls behind", "Which hosts, rails and sizes fall behind?", answer, blocks)


def _groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return rows by operation, ranks and hosts, each by size; the largest groups first."""
    groups: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (-row["ranks"], row["operation"], row["hosts"], float(row["bytes"]))):
        ranks, hosts = words.plural(row["ranks"], "rank"), words.plural(row["hosts"], "host")
        groups.setdefault(f"{row['operation']}, {ranks} on {hosts}", []).append(row)
    return groups


def _busbw(rows: Sequence[Row]) -> dict[str, Any]:
    factor, _ = labels.scale(_of(_CURVES[0]), [])
    sizes = [float(row["bytes"]) for row in rows]
    series = []
    for key in _CURVES:
        values = [None if row.get(key) is None else float(row[key]) * factor for row in rows]
        texts = [f"{words.number(v)} at {in_binary(s)}" for v, s in zip(values, sizes, strict=True)]
        if any(value is not None for value in values):
            series.append(Series(labels.title(_of(key)), values, texts))
    spec = lines(sizes, series, f"{labels.title(_of('bytes'))} S", "busbw [GB/s]", 400, type="linear")
    ticks = sizes[:: math.ceil(len(sizes) / 8)]
    spec["layout"]["xaxis"] |= {"type": "log", "tickvals": ticks, "ticktext": [in_binary(size) for size in ticks]}
    return spec


def _best(groups: Mapping[str, Sequence[Row]]) -> str:
    """Return the group that reaches the most busbw."""
    return max(groups, key=lambda title: float(groups[title][-1][_CURVES[1]] or 0))


def _least(groups: Mapping[str, Sequence[Row]]) -> str:
    """Return the group whose largest size is furthest from what is expected."""
    return min(groups, key=lambda title: float(groups[title][-1]["share"]))


def _expectation(title: str, rows: Sequence[Row]) -> str:
    last = rows[-1]
    rate = f"{words.rate(last[_CURVES[1]])} of busbw at {in_binary(float(last['bytes']))}"
    return f"{title[0].upper()}{title[1:]}, should reach {rate}, the most of all."


def _half(rows: Sequence[Row]) -> str:
    most = max(float(row[_CURVES[1]]) for row in rows)
    half = next(row for row in rows if float(row[_CURVES[1]]) >= most / 2)
    return f"Half of that takes messages of {in_binary(float(half['bytes']))}."


def _shortfall(title: str, rows: Sequence[Row]) -> str:
    last = rows[-1]
    rate = f"{words.rate(last[_CURVES[3]])} of {words.rate(last[_CURVES[1]])}"
    share = f"{words.percent(last['share'])} of what is expected"
    return f"{title[0].upper()}{title[1:]}: {rate} at {in_binary(float(last['bytes']))}, {share}."


def _judgement(results: Mapping[str, Any]) -> str:
    sizes, failures = results["judged"], results["rejected"]
    if not sizes:
        return "No size is large enough to be judged by its bandwidth."
    least = words.percent(results["threshold"])
    if not failures:
        return f"Yes: all {sizes} sizes that bandwidth decides reach {least} of what the fabric allows."
    return f"No: {failures} of {sizes} sizes that bandwidth decides are below {least} of what the fabric allows."


def _cards(results: Mapping[str, Any]) -> Cards:
    behind = len(results["outliers"])
    return Cards(
        (
            Card("Measurements", words.count(results["measurements"])),
            Card("Sizes judged", words.count(results["judged"])),
            Card(
                "Below the threshold", words.count(results["rejected"]), state="bad" if results["rejected"] else "good"
            ),
            Card("Hosts, rails, sizes behind", words.count(behind), state="warn" if behind else "good"),
        )
    )


def _table(rows: Sequence[Row], keys: Sequence[str]) -> Table:
    columns = [column(_of(key)) for key in keys]
    columns[keys.index("bytes")] = replace(columns[keys.index("bytes")], form=in_binary)
    cells = [tuple(map(row.get, keys)) for row in rows]
    return table("expect-table", "Acceptance by size", columns, cells, filterable=len(cells) > 12)


def _rows(key: str, caption: str, keys: Sequence[str], rows: Sequence[Row]) -> Show | None:
    """Return a table of the result ``key``; None where it is empty."""
    columns = [column(f"{key}.{inner}") for inner in keys]
    cells = [tuple(map(row.get, keys)) for row in rows]
    return Show(table(f"expect-{key}", caption, columns, cells)) if cells else None


def _of(key: str) -> str:
    return f"expectations.{key}"
