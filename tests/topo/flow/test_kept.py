"""Next-hop tables that are kept after a failure: every path one by one, and the laws of what arrives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import _check_conservation
from tests.topo.routing.cases import fabrics, random_demand, uniform
from topo.fabric import Fabric, Tier
from topo.flow import RoutingError, route
from topo.flow.kept import keep_tables
from topo.generators import generate
from traffic.demand import Demand

ALONE = {
    "leaf-spine": generate("fat-tree-2", capacity=1.0, radix=6, endpoints=9, endpoints_per_host=1, scale_up=None),
    "three tiers": generate("fat-tree-3", capacity=1.0, radix=4, endpoints_per_host=1, scale_up=None),
    "dragonfly": generate("dragonfly", capacity=1.0, a=4, p=2, h=2, g=5, endpoints_per_host=1, scale_up=None),
    "slim-fly": generate("slim-fly", capacity=1.0, q=3, endpoints_per_host=1, scale_up=None),
    "multi-port": generate(
        "fat-tree-2", capacity=1.0, radix=4, planes=2, nic="multi-port", endpoints_per_host=1, scale_up=None
    ),
}


def dead_links(fabric: Fabric, seed: int, count: int) -> np.ndarray:
    cables = np.random.default_rng(seed).choice(fabric.n_cables, count, replace=False)
    return np.isin(fabric.cable, cables)


def ways(fabric: Fabric, dead: np.ndarray, src: int, dst: int, *, skip: bool) -> np.ndarray:
    """(L,) what of one unit that arrives crosses each link: every path of the whole fabric walked, one by one."""
    to_go = _distances(fabric, dst)
    load = np.zeros(fabric.n_links)

    def walk(node: int, amount: float, path: list[int]) -> None:
        if node == dst:
            load[path] += amount
            return
        links = range(fabric.first[node], fabric.first[node + 1])
        options = [i for i in links if to_go[fabric.head[i]] + fabric.weight[i] == to_go[node]]
        if skip:
            options = [i for i in options if not dead[i]]
        for i in options:
            if not dead[i]:
                walk(int(fabric.head[i]), amount / len(options), [*path, i])

    walk(src, 1.0, [])
    return load


def _distances(fabric: Fabric, dst: int) -> np.ndarray:
    """(N,) weighted distance to ``dst`` by Bellman and Ford; no endpoint forwards."""
    far = np.full(fabric.n_nodes, np.inf)
    far[dst] = 0.0
    passes = (fabric.head >= fabric.n_endpoints) | (fabric.head == dst)
    for _ in range(fabric.n_nodes):
        np.minimum.at(far, fabric.tail[passes], far[fabric.head[passes]] + fabric.weight[passes])
    return far


@pytest.mark.parametrize("reroute", ["tables", "local"])
@pytest.mark.parametrize("name", ALONE)
def test_every_path_one_by_one(name: str, reroute: str) -> None:
    """What arrives, and the shares of links of what arrives, are those of all paths walked by hand."""
    fabric = ALONE[name]
    for seed in range(3):
        dead = dead_links(fabric, seed, 3 + seed)
        demand = random_demand(fabric.n_endpoints, commodities=25, seed=seed)
        kept = keep_tables(fabric, dead, demand, reroute=reroute, policy="ecmp")
        assert kept.demand is not None and kept.routing is not None
        loads, arrives = [], []
        for src, dst in zip(demand.src.tolist(), demand.dst.tolist(), strict=True):
            load = ways(fabric, dead, src, dst, skip=reroute == "local")
            arrives.append(load[fabric.tail == src].sum())
            loads.append(load)
        sent = demand.size * demand.repeat[demand.phase]
        assert kept.lost == pytest.approx(1 - sent @ np.array(arrives) / sent.sum(), abs=1e-12)
        there = [f for f in range(demand.n_commodities) if arrives[f] > 0.0]
        columns = kept.routing.columns()
        assert columns is not None
        for i, f in enumerate(there):
            np.testing.assert_allclose(columns.toarray()[:, i], (loads[f] / arrives[f])[~dead], atol=1e-12)
        value = np.random.default_rng(seed).uniform(1.0, 2.0, int((~dead).sum()))
        np.testing.assert_allclose(columns.T @ value, kept.routing.sum_along(value))
        np.testing.assert_allclose(columns @ kept.demand.size, kept.routing.load(kept.demand.size), atol=1e-12)
        least = [value[column > 0.0].min() for column in columns.toarray().T]
        np.testing.assert_allclose(kept.routing.min_along(value), least)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(sorted(fabrics())),
    st.integers(0, 99),
    st.integers(0, 4),
    st.sampled_from(["tables", "local"]),
    st.sampled_from(["ecmp", "wcmp"]),
)
def test_laws_of_what_arrives(name: str, seed: int, count: int, reroute: str, policy: str) -> None:
    """Conservation on the links that are left, relays too; what arrives and what is lost is all that was offered."""
    fabric = fabrics()[name]
    between = np.unique(fabric.cable[fabric.tier != Tier.SCALE_UP])
    cables = np.random.default_rng(seed).choice(between, min(count, len(between)), replace=False)
    dead = np.isin(fabric.cable, cables)
    left, demand = fabric.without(cables=cables), random_demand(fabric.n_endpoints, seed=seed)
    kept = keep_tables(fabric, dead, demand, reroute=reroute, policy=policy)
    assert 0.0 <= kept.lost <= 1.0 + 1e-12
    if kept.demand is None or kept.routing is None:
        assert kept.lost == pytest.approx(1.0)
        return
    assert kept.demand.total() == pytest.approx(demand.total() * (1.0 - kept.lost))
    for f in range(kept.demand.n_commodities):
        share = kept.routing.load(np.eye(1, kept.demand.n_commodities, f)[0])
        _check_conservation(left, share, int(kept.demand.src[f]), int(kept.demand.dst[f]))
    if not count:
        assert kept.lost == 0.0
        whole = route(fabric, demand, policy)
        np.testing.assert_allclose(kept.routing.load(demand.size), whole.load(demand.size), atol=1e-12)


@pytest.mark.parametrize("balance", ["shortest", "equal", "weighted"])
def test_planes_keep_their_shares(balance: str) -> None:
    """A plane that lost a spine loses what it sent there; its share is that of the whole network, one in two."""
    fabric = ALONE["multi-port"]
    spine = int(np.flatnonzero(fabric.kind == fabric.kind.max())[0])
    dead = (fabric.tail == spine) | (fabric.head == spine)
    kept = [
        keep_tables(fabric, dead, uniform(fabric.n_endpoints), reroute=reroute, policy="ecmp", balance=balance).lost
        for reroute in ("tables", "local")
    ]
    across = 1 - 1 / (fabric.n_endpoints - 1)  # two endpoints a leaf
    assert kept[0] == pytest.approx(across / 2 / 2)
    # A leaf skips the dead spine; so does the other leaf, for two spines lead to each.
    assert kept[1] == pytest.approx(0.0)


def test_local_loses_no_more_than_tables() -> None:
    fabric = ALONE["dragonfly"]
    for seed in range(5):
        dead = dead_links(fabric, seed, 6)
        demand = uniform(fabric.n_endpoints)
        local, tables = (
            keep_tables(fabric, dead, demand, reroute=one, policy="ecmp").lost for one in ("local", "tables")
        )
        assert local <= tables + 1e-12


def test_parallel_cables() -> None:
    """Three cables from leaf to spine, one dead: tables lose a third of what went there, local nothing."""
    fabric = fabrics()["leaf-spine"]
    demand = Demand.of("one", fabric.n_endpoints, src=[0], dst=[fabric.n_endpoints - 1], size=1.0)
    leaf = int(fabric.head[fabric.first[0]])
    up = [i for i in range(fabric.first[leaf], fabric.first[leaf + 1]) if fabric.head[i] >= fabric.n_endpoints]
    dead = fabric.cable == fabric.cable[up[0]]
    got = [keep_tables(fabric, dead, demand, reroute=one, policy="ecmp").lost for one in ("tables", "local")]
    assert got == [pytest.approx(1 / len(up)), 0.0]


def _of_paths(fabric: Fabric, demand: Demand, dead: np.ndarray) -> np.ndarray:
    """(F,) how often each commodity's path by ``ecmp-hash`` crosses a link that is ``dead``, before the loss."""
    return route(fabric, demand, "ecmp-hash", seed=1).sum_along(dead.astype(np.float64))


