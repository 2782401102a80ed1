"""The page of ``topo expect``: curves in the order of their heading, a judgement that agrees with its table."""

from __future__ import annotations

import json
import re

import pytest

from tests.topo.report.sample import drawings
from topo.cli import main
from topo.report.expectations import expectations_page

FABRIC = "fat-tree-2:radix=16,endpoints=16,hardware=h800"


def row(operation, size, share, *, ranks=8):
    expected = 40e9 if operation == "allreduce" else 50e9
    return {
        "operation": operation, "ranks": ranks, "hosts": 1, "bytes": float(size), "expected_s": size / expected,
        "port_busbw_bytes_per_s": 50e9, "expected_busbw_bytes_per_s": expected, "records": 3,
        "accepted_busbw_bytes_per_s": 0.92 * expected, "measured_s": size / expected / share,
        "measured_busbw_bytes_per_s": share * expected, "share": share, "least_share": share / 2,
        "accepted": share >= 0.92,
    }  # fmt: skip


def results(**more):
    rows = [row("allreduce", 2**k, 0.95) for k in (20, 25)] + [row("all-gather", 2**k, 0.5) for k in (20, 25)]
    return {
        "measurements": 12, "threshold": 0.92, "judged": 4, "rejected": 2, "expectations": rows, "inferred": ["told"],
        "outliers": [{"by": "host", "name": "node-3", "share": 0.61, "records": 4}], "fits": [],
    } | more  # fmt: skip


def drawn(text):
    return drawings(text, "fig-expect")


def page(found):
    return expectations_page("fabric", found, policy="ecmp", notes=["counted"], version="1")


def test_what_is_judged_and_what_falls_behind():
    text = page(results())
    assert "No: 2 of 4 sizes that bandwidth decides are below 92.0" in text
    assert "Host node-3 is at 61.0" in text and "told" in text and "counted" in text
    assert re.search(r"All-gather, 8 ranks on 1 host: 25.0.GB/s of 50.0.GB/s at 32.MiB, 50.0.% of what", text)
    first, second = drawn(text)
    assert max(first["data"][-1]["y"]) == pytest.approx(25), "opens on what its heading names"
    assert max(second["data"][-1]["y"]) == pytest.approx(38)


def test_all_that_is_well():
    good = [row("allreduce", 2**k, 0.95) for k in (20, 25)]
    text = page(results(expectations=good, judged=2, rejected=0, outliers=[]))
    assert "Yes: all 2 sizes" in text and "No host, rail or size falls behind" in text
    assert "No size is large enough" in page(results(expectations=good, judged=0, rejected=0))


def test_the_verb_writes_the_page_of_what_it_prints(tmp_path, capsys):
    path = tmp_path / "expect.html"
    words = ["expect", FABRIC, "--collective", "allreduce", "--from", "1MiB", "--to", "1GiB", "-o", str(path)]
    assert main([*words, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["expectations"]
    (spec,) = drawn(path.read_text())
    curve = next(trace for trace in spec["data"] if trace["name"] == "expected busbw")
    assert curve["y"] == pytest.approx([row["expected_busbw_bytes_per_s"] / 1e9 for row in rows], rel=1e-6)
    assert "What falls behind" not in path.read_text()
