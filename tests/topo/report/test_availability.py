"""The availability panel: what networks keep, by failed parts, and the curve of a job that was played through."""

from __future__ import annotations

import re

import pytest

from tests.topo.report.sample import record
from tests.topo.report.test_sweep import planes, view_of
from topo.report import words
from topo.report.panels.availability import panel

LEVELS = [
    {"failed": 0, "probability": 0.99, "states": 1, "tried": 1, "throughput": 1.0, "least": 1.0},
    {"failed": 1, "probability": 0.01, "states": 2, "tried": 2, "throughput": 0.75, "least": 0.5},
]
CURVE = [
    {"start_s": 0.0, "throughput": 1.0, "failed": 0},
    {"start_s": 86400.0, "throughput": 0.5, "failed": 1},
    {"start_s": 129600.0, "throughput": 1.0, "failed": 0},
]


def case(name="one", **results):
    found = {"expected_throughput": 0.9975, "states_by_failed": LEVELS, "throughput_curve": CURVE} | results
    return record(name, {}, {"fabric": {"family": name}, "traffic": {"pattern": "uniform"}}, found)


def test_networks_levels_and_the_curve_are_shown():
    shown = panel(view_of([case(), case("two", expected_throughput=0.5)]))
    worth, levels, curve = shown.blocks
    assert "99.75" in shown.answer and "50.0" in shown.answer
    assert (len(worth.table.rows), len(levels.table.rows)) == (2, 4)
    trace = curve.figure.variants[0].spec["data"][0]
    assert trace["x"] == pytest.approx([0, 1, 1.5]) and trace["y"] == [1.0, 0.5, 1.0]
    assert trace["line"]["shape"] == "hv" and "50.0" in curve.figure.finding


def test_what_is_missing_leaves_the_rest():
    torn = panel(view_of([case(expected_throughput=None, throughput_curve=None)]))
    assert torn.answer == "No case states its expected throughput." and len(torn.blocks) == 2
    holed = panel(view_of([case(throughput_curve=[{"start_s": None, "throughput": 0.5, "failed": 1}])]))
    assert not re.search("None|nan", holed.answer) and len(holed.blocks) == 2
    assert panel(view_of(planes())) is None


def test_shares_near_one_show_how_far_they_are_from_it():
    said = {0.99986: "99.986", 0.9999993: "99.999930", 0.912: "91.2", 0.57: "57.0", 1.0: "100.0", 0.0: "0.0"}
    assert {value: words.nines(value)[:-2] for value in said} == said
