"""Seeds as an axis: what varies, and by how much."""

import json

import pytest

from topo import study
from topo.config import parse_study
from topo.study.spread import spread

TEXT = """\
schema: 1
title: Seeds
fabric: {family: fat-tree-2, radix: 8, endpoints: 32, endpoints_per_host: 4}
traffic: {pattern: shift, by: 4}
seeds: 8
sweep:
  routing.policy: [ecmp, ecmp-hash]
"""


def _record(seed, value):
    sections = {key: {} for key in ("fabric", "traffic", "routing", "solve", "cost")}
    case = {"name": f"a / seed={seed}", "labels": {"seed": seed, "case": "a"}, "panel": "", "seed": seed} | sections
    return {"status": "ok", "case": case, "results": {"x": value, "word": "w", "flag": True}}


def test_mean_interval_and_range_of_known_numbers():
    """Four values 1, 2, 3, 4: mean 2.5, deviation 1.2910, t(0.975, 3) = 3.1824, half width 2.0543."""
    (row,) = spread([_record(seed, float(seed)) for seed in (1, 2, 3, 4)])
    assert row["name"] == "a"
    assert row["seeds"] == [1, 2, 3, 4]
    assert set(row["results"]) == {"x"}
    x = row["results"]["x"]
    assert (x["mean"], x["min"], x["max"], x["n"]) == (2.5, 1, 4, 4)
    assert x["high"] - x["mean"] == pytest.approx(2.0543, abs=1e-4)


def test_hashing_varies_with_the_seed_and_splitting_does_not(tmp_path):
    study.run(parse_study(TEXT, "seeds.yaml"), tmp_path)
    split, hashed = (json.loads(line) for line in (tmp_path / "spread.jsonl").read_text().splitlines())
    assert split["labels"] == {"routing.policy": "ecmp"}
    assert split["results"]["completion_s"]["min"] == split["results"]["completion_s"]["max"]
    assert hashed["results"]["mean_completion_s"]["min"] < hashed["results"]["mean_completion_s"]["max"]
