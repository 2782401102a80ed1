"""One case over many workers: the same bytes whatever their number, and draws as mean and range."""

from __future__ import annotations

import json
from statistics import fmean

import pytest

import topo.kernels
from topo.cli import main

TREE = "fat-tree-3:radix=8,endpoints=64,endpoints_per_host=4"
#: What spreads: blocks of destinations over threads; seeds and draws of failures over processes.
CASES = {
    "sweep": ("dragonfly:a=4,p=2,h=2", "uniform"),
    "hash": (TREE, "permutation", "--routing", "ecmp-hash:qps=2", "--seeds", "3", "--solver", "max-min"),
    "spray": (TREE, "permutation", "--routing", "spray:paths=4,choose=feedback", "--seeds", "2"),
    "failures": (TREE, "uniform", "--failures", "random:part=cable,count=3", "--seeds", "3"),
}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs ``topo analyze`` in an empty folder and gives exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(topo.kernels, "THREADED_VISITS", 0)  # small cases are dealt out too

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["analyze", *words])
        return (code, *capsys.readouterr())

    return call


@pytest.mark.parametrize("name", CASES)
def test_same_bytes_whatever_the_number_of_workers(run, name):
    """The number of workers decides who computes, never what: 1, 2 and 3 print the same but for the seconds."""
    texts = set()
    for workers in ("1", "2", "3"):
        code, out, err = run(*CASES[name], "--workers", workers, "--json")
        assert code == 0, err
        texts.add("\n".join(line for line in out.splitlines() if '"seconds"' not in line))
    assert len(texts) == 1


def test_draws_are_mean_and_range_of_the_cases_one_by_one(run):
    """Each draw is the case of its seed; what is printed of all is their mean, least and most."""
    case = (*CASES["hash"][:4], "--solver", "max-min")
    data = json.loads(run(*case, "--seeds", "3", "--workers", "0", "--json")[1])
    alone = [json.loads(run(*case, "--seed", str(seed), "--json")[1]) for seed in data["seeds"]]
    for key in ("completion_s", "min_rate_gbps", "mean_completion_s"):
        values, row = [one[key] for one in alone], data["results"][key]
        assert (row["min"], row["max"], row["n"]) == (min(values), max(values), 3)
        assert row["mean"] == pytest.approx(fmean(values))
    assert data["routing"] == {"policy": "ecmp-hash", "qps": 2}
    text = run(*case, "--seeds", "3", "--workers", "0")[1]
    assert "3 seeds: mean (least to most)" in text
    (line,) = (line for line in text.splitlines() if line.endswith("  min_rate_gbps"))
    row = data["results"]["min_rate_gbps"]
    assert f"{row['mean']:.4g} Gb/s ({row['min']:.4g} to {row['max']:.4g})" in line


def test_a_seed_that_is_given_stays(run):
    """What a section pins is the same in every draw; where nothing else is drawn, that is said and computed once."""
    case = (TREE, "permutation:seed=7", "--seeds", "3", "--workers", "0")
    code, out, _ = run(*case, "--json")
    data = json.loads(out)
    assert code == 0
    assert data["traffic"]["seed"] == 7
    assert data["results"]["completion_s"]["min"] == data["results"]["completion_s"]["max"]
    assert "every seed gives the same" in run(*case)[2]


def test_one_draw_says_that_it_is_one(run):
    assert "--seeds 10 prints mean and range" in run(TREE, "permutation", "--routing", "ecmp-hash")[2]
    assert "--seeds" not in run(TREE, "permutation")[2]


def test_checks_hold_for_every_draw(run):
    code, _, err = run(*CASES["hash"], "--workers", "0", "--fail-on", "max_utilization>0")
    assert code == 1
    assert len([line for line in err.splitlines() if "check failed" in line]) == 3


def test_a_draw_that_fails_ends_the_command_with_its_error(run):
    code, out, err = run(TREE, "uniform", "--failures", "random:count=4000", "--seeds", "2", "--workers", "0")
    assert (code, out) == (3, "")
    assert "cannot fail" in err


def test_draws_are_stored_as_a_study_that_can_be_run_again(run, tmp_path):
    """Its study.yaml expands to the same cases: all of them are there already."""
    assert run(*CASES["hash"], "--workers", "0", "-o", "out")[0] == 0
    assert (tmp_path / "out" / "spread.jsonl").exists()
    assert main(["study", "out/study.yaml", "-o", "out", "--workers", "0", "--json"]) == 0
    assert json.loads((tmp_path / "out" / "run.json").read_text())["computed"] == 0