@pytest.mark.parametrize("balance", ["shortest", "equal"])
@pytest.mark.parametrize("name", sorted(ALONE))
def test_draws_among_living_next_hops_tend_to_even_splits(name: str, balance: str) -> None:
    """Very many drawn paths of each commodity arrive as often, and by the same links, as an even split sends them."""
    fabric, paths = ALONE[name], 4096
    demand = random_demand(fabric.n_endpoints, commodities=12, seed=3)
    dead = dead_links(fabric, 3, 5)
    even = keep_tables(fabric, dead, demand, reroute="local", policy="ecmp", balance=balance)
    drawn = keep_tables(fabric, dead, demand, reroute="local", policy="spray", paths=paths, balance=balance)
    assert even.demand and even.routing and drawn.demand and drawn.routing
    sent = demand.size * demand.repeat[demand.phase]
    error = 5.0 * 0.5 / np.sqrt(paths) * np.sqrt(np.square(sent).sum())  # five standard errors of any share
    assert drawn.lost == pytest.approx(even.lost, abs=error / sent.sum())
    loads = (kept.routing.load(kept.demand.size) for kept in (even, drawn) if kept.demand and kept.routing)
    np.testing.assert_allclose(*loads, atol=error)


def test_a_leaf_skips_its_dead_cable_by_hash() -> None:
    """What other leaves send there by the spine that lost its cable is lost, path by path; the leaf loses nothing."""
    fabric = ALONE["leaf-spine"]
    demand = uniform(fabric.n_endpoints).listed()
    leaf = int(fabric.head[fabric.first[0]])
    up = np.flatnonzero((fabric.tail == leaf) & (fabric.head >= fabric.n_endpoints))[0]
    down = np.arange(fabric.n_links) == fabric.reverse[up]
    dead = fabric.cable == fabric.cable[up]
    lost = _of_paths(fabric, demand, down)
    assert 0 < lost.sum() < _of_paths(fabric, demand, dead).sum()
    kept = keep_tables(fabric, dead, demand, reroute="local", policy="ecmp-hash", seed=1)
    assert kept.lost == pytest.approx(lost.mean())
    assert kept.demand is not None
    np.testing.assert_array_equal(kept.demand.src, demand.src[lost == 0])


