"""Fabric: what from_cables accepts, sorts and refuses; failures; automorphisms."""

from __future__ import annotations

import dataclasses

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import check_fabric
from topo.fabric import Fabric, FabricError, NodeKind
from topo.generators import generate
from topo.size import Medium, Tier

E, U, LEAF, SPINE = NodeKind.ENDPOINT, NodeKind.SCALE_UP, NodeKind.LEAF, NodeKind.SPINE

#: Four endpoints in two hosts, two leaves, two parallel cables between them.
SMALL = {
    "name": "small",
    "kind": [E, E, E, E, U, U, LEAF, LEAF],
    "a": [0, 1, 2, 3, 6, 7, 0, 1, 2, 3],
    "b": [6, 6, 7, 7, 7, 6, 4, 4, 5, 5],
    "capacity": [1, 1, 1, 1, 2, 3, 9, 9, 9, 9],
    "tier": [Tier.ENDPOINT] * 4 + [Tier.LOCAL] * 2 + [Tier.SCALE_UP] * 4,
    "host": [0, 0, 1, 1],
    "plane": [0, 0, 0, 0, -1, -1, 0, 0],
}


def small(**changes):
    return Fabric.from_cables(**(SMALL | changes))


def test_a_cable_becomes_two_links_sorted_by_tail():
    fabric = small()
    check_fabric(fabric)
    assert (fabric.n_nodes, fabric.n_links, fabric.n_cables, fabric.n_endpoints) == (8, 20, 10, 4)
    assert (fabric.n_switches, fabric.n_hosts, fabric.n_planes, fabric.endpoints_per_host) == (2, 2, 1, 2)
    assert fabric.has_scale_up
    assert repr(fabric) == "<Fabric small: 4 endpoints, 2 switches, 6 cables>"


def test_parallel_cables_stay_separate_rows():
    fabric = small()
    links = slice(fabric.first[6], fabric.first[7])
    assert fabric.head[links].tolist() == [0, 1, 7, 7]
    assert fabric.capacity[links].tolist() == [1, 1, 2, 3] and fabric.cable[links].tolist() == [0, 1, 4, 5]
    assert fabric.is_switch_link[links].tolist() == [False, False, True, True]


def test_media_follow_from_tiers_unless_given():
    assert set(small().medium[4:6]) == {Medium.COPPER} and set(small().medium[6:]) == {Medium.BACKPLANE}
    given_media = small(medium=[Medium.SINGLEMODE] * 10)
    assert given_media.size.transceivers == 20


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": [E, E, E, LEAF, U, U, LEAF, LEAF]}, "node 4: nodes are numbered endpoints first"),
        ({"b": [6, 6, 7, 7, 7, 6, 4, 4, 5]}, "equally long; got 10 and 9"),
        ({"b": [8, 6, 7, 7, 7, 6, 4, 4, 5, 5]}, r"cable 0 \(0 -- 8\) joins a node that does not exist"),
        ({"a": [-1, 1, 2, 3, 6, 7, 0, 1, 2, 3]}, "does not exist"),
        ({"b": [6, 6, 7, 7, 6, 6, 4, 4, 5, 5]}, "joins a node to itself"),
        ({"b": [1, 6, 7, 7, 7, 6, 4, 4, 5, 5]}, "joins two endpoints"),
        ({"b": [6, 6, 7, 7, 4, 6, 4, 4, 5, 5]}, "something other than an endpoint"),
        ({"tier": 6}, "needs a tier from 0 to 5"),
        ({"tier": Tier.LOCAL}, r"cable 6 \(0 -- 4\) joins a scale-up switch, so its tier must be scale-up"),
        ({"tier": [Tier.LOCAL, *SMALL["tier"][1:]]}, r"cable 0 \(0 -- 6\) joins an endpoint and a switch, so its tier"),
        ({"tier": [*[Tier.ENDPOINT] * 6, *SMALL["tier"][6:]]}, r"cable 4 \(6 -- 7\) joins two switches, so its tier"),
        ({"weight": 10**30}, "weight: one number that int"),
        ({"capacity": "fast"}, "capacity: one number that float"),
        ({"capacity": 0.0}, "capacity that is positive and finite"),
        ({"capacity": np.nan}, "capacity that is positive and finite"),
        ({"capacity": [1, 2]}, "one value for each cable is needed, 10 in all"),
        ({"latency": -1.0}, "latency that is finite and not negative"),
        ({"latency": 1e308}, "latency that is finite and not negative"),
        ({"weight": 0}, "weight of at least 1"),
        ({"plane": [0, 0, 0, 0, -1, -1, 0, 1]}, "joins two planes"),
        ({"plane": [0, 0, 0, 0, -1, -1, 0, -1]}, "switch 7 is on plane -1; a switch is on one plane"),
        ({"radix": 3}, "switch 6 needs 4 ports; the radix is 3"),
        ({"relay": "sauce"}, "relay 'sauce' is unknown"),
        ({"overhead": -1.0}, "overhead -1.0 must be"),
        ({"host": [0, 0, -1, 1]}, "endpoint 2: host numbers start at 0"),
        ({"host": [0, 0]}, "one value for each endpoint is needed, 4 in all"),
    ],
)
def test_a_broken_rule_names_its_first_offender(changes, message):
    with pytest.raises(FabricError, match=message):
        small(**changes)


