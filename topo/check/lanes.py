"""Lanes by path: how many virtual lanes keep routes from deadlock where each keeps its lane from end to end.

The upper bound is the best of three deals: that of DFSSSP (Domke et al., IPDPS 2011), that of LASH (Skeie et al.,
IPDPS 2002), and one by order: routes that rise in the numbers of their groups (or switches) on one lane, those that
fall on another, the rest as DFSSSP does.  The lower one is 1 without a cycle and 2 with one; where few routes
differ, it is raised by proof: an integer programme deals them out over k lanes, and every cycle that it leaves is
forbidden, until none is left or no deal is (HiGHS).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from topo.kernels.cycles import shortest_cycle
from topo.kernels.lanes import cut, fit
from topo.routing.operator import Ints

#: Units times dependencies up to which LASH's deal is tried: a search of the graph each, seconds.
MOST_FIT = 20_000_000
#: Units that differ, dependencies, and rounds up to which a proof is tried, and nodes of a round's search: seconds.
MOST_UNITS, MOST_NEEDS, MOST_ROUNDS, MOST_NODES = 24, 200, 20, 500


@dataclass(frozen=True, eq=False)
class Units:
    """U units, all routes of a source to a destination each, and the E dependencies in cycles that they need."""

    first: Ints  # (C + 1,) first dependency of each channel
    behind: NDArray[np.int32]  # (E,) channel waited for
    unit: Ints  # (U + 1,) first need of each unit
    need: NDArray[np.int32]  # dependencies
    rises: NDArray[np.bool_]  # (E,) whether they go on in the order of groups and, inside one, on links out of it
    falls: NDArray[np.bool_]  # (E,) the same against the order of groups

    @classmethod
    def of(cls, graph: tuple[Ints, NDArray[np.int32]], ends: Ints, need: NDArray[np.int32], zone: Ints) -> Units:
        """Return the units whose needs end at ``ends``, those of equal needs once.

        ``graph`` is (first, behind), ``zone`` (C, 2) the groups of both ends of each channel.
        """
        first, behind = graph
        starts = np.concatenate([[0], ends[:-1]]).tolist() if len(ends) else []
        rows = {need[a:b].tobytes() for a, b in zip(starts, ends.tolist(), strict=True)}
        sets = [np.frombuffer(row, dtype=need.dtype) for row in sorted(rows, key=lambda row: (-len(row), row))]
        unit = np.concatenate([[0], np.cumsum([len(one) for one in sets])]).astype(np.int64)
        before, out = np.repeat(np.arange(len(zone)), np.diff(first)), zone[:, 0] != zone[:, 1]
        rises, falls = (key[behind] > key[before] for key in (2 * zone[:, 0] + out, out - 2 * zone[:, 0]))
        return cls(first, behind, unit, np.concatenate(sets) if sets else need[:0], rises, falls)

    def only(self, keep: NDArray[np.bool_]) -> Units:
        """Return the units that ``keep`` (U,) is true of."""
        size = np.diff(self.unit)
        unit = np.concatenate([[0], np.cumsum(size[keep])]).astype(np.int64)
        return replace(self, unit=unit, need=self.need[np.repeat(keep, size)])

    def largest(self) -> list[frozenset[int]]:
        """Return the needs of units that no other unit has all of; one that another has may share its lane."""
        sets = [frozenset(self.need[a:b].tolist()) for a, b in zip(self.unit[:-1], self.unit[1:], strict=True)]
        found: list[frozenset[int]] = []
        for one in sorted(sets, key=lambda one: (-len(one), sorted(one))):
            if not any(one <= other for other in found):
                found.append(one)
        return found


def lanes(units: Units) -> tuple[int, int, str]:
    """Return the least and the most lanes that the optimum can be, and how they were found; there is a cycle."""
    upper, how = _dealt(units), "DFSSSP"
    if (ordered := _ordered(units)) < upper:
        upper, how = ordered, "order"
    if upper > 2 and len(units.unit) * len(units.behind) <= MOST_FIT:
        lane = np.empty(len(units.unit) - 1, dtype=np.int64)
        while upper > 2 and fit((units.first, units.behind), units.unit, units.need, upper - 1, lane):
            upper, how = upper - 1, "LASH"
    lower = 2
    if upper > 2 and len(units.behind) <= MOST_NEEDS and len(sets := units.largest()) <= MOST_UNITS:
        while lower < upper:
            possible = _possible(units, sets, lower)
            if possible:
                return lower, lower, "proof"
            if possible is None:
                return lower, upper, how
            lower += 1
    return lower, upper, how if lower < upper else "proof"


def _dealt(units: Units) -> int:
    """Return the lanes of DFSSSP's deal."""
    n, owner = len(units.unit) - 1, np.repeat(np.arange(len(units.unit) - 1), np.diff(units.unit))
    order = np.argsort(units.need, kind="stable")
    total = np.bincount(units.need, minlength=len(units.behind))
    users = np.concatenate([[0], np.cumsum(total)]).astype(np.int64)
    lane, now = np.zeros(n, dtype=np.int64), 0
    while (lane == now).any():
        count = np.bincount(units.need[lane[owner] == now], minlength=len(units.behind))
        args = (units.unit, units.need, users, owner[order], lane, now, count)
        cut((units.first, units.behind), *args)
        now += 1
    return now


