"""The degradation panel: what networks keep as parts fail, medians over draws and what bounds them."""

from __future__ import annotations

import re

import pytest

from tests.topo.report.sample import record
from tests.topo.report.test_sweep import planes, view_of
from topo.report import words
from topo.report.panels.degradation import panel


def case(network="A", count=1, kept=0.9, seed=0, **failures):
    given = {"pick": "random", "part": "cable", "count": count, "seed": seed, "reroute": "ideal"} | failures
    given = {key: value for key, value in given.items() if value is not None}
    sections = {"fabric": {"family": network}, "traffic": {"pattern": "uniform"}, "failures": given}
    found = {"failed": "some", "failed_cables": count, "kept_throughput": kept, "reach_with_relay": 1.0}
    return record(f"{network}-{count}-{seed}-{given['reroute']}", {}, sections, found)


def drawn():
    kept = {("A", 1): [1.0, 0.98, 0.99], ("A", 4): [0.8, 0.85, 0.95], ("B", 1): [0.97] * 3, ("B", 4): [0.95] * 3}
    return [case(network, count, one, i) for (network, count), shares in kept.items() for i, one in enumerate(shares)]


def test_a_line_a_network_with_medians_and_bars():
    shown = panel(view_of(drawn()))
    answer = shown.answer.replace(words.NARROW, " ")
    assert answer == "With 4 cables gone, A keeps 85.0 % of its throughput and B 95.0 %, in the median over draws."
    figure, table = shown.blocks
    a, b = figure.figure.variants[0].spec["data"]
    assert (a["y"], b["y"]) == ([0.99, 0.85], [0.97, 0.95])
    assert a["error_y"]["arrayminus"] == pytest.approx([0.01, 0.05]) and a["error_y"]["array"][1] == pytest.approx(0.1)
    assert figure.figure.finding == "A is the first to lose a tenth of its throughput, with 4 parts gone; B never."
    assert "75" in figure.figure.how and len(table.table.rows) == 4
    low, _ = figure.figure.variants[0].spec["layout"]["yaxis"]["range"]
    assert low == 0.8


def test_what_fails_is_picked_and_rerouting_is_told_apart():
    more = [case(count=count, reroute="local", kept=0.7) for count in (1, 4)]
    shown = panel(view_of([*drawn(), *more, case(count=1, pick="worst", part="switch", tier="spine", seed=None)]))
    names = [one.name for one in shown.blocks[0].figure.variants]
    assert names == ["cable", "cable, reroute local"]
    assert {row[1] for row in shown.blocks[1].table.rows} == {*names, "worst spine switch"}


def test_one_place_is_a_table_and_holes_are_none():
    shown = panel(view_of([case()]))
    assert len(shown.blocks) == 1 and "draws" not in shown.answer
    assert not re.search("None|nan", shown.answer)
    assert panel(view_of(planes())) is None
    assert panel(view_of([case(kept=None)])) is None
