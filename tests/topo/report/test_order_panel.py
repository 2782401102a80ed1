"""The order panel: bills with their sums, and floors with every rack where it stands."""

from __future__ import annotations

import re

from tests.topo.report.sample import record
from tests.topo.report.test_sweep import planes, view_of
from topo.report.panels.order import panel

BILL = [
    {"part": "switch-8", "count": 12, "spares": 1, "usd_each": 2.0, "usd": 24.0, "spares_usd": 2.0},
    {"part": "copper-cable", "medium": "copper", "length_m": 2.0, "count": 40, "usd_each": 1.0, "usd": 40.0},
]
RACKS = [
    {"rack": "r01-01", "row": 1, "column": 1, "x_m": 0.0, "y_m": 0.0, "hosts": 4, "switches": 0},
    {"rack": "r01-02", "row": 1, "column": 2, "x_m": 0.6, "y_m": 0.0, "hosts": 0, "switches": 12},
]
SUMS = {"cost_usd": 70.0, "floor_cost_usd": 64.0, "spares_usd": 2.0, "order_usd": 66.0}
METRES = {"cable_m": 80.0, "simple_cable_m": 100.0, "longest_cable_m": 2.0}


def case(name="one", **results):
    found = {"bill": BILL, "racks": RACKS} | SUMS | METRES | results
    return record(name, {}, {"fabric": {"family": name}}, found)


def test_bills_and_floors_are_shown():
    shown = panel(view_of([case(), case("two", cable_m=None, racks=None)]))
    sums, floor, bill = shown.blocks
    assert shown.answer == (
        "one costs $64.00, its spares $2.00; its cables are 80\xa0m long in all, 20.0\xa0% less than with switches in "
        "their order."
    )
    assert (len(sums.table.rows), len(bill.table.rows), len(floor.figure.variants)) == (2, 4, 1)
    hosts, switches = floor.figure.variants[0].spec["data"]
    assert (hosts["x"], switches["base"]) == ([0.0], [0.33])
    assert "2 racks in 1 row, 1 of them for switches" in floor.figure.finding


def test_what_is_missing_leaves_the_rest():
    torn = panel(view_of([case(floor_cost_usd=None, racks=[{"rack": None}], bill=[{"part": "nic", "count": 1}])]))
    assert torn.answer.startswith("one has parts without a price; its cables")
    assert len(torn.blocks) == 2 and not re.search("None|nan", torn.answer)
    assert panel(view_of(planes())) is None
