"""Folded Clos networks in closed form against the sweeps that they replace: lost cables, any bundles, both splits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import traffic
from tests.topo.routing.cases import fabrics, groups, random_demand, uniform
from topo.fabric import Fabric, NodeKind, Tier
from topo.flow import route, solve
from topo.generators import GeneratorError, generate
from topo.routing.adversarial import adversarial
from topo.routing.folded_clos import FoldedClos
from topo.routing.grouped import grouped
from topo.routing.network import Network
from topo.routing.operator import NotConnected
from topo.routing.split import SplitRouting


def routings(fabric, *, by_capacity=False, seed=0, claims=False):
    """Return the routing of random pairs that meet on an island in closed form, and by sweeps."""
    demand = random_demand(fabric.n_endpoints, commodities=40, seed=seed)
    network = Network.of(fabric, by_capacity=by_capacity)
    if claims:
        network = network.with_claims(np.random.default_rng(seed).uniform(0.5, 2, int(network.island.max()) + 1))
    sets, meets = network.site_islands
    a, b = network.site[demand.src], network.site[demand.dst]
    there = (a >= 0) & (b >= 0) & meets[sets[a], sets[b]]
    src, dst = demand.src[there], demand.dst[there]
    closed = SplitRouting.of(network, src, dst, "ecmp")
    swept = SplitRouting.of(replace(network), src, dst, "ecmp")
    vars(swept.network).update(folded_clos=None, one=None)
    return closed, swept


def check(closed, swept, seed=0):
    rng = np.random.default_rng(seed)
    rate, value = rng.uniform(size=len(closed.src)), rng.uniform(0.1, 1, closed.network.fabric.n_links)
    np.testing.assert_allclose(closed.load(rate), swept.load(rate), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(closed.sum_along(value), swept.sum_along(value), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(closed.min_along(value), swept.min_along(value))
    for one, other in zip(closed.port_shares, swept.port_shares, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


@st.composite
def trees(draw):
    """Leaf-spine fabrics of both NIC forms with some cables lost, none of them the last of a leaf's."""
    radix, per_host = draw(st.sampled_from([4, 8, 12])), draw(st.sampled_from([1, 2]))
    nic = draw(st.sampled_from(["single-plane", "multi-port"]))
    fabric = generate(
        "fat-tree-2", radix=radix, capacity=1.0, endpoints_per_host=per_host,
        planes=draw(st.integers(1, 3)) if nic == "multi-port" else per_host, nic=nic,
        endpoints=draw(st.sampled_from([radix, 2 * radix, radix * radix // 2])),
        wiring=draw(st.sampled_from(["host", "rail"])), scale_up=4.0,
    )  # fmt: skip
    up = np.unique(fabric.cable[fabric.tier == Tier.LEAF_SPINE])
    lost = draw(st.integers(0, min(3, len(up) // 4)))
    return fabric.without(cables=np.random.default_rng(draw(st.integers(0, 99))).choice(up, lost, replace=False))


@st.composite
def tall_trees(draw):
    """Three-layer fabrics of every wiring, taper, population and NIC form, some cables of any layer lost."""
    radix, per_host = draw(st.sampled_from([(4, 1), (4, 2), (6, 1), (6, 3), (8, 2), (8, 4)]))
    nic = draw(st.sampled_from(["single-plane", "multi-port"]))
    planes = draw(st.integers(1, 3)) if nic == "multi-port" else draw(st.sampled_from([1, per_host]))
    asked = {
        "radix": radix, "capacity": 1.0, "endpoints_per_host": per_host, "nic": nic, "planes": planes, "scale_up": 4.0,
        "wiring": draw(st.sampled_from(["host", "rail"])), "oversubscription": draw(st.sampled_from([1.0, 2.0, 3.0])),
        **draw(st.sampled_from([{}, {"endpoints": 12 * per_host}, {"endpoints": radix * radix}, {"pods": 3}])),
    }  # fmt: skip
    try:
        fabric = generate("fat-tree-3", **asked)
    except GeneratorError:
        assume(False)
    if draw(st.booleans()):
        speed = np.random.default_rng(draw(st.integers(0, 9))).choice([1.0, 2.0, 3.0], fabric.n_cables)
        fabric = replace(fabric, capacity=speed[fabric.cable], symmetry=())
    lost = draw(st.integers(0, 3))
    return fabric.without(cables=np.random.default_rng(draw(st.integers(0, 99))).choice(fabric.n_cables, lost, False))


@settings(deadline=None, max_examples=150)
@given(tall_trees(), st.booleans(), st.booleans(), st.integers(0, 99))
def test_equal_to_sweeps_on_three_layers(fabric, by_capacity, claims, seed):
    check(*routings(fabric, by_capacity=by_capacity, seed=seed, claims=claims), seed)


@settings(deadline=None, max_examples=60)
@given(trees(), st.booleans(), st.booleans(), st.integers(0, 99))
def test_equal_to_sweeps_on_trees_that_lost_cables(fabric, by_capacity, claims, seed):
    check(*routings(fabric, by_capacity=by_capacity, seed=seed, claims=claims), seed)


@settings(deadline=None, max_examples=40)
@given(trees(), st.data(), st.booleans(), st.booleans())
def test_groups_are_added_up_as_they_are_swept(fabric, data, by_capacity, claims):
    demand = data.draw(groups(fabric.n_endpoints))
    try:
        check_grouped(fabric, demand, by_capacity=by_capacity, claims=claims)
    except NotConnected:
        assume(False)


@settings(deadline=None, max_examples=80)
@given(tall_trees(), st.data(), st.booleans(), st.booleans())
def test_groups_are_added_up_over_three_layers_as_they_are_swept(fabric, data, by_capacity, claims):
    demand = data.draw(groups(fabric.n_endpoints))
    try:
        check_grouped(fabric, demand, by_capacity=by_capacity, claims=claims)
    except NotConnected:
        assume(False)


@pytest.mark.parametrize("name", sorted(fabrics()))
def test_uniform_traffic_of_every_kind_of_fabric_is_as_sweeps_have_it(name):
    check_grouped(fabrics()[name], uniform(fabrics()[name].n_endpoints))


def check_grouped(fabric, demand, *, by_capacity=False, claims=False):
    closed = Network.of(fabric, by_capacity=by_capacity)
    if claims:
        closed = closed.with_claims(np.random.default_rng(0).uniform(0.5, 2, int(closed.island.max()) + 1))
    swept = replace(closed)
    vars(swept).update(folded_clos=None, one=None)
    unit = grouped(swept, demand, "ecmp").unit
    np.testing.assert_allclose(grouped(closed, demand, "ecmp").unit, unit, rtol=1e-12, atol=1e-12 * unit.max())


@pytest.mark.parametrize("name", sorted(fabrics()))
def test_every_kind_of_fabric_is_as_sweeps_have_it(name):
    check(*routings(fabrics()[name]))


@pytest.mark.parametrize(
    ("name", "takes"),
    [("leaf-spine", True), ("fat-tree-2-rail", True), ("multi-port", True), ("fat-tree-2-planes", True),
     ("slim-fly", False), ("dragonfly", False), ("fat-tree-3", True), ("bowtie", False)],
)  # fmt: skip
def test_what_is_taken(name, takes):
    assert (Network.of(fabrics()[name]).folded_clos is not None) == takes


TREES = {
    "full": {"radix": 8},
    "tapered": {"radix": 8, "oversubscription": 3},
    "partial": {"radix": 8, "endpoints": 72},
    "rails": {"radix": 8, "wiring": "rail", "endpoints_per_host": 4},
    "few-cores": {"radix": 8, "pods": 5, "endpoints": 80, "cores": 4},
    "planes": {"radix": 4, "planes": 3, "nic": "multi-port"},
    "planes-by-host": {"radix": 4, "planes": 4, "endpoints_per_host": 4},
}
TRAFFIC = {
    "uniform": {}, "permutation": {}, "incast": {}, "shift": {"by": 5}, "all-to-all": {},
    "allreduce": {"algorithm": "ring"}, "moe-all-to-all": {"ep": 16},
}  # fmt: skip


@pytest.mark.parametrize("policy", ["ecmp", "wcmp"])
@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("pattern", TRAFFIC)
def test_patterns_load_three_layers_as_sweeps_do(monkeypatch, pattern, tree, policy):
    fabric = generate("fat-tree-3", capacity=1.0, **{"endpoints_per_host": 2, "scale_up": 4.0} | TREES[tree])
    demand = traffic.offer(pattern, n_ranks=fabric.n_endpoints // 16 * 16, ranks_per_host=2, **TRAFFIC[pattern])
    check_routed(monkeypatch, fabric, demand, policy)


def test_adversarial_traffic_loads_three_layers_as_sweeps_do(monkeypatch):
    fabric = generate("fat-tree-3", capacity=1.0, radix=8, oversubscription=2)
    check_routed(monkeypatch, fabric, adversarial(fabric), "ecmp")


def check_routed(monkeypatch, fabric, demand, policy):
    """Loads of all phases, hops of all commodities, and the rates that follow, without and with sweeps."""
    found = []
    for closed in (True, False):
        if not closed:
            monkeypatch.setattr(FoldedClos, "of", lambda *_: None)
        routing = route(fabric, demand, policy)
        hops = routing.sum_along(np.ones(fabric.n_links))
        solution = solve(fabric, demand, routing)
        found.append((hops, solution.load.toarray(), solution.overall_theta))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12 * np.max(other))


def joined(a, b):
    """A three-layer tree with one cable more, between switches ``a`` and ``b`` of it."""
    tree = generate("fat-tree-3", radix=4, capacity=1.0, endpoints_per_host=1)
    rows, first = tree.cables(), int(np.flatnonzero(tree.kind == NodeKind.LEAF)[0])
    more = {key: np.append(column, column[-1]) for key, column in rows.items()}
    more["a"][-1], more["b"][-1] = first + a, first + b
    return Fabric.from_cables(name="joined", kind=tree.kind, **more)


@pytest.mark.parametrize(
    ("a", "b", "takes"),
    [(0, 1, False), (8, 9, False), (8, 10, False), (16, 17, True), (0, 10, False), (0, 16, False), (8, 18, True)],
    ids=["leaves", "spines", "spines-apart", "cores", "leaf-far-spine", "leaf-core", "spine-other-core"],
)
def test_a_cable_more_is_seen_whatever_its_ends_are_called(a, b, takes):
    """Levels are read off the arcs: 8 leaves, 8 spines, 4 cores; only some cables leave all paths as long."""
    fabric = joined(a, b)
    assert (Network.of(fabric).folded_clos is not None) == takes
    check(*routings(fabric))


def test_names_of_levels_do_not_matter():
    """A fabric that calls its cores spines, as one read from a file may."""
    tree = generate("fat-tree-3", radix=4, capacity=1.0, endpoints_per_host=1)
    kind = np.minimum(tree.kind, NodeKind.SPINE)
    fabric = Fabric.from_cables(name="named", kind=kind, **tree.cables())
    assert Network.of(fabric).folded_clos.over
    check(*routings(fabric))


def test_many_views_are_swept(monkeypatch):
    monkeypatch.setattr("topo.routing.spine_core.MAX_CROSSES", 20)
    fabric = generate("fat-tree-3", radix=4, capacity=1.0)
    assert Network.of(fabric).folded_clos is not None
    lost = fabric.without(cables=fabric.cable[fabric.tier == Tier.SPINE_CORE][:2])
    assert Network.of(lost).folded_clos is None
    check(*routings(lost))


def test_many_lost_cables_are_swept(monkeypatch):
    monkeypatch.setattr("topo.routing.pods.MAX_CLASSES", 1)
    fabric = generate("fat-tree-2", radix=8, capacity=1.0)
    assert Network.of(fabric).folded_clos is not None
    up = np.flatnonzero(fabric.tier == Tier.LEAF_SPINE)
    assert Network.of(fabric.without(cables=fabric.cable[up[:1]])).folded_clos is None
