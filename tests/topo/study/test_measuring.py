"""Candidates that are the same network under two names are measured once."""

from __future__ import annotations

from topo.config import read_case
from topo.study import measuring, run_case
from topo.study.design import designed
from topo.study.measuring import network_of

#: What a switch with more ports than are used is billed as, and what a network is called.
_OF_THE_SWITCH = {"reason", "neighbours"}


def case(p, traffic="permutation", g=5, **sections):
    words = f"dragonfly:a=4,h=2,p={p},g={g},endpoints=40,endpoints_per_host=2,rate=400Gb/s"
    return read_case(words, traffic, seed=1, **sections)


def test_twins_have_the_same_results_and_nobody_else_the_same_network():
    twins = [case(2), case(3), case(5)]
    assert len({network_of(one) for one in twins}) == 1
    results = [run_case(one).results for one in twins]
    assert all(one["completion_s"] == results[0]["completion_s"] for one in results)
    assert all(one["theta"] == results[0]["theta"] for one in results)
    others = [case(3, "uniform"), case(3, g=6), case(3, routing="ugal"), case(3, solve="max-min")]
    assert len({network_of(one) for one in (*twins, *others)}) == 1 + len(others)


def test_a_design_measures_twins_once(monkeypatch):
    words = ["endpoints=40", "switches=[16]", "traffic=permutation", "slowdown<=1.6", "minimize=switches"]
    families = "families={dragonfly: {a: [4], h: [2], p: [5, 6, 7, 9]}}"
    handed, execute = [], measuring.execute

    def counted(cases, **where):
        handed.extend(network_of(one) for one in cases)
        return execute(cases, **where)

    monkeypatch.setattr(measuring, "execute", counted)
    answer = designed([*words, families, "fabric.endpoints_per_host=2"]).answer
    assert answer.considered >= 4
    assert len(handed) == len(set(handed)) <= 1 + answer.considered // 4  # and one switch for all
