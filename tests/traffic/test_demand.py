"""The two forms of a demand, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import check_demand
from traffic import Demand, DemandError, GroupedDemand


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"src": [0], "dst": [4], "size": 1}, "ranks go from 0 to 3"),
        ({"src": [2], "dst": [2], "size": 1}, "does not send to itself"),
        ({"src": [0], "dst": [1], "size": 0}, "positive and finite"),
        ({"src": [0], "dst": [1], "size": float("nan")}, "positive and finite"),
        ({"src": [0], "dst": [1], "size": 1, "phase": 1}, "phases go from 0 to 0"),
        ({"src": [0], "dst": [1], "size": 1, "repeat": 0}, "repeat must be at least 1"),
        ({"src": [0], "dst": [1], "size": 1, "phase_names": ("a", "b")}, "2 phase names for 1 phases"),
    ],
)
def test_wrong_commodities_are_refused_by_name(wrong, message):
    with pytest.raises(DemandError, match=message):
        Demand.of("x", 4, **wrong)


@pytest.mark.parametrize(("size", "fits"), [(1e-30, True), (1e30, True), (9e-31, False), (1.1e30, False)])
def test_sizes_go_from_1e_30_to_1e30_bytes_ends_included(size, fits):
    if fits:
        assert Demand.of("x", 2, src=[0], dst=[1], size=size).size == size
        assert GroupedDemand.of("x", label=[0, 0], size=size).total() == 2 * size
        return
    for make in (
        lambda: Demand.of("x", 2, src=[0], dst=[1], size=size),
        lambda: GroupedDemand.of("x", label=[0, 0], size=size),
    ):
        with pytest.raises(DemandError, match=r"between 1e-30 and 1e\+30 bytes"):
            make()


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_gathering_keeps_what_crosses_labels(data):
    """Bytes between different labels are kept, bytes inside a label vanish."""
    n = data.draw(st.integers(2, 8))
    pairs = data.draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(1, n - 1)), min_size=1, max_size=20))
    src = np.array([a for a, _ in pairs])
    dst = (src + [b for _, b in pairs]) % n
    demand = Demand.of("x", n, src=src, dst=dst, size=np.arange(1, len(src) + 1))
    check_demand(demand)
    label = np.arange(n) // 2
    crossing = label[demand.src] != label[demand.dst]
    assert demand.gather(label).total() == pytest.approx(demand.size[crossing].sum())


@given(st.lists(st.integers(-1, 3), min_size=2, max_size=12), st.integers(1, 3))
@settings(max_examples=50, deadline=None)
def test_a_grouped_demand_equals_its_list(label, repeat):
    if max(label.count(value) for value in range(4)) < 2:
        with pytest.raises(DemandError, match="no two ranks belong together"):
            GroupedDemand.of("x", label=label, size=3.0)
        return
    check_demand(GroupedDemand.of("x", label=label, size=3.0, repeat=repeat))


def test_a_demand_too_large_to_list_says_what_would_do():
    with pytest.raises(DemandError, match="too many to list"):
        GroupedDemand.of("x", label=np.zeros(261_632), size=1.0).listed()


def test_the_matrix_is_by_src_and_dst_with_repeats():
    demand = Demand.of("x", 3, src=[0, 0], dst=[2, 2], size=[3, 4], phase=[0, 1], repeat=[1, 2])
    assert demand.matrix()[0, 2] == 11


def test_scalars_are_one_commodity():
    demand = Demand.of("one", 2, src=0, dst=1, size=5.0)
    assert demand.n_commodities == 1
    assert demand.total() == 5.0
