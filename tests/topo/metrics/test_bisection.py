import tracemalloc
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import coo_array

from tests import small
from topo.fabric import Fabric, NodeKind, Tier
from topo.generators import generate
from topo.metrics.bisection import _instance, _uniform_two_layers, bisect
from topo.metrics.cut_bounds import PlaneGraph, algebraic_connectivity
from topo.rows import Rows

E, LEAF, SPINE, CORE = NodeKind.ENDPOINT, NodeKind.LEAF, NodeKind.SPINE, NodeKind.CORE


def least_cut(fabric: Fabric) -> float:
    """The oracle: every half of the hosts, and for each a minimum cut by networkx."""
    graph = nx.DiGraph()
    link = fabric.tier >= Tier.ENDPOINT
    for tail, head, capacity in zip(fabric.tail[link], fabric.head[link], fabric.capacity[link], strict=True):
        known = graph.get_edge_data(tail, head, {"capacity": 0.0})["capacity"]
        graph.add_edge(tail, head, capacity=known + capacity)
    count = np.bincount(fabric.host)
    injection = max(fabric.capacity[link & (fabric.tail == e)].sum() for e in range(fabric.n_endpoints))
    hosts = range(len(count))
    sides = [set(s) for k in range(1, len(count)) for s in combinations(hosts, k)]
    even = min(abs(2 * sum(count[h] for h in s) - count.sum()) for s in sides)
    best = np.inf
    for side in sides:
        mine = sum(count[h] for h in side)
        if abs(2 * mine - count.sum()) != even:
            continue
        for e in range(fabric.n_endpoints):
            inside = int(fabric.host[e]) in side
            graph.add_edge("s" if inside else e, e if inside else "t", capacity=np.inf)
        cut, _ = nx.minimum_cut(graph, "s", "t")
        best = min(best, cut / min(mine, count.sum() - mine) / injection)
        graph.remove_nodes_from(["s", "t"])
    return best


