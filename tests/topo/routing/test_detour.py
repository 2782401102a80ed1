"""Loads after a loss found from those before it: they are those of a full sweep of what is left."""

from __future__ import annotations

import numpy as np
import pytest

from tests.soak import draw
from topo.failures import PARTS, LossError, random, reachable
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
