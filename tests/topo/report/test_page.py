"""The page as text: what it says, what it is made of, and that nothing in a record gets out of its cell."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.topo.report.sample import record, write_study
from topo.report import ReportError, render, words, write
from topo.report.figures import resolve
from topo.report.load import read_study
from topo.report.page import figures_of
from topo.report.panels import panels
from topo.report.panels.view import View
from topo.report.tables import Column, name, table

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "\"quotes\" & 'more' {{ 7 * 7 }} %{x}",
    "line\u2028separator\u2029here",
    "right\u202eto left",
    "x" * 10_000,
    "",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return render(folder)


class Outline(HTMLParser):
    """Ids, open tags and references of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.tags.append(tag)
        if held.get("id"):
            self.ids.append(str(held["id"]))
        self.targets += [str(held[key]) for key in ("src", "href", "action", "poster") if held.get(key)]


def test_same_records_give_the_same_bytes(folder: Path, html: str) -> None:
    assert render(folder) == html


def test_write_puts_the_page_beside_the_records(tmp_path: Path) -> None:
    path = write(write_study(tmp_path, small=True))
    assert path == tmp_path / "index.html"
    assert [p.name for p in tmp_path.iterdir() if "part" in p.name] == []


def test_one_file_of_at_most_8_MB_that_names_no_other(html: str) -> None:
    outline = Outline(html)
    assert len(html.encode()) < 8e6
    assert outline.targets and all(target.startswith("#") for target in outline.targets)
    assert "link" not in outline.tags and "iframe" not in outline.tags
    assert len(outline.ids) == len(set(outline.ids))
    assert "default-src 'none'" in unescape(html) and "unsafe-eval" not in html


def test_every_panel_asks_a_question_and_the_list_leads_to_it(html: str) -> None:
    questions = re.findall(r"<h2[^>]*>([^<]+)</h2>", html)
    assert len(questions) >= 9 and all(question.endswith("?") for question in questions)
    outline = Outline(html)
    assert {t.removeprefix("#") for t in outline.targets} <= set(outline.ids)


def test_the_tables_alone_tell_the_story(html: str) -> None:
    for text in (
        "16,384",
        "131,072",
        "384,272",
        "$4,395",
        "+1.34",
        "incast collapse",
        "not buildable",
        "static needs a tree",
    ):
        assert text.lower() in html.lower(), text


def test_every_figure_is_valid_plotly_with_units_in_light_and_dark(folder: Path) -> None:
    from plotly import graph_objects

    figures = figures_of(panels(View(read_study(folder))))
    assert len(figures) >= 6
    for figure in figures:
        assert figure.finding.endswith(".") and figure.variants
        for variant in figure.variants:
            for dark in (False, True):
                drawn = graph_objects.Figure(resolve(variant.spec, dark))
                titles = [axis.title.text for axis in (*drawn.select_xaxes(), *drawn.select_yaxes()) if axis.title.text]
                numeric = [title for title in titles if not title.startswith("M,")]
                assert all("[" in title for title in numeric), titles
                assert not any(trace.type in ("scattergl", "parcoords") for trace in drawn.data)


@pytest.mark.parametrize("name", HOSTILE, ids=["script", "close", "quotes", "separators", "bidi", "long", "empty"])
def test_names_from_files_stay_text(tmp_path: Path, name: str) -> None:
    fabric = {"family": name, "radix": name}
    extra = record(
        name, {"network": name, name: name}, {"fabric": fabric, "traffic": {"pattern": name}}, {"endpoints": 8}
    )
    failed = record(name + "!", {"network": name}, {"fabric": fabric}, {}, status="failed", error=name)
    html = render(write_study(tmp_path, small=True, extra=(extra, failed)))
    assert "<script>alert" not in html and "<img" not in html
    scripts = re.findall(r"<script[^>]*>", html)
    assert len(scripts) == html.count("</script>")
    # What is drawn is stored as base64, which has no sign that could end a script element.
    assert all(re.fullmatch(r"[A-Za-z0-9+/=]*", text) for text in re.findall(r'octet-stream" id="[^"]*">(.*?)<', html))


