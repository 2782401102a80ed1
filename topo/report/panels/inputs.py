"""Inputs and assumptions: what went in, what it cost where, and what the model leaves out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from topo.config import SECTIONS
from topo.report import labels, names, words
from topo.report.panels.blocks import Notes, Panel, Show, Source
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import name, table

OMISSIONS = (
    "Queueing: rates are steady; a burst that would wait in a buffer does not wait here.",
    "Packet loss and retransmission.",
    "Congestion control: rates are those of an ideal, fully converged one.",
    "Incast collapse: many senders share a port fairly and lose nothing.",
    "Finite buffers, and the back pressure and head-of-line blocking that come with them.",
    "Hash details of a vendor: ecmp-hash draws uniformly and independently.",
)
_PRICE = ("part", "usd_each", "watts_each", "source", "date")


def panel(view: View) -> Panel:
    """Return inputs, prices, assumptions, and the resolved config folded."""
    cases = [case for case in view.cases if case.record.ok]
    answer = (
        f"{words.plural(len(view.cases), 'case')} over "
        f"{words.plural(len(names.order(c.network for c in cases)), 'network')} and "
        f"{words.plural(len(names.order(c.traffic for c in cases if c.traffic)), 'traffic pattern')}; "
        "everything below is as the study file resolved it."
    )
    blocks = (
        _common(view),
        _prices(view),
        _assumptions(view),
        Notes(OMISSIONS, "What the model leaves out"),
        Source("study.yaml, as written", view.study.text) if view.study.text else None,
        Source("Resolved config: what all cases share, then what each has of its own", _config_lines(view)),
    )
    return make("inputs", "Inputs", "What went in, and what was left out?", answer, blocks, folded=True)


def _common(view: View) -> Show | None:
    """Return every parameter and the values it took over the cases."""
    rows: list[tuple[str, str, str]] = []
    for section in SECTIONS:
        parts = [case.record.part(section) for case in view.cases if case.record.part(section)]
        for key in names.order(key for part in parts for key in part):
            values = names.order(_short(part[key]) for part in parts if part.get(key) is not None)
            if values:
                rows.append((section, key.replace("_", " "), words.clip(words.listing(values, 6), 160)))
    if not rows:
        return None
    columns = (name("Section"), name("Parameter"), name("Values over all cases"))
    return Show(table("inputs-table", "Parameters, units as written", columns, rows, folded=len(rows) > 12))


def _prices(view: View) -> Show | None:
    rows: dict[tuple[Any, ...], None] = {}
    for case in view.cases:
        book = case.get("price_book") or case.record.part("cost").get("prices")
        for part in case.rows("cost_parts"):
            rows[book, *map(part.get, _PRICE)] = None
    if not rows:
        return None
    columns = [labels.column("price_book"), *(labels.column(f"cost_parts.{key}") for key in _PRICE)]
    keep = [i for i in range(len(columns)) if i < 3 or any(row[i] not in (None, "") for row in rows)]
    cells = ([row[i] for i in keep] for row in rows)
    note = "A calibrated book reproduces printed totals; its rows are not quotes."
    return Show(table("prices-table", "Prices, with source and date", [columns[i] for i in keep], cells, note=note))


def _assumptions(view: View) -> Notes | None:
    lines = names.order(line for case in view.cases for line in case.record.assumptions)
    return Notes(tuple(lines[:40]), "Assumptions stated by the results") if lines else None


def _config_lines(view: View) -> str:
    """Return the input of every case as JSON lines: first what is the same in all, then the rest of each."""
    cases = [case.record.case for case in view.cases]
    common = _intersection(cases)
    lines = [common, *(_rest(case, common) for case in cases)] if len(cases) > 1 else cases
    return "\n".join(json.dumps(line, ensure_ascii=False, sort_keys=True) for line in lines)


def _intersection(cases: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what all ``cases`` have alike, mappings key by key."""
    common: dict[str, Any] = {}
    for key, value in cases[0].items():
        values = [case.get(key) for case in cases]
        if all(isinstance(one, dict) for one in values):
            if inner := _intersection(values):  # type: ignore[arg-type]
                common[key] = inner
        elif all(one == value for one in values):
            common[key] = value
    return common


def _rest(case: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    """Return what ``case`` has beside ``common``: together they are the case."""
    rest = {}
    for key, value in case.items():
        if key not in common:
            rest[key] = value
        elif isinstance(value, dict) and (inner := _rest(value, common[key])):
            rest[key] = inner
    return rest


def _short(value: Any) -> str:
    return words.clip(words.text(value), 60)
