"""Dragonflies: counts, arrangements, left-over ports, weights."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topo.fabric import NodeKind
from topo.generators import dragonfly, generate, size_of
from topo.generators.dragonfly import GLOBAL_WEIGHT
from topo.size import Medium, Tier

RATE = 50e9
SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 4)).flatmap(
    lambda ah: st.tuples(st.just(ah[0]), st.just(ah[1]), st.integers(1, ah[0] * ah[1] + 1))
)
ARRANGEMENTS = st.sampled_from(["palmtree", "absolute", "circulant"])


def between_groups(a, h, g, arrangement="palmtree"):
    """Return (g, g) global cables between groups, and (g a,) global ports in use on each switch."""
    wiring = dragonfly.plan(a=a, p=1, h=h, g=g, arrangement=arrangement).build()
    glob = wiring.tier == Tier.GLOBAL
    ends = np.stack([wiring.a[glob], wiring.b[glob]]) - wiring.n_endpoints
    count = np.zeros((g, g), dtype=int)
    for tail, head in (ends, ends[::-1]):
        np.add.at(count, (tail // a, head // a), 1)
    return count, np.bincount(ends.ravel(), minlength=g * a)


@pytest.mark.parametrize(
    ("h", "groups", "switches", "endpoints", "links"),
    [(2, 9, 36, 72, 90), (4, 33, 264, 1056, 1452), (8, 129, 2064, 16512, 23736)],
)
def test_balanced_counts_of_facts(h, groups, switches, endpoints, links):
    size = size_of("dragonfly", a=2 * h)
    assert f"g={groups}" in size.name
    assert (size.switches, size.endpoints, size.switch_links) == (switches, endpoints, links)
    assert size.radix == 4 * h - 1


@settings(deadline=None)
@given(shape=SHAPES, arrangement=ARRANGEMENTS)
def test_ports_are_cabled_evenly_whatever_the_number_of_groups(shape, arrangement):
    """Every pair of groups has the same number of cables or one more; at most one port a group stays free."""
    a, h, g = shape
    count, used = between_groups(a, h, g, arrangement)
    assert not count.diagonal().any() and used.max(initial=0) <= h
    if g == 1:
        return
    off = count[~np.eye(g, dtype=bool)]
    assert off.min() == a * h // (g - 1) and off.max() - off.min() <= 1
    free = a * h - count.sum(axis=1)
    left = a * h % (g - 1)
    assert set(free) == {1 if g % 2 and left % 2 else 0}


@settings(deadline=None)
@given(shape=SHAPES, arrangement=st.sampled_from(["palmtree", "circulant"]))
def test_rotation_of_groups_is_a_symmetry(shape, arrangement):
    a, h, g = shape
    fabric = generate("dragonfly", a=a, p=1, h=h, g=g, arrangement=arrangement, capacity=RATE)
    endpoint = (np.arange(a * g) + a) % (a * g)
    assert fabric.is_automorphism(np.concatenate([endpoint, endpoint + a * g]).astype(np.int32))


def test_palmtree_port_j_leads_to_group_g_plus_j_plus_1_on_switch_j_over_h():
    fabric = generate("dragonfly", a=4, p=1, h=2, capacity=RATE)
    glob = fabric.tier == Tier.GLOBAL
    tail, head = fabric.tail[glob] - 36, fabric.head[glob] - 36
    ahead = (head // 4 - tail // 4) % 9
    assert np.array_equal(tail % 4, (ahead - 1) // 2)


def test_absolute_port_j_leads_to_group_j_without_the_own():
    fabric = generate("dragonfly", a=4, p=1, h=2, arrangement="absolute", capacity=RATE)
    glob = fabric.tier == Tier.GLOBAL
    tail, head = fabric.tail[glob] - 36, fabric.head[glob] - 36
    target = head // 4
    assert np.array_equal(tail % 4, (target - (target > tail // 4)) // 2)


def test_the_papers_network_leaves_two_ports_a_group_and_cables_them():
    count, used = between_groups(32, 16, 511)
    assert (used == 16).all()
    assert np.count_nonzero(np.triu(count) == 2) == 511
    assert [size_of("dragonfly", a=32, g=g).switch_links for g in (511, 513)] == [384_272, 385_776]


def test_minimal_routing_is_hierarchical_by_weight_even_after_a_lost_local_cable():
    fabric = generate("dragonfly", a=4, p=1, capacity=RATE)
    assert set(fabric.weight[fabric.tier == Tier.GLOBAL]) == {GLOBAL_WEIGHT}
    assert set(fabric.weight[fabric.tier != Tier.GLOBAL]) == {1}
    local = fabric._cable_tier == Tier.LOCAL
    for broken in (fabric, fabric.without(cables=np.flatnonzero(local)[:1])):
        graph = nx.Graph()
        graph.add_weighted_edges_from(
            zip(broken.tail.tolist(), broken.head.tolist(), broken.weight.tolist(), strict=True)
        )
        length = dict(nx.all_pairs_dijkstra_path_length(graph))
        group = fabric.group
        leaves = np.flatnonzero(fabric.kind == NodeKind.LEAF).tolist()
        globals_used = {(group[a] != group[b], length[a][b] // GLOBAL_WEIGHT) for a in leaves for b in leaves}
        assert globals_used == {(False, 0), (True, 1)}


def test_diameter_is_three_switch_cables():
    fabric = generate("dragonfly", a=4, p=1, capacity=RATE)
    graph = nx.Graph(fabric.to_networkx())
    assert nx.diameter(graph.subgraph(np.flatnonzero(fabric.kind == NodeKind.LEAF).tolist())) == 3


def test_local_cables_are_copper_and_global_ones_optical():
    rows = {tier: medium for tier, medium, _ in size_of("dragonfly", a=4).cables}
    assert rows[Tier.LOCAL] == Medium.COPPER and rows[Tier.GLOBAL].optical
