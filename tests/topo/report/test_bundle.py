"""Pages that grow too large: told of first, then cut, with every row in a zip beside them."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from pyarrow import parquet

from tests.topo.report.sample import record
from topo.report import render, write
from topo.report.bundle import ROWS
from topo.report.load import read_study
from topo.report.panels import panels
from topo.report.panels.blocks import Draw, Show
from topo.report.panels.view import View

N = ROWS + 7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a study of more cases than a cut table holds."""
    found = tmp_path_factory.mktemp("many")
    rows = [
        record(
            f"{i}",
            {"planes": str(i)},
            {"fabric": {"family": "fat-tree-2", "planes": i + 1}, "traffic": {"pattern": "uniform"}},
            {"completion_s": 1e-3 * (i + 1), "normalized_throughput": 1.0, "method": "closed form"},
        )
        for i in range(N)
    ]
    (found / "records.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (found / "records.parquet").write_bytes(b"as the study wrote it")
    return found


def test_a_small_page_is_written_whole_and_in_silence(folder, tmp_path):
    told: list[str] = []
    assert write(folder, tmp_path / "a.html", tell=told.append).read_text() == render(folder)
    assert told == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_a_large_page_is_told_of(folder, tmp_path):
    told: list[str] = []
    path = write(folder, tmp_path / "a.html", tell=told.append, warn_at=1000)
    assert path.read_text() == render(folder)
    assert len(told) == 1 and "slow to open" in told[0]
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_a_huge_page_is_cut_and_the_zip_has_every_row(folder, tmp_path):
    told: list[str] = []
    path = write(folder, tmp_path / "a.html", tell=told.append, zip_at=1000)
    assert len(told) == 1 and "a.zip" in told[0]
    page = path.read_text()
    assert len(page) < len(render(folder))
    assert f"The first {ROWS} of {N} rows; all of them are in tables/cases.parquet of a.zip." in page
    with zipfile.ZipFile(tmp_path / "a.zip") as pack:
        assert pack.testzip() is None
        assert pack.read("index.html").decode() == page
        assert pack.read("records.parquet") == b"as the study wrote it"
        names = set(pack.namelist()) - {"index.html", "records.parquet"}
        held = {name: parquet.read_table(io.BytesIO(pack.read(name))) for name in names}
    for table in _tables(folder):
        if len(table.rows) > ROWS:
            assert held.pop(f"tables/{table.id}.parquet").num_rows == len(table.rows)
    assert not held


def test_values_in_the_zip_are_those_of_the_table(folder, tmp_path):
    write(folder, tmp_path / "a.html", zip_at=1000)
    with zipfile.ZipFile(tmp_path / "a.zip") as pack:
        cases = parquet.read_table(io.BytesIO(pack.read("tables/cases.parquet")))
    assert cases["Completion time [s]"].to_pylist() == [1e-3 * (i + 1) for i in range(N)]
    assert cases["Planes"].to_pylist() == [str(i) for i in range(N)]


def test_the_zip_is_the_same_bytes_again(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(folder, tmp_path / name / "x.html", zip_at=1000)
    assert (tmp_path / "a" / "x.zip").read_bytes() == (tmp_path / "b" / "x.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a" / "x.zip") as pack:
        assert {entry.date_time[:3] for entry in pack.infolist()} == {(2023, 11, 14)}


def _tables(folder):
    for panel in panels(View(read_study(folder))):
        for block in panel.blocks:
            if isinstance(block, Show):
                yield block.table
            elif isinstance(block, Draw) and block.figure.table is not None:
                yield block.figure.table
