"""Cases alike but for their seeds, and what a number comes to over them."""

import json

import pytest
from scipy.stats import binom

from topo import study
from topo.config import parse_study
from topo.config.seeds import Summary, seedless, settings, summary
from topo.report.load import read_study
from topo.report.panels.seeds import repeats
from topo.report.panels.view import View


def test_seeds_are_left_out_wherever_they_stand():
    case = {
        "seed": 1,
        "traffic": {"seed": 2, "by": 3, "jobs": [{"seed": 4, "hosts": 5}]},
        "labels": {"routing.seed": 6},
    }
    assert seedless(case) == {"traffic": {"by": 3, "jobs": [{"hosts": 5}]}, "labels": {}}


def test_settings_in_the_order_of_their_first_case():
    """What is asked twice under one seed counts once; sections that do not count tell nothing apart."""
    asked = [("a", 1, "x"), ("b", 1, "x"), ("a", 2, "y"), ("a", 1, "z"), ("b", 3, "x")]
    cases = [{"traffic": {"pattern": p, "seed": seed}, "cost": {"prices": cost}} for p, seed, cost in asked]
    assert settings(cases, ("traffic",)) == [[0, 2], [1, 4]]
    assert settings(cases, ("traffic", "cost")) == [[0], [1, 4], [2], [3]]


def test_a_single_seed_has_no_interval():
    assert Summary((3.0,)).row() == {"mean": 3.0, "low": 3.0, "high": 3.0, "min": 3.0, "max": 3.0, "n": 1}


def test_only_numbers_are_summed_up():
    results = [{"x": 1, "flag": True, "word": "w"}, {"x": None}, {"x": 2.5}]
    assert summary(results, "x") == Summary((1, 2.5))
    assert [summary(results, key) for key in ("flag", "word", "absent")] == [None, None, None]


def test_the_page_and_the_study_say_the_same(tmp_path):
    """Mean, least and largest of every policy are those of spread.jsonl."""
    text = (
        "schema: 1\ntitle: t\nfabric: {family: fat-tree-2, radix: 8, endpoints: 32, endpoints_per_host: 4}\n"
        "traffic: {pattern: shift, by: 4}\nseeds: 4\nsweep:\n  routing.policy: [ecmp, ecmp-hash]\n"
    )
    study.run(parse_study(text, "seeds.yaml"), tmp_path)
    rows = [json.loads(line)["results"] for line in (tmp_path / "spread.jsonl").read_text().splitlines()]
    pages = repeats(View(read_study(tmp_path)))
    assert len(rows) == len(pages) == 2
    for row, page in zip(rows, pages, strict=True):
        assert row["completion_s"]["n"] == 4
        for key in ("completion_s", "mean_completion_s", "fairness"):
            told = (page.mean(key), page.least(key), page.most(key))
            assert told == pytest.approx(tuple(row[key][part] for part in ("mean", "min", "max")), rel=1e-15)
    assert [len(page.cases) for page in pages] == [1, 4], "a policy that draws nothing is one case under any seed"


@pytest.mark.parametrize(("n", "k", "sure"), [(1, 1, 0.0), (5, 1, 0.9375), (9, 2, 0.9609375), (20, 6, 0.9586105)])
def test_what_bounds_the_median_is_the_sign_test(n, k, sure):
    """Of n draws the k-th from either end: printed tables of the sign test, and scipy's binomial distribution."""
    low, high, confidence = Summary(tuple(float(i) for i in range(n, 0, -1))).around
    assert (low, high) == (k, n + 1 - k) and confidence == pytest.approx(sure)
    assert confidence == pytest.approx(max(0.0, 1 - 2 * binom.cdf(k - 1, n, 0.5)))
