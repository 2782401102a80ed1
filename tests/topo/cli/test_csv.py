"""``--csv``: rows that say the same as --json, with titles and units of the quantities in the header."""

from __future__ import annotations

import csv
import io
import json

import pytest

from topo.cli import main
from topo.quantities import QUANTITIES

CASE = ("analyze", "fat-tree-2:radix=8,endpoints=32,scale_up=none", "permutation", "--routing", "ecmp-hash")
STUDY = """\
schema: 1
title: Two
fabric: {family: fat-tree-2, radix: 8, endpoints: 16}
invalid: record
sweep:
  fabric.radix: [8, 7]
  traffic: [{pattern: uniform}, {pattern: shift, by: 8}]
"""


def run(capsys, *arguments):
    assert main(list(arguments)) == 0
    return capsys.readouterr()


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def heading(key):
    one = QUANTITIES[key]
    unit = one.unit.replace("×", "x")
    return f"{one.title} [{unit}]" if unit else one.title


def same(text, value):
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    return float(text) == value if isinstance(value, int | float) else text == (value or "")


@pytest.mark.parametrize("arguments", [CASE, ("size", "fat-tree-2:radix=8", "--prices", "paper-table-3")])
def test_one_case_is_one_row_of_what_json_has(capsys, arguments):
    (row,) = rows_of(run(capsys, *arguments, "--csv").out)
    results = json.loads(run(capsys, *arguments, "--json").out)
    compared = [key for key, value in results.items() if key in QUANTITIES and isinstance(value, int | float | str)]
    assert len(compared) > 12
    for key in compared:
        assert key == "seconds" or same(row[heading(key)], results[key]), key


def test_draws_are_a_row_each(capsys):
    rows = rows_of(run(capsys, *CASE, "--seeds", "3", "--workers", "0", "--csv").out)
    records = json.loads(run(capsys, *CASE, "--seeds", "3", "--workers", "0", "--json").out)["records"]
    found = [float(row[heading("completion_s")]) for row in rows]
    assert found == [record["results"]["completion_s"] for record in records] and len(found) == 3
    assert len({row["seed"] for row in rows}) == 3


def test_a_study_is_a_row_a_case_and_those_refused_say_why(capsys, tmp_path):
    file = tmp_path / "two.yaml"
    file.write_text(STUDY)
    rows = rows_of(run(capsys, "study", str(file), "-o", str(tmp_path / "s"), "--workers", "0", "--csv").out)
    stored = [json.loads(line) for line in (tmp_path / "s" / "records.jsonl").read_text().splitlines()]
    assert [row["case"] for row in rows] == [one["case"]["name"] for one in stored]
    assert [row["fabric.radix"] for row in rows] == ["8", "8", "7", "7"]
    for row, one in zip(rows, stored, strict=True):
        assert (row["status"], row["error"]) == (one["status"], one["error"] or "")
        assert same(row[heading("completion_s")] or "0", one["results"].get("completion_s", 0.0))


def test_lists_are_their_rows_and_empty_ones_their_header(capsys):
    rows = rows_of(run(capsys, "moe", "--ep", "64", "--csv").out)
    limits = json.loads(run(capsys, "moe", "--ep", "64", "--json").out)["by_limit"]
    assert [float(row["exchange time [s]"]) for row in rows] == [one["exchange_s"] for one in limits]
    assert run(capsys, "check", "fat-tree-2:radix=8", "--csv").out.startswith("evidence,fault,")
    paths = rows_of(run(capsys, "explain", "fat-tree-2:radix=8", "--from", "0", "--to", "9", "--csv").out)
    assert sum(float(path["share [of bytes]"]) for path in paths) == pytest.approx(1)
    assert {"kind", "name", "what"} == rows_of(run(capsys, "list", "solvers", "--csv").out)[0].keys()


def test_json_and_csv_are_one_choice(capsys):
    assert main([*CASE, "--csv", "--json"]) == 2
    assert "give one" in capsys.readouterr().err


EXPECT = ("expect", "fat-tree-2:radix=4", "--collective", "allreduce", "--from", "1MiB", "--to", "16MiB")


def test_what_to_expect_is_a_row_for_each_size(capsys):
    rows = rows_of(run(capsys, *EXPECT, "--csv").out)
    expectations = json.loads(run(capsys, *EXPECT, "--json").out)["expectations"]
    assert len(rows) == len(expectations) == 3
    title = QUANTITIES["expectations.expected_busbw_bytes_per_s"].title
    for row, one in zip(rows, expectations, strict=True):
        assert float(row[f"{title} [B/s]"]) == one["expected_busbw_bytes_per_s"]


@pytest.mark.parametrize("there", [True, False])
def test_a_file_after_csv_of_expect_is_told_what_to_write_instead(capsys, tmp_path, there):
    """Once --csv took the file of the acceptance table, which may lie there from then."""
    path = tmp_path / "acceptance.csv"
    if there:
        path.write_text("operation,ranks\n")
    assert main([*EXPECT, "--csv", str(path)]) == 2
    assert f"--csv > {path}" in capsys.readouterr().err
