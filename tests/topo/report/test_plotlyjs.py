"""Which plotly.js a page carries: no more than its figures need, and the one that plotly's Python package has."""

from __future__ import annotations

import base64
import gzip
import re
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs, get_plotlyjs_version

from topo.report.figures.axes import figure, layout
from topo.report.page import page
from topo.report.panels.blocks import Draw, Panel
from topo.report.plotlyjs import FOLDER, TRACES, library


def _page(trace: dict[str, object]) -> str:
    spec = {"data": [trace], "layout": layout(300)}
    panel = Panel(
        "one", "One", "What is drawn?", "One figure.", (Draw(figure("fig-one", "A line.", "Read it.", spec)),)
    )
    return page("One figure", "", [panel], version="1")


def test_our_build_is_of_the_major_version_that_plotly_has() -> None:
    """Figures are checked against plotly's Python package, so both must read them alike."""
    ours = library({"scatter"})
    assert not ours.whole and ours.version.split(".")[0] == get_plotlyjs_version().split(".")[0]


def test_our_build_draws_the_traces_that_it_says() -> None:
    named = set(re.findall(r'moduleType:"trace",name:"(\w+)"', library(TRACES).script))
    assert named == TRACES


def test_licence_and_copyright_come_with_it() -> None:
    head = library({"bar"}).script[:400]
    assert "Copyright" in head and "MIT license" in head
    assert "MIT License" in (FOLDER / "LICENSE").read_text("utf-8")


def test_what_is_packed_is_the_script() -> None:
    ours = library({"heatmap"})
    assert gzip.decompress(base64.b64decode(ours.archive)).decode() == ours.script


def test_a_trace_that_our_build_lacks_takes_the_whole_library_and_says_so() -> None:
    whole = library({"scatter", "pie"})
    assert whole.whole and whole.script == get_plotlyjs() and whole.version == get_plotlyjs_version()
    assert "the whole of it" in _page({"type": "pie", "values": [1, 2]})


@pytest.mark.parametrize("kind", sorted(TRACES))
def test_a_page_of_one_figure_is_under_1_MB(kind: str) -> None:
    html = _page({"type": kind, "x": [1, 2], "y": [2, 1]})
    assert len(html.encode()) < 650_000
    assert "the whole of it" not in html


def test_no_figure_of_ours_needs_the_whole_library() -> None:
    """Types of traces stand in the modules that draw; a new one belongs into TRACES, or costs every page 1.5 MB."""
    root = FOLDER.parents[1]
    drawn = {
        name
        for path in (*root.glob("figures/*.py"), *root.glob("panels/*.py"))
        for name in re.findall(r'"type": "(\w+)"', Path(path).read_text("utf-8"))
    }
    assert drawn - {"data", "linear", "log", "category", "date", "line", "rect", "circle", "path"} <= TRACES
