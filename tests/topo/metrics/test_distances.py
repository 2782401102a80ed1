import networkx as nx
import numpy as np
import pytest

from tests import small
from topo.fabric import Fabric, NodeKind, Tier
from topo.generators import generate
from topo.metrics.distances import endpoint_distances, switch_distances

FABRICS = {
    "one-link": small.one_link(parallel=3),
    "parking-lot": small.parking_lot(),
    "bowtie": small.bowtie(),
    "leaf-spine": small.leaf_spine(5, 3, per_leaf=2),
    "planes": small.planes(),
    "multi-port": small.planes(multi_port=True),
    "multi-port-failed": small.planes(multi_port=True).without(cables=[0, 3, 17]),
    "failed-cable": small.parking_lot().without(cables=[9]),
    "failed-switch": small.leaf_spine(3, 1).without(nodes=[9]),
    "failed-port": small.leaf_spine(3, 2).without(cables=[0]),
}


def expected(fabric: Fabric, sources: range, *, through: range) -> list[int]:
    """The oracle: networkx distances of ordered pairs of ``sources`` over paths inside ``through``."""
    graph = nx.Graph(fabric.to_networkx())
    graph.remove_nodes_from(np.flatnonzero(fabric.kind == NodeKind.SCALE_UP).tolist())
    found = []
    for a in sources:
        keep = graph.subgraph([a, *through])
        inner = nx.single_source_shortest_path_length(keep, a)
        for b in sources:
            ways = [inner[n] + 1 for n in graph[b] if n in inner] if b not in through else [inner.get(b, -1)]
            found += [min(ways)] if a != b and ways and min(ways) > 0 else []
    return found


@pytest.mark.parametrize("name", FABRICS)
def test_distances_equal_networkx(name):
    """Diameter, mean and number of connected pairs, of endpoints (which never forward) and of switches."""
    fabric = FABRICS[name]
    first = fabric.n_nodes - fabric.n_switches
    switches = range(first, fabric.n_nodes)
    for got, sources in (
        (endpoint_distances(fabric), range(fabric.n_endpoints)),
        (switch_distances(fabric), switches),
    ):
        want = expected(fabric, sources, through=switches)
        assert got.pairs_at.sum() == len(want)
        assert got.unconnected == len(sources) * (len(sources) - 1) - len(want)
        assert got.diameter == max(want, default=None)
        assert got.mean == (pytest.approx(np.mean(want)) if want else None)


def test_a_host_is_no_way_round():
    """An endpoint with ports on two separate switches does not join them."""
    fabric = Fabric.from_cables(
        name="bridge",
        kind=[NodeKind.ENDPOINT] * 3 + [NodeKind.LEAF] * 2,
        a=[0, 1, 1, 2],
        b=[3, 3, 4, 4],
        capacity=1.0,
        tier=[Tier.ENDPOINT] * 4,
    )
    got = endpoint_distances(fabric)
    assert (got.diameter, got.unconnected) == (2, 2)


def test_one_source_an_orbit_is_enough():
    """A ring that states its rotation gives the same histogram as one that does not, of more words of sources."""
    n = 130
    leaf = n + np.arange(n)
    turn = np.concatenate([np.roll(np.arange(n), -1), np.roll(leaf, -1)]).astype(np.int32)
    rings = [
        Fabric.from_cables(
            name="ring",
            kind=[NodeKind.ENDPOINT] * n + [NodeKind.LEAF] * n,
            a=np.concatenate([np.arange(n), leaf]),
            b=np.concatenate([leaf, np.roll(leaf, -1)]),
            capacity=1.0,
            tier=[Tier.ENDPOINT] * n + [Tier.LOCAL] * n,
            symmetry=symmetry,
        )
        for symmetry in ((), (turn,))
    ]
    for measure in (endpoint_distances, switch_distances):
        plain, symmetric = map(measure, rings)
        assert plain.pairs_at.tolist() == symmetric.pairs_at.tolist()
        assert symmetric.diameter == n // 2 + (2 if measure is endpoint_distances else 0)


def test_twins_are_searched_from_once():
    """Leaves of one spine are twins, and their endpoints alike: a star of 130 leaves around one spine is two apart."""
    fabric = small.leaf_spine(130, 1, per_leaf=1)
    assert endpoint_distances(fabric).pairs_at.tolist() == [0, 0, 0, 0, 130 * 129]
    assert switch_distances(fabric).mean == pytest.approx((2 * 130 + 2 * 130 * 129) / (131 * 130))


@pytest.mark.parametrize("seed", range(6))
def test_twins_that_are_almost_so(seed):
    """Leaf-spine networks of two planes that lost cables: some leaves have the same neighbours, others one less."""
    rng = np.random.default_rng(seed)
    whole = generate(
        "fat-tree-2", radix=8, capacity=1.0, planes=2, nic="multi-port", endpoints=24, endpoints_per_host=2
    )
    fabric = whole.without(cables=rng.choice(whole.n_cables, 9, replace=False))
    first = fabric.n_nodes - fabric.n_switches
    switches = range(first, fabric.n_nodes)
    between, around = endpoint_distances(fabric), switch_distances(fabric)
    assert between.pairs_at.sum() == len(expected(fabric, range(24), through=switches))
    assert between.mean == pytest.approx(np.mean(expected(fabric, range(24), through=switches)))
    assert around.mean == pytest.approx(np.mean(expected(fabric, switches, through=switches)))
