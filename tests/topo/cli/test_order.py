"""``topo order``: its files agree with what it prints, and the cabling list is read back as the fabric."""

from __future__ import annotations

import csv
import json

from topo.cli import main
from topo.config import parse_study
from topo.formats import read
from topo.formats.sheet import rows_of_sheet
from topo.study import run

WORDS = ["order", "fat-tree-2:radix=8,planes=2", "--prices", "street-2024-08", "--spares", "stock:switch=1,cable=2%"]


def test_files_hold_what_is_printed(tmp_path, capsys):
    """The sheets of the workbook are the lists; the cabling list gives as many switches and cables as are ordered."""
    assert main([*WORDS, "--json", "-o", str(tmp_path / "new" / "order")]) == 0
    found = json.loads(capsys.readouterr().out)
    folder = tmp_path / "new" / "order"
    with (folder / "bill.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["part"] for row in rows] == [row["part"] for row in found["bill"]]
    assert sum(float(row["usd"]) for row in rows) == found["cost_usd"]
    sheet = [cells for _, cells in rows_of_sheet((folder / "order.xlsx").read_bytes().decode("latin-1"), "order.xlsx")]
    assert sheet[0] == list(rows[0])
    assert [float(row[sheet[0].index("spares_usd")]) for row in sheet[1:]] == [r["spares_usd"] for r in found["bill"]]
    fabric = read(folder / "cabling.csv")
    assert fabric.n_switches == int(rows[0]["count"]) == 24
    assert fabric.size.endpoint_links == found["bill"][1]["count"]


def test_text_says_what_is_open(capsys):
    assert main(["order", "slim-fly:q=5", "--prices", "opus-fs-undated", "--fail-on", "spares_usd>0"]) == 0
    out, err = capsys.readouterr()
    assert "transceiver" in out
    assert "no price, so the sum is open" in err


def test_a_study_orders_the_network_as_it_is_edited(tmp_path):
    """The bill of a case is that of its fabric after edits, and adds up to its cost."""
    text = "schema: 1\ntitle: t\nfabric: {family: fat-tree-2, radix: 4, endpoints_per_host: 2}\ncost: paper-table-3\n"
    text += "traffic: uniform\nfloor: {effort: 0}\nedit: {remove: [leaf0 -- spine0]}\n"
    (record,) = run(parse_study(text, "s.yaml"), tmp_path).records
    results = record["results"]
    assert sum(row["count"] for row in results["bill"] if row["part"] == "switch-cable") == 7
    assert sum(row["usd"] for row in results["bill"]) == results["cost_usd"] == results["floor_cost_usd"]
