"""What ``measure`` and ``link_table`` promise to records and Parquet."""

import json
from dataclasses import replace

import numpy as np
import pytest

import traffic
from tests import small
from topo.flow import route, solve
from topo.generators import generate
from topo.metrics import link_table, measure
from traffic.demand import Demand

KEYS = [
    "endpoints",
    "hosts",
    "switches",
    "switch_links",
    "endpoint_links",
    "planes",
    "radix",
    "diameter",
    "mean_hops",
    "switch_diameter",
    "mean_switch_hops",
    "traffic_mean_hops",
    "bisection_per_endpoint",
    "bisection_method",
    "oversubscription",
    "theta",
    "theta_port",
    "normalized_throughput",
    "switch_throughput",
    "max_utilization",
    "time_mean_max_utilization",
    "limits",
    "network_rate_bytes_per_s",
    "scale_up_rate_bytes_per_s",
    "mean_utilization",
    "p99_utilization",
    "bottleneck_tier",
    "links_by_tier",
    "links_by_plane",
    "bytes_by_plane",
    "fairness",
    "completion_s",
    "algbw_bytes_per_s",
    "busbw_bytes_per_s",
    "mean_rate_gbps",
    "mean_completion_s",
    "zero_load_latency_s",
    "min_rate_gbps",
    "conservation_residual",
    "bound",
    "gap",
    "method",
]


def solved(fabric, demand, **how):
    routing = route(fabric, demand)
    return solve(fabric, demand, routing, **how)


CASES = {
    "planes": lambda: solved(
        generate("fat-tree-2", capacity=50e9, radix=8, planes=4, scale_up=200e9),
        traffic.offer("all-to-all", n_ranks=128),
    ),
    "max-min of all pairs": lambda: solved(
        generate("slim-fly", capacity=50e9, q=3, endpoints_per_host=1),
        traffic.offer("uniform", n_ranks=54, ranks_per_host=1),
        solver="max-min",
    ),
    "phases": lambda: solved(
        generate("dragonfly", capacity=50e9, a=4, p=2, h=2, g=9, endpoints_per_host=2),
        traffic.offer("allreduce", n_ranks=72, ranks_per_host=2),
        solver="completion",
    ),
    "inside": lambda: solved(small.planes(), Demand.of("inside", 8, src=[0], dst=[1], size=1.0)),
}


def only_plain(value) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and only_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(only_plain, value))
    return type(value) in (int, float, str, bool, type(None))


@pytest.mark.parametrize("case", CASES)
def test_measure_is_json_with_all_keys(case):
    """Every promised key, plain Python values only, nothing infinite."""
    got = measure(CASES[case]())
    assert set(KEYS) <= set(got)
    assert only_plain(got)
    assert json.loads(json.dumps(got, allow_nan=False)) == got


@pytest.mark.parametrize("case", CASES)
def test_link_table_agrees_with_measure(case):
    """One row a link; load is utilization x capacity; the mean of switch links is the one measured."""
    solution = CASES[case]()
    table, got = link_table(solution), measure(solution)
    assert {len(column) for column in table.values()} == {solution.fabric.n_links}
    assert table["load"] == pytest.approx(table["utilization"] * table["capacity"])
    inner = np.isin(table["tier"], ["leaf-spine", "spine-core", "local", "global"])
    mean = got["mean_utilization"]
    assert table["utilization"][inner].mean() == pytest.approx(0.0 if mean is None else mean)
    anew = link_table(replace(solution, in_proportion=False))
    assert anew["utilization"] == pytest.approx(table["utilization"])


def test_measuring_twice_gives_the_same_bytes():
    """Same inputs, same record."""
    first, second = (json.dumps(measure(CASES["planes"]())) for _ in range(2))
    assert first == second
