"""What holds each phase back, and maxima that are those of the worst phase."""

import numpy as np
import pytest

import traffic
from tests.topo.metrics.test_load import loads, of
from topo.fabric import Tier
from topo.generators import generate
from topo.metrics import link_table, measure
from topo.metrics.limits import MOST_PHASES, endpoint_rates, phase_limits
from traffic.demand import Demand

HOST = {"endpoints_per_host": 8, "scale_up": 200e9, "capacity": 50e9}


def tree(**more):
    """Return 64 endpoints, a port and leaf of 8 ports down for one up: 8 to 1."""
    return generate("fat-tree-2", radix=10, down=8, up=1, endpoints=16, capacity=50e9, endpoints_per_host=1, **more)


def two_phases(n, far):
    """Return a long phase below the leaves, then a short one of ``far`` bytes from each endpoint across them."""
    rank = np.arange(n)
    near = np.where(rank % 8 == 7, rank - 7, rank + 1)
    src, dst = np.tile(rank, 2), np.concatenate([near, (rank + n // 2) % n])
    size = np.repeat([100.0, far], n)
    names = ("near", "far")
    return Demand.of(
        "two", n, src=src, dst=dst, size=size, phase=np.repeat([0, 1], n), repeat=[1, 1], phase_names=names
    )


def test_the_largest_utilization_is_that_of_the_worst_phase():
    fabric = tree()
    got = of(fabric, two_phases(16, 1.0))
    assert got["max_utilization"] == pytest.approx(8.0)
    assert got["time_mean_max_utilization"] == pytest.approx(8.0 / 101)
    assert got["congestion"] * got["switch_throughput"] == pytest.approx(1.0)
    assert got["links_by_tier"]["leaf-spine"]["max"] == pytest.approx(8.0)
    assert got["links_by_tier"]["endpoint"]["max"] == pytest.approx(1.0)


def test_each_phase_names_its_fullest_link():
    loaded, solution = loads(tree(), two_phases(16, 50.0))
    first, second = sorted(phase_limits(loaded, solution), key=lambda row: row["phase"])
    assert (first["name"], second["name"]) == ("near", "far")
    assert (first["tier"], second["tier"]) == ("endpoint", "leaf-spine")
    assert (first["utilization"], second["utilization"]) == (pytest.approx(1.0), pytest.approx(8.0))
    assert first["share"] + second["share"] == pytest.approx(1.0)
    assert second["tail"].startswith("leaf ") and second["head"].startswith("spine ")
    assert second["seconds"] == pytest.approx(50.0 * 8 / 50e9)


def test_of_links_that_are_equally_full_the_nearest_to_the_endpoints_limits():
    """A 1:1 tree under a shift by one leaf: ports and cables to spines are all full."""
    fabric = generate("fat-tree-2", radix=8, endpoints=32, capacity=50e9, endpoints_per_host=1)
    loaded, solution = loads(fabric, traffic.offer("shift", n_ranks=32, by=4))
    (row,) = phase_limits(loaded, solution)
    assert of(fabric, solution.demand)["links_by_tier"]["leaf-spine"]["max"] == pytest.approx(1.0)
    assert (row["tier"], row["utilization"]) == ("endpoint", pytest.approx(1.0))


def test_a_ring_inside_hosts_is_limited_by_their_scale_up_links():
    """An NVLink of 200 GB/s against eight NICs of 50: each carries 8 times a NIC's share, so half its rate."""
    fabric = generate("fat-tree-2", radix=64, endpoints=256, **HOST)
    demand = traffic.offer("allreduce", n_ranks=256, ranks_per_host=8, algorithm="ring", bytes=2**26)
    loaded, solution = loads(fabric, demand, solver="completion")
    (row,) = phase_limits(loaded, solution)
    assert (row["tier"], row["utilization"]) == ("scale-up", pytest.approx(2.0))
    rates = endpoint_rates(loaded, solution)
    assert rates["scale_up_rate_bytes_per_s"] == pytest.approx(200e9)
    assert rates["network_rate_bytes_per_s"] == pytest.approx(25e9)


def test_only_the_longest_phases_are_listed():
    n, phases = 16, MOST_PHASES + 3
    rank = np.arange(n)
    size = np.repeat(np.arange(1.0, phases + 1), n)
    phase = np.repeat(np.arange(phases), n)
    ends = {"src": np.tile(rank, phases), "dst": np.tile((rank + 1) % n, phases)}
    demand = Demand.of("many", n, **ends, size=size, phase=phase, repeat=[1] * phases)
    rows = phase_limits(*loads(tree(), demand))
    assert [row["phase"] for row in rows] == list(range(phases - 1, phases - 1 - MOST_PHASES, -1))


def test_traffic_inside_hosts_uses_no_port():
    fabric = generate("fat-tree-2", radix=64, endpoints=64, **HOST)
    demand = Demand.of("inside", 64, src=[0, 8], dst=[1, 9], size=1e6)
    loaded, solution = loads(fabric, demand)
    (row,) = phase_limits(loaded, solution)
    assert (row["tier"], row["utilization"]) == ("scale-up", None)
    assert endpoint_rates(loaded, solution)["network_rate_bytes_per_s"] is None


def test_throughput_is_against_nominal_ports():
    """Half of an endpoint's ports lost: half the throughput, though what is left of its ports is full."""
    fabric = generate(
        "fat-tree-2", radix=8, planes=2, nic="multi-port", endpoints=8, capacity=50e9, endpoints_per_host=1
    )
    demand = traffic.offer("shift", n_ranks=8, ranks_per_host=1, by=4)
    ports = np.flatnonzero((fabric.tail == 0) & (fabric.tier == Tier.ENDPOINT))
    broken = fabric.without(cables=fabric.cable[ports[:1]])
    assert of(fabric, demand)["normalized_throughput"] == pytest.approx(1.0)
    got = of(broken, demand)
    assert got["normalized_throughput"] == pytest.approx(0.5)
    assert got["links_by_tier"]["endpoint"]["max"] == pytest.approx(2.0)
    assert broken.without(cables=[0]).nominal is fabric


def test_peaks_stand_in_the_table_of_links():
    _, solution = loads(tree(), two_phases(16, 1.0))
    table, got = link_table(solution), measure(solution)
    inner = solution.fabric.is_switch_link
    assert table["peak_utilization"][inner].max() == pytest.approx(got["max_utilization"])
    assert (table["peak_utilization"] >= table["utilization"] * (1 - 1e-12)).all()
