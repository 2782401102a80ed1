"""Shares of bytes by plane and rail: sums, known spreads, and the warning where one plane carries all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import traffic
from tests import small
from topo.flow import route, solve
from topo.generators import generate
from topo.metrics import measure
from topo.metrics.balance import balance_metrics, balance_of, rail_of
from topo.metrics.load import Loads
from traffic.demand import Demand


def of(fabric, demand):
    return balance_metrics(Loads.of(solve(fabric, demand, route(fabric, demand))))


@given(st.lists(st.integers(0, 10**12), min_size=2, max_size=9), st.floats(1e-3, 1e3))
@settings(deadline=None)
def test_a_balance_lies_between_one_and_the_number_and_ignores_units(bytes_, scale):
    """1 <= largest / mean <= n; the same in bytes as in any other unit; undefined where nothing moves."""
    held = np.array(bytes_, dtype=float)
    balance = balance_of(held)
    if not held.sum():
        assert balance is None
        return
    assert 1 - 1e-12 <= balance <= len(held) * (1 + 1e-12)
    assert balance == pytest.approx(balance_of(held * scale))


def test_endpoints_of_a_host_are_its_rails_in_order():
    assert rail_of(small.planes(hosts=2, per_host=3, planes=1)).tolist() == [0, 1, 2, 0, 1, 2]


def test_direct_traffic_stays_on_its_own_plane_and_rail():
    """3 bytes on plane 0 and 5 on plane 1: shares 3/8 and 5/8, largest over mean 5/4."""
    got = of(small.planes(), Demand.of("direct", 8, src=[0, 1], dst=[4, 5], size=[3.0, 5.0]))
    assert got["plane_share"] == pytest.approx({"0": 3 / 8, "1": 5 / 8})
    assert got["rail_share_sent"] == got["rail_share_received"] == pytest.approx({"0": 3 / 8, "1": 5 / 8})
    assert got["plane_balance"] == got["rail_balance"] == pytest.approx(5 / 4)
    assert got["warnings"] == []


@pytest.mark.parametrize(("relay", "plane"), [("source", 1), ("destination", 0)])
def test_a_relay_moves_all_bytes_onto_one_plane_and_that_is_said(relay, plane):
    """Endpoint 0 (plane 0) to 5 (plane 1): the relay decides which plane carries everything."""
    got = of(small.planes(relay=relay), Demand.of("crossing", 8, src=[0], dst=[5], size=8.0))
    assert got["plane_share"] == {str(plane): 1.0, str(1 - plane): 0.0}
    assert got["rail_share_sent"] == got["rail_share_received"] == got["plane_share"]
    (warning,) = got["warnings"]
    assert warning.startswith(f"plane {plane} of 2 carries all bytes between hosts")


def test_split_relay_and_spraying_ports_use_both_planes_alike():
    crossing = Demand.of("crossing", 8, src=[0], dst=[5], size=8.0)
    for fabric in (small.planes(relay="split"), small.planes(multi_port=True)):
        got = of(fabric, crossing)
        assert got["plane_balance"] == pytest.approx(1)
        assert got["warnings"] == []


def test_more_than_twice_the_mean_is_told_with_its_factor():
    """Four planes, 7 of 10 bytes on plane 2: 2.8 times the mean; exactly twice the mean is not told."""
    fabric = small.planes(hosts=4, per_host=4, planes=4)
    uneven = Demand.of("uneven", 16, src=[0, 1, 2, 3], dst=[12, 13, 14, 15], size=[1.0, 1.0, 7.0, 1.0])
    (warning,) = of(fabric, uneven)["warnings"]
    assert "plane 2 of 4 carries 2.8 times the mean" in warning
    twice = Demand.of("twice", 16, src=[0, 1, 2], dst=[12, 13, 14], size=[1.0, 1.0, 2.0])
    assert of(fabric, twice)["plane_balance"] == pytest.approx(2)
    assert of(fabric, twice)["warnings"] == []


def test_bytes_of_phases_add_up_with_their_repeats():
    """3 runs of 2 bytes on plane 0, then 2 bytes on plane 1: shares 3/4 and 1/4."""
    demand = Demand.of("two", 8, src=[0, 1], dst=[4, 5], size=2.0, phase=[0, 1], repeat=np.array([3, 1]))
    assert of(small.planes(), demand)["plane_share"] == pytest.approx({"0": 3 / 4, "1": 1 / 4})


def test_receivers_count_too():
    """Both endpoints of host 0 send to rail 0 of another: with one plane only receiving is one-sided."""
    got = of(small.planes(planes=1), Demand.of("incast", 8, src=[0, 1], dst=[4, 4], size=1.0))
    assert got["rail_share_sent"] == pytest.approx({"0": 0.5, "1": 0.5})
    assert got["rail_share_received"] == pytest.approx({"0": 1.0, "1": 0.0})
    assert got["rail_balance"] == pytest.approx(2)
    assert (got["plane_balance"], got["warnings"]) == (None, [])


def test_nothing_between_hosts_has_no_balance():
    got = of(small.planes(), Demand.of("inside", 8, src=[0], dst=[1], size=1.0))
    assert got.pop("warnings") == []
    assert set(got.values()) == {None}


@pytest.mark.parametrize("pattern", ["all-to-all", "moe-all-to-all", "allreduce"])
def test_workloads_over_whole_hosts_are_even(pattern):
    """Every rail sends alike in these, so every plane carries 1/8; the record says so without a warning."""
    fabric = generate("fat-tree-2", capacity=50e9, radix=16, planes=8, endpoints=128, scale_up=200e9)
    demand = traffic.offer(pattern, n_ranks=128)
    routing = route(fabric, demand)
    got = measure(solve(fabric, demand, routing))
    assert got["plane_balance"] == pytest.approx(1)
    assert got["rail_balance"] == pytest.approx(1)
    assert got["bytes_by_plane"] == pytest.approx(
        {plane: share * sum(got["bytes_by_plane"].values()) for plane, share in got["plane_share"].items()}
    )
    assert got["warnings"] == []
