"""The timeline: bars lie where phases lie, have the colour of what limits them, and end with the last flow."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topo.report.sample import record
from tests.topo.report.test_sweep import view_of
from topo.report.figures.timeline import LIMITS
from topo.report.load import Record, Study
from topo.report.panels.jobs import panel as jobs_panel
from topo.report.panels.outcome import panel
from topo.report.panels.view import View

RESULTS = {
    "completion_s": 0.6,
    "phases": 3,
    "phase_start_s": [0.0, 0.0, 0.5],
    "phase_end_s": [0.3, 0.5, 0.6],
    "theta_port": 4.0,
    "limits": [
        {
            "phase": 1,
            "name": "gather",
            "seconds": 0.5,
            "share": 5 / 6,
            "tier": "global",
            "tail": "leaf 1",
            "head": "leaf 2",
        },
        {"phase": 0, "name": "scatter", "seconds": 0.3, "share": 0.5, "tier": "endpoint", "tail": "a", "head": "b"},
        {"phase": 2, "name": "sum", "seconds": 0.1, "share": 1 / 6, "tier": "global", "tail": "c", "head": "d"},
    ],
}


def case_of(network="SF", **results):
    parts = {"fabric": {"family": "f"}, "traffic": {"pattern": "p"}, "routing": {"policy": "ecmp"}}
    return record(network, {"network": network}, parts, RESULTS | results)


def spec_of(*rows):
    return panel(view_of(list(rows))).blocks[0].figure


def bars(spec):
    """Return name -> (start, length, place, colour) of the first row's bars."""
    return {
        text: (base, length, y, trace["marker"]["color"])
        for trace in spec["data"]
        if trace["type"] == "bar"
        for text, base, length, y in zip(trace["text"], trace["base"], trace["x"], trace["y"], strict=True)
    }


def test_bars_lie_where_phases_lie_in_the_colour_of_their_limit():
    spec = spec_of(case_of()).variants[0].spec
    places = bars(spec)
    assert {name: one[:2] for name, one in places.items()} == {
        "scatter": pytest.approx((0, 300)),
        "gather": pytest.approx((0, 500)),
        "sum": pytest.approx((500, 100)),
    }
    assert places["gather"][3] == places["sum"][3] == LIMITS["global"][0] != places["scatter"][3]
    assert places["scatter"][2] != places["gather"][2], "phases that overlap in time do not cover each other"
    assert places["sum"][2] in (places["scatter"][2], places["gather"][2]), "a lane that is free is used again"


def test_ports_have_a_tick_and_the_last_flow_a_diamond():
    data = {trace["name"]: trace for trace in spec_of(case_of()).variants[0].spec["data"]}
    assert data["what the ports allow"]["x"] == [pytest.approx(250)]
    assert data["the last flow ends"]["x"] == [pytest.approx(600)]
    assert "what the ports allow" not in {
        trace["name"] for trace in spec_of(case_of(theta_port=None)).variants[0].spec["data"]
    }


def test_what_is_busy_beside_the_network_is_drawn_and_short_phases_lie_below():
    parts = [{"part": "gather", "start_s": 0.0, "time_s": 0.5}, {"part": "compute", "start_s": 0.1, "time_s": 0.2}]
    places = bars(spec_of(case_of(step_parts=parts)).variants[0].spec)
    assert places["compute"][:2] == pytest.approx((100, 200)) and places["compute"][3] == LIMITS["computation"][0]
    rest = bars(spec_of(case_of(limits=RESULTS["limits"][2:])).variants[0].spec)
    assert rest[""][:2] == pytest.approx((0, 600)), "a hundred short phases are one bar below the longest"


def test_who_is_last_and_why_is_said():
    late = case_of("DF", completion_s=0.9)
    figure = spec_of(case_of(), late)
    assert figure.finding.startswith("Under p DF is done last, after 900") and "gather" in figure.finding
    assert list(figure.variants[0].spec["layout"]["yaxis"]["ticktext"]) == ["SF", "DF"]


def test_jobs_reach_from_their_time_alone_to_that_beside_the_others():
    jobs = [
        {"job": "a", "ranks": 8, "start_s": 0.0, "together_s": 0.6, "alone_s": 0.2, "slowdown": 3.0},
        {"job": "b", "ranks": 8, "start_s": 0.0, "together_s": 0.1, "alone_s": 0.1, "slowdown": 1.0},
    ]
    row = case_of(jobs=jobs)
    view = View(Study(Path(), (Record("", "", "ok", "", row["case"], row["results"], (), Path()),), {}, ""))
    (block,) = jobs_panel(view).blocks
    line, alone, together = block.figure.variants[0].spec["data"]
    assert line["x"] == [200.0, 600.0, None, 100.0, 100.0, None]
    assert (alone["x"], together["x"]) == ([200.0, 100.0], [600.0, 100.0])
    assert alone["y"] == together["y"] == [0, 1]
    assert block.figure.finding == "1 of 2 jobs is slower beside the others."
