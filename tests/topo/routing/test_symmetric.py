"""Symmetric-exact loads: equal to the full sweep wherever a symmetry holds, and right where it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from topo.fabric import Fabric
from topo.generators import generate
from topo.routing.access import Access
from topo.routing.network import Network
from topo.routing.split import ecmp, wcmp
from topo.routing.symmetric import Orbits
from topo.size import Tier
from traffic.demand import GroupedDemand

#: name -> (family, parameters, orbits of destination sites under uniform all-to-all)
FABRICS = {
    "leaf-spine": ("fat-tree-2", {"radix": 8}, 1),
    "leaf-spine tapered": ("fat-tree-2", {"radix": 16, "oversubscription": 3}, 1),
    "leaf-spine rails": ("fat-tree-2", {"radix": 16, "wiring": "rail", "scale_up": 4.0}, 1),
    "leaf-spine planes": ("fat-tree-2", {"radix": 8, "planes": 2, "endpoints_per_host": 4, "scale_up": 4.0}, 1),
    "leaf-spine multi-port": ("fat-tree-2", {"radix": 16, "planes": 4, "nic": "multi-port", "scale_up": 4.0}, 1),
    "three layers": ("fat-tree-3", {"radix": 8}, 1),
    "three layers, hosts over leaves": ("fat-tree-3", {"radix": 8, "scale_up": 4.0}, 2),
    "half of the pods": ("fat-tree-3", {"radix": 8, "endpoints": 64}, 1),
    "three layers, planes": ("fat-tree-3", {"radix": 4, "planes": 2, "endpoints_per_host": 4, "scale_up": 1.0}, 1),
    "slim fly, d = 1": ("slim-fly", {"q": 5}, 1),
    "slim fly, d = 0": ("slim-fly", {"q": 8, "p": 2}, 2),
    "slim fly, d = -1": ("slim-fly", {"q": 7}, 2),
    "slim fly, planes": ("slim-fly", {"q": 5, "p": 4, "planes": 2, "scale_up": 4.0}, 1),
    "slim fly, multi-port": ("slim-fly", {"q": 4, "p": 2, "planes": 2, "nic": "multi-port"}, 2),
    "dragonfly": ("dragonfly", {"a": 4}, 2),
    "dragonfly, hosts": ("dragonfly", {"a": 8, "g": 9, "scale_up": 4.0}, None),
    "dragonfly, left-over ports": ("dragonfly", {"a": 4, "g": 6}, 4),
    "dragonfly, circulant": ("dragonfly", {"a": 4, "arrangement": "circulant"}, 4),
    "dragonfly, multi-port": ("dragonfly", {"a": 4, "planes": 2, "nic": "multi-port", "scale_up": 4.0}, None),
}


def built(name: str, **more: object) -> Fabric:
    family, given, _ = FABRICS[name]
    return generate(family, **{"capacity": 1.0, "symmetry": True, **given, **more})


def uniform(n: int) -> GroupedDemand:
    return GroupedDemand.of("uniform", label=np.zeros(n, np.int32), size=1.0)


def orbits(fabric: Fabric, demand: GroupedDemand) -> Orbits:
    label = np.full(fabric.n_endpoints, -1, dtype=np.int64)
    label[: demand.n_ranks] = demand.label
    return Orbits.of(Access(Network.of(fabric)), label)


def assert_equals_the_full_sweep(fabric: Fabric, demand: GroupedDemand, policy=ecmp) -> None:
    found = policy(fabric, demand).unit
    swept = policy(replace(fabric, symmetry=()), demand).unit
    np.testing.assert_allclose(found, swept, rtol=1e-12, atol=1e-12 * swept.max())


@pytest.mark.parametrize("policy", [ecmp, wcmp])
@pytest.mark.parametrize("name", FABRICS)
def test_uniform_equals_the_full_sweep(name, policy):
    fabric = built(name)
    demand = uniform(fabric.n_endpoints)
    assert_equals_the_full_sweep(fabric, demand, policy)
    found = orbits(fabric, demand)
    if FABRICS[name][2] is not None:
        assert len(found.toward) == FABRICS[name][2]
    assert found.stands_for.sum() == Network.of(fabric).n_sites > len(found.toward)


@pytest.mark.parametrize("relay", ["destination", "source", "split", "spread"])
@pytest.mark.parametrize("name", ["leaf-spine planes", "slim fly, planes", "three layers, planes"])
def test_relays_are_symmetric_too(name, relay):
    fabric = built(name, relay=relay)
    assert_equals_the_full_sweep(fabric, uniform(fabric.n_endpoints))


@pytest.mark.parametrize("name", FABRICS)
def test_after_a_cable_failed_the_result_is_still_right(name):
    fabric = built(name)
    demand = uniform(fabric.n_endpoints)
    whole = len(orbits(fabric, demand).toward)
    for tier in np.unique(fabric.tier[fabric.tier > Tier.SCALE_UP]):
        if tier == Tier.ENDPOINT and not fabric.has_scale_up:
            continue  # the endpoint would be cut off
        broken = fabric.without(cables=[fabric.cable[np.argmax(fabric.tier == tier)]])
        assert len(orbits(broken, demand).toward) > whole
        assert_equals_the_full_sweep(broken, demand)


@pytest.mark.parametrize("name", ["dragonfly", "three layers", "leaf-spine multi-port"])
def test_a_symmetry_that_does_not_hold_is_not_believed(name):
    fabric = built(name)
    demand = uniform(fabric.n_endpoints)
    weaker = fabric.without(cables=[fabric.cable[np.argmax(fabric.tier > Tier.ENDPOINT)]])
    lying = replace(weaker, symmetry=fabric.symmetry)
    assert len(orbits(lying, demand).toward) == len(orbits(weaker, demand).toward)
    assert_equals_the_full_sweep(lying, demand)
    slower = fabric.capacity.copy()
    slower[fabric.cable == fabric.cable[np.argmax(fabric.tier > Tier.ENDPOINT)]] /= 2
    assert_equals_the_full_sweep(replace(fabric, capacity=slower), demand, wcmp)


@pytest.mark.parametrize("name", ["leaf-spine multi-port", "slim fly, multi-port"])
def test_switches_whose_endpoints_have_other_ports_are_not_alike(name):
    """One switch's endpoints have a slow port, or a longer one, on the first plane; the switches still look alike."""
    fabric = built(name)
    switch = fabric.head[np.argmax(fabric.tier == Tier.ENDPOINT)]
    port = (fabric.tier == Tier.ENDPOINT) & ((fabric.head == switch) | (fabric.tail == switch))
    assert 2 < np.count_nonzero(port) < np.count_nonzero(fabric.tier == Tier.ENDPOINT)
    for key, policy in (("capacity", wcmp), ("weight", ecmp)):
        other = getattr(fabric, key).copy()
        other[port] *= 2
        assert_equals_the_full_sweep(replace(fabric, **{key: other}), uniform(fabric.n_endpoints), policy)