def test_no_loss_and_the_last_port_by_hash() -> None:
    """With nothing dead all goes as ``ecmp-hash`` sends it; an endpoint without a port sends and gets nothing."""
    for fabric in (ALONE["leaf-spine"], ALONE["multi-port"]):
        n = fabric.n_endpoints
        demand = uniform(n).listed()
        none = keep_tables(fabric, np.zeros(fabric.n_links, bool), demand, reroute="local", policy="ecmp-hash", seed=1)
        assert none.lost == 0.0 and none.routing is not None
        whole = route(fabric, demand, "ecmp-hash", seed=1)
        np.testing.assert_array_equal(none.routing.load(demand.size), whole.load(demand.size))
        port = keep_tables(
            fabric, fabric.cable == fabric.cable[0], demand, reroute="local", policy="ecmp-hash", seed=1
        ).lost
        if fabric is ALONE["leaf-spine"]:
            assert port == pytest.approx(2 / n)
        else:  # the NIC sends by its other port; others send to the plane of the dead one as before
            gets = _of_paths(fabric, demand, np.arange(fabric.n_links) == fabric.reverse[0])
            assert 0.0 < port == pytest.approx(gets.mean())


def test_policies_without_tables() -> None:
    fabric, demand = ALONE["leaf-spine"], uniform(9)
    dead = np.zeros(fabric.n_links, dtype=bool)
    with pytest.raises(RoutingError, match="'adaptive' has no tables to keep; those that have: ecmp, ecmp-hash"):
        keep_tables(fabric, dead, demand, reroute="tables", policy="adaptive")
    with pytest.raises(RoutingError, match="no next one to take; those that have: ecmp, ecmp-hash, spray, wcmp"):
        keep_tables(fabric, dead, demand, reroute="local", policy="static")
