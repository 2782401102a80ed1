"""Unequal planes whose shares are weighted, after a failure that a NIC or a switch skips: every path one by one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.topo.flow.test_kept import _distances
from tests.topo.routing.cases import random_demand, uniform
from topo.fabric import Fabric
from topo.flow import route
from topo.flow.kept import keep_tables
from topo.generators import generate
from topo.routing.drawn import DrawnRouting
from traffic.demand import Demand

ALONE = {"nic": "multi-port", "endpoints_per_host": 1, "scale_up": None, "capacity": 1.0}


def _unequal(**params: object) -> Fabric:
    """A network of planes, the first without the cable from its first leaf to its first spine."""
    whole = generate("fat-tree-2", **ALONE, **params)
    between = (whole.tail >= whole.n_endpoints) & (whole.head >= whole.n_endpoints) & (whole.plane[whole.tail] == 0)
    return whole.without(cables=whole.cable[between][:1])


#: More endpoints a leaf than uplinks, so that it is these that fill.
FABRICS = {
    "two planes": _unequal(radix=8, planes=2, down=4, up=2, spines=2, endpoints=12),
    "three planes": _unequal(radix=12, planes=3, down=6, up=2, spines=2, endpoints=18),
}


def dead_links(fabric: Fabric, seed: int) -> np.ndarray:
    """A port of an endpoint and two cables between switches."""
    rng = np.random.default_rng(seed)
    between = np.unique(fabric.cable[(fabric.tail >= fabric.n_endpoints) & (fabric.head >= fabric.n_endpoints)])
    port = rng.choice(fabric.first[fabric.n_endpoints])
    return np.isin(fabric.cable, [fabric.cable[port], *rng.choice(between, 2, replace=False)])


def ways(fabric: Fabric, dead: np.ndarray, pair: tuple[int, int], claim: np.ndarray, *, skip: bool) -> np.ndarray:
    """(L,) what of one unit that arrives crosses each link, where planes get shares by ``claim``."""
    (src, dst), load = pair, np.zeros(fabric.n_links)
    to_go = _distances(fabric, dst)

    def walk(node: int, amount: float, path: list[int]) -> None:
        if node == dst:
            load[path] += amount
            return
        options = [i for i in _links(fabric, node) if to_go[fabric.head[i]] + fabric.weight[i] == to_go[node]]
        options = [i for i in options if not (skip and dead[i])]
        for i in options:
            if not dead[i]:
                walk(int(fabric.head[i]), amount / len(options), [*path, i])

    ports = [i for i in _links(fabric, src) if np.isfinite(to_go[fabric.head[i]]) and not (skip and dead[i])]
    part = claim[fabric.plane[fabric.head[ports]]]
    for i, share in zip(ports, part / part.sum(), strict=True):
        if not dead[i]:
            walk(int(fabric.head[i]), share, [i])
    return load


def _links(fabric: Fabric, node: int) -> range:
    return range(fabric.first[node], fabric.first[node + 1])


def claims(fabric: Fabric, demand: Demand) -> np.ndarray:
    """(planes,) what each plane carries: its fullest link under equal shares, the other way up."""
    n, none = int(fabric.plane.max()) + 1, np.zeros(fabric.n_links, bool)
    load = np.zeros(fabric.n_links)
    for pair, size in zip(zip(demand.src.tolist(), demand.dst.tolist(), strict=True), demand.size, strict=True):
        load += size * ways(fabric, none, pair, np.ones(n), skip=False)
    used, plane = load / fabric.capacity, np.maximum(fabric.plane[fabric.tail], fabric.plane[fabric.head])
    return np.array([1.0 / used[plane == p].max() for p in range(n)])


@pytest.mark.parametrize("reroute", ["tables", "local"])
@pytest.mark.parametrize("name", FABRICS)
def test_weighted_shares_split_as_paths_walked_by_hand(name: str, reroute: str) -> None:
    fabric = FABRICS[name]
    for seed in range(3):
        dead, demand = dead_links(fabric, seed), random_demand(fabric.n_endpoints, commodities=20, seed=seed)
        claim = claims(fabric, demand)
        assert claim[0] < claim[1]  # planes are not alike, or weights would say nothing
        kept = keep_tables(fabric, dead, demand, reroute=reroute, policy="ecmp", balance="weighted")
        load = sum(
            size * ways(fabric, dead, pair, claim, skip=reroute == "local")
            for pair, size in zip(zip(demand.src.tolist(), demand.dst.tolist(), strict=True), demand.size, strict=True)
        )
        assert kept.demand is not None and kept.routing is not None
        np.testing.assert_allclose(kept.routing.load(kept.demand.size), load[~dead], atol=1e-12)
        assert kept.lost == pytest.approx(1.0 - load[: fabric.first[fabric.n_endpoints]].sum() / demand.size.sum())


@pytest.mark.parametrize("name", FABRICS)
def test_weighted_sprays_tend_to_those_splits(name: str) -> None:
    """Where nothing lives that a NIC or a switch could take, as many paths are lost as an even split loses."""
    fabric, paths = FABRICS[name], 4096
    demand, dead = random_demand(fabric.n_endpoints, commodities=12, seed=5), dead_links(fabric, 2)
    claim, load = claims(fabric, demand), np.zeros(fabric.n_links)
    for pair, size in zip(zip(demand.src.tolist(), demand.dst.tolist(), strict=True), demand.size, strict=True):
        load += size * ways(fabric, dead, pair, claim, skip=True)
    drawn = keep_tables(fabric, dead, demand, reroute="local", policy="spray", paths=paths, balance="weighted")
    assert drawn.demand is not None and drawn.routing is not None
    error = 5.0 * 0.5 / np.sqrt(paths) * np.sqrt(np.square(demand.size).sum())  # five standard errors of any share
    np.testing.assert_allclose(drawn.routing.load(drawn.demand.size), load[~dead], atol=error)


@pytest.mark.parametrize("balance", ["equal", "weighted"])
@pytest.mark.parametrize("name", FABRICS)
def test_each_sprayed_path_skips_what_is_dead(name: str, balance: str) -> None:
    """A path goes as before up to its first dead link, and on by next hops that live; what arrives is what is left."""
    fabric, paths = FABRICS[name], 24
    for seed in range(4):
        dead, demand = dead_links(fabric, seed), _pairs(fabric, seed)
        routing = route(fabric, demand, "spray", paths=paths, balance=balance)
        assert isinstance(routing, DrawnRouting)
        before, after = _of(routing.listed()), _of(routing.listed(dead))
        _on_planes(fabric, before, claims(fabric, demand) if balance == "weighted" else np.ones(3), paths)
        load, moved = np.zeros(fabric.n_links), 0
        for i, (old, new) in enumerate(zip(before, after, strict=True)):
            f = i // paths
            arrives = _skips(fabric, dead, old, new, int(demand.dst[f]))
            load[new] += demand.size[f] / paths * arrives
            moved += old != new
        assert moved
        kept = keep_tables(fabric, dead, demand, reroute="local", policy="spray", paths=paths, balance=balance)
        assert kept.demand is not None and kept.routing is not None
        np.testing.assert_allclose(kept.routing.load(kept.demand.size), load[~dead], atol=1e-12)
        assert kept.lost == pytest.approx(1.0 - load[: fabric.first[fabric.n_endpoints]].sum() / demand.size.sum())


@pytest.mark.parametrize("plane", [1, 2])
def test_a_nic_draws_by_what_planes_carry(plane: int) -> None:
    """What went to a dead port goes to planes that live in proportion to their shares, not evenly."""
    fabric, paths = FABRICS["three planes"], 1024
    demand = uniform(fabric.n_endpoints).listed()
    port = next(i for i in _links(fabric, 0) if fabric.plane[fabric.head[i]] == plane)
    routing = route(fabric, demand, "spray", paths=paths, balance="weighted")
    assert isinstance(routing, DrawnRouting)
    after = routing.listed(fabric.cable == fabric.cable[port])
    mine = after.link[after.first[:-1]][np.repeat(demand.src == 0, paths)]
    got = np.bincount(fabric.plane[fabric.head[mine]], minlength=3) / len(mine)
    share = claims(fabric, demand)
    share /= share.sum()
    lives = np.arange(3) != plane
    want = np.where(lives, share / share[lives].sum(), 0.0)
    assert abs(want - np.where(lives, share + share[plane] / 2, 0.0)).max() > 0.02
    np.testing.assert_allclose(got, want, atol=5.0 * 0.5 / np.sqrt(len(mine)))


@pytest.mark.parametrize("reroute", ["tables", "local"])
def test_feedback_does_not_hear_of_a_loss(reroute: str) -> None:
    """Paths are those that feedback chose on the whole network: those that meet nothing dead stay, others are not
    drawn again by their senders.
    """
    fabric = FABRICS["two planes"]
    dead, demand = dead_links(fabric, 1), _pairs(fabric, 1)
    chosen = {"paths": 8, "choose": "feedback", "seed": 3}
    kept = keep_tables(fabric, dead, demand, reroute=reroute, policy="spray", **chosen)
    routing = route(fabric, demand, "spray", **chosen)
    assert isinstance(routing, DrawnRouting) and routing.rounds
    blind = route(fabric, demand, "spray", paths=8, seed=3)
    assert isinstance(blind, DrawnRouting) and _of(blind.listed()) != _of(routing.listed())
    load = np.zeros(fabric.n_links)
    for i, path in enumerate(_of(routing.listed(dead if reroute == "local" else None))):
        load[path] += 0.0 if dead[path].any() else demand.size[i // 8] / 8
    assert kept.demand is not None and kept.routing is not None
    np.testing.assert_allclose(kept.routing.load(kept.demand.size), load[~dead], atol=1e-12)
    assert kept.lost == pytest.approx(1.0 - load[: fabric.first[fabric.n_endpoints]].sum() / demand.size.sum())


def _pairs(fabric: Fabric, seed: int) -> Demand:
    """Some of all pairs, each once."""
    n, rng = fabric.n_endpoints, np.random.default_rng(seed)
    src, dst = np.divmod(rng.choice(n * n, 40, replace=False), n)
    apart = src != dst
    return Demand.of("pairs", n, src=src[apart], dst=dst[apart], size=rng.uniform(1.0, 2.0, int(apart.sum())))


def _of(paths: object) -> list[list[int]]:
    return [paths.link[a:b].tolist() for a, b in pairwise(paths.first)]  # type: ignore[attr-defined]


def _on_planes(fabric: Fabric, before: list[list[int]], claim: np.ndarray, paths: int) -> None:
    """Each plane has as many paths of a pair as its share, to within one."""
    planes = int(fabric.plane.max()) + 1
    share = claim[:planes] / claim[:planes].sum() * paths
    first = np.array([fabric.plane[fabric.head[path[0]]] for path in before]).reshape(-1, paths)
    for row in first:
        assert (np.abs(np.bincount(row, minlength=planes) - share) < 1.0 + 1e-9).all()


def _skips(fabric: Fabric, dead: np.ndarray, old: list[int], new: list[int], dst: int) -> bool:
    """Check path ``new`` of what was ``old``; return whether it arrives."""
    to_go, meets = _distances(fabric, dst), [i for i, link in enumerate(old) if dead[link]]
    if not meets:
        assert new == old
        return True
    assert new[: meets[0]] == old[: meets[0]]
    node = fabric.tail[old[0]]
    for hop, link in enumerate(new):
        assert fabric.tail[link] == node
        options = [i for i in _links(fabric, node) if to_go[fabric.head[i]] + fabric.weight[i] == to_go[node]]
        if hop == 0:
            options = [i for i in _links(fabric, node) if np.isfinite(to_go[fabric.head[i]])]
        assert link in options
        if dead[link]:
            assert all(dead[i] for i in options) and hop == len(new) - 1
        node = fabric.head[link]
    assert dead[new[-1]] or node == dst
    return not dead[new[-1]]
