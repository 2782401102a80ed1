"""Bounds hold for every routing and are tight where the argument is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import traffic
from tests.small import bowtie, leaf_spine, one_link
from topo.fabric import Fabric
from topo.flow import route, solve
from topo.flow.bounds import endpoint_bound, has_relays, port_limit, theta_bound, volume_bound
from topo.generators import generate
from traffic.demand import Demand


def test_endpoint_bound_is_the_busiest_port():
    """Rank 0 receives 3 bytes through a port of 2 B/s."""
    demand = Demand.of("in", 4, src=[1, 2, 3], dst=[0, 0, 0], size=1.0)
    assert endpoint_bound(leaf_spine(capacity=2.0), demand).tolist() == [2 / 3]


def test_endpoint_bound_goes_by_phase():
    demand = Demand.of("two", 2, src=[0, 0], dst=[1, 1], size=[1.0, 4.0], phase=[0, 1], repeat=[1, 2])
    assert endpoint_bound(one_link(), demand).tolist() == [1.0, 0.25]
    assert theta_bound(one_link(), demand) == pytest.approx(1 / 9)


@pytest.mark.parametrize("pattern", ["permutation", "moe-all-to-all", "allreduce"])
def test_sums_by_table_and_by_sorting_are_the_same(monkeypatch, pattern):
    fabric = generate("fat-tree-2", radix=8, endpoints_per_host=4, scale_up=4.0, capacity=1.0)
    demand = traffic.offer(pattern, n_ranks=32, ranks_per_host=4)
    found = []
    for dense in (0, 10**9):
        monkeypatch.setattr("topo.flow.bounds.DENSE", dense)
        found.append((endpoint_bound(fabric, demand).tolist(), port_limit(fabric, demand).tolist()))
    assert found[0] == found[1]


def test_volume_bound_counts_switch_hops():
    """Bowtie: 8 commodities of 3 switch hops each on 10 switch links of capacity 1."""
    demand = Demand.of("across", 4, src=[0, 0, 1, 1, 2, 2, 3, 3], dst=[2, 3, 2, 3, 0, 1, 0, 1], size=1.0)
    assert volume_bound(bowtie(), demand).tolist() == [10 / 24]


@pytest.mark.filterwarnings("error")
def test_volume_bound_of_a_lone_switch_is_infinite():
    """No switch links, no switch hops: 0 / 0 is no bound, and no warning."""
    fabric = generate("fat-tree-2", radix=4, endpoints=2, endpoints_per_host=1, capacity=1.0)
    demand = Demand.of("near", 2, src=[0], dst=[1], size=1.0)
    assert np.isinf(volume_bound(fabric, demand)).all()


def test_inside_hosts_only_scale_up_counts():
    """Two hosts of two; traffic inside them meets the scale-up cable of 4, not the port of 1."""
    fabric = generate("fat-tree-2", radix=4, endpoints=4, endpoints_per_host=2, scale_up=4.0, capacity=1.0)
    demand = Demand.of("inside", 4, src=[0, 1], dst=[1, 0], size=1.0)
    assert theta_bound(fabric, demand) == 4.0
    assert np.isinf(volume_bound(fabric, demand)).all()


def test_planes_that_hosts_share_count_by_host():
    """One endpoint a plane: what rank 0 alone sends may leave by both ports of its host."""
    fabric = generate("fat-tree-2", radix=4, planes=2, endpoints_per_host=2, scale_up=8.0, capacity=1.0)
    assert has_relays(fabric)
    demand = Demand.of("out", 16, src=[0, 0], dst=[8, 9], size=1.0)
    assert endpoint_bound(fabric, demand).tolist() == [1.0]
    assert solve(fabric, demand, route(fabric, demand)).overall_theta == pytest.approx(1.0)


def cut_leaf() -> Fabric:
    """Three hosts of four, rail i of each on leaf 15 + i, one uplink a leaf; leaf 15 has lost its own."""
    fabric = generate(
        "fat-tree-2", radix=4, oversubscription=3.0, wiring="rail", endpoints_per_host=4, scale_up=8.0, capacity=1.0
    )
    cables = fabric.cables()
    return fabric.without(cables=np.flatnonzero((cables["a"] == 15) & (cables["b"] == 19)))


def test_neighbours_stand_in_for_an_endpoint_whose_leaf_is_cut_off():
    """Endpoint 0 has a port, but it leads nowhere: what it sends leaves by the three other NICs of its host."""
    fabric = cut_leaf()
    demand = Demand.of("out", 12, src=[0, 0, 0], dst=[5, 6, 7], size=1.0)
    solution = solve(fabric, demand, route(fabric, demand))
    assert solution.overall_theta == pytest.approx(1.0)
    assert port_limit(fabric, demand).tolist() == [4 / 3]  # of the endpoint alone it would be 1 / 3
    assert solution.gap == pytest.approx(1 / 4)


def test_only_domains_that_failures_split_are_counted_together():
    """Hosts whose endpoints are all on the network keep to their own ports, whatever failed elsewhere."""
    fabric = generate("fat-tree-2", radix=8, endpoints=32, endpoints_per_host=4, scale_up=8.0, capacity=1.0)
    hurt = fabric.without(cables=[0])
    demand = Demand.of("two", 32, src=[0, 0, 8, 8], dst=[16, 17, 20, 21], size=1.0, phase=[0, 0, 1, 1], repeat=[1, 1])
    assert port_limit(fabric, demand).tolist() == [0.5, 0.5]
    assert port_limit(hurt, demand).tolist() == [1.0, 0.5]  # two receivers, three NICs


@pytest.mark.parametrize("scale_up", [None, 4.0])
@pytest.mark.parametrize("family", [{"family": "slim-fly", "q": 3}, {"family": "fat-tree-2", "radix": 8, "planes": 2}])
def test_grouped_and_listed_agree(family, scale_up):
    family = dict(family)
    fabric = generate(
        family.pop("family"), capacity=1.0, endpoints=48, endpoints_per_host=4, scale_up=scale_up, **family
    )
    demand = traffic.offer("all-to-all", n_ranks=48, ranks_per_host=4)
    for bound in (endpoint_bound, volume_bound):
        np.testing.assert_allclose(bound(fabric, demand), bound(fabric, demand.listed()), rtol=1e-10)


def test_fewer_ranks_than_endpoints():
    fabric = leaf_spine(4, 2)
    for demand in (traffic.offer("uniform", n_ranks=4), traffic.offer("shift", n_ranks=4)):
        assert np.isfinite(theta_bound(fabric, demand))


@given(st.integers(0, 2**31), st.sampled_from(["ecmp", "ecmp-hash", "wcmp"]), st.sampled_from([None, 3.0]))
@settings(max_examples=60, deadline=None)
def test_no_routing_beats_the_bound_even_after_failures(seed, policy, scale_up):
    rng = np.random.default_rng(seed)
    fabric = _damaged(rng, scale_up)
    n = fabric.n_endpoints
    src = rng.integers(0, n, 30) if rng.random() < 0.5 else np.full(30, rng.integers(n))
    dst = (src + rng.integers(1, n, 30)) % n
    demand = Demand.of("random", n, src=src, dst=dst, size=rng.uniform(0.5, 2.0, 30), phase=0)
    try:
        routing = route(fabric, demand, policy)
    except ValueError:  # what failed cut a pair apart
        return
    for solver in ("proportional", "max-min", "completion"):
        solution = solve(fabric, demand, routing, solver)
        assert solution.overall_theta <= solution.bound * (1 + 1e-12)


def _damaged(rng: np.random.Generator, scale_up: float | None) -> Fabric:
    """Return a small fabric, of two planes or with one uplink a leaf where hosts can relay, without two of its cables.

    Rails and uplinks of one cable leave endpoints on leaves that failures cut off.
    """
    tree = {"planes": 2} if rng.random() < 0.5 else {"oversubscription": 3.0, "wiring": "rail"}
    fabric = generate(
        "fat-tree-2", radix=4, endpoints_per_host=4, scale_up=scale_up, capacity=1.0, **(tree if scale_up else {})
    )
    return fabric.without(cables=rng.choice(fabric.n_cables, 2, replace=False))
