"""The stored map of traffic adds up to the demand, and groups give what listing their pairs gives."""

import numpy as np
import pytest

from topo.metrics.traffic_map import MAX_BLOCKS, finish_quantiles, traffic_map
from traffic.demand import Demand, GroupedDemand


def hosts(n, per):
    return (np.arange(n) // per).astype(np.int32)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("n", "per"), [(24, 4), (300, 2), (301, 1)])
def test_groups_give_what_listing_their_pairs_gives(seed, n, per):
    """Oracle: every pair listed, summed one by one; labels at random, some ranks silent."""
    label = np.random.default_rng(seed).integers(-1, 5, n)
    grouped = GroupedDemand.of("groups", label=label, size=1024.0, repeat=3)
    host = hosts(n, per)
    held, listed = traffic_map(grouped, host), traffic_map(grouped.listed(), host)
    for key in held:
        np.testing.assert_array_equal(held[key], listed[key])
    assert held["bytes"].sum() == grouped.total()
    assert len(held["bytes"]) == min(MAX_BLOCKS, host.max() + 1) ** 2


def test_rows_and_columns_are_what_hosts_send_and_receive():
    rng = np.random.default_rng(0)
    src, dst = rng.integers(0, 32, (2, 400))
    there = src != dst
    size = rng.integers(1, 1000, there.sum()).astype(float)
    phase = rng.integers(0, 2, there.sum())
    demand = Demand.of("random", 32, src=src[there], dst=dst[there], size=size, phase=phase, repeat=[1, 5])
    host = hosts(32, 4)
    held = traffic_map(demand, host)
    square = held["bytes"].reshape(8, 8)
    np.testing.assert_array_equal(square.sum(1), np.bincount(host, demand.sent()))
    np.testing.assert_array_equal(square.sum(0), np.bincount(host, demand.received()))
    np.testing.assert_array_equal(held["inside"].reshape(8, 8), np.diag(np.diag(square)))
    assert held["src"].reshape(8, 8)[:, 0].tolist() == list(range(0, 32, 4))


def test_a_million_pairs_are_not_listed():
    """Uniform traffic of 262,144 ranks: 6.9e10 pairs, added up exactly."""
    n = 262_144
    demand = GroupedDemand.of("uniform", label=np.zeros(n, int), size=1.0)
    held = traffic_map(demand, hosts(n, 8))
    assert held["bytes"].sum() == n * (n - 1)
    assert held["inside"].sum() == n * 7


class Solved:
    def __init__(self, demand, finish):
        self.demand, self.finish = demand, finish


def test_quantiles_are_those_of_every_commodity():
    """Against numpy's inverted distribution function; few commodities are stored whole instead."""
    n = 30_000
    finish = np.random.default_rng(1).exponential(1.0, n)
    demand = Demand.of("many", n + 1, src=np.arange(n), dst=np.arange(n) + 1, size=np.ones(n))
    held = finish_quantiles(Solved(demand, finish))
    expected = np.quantile(finish, held["share"], method="inverted_cdf")
    assert np.mean(held["finish"] == expected) > 0.98  # ranks may differ by rounding of share x n
    assert (held["finish"][0], held["finish"][-1]) == (finish.min(), finish.max())
    few = Demand.of("few", 3, src=[0, 1], dst=[1, 2], size=[1.0, 1.0])
    assert finish_quantiles(Solved(few, np.ones(2))) == {}
