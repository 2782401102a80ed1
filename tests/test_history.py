"""Benchmarks by commit: what is appended comes back, and changes are ratios."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks.history import Record, append, changes, of, runs
from benchmarks.planes import CASES, svg

ROOT = Path(__file__).parents[1]


def test_runs_come_back_and_changes_are_ratios(tmp_path):
    file = tmp_path / "history" / "planes.jsonl"
    append(file, {"a": Record(2.0, 4.0, 100.0), "gone": Record(1.0, 1.0, 1.0)})
    append(file, {"a": Record(1.0, 4.0, 150.0), "new": Record(1.0, 1.0, 1.0)})
    before, after = runs(file)
    text = changes(before, after)
    assert "2.0 -> 1.0 (0.50x)" in text and "(1.00x)" in text and "(1.50x)" in text
    assert "gone" not in text and "new" not in text
    assert of([before, after], after["commit"][:4]) is after
    with pytest.raises(SystemExit, match="no run of 'zzz'"):
        of([before, after], "zzz")


def test_the_record_of_the_tree_names_cases_that_are_run():
    from benchmarks.planes import HISTORY

    assert runs(HISTORY) and all(set(line["cases"]) <= set(CASES) for line in runs(HISTORY))


def test_the_picture_is_one():
    picture = svg({"uniform": [(1024, 1.0), (131072, 9.0)]})
    assert ET.fromstring(picture).tag.endswith("svg") and "uniform, 9.0 s" in picture


def test_the_table_of_sprays_is_of_the_draws_that_were_made():
    """131,072 endpoints, both choices, ten seeds: the page has what the file of draws comes to."""
    from benchmarks.sprayed import CHOICES, made, table

    draws = made()
    assert all((131072, choose, seed) in draws for choose in CHOICES for seed in range(10))
    assert all(draws[n, "feedback", seed] >= rate for (n, _, seed), rate in draws.items())
    assert table() in (ROOT / "docs" / "model.md").read_text()