def test_a_fabric_is_frozen_and_its_inputs_are_not():
    capacity = np.ones(10)
    fabric = small(capacity=capacity)
    with pytest.raises(dataclasses.FrozenInstanceError):
        fabric.name = "other"
    with pytest.raises(ValueError, match="read-only"):
        fabric.capacity[0] = 2
    with pytest.raises(ValueError, match="read-only"):
        fabric.reverse[0] = 2
    capacity[0] = 5


def test_failures_are_a_new_fabric_with_the_same_nodes():
    fabric = small()
    broken = fabric.without(cables=[4])
    check_fabric(broken)
    assert broken.n_nodes == 8 and broken.n_cables == 9 and broken.name == "small without 1 cable"
    assert broken.size.switch_links == 1 and fabric.size.switch_links == 2
    assert fabric.without() is fabric
    dead = fabric.without(nodes=[7])
    assert dead.n_switches == 2 and dead.n_cables == 6 and dead.name.endswith("without 4 cables")
    check_fabric(dead, connected=False)


@pytest.mark.parametrize(("failure", "message"), [({"cables": [10]}, "cable 10"), ({"nodes": [-1]}, "node -1")])
def test_only_what_exists_can_fail(failure, message):
    with pytest.raises(FabricError, match=f"{message} does not exist"):
        small().without(**failure)


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_failures_agree_with_networkx(data):
    fabric = generate("dragonfly", a=4, p=1, h=1, capacity=1.0)
    cables = data.draw(st.lists(st.integers(0, fabric.n_cables - 1), max_size=6))
    nodes = data.draw(st.lists(st.integers(0, fabric.n_nodes - 1), max_size=3))
    graph = fabric.to_networkx()
    graph.remove_edges_from([(a, b, key) for a, b, key in list(graph.edges(keys=True)) if key in cables])
    graph.remove_edges_from(list(graph.edges(nodes, keys=True)))
    survivor = fabric.without(cables=cables, nodes=nodes)
    check_fabric(survivor, connected=False)
    assert nx.utils.edges_equal(nx.Graph(graph).edges, nx.Graph(survivor.to_networkx()).edges)


def test_automorphisms_are_told_from_other_permutations():
    fabric = small(capacity=[1] * 4 + [2] * 2 + [9] * 4)
    swap = np.array([2, 3, 0, 1, 5, 4, 7, 6], dtype=np.int32)
    assert fabric.is_automorphism(swap) and fabric.is_automorphism(np.arange(8, dtype=np.int32))
    assert not fabric.is_automorphism(np.array([2, 1, 0, 3, 4, 5, 6, 7], dtype=np.int32))
    assert not fabric.is_automorphism(np.array([0, 0, 2, 3, 4, 5, 6, 7], dtype=np.int32))
    assert not fabric.is_automorphism(np.array([6, 7, 2, 3, 4, 5, 0, 1], dtype=np.int32))
    uneven = small(capacity=[1, 1, 1, 5] + [2] * 2 + [9] * 4)
    assert not uneven.is_automorphism(swap)


def test_a_failed_cable_loses_the_symmetry_it_no_longer_has():
    swap = np.array([2, 3, 0, 1, 5, 4, 7, 6], dtype=np.int32)
    within = np.array([1, 0, 2, 3, 4, 5, 6, 7], dtype=np.int32)
    fabric = small(capacity=[1] * 4 + [2] * 2 + [9] * 4, symmetry=(swap, within))
    assert len(fabric.without(cables=[4]).symmetry) == 2
    assert len(fabric.without(cables=[3]).symmetry) == 1
    assert not fabric.without(cables=[0]).symmetry


def test_a_network_of_endpoints_alone_has_no_switch():
    fabric = Fabric.from_cables(name="none", kind=[E], a=[], b=[], capacity=1.0, tier=Tier.ENDPOINT)
    assert (fabric.n_links, fabric.n_switches, fabric.n_hosts, fabric.size.cables) == (0, 0, 1, ())


def test_a_domain_may_join_hosts():
    """Hosts keep their numbers; whatever asks who meets over scale-up links goes by domain."""
    fabric = small(b=[6, 6, 7, 7, 7, 6, 4, 4, 4, 4], domain=[0, 0, 0, 0])
    assert (fabric.n_hosts, fabric.n_domains, fabric.endpoints_per_host, fabric.endpoints_per_domain) == (2, 1, 2, 4)
    assert fabric.joined.tolist() == [0, 0, 0, 0]
    lost = fabric.without(cables=[7])
    assert lost.domain.tolist() == [0, 0, 0, 0] and lost.joined.tolist() == [0, 2, 0, 0]
    assert small().joined.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"b": [6, 6, 7, 7, 7, 6, 4, 4, 4, 4]}, "scale-up switch 4 has endpoints of domains 0 and 1"),
        ({"domain": [0, 0, 0, 0]}, "domain 0 has endpoints of scale-up switches 4 and 5"),
        ({"domain": [0, 0, 1]}, "domain: one value for each endpoint"),
        ({"domain": [0, 0, 1, -1]}, "endpoint 3: domain numbers start at 0"),
    ],
)
def test_domains_are_what_scale_up_switches_join(changes, message):
    with pytest.raises(FabricError, match=message):
        small(**changes)
