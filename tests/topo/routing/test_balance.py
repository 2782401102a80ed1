"""Shares of planes under ECMP: against each plane routed alone, and against what no balance passes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.topo.routing.cases import random_demand, uniform
from topo.fabric import Fabric
from topo.flow.adaptive import adaptive
from topo.generators import generate
from topo.routing import RoutingError
from topo.routing.split import ecmp, wcmp
from traffic.demand import Demand

Cables = list[int]


def planes(family: str = "fat-tree-2", **params: object) -> Fabric:
    given: dict[str, object] = {"radix": 8, "endpoints": 16} if family == "fat-tree-2" else {}
    given |= {"planes": 4, "nic": "multi-port", "endpoints_per_host": 1, "scale_up": None, "capacity": 1.0}
    return generate(family, **given | params)


def dead(fabric: Fabric, seed: int, count: int = 6) -> Fabric:
    return fabric.without(cables=np.random.default_rng(seed).choice(fabric.n_cables, count, replace=False))


def utilization(fabric: Fabric, demand: Demand, balance: str) -> float:
    return float((ecmp(fabric, demand, balance=balance).load(demand.size) / fabric.capacity).max())


def alone(fabric: Fabric, plane: int) -> Fabric:
    """One plane of ``fabric``: the cables of the others are gone."""
    on = fabric.plane[np.maximum(fabric.tail, fabric.head)]
    return fabric.without(cables=np.unique(fabric.cable[on != plane]))


@pytest.mark.parametrize("policy", [ecmp, wcmp])
@pytest.mark.parametrize(
    ("family", "params"), [("fat-tree-2", {}), ("dragonfly", {"a": 4, "p": 2, "h": 2, "planes": 2})]
)
def test_equal_is_each_plane_alone_with_an_equal_share(family: str, params: dict[str, int], policy: object) -> None:
    """Every plane on which both ends have a port carries 1 / planes, on shortest paths of its own."""
    fabric = dead(planes(family, **params), seed=3)
    demand = random_demand(fabric.n_endpoints, commodities=30, phases=1)
    got = policy(fabric, demand, balance="equal").columns().toarray()  # type: ignore[operator]
    for f in range(demand.n_commodities):
        one = Demand.of("one", fabric.n_endpoints, src=demand.src[[f]], dst=demand.dst[[f]], size=1.0)
        each = []
        for plane in range(fabric.n_planes):
            left = alone(fabric, plane)
            try:
                load = policy(left, one).load(np.ones(1))  # type: ignore[operator]
            except RoutingError:
                continue
            each.append(np.zeros(fabric.n_links))
            ends = {(int(t), int(h), int(w)): i for i, (t, h, w) in enumerate(_links(fabric))}
            for link, share in zip(_links(left), load, strict=True):
                each[-1][ends[link]] += share
        np.testing.assert_allclose(got[:, f], np.mean(each, axis=0), atol=1e-12)


def _links(fabric: Fabric) -> list[tuple[int, int, int]]:
    """Links by their ends; parallel ones are told apart by their order."""
    seen: dict[tuple[int, int], int] = {}
    result = []
    for ends in zip(fabric.tail.tolist(), fabric.head.tolist(), strict=True):
        seen[ends] = seen.get(ends, -1) + 1
        result.append((*ends, seen[ends]))
    return result


@pytest.mark.parametrize("balance", ["equal", "weighted"])
def test_groups_are_the_sum_of_their_pairs(balance: str) -> None:
    fabric = dead(planes(), seed=1)
    demand = uniform(fabric.n_endpoints)
    listed = demand.listed()
    each = ecmp(fabric, listed, balance=balance)
    together = ecmp(fabric, demand, balance=balance)
    load = each.load(np.ones(listed.n_commodities))
    np.testing.assert_allclose(together.load(np.ones(1)), load, rtol=1e-9, atol=1e-9)
    value = np.random.default_rng(0).uniform(1.0, 2.0, fabric.n_links)
    np.testing.assert_allclose(together.sum_along(value)[0], each.sum_along(value).mean(), rtol=1e-9)
    np.testing.assert_allclose(each.columns().T @ value, each.sum_along(value), rtol=1e-9)  # type: ignore[union-attr]


def test_whole_planes_are_alike_under_every_balance() -> None:
    fabric = planes()
    demand = random_demand(fabric.n_endpoints, phases=1)
    loads = [ecmp(fabric, demand, balance=balance).load(demand.size) for balance in ("shortest", "equal")]
    np.testing.assert_array_equal(*loads)


@pytest.mark.parametrize("seed", range(6))
def test_weighted_lies_between_equal_and_the_optimum(seed: int) -> None:
    """Where all ports live: never worse than equal shares, never better than the best split of shortest paths."""
    whole = planes()
    between = np.unique(whole.cable[whole.is_switch_link])
    fabric = whole.without(cables=np.random.default_rng(seed).choice(between, 5, replace=False))
    demand = random_demand(fabric.n_endpoints, commodities=60, phases=1, seed=seed)
    equal, weighted = (utilization(fabric, demand, balance) for balance in ("equal", "weighted"))
    best = adaptive(fabric, demand, gap=0.001)
    assert weighted <= equal * (1 + 1e-12)
    assert 1 / weighted <= float(np.min(best.bound)) * (1 + 1e-9)


def test_weighted_shares_leave_all_planes_equally_utilized() -> None:
    """The fixed point: where links between switches limit, the fullest of each plane is as full as the others'."""
    whole = planes(up=2, down=4, spines=2)
    spines = np.flatnonzero(whole.kind == whole.kind.max())
    fabric = whole.without(nodes=spines[:1])
    demand = uniform(fabric.n_endpoints)
    used = ecmp(fabric, demand, balance="weighted").load(demand.size) / fabric.capacity
    used = np.where(fabric.is_switch_link, used, 0.0)
    plane = fabric.plane[np.maximum(fabric.tail, fabric.head)]
    fullest = [used[plane == p].max() for p in range(fabric.n_planes)]
    np.testing.assert_allclose(fullest, fullest[0])


def test_unknown_balance() -> None:
    with pytest.raises(RoutingError, match="balance 'even' is unknown; known: equal, shortest, weighted"):
        ecmp(planes(), uniform(16), balance="even")  # type: ignore[arg-type]
