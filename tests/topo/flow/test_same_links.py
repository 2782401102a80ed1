"""One link of each kind: its row stands for every link that carries, and solvers find the same with it as with all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.topo.routing.cases import random_demand
from topo.config import demand_of, read_case
from topo.flow import route, same_links, solve
from topo.flow.same_links import fewest, one_of_each
from topo.generators import generate
from topo.packet import Packet

TREE = {"capacity": 50e9, "scale_up": 200e9}


def lossy(fabric, lost=5):
    """Return ``fabric`` less some cables between switches and one of an endpoint."""
    rng = np.random.default_rng(1)
    between = np.unique(fabric.cable[fabric.is_switch_link])
    return fabric.without(cables=[*rng.choice(between, lost, replace=False), fabric.cable[fabric.first[1] - 1]])


def mixed(fabric):
    """Return ``fabric`` with a third of the cables between switches twice as fast as others."""
    cable = np.unique(fabric.cable[fabric.is_switch_link])
    return replace(fabric, capacity=fabric.capacity * np.where(np.isin(fabric.cable, cable[::3]), 2.0, 1.0))


@pytest.fixture(scope="module")
def fabrics():
    planes = generate("fat-tree-2", radix=8, endpoints_per_host=4, planes=4, **TREE)
    several = generate("fat-tree-2", radix=8, endpoints_per_host=2, planes=2, nic="multi-port", **TREE)
    three = generate("fat-tree-3", radix=8, endpoints_per_host=4, **TREE)
    return {
        "planes": planes,
        "planes, lossy": lossy(planes),
        "multi-port": several,
        "multi-port, lossy": lossy(several),
        "mixed speeds": mixed(planes),
        "tapered": generate("fat-tree-2", radix=12, endpoints_per_host=4, oversubscription=2, **TREE),
        "three layers": three,
        "three layers, lossy": lossy(three),
        "planes of three": generate("fat-tree-3", radix=4, planes=2, nic="multi-port", endpoints_per_host=2, **TREE),
        "slim-fly": generate("slim-fly", q=3, capacity=50e9, endpoints_per_host=1),
        "dragonfly": generate("dragonfly", a=4, p=2, h=2, capacity=50e9, endpoints_per_host=1),
        "answers": replace(planes, packet=Packet(mtu=4096, header=82, ack=62)),
    }


NAMES = [
    *["planes", "mixed speeds", "planes, lossy", "multi-port", "multi-port, lossy", "tapered", "three layers"],
    *["three layers, lossy", "planes of three", "slim-fly", "dragonfly", "answers"],
]


@pytest.fixture
def few(monkeypatch):
    """Let solvers take one link of each kind, whatever the number of commodities, or never."""

    def choose(yes):
        monkeypatch.setattr(same_links, "WORTH", 0 if yes else 10**9)

    return choose


@pytest.mark.parametrize("policy", ["ecmp", "wcmp"])
@pytest.mark.parametrize("name", NAMES)
def test_every_link_that_carries_is_a_copy_of_one_that_is_listed(fabrics, name, policy):
    fabric = fabrics[name]
    routing = route(fabric, random_demand(fabric.n_endpoints, commodities=60, phases=2), policy)
    links = one_of_each(fabric, routing, 60)
    known = {(fabric.capacity[link], *row.round(12)) for link, row in zip(links, rows_of(routing)[links], strict=True)}
    every = rows_of(routing)
    busy = np.flatnonzero(every.any(axis=1))
    assert {(fabric.capacity[link], *every[link].round(12)) for link in busy} <= known
    assert len(links) == len(set(links)) and (np.diff(links) > 0).all()


def rows_of(routing):
    return routing.columns().toarray()


@pytest.mark.parametrize("policy", ["ecmp", "wcmp"])
@pytest.mark.parametrize("name", NAMES)
def test_shares_are_those_of_all_columns(fabrics, few, monkeypatch, name, policy):
    """Those of the chosen links, and of no other; of answered packets those of their other ways, too."""
    fabric = fabrics[name]
    routing = route(fabric, random_demand(fabric.n_endpoints, commodities=60), policy)
    every = rows_of(routing)
    monkeypatch.setattr(type(routing), "columns", lambda self: None)
    links, shares = fewest(fabric, routing, 60)
    asked = np.union1d(links, fabric.reverse[links]) if name == "answers" else links
    np.testing.assert_allclose(shares.toarray()[asked], every[asked], rtol=1e-12)
    assert not np.delete(shares.toarray(), asked, axis=0).any()


@pytest.mark.parametrize("solver", ["completion", "max-min"])
@pytest.mark.parametrize("policy", ["ecmp", "wcmp"])
@pytest.mark.parametrize("name", NAMES)
def test_solvers_find_what_they_find_on_all_links(fabrics, few, name, policy, solver):
    fabric = fabrics[name]
    demand = random_demand(fabric.n_endpoints, commodities=80, phases=2)
    found = []
    for yes in (False, True):
        few(yes)
        found.append(solve(fabric, demand, route(fabric, demand, policy), solver))
    listed, short = found
    np.testing.assert_allclose(short.finish, listed.finish, rtol=1e-9)
    np.testing.assert_allclose(short.rate, listed.rate, rtol=1e-9)
    np.testing.assert_allclose(short.load.toarray(), listed.load.toarray(), rtol=1e-9, atol=1e-3)
    np.testing.assert_allclose(
        fabric.capacity[short.tightest], fabric.capacity[listed.tightest]
    )  # of links that bind alike, any may be named
    if listed.in_turn is not None:
        np.testing.assert_allclose(short.in_turn, listed.in_turn, rtol=1e-9)


def test_a_whole_tree_is_on_a_handful_of_links(fabrics):
    """A permutation over a tree of three layers: ports, a link up and one down of each leaf and of each pod."""
    fabric = fabrics["three layers"]
    n = fabric.n_endpoints
    demand = demand_of(read_case("fat-tree-3:radix=8", "shift:by=16"), fabric)
    routing = route(fabric, demand)
    assert len(fewest(fabric, routing, n)[0]) == fabric.n_links  # few commodities: all are listed
    links = one_of_each(fabric, routing, n)
    assert len(links) < 3 * n and routing.columns().nnz / n > 20


def test_what_is_too_much_to_list_is_solved_by_few_links(fabrics, monkeypatch):
    """No bracket: the permutation that no list would hold ends when it ends."""
    fabric = fabrics["three layers"]
    demand = random_demand(fabric.n_endpoints, commodities=60)
    listed = solve(fabric, demand, route(fabric, demand), "completion")
    most = 60 * 12
    assert route(fabric, demand).columns().nnz > most
    monkeypatch.setattr("topo.routing.split.MAX_ENTRIES", most)
    monkeypatch.setattr("topo.routing.relay.MAX_ENTRIES", most)
    found = solve(fabric, demand, route(fabric, demand), "completion")
    assert found.least is None and "between" not in found.method
    np.testing.assert_allclose(found.finish, listed.finish, rtol=1e-9)


def test_policies_that_list_no_share_have_no_few_links(fabrics):
    fabric = fabrics["dragonfly"]
    demand = random_demand(fabric.n_endpoints, commodities=10)
    assert one_of_each(fabric, route(fabric, demand, "ecmp-hash"), 10) is None
    assert one_of_each(fabric, route(fabric, demand, "adaptive"), 10) is None
