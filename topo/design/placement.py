"""Placement: which ranks stand where, so that a job ends soonest.

Time of a placement is that of its phases in their order, each as long as its fullest link: exact for traffic that moves
in proportion, the least that a phase takes under any sharing.  Few units are placed exactly, by branch and bound;
many from where ranks stand in order, and from groups gathered greedily, by swaps of two units until none helps.

Bound.  n is the room of the largest class of slots, w_uv what units u and v send each other in all runs.  At most n - 1
of u's partners stand on its class, so of its traffic at least W_u = sum_v w_uv - (its n - 1 largest) crosses between
classes, and each byte that does passes links between switches whose shares add up to at least d, the least over all
pairs of classes.  All links L of a tier together carry then at least d sum_u W_u / 2, and the time of the phases is no
less than that over their capacity; of each phase likewise, and no less than its fullest endpoint port.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import exp, lgamma, log
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from topo.design.board import Board, moved
from topo.fabric import Fabric
from topo.flow import DEFAULT_POLICY, DEFAULT_SOLVER, Solution, route, solve
from topo.headway import tell_gap
from topo.routing.operator import Floats, Ints
from traffic.demand import Demand, GroupedDemand

#: Orders at random that say what chance gives.
RANDOM = 20
#: Placements, up to which of classes, the best is proven among all.
MOST_NODES = 200_000
#: What two times differ by, relatively, to be two.
_EQUAL = 1e-9


@dataclass(frozen=True, eq=False)
class Placed:
    """Where the ranks of a job stand, and what that brings."""

    fabric: Fabric
    demand: Demand
    endpoint: Ints  # (n_ranks,) of each rank
    seconds: float  # of all phases [s], each as long as its fullest link
    least_s: float  # no placement is faster [s]
    in_order_s: float  # rank r on endpoint r [s]
    random_s: Floats  # (RANDOM,) units in orders at random [s]
    proven: bool  # that no placement is faster than ``seconds``

    @property
    def placed(self) -> Demand:
        """The demand on the endpoints of the fabric."""
        return moved(self.demand, self.endpoint, self.fabric.n_endpoints)

    @property
    def better(self) -> float:
        """Mean time of placements at random over that of this one."""
        return float(self.random_s.mean() / self.seconds)

    def solve(self, policy: str = DEFAULT_POLICY, solver: str = DEFAULT_SOLVER, **params: Any) -> Solution:
        """Return what ``solver`` makes of the placed demand."""
        return solve(self.fabric, self.placed, route(self.fabric, self.placed, policy, **params), solver=solver)


def place(
    fabric: Fabric,
    demand: Demand | GroupedDemand,
    *,
    policy: str = DEFAULT_POLICY,
    params: Mapping[str, Any] = MappingProxyType({}),
    seconds: float = 10.0,
    seed: int = 0,
) -> Placed:
    """Return where to put the ranks of ``demand`` on ``fabric`` so that its phases end soonest.

    The search has ``seconds`` [s]; without a limit that is reached, equal seeds give equal placements.
    Raises DesignError for what ``Board.of`` refuses, DemandError for a grouped demand too large to list.
    """
    listed = demand.listed() if isinstance(demand, GroupedDemand) else demand
    board, rng = Board.of(fabric, listed, policy=policy, params=params), np.random.default_rng(seed)
    until = time.monotonic() + seconds
    in_order = np.arange(len(board.slots))
    at_random = [_seconds(board, rng.permutation(in_order)) for _ in range(RANDOM)]
    least = bound(board)
    best = min(
        (_improved(board, start, rng, until, least) for start in (in_order, _gathered(board))), key=lambda f: f[0]
    )
    proven = best[0] <= least * (1 + _EQUAL)
    if not proven and _arrangements(board) <= MOST_NODES:
        best, proven = _proven(board, best, until)
    found, slot = best
    return Placed(
        fabric,
        listed,
        board.endpoints(slot),
        found,
        found if proven else least,
        _seconds(board, in_order),
        np.array(at_random),
        proven,
    )


def bound(board: Board) -> float:
    """Return a time [s] that no placement of the ranks is faster than."""
    traffic = _between(board, np.ones(len(board.size)))
    room = int(board.room.max()) - 1
    repeat = board.demand.repeat.astype(np.float64)
    alone = np.array(
        [_crossing(_between(board, board.pairs[:, 3] == p), room) for p in range(board.demand.n_phases)]
    ) * _nearest(board)
    by_phase = np.maximum(board.fixed, alone)
    found = board.step(by_phase)
    if board.demand.after:
        return found
    network = alone >= board.fixed  # those that the network may bind: their sum is bounded as one
    weight = repeat[board.pairs[:, 3]] * network[board.pairs[:, 3]]
    together = _crossing(_between(board, weight), room) * _nearest(board) if traffic.nnz else 0.0
    rest = board.step(np.where(network, 0.0, by_phase))
    return max(found, rest + together)


def _between(board: Board, weight: Floats) -> csr_array:
    """Return (U, U) bytes that units send each other, both ways, pairs times ``weight`` (N,)."""
    shape = (board.n_units, board.n_units)
    sent = csr_array((board.size * weight, (board.pairs[:, 0], board.pairs[:, 1])), shape=shape)
    return csr_array(sent + sent.T)


def _crossing(traffic: csr_array, room: int) -> float:
    """Return bytes that at least cross between classes where a unit has at most ``room`` partners on its own."""
    total = 0.0
    for first, last in zip(traffic.indptr[:-1], traffic.indptr[1:], strict=True):
        partners = np.sort(traffic.data[first:last])
        total += float(partners[: max(0, len(partners) - room)].sum())
    return total / 2


def _nearest(board: Board) -> float:
    """Return the least time [s] that a byte between classes costs the links between switches, as if all shared it."""
    a, b, _ = np.indices((board.n_classes, board.n_classes, board.n_places))
    apart = (a != b).ravel()
    if not apart.any():
        return 0.0
    used = np.flatnonzero(board.shares.sum(axis=0) > 0)
    bytes_on = (board.shares[apart][:, used] @ board.capacity[used]).min()
    return float(bytes_on / board.capacity[used].sum())


def _seconds(board: Board, slot: Ints) -> float:
    return board.seconds(board.load(board.kind[slot]))


def _gathered(board: Board) -> Ints:
    """Return slots by greed: classes are filled one by one with the unit that sends most to those already there."""
    repeat = board.demand.repeat[board.pairs[:, 3]].astype(np.float64)
    traffic = _between(board, repeat)
    free = np.ones(board.n_units, dtype=bool)
    by_class = np.argsort(board.kind, kind="stable")
    slot, at = np.full(len(board.slots), -1), 0
    for room in board.room.tolist():
        pull = np.zeros(board.n_units)
        for place in by_class[at : at + room].tolist():
            if not free.any():
                break
            unit = int(np.where(free, pull, -1.0).argmax())
            free[unit], slot[unit] = False, place
            row = slice(traffic.indptr[unit], traffic.indptr[unit + 1])
            pull[traffic.indices[row]] += traffic.data[row]
        at += room
    slot[slot < 0] = np.setdiff1d(np.arange(len(slot)), slot)
    return slot


def _improved(board: Board, start: Ints, rng: np.random.Generator, until: float, least: float) -> tuple[float, Ints]:
    """Return time and slots after swaps of two units, or of one with an empty slot, until none is of use.

    A swap is of use where it takes time, or where it takes none and evens out what links carry: with many links as
    full as the fullest no single swap shortens a phase.  Nothing is faster than ``least`` [s].
    """
    slot, touched = start.copy(), board.touched()
    stands = board.kind[slot]
    load = board.load(stands)
    best = _rank(board, load)
    swaps = _swaps(board, rng)
    left = len(swaps)
    while left and time.monotonic() < until:
        tell_gap(best[0], least)
        for u, v in swaps:
            left -= 1
            if stands[u] != stands[v]:
                rows = touched[u] if v >= board.n_units else np.union1d(touched[u], touched[v])
                other = stands.copy()
                other[[u, v]] = stands[[v, u]]
                changed = load + board.load(other, rows) - board.load(stands, rows)
                if (found := _rank(board, changed)) < best:
                    best, load, stands, left = found, changed, other, len(swaps)
                    slot[[u, v]] = slot[[v, u]]
            if not left or time.monotonic() > until:
                break
    return _seconds(board, slot), slot


def _rank(board: Board, load: Floats) -> tuple[float, float]:
    """Return what a placement is judged by, the less the better: its time, then how unevenly links are loaded [s2]."""
    uneven = float(board.demand.repeat @ (load * load).sum(axis=1))
    return _rounded(board.seconds(load)), _rounded(uneven)


def _rounded(value: float) -> float:
    """Return ``value`` to nine digits, so that sums in another order are equal."""
    return float(f"{value:.9g}")


def _swaps(board: Board, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return all swaps of a unit with a later one or an empty slot, in an order at random."""
    pairs = [(u, v) for u in range(board.n_units) for v in range(u + 1, len(board.slots))]
    return [pairs[i] for i in rng.permutation(len(pairs))]


