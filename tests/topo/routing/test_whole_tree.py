"""Next hops of whole trees in closed form against the search over shortest paths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import small
from tests.topo.routing.cases import damaged, fabrics
from topo.fabric import Fabric
from topo.generators import generate
from topo.routing import RoutingError
from topo.routing.network import Network
from topo.routing.operator import Ints
from topo.routing.paths import _Digits, _exit
from topo.routing.tree import check_tree, position
from topo.routing.whole_tree import WholeTree

TREES: dict[str, Fabric] = {
    **{name: fabric for name, fabric in fabrics().items() if fabric.n_nodes > fabric.n_endpoints + 1},
    "two layers, planes": generate("fat-tree-2", capacity=1.0, radix=8, planes=4, endpoints_per_host=4, scale_up=4.0),
    "two layers, tapered": generate("fat-tree-2", capacity=1.0, radix=8, oversubscription=3.0),
    "three layers": generate("fat-tree-3", capacity=1.0, radix=6),
    "three layers, tapered": generate("fat-tree-3", capacity=1.0, radix=8, oversubscription=3.0, endpoints=128),
    "three layers, a pod and a part": generate("fat-tree-3", capacity=1.0, radix=8, endpoints=24),
    "three layers, planes": generate("fat-tree-3", capacity=1.0, radix=4, planes=2, endpoints_per_host=4),
    "three layers, few cores": generate("fat-tree-3", capacity=1.0, radix=8, cores=4, endpoints=64),
    "three layers, two spines": generate("fat-tree-3", capacity=1.0, radix=8, spines=2, endpoints=64),
    "three layers, rails": generate(
        "fat-tree-3", capacity=1.0, radix=8, wiring="rail", endpoints_per_host=4, endpoints=64
    ),
}


def is_tree(fabric: Fabric) -> bool:
    try:
        check_tree(fabric)
    except RoutingError:
        return False
    return True


def pairs(network: Network) -> tuple[Ints, Ints]:
    """Return every link out of an endpoint, and every endpoint that it can lead to."""
    fabric = network.fabric
    port = network.port_links.astype(np.int64)
    ends = np.flatnonzero(network.site >= 0)
    port, dst = np.repeat(port, len(ends)), np.tile(ends, len(port))
    island = network.island[fabric.head[port] - network.base]
    met = network.island[fabric.head[_exit(network, port, dst)] - network.base]
    some = (fabric.tail[port] != dst) & (island == met)
    return port[some], dst[some]


def agrees(fabric: Fabric) -> bool:
    """Assert that the closed form finds the paths of the search; return whether there is one."""
    network = Network.of(fabric)
    tree = WholeTree.of(network)
    if tree is None:
        return False
    port, dst = pairs(network)
    where = position(network, exit_ := _exit(network, port, dst))
    mine, searched = tree.walk(port, exit_, where), _Digits(network).searched(port, dst)
    hops = min(mine.shape[1], searched.shape[1])
    assert np.array_equal(mine[:, :hops], searched[:, :hops])
    assert (mine[:, hops:] < 0).all() and (searched[:, hops:] < 0).all()
    return True


@pytest.mark.parametrize("name", [name for name, fabric in TREES.items() if is_tree(fabric)])
def test_whole_trees_are_known_and_take_the_paths_of_the_search(name: str) -> None:
    """Every tree that a generator makes is whole, and from every port to every endpoint the links are the same."""
    assert agrees(TREES[name])


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(damaged().filter(is_tree))
def test_damaged_trees_are_searched_or_still_whole(fabric: Fabric) -> None:
    """Where failures leave a whole tree, as dead endpoints do, the paths are still those of the search."""
    agrees(fabric)


@pytest.mark.parametrize("tier", [2, 3])
def test_a_tree_without_one_of_its_cables_is_not_whole(tier: int) -> None:
    """By hand: below the spines and below the cores."""
    fabric = generate("fat-tree-3", capacity=1.0, radix=4)
    cable = int(fabric.cable[np.flatnonzero(fabric.kind[np.maximum(fabric.tail, fabric.head)] == tier + 1)[0]])
    assert WholeTree.of(Network.of(fabric)) is not None
    assert WholeTree.of(Network.of(fabric.without(cables=[cable]))) is None


def test_weights_and_endpoints_on_two_leaves_are_searched() -> None:
    """Shortest paths of other lengths, or toward two leaves, are not those of the closed form."""
    kind, cables = [0, 0, 2, 2, 3], ([0, 0, 1, 2, 3], [2, 3, 3, 4, 4])
    two = Fabric.from_cables(name="two", kind=kind, a=cables[0], b=cables[1], capacity=1.0, tier=[1, 1, 1, 2, 2])
    assert WholeTree.of(Network.of(two)) is None
    weighted = Fabric.from_cables(
        name="far", kind=kind, a=[0, 1, 2, 3], b=[2, 3, 4, 4], capacity=1.0, tier=[1, 1, 2, 2], weight=[1, 1, 1, 3]
    )
    assert WholeTree.of(Network.of(weighted)) is None


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_parallel_cables_are_taken_by_the_same_residues(spines: int, parallel: int, per_leaf: int) -> None:
    """Bundles between leaves and spines, and between leaves and endpoints."""
    assert agrees(small.leaf_spine(3, spines, per_leaf=per_leaf, parallel=parallel))
