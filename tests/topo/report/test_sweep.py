"""The sweep panel: every case stands there, and what is drawn over them is what the records say."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.topo.report.sample import record, write_study
from topo.report.load import Record, Study
from topo.report.names import Case
from topo.report.panels.pareto import on_front, pareto
from topo.report.panels.sweep import panel
from topo.report.panels.sweep_cases import every_case, over_two, settings_of, sweep_axes
from topo.report.panels.view import View
from topo.report.published import row_of


def view_of(rows: list[dict]) -> View:
    """Return the view of made-up records."""
    return View(Study(Path("s"), tuple(_record(row) for row in rows), {}, ""))


def _record(row: dict) -> Record:
    held = {key: row[key] for key in ("hash", "status", "case", "results")}
    name, error = str(row["case"]["name"]), row["error"] or ""
    return Record(**held, name=name, error=error, assumptions=(), folder=Path("none"))


def planes(status: str = "ok", error: str | None = None, **results: float) -> list[dict]:
    """Return 3 planes x 3 limits; the last case has ``status``."""
    rows = []
    for n, m in itertools.product((1, 2, 8), (1, 2, 4)):
        parts = {"fabric": {"family": "fat-tree-2", "planes": n}, "traffic": {"pattern": "moe", "node_limit": m}}
        labels = {"fabric.planes": str(n), "traffic.node_limit": str(m)}
        found = {"completion_s": 1e-3 * m / n, "normalized_throughput": 1 / m, "cost_per_endpoint_usd": 100.0 * n}
        rows.append(record(f"{n} {m}", labels, parts, found | results))
    rows[-1] |= {"status": status, "error": error}
    rows[-1]["results"] = {} if status != "ok" else rows[-1]["results"]
    return rows


def test_every_case_of_the_sample_is_in_the_table(tmp_path):
    from topo.report.load import read_study

    view = View(read_study(write_study(tmp_path)))
    held = every_case(view)
    assert len(held.rows) == len(view.cases)
    status = [column.title for column in held.columns].index("Status")
    assert sorted(row[status] for row in held.rows) == sorted(case.record.status for case in view.cases)
    assert "static needs a tree" in " ".join(str(cell) for row in held.rows for cell in row)


@pytest.mark.parametrize("status", ["failed", "refused"])
def test_a_case_that_was_not_computed_is_counted_and_told(status):
    view = view_of(planes(status, "study.yaml:3:1: no such network"))
    shown = panel(view)
    assert shown is not None
    assert shown.answer == f"8 of 9 cases computed, 1 {status}; swept: planes and node limit."
    row = every_case(view).rows[-1]
    assert row[2:4] == (status, "no such network")


def test_a_single_case_is_no_sweep():
    assert panel(view_of(planes()[:1])) is None


def test_the_map_holds_the_value_of_each_case():
    drawn = over_two(view_of(planes()))
    assert drawn is not None
    (variant,) = drawn.variants
    trace = variant.spec["data"][0]
    # rows are node limits or planes, whichever axis is longer; both are three here
    titles = [variant.spec["layout"][axis]["title"]["text"] for axis in ("yaxis", "xaxis")]
    assert titles == ["planes [number]", "node limit [number]"]
    assert trace["z"] == [[1.0, 0.5, 0.25]] * 3


def test_a_refused_case_leaves_its_cell_empty():
    drawn = over_two(view_of(planes("refused", "no")))
    assert drawn is not None
    assert drawn.variants[0].spec["data"][0]["z"][-1] == [1.0, 0.5, None]


def test_only_axes_that_vary_are_swept():
    rows = planes()
    for row in rows:
        row["case"]["labels"]["routing.policy"] = "ecmp"
    assert sweep_axes(view_of(rows).cases) == ["fabric.planes", "traffic.node_limit"]


PAIRS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=12)


@given(PAIRS)
def test_the_front_is_what_nothing_beats(pairs):
    """Held to the definition: none on it is beaten by any case, and all else is, or ties one that stands there."""
    cases = [_case(f"{i}", cost, time) for i, (cost, time) in enumerate(pairs)]
    best = on_front(cases)
    at = {(c.get("cost_per_endpoint_usd"), c.get("completion_s")) for c in best}
    assert len(at) == len(best)
    for cost, time in pairs:
        beaten = any((a <= cost and b <= time) and (a, b) != (cost, time) for a, b in pairs)
        assert ((cost, time) in at) == (not beaten)


def _case(name, cost, time):
    results = {"cost_per_endpoint_usd": float(cost), "completion_s": float(time)}
    row = record(name, {}, {"traffic": {"pattern": "uniform"}}, results)
    return Case(_record(row), name, "uniform", "ecmp")


def test_cost_against_time_joins_and_names_the_front():
    drawn = pareto(view_of([row for row in planes() if row["case"]["labels"]["traffic.node_limit"] == "1"]))
    assert drawn is not None
    front = drawn.variants[0].spec["data"][-1]
    assert front["x"] == [100.0, 200.0, 800.0]
    assert front["y"] == pytest.approx([1.0, 0.5, 0.125])
    assert all(row[-1] == "yes" for row in drawn.table.rows)


def test_of_an_error_the_table_has_the_first_line():
    held = every_case(view_of(planes("failed", "s.yaml:3:1: no such network\nTraceback (most recent call last):")))
    cells = [str(cell) for row in held.rows for cell in row]
    assert "no such network" in cells and not any("Traceback" in cell for cell in cells)


def test_a_single_case_that_failed_still_has_its_row():
    shown = panel(view_of(planes("failed", "no")[-1:]))
    assert shown is not None and "0 of 1 case computed, 1 failed" in shown.answer


def test_seeds_make_no_line_of_their_own():
    rows = []
    for seed, slow in ((1, 1.0), (2, 1.5), (3, 8.0)):
        for row in planes():
            row["case"]["labels"] = row["case"]["labels"] | {"seed": seed}
            rows.append(row | {"results": row["results"] | {"completion_s": row["results"]["completion_s"] * slow}})
    figure = panel(view_of(rows)).blocks[0].figure
    lines = next(v for v in figure.variants if v.name == "planes: completion time").spec["data"]
    assert [line["name"] for line in lines] == ["node limit 1", "node limit 2", "node limit 4"]
    assert lines[0]["y"] == pytest.approx([1.5, 0.75, 1.5 / 8])  # the median of 1, 1.5 and 8 ms, by planes


def test_rows_of_one_name_say_by_which_axis_they_differ():
    """Placements tell apart what has one name; seeds are told elsewhere."""
    rows = []
    for place, seed in itertools.product(("contiguous", "by-rail"), ("0", "1")):
        labels = {"placement": place, "traffic.seed": seed}
        parts = {"fabric": {"family": "fat-tree-2", "radix": 8}, "traffic": {"pattern": "permutation", "seed": seed}}
        rows.append(record(f"{place} {seed}", labels, parts, {"completion_s": 1e-3}))
    cases = [replace(case, network="FT2", traffic="permutation", policy="ecmp") for case in view_of(rows).cases]
    columns, settings = settings_of(cases)
    assert [column.title for column in columns] == ["Placement"]
    assert settings == [["contiguous"], ["contiguous"], ["by-rail"], ["by-rail"]]
    assert settings_of(cases[:2]) == ([], [[], []])


@pytest.mark.parametrize(("switches", "stands"), [(768, True), (640, False)])
def test_a_network_with_other_switches_is_not_the_one_that_the_paper_prints(switches, stands):
    """Table 3 prints 16,384 endpoints on 768 switches; an oversubscribed tree of as many endpoints has fewer."""
    row = record("size", {}, {"fabric": {"family": "fat-tree-2"}}, {"endpoints": 16_384, "switches": switches})
    assert (row_of(_record(row)) is not None) is stands