def _proven(board: Board, best: tuple[float, Ints], until: float) -> tuple[tuple[float, Ints], bool]:
    """Return the best placement by branch and bound, and whether the search came to its end.

    Units are placed in their order; what those placed load already is a bound of what all will.
    """
    touched = board.touched()
    within = [rows[board.pairs[rows, :2].max(axis=1) == u] for u, rows in enumerate(touched)]
    stands, ended = np.zeros(len(board.slots), dtype=np.int64), True

    def descend(unit: int, load: Floats, room: Ints) -> Iterator[tuple[float, Ints]]:
        nonlocal ended
        if unit == board.n_units:
            yield board.seconds(load), stands[:unit].copy()
            return
        for kind in np.flatnonzero(room).tolist():
            if time.monotonic() > until:
                ended = False
                return
            stands[unit] = kind
            more = load + board.load(stands, within[unit])
            if board.seconds(more) < best[0] * (1 - _EQUAL):
                room[kind] -= 1
                yield from descend(unit + 1, more, room)
                room[kind] += 1

    for found, kinds in descend(0, np.zeros((board.demand.n_phases, len(board.capacity))), board.room):
        if found < best[0] * (1 - _EQUAL):
            best = found, _slots_of(board, kinds)
    return best, ended


def _arrangements(board: Board) -> float:
    """Return more than the ways in which units go to classes: each to any, or each to a slot of its own."""
    empty = len(board.slots) - board.n_units
    logs = min(board.n_units * log(board.n_classes), lgamma(len(board.slots) + 1) - lgamma(empty + 1))
    return exp(min(logs, 700.0))


def _slots_of(board: Board, kinds: Ints) -> Ints:
    """Return slots of which unit u has one of class ``kinds[u]``; the empty ones follow."""
    left = [np.flatnonzero(board.kind == kind).tolist()[::-1] for kind in range(board.n_classes)]
    taken = [left[kind].pop() for kind in kinds.tolist()]
    return np.array(taken + sorted(slot for slots in left for slot in slots))
