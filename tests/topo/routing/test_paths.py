"""Hashed paths and D-mod-k tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from tests import small
from tests.topo.routing.cases import random_demand, uniform
from topo.fabric import Fabric, NodeKind
from topo.generators import generate
from topo.routing import RoutingError
from topo.routing.drawn import ecmp_hash
from topo.routing.paths import static
from topo.routing.split import ecmp
from topo.routing.tables import by_position
from traffic.demand import Demand, DemandError, GroupedDemand


def test_hashing_is_ecmp_in_the_mean() -> None:
    """Over seeds the mean load of hashed paths approaches the even split."""
    fabric = small.leaf_spine(3, 4, per_leaf=4, parallel=2)
    demand = random_demand(12, commodities=60)
    one = np.ones(demand.n_commodities)
    mean = np.mean([ecmp_hash(fabric, demand, seed=s).load(one) for s in range(400)], axis=0)
    assert mean == pytest.approx(ecmp(fabric, demand).load(one), abs=0.35)


def test_many_queue_pairs_approach_ecmp() -> None:
    """The more queue pairs, the nearer one draw is to the even split."""
    fabric = small.leaf_spine(2, 4, per_leaf=4)
    demand = Demand.of("one", 8, src=[0], dst=[7], size=1.0)
    load = ecmp_hash(fabric, demand, qps=4000).load(np.ones(1))
    assert load == pytest.approx(ecmp(fabric, demand).load(np.ones(1)), abs=0.04)


def test_links_used_by_n_flows_on_n_links() -> None:
    """n flows hashed on n links use 1 - (1 - 1/n)^n of them in the mean (facts.md, section 4)."""
    n = 8
    fabric = small.leaf_spine(2, n, per_leaf=n)
    demand = Demand.of("shift", 2 * n, src=np.arange(n), dst=np.arange(n) + n, size=1.0)
    up = (fabric.tail == 2 * n) & (fabric.head > 2 * n + 1)
    used = [np.count_nonzero(ecmp_hash(fabric, demand, seed=s).load(np.ones(n))[up]) / n for s in range(500)]
    assert np.mean(used) == pytest.approx(1 - (1 - 1 / n) ** n, abs=0.02)


def test_a_draw_depends_on_the_pair_alone() -> None:
    """Same seed, same path, whatever else is sent and in whatever phase; another seed draws anew."""
    fabric = small.leaf_spine(4, 8, per_leaf=4)
    demand = random_demand(16, commodities=50)
    routing = ecmp_hash(fabric, demand, seed=5)
    for f in range(0, 50, 7):
        alone = Demand.of("one", 16, src=[demand.src[f]], dst=[demand.dst[f]], size=1.0)
        path = ecmp_hash(fabric, alone, seed=5).load(np.ones(1))
        assert np.array_equal(path, routing.load(np.eye(1, 50, f)[0]))
    assert not np.array_equal(ecmp_hash(fabric, demand, seed=6).load(np.ones(50)), routing.load(np.ones(50)))


def test_no_queue_pair_is_refused() -> None:
    """A commodity needs one queue pair at least."""
    with pytest.raises(RoutingError, match="qps 0"):
        ecmp_hash(small.one_link(), random_demand(2), qps=0)


def test_too_many_pairs_to_list_are_refused() -> None:
    """Single paths need the pairs themselves, so a grouped demand must be small enough to list."""
    fabric = generate("fat-tree-3", capacity=1.0, radix=32)
    everyone = GroupedDemand.of("uniform", label=np.zeros(fabric.n_endpoints), size=1.0)
    with pytest.raises(DemandError, match="too many to list"):
        ecmp_hash(fabric, everyone)
    large = generate("fat-tree-2", capacity=1.0, radix=512, endpoints=131_072)
    with pytest.raises(DemandError, match="paths by destination are too many"):
        static(large, GroupedDemand.of("uniform", label=np.zeros(large.n_endpoints), size=1.0))


@pytest.mark.parametrize("radix", [4, 8])
def test_d_mod_k_takes_spine_d_mod_h_and_core_d_div_h_mod_h(radix: int) -> None:
    """On an untapered three-layer tree the tables are those of facts.md, section 4."""
    fabric = generate("fat-tree-3", capacity=1.0, radix=radix)
    n, h = fabric.n_endpoints, radix // 2
    demand = random_demand(n, commodities=100)
    columns = static(fabric, demand).columns()
    assert columns is not None
    spine, core = int(np.argmax(fabric.kind == 3)), int(np.argmax(fabric.kind == 4))
    for f in range(demand.n_commodities):
        src, dst = int(demand.src[f]), int(demand.dst[f])
        visited = set(fabric.head[columns.indices[columns.indptr[f] : columns.indptr[f + 1]]].tolist())
        if src // h == dst // h:
            assert not any(node >= spine for node in visited)
            continue
        ups = {node for node in visited if spine <= node < core}
        assert {(node - spine) % h for node in ups} == {dst % h}
        cores = {node - core for node in visited if node >= core}
        far = src // (h * h) != dst // (h * h)
        assert cores == ({dst % h * h + dst // h % h} if far else set())


def test_uniform_static_load_is_even_on_trees() -> None:
    """D-mod-k spreads all-to-all over a full tree as evenly as ECMP does."""
    fabric = generate("fat-tree-2", capacity=1.0, radix=8)
    demand = uniform(fabric.n_endpoints)
    assert static(fabric, demand).load(np.ones(1)) == pytest.approx(ecmp(fabric, demand).load(np.ones(1)))


def test_positions_not_numbers_with_planes_and_rails() -> None:
    """With planes or rail wiring the raw endpoint number would use a fraction of the up-cables."""
    for params in (
        {"planes": 4, "endpoints_per_host": 4, "scale_up": 4.0},
        {"wiring": "rail", "endpoints_per_host": 4},
    ):
        fabric = generate("fat-tree-2", capacity=1.0, radix=8, **params)
        load = static(fabric, uniform(fabric.n_endpoints)).load(np.ones(1))
        up = fabric.is_switch_link & (fabric.head > fabric.tail)
        assert load[up].min() > 0.5 * load[up].max()


def test_static_leaves_and_arrives_by_every_port_of_an_endpoint() -> None:
    """By hand: each of two planes carries half of a flow, from port to port and over one spine each."""
    fabric = small.planes(multi_port=True, scale_up=None)
    demand = Demand.of("one", 8, src=[0], dst=[7], size=1.0)
    load = static(fabric, demand).load(np.ones(1))
    used = np.flatnonzero(load)
    assert load[used].tolist() == [0.5] * 8
    for end in (fabric.tail == 0, fabric.head == 7, fabric.kind[fabric.head] == NodeKind.SPINE):
        assert np.count_nonzero(end[used]) == 2


def test_paths_by_tables_are_as_long_as_they_are_and_minus_one_behind() -> None:
    """Under one leaf 2 links, over a spine 4: a shorter path ends in -1."""
    fabric = small.leaf_spine(2, 1, per_leaf=2)
    port = np.flatnonzero(fabric.tail < 4)
    path = by_position(fabric).walk(fabric, port[[0, 0]], port[[1, 3]])
    assert fabric.head[path[1]].tolist() == [4, 6, 5, 3]
    assert fabric.head[path[0, :2]].tolist() == [4, 1] and path[0, 2:].tolist() == [-1, -1]


def test_static_survives_a_failed_cable() -> None:
    """After a failure the choice is among the cables that are left, still on shortest paths."""
    fabric = small.leaf_spine(3, 3, per_leaf=3)
    fabric = fabric.without(cables=[9])
    routing = static(fabric, uniform(9))
    assert routing.sum_along(np.ones(fabric.n_links))[0] == pytest.approx((2 * 2 + 6 * 4) / 8)


@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize("lost", [0, 2, 8, 24, 40])
def test_static_takes_the_same_paths_where_the_whole_tree_is_searched(planes: int, lost: int) -> None:
    """Searches stop near their destination where all weights are 1; one weight of 2, aside, has all be searched.

    Cables are lost until paths climb, fall and climb again.
    """
    whole = generate("fat-tree-3", capacity=1.0, radix=4, planes=planes, nic="multi-port")
    between = np.unique(whole.cable[whole.is_switch_link])
    fabric = whole.without(cables=np.random.default_rng(lost).permutation(between)[: lost * planes // 2])
    aside = fabric.n_endpoints - 1
    heavy = np.where((fabric.tail == aside) | (fabric.head == aside), 2, fabric.weight).astype(np.int8)
    at = endpoint_distances_of(fabric)
    src, dst = np.nonzero(at[:aside, :aside])
    demand = Demand.of("all that meet", fabric.n_endpoints, src=src, dst=dst, size=1.0)
    near, far = static(fabric, demand), static(replace(fabric, weight=heavy), demand)
    for one in ("of", "share", "first", "link"):
        np.testing.assert_array_equal(getattr(near, one), getattr(far, one))
    assert (np.diff(near.first) == at[src, dst][np.repeat(np.arange(len(src)), np.diff(near.of))]).all()


def endpoint_distances_of(fabric: Fabric) -> NDArray[np.int64]:
    """Return (E, E) links of a shortest path over switches, 0 where none leads."""
    n = fabric.n_endpoints
    inner = fabric.is_switch_link
    hops = shortest_path(
        csr_array((np.ones(inner.sum()), (fabric.tail[inner], fabric.head[inner])), shape=(fabric.n_nodes,) * 2),
        unweighted=True,
    )
    found = np.full((n, n), np.inf)
    port = np.flatnonzero((fabric.tail < n) & ~inner & (fabric.kind[fabric.head] == NodeKind.LEAF))
    for a in port:
        for b in port:
            e, f = fabric.tail[a], fabric.tail[b]
            found[e, f] = min(found[e, f], 2 + hops[fabric.head[a], fabric.head[b]])
    np.fill_diagonal(found, 0.0)
    return np.where(np.isfinite(found), found, 0.0).astype(np.int64)


def test_static_refuses_what_is_no_tree() -> None:
    """The message says which cable and what would do."""
    with pytest.raises(RoutingError, match=r"needs a tree .* joins leaf .* use ecmp"):
        static(generate("slim-fly", capacity=1.0, q=3), random_demand(8))
