import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import small
from topo.fabric import Fabric
from topo.flow import route, solve
from topo.metrics.timing import fairness, latency_metrics, rate_metrics
from traffic.demand import Demand, GroupedDemand


@pytest.mark.parametrize(
    ("rate", "index"), [([5, 5, 5], 1.0), ([1, 0, 0, 0], 0.25), ([2, 1], 9 / 10), ([0, 0], 1.0), ([3], 1.0)]
)
def test_jain_by_hand(rate, index):
    rate = np.array(rate, dtype=float)
    assert fairness(rate, np.ones(len(rate))) == pytest.approx(index)


@given(st.lists(st.tuples(st.floats(1e-3, 1e12), st.integers(1, 5)), min_size=1, max_size=9))
def test_pairs_weigh_like_repetition(rows):
    """A commodity of n pairs counts like n commodities; the index lies between 1/n and 1."""
    rate, pairs = np.array([r for r, _ in rows]), np.array([n for _, n in rows])
    each = np.repeat(rate, pairs)
    got = fairness(rate, pairs.astype(float))
    assert got == pytest.approx(fairness(each, np.ones(len(each))))
    assert 1 / len(each) - 1e-12 <= got <= 1 + 1e-12


def test_rates_and_times_of_a_parking_lot():
    """One commodity along three unit links and one a hop, 1 B each: all get 1/2 under max-min, done at 2 s."""
    fabric = small.parking_lot()
    demand = Demand.of("line", 8, src=[0, 1, 2, 4], dst=[6, 3, 5, 7], size=1.0)
    solution = solve(fabric, demand, route(fabric, demand), "max-min")
    got = rate_metrics(solution)
    assert got["fairness"] == pytest.approx(1)
    assert got["mean_rate_gbps"] == got["min_rate_gbps"] == pytest.approx(0.5 * 8e-9)
    assert (got["completion_s"], got["mean_completion_s"]) == (pytest.approx(2), pytest.approx(2))
    assert (got["total_bytes"], got["pairs"], got["phases"]) == (4.0, 4, 1)


def test_repeats_take_time_once_each():
    """A phase that runs three times takes three times as long; the mean completion is that of one run."""
    demand = Demand.of("again", 2, src=[0], dst=[1], size=6.0, repeat=np.array([3]))
    fabric = small.one_link(capacity=2.0)
    got = rate_metrics(solve(fabric, demand, route(fabric, demand)))
    assert (got["completion_s"], got["mean_completion_s"], got["total_bytes"]) == (9.0, 3.0, 18.0)


def with_latency(fabric: Fabric, *, latency, overhead: float) -> Fabric:
    rows = fabric.cables() | {"latency": latency}
    return Fabric.from_cables(name="slow", kind=fabric.kind, host=fabric.host, overhead=overhead, **rows)


def test_latency_is_overhead_plus_links():
    """Endpoint cables 1 s, switch cables 10 s, 100 s at the endpoints: 122 s to another leaf, 102 on one's own."""
    fabric = small.leaf_spine()
    slow = with_latency(fabric, latency=[1.0] * 4 + [10.0] * 4, overhead=100.0)
    demand = Demand.of("both", 4, src=[0, 0], dst=[1, 2], size=[1.0, 7.0])
    got = latency_metrics(slow, demand, route(slow, demand))
    assert got == {"zero_load_latency_s": pytest.approx(112), "zero_load_latency_max_s": pytest.approx(122)}


def test_latency_of_a_grouped_demand_is_the_mean_of_its_pairs():
    """Each endpoint has one near and two far peers: (102 + 2 x 122) / 3; the largest is not known from a mean."""
    slow = with_latency(small.leaf_spine(), latency=[1.0] * 4 + [10.0] * 4, overhead=100.0)
    demand = GroupedDemand.of("all", label=np.zeros(4, dtype=int), size=1.0)
    got = latency_metrics(slow, demand, route(slow, demand))
    assert got == {"zero_load_latency_s": pytest.approx((102 + 2 * 122) / 3), "zero_load_latency_max_s": None}