def _ordered(units: Units) -> int:
    """Return the lanes of the deal by order."""
    rises, falls = (np.logical_and.reduceat(way[units.need], units.unit[:-1]) for way in (units.rises, units.falls))
    neither = ~rises & ~falls
    return int(rises.any()) + int((falls & ~rises).any()) + (_dealt(units.only(neither)) if neither.any() else 0)


def _possible(units: Units, sets: list[frozenset[int]], k: int) -> bool | None:
    """Return whether ``sets`` can be dealt over ``k`` lanes; None where the search is given up.

    x[u, l] says that set u is on lane l, y[e, l] >= x[u, l] that dependency e is; some of every cycle is not.
    """
    needs = sorted(frozenset().union(*sets))
    row_of = {e: i for i, e in enumerate(needs)}
    n_x, n = len(sets) * k, (len(sets) + len(needs)) * k
    rows = [LinearConstraint(_rows([[(u * k + lane, 1.0) for lane in range(k)] for u in range(len(sets))], n), 1, 1)]
    uses = [
        [(u * k + lane, 1.0), (n_x + row_of[e] * k + lane, -1.0)]
        for u, one in enumerate(sets)
        for e in one
        for lane in range(k)
    ]
    rows.append(LinearConstraint(_rows(uses, n), -np.inf, 0))
    most = np.ones(n)
    for u in range(min(k, len(sets))):
        most[u * k + u + 1 : (u + 1) * k] = 0  # lanes are alike: set u is on one of the first u + 1
    kind = np.concatenate([np.ones(n_x), np.zeros(n - n_x)])
    for _ in range(MOST_ROUNDS):
        program: dict[str, Any] = {"constraints": rows, "bounds": Bounds(0, most), "integrality": kind}
        answer = milp(np.zeros(n), **program, options={"node_limit": MOST_NODES})
        if answer.x is None:
            return False if answer.status == 2 else None  # 2 is infeasible, others are limits
        on = answer.x[:n_x].reshape(-1, k) > 0.5
        on_lane = [[one for one, there in zip(sets, column, strict=True) if there] for column in on.T]
        cycles = [cycle for some in on_lane for cycle in _cycles(units, some)]
        if not cycles:
            return True
        banned = [[(n_x + row_of[e] * k + lane, 1.0) for e in cycle] for cycle in cycles for lane in range(k)]
        rows.append(LinearConstraint(_rows(banned, n), -np.inf, [len(cycle) - 1 for cycle in banned]))
    return None


def _cycles(units: Units, sets: list[frozenset[int]]) -> list[list[int]]:
    """Return the dependencies of some cycles of ``sets`` together, no two with a channel in common."""
    there = np.array(sorted(frozenset().union(*sets)), dtype=np.int64)
    before = np.searchsorted(units.first, there, side="right") - 1
    first, to = np.searchsorted(before, np.arange(len(units.first))), units.behind[there]
    part = np.zeros(len(units.first) - 1, dtype=np.int32)
    found: list[list[int]] = []
    while True:
        cycle, roots = np.empty(len(part), dtype=np.int64), np.flatnonzero(part == 0)
        length, _ = shortest_cycle(first, to, part, roots, len(part), np.iinfo(np.int64).max, cycle)
        if not length:
            return found
        ring = cycle[:length].tolist()
        edges = {(int(a), int(b)): int(e) for a, b, e in zip(before, to, there, strict=True)}
        found.append([edges[a, b] for a, b in zip(ring, ring[1:] + ring[:1], strict=True)])
        part[cycle[:length]] = -1


def _rows(entries: list[list[tuple[int, float]]], n: int) -> csr_array:
    """Return the matrix of rows of (column, value)."""
    row = np.repeat(np.arange(len(entries)), [len(one) for one in entries])
    column, value = zip(*[pair for one in entries for pair in one], strict=True)
    return csr_array((value, (row, column)), shape=(len(entries), n))
