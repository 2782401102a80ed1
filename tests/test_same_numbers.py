"""The comparison of two commits: what counts as a difference, and that random cases reach every entry."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np

from benchmarks.drawn_cases import draw
from benchmarks.same_numbers import compare, differ
from topo.config import json_schema, parse_study
from topo.flow import POLICIES, SOLVERS
from topo.generators import FAMILIES
from traffic import PATTERNS


def test_a_difference_is_beyond_rounding():
    assert differ(0.1 + 0.2, 0.3) == 0.0
    assert differ(1.0, 1.0 + 1e-11) > 0
    assert differ(1e-17, 0.0) == 0.0
    assert differ("ecmp", "wcmp") == math.inf
    assert differ(None, 0.0) == math.inf
    assert differ(1, True) == math.inf  # JSON tells them apart


def test_new_keys_are_marked_and_lost_ones_are_differences():
    found = defaultdict(list)
    compare("a", {"x.0": 1.0, "gone": 2}, {"x.0": 2.0, "new": 3}, found)
    assert found == {
        "x.#": [(0.5, "a", "1.0", "2.0")],
        "gone": [(math.inf, "a", "2", "(absent)")],
        "+ new": [(math.inf, "a", "(absent)", "3")],
    }


def test_columns_of_tables_are_compared_whole():
    one = np.array([1.0, np.nan, 0.0])
    assert differ(one, one * (1 + 1e-15)) == 0.0
    assert differ(one, one + 1e-3) == 1.0  # 0 against 0.001
    assert differ(one, one[:2]) == math.inf
    assert differ(np.array(["a", "b"], dtype=object), np.array(["a", "c"], dtype=object)) == math.inf


def test_random_cases_reach_every_entry_and_are_study_files():
    cases = draw(json_schema(), 600, seed=3)
    assert {case["fabric"]["family"] for case in cases} == set(FAMILIES)
    assert {case["traffic"]["pattern"] for case in cases} >= set(PATTERNS) - {"file"}
    assert {case["routing"]["policy"] for case in cases} == set(POLICIES)
    assert {case["solve"]["solver"] for case in cases} == set(SOLVERS)
    assert cases == draw(json_schema(), 600, seed=3)
    import json

    study = parse_study(json.dumps({"schema": 1, "title": "t", "invalid": "record", "cases": cases[:40]}), "drawn.yaml")
    assert sum(not case.refused for case in study.cases) >= 8
