"""What a page says in words fits what it shows: sentences found wrong by readers, each pinned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.topo.report.sample import record, write_study
from tests.topo.report.test_sweep import view_of
from topo.report import render, words
from topo.report.figures.curves import heat
from topo.report.figures.drawing import CLASSES
from topo.report.load import read_study
from topo.report.panels import cost, moe, topology, traffic, utilization
from topo.report.panels.blocks import Draw, Panel
from topo.report.panels.sweep_cases import over_two
from topo.report.panels.view import View


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def view(folder: Path) -> View:
    return View(read_study(folder))


def plainly(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def first_figure(panel: Panel | None) -> Any:
    assert panel is not None
    return next(block.figure for block in panel.blocks if isinstance(block, Draw))


def only(view: View, *names: str) -> View:
    """Return the cases of ``view`` that have these names, in a view of their own."""
    records = {case.title: case.record for case in view.cases}
    return View(replace(view.study, records=tuple(records[name] for name in names)))


def test_the_hottest_switch_link_is_on_a_tier_between_switches(view):
    """What limits the case may be a port of an endpoint, or NVLink; the sentence speaks of a switch link."""
    worst = max(view.grid, key=lambda case: case.get("max_utilization"))
    results = worst.record.results | {"bottleneck_tier": "endpoint"}
    answer = utilization.panel(View(replace(view.study, records=(replace(worst.record, results=results),)))).answer
    tiers = {tier: facts["max"] for tier, facts in worst.get("links_by_tier").items()}
    tier = next(tier for tier, top in tiers.items() if top == worst.get("max_utilization"))
    assert f"on the {tier} tier" in answer and tier in ("local", "global", "leaf-spine", "spine-core")


def test_lines_above_their_capacity_are_counted_as_a_reader_would(view):
    title = "SF · permutation · ecmp"
    alone = first_figure(topology.panel(only(view, title))).finding
    assert alone.endswith("lines of SF under permutation are asked for more than they carry.")
    both = first_figure(topology.panel(only(view, title, "DF · permutation · ecmp"))).finding
    assert both.startswith("In every case some line is asked for more than it carries;")
    assert "0 of" not in alone + both


def test_a_figure_opens_on_the_case_that_its_heading_names(view):
    drawings = first_figure(topology.panel(view))
    assert drawings.variants[0].name in drawings.finding
    loads = first_figure(utilization.panel(view))
    assert f"under {loads.variants[0].name}," in loads.finding


def test_rows_are_counted_with_their_noun(folder):
    text = render(folder)
    assert "(1 rows)" not in text and "rows)" in text and words.plural(1, "row") == "1 row"


def test_lines_are_counted_once_in_the_legend(view):
    """Crosses repeat what the colour says: a row of their own would count the same lines again."""
    spec = first_figure(topology.panel(view)).variants[0].spec
    rows = [trace["name"] for trace in spec["data"] if trace.get("showlegend", True)]
    assert rows and all(name.partition(" (")[0] in {one[1] for one in CLASSES} for name in rows)
    assert any(trace.get("name") == "crosses" for trace in spec["data"])


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_the_scale_of_a_constant_map_begins_at_nothing(value):
    (trace,) = heat(["0", "8"], [[value, value], [value, value]], "GB")["data"]
    assert (trace["zmin"], trace["zmax"]) == (0, value or 1.0)


def sweep(shares: np.ndarray, times: np.ndarray) -> list[dict[str, Any]]:
    rows = []
    for (a, b), share in np.ndenumerate(shares):
        labels = {"fabric.planes": str(a + 1), "traffic.node_limit": str(b + 1)}
        results = {"normalized_throughput": float(share), "completion_s": float(times[a, b])}
        rows.append(record(f"{a} {b}", labels, {"fabric": {"family": "f"}, "traffic": {"pattern": "p"}}, results))
    return rows


def test_a_map_of_one_colour_gives_way_to_one_that_tells_something():
    times = 1.0 + np.arange(9.0).reshape(3, 3)
    figure = over_two(view_of(sweep(np.ones((3, 3)), times)))
    assert figure is not None
    assert plainly(figure.finding) == "Completion time over planes and node limit: 1.00 s to 9.00 s."
    (trace,) = figure.variants[0].spec["data"]
    assert (trace["zmin"], trace["zmax"]) == (1.0, 9.0)
    assert over_two(view_of(sweep(np.ones((3, 3)), np.ones((3, 3))))) is None


def test_costs_compare_at_one_size_alone(view):
    """Full-size networks stand apart from those of 2,048 endpoints, in the sentence and in the drawing."""
    panel = cost.panel(view)
    assert panel is not None and "At full size, FT2 costs least per endpoint, $4,395" in panel.answer
    sizes = [variant.name.rpartition(", ")[0] for variant in first_figure(panel).variants]
    assert sizes[:4] == ["full size", "full size", "about 2,000 endpoints", "about 2,000 endpoints"]
    rows = first_figure(panel).variants[0].spec["layout"]["yaxis"]["ticktext"]
    assert rows == ["FT2 (2,048)", "MPFT (16,384)", "FT3 (65,536)", "SF (32,928)", "DF (261,632)"]
    names = [[trace["name"] for trace in one.spec["data"][:3]] for one in first_figure(panel).variants]
    assert all(some == names[0] for some in names), "sliders go by the number of a trace"


def test_one_node_limit_is_a_row_and_no_curve(view):
    panel = moe.panel(only(view, "MPFT · EP64 dispatch · ecmp"))
    assert panel is not None and not any(isinstance(block, Draw) for block in panel.blocks)
    assert len(panel.blocks[0].table.rows) == 1
    many = [
        replace(r, results=r.results | {"node_limit": r.part("traffic").get("node_limit")}) for r in view.study.records
    ]
    panel = moe.panel(View(replace(view.study, records=tuple(many))))
    assert panel is not None and any(isinstance(block, Draw) for block in panel.blocks)


def test_what_is_sent_and_received_alike_has_no_figure(monkeypatch, view):
    """A flat line tells what a sentence does; where blocks differ they are drawn."""
    volume = np.array([[0.0, 1.0], [1.0, 0.0]])
    even = traffic.Map(view.grid[0], np.array([0, 4, 8]), volume, np.zeros((2, 2)))
    monkeypatch.setattr(traffic, "_map_of", lambda view, name: even)
    drawings = [block.figure for block in traffic.panel(view).blocks if isinstance(block, Draw)]
    assert [one.id for one in drawings] == ["fig-traffic"] and "as much as every other" in drawings[0].finding
    monkeypatch.setattr(traffic, "_map_of", lambda view, name: replace(even, volume=volume * [[1.0], [3.0]]))
    drawings = [block.figure for block in traffic.panel(view).blocks if isinstance(block, Draw)]
    assert [one.id for one in drawings] == ["fig-traffic", "fig-ends"] and "as much as" not in drawings[0].finding
