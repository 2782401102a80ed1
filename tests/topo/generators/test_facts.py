"""What a family says of its networks before they are built: leaves, groups, diameter, bisection, oversubscription."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from tests.test_registries import FABRICS, HOST, RATE, fabric_of
from tests.topo.generators.test_generators import NETWORKS, PLANES
from topo.fabric import NodeKind
from topo.generators import GeneratorError, generate, size_of
from topo.metrics import structure
from topo.metrics.bisection import bisect
from topo.metrics.distances import endpoint_distances
from topo.metrics.shape import oversubscription


def cables_apart(fabric):
    """Return the cables of the longest route of least weight between two leaves of a plane, the ends' own included."""
    link, base = np.flatnonzero(fabric.is_switch_link), fabric.n_nodes - fabric.n_switches
    # One cable more weighs more than any saving in cables: of routes of equal weight the shortest counts.
    weight = fabric.weight[link] * 1000.0 + 1.0
    n, least = fabric.n_switches, {}
    for tail, head, w in zip(fabric.tail[link] - base, fabric.head[link] - base, weight, strict=True):
        least[tail, head] = min(w, least.get((tail, head), np.inf))
    graph = csr_array((list(least.values()), tuple(np.array(list(least) or np.zeros((0, 2), int)).T)), shape=(n, n))
    leaves = np.flatnonzero(fabric.kind[base:] == NodeKind.LEAF)
    far = dijkstra(graph, indices=leaves)[:, leaves]
    return 2 + int(far[np.isfinite(far)].max() % 1000)


def check_facts(fabric, size):
    assert (size.leaves, size.groups, size.group_count) == (
        np.count_nonzero(fabric.kind == NodeKind.LEAF),
        fabric.groups,
        fabric.group.max(initial=-1) + 1,
    )
    assert size.oversubscription == pytest.approx(oversubscription(fabric))
    several = size.endpoints // (1 if fabric.plane[0] < 0 else size.planes) > 1
    assert size.diameter in (cables_apart(fabric) if several else None, None)
    cut = bisect(fabric)
    if size.bisection is not None:
        assert cut.bound == pytest.approx(size.bisection, rel=1e-6) or cut.bound < size.bisection
        assert cut.per_endpoint == pytest.approx(size.bisection, rel=1e-6) or cut.per_endpoint > size.bisection


@pytest.mark.parametrize("name", FABRICS)
def test_facts_equal_those_of_the_built_fabric(name):
    """On every size of the product test, diameter and bisection as metrics measure them, too."""
    fabric, size = fabric_of(name), size_of(name.split()[0], endpoints_per_host=HOST, **FABRICS[name])
    check_facts(fabric, size)
    assert size.diameter == cables_apart(fabric) == structure(fabric)["diameter"]
    if size.bisection is not None:
        assert size.bisection == pytest.approx(structure(fabric)["bisection_per_endpoint"], rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(network=NETWORKS, common=PLANES)
def test_facts_hold_whatever_the_parameters(network, common):
    family, own = network
    try:
        size = size_of(family, **own, **common)
    except GeneratorError:
        assume(False)
    check_facts(generate(family, capacity=RATE, **own, **common), size)


@pytest.mark.parametrize(
    ("family", "given", "bisection"),
    [
        ("fat-tree-2", {"radix": 8}, 1.0),
        ("fat-tree-2", {"radix": 8, "oversubscription": 3.0}, 1 / 3),
        ("fat-tree-2", {"radix": 8, "oversubscription": 3.0, "wiring": "rail", "endpoints_per_host": 4}, 1 / 3),
        ("fat-tree-2", {"radix": 8, "oversubscription": 3.0, "planes": 4}, 1 / 3),
        ("fat-tree-3", {"radix": 8, "oversubscription": 3.0, "endpoints_per_host": 2}, 1 / 3),
        ("fat-tree-3", {"radix": 8, "endpoints": 32, "endpoints_per_host": 2}, 1.0),
    ],
)
def test_bisection_of_trees_in_closed_form(family, given, bisection):
    """Half the leaves, or half the pods, send up / down of what their endpoints could; metrics find no less."""
    size = size_of(family, **given)
    assert size.bisection == pytest.approx(bisection)
    assert bisect(generate(family, capacity=RATE, **given)).per_endpoint == pytest.approx(bisection, rel=1e-6)


@pytest.mark.parametrize("a", [1, 2, 3, 5])
@pytest.mark.parametrize("h", [1, 2, 4, 7])
def test_diameter_of_dragonflies_where_groups_share_few_or_many_cables(a, h):
    for g in range(1, min(a * h + 1, 12) + 1):
        fabric = generate("dragonfly", a=a, p=2, h=h, g=g, capacity=RATE)
        stated = size_of("dragonfly", a=a, p=2, h=h, g=g).diameter
        assert stated == cables_apart(fabric) or (stated is None and h >= g - 1 > a * h % (g - 1) > 0)
        assert endpoint_distances(fabric).diameter <= cables_apart(fabric)
