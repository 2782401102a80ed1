"""Two studies in one page: cases find their counterparts, and differences are what the records say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.topo.report.browser import Visit, fits_everywhere, passes_axe
from tests.topo.report.sample import record, write_study
from tests.topo.report.test_sweep import planes, view_of
from topo.report.page import figures_of
from topo.report.versus import compare
from topo.report.versus.pairs import changes, inputs, match
from topo.report.versus.panels import panels

HOSTILE = "<script>alert(1)</script> \u2028 %{x} \"'&"


def test_a_study_against_itself_is_the_same_throughout():
    a, b = view_of(planes()), view_of(planes())
    pairs = match(a.cases, b.cases)
    assert [(x.record.hash, x.record.hash) for x, _ in pairs.both] == [
        (x.record.hash, y.record.hash) for x, y in pairs.both
    ]
    assert not pairs.only_a + pairs.only_b
    found = changes(pairs)
    assert len(found) == 27
    assert {change.verdict for change in found} == {"same"}
    assert inputs(pairs) == []
    assert panels(a, b, pairs)[0].answer == "Every result compared is the same in all 9 matched cases."


def test_each_change_is_told_with_its_direction():
    """Twice the time is worse, twice the throughput better, twice the cost worse; the largest comes first."""
    rows = planes()
    rows[4]["results"]["completion_s"] *= 3
    rows[5]["results"]["normalized_throughput"] *= 2
    rows[6]["results"]["cost_per_endpoint_usd"] *= 1.5
    a, b = view_of(planes()), view_of(rows)
    pairs = match(a.cases, b.cases)
    moved = sorted((c for c in changes(pairs) if c.verdict != "same"), key=lambda c: c.rank)
    assert [(c.case, c.key, c.verdict, c.ratio) for c in moved] == [
        ("planes 2, node limit 2", "completion_s", "worse", pytest.approx(3)),
        ("planes 2, node limit 4", "normalized_throughput", "better", pytest.approx(2)),
        ("planes 8, node limit 1", "cost_per_endpoint_usd", "worse", pytest.approx(1.5)),
    ]
    told = panels(a, b, pairs)[0].answer
    assert told.startswith("3 of 9 matched cases differ; most of all the completion time of planes 2, node limit 2: ")
    assert told.replace("\N{NO-BREAK SPACE}", " ").endswith("1.00 ms in A, 3.00 ms in B.")


def test_jobs_are_compared_one_by_one_and_what_is_the_same_is_not_drawn():
    def jobs(slow):
        rows = [{"job": "ring", "alone_s": 1.0, "together_s": 2.0 * slow, "slowdown": 2.0 * slow}]
        rows.append({"job": "mesh", "alone_s": 3.0, "together_s": 3.0, "slowdown": 1.0})
        parts = {"fabric": {"family": "tree", "rate": f"{slow}00Gb/s"}, "traffic": {"pattern": "jobs"}}
        return view_of([record("x", {}, parts, {"completion_s": 3.0, "jobs": rows})])

    a, b = jobs(1), jobs(4)
    pairs = match(a.cases, b.cases)
    moved = [(c.where, c.key, c.ratio, c.verdict) for c in changes(pairs) if c.verdict != "same"]
    name = a.cases[0].title
    keys = ("jobs.together_s", "jobs.slowdown")
    assert moved == [(f"{name}, job ring", key, 4.0, "worse") for key in keys]
    shown = panels(a, b, pairs)
    assert "The one matched case differs; most of all the" in shown[0].answer and "job ring" in shown[0].answer
    assert shown[0].blocks[0].items == ("fabric.rate: 100Gb/s in A, 400Gb/s in B (1 case)",)
    (figure,) = figures_of(shown)
    assert [len(variant.spec["data"][0]["x"]) for variant in figure.variants] == [1, 1]
    assert "Completion" not in str(shown[1].blocks)


def test_cases_match_by_labels_where_inputs_differ_and_the_input_is_named():
    rows = planes()
    for row in rows:
        row["case"]["fabric"]["rate"] = "800Gb/s"
        row["case"]["name"] += " faster"
    pairs = match(view_of(planes()).cases, view_of(rows).cases)
    assert [(x.record.labels, x.record.labels) for x, _ in pairs.both] == [
        (y.record.labels, y.record.labels) for _, y in pairs.both
    ]
    assert inputs(pairs) == [("fabric.rate", "–", "800Gb/s", 9)]


def test_cases_without_counterpart_are_listed():
    a, b = view_of(planes()), view_of(planes("refused", "no such network")[3:])
    pairs = match(a.cases, b.cases)
    assert (len(pairs.both), len(pairs.only_a), len(pairs.only_b)) == (6, 3, 0)
    shown = panels(a, b, pairs)
    assert shown[-1].answer == "3 cases in A alone, 0 cases in B alone; 1 matched case failed or refused."
    lost = [c for c in changes(pairs) if c.verdict == "only in A"]
    assert {c.case for c in lost} == {"planes 8, node limit 4"}


def test_studies_with_nothing_in_common():
    other = [record("x", {"load": "1"}, {"traffic": {"pattern": "uniform"}}, {"completion_s": 1.0})]
    a, b = view_of(planes()), view_of(other)
    pairs = match(a.cases, b.cases)
    assert not pairs.both
    assert "no case in common" in panels(a, b, pairs)[0].answer


def test_two_analyses_of_one_case_each_are_compared():
    """Neither has labels; they are what there is to compare."""
    rows = [
        record(n, {}, {"traffic": {"pattern": "uniform"}}, {"completion_s": t}) for n, t in (("x", 1.0), ("y", 2.0))
    ]
    pairs = match(view_of(rows[:1]).cases, view_of(rows[1:]).cases)
    assert [change.ratio for change in changes(pairs)] == [2.0]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return a study, and the same with one slower case, a hostile name and one case fewer."""
    one = write_study(tmp_path_factory.mktemp("one"), small=True)
    other = write_study(tmp_path_factory.mktemp("other"), small=True)
    rows = [json.loads(line) for line in (other / "records.jsonl").read_text().splitlines()][:-1]
    rows[-1]["results"]["completion_s"] *= 2
    rows[0]["case"]["labels"]["network"] = HOSTILE
    (other / "records.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return one, other


def test_same_folders_give_the_same_bytes_and_names_stay_text(folders):
    html = compare(*folders)
    assert html == compare(*folders)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_folders_tell_a_study_before_and_after_a_change_apart(folders):
    """Both studies have one title here."""
    one, other = (folder.name for folder in folders)
    assert f": {one} against {other}</h1>" in compare(*folders)


def test_figures_are_drawn_and_say_both_values(folders):
    from topo.report.load import read_study
    from topo.report.panels.view import View

    views = [View(read_study(folder)) for folder in folders]
    (figure,) = figures_of(panels(*views, match(views[0].cases, views[1].cases)))
    spec = figure.variants[0].spec
    assert [trace["name"] for trace in spec["data"]] == ["A", "B"]
    assert spec["data"][1]["x"][0] == pytest.approx(2 * spec["data"][0]["x"][0])


def test_the_page_draws_fits_every_screen_and_asks_nobody(folders, browser, tmp_path: Path):
    path = tmp_path / "versus.html"
    path.write_text(compare(*folders), encoding="utf-8")
    visit = Visit(browser, path)
    fits_everywhere(visit)
    assert visit.page.locator("#fig-versus [data-drawn] svg.main-svg").count() > 0
    passes_axe(visit)
    visit.page.close()
