"""Reach against routing itself, pair by pair, and against networkx; grouped demands against their listed pairs."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import traffic
from topo.failures import named, parts_of, random, reachable
from topo.flow import NotConnected, route, solve
from topo.generators import GeneratorError, generate
from topo.rules import RELAYS
from topo.size import Tier
from traffic.demand import Demand, GroupedDemand

FAMILIES = [
    {"family": "fat-tree-2", "radix": 8, "planes": 2, "endpoints": 32},
    {"family": "fat-tree-2", "radix": 8, "planes": 2, "endpoints": 32, "nic": "multi-port"},
    {"family": "fat-tree-3", "radix": 4},
    {"family": "slim-fly", "q": 5, "endpoints": 60},
    {"family": "dragonfly", "a": 4, "p": 2, "h": 2, "endpoints": 40},
]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_reach_is_what_routing_finds(data):
    words = data.draw(st.sampled_from(FAMILIES))
    per_host, scale_up = data.draw(st.sampled_from([1, 2, 4])), data.draw(st.sampled_from([None, 200e9]))
    relay = data.draw(st.sampled_from(RELAYS))
    try:
        fabric = generate(**words, endpoints_per_host=per_host, scale_up=scale_up, relay=relay, capacity=50e9)
    except GeneratorError:
        return
    part = data.draw(st.sampled_from(["cable", "port", "nic", "switch", "host", "plane"]))
    n = parts_of(fabric, part).count
    count, seed = data.draw(st.integers(0, max(n // 2, 1))), data.draw(st.integers(0, 99))
    left = random(fabric, part=part, count=count, seed=seed)[0].of(fabric)
    demand = traffic.offer("uniform", n_ranks=fabric.n_endpoints, ranks_per_host=per_host)
    listed = demand.listed()
    found, by_pair = reachable(left, demand), reachable(left, listed)
    assert (found.pairs, found.direct, found.through) == (by_pair.pairs, by_pair.direct, by_pair.through)
    assert found.n_cut_off == by_pair.n_cut_off
    kept = set() if by_pair.demand is None else set(zip(by_pair.demand.src, by_pair.demand.dst, strict=True))
    for i in np.random.default_rng(seed).choice(len(listed.src), 25):
        src, dst = listed.src[i], listed.dst[i]
        assert _has_path(left, src, dst) == ((src, dst) in kept)
    if found.demand is not None:
        one, other = (solve(left, d, route(left, d, "ecmp")).overall_theta for d in (found.demand, by_pair.demand))
        assert one == pytest.approx(other, rel=1e-9)


def _has_path(fabric, src, dst):
    pair = Demand.of("pair", fabric.n_endpoints, src=src, dst=dst, size=1.0)
    try:
        route(fabric, pair, "ecmp")
    except NotConnected:
        return False
    return True


@pytest.mark.parametrize("seed", range(5))
def test_without_relays_reach_is_that_of_the_graph(seed):
    """One plane, no scale-up links: networkx alone says who reaches whom."""
    fabric = generate("dragonfly", a=4, p=2, h=2, scale_up=None, endpoints_per_host=2, capacity=50e9)
    left = random(fabric, part="switch", count=12, seed=seed)[0].of(fabric)
    demand = traffic.offer("uniform", n_ranks=fabric.n_endpoints, ranks_per_host=2)
    graph = nx.Graph(left.to_networkx())
    parts = [len([n for n in part if n < fabric.n_endpoints]) for part in nx.connected_components(graph)]
    found = reachable(left, demand)
    assert found.through == found.direct == sum(n * (n - 1) for n in parts)
    assert found.n_cut_off == parts.count(1)


def test_a_port_that_is_lost_is_relayed():
    """A single-plane NIC that lost its port reaches all through its domain; without scale-up links it reaches none."""
    for scale_up, share in ((200e9, 1.0), (None, 15 * 14 / (16 * 15))):
        fabric = generate("fat-tree-2", radix=8, endpoints=16, endpoints_per_host=4, scale_up=scale_up, capacity=50e9)
        left = random(fabric, part="nic")[0].of(fabric)
        found = reachable(left, traffic.offer("uniform", n_ranks=16, ranks_per_host=4))
        assert found.share_with_relay == pytest.approx(share)
        assert found.n_cut_off == (0 if scale_up else 1)
        assert len(found.cut_off) == found.n_cut_off


def test_both_ends_without_a_port_meet_on_the_planes_that_both_domains_have():
    """Host 0 lost plane 1, host 1 plane 2: their own NICs are gone, six planes are left to both."""
    fabric = generate(
        "fat-tree-2", radix=16, planes=8, endpoints=64, endpoints_per_host=8, scale_up=200e9, capacity=50e9
    )
    left = named(fabric, nic=[1, 10])[0].of(fabric)
    pair = Demand.of("pair", 64, src=[1, 10], dst=[10, 1], size=1.0)
    assert reachable(left, pair).share_with_relay == 1.0
    load = route(left, pair, "ecmp").load(np.ones(2))
    out = [load[(left.tail == end) & (left.tier == Tier.ENDPOINT)].sum() for end in range(8)]
    assert out == pytest.approx([1 / 6, 0, 0, *[1 / 6] * 5])
    label = np.full(64, -1)
    label[[1, 3, 10, 12]] = 0
    some = GroupedDemand.of("some", label=label, size=1.0)
    grouped, listed = (route(left, d, "ecmp").load(np.ones(d.n_commodities)) for d in (some, some.listed()))
    assert grouped == pytest.approx(listed)


def test_a_domain_cut_off_alone_leaves_the_rest_grouped():
    """Both endpoints of one host lose their ports: the others stay one group, and no pair is listed."""
    fabric = generate("fat-tree-2", radix=8, endpoints=16, endpoints_per_host=2, scale_up=200e9, capacity=50e9)
    left = named(fabric, nic=[0, 1])[0].of(fabric)
    found = reachable(left, traffic.offer("uniform", n_ranks=16, ranks_per_host=2))
    assert isinstance(found.demand, GroupedDemand)
    assert (found.through, found.n_cut_off) == (14 * 13 + 2, 2)
