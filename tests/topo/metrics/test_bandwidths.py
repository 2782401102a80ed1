"""algbw and busbw as nccl-tests defines them (doc/PERFORMANCE.md)."""

from types import SimpleNamespace

import pytest

import traffic
from tests import small
from topo.flow import route, solve
from topo.generators import generate
from topo.metrics import measure
from traffic.collectives import Collective
from traffic.demand import Demand

S = 2.0**30


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("allreduce", 2 * 7 / 8),
        ("all-gather", 7 / 8),
        ("reduce-scatter", 7 / 8),
        ("all-to-all", 7 / 8),
        ("broadcast", 1.0),
        ("reduce", 1.0),
    ],
)
def test_factors_of_nccl_tests(name, factor):
    got = Collective(name, 8, 100.0).results(SimpleNamespace(completion_s=2.0))
    assert got["algbw_bytes_per_s"] == 50.0
    assert got["busbw_bytes_per_s"] == pytest.approx(50.0 * factor)


def of(pattern, solver="completion", **params):
    """64 hosts of one rank under a non-blocking tree, ports of 50 GB/s, no latency unless given."""
    fabric = generate("fat-tree-2", radix=16, endpoints=64, endpoints_per_host=1, capacity=50e9)
    demand = traffic.offer(pattern, n_ranks=64, ranks_per_host=1, bytes=S, **params)
    routing = route(fabric, demand)
    return measure(solve(fabric, demand, routing, solver))


@pytest.mark.parametrize("solver", ["completion", "proportional"])
@pytest.mark.parametrize("pattern", ["allreduce", "all-gather", "reduce-scatter", "all-to-all"])
def test_busbw_is_the_rate_of_a_port_that_is_all_that_binds(pattern, solver):
    """What busbw is for: the port's rate, whatever the collective and the number of ranks."""
    got = of(pattern, solver)
    assert got["busbw_bytes_per_s"] == pytest.approx(50e9)
    assert got["algbw_bytes_per_s"] == pytest.approx(S / got["completion_s"])
    assert (got["collective_ranks"], got["collective_bytes"]) == (64, S)


@pytest.mark.parametrize(("pattern", "group"), [("all-to-all", {"ep": 8}), ("allreduce", {"group_size": 8})])
def test_groups_side_by_side_count_their_own_ranks(pattern, group):
    got = of(pattern, **group)
    assert got["collective_ranks"] == 8
    assert got["busbw_bytes_per_s"] == pytest.approx(50e9)


def test_algbw_counts_latency_once_as_completion_does():
    """One ring step of one byte costs 10 s of overhead and 1 s of transfer; an allreduce of two ranks makes two."""
    slow = {"capacity": 0.5, "overhead": 10.0}
    fabric = generate("fat-tree-2", radix=4, endpoints=2, endpoints_per_host=1, **slow)
    demand = traffic.offer("allreduce", n_ranks=2, ranks_per_host=1, bytes=1.0)
    routing = route(fabric, demand)
    got = measure(solve(fabric, demand, routing, "completion"))
    assert got["completion_s"] == pytest.approx(2 * (10 + 0.5 / 0.5))
    assert got["busbw_bytes_per_s"] == pytest.approx(1 / 22)


def test_what_is_no_collective_has_no_bandwidth():
    fabric = small.one_link(capacity=2.0)
    demand = Demand.of("one", 2, src=[0], dst=[1], size=6.0)
    routing = route(fabric, demand)
    got = measure(solve(fabric, demand, routing))
    assert got["algbw_bytes_per_s"] is got["busbw_bytes_per_s"] is None


def test_a_listed_all_to_all_is_still_one():
    demand = traffic.offer("all-to-all", n_ranks=16, bytes=S)
    assert demand.listed().about == demand.about == Collective("all-to-all", 16, S)
