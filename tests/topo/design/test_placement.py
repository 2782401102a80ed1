"""Placement of ranks: against all orders one by one, against the solvers, and against chance."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topo
from topo.design.board import Board, moved
from topo.design.errors import DesignError
from topo.design.placement import bound, place
from traffic.demand import Demand
from traffic.training import training_step

RATE = 50e9
#: Eight endpoints each: a 2:1 tree, one with empty endpoints, planes and relays, a ring of groups.
EIGHT = {
    "tree 2:1": {"family": "fat-tree-2", "radix": 6, "oversubscription": 2, "endpoints": 8},
    "leaves of two": {"family": "fat-tree-2", "radix": 4, "endpoints": 8},
    "three layers": {"family": "fat-tree-3", "radix": 4, "endpoints": 8},
    "dragonfly": {"family": "dragonfly", "a": 2, "p": 1, "h": 1, "endpoints": 6},
}
#: Fabrics with hosts, planes and relays: units of several ranks.
HOSTS = {
    "planes": {"family": "fat-tree-2", "radix": 4, "planes": 2, "endpoints_per_host": 2, "scale_up": 2e11},
    "slim fly": {"family": "slim-fly", "q": 5, "p": 2, "endpoints_per_host": 2, "scale_up": 2e11},
    "three layers": {"family": "fat-tree-3", "radix": 4, "endpoints_per_host": 2, "scale_up": 2e11},
    "NICs with two ports": {"family": "fat-tree-2", "radix": 4, "planes": 2, "nic": "multi-port"},
}


def build(parameters):
    return topo.generate(parameters["family"], **{k: v for k, v in parameters.items() if k != "family"}, capacity=RATE)


def drawn(seed, n_ranks, phases=2):
    """Return a demand of few pairs at random in two phases that repeat."""
    rng = np.random.default_rng(seed)
    src, dst, phase = rng.integers(0, [[n_ranks], [n_ranks], [phases]], (3, 3 * n_ranks))
    src, dst, phase = np.unique(np.stack([src, dst, phase])[:, src != dst], axis=1)
    phase = np.unique(phase, return_inverse=True)[1]
    size = rng.integers(1, 9, len(src)) * 1e6
    return Demand.of(
        "drawn", n_ranks, src=src, dst=dst, size=size, phase=phase, repeat=rng.integers(1, 4, phase.max() + 1)
    )


def by_hand(fabric, demand, orders):
    """Return (orders,) the time of each order of the ranks [s]: shares of all pairs, phase by phase."""
    n = fabric.n_endpoints
    src, dst = np.nonzero(~np.eye(n, dtype=bool))
    order = np.lexsort((src, dst))
    every = Demand.of("every", n, src=src[order], dst=dst[order], size=1.0)
    share = np.zeros((n, n, fabric.n_links))
    share[src[order], dst[order]] = topo.route(fabric, every).columns().toarray().T / fabric.capacity
    seconds = np.zeros(len(orders))
    for phase, repeat in enumerate(demand.repeat):
        on = demand.phase == phase
        ends = share[orders[:, demand.src[on]], orders[:, demand.dst[on]]]
        seconds += repeat * np.einsum("ofl,f->ol", ends, demand.size[on]).max(axis=1)
    return seconds


@pytest.mark.parametrize("name", EIGHT)
def test_eight_ranks_are_placed_as_the_best_of_all_orders(name):
    fabric = build(EIGHT[name])
    n = fabric.n_endpoints
    demand = drawn(7, n)
    orders = np.array(list(permutations(range(n))))
    best = min(by_hand(fabric, demand, part).min() for part in np.array_split(orders, 1 + len(orders) // 500))
    placed = place(fabric, demand, seconds=60)
    assert placed.proven
    assert placed.seconds == placed.least_s == pytest.approx(best, rel=1e-9)
    assert by_hand(fabric, demand, placed.endpoint[np.newaxis])[0] == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("name", [*EIGHT, *HOSTS])
@settings(max_examples=5, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**31), fewer=st.integers(0, 3))
def test_the_board_counts_as_the_solver_does_and_the_bound_holds(name, seed, fewer):
    fabric = build({**EIGHT, **HOSTS}[name] if name != "three layers" else HOSTS[name])
    demand = drawn(seed, fabric.n_endpoints - fewer)
    board = Board.of(fabric, demand, policy="ecmp", params={})
    slot = np.random.default_rng(seed).permutation(len(board.slots))
    there = moved(demand, board.endpoints(slot), fabric.n_endpoints)
    seconds = topo.solve(fabric, there, topo.route(fabric, there)).completion_s
    assert board.seconds(board.load(board.kind[slot])) == pytest.approx(seconds, rel=1e-9)
    assert bound(board) <= seconds * (1 + 1e-9)


def test_a_training_step_on_a_two_to_one_tree_beats_chance():
    """At least 1.3 times as fast as the mean of 20 orders at random, and near its bound."""
    fabric = topo.generate(
        "fat-tree-2", radix=24, capacity=RATE, endpoints=128, oversubscription=2, endpoints_per_host=4, scale_up=4e11
    )
    model = topo.load_model("deepseek-v3")
    demand = training_step(n_ranks=128, ranks_per_host=4, model=model, tp=4, pp=4, ep=8)
    shuffled = np.random.default_rng(3).permutation(32)[:, np.newaxis] * 4 + np.arange(4)
    mixed = moved(demand, shuffled.ravel(), 128)
    placed = place(fabric, mixed, seconds=60)
    assert placed.random_s.mean() / placed.seconds == placed.better > 1.3
    assert placed.least_s <= placed.seconds <= placed.in_order_s
    assert placed.solve().completion_s == pytest.approx(placed.seconds, rel=1e-9)
    assert sorted(placed.endpoint) == list(range(128))
    again = place(fabric, mixed, seconds=60)
    assert np.array_equal(again.endpoint, placed.endpoint)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"policy": "adaptive"}, "splits alike at nodes alike: ecmp"),
        ({"policy": "ecmpp"}, "got ecmpp"),
    ],
)
def test_what_is_refused(how, says):
    fabric = build(EIGHT["leaves of two"])
    with pytest.raises(DesignError, match=says):
        place(fabric, drawn(1, 8), **how)
    with pytest.raises(DesignError, match="16 ranks do not fit on 8 endpoints"):
        place(fabric, drawn(1, 16))
