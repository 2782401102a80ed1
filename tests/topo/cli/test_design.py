"""``topo design``: exits, and what it prints."""

from __future__ import annotations

import json
import time

import pytest

from topo.cli import main
from topo.study import measuring

WORDS = ("endpoints=64", "cost.prices=paper-table-3", "planes=[1]", "families=[fat-tree-2]")


def test_best_and_losers(capsys):
    assert main(["design", *WORDS, "front=[cost_usd,diameter]"]) == 0
    out = capsys.readouterr().out
    assert "Nothing better meets all requirements" in out
    assert "as much as the best" in out


@pytest.mark.parametrize(("need", "code"), [("cost_usd<=10", 4), ("cost_usd<=1e9", 0)])
def test_exits(need, code, capsys):
    assert main(["design", *WORDS, need, "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert told["proven"]
    assert told["conflict"] == (["cost at most $10.00"] if code else [])


def test_time_that_is_up(capsys):
    assert main(["design", *WORDS, "traffic=uniform", "slowdown<=1", "time=0"]) == 5
    assert "the time was up" in capsys.readouterr().err


@pytest.mark.parametrize("workers", ["0", "2"])
def test_time_is_up_within_a_measurement(workers, monkeypatch, capsys):
    """One that would take a minute ends with the time, and what it leaves open is said."""
    measured = []

    def slow(cases, **where):
        for case in cases:
            if measured:  # one switch for all ended
                time.sleep(60)
            measured.append(case)
            yield from measuring_execute([case], **where)

    measuring_execute = measuring.execute
    monkeypatch.setattr(measuring, "execute", slow)
    begin = time.monotonic()
    need = ("traffic.pattern=shift", "slowdown<=1", "time=4s", "--workers", workers, "--json")
    assert main(["design", *WORDS, *need]) == 5
    assert time.monotonic() - begin < 20
    told = json.loads(capsys.readouterr().out)
    assert not told["proven"]
    assert told["undecided"] > 0
    assert told["least_possible"] > 0
