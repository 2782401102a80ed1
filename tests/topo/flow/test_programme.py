"""The linear programme over columns: two solvers, one answer, whatever the size of an amount."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.sparse import csc_array

from topo.flow import NotSolved, programme
from topo.flow.programme import TimeUp, least_congestion

#: Two arcs, of 1 and 3 B/s; each pair may take either.
COLUMNS = csc_array(np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]]))
PAIR = np.array([0, 0, 1, 1])
CAPACITY = np.array([1.0, 3.0])


def refuse(*_):
    return "GLOP says infeasible"


@pytest.mark.parametrize("amount", [[3.0, 1.0], [3e9, 1e9], [4.0, 1e-13]])
@pytest.mark.parametrize("alone", [False, True], ids=["GLOP", "HiGHS"])
def test_arcs_fill_by_capacity_and_amounts_stay_whole(amount, alone, monkeypatch):
    if alone:
        monkeypatch.setattr(programme, "_glop", refuse)
    flow, cost = least_congestion(COLUMNS, PAIR, np.array(amount), CAPACITY)
    assert np.bincount(PAIR, flow) == pytest.approx(amount, rel=1e-15)
    assert COLUMNS @ flow / CAPACITY == pytest.approx(sum(amount) / 4.0, rel=1e-9)
    assert cost / cost.max() == pytest.approx(1.0)


def test_dust_is_no_entry():
    """An arc that only dust crosses would set the scale of its row."""
    dusty = csc_array(np.concatenate([COLUMNS.toarray(), [[1e-16, 0.0, 0.0, 0.0]]]))
    flow, cost = least_congestion(dusty, PAIR, np.array([3.0, 1.0]), np.append(CAPACITY, 1.0))
    assert COLUMNS @ flow / CAPACITY == pytest.approx(1.0)
    assert cost[2] == 0.0


def test_both_solvers_say_why(monkeypatch):
    monkeypatch.setattr(programme, "_glop", refuse)
    monkeypatch.setattr(programme, "_highs", lambda *_: "HiGHS says time limit")
    with pytest.raises(NotSolved, match="GLOP says infeasible; HiGHS says time limit"):
        least_congestion(COLUMNS, PAIR, np.ones(2), CAPACITY)


def test_a_programme_ends_when_its_time_is_up(monkeypatch):
    """Before a solver starts, and where one says that it ran out of time: never a refusal for good."""
    with pytest.raises(TimeUp, match="not solved in 0 s"):
        least_congestion(COLUMNS, PAIR, np.ones(2), CAPACITY, seconds=0.0)
    monkeypatch.setattr(programme, "_glop", lambda *given: time.sleep(given[-1]) or "GLOP says feasible time")
    with pytest.raises(TimeUp, match=r"not solved in 0\.01 s"):
        least_congestion(COLUMNS, PAIR, np.ones(2), CAPACITY, seconds=0.01)
