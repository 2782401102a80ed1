"""Figures as PNG: each one in its size; a missing browser or package is told and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import struct
import sys
from pathlib import Path

import pytest

from tests.topo.report.sample import record, write_study
from tests.topo.report.test_sweep import planes
from topo.report import ReportError
from topo.report.load import read_study
from topo.report.page import figures_of
from topo.report.panels import panels
from topo.report.panels.view import View
from topo.report.pictures import SCALE, WIDTH, PicturesError, save

SIGNATURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a study of nine cases without links: some of the figures, drawn soon."""
    import json

    write_study(tmp_path / "s", small=True)
    rows = planes()
    rows[0]["case"]["labels"]["fabric.planes"] = "1"
    (tmp_path / "s" / "records.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path / "s"


def test_every_figure_is_drawn_with_its_caption(folder, tmp_path):
    if not any(map(shutil.which, ("chromium", "chrome", "google-chrome"))) and "BROWSER_PATH" not in os.environ:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is needed under CI: apt-get install chromium")
        pytest.skip("Chromium is not installed: apt-get install chromium")
    pytest.importorskip("kaleido")
    figures = figures_of(panels(View(read_study(folder))))
    files = save(folder, tmp_path / "png")
    assert len(files) == sum(len(figure.variants) for figure in figures) > 3
    heights = [v.spec["layout"]["height"] for figure in figures for v in figure.variants]
    for file, height in zip(files, heights, strict=True):
        held = file.read_bytes()
        assert held.startswith(SIGNATURE)
        assert struct.unpack(">II", held[16:24]) == (WIDTH * SCALE, height * SCALE)
    captions = (tmp_path / "png" / "figures.md").read_text()
    assert all(file.name in captions for file in files)
    assert {path.name for path in (tmp_path / "png").iterdir()} == {"figures.md", *(file.name for file in files)}


def test_without_a_browser_it_says_so_and_leaves_nothing(folder, tmp_path, monkeypatch):
    pytest.importorskip("kaleido")
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "nowhere"))
    with pytest.raises(PicturesError, match="needs Chromium"):
        save(folder, tmp_path / "png")
    assert list((tmp_path / "png").iterdir()) == []


def test_without_kaleido_it_says_what_to_install(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "kaleido", None)
    with pytest.raises(PicturesError, match=r"planewise\[png\]"):
        save(folder, tmp_path / "png")
    assert not (tmp_path / "png").exists()


def test_a_report_without_figures(tmp_path):
    import json

    (tmp_path / "records.jsonl").write_text(json.dumps(record("x", {}, {"fabric": {"family": "slim-fly"}}, {})) + "\n")
    with pytest.raises(ReportError, match="no figure"):
        save(tmp_path, tmp_path / "png")
