"""Order: what to buy for each network with its spares, and where racks stand that a floor plan asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from topo.report import labels, words
from topo.report.figures.axes import Figure, Variant
from topo.report.figures.floors import Rack, floor
from topo.report.labels import column
from topo.report.names import Case
from topo.report.panels.blocks import Draw, Panel, Show
from topo.report.panels.blocks import panel as make
from topo.report.panels.view import View
from topo.report.tables import Table, name, table

_BILL = ("part", "medium", "length_m", "count", "spares", "usd_each", "usd", "spares_usd", "source", "date", "note")
_SUMS = ("cost_usd", "floor_cost_usd", "spares_usd", "order_usd")
_METRES = ("cable_m", "simple_cable_m", "longest_cable_m", "tray_m", "simple_tray_m", "least_tray_m", "tray_proven")
_RACK = ("rack", "row", "column", "x_m", "y_m", "hosts", "switches", "watts")


def panel(view: View) -> Panel | None:
    """Return the bills and floors of the cases that ask for them, one a network; None where none does."""
    cases = _one_each(case for case in view.cases if case.record.ok and case.rows("bill", "part", "count"))
    if not cases:
        return None
    floors = [case for case in cases if case.rows("racks", "rack", "x_m", "y_m")]
    blocks = (Show(_sums(cases)), _floors(floors), Show(_bills(cases)))
    return make("order", "Order", "What is to be ordered, and where does it stand?", _answer(cases), blocks)


def _one_each(cases: Iterable[Case]) -> list[Case]:
    by_network: dict[str, Case] = {}
    for case in cases:
        by_network.setdefault(case.network, case)
    return list(by_network.values())


def _answer(cases: Sequence[Case]) -> str:
    first = cases[0]
    cost, spares, metres = (first.get(key) for key in ("floor_cost_usd", "spares_usd", "cable_m"))
    cost = first.get("cost_usd") if metres is None else cost
    price = "has parts without a price" if cost is None else f"costs {words.usd(cost)}"
    sentence = f"{first.network} {price}"
    if cost is not None and spares:
        sentence += f", its spares {words.usd(spares)}"
    if metres is None:
        return f"{sentence}."
    simple = first.get("simple_cable_m")
    less = f", {words.percent(1 - metres / simple)} less than with switches in their order" if simple else ""
    return f"{sentence}; its cables are {_metres(metres)} long in all{less}."


def _metres(value: float) -> str:
    return (
        f"{words.number(value / 1000)}{words.NARROW}km" if value >= 10_000 else f"{words.count(value)}{words.NARROW}m"
    )


def _sums(cases: Sequence[Case]) -> Table:
    keys = [key for key in (*_SUMS, *_METRES) if any(case.get(key) is not None for case in cases)]
    note = (
        "The cost takes the longest cables of the book for all; that with the floor plan prices each by its length."
        if "floor_cost_usd" in keys
        else ""
    )
    rows = ((case.network, *map(case.get, keys)) for case in cases)
    return table("order-sums", "Orders", [name("Network"), *map(column, keys)], rows, note=note)


def _bills(cases: Sequence[Case]) -> Table:
    lines = [(case.network, *(row.get(key) for key in _BILL)) for case in cases for row in case.rows("bill", "part")]
    columns = [name("Network"), *(column(f"bill.{key}") for key in _BILL)]
    return table("bill", "Bill of materials", columns, lines, filterable=len(lines) > 12, folded=len(lines) > 24)


def _floors(cases: Sequence[Case]) -> Draw | None:
    if not cases:
        return None
    variants = tuple(Variant(words.clip(case.network, 70), _drawing(case)) for case in cases)
    how = "One bar for each rack, seen from above; rows are upright. Cables run in trays along and across the rows."
    return Draw(Figure("fig-floor", _finding(cases[0]), how, variants, _racks(cases), "network"))


def _finding(case: Case) -> str:
    racks = case.rows("racks", "rack")
    rows = words.plural(max(int(rack.get("row") or 1) for rack in racks), "row")
    switches = sum(bool(rack.get("switches")) for rack in racks)
    longest = case.get("longest_cable_m")
    far = f"; the longest cable has {words.count(longest)}{words.NARROW}m" if longest else ""
    return f"{case.network} takes {words.plural(len(racks), 'rack')} in {rows}, {switches:,} of them for switches{far}."


def _drawing(case: Case) -> dict[str, Any]:
    racks = case.rows("racks", "rack", "x_m", "y_m")
    plan = case.record.part("floor")
    pitch, row_pitch = (float(plan.get(key) or usual) for key, usual in (("rack_pitch", 0.6), ("row_pitch", 2.4)))
    return floor([_rack(rack) for rack in racks], pitch=pitch, row_pitch=row_pitch)


def _rack(rack: dict[str, Any]) -> Rack:
    hosts, switches = int(rack.get("hosts") or 0), int(rack.get("switches") or 0)
    text = f"{rack['rack']}: {words.plural(hosts, 'host') if hosts else words.plural(switches, 'switch')}"
    kind = "racks of switches" if switches else "racks of hosts"
    return Rack(float(rack["x_m"]), float(rack["y_m"]), kind, text)


def _racks(cases: Sequence[Case]) -> Table:
    rows = [(case.network, *map(rack.get, _RACK)) for case in cases for rack in case.rows("racks", "rack")]
    columns = [name("Network"), *(column(f"racks.{key}") for key in _RACK)]
    return table("racks", labels.heading("racks"), columns, rows, filterable=True)