@pytest.mark.parametrize("name", FABRICS)
def test_groups_that_go_to_groups_use_the_symmetry(name):
    fabric = built(name)
    n = fabric.n_endpoints
    network = Network.of(fabric)
    by_site = GroupedDemand.of("groups", label=np.repeat(np.arange(n), 4)[:n], size=1.0)
    assert_equals_the_full_sweep(fabric, by_site)
    alternate = GroupedDemand.of("alternate", label=np.arange(n) % 2, size=1.0)
    assert_equals_the_full_sweep(fabric, alternate)
    assert len(orbits(fabric, alternate).toward) <= network.n_sites


def test_pods_as_groups_keep_the_symmetry():
    fabric = built("three layers")
    pods = GroupedDemand.of("pods", label=np.arange(fabric.n_endpoints) // 16, size=1.0)
    assert len(orbits(fabric, pods).toward) == 1
    assert_equals_the_full_sweep(fabric, pods)


@pytest.mark.parametrize("name", FABRICS)
def test_traffic_that_the_symmetry_does_not_keep_gets_the_full_sweep(name):
    fabric = built(name)
    random = np.random.default_rng(0)
    demand = GroupedDemand.of("random", label=random.integers(-1, 3, fabric.n_endpoints), size=1.0)
    found = orbits(fabric, demand)
    assert len(found.toward) == Network.of(fabric).n_sites and found.arc is None
    assert_equals_the_full_sweep(fabric, demand)


@pytest.mark.parametrize("name", ["dragonfly", "leaf-spine", "slim fly, d = 1"])
def test_ranks_on_a_part_of_the_endpoints(name):
    fabric = built(name)
    demand = uniform(fabric.n_endpoints - 3)
    assert len(orbits(fabric, demand).toward) > FABRICS[name][2]
    assert_equals_the_full_sweep(fabric, demand)
