"""The panel on deadlock: lanes by network and policy, what is not known, and what a study asks."""

from __future__ import annotations

import re

from tests.topo.report.sample import record
from tests.topo.report.test_sweep import planes, view_of
from topo.config import parse_study
from topo.report.panels.deadlock import panel
from topo.study import run

TEXT = """
schema: 1
title: lanes
traffic: uniform
deadlock: dependencies
fabric: {family: dragonfly, a: 2, p: 1, h: 1}
sweep:
  routing.policy: [ecmp, valiant]
"""


def case(name="one", policy="ecmp", **results):
    found = {"deadlock_free": False, "lanes_lower": 2, "lanes_upper": 3, "lanes_by_hop": 4, "lanes_method": "LASH"}
    sections = {"fabric": {"family": name}, "traffic": {"pattern": "uniform"}, "routing": {"policy": policy}}
    return record(f"{name}-{policy}", {}, sections, found | results)


def test_lanes_by_network_and_policy():
    free = {"deadlock_free": True, "lanes_lower": 1, "lanes_upper": 1, "lanes_by_hop": 1}
    shown = panel(view_of([case(), case("two", **free), case("two", "valiant", lanes_upper=None)]))
    assert shown.answer.startswith("1 of 3 pairs of network and policy are deadlock-free on one virtual lane; ")
    assert "under valiant takes 4 virtual lanes" in shown.answer
    figure, lanes = shown.blocks
    lower, upper, by_hop = figure.figure.variants[0].spec["data"]
    assert [list(trace["x"]) for trace in (lower, upper, by_hop)] == [[2, 1, 2], [3, 1, None], [4, 1, 4]]
    assert "not known for" in figure.figure.how and len(lanes.table.rows) == 3


def test_routes_in_circles_and_none_at_all():
    round_ = case(lanes_lower=None, lanes_upper=None, lanes_by_hop=None)
    shown = panel(view_of([round_]))
    assert "has a route that goes in a circle" in shown.answer and len(shown.blocks) == 1
    assert not re.search("None|nan", shown.answer)
    assert panel(view_of(planes())) is None


def test_what_is_not_known_is_not_called_enough():
    unknown = case("two", lanes_upper=None, lanes_by_hop=None)
    one = case(deadlock_free=True, lanes_lower=1, lanes_upper=1, lanes_by_hop=1)
    findings = [panel(view_of(cases)).blocks[0].figure.finding for cases in ([unknown], [one, unknown], [one])]
    assert findings == [
        "How many virtual lanes are enough is not known.",
        "One virtual lane is enough for one ecmp.",
        "One virtual lane is enough everywhere.",
    ]


def test_a_study_asks_for_them(tmp_path):
    done = run(parse_study(TEXT, "s.yaml"), tmp_path)
    minimal, valiant = (one["results"] for one in done.records)
    assert (minimal["lanes_lower"], minimal["lanes_upper"], minimal["lanes_by_hop"]) == (2, 2, 2)
    assert (valiant["lanes_upper"], valiant["lanes_by_hop"], valiant["lanes_method"]) == (None, 4, "not sought")
    assert valiant["deadlock_cycles"][0]["ports"]
