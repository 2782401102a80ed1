"""Headway: whoever listens hears what long work is at, and nothing that is computed depends on it."""

from __future__ import annotations

import re

import numpy as np
import pytest

import topo
import traffic
from topo.headway import counted, tell, tell_gap, told_to, within


def test_what_is_said_inside_stands_after_what_it_belongs_to():
    heard = []
    tell("to nobody")
    with told_to(heard.append):
        with within("solving"):
            for step in counted("phase", ["a", "b"]):
                tell(step)
        tell("measuring")
    tell("to nobody")
    assert heard == [
        *("solving", "solving, phase 1 of 2", "solving, phase 1 of 2, a"),
        *("solving, phase 2 of 2", "solving, phase 2 of 2, b", "measuring"),
    ]


def test_one_step_alone_is_not_counted():
    heard = []
    with told_to(heard.append):
        assert list(counted("phase", ["a"])) == ["a"]
    assert heard == []


def test_after_an_error_the_words_before_are_gone():
    heard = []
    with told_to(heard.append):
        with pytest.raises(ZeroDivisionError), within("solving"):
            raise ZeroDivisionError
        tell("again")
    assert heard == ["solving", "again"]


@pytest.mark.parametrize(
    ("value", "bound", "says"), [(2.0, 1.938, ["gap 3.1 %"]), (0.0, 0.0, []), (1.0, 1.0, ["gap 0.0 %"])]
)
def test_a_gap_is_that_of_the_value(value, bound, says):
    heard = []
    with told_to(heard.append):
        tell_gap(value, bound)
    assert heard == says


@pytest.mark.parametrize("policy", ["adaptive", "optimal", "ugal"])
def test_a_search_says_gaps_that_close_and_finds_the_same_unheard(policy):
    """The gap said last is no less than the one of the certificate, for it is said before a round and not after."""
    fabric = topo.generate("dragonfly", a=4, p=2, h=2, capacity=50e9)
    demand = traffic.offer("permutation", n_ranks=fabric.n_endpoints, seed=3)
    heard = []
    with told_to(heard.append):
        found = topo.route(fabric, demand, policy)
    gaps = [float(re.fullmatch(r"gap (\d+\.\d) %", text)[1]) for text in heard]
    assert gaps
    assert gaps[-1] / 100 > found.gap - 1e-3
    alone = topo.route(fabric, demand, policy)
    assert found.gap == alone.gap
    np.testing.assert_array_equal(found.load(demand.size), alone.load(demand.size))
