"""The outcome panel: a curve has the commodities of all seeds, a row their mean and range."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.topo.report.sample import record
from topo.report.load import Record, Study
from topo.report.panels.blocks import Draw
from topo.report.panels.outcome import panel
from topo.report.panels.view import View

TIMES = {1: [1e-3, 2e-3, 4e-3], 2: [1e-3, 1e-3, 8e-3]}


def seeded(folder: Path, **solve: str) -> list[Record]:
    """Return one setting under two seeds, each with when its commodities ended."""
    out = []
    for seed, finish in TIMES.items():
        parts: dict[str, Any] = {"fabric": {"family": "fat-tree-2"}, "traffic": {"pattern": "random", "seed": seed}}
        parts |= {"routing": {"policy": "ecmp"}, "solve": {"solver": "completion"} | solve}
        found = {
            "completion_s": max(finish),
            "mean_completion_s": float(np.mean(finish)),
            "bottleneck_tier": "endpoint",
        }
        row = record(str(seed), {"fabric": "FT2", "traffic": "random", "seed": str(seed)}, parts, found)
        held = folder / row["hash"]
        held.mkdir()
        parquet.write_table(pa.table({"phase": np.zeros(3, int), "finish": finish}), held / "commodities.parquet")
        out.append(Record(str(seed), row["hash"], "ok", "", row["case"], row["results"], (), held))
    return out


def test_a_curve_is_the_share_of_all_seeds_commodities_that_ended(tmp_path):
    (_, block) = panel(View(Study(tmp_path, tuple(seeded(tmp_path)), {}, ""))).blocks
    assert isinstance(block, Draw) and block.fold
    (variant,) = block.figure.variants
    (curve,) = variant.spec["data"]
    everything = np.sort(np.concatenate([TIMES[1], TIMES[2]])) * 1e3
    # A step has its foot and its head at one place: what counts there is the head.
    for x, share in dict(zip(curve["x"], curve["y"], strict=True)).items():
        assert share == pytest.approx((everything <= x).mean(), abs=1e-5)
    assert (curve["x"][-1], curve["y"][-1]) == (8.0, 1.0)


def test_a_row_has_mean_and_range_of_the_seeds(tmp_path):
    block, _ = panel(View(Study(tmp_path, tuple(seeded(tmp_path)), {}, ""))).blocks
    (row,) = block.figure.table.rows
    told = dict(zip([column.title for column in block.figure.table.columns], row, strict=True))
    assert (told["Completion time"], told["Least"], told["Largest"], told["Seeds"]) == (6e-3, 4e-3, 8e-3, 2)
    assert told["Last / mean"] == pytest.approx(8 / (10 / 3))


def test_one_policy_under_two_solvers_makes_two_curves(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    rows = [*seeded(tmp_path / "a"), *seeded(tmp_path / "b", solver="max-min")]
    (_, block) = panel(View(Study(tmp_path, tuple(rows), {}, ""))).blocks
    assert [t["name"] for t in block.figure.variants[0].spec["data"]] == ["ecmp, completion", "ecmp, max-min"]


def test_a_curve_ends_when_the_exchange_does(tmp_path):
    """Times in a table count from the start of a phase; the curve from that of the exchange, repeats included."""
    (one, _) = seeded(tmp_path)
    columns = {"phase": np.array([0, 0, 1]), "finish": np.array([1e-3, 2e-3, 5e-3])}
    parquet.write_table(pa.table(columns), one.folder / "commodities.parquet")
    # Phase 0 runs ten times, then phase 1 once.
    results = one.results | {"phase_start_s": [0.0, 20e-3], "phase_end_s": [20e-3, 25e-3], "completion_s": 25e-3}
    (_, block) = panel(View(Study(tmp_path, (replace(one, results=results),), {}, ""))).blocks
    (variant,) = block.figure.variants
    assert sorted(set(variant.spec["data"][0]["x"])) == pytest.approx([0.0, 19.0, 20.0, 25.0])
    assert variant.spec["layout"]["xaxis"]["title"]["text"] == "completion time [ms]"


def test_a_collective_stands_beside_the_best_algorithm(tmp_path):
    """The least time of any algorithm and the gap have columns where a case states them, and none elsewhere."""
    plain, best = seeded(tmp_path)
    best = replace(best, results=best.results | {"collective_least_s": 6e-3, "collective_gap": 0.25})
    headings = {}
    for name, records in (("plain", (plain,)), ("best", (plain, best))):
        block, _ = panel(View(Study(tmp_path, records, {}, ""))).blocks
        (row,) = block.figure.table.rows
        headings[name] = dict(zip([column.title for column in block.figure.table.columns], row, strict=True))
    assert headings["best"]["Gap to the best algorithm"] == 0.25
    assert "Gap to the best algorithm" not in headings["plain"]
