"""The training panel: bars lie where the parts of a step lie."""

from __future__ import annotations

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


def test_parts_are_listed_with_when_they_begin():
    """The timeline draws them; here are their numbers."""
    (_, parts) = panel(view_of([steps()])).blocks
    assert [row[1:4] for row in parts.table.rows] == [tuple(part.values()) for part in PARTS]
    assert parts.table.folded


def test_what_nothing_hides_is_told():
    assert "16.7" in panel(view_of([steps()])).answer
    silent = panel(view_of([steps(compute_s=0.0, exposed_s=0.6)])).answer
    assert "states no computation" in silent


def test_other_traffic_has_no_such_panel():
    assert panel(view_of(planes())) is None