def test_a_study_of_sizes_alone_or_of_failures_alone_is_a_page(tmp_path: Path) -> None:
    lone = record("a", {}, {"fabric": {"family": "fat-tree-2"}}, {}, status="failed", error="no")
    (tmp_path / "records.jsonl").write_text(json.dumps(lone) + "\n")
    assert "no</span>" in render(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "does not exist"),
        ("", "holds no record"),
        ("{", "records.jsonl:1: not JSON"),
        ('{"schema_version": 99}', "schema_version 99 is not known"),
        ('{"schema_version": 1}', "of an older planewise: its max_utilization is a mean .* computes it afresh"),
        ("[1]", "records.jsonl:1: an object is needed"),
    ],
)
def test_folders_that_hold_no_study_are_refused(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "records.jsonl").write_text(text)
    with pytest.raises(ReportError, match=message):
        render(tmp_path)


def test_a_damaged_table_leaves_its_case_out_and_is_told(tmp_path: Path) -> None:
    write_study(tmp_path, small=True)
    path = next((tmp_path / "cases").glob("*/links.parquet"))
    path.write_bytes(b"no parquet")
    told: list[str] = []
    html = write(tmp_path, tell=told.append).read_text("utf-8")
    assert [line.startswith(f"damaged: {path}: not readable as Parquet") for line in told] == [True]
    assert "Damaged and left out" in html
    assert "1 damaged file left out" in html


def test_the_config_of_every_case_is_what_is_shared_and_its_own_together(folder: Path, html: str) -> None:
    """Nothing is left out: shared part and rest, merged, are the case as stored."""

    def merged(shared: dict, rest: dict) -> dict:
        out = shared | rest
        return out | {k: merged(shared[k], rest[k]) for k in shared.keys() & rest.keys() if isinstance(rest[k], dict)}

    text = html.partition("Resolved config: what all cases share")[2].partition("<pre")[2].partition(">")[2]
    lines = [json.loads(line) for line in unescape(text.partition("</pre>")[0]).splitlines()]
    stored = [json.loads(line)["case"] for line in (folder / "records.jsonl").read_text().splitlines()]
    assert [merged(lines[0], rest) for rest in lines[1:]] == stored


def test_seeds_of_one_setting_go_by_one_name_and_the_comparison_shows_their_mean_and_range(tmp_path: Path) -> None:
    rows = [
        record(
            f"seed {seed}",
            {"seed": str(seed)},
            {"fabric": {"family": "f"}, "traffic": {"pattern": "permutation", "seed": seed}},
            {"normalized_throughput": 0.5 + seed / 10, "completion_s": 1.0},
        )
        for seed in (1, 2)
    ]
    (tmp_path / "records.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    view = View(read_study(tmp_path))
    assert {case.traffic for case in view.cases} == {"permutation"}
    (mean,) = view.grid
    assert mean.get("normalized_throughput") == pytest.approx(0.65)
    assert (mean.ends("normalized_throughput"), mean.ends("completion_s")) == ((0.6, 0.7), None)
    assert "A mark is the mean over seeds; the table has the least and the largest of them." in render(tmp_path)


def test_provenance_says_which_files_hold_the_numbers(html: str) -> None:
    """The sample has records and link loads, but no Parquet of its records."""
    text = html.partition('id="provenance"')[2]
    assert "<li>records.jsonl: " in text and "<li>cases/*/links.parquet: " in text and "records.parquet" not in text


def test_a_wide_table_says_once_what_is_the_same_in_every_row() -> None:
    columns = [name("Network"), name("Policy"), *(Column(f"c{i}", words.count) for i in range(8))]
    rows = [("a", "ecmp", 1, None, *range(6)), ("b", "ecmp", 2, None, *range(1, 7))]
    wide = table("t", "T", columns, rows, note="Read it.")
    assert wide.alike == {1, 3}
    assert wide.remarks == "Read it. The same in every row: Policy ecmp."
    assert not table("t", "T", columns[:3], [row[:3] for row in rows]).alike
    assert not table("t", "T", columns, rows[:1]).alike
