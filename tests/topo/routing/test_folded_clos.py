"""Leaf-spine networks in closed form against the sweeps that they replace: lost cables, any bundles, both splits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.topo.routing.cases import fabrics, groups, random_demand, uniform
from topo.fabric import Tier
from topo.generators import GeneratorError, generate
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
    swept.network.__dict__["folded_clos"] = None
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
    } | draw(st.sampled_from([{}, {"endpoints": 12 * per_host}, {"endpoints": radix * radix}, {"pods": 3}]))  # fmt: skip
    try:
        fabric = generate("fat-tree-3", **asked)
    except GeneratorError:
        assume(False)
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
    check_grouped(fabric, demand, by_capacity=by_capacity, claims=claims)


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
    swept.__dict__["folded_clos"] = None
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


def test_many_lost_cables_are_swept(monkeypatch):
    monkeypatch.setattr("topo.routing.pods.MAX_CLASSES", 1)
    fabric = generate("fat-tree-2", radix=8, capacity=1.0)
    assert Network.of(fabric).folded_clos is not None
    up = np.flatnonzero(fabric.tier == Tier.LEAF_SPINE)
    assert Network.of(fabric.without(cables=fabric.cable[up[:1]])).folded_clos is None
