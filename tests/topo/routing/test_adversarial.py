"""Adversarial demands: what each family is known for, and longest matchings."""

from __future__ import annotations

import numpy as np
import pytest

from tests import small
from tests.oracles import check_demand
from tests.topo.routing.cases import fabrics
from tests.topo.routing.test_valiant import switch_throughput
from topo.flow import route
from topo.generators import generate
from topo.routing.adversarial import adversarial
from traffic.demand import DemandError

FABRICS = fabrics()


@pytest.mark.parametrize("method", ["family", "longest-matching"])
@pytest.mark.parametrize("name", FABRICS)
def test_every_fabric_has_one(name, method):
    check_demand(demand := adversarial(FABRICS[name], method=method))
    assert demand.n_ranks == FABRICS[name].n_endpoints


@pytest.mark.parametrize("by", [1, 2, 8])
def test_groups_of_a_dragonfly_shift(by):
    fabric = generate("dragonfly", capacity=1.0, a=4, p=2, h=2)
    demand = adversarial(fabric, by=by, bytes=8.0)
    group = fabric.group[: fabric.n_endpoints]
    assert np.array_equal(group[demand.dst], (group[demand.src] + by) % 9)
    assert demand.n_commodities == 9 * 8 * 8
    np.testing.assert_allclose(demand.sent(), 8.0)


def test_a_shift_onto_itself_is_refused():
    fabric = generate("dragonfly", capacity=1.0, a=4, p=2, h=2)
    with pytest.raises(DemandError, match="of 9 groups each would send to itself; give 1 to 8"):
        adversarial(fabric, by=9)


@pytest.mark.parametrize("q", [5, 7])
def test_two_hop_routes_of_a_slim_fly_pile_up(q):
    """facts.md section 3: 1 / (2 p) under minimal routing."""
    fabric = generate("slim-fly", capacity=1.0, q=q)
    demand = adversarial(fabric)
    assert np.array_equal(np.sort(demand.dst), np.arange(fabric.n_endpoints))
    p = fabric.n_endpoints // (2 * q * q)
    assert switch_throughput(fabric, demand, route(fabric, demand)) == pytest.approx(1 / (2 * p))


@pytest.mark.parametrize("seed", range(3))
def test_it_piles_up_on_twice_the_links_of_a_longest_matching(seed):
    """A matching at distance two meets such a link by luck; this one is made of them."""
    fabric = generate("slim-fly", capacity=1.0, q=5)

    def worst(method):
        demand = adversarial(fabric, method=method, seed=seed)
        load = route(fabric, demand).load(demand.size)[fabric.is_switch_link]
        return np.count_nonzero(load > 0.99 * load.max())

    assert worst("family") >= 2 * worst("longest-matching")


def test_longest_matching_goes_from_end_to_end():
    """On a line of four, each half matched with the other: 3 + 1 hops and 2 + 2 are equally long, 8 in all."""
    fabric = small.parking_lot()
    demand = adversarial(fabric, method="longest-matching")
    hops = np.abs(demand.src // 2 - demand.dst // 2)
    assert hops.sum() == 2 * 8


def test_an_endpoint_sends_a_mebibyte_unless_told():
    assert adversarial(small.parking_lot()).size == pytest.approx(2**20)


def test_a_method_must_be_known():
    with pytest.raises(DemandError, match="method 'worst' is unknown; known: family, longest-matching"):
        adversarial(small.one_link(), method="worst")


def test_one_switch_has_no_adversary():
    with pytest.raises(DemandError, match="no two switches"):
        adversarial(small.leaf_spine(1, 1))