def ring(switches: int, *, per_switch: int = 1, chord: int = 0, capacity: float = 1.0, per_host: int = 1) -> Fabric:
    n = switches * per_switch
    s = n + np.arange(switches)
    a, b = [np.arange(n), s], [n + np.arange(n) // per_switch, np.roll(s, -1)]
    if chord:
        a, b = [*a, s], [*b, np.roll(s, -chord)]
    local = sum(map(len, a)) - n
    return Fabric.from_cables(
        name="ring",
        kind=[E] * n + [LEAF] * switches,
        a=np.concatenate(a),
        b=np.concatenate(b),
        capacity=[1.0] * n + [capacity] * local,
        tier=[Tier.ENDPOINT] * n + [Tier.LOCAL] * local,
        host=np.arange(n) // per_host,
    )


def three_layers(pods: int, *, per_leaf: int = 2, spine_up: float = 2.0) -> Fabric:
    """Pods of two leaves and two spines; one core above each spine position."""
    n, leaves = pods * 2 * per_leaf, pods * 2
    leaf = n + np.arange(leaves)
    spine = n + leaves + np.arange(leaves)
    core = n + 2 * leaves + np.arange(2)
    pod = np.arange(leaves) // 2
    a = np.concatenate([np.arange(n), leaf, leaf, spine])
    b = np.concatenate([np.repeat(leaf, per_leaf), spine[2 * pod], spine[2 * pod + 1], core[np.arange(leaves) % 2]])
    return Fabric.from_cables(
        name="three-layers",
        kind=[E] * n + [LEAF] * leaves + [SPINE] * leaves + [CORE] * 2,
        a=a,
        b=b,
        capacity=[1.0] * (n + 2 * leaves) + [spine_up] * leaves,
        tier=[Tier.ENDPOINT] * n + [Tier.LEAF_SPINE] * 2 * leaves + [Tier.SPINE_CORE] * leaves,
    )


EXACT = {
    "one-link": small.one_link(),
    "leaf-spine": small.leaf_spine(),
    "2-to-1": small.leaf_spine(4, 1),
    "odd-leaves": small.leaf_spine(3, 1, per_leaf=3),
    "odd-hosts": small.leaf_spine(3, 2, per_leaf=3),
    "five-leaves": small.leaf_spine(5, 1, per_leaf=2),
    "parallel": small.leaf_spine(3, 1, per_leaf=4, parallel=3),
    "two-planes": small.planes(),
    "multi-port": small.planes(multi_port=True),
    "untapered": three_layers(3),
    "tapered": three_layers(4, per_leaf=1, spine_up=0.5),
    "tapered-leaves": three_layers(2, per_leaf=3, spine_up=3.0),
    "fat-ring": ring(4, capacity=10.0),
}

BRACKETED = {
    "parking-lot": small.parking_lot(),
    "bowtie": small.bowtie(),
    "ring": ring(8),
    "ring-hosts": ring(6, per_switch=3, per_host=2),
    "chords": ring(9, chord=3),
    "moebius": ring(10, chord=5),
    "odd-pods": three_layers(3, spine_up=1.0),
    "failed-cable": small.leaf_spine(4, 2).without(cables=[9]),
    "failed-port": small.leaf_spine(4, 2).without(cables=[0]),
    "straddling": ring(4, per_switch=2, chord=2, per_host=4),
}


@pytest.mark.parametrize("name", EXACT)
def test_exact_ones_equal_the_enumeration(name):
    """Where both ends of the bracket meet, they are the least cut over all halves."""
    got = bisect(EXACT[name])
    assert got.per_endpoint == pytest.approx(least_cut(EXACT[name]))
    assert got.bound == pytest.approx(got.per_endpoint)
    assert got.method.startswith(("closed form", "exact"))


@pytest.mark.parametrize("name", BRACKETED)
def test_a_bracket_holds_the_enumeration_and_small_ones_are_found(name):
    """The bound is never above the least cut, and at these sizes the search finds it."""
    got, least = bisect(BRACKETED[name]), least_cut(BRACKETED[name])
    assert got.bound <= least * (1 + 1e-9)
    assert got.per_endpoint == pytest.approx(least)
    if got.bound < least * (1 - 1e-6):
        assert "upper bound" in got.method
        assert "lower bound" in got.method


@pytest.mark.parametrize("sizes", [(4, 4, 1), (3, 3, 3, 1), (3, 3, 1, 1), (5, 4, 1)])
@pytest.mark.parametrize("up", [1.0, 2.0, 3.5])
def test_partly_filled_leaves_equal_the_enumeration(sizes, up):
    """Leaves of unequal counts: the closed form over leaf counts is still the least cut."""
    n, leaves = sum(sizes), len(sizes)
    fabric = Fabric.from_cables(
        name="partial",
        kind=[E] * n + [LEAF] * leaves + [SPINE],
        a=[*range(n), *range(n, n + leaves)],
        b=[*np.repeat(np.arange(n, n + leaves), sizes), *[n + leaves] * leaves],
        capacity=[1.0] * n + [up] * leaves,
        tier=[Tier.ENDPOINT] * n + [Tier.LEAF_SPINE] * leaves,
    )
    got = bisect(fabric)
    assert got.per_endpoint == pytest.approx(least_cut(fabric))
    assert got.method.startswith("closed form")


@pytest.mark.parametrize(("up", "ratio"), [(1, 1 / 32), (16, 0.5), (32, 1.0), (40, 1.0)])
def test_oversubscription_is_the_bisection_of_an_even_tree(up, ratio):
    """64 leaves of 32 endpoints and ``up`` uplinks: bisection is up / 32, at most full."""
    assert bisect(small.leaf_spine(64, up, per_leaf=32)).per_endpoint == pytest.approx(ratio)


def test_scaling_all_capacities_changes_nothing():
    """Bisection is relative to what endpoints inject."""
    one, ten = ring(8), ring(8)
    rows = ten.cables()
    ten = Fabric.from_cables(name="ten", kind=ten.kind, **{**rows, "capacity": rows["capacity"] * 50e9})
    assert bisect(ten).per_endpoint == pytest.approx(bisect(one).per_endpoint)


def test_undefined_without_two_hosts():
    """One host has no halves: None, and a method that says why."""
    got = bisect(Fabric.from_cables(name="one", kind=[E, LEAF], a=[0], b=[1], capacity=1.0, tier=[Tier.ENDPOINT]))
    assert (got.per_endpoint, got.bound) == (None, None)
    assert "fewer than two hosts" in got.method


def random_fabric(seed: int) -> Fabric:
    """A few hosts on leaves drawn at random: trees or meshes, one or two planes, one port an endpoint or several."""
    rng = np.random.default_rng(seed)
    hosts, per_host, leaves, planes = (int(rng.integers(low, high)) for low, high in ((2, 6), (1, 3), (1, 6), (1, 3)))
    n, spines = hosts * per_host, int(rng.integers(0, 3))
    several, plane = rng.random() < 0.3, np.arange(planes)
    kind = [E] * n + [LEAF] * (planes * leaves) + [SPINE] * (planes * spines)
    rows: list[tuple[int, int, float, Tier]] = []
    for e in range(n):
        for p in plane if several else [e % planes]:
            drawn = int(rng.integers(leaves)) if rng.random() < 0.5 else (e // per_host) * leaves // hosts
            rows.append((e, n + p * leaves + drawn, 1.0, Tier.ENDPOINT))
    for p in plane:
        first, above = n + p * leaves, n + planes * leaves + p * spines
        for s in range(leaves):
            up = [(first + s, above + t, rng.integers(1, 4) / 2, Tier.LEAF_SPINE) for t in range(spines)]
            flat = [(first + s, first + t, rng.integers(1, 5) / 2, Tier.LOCAL) for t in range(s) if rng.random() < 0.6]
            rows += up or flat
    a, b, capacity, tier = zip(*rows, strict=True)
    where = np.concatenate([np.full(n, -1), np.repeat(plane, leaves), np.repeat(plane, spines)])
    host = np.arange(n) // per_host
    return Fabric.from_cables(name="random", kind=kind, a=a, b=b, capacity=capacity, tier=tier, host=host, plane=where)


@pytest.mark.parametrize("block", range(4))
def test_random_networks_equal_the_enumeration(block):
    """The bound never exceeds the least cut of any network, and so small a one is always found."""
    for seed in range(25 * block, 25 * block + 25):
        fabric = random_fabric(seed)
        got, least = bisect(fabric), least_cut(fabric)
        assert got.bound <= least * (1 + 1e-9) + 1e-12, seed
        assert got.per_endpoint == pytest.approx(least), seed


def test_no_table_of_hosts_by_leaves_outside_trees():
    """876 leaves and 5,256 hosts: a dense table takes 37 MB, and 4 GB of a Dragonfly of 261,632 endpoints."""
    instance = _instance(generate("dragonfly", a=12, p=6, h=6, endpoints_per_host=1, capacity=1.0))
    assert instance is not None
    tracemalloc.start()
    try:
        assert _uniform_two_layers(instance) is None
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("n", "port"), [(40, 0.5), (601, 1.0)])
def test_switches_around_a_bare_one_are_joined_as_each_to_all(n, port):
    """Cables of 1 to a hub without ports are a complete graph of 1 / n each: L = I - 1/n, whose second root is 1."""
    tip = np.arange(1, n + 1)
    ends = np.concatenate([tip, 0 * tip]), np.concatenate([0 * tip, tip])
    star = coo_array((np.ones(2 * n), ends), shape=(n + 1, n + 1)).tocsr()
    ports = np.append(0.0, np.full(n, port))
    found = algebraic_connectivity(PlaneGraph(Rows.as_in(star), ports, np.zeros(n + 1, dtype=np.int64)))
    assert found is not None and found[0] == pytest.approx(1.0 / port, rel=1e-6)
