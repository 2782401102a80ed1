"""Answers as people see them: a sentence first, and nothing wider than the terminal, nor a key or number cut."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topo.cli import main
from topo.cli.widths import FEWEST, by_words, fitted, natural
from topo.quantities import QUANTITIES

CASE = ["analyze", "fat-tree-2:radix=8,planes=2", "moe-all-to-all:ep=8"]
#: Command, and the begin of the sentence below its title.
ANSWERS = [
    (CASE, "fat-tree-2 finishes expert-parallel all-to-all in "),
    ([*CASE, "--seeds", "2", "--workers", "0"], "fat-tree-2 finishes expert-parallel all-to-all in "),
    (
        ["check", "dragonfly:a=4,p=2,h=2", "--routing", "ecmp"],
        "No fault found. Uniform traffic reaches 100.0 % of what ",
    ),
    (["check", "docs/examples/site.ibnetdiscover"], "3 faults: 1 missing-cable, 1 slow-cable, 1 swapped-cables. "),
    (["design", "endpoints=64", "switches=[16]", "planes=[1]", "bisection_per_endpoint>=1"], "Nothing better meets "),
    (["expect", "fat-tree-2:radix=8", "--collective", "allreduce"], "Bus bandwidth among 32 ranks on 4 hosts at "),
    (["explain", "fat-tree-2:radix=8", "--from", "0", "--to", "31"], "4 paths; endpoint 0 to leaf 36 carries 100.0 %"),
    (
        ["grow", "fat-tree-2:radix=4", "fat-tree-2:radix=8", "--prices", "list-2022"],
        "2 stages; 16 cables come out again",
    ),
    (["moe", "--ep", "16"], "A node limit of "),
    (
        ["order", "fat-tree-2:radix=8", "--prices", "list-2022", "--floor", "hall"],
        "The order costs $199,360 at prices ",
    ),
    (["order", "fat-tree-2:radix=8"], "Without prices: "),
    (["place", "fat-tree-2:radix=8", "permutation"], "The traffic takes "),
]


def plain(shown):
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize(("command", "says"), ANSWERS, ids=[" ".join(command[:2]) for command, _ in ANSWERS])
def test_an_answer_begins_with_a_sentence_and_fits_the_terminal(command, says, columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(command) == 0
    lines = plain(capsys.readouterr().out).splitlines()
    assert lines[1].startswith(says[: columns - 2])
    wide = [line for line in lines if len(line) > columns and "order it with" not in line]
    assert wide == []
    keys = [line.split()[-1] for line in lines if line.rstrip().endswith(("_per_s", "_per_endpoint", "_throughput"))]
    assert [key for key in keys if key not in QUANTITIES] == []


def test_a_wide_table_of_few_rows_is_turned(monkeypatch, capsys):
    """Nine columns of two stages become nine lines; on a wide terminal they stay columns."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for columns, first in ((80, "endpoints  "), (160, "network  ")):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert main(["grow", "fat-tree-2:radix=8,planes=2", "fat-tree-2:radix=16", "--prices", "list-2022"]) == 0
        lines = plain(capsys.readouterr().out).partition("stages\n")[2].splitlines()
        assert [line for line in lines if line.startswith(first)], (columns, lines)


@given(st.randoms(use_true_random=False), st.integers(1, 6), st.integers(1, 5), st.integers(10, 200))
def test_widths_fit_wherever_they_can_and_break_words_last(random, n, rows, room):
    def line():
        return ["".join(random.choices("abc 1.", k=random.randrange(30))) for _ in range(n)]

    header, cells, right = line(), [line() for _ in range(rows)], random.choices([False, True], k=n)
    width = fitted(header, cells, right, room)
    whole, words = natural(header, cells), by_words(header, cells, right)
    assert all(now <= then for now, then in zip(width, whole, strict=True))
    if sum(whole) <= room:
        assert width == whole
    elif sum(words) <= room:
        assert sum(width) == room
        assert all(now >= then for now, then in zip(width, words, strict=True))
    elif sum(min(FEWEST, one) for one in whole) <= room:
        assert sum(width) <= room
