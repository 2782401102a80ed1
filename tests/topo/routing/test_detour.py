"""Loads after a loss found from those before it: they are those of a full sweep of what is left."""

from __future__ import annotations

import numpy as np
import pytest

from tests.soak import draw
from topo.config import demand_of, fabric_of, read_case
from topo.failures import PARTS, Loss, LossError, random, reachable
from topo.flow import NotConnected, RoutingError, route
from topo.flow.phase_loads import phase_loads
from topo.routing.balance import steady
from topo.routing.detour import Detours
from traffic.demand import DemandError

CASES = 200
POLICIES = (("ecmp", {}), ("wcmp", {}), ("ecmp", {"balance": "equal"}))


def swept(fabric, loss, demand, policy, params):
    """Loads by full recomputation, on the links of ``fabric``, and how many pairs are left."""
    left, dead = loss.of(fabric), loss.dead(fabric)
    reach, load = reachable(left, demand), np.zeros((demand.n_phases, fabric.n_links))
    if reach.demand is not None:
        routing = route(left, reach.demand, policy, **params)
        load[:, ~dead] = phase_loads(routing, reach.demand, reach.demand.size).toarray()
    return load, reach


def of_number(number):
    """A case of the soak with one way to split, ready for losses; None where it is not routed."""
    case, (policy, params) = draw(number), POLICIES[number % len(POLICIES)]
    try:
        routing = route(case.fabric, case.demand, policy, **params)
    except (RoutingError, NotConnected):
        return None
    network = steady(case.fabric, by_capacity=policy == "wcmp", **params)
    load = phase_loads(routing, case.demand, case.demand.size).toarray()
    return case.fabric, case.demand, policy, params, Detours.of(network, case.demand, load)


def loss_of(fabric, number):
    """One or two parts of a kind that ``fabric`` has."""
    rng = np.random.default_rng(number)
    for part in rng.permutation(list(PARTS)):
        try:
            return random(fabric, part=str(part), count=int(rng.integers(1, 3)), seed=number)[0]
        except LossError:
            continue
    raise AssertionError("every fabric has cables")


@pytest.fixture(scope="module")
def compared():
    """Of each case: largest difference over the largest load, or None where all must be swept again; and pairs."""
    rows, number = [], 0
    while len(rows) < CASES:
        number += 1
        given = of_number(number)
        if given is None or given[4] is None:
            continue
        fabric, demand, policy, params, detours = given
        loss = loss_of(fabric, number)
        found = detours.after(loss.dead(fabric))
        try:
            load, reach = swept(fabric, loss, demand, policy, params)
        except DemandError:
            continue
        off = None if found is None else float(np.abs(found.load - load).max() / max(detours.load.max(), load.max()))
        rows.append((number, off, None if found is None else found.lost - (reach.pairs - reach.through)))
    return rows


def test_two_hundred_random_losses_give_the_loads_of_a_full_sweep(compared):
    wrong = [row for row in compared if row[1] is not None and (row[1] > 1e-12 or row[2])]
    assert not wrong


def test_few_of_them_need_a_full_sweep(compared):
    assert sum(row[1] is None for row in compared) < CASES / 4


def ready(spec, pattern):
    """A network with its traffic, ready for losses under ECMP."""
    case = read_case(spec, pattern)
    fabric = fabric_of(case)
    demand = demand_of(case, fabric)
    load = phase_loads(route(fabric, demand, "ecmp"), demand, demand.size).toarray()
    return fabric, demand, Detours.of(steady(fabric), demand, load)


def lost_switches(fabric, *numbers):
    """Switches as a loss, by their place among them."""
    base = fabric.n_nodes - fabric.n_switches
    return Loss("switches", np.zeros(0, np.int64), base + np.array(numbers))


@pytest.mark.parametrize(
    ("spec", "pattern", "apart"),
    [
        ("slim-fly:q=5,p=1,endpoints=50", "uniform", 7),
        ("slim-fly:q=4,p=2,endpoints=64", "shift:by=9", 5),
        ("dragonfly:a=4,p=2,h=2,endpoints=64", "uniform", 3),
        ("fat-tree-3:radix=4,endpoints=16,endpoints_per_host=2", "uniform", 2),
        ("fat-tree-2:radix=8,planes=2,endpoints=32,nic=multi-port", "uniform", 3),
    ],
)
def test_each_switch_and_pairs_of_them_may_be_lost(spec, pattern, apart):
    """A switch without links sends nothing and nobody sends by it, whoever reached others through it before."""
    fabric, demand, detours = ready(spec, pattern)
    n, found = fabric.n_switches, 0
    for first in range(n):
        for others in ((), ((first + 1) % n,), ((first + apart) % n,)):
            loss = lost_switches(fabric, first, *others)
            left = detours.after(loss.dead(fabric))
            if left is None:
                continue
            load, reach = swept(fabric, loss, demand, "ecmp", {})
            assert np.abs(left.load - load).max() <= 1e-12 * detours.load.max()
            assert not left.load[:, loss.dead(fabric)].any()
            assert left.lost == reach.pairs - reach.through
            found += 1
    assert found > n
