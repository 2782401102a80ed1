"""The decision matrix: its cells against the records, and when there is none."""

from __future__ import annotations

import pytest

from topo import study
from topo.config import parse_study
from topo.report import choice

TEXT = """\
schema: 1
title: Two trees
fabric: {rate: 400Gb/s, endpoints: 128}
cost: {prices: paper-table-3}
sweep:
  fabric:
    - {name: full, family: fat-tree-2, radix: 16}
    - {name: half, family: fat-tree-2, radix: 16, oversubscription: 2}
  traffic:
    - {name: uniform, pattern: uniform}
    - {name: shifted, pattern: shift, by: 32}
"""


def run(folder, text=TEXT):
    return study.run(parse_study(text, "two.yaml"), folder)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    return run(tmp_path_factory.mktemp("matrix") / "out")


def test_cells_are_the_records(done):
    table = choice(done.folder)
    rows = {(r["case"]["labels"]["fabric"], r["case"]["labels"]["traffic"]): r["results"] for r in done.records}
    assert [column.title for column in table.columns[:2]] == ["Network", "Cost per endpoint"]
    networks = [row[0] for row in table.rows]
    assert networks == ["full", "half"]
    for i, column in enumerate(table.columns[2:], 2):
        traffic = "uniform" if "uniform" in column.title else "shifted"
        best = min(rows[network, traffic]["completion_s"] for network in networks)
        for row in table.rows:
            found = rows[row[0], traffic]
            assert row[1] == found["cost_per_endpoint_usd"]
            assert row[i] == found["completion_s"]
            assert row[i].text.endswith(found["bottleneck_tier"])
            assert ("×" in row[i].text) == (row[i] > 1.01 * best)
            assert column.shade(row[i]) == (
                "good" if row[i] <= 1.01 * best else "warn" if row[i] <= 2 * best else "bad"
            )


def test_networks_of_different_sizes_are_no_choice(tmp_path):
    text = TEXT.replace(", endpoints: 128", "").replace("radix: 16, over", "radix: 32, over")
    assert choice(run(tmp_path / "out", text).folder) is None


def test_the_terminal_ends_with_it(done, capsys):
    from topo.cli import main

    (done.folder.parent / "two.yaml").write_text((done.folder / "study.yaml").read_text())
    assert main(["study", str(done.folder.parent / "two.yaml"), "-o", str(done.folder)]) == 0
    out, err = capsys.readouterr()
    assert out.strip().endswith("index.html")
    assert "leaf-spine" in err
    assert len([line for line in err.splitlines() if line.startswith(("full", "half"))]) == 2
