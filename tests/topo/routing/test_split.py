"""ECMP and WCMP against closed forms and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests import small
from tests.topo.routing.cases import random_demand, uniform
from topo.fabric import Fabric, Tier
from topo.generators import generate
from topo.routing import Routing, split
from topo.routing.split import ecmp, wcmp
from traffic.demand import Demand


def switch_throughput(fabric: Fabric, routing: Routing, per_pair: float) -> float:
    """Endpoint rates that the most loaded switch link leaves, all links and endpoints alike."""
    return float(1.0 / (routing.load(np.full(1, per_pair))[fabric.is_switch_link]).max())


@pytest.mark.parametrize(
    ("family", "params", "expected"),
    [
        pytest.param("slim-fly", {"q": 5}, 0.956731, id="facts 3: Slim Fly q=5"),
        pytest.param("slim-fly", {"q": 7}, 0.8582, id="facts 3: Slim Fly q=7"),
        pytest.param("slim-fly", {"q": 9}, 0.9249, id="facts 3: Slim Fly q=9"),
        pytest.param("dragonfly", {"a": 4, "p": 2, "h": 2}, 71 / (4 * 17), id="facts 3: p^2 (1 + 2ah)/(N-1), h=2"),
        pytest.param("dragonfly", {"a": 8, "p": 4, "h": 4}, 1055 / (16 * 65), id="facts 3: p^2 (1 + 2ah)/(N-1), h=4"),
        pytest.param("fat-tree-3", {"radix": 8}, 127 / 124, id="facts 3: (N-1)/(N-k/2)"),
        pytest.param("fat-tree-2", {"radix": 8}, 31 / 28, id="facts 3: (N-1)/(N-k/2), two layers"),
    ],
)
def test_uniform_throughput(family: str, params: dict[str, int], expected: float) -> None:
    """Uniform traffic under ECMP saturates where the closed form says."""
    fabric = generate(family, capacity=1.0, **params)
    n = fabric.n_endpoints
    assert switch_throughput(fabric, ecmp(fabric, uniform(n)), 1 / (n - 1)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("h", [2, 3])
def test_adversarial_dragonfly_saturates_at_1_over_ap(h: int) -> None:
    """Every endpoint spreads over the next group: hierarchical minimal routing has one global cable for them all."""
    a, p = 2 * h, h
    fabric = generate("dragonfly", capacity=1.0, a=a, p=p, h=h)
    n, size = fabric.n_endpoints, a * p
    src = np.repeat(np.arange(n), size)
    dst = (src // size + 1) * size % n + np.tile(np.arange(size), n)
    routing = ecmp(fabric, Demand.of("next group", n, src=src, dst=dst, size=1.0))
    load = routing.load(np.full(len(src), 1 / size))
    assert 1 / load[fabric.is_switch_link].max() == pytest.approx(1 / (a * p), rel=1e-12)


def test_dragonfly_takes_one_global_cable_even_after_a_local_failure() -> None:
    """Weights keep paths hierarchical: local-local-global-local is shorter than two global cables."""
    fabric = generate("dragonfly", capacity=1.0, a=4, p=2, h=2)
    local = fabric.cable[np.flatnonzero(fabric.tier == Tier.LOCAL)[0]]
    fabric = fabric.without(cables=[local])
    demand = random_demand(fabric.n_endpoints, commodities=200)
    crossings = ecmp(fabric, demand).sum_along((fabric.tier == Tier.GLOBAL).astype(float))
    assert crossings.max() <= 1 + 1e-12


def test_parallel_cables_count_and_capacity_weighs() -> None:
    """Three cables one way round against one the other: ecmp splits 3 to 1, wcmp by capacity."""
    fabric = Fabric.from_cables(
        name="diamond",
        kind=[0, 0, 2, 2, 3, 3],
        a=[0, 1, 2, 2, 2, 2, 3, 3],
        b=[2, 3, 4, 4, 4, 5, 4, 5],
        capacity=[9, 9, 1, 1, 1, 9, 3, 9],
        tier=[1, 1, 2, 2, 2, 2, 2, 2],
    )
    demand = Demand.of("one", 2, src=[0], dst=[1], size=1.0)
    down = [int(np.flatnonzero((fabric.tail == s) & (fabric.head == 3))[0]) for s in (4, 5)]
    assert ecmp(fabric, demand).load(np.ones(1))[down] == pytest.approx([3 / 4, 1 / 4])
    assert wcmp(fabric, demand).load(np.ones(1))[down] == pytest.approx([3 / 12, 9 / 12])


def test_heavier_parallel_cables_carry_nothing() -> None:
    """Of two cables between the same switches only the one of least weight is on shortest paths."""
    fabric = Fabric.from_cables(
        name="two",
        kind=[0, 0, 2, 2],
        a=[0, 1, 2, 2],
        b=[2, 3, 3, 3],
        capacity=1,
        tier=[1, 1, 4, 4],
        weight=[1, 1, 2, 1],
    )
    routing = ecmp(fabric, Demand.of("one", 2, src=[0], dst=[1], size=1.0))
    load = routing.load(np.ones(1))
    assert load[fabric.weight == 2].max() == 0 and load.sum() == 3
    columns = routing.columns()
    assert columns is not None and columns.nnz == 3


def test_parking_lot_by_hand() -> None:
    """The long commodity and one a hop: load 2 on every line link one way."""
    fabric = small.parking_lot(4)
    demand = Demand.of("lot", 8, src=[0, 1, 3, 5], dst=[6, 2, 4, 7], size=1.0)
    load = ecmp(fabric, demand).load(np.ones(4))
    forward = fabric.is_switch_link & (fabric.head > fabric.tail)
    assert load[forward].tolist() == [2, 2, 2]
    assert load[fabric.is_switch_link & (fabric.head < fabric.tail)].tolist() == [0, 0, 0]


def test_columns_stop_where_they_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit there are no columns, and nothing large is made."""
    fabric = small.leaf_spine(4, 4)
    routing = ecmp(fabric, random_demand(8))
    assert routing.columns() is not None
    monkeypatch.setattr(split, "MAX_ENTRIES", 10)
    assert routing.columns() is None
