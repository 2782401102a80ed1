"""Drawn paths against a walk in plain Python that looks at every link, and sums over them against lists."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.topo.routing.cases import damaged, fabrics, random_demand
from topo.fabric import Fabric, NodeKind
from topo.generators import generate
from topo.routing import walks as module
from topo.routing.drawn import ecmp_hash
from topo.routing.network import Network
from topo.routing.spray import spray
from topo.routing.walks import Walks

BITS = 2**64 - 1


def mix(key: int, salt: int) -> int:
    """SplitMix64, from its paper."""
    z = key ^ ((salt + 1) * 0x9E3779B97F4A7C15 & BITS)
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & BITS
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & BITS
    return z ^ (z >> 31)


def distances(fabric: Fabric, end: int) -> dict[int, int]:
    """Dijkstra from ``end`` over links between switches and those of ``end``."""
    base = int(np.searchsorted(fabric.kind, NodeKind.LEAF))
    found: dict[int, int] = {}
    heap = [(0, end)]
    while heap:
        d, v = heapq.heappop(heap)
        if v in found:
            continue
        found[v] = d
        for j in range(fabric.first[v], fabric.first[v + 1]):
            if fabric.head[j] >= base:
                heapq.heappush(heap, (d + int(fabric.weight[j]), int(fabric.head[j])))
    return found


def walked(
    fabric: Fabric, seed: int, src: int, dst: int, number: int, *, dead: frozenset[int] = frozenset()
) -> list[int]:
    """Return the links of draw ``number`` by the definition: at each node one of those on shortest paths.

    A dead one is replaced by one of those that live; where none does, the path ends with it.
    """
    near = distances(fabric, dst)
    key = mix(mix(mix(seed, src), dst), number)
    at, path = src, []
    while at != dst:
        links = range(fabric.first[at], fabric.first[at + 1])
        far = {j: near[int(fabric.head[j])] + int(fabric.weight[j]) for j in links if int(fabric.head[j]) in near}
        best = [j for j in far if far[j] == min(far.values())]
        path.append(best[mix(key, at) % len(best)])
        alive = [j for j in best if j not in dead]
        if path[-1] in dead:
            if not alive:
                return path
            again = mix(mix(key, at), 0)
            path[-1] = alive[(again >> 11) * len(alive) >> 53 if at == src else again % len(alive)]
        at = int(fabric.head[path[-1]])
    return path


def neighbours(fabric: Fabric, node: int) -> list[int]:
    return fabric.head[fabric.first[node] : fabric.first[node + 1]].tolist()


def same_as_walked(fabric: Fabric, seed: int, paths: int = 3, dead: NDArray[np.bool_] | None = None) -> None:
    demand = random_demand(fabric.n_endpoints, seed=seed, commodities=20)
    network = Network.of(fabric)
    src, dst = demand.src.astype(np.int64), demand.dst.astype(np.int64)
    met = [bool(set(distances(fabric, d)) & set(neighbours(fabric, s))) for s, d in zip(src, dst, strict=True)]
    src, dst = src[met], dst[met]
    got = Walks.of(network, seed, src, dst, paths).listed(dead)
    gone = frozenset() if dead is None else frozenset(np.flatnonzero(dead).tolist())
    for row, links in enumerate(got):
        pair, number = divmod(row, paths)
        assert links[links >= 0].tolist() == walked(fabric, seed, int(src[pair]), int(dst[pair]), number, dead=gone)


@pytest.mark.parametrize("name", sorted(fabrics()))
def test_paths_are_drawn_as_defined(name):
    same_as_walked(fabrics()[name], seed=5)


@pytest.mark.parametrize("name", sorted(fabrics()))
def test_paths_skip_dead_links_as_defined(name):
    """Draws that live stand: a path that meets no dead link is that of before, any other parts from it there."""
    fabric = fabrics()[name]
    for seed in range(3):
        dead = np.random.default_rng(seed).random(fabric.n_cables) < 0.15
        same_as_walked(fabric, seed, dead=dead[fabric.cable])


@settings(deadline=None, max_examples=15)
@given(damaged(), st.integers(0, 2**40))
def test_paths_are_drawn_as_defined_after_failures(fabric, seed):
    same_as_walked(fabric, seed)


@pytest.mark.parametrize("name", ["multi-port", "planes-spread", "fat-tree-3", "dragonfly", "slim-fly"])
def test_sums_over_walks_are_those_over_lists(name):
    fabric = fabrics()[name]
    demand = random_demand(fabric.n_endpoints)
    random = np.random.default_rng(0)
    rate, value = random.uniform(size=demand.n_commodities), random.uniform(size=fabric.n_links)
    routing = ecmp_hash(fabric, demand, seed=3, qps=5)
    columns = routing.columns()
    np.testing.assert_allclose(routing.load(rate), columns @ rate, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(routing.sum_along(value), columns.T @ value, rtol=1e-12)
    least = [value[columns.indices[slice(*columns.indptr[f : f + 2])]].min() for f in range(demand.n_commodities)]
    np.testing.assert_array_equal(routing.min_along(value), least)


@pytest.fixture(scope="module")
def planes():
    return generate("fat-tree-2", radix=16, capacity=12.5e9, planes=4, nic="multi-port")


def test_loads_have_the_same_bytes_for_any_number_of_threads(planes, monkeypatch):
    demand = random_demand(planes.n_endpoints, commodities=400)
    monkeypatch.setattr("topo.kernels.THREADED_VISITS", 0)
    loads = []
    for threads, laid in (("1", 2**15), ("1", 48), ("3", 48), ("3", 1)):  # at a time, while those before leave links
        monkeypatch.setenv("PLANEWISE_THREADS", threads)
        monkeypatch.setattr(module, "BLOCK_PATHS", laid)
        routing = spray(planes, demand, choose="feedback", paths=16)
        loads.append((routing.load(demand.size), routing.load(np.ones(400))))
    for other in loads[1:]:
        np.testing.assert_array_equal(loads[0], other)


def test_tables_made_in_parts_lead_the_same_way(planes, monkeypatch):
    demand = random_demand(planes.n_endpoints, commodities=60)
    whole = spray(planes, demand, choose="feedback", paths=8)
    monkeypatch.setattr(module, "MOST_CELLS", 1)
    parts = spray(planes, demand, choose="feedback", paths=8)
    np.testing.assert_array_equal(parts.load(demand.size), whole.load(demand.size))
    np.testing.assert_array_equal(parts.columns().toarray(), whole.columns().toarray())


def test_what_is_too_much_to_list_is_not_listed(planes, monkeypatch):
    demand = random_demand(planes.n_endpoints, commodities=10)
    monkeypatch.setattr("topo.routing.drawn.MAX_ENTRIES", 100)
    assert spray(planes, demand).columns() is None
    assert spray(planes, demand, paths=1).columns() is not None
