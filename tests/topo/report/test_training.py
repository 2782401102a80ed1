"""The training panel: bars lie where the parts of a step lie."""

from __future__ import annotations

import pytest

from tests.topo.report.sample import record
from tests.topo.report.test_sweep import planes, view_of
from topo.report.panels.training import panel

PARTS = [
    {"part": "dispatch", "start_s": 0.0, "time_s": 0.3},
    {"part": "compute", "start_s": 0.0, "time_s": 0.5},
    {"part": "gradients", "start_s": 0.5, "time_s": 0.1},
]


def steps(**results):
    """Return one record of a step of these parts."""
    found = {"step_s": 0.6, "compute_s": 0.5, "bubble_s": 0.0, "exposed_s": 0.1, "step_parts": PARTS} | results
    return record("step", {}, {"fabric": {"family": "f"}, "traffic": {"pattern": "training-step"}}, found)


def test_bars_begin_and_end_with_their_parts():
    shown = panel(view_of([steps()]))
    spec = shown.blocks[0].figure.variants[0].spec
    assert [trace["name"] for trace in spec["data"]] == [part["part"] for part in PARTS]
    assert [trace["base"][0] for trace in spec["data"]] == pytest.approx([0, 0, 500])
    assert [trace["x"][0] for trace in spec["data"]] == pytest.approx([300, 500, 100])
    assert spec["layout"]["xaxis"]["title"]["text"] == "step time [ms]"
    lanes = [trace["y"][0] for trace in spec["data"]]
    assert lanes == sorted(set(lanes)), "parts that overlap in time do not cover each other"


def test_what_nothing_hides_is_told():
    assert "16.7" in panel(view_of([steps()])).answer
    silent = panel(view_of([steps(compute_s=0.0, exposed_s=0.6)])).answer
    assert "states no computation" in silent


def test_other_traffic_has_no_such_panel():
    assert panel(view_of(planes())) is None
