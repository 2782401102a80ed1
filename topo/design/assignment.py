"""Which block stands in which rack, for the least metres of tray: a quadratic assignment.

A block of switches has cables to racks that stay where they are and to other blocks.  Distances are those along the
trays, |x - x'| + |y - y'|, so that each is the largest of a few linear terms and no product of choices is needed.
Racks hold so many switches.  The start is the order given; blocks move and change places while that saves metres; from
there CP-SAT goes on, and says below what no assignment can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.routing.operator import Ints

#: Choices of a block and a rack up to which CP-SAT is asked: a few seconds to build the model.
MOST_CHOICES = 10_000
#: Multiply-adds that moves and changes of place may take: seconds of one core.
MOST_WORK = 10_000_000_000
#: Share that a linear programme may be off by.
_ROUNDING = 1e-7


@dataclass(frozen=True, eq=False)
class Problem:
    """Blocks to assign; metres are counted in whole millimetres, so that sums are exact."""

    size: Ints  # (B,) switches of each block
    most: int  # switches that a rack holds
    between: Ints  # (B, B) cables between two blocks, symmetric
    fixed: Ints  # (B, H) cables to each rack that stays
    there: Ints  # (H, 2) [mm] where those stand
    racks: Ints  # (R, 2) [mm] where racks to assign to stand

    @cached_property
    def apart(self) -> Ints:
        """(R, R) [mm] of tray from rack to rack."""
        return _apart(self.racks, self.racks)

    @cached_property
    def alone(self) -> Ints:
        """(B, R) [mm] of tray to racks that stay, with a block in a rack."""
        return self.fixed @ _apart(self.racks, self.there).T

    def tray(self, rack: Ints) -> int:
        """Return the tray of all cables [mm] with each block in its ``rack`` (B,)."""
        own = self.alone[np.arange(len(rack)), rack].sum()
        return int(own + (self.between * self.apart[np.ix_(rack, rack)]).sum() // 2)


@dataclass(frozen=True, eq=False)
class Assigned:
    """Racks of blocks, and what is known of the metres; all are those of trays alone."""

    rack: Ints  # (B,)
    tray_m: float
    simple_m: float  # of the order that was given
    least_m: float  # that no assignment is below

    @property
    def proven(self) -> bool:
        """Whether no assignment needs less tray."""
        return self.tray_m <= self.least_m


def _apart(one: Ints, other: Ints) -> Ints:
    return np.asarray(np.abs(one[:, np.newaxis] - other).sum(axis=2))


def assign(problem: Problem, simple: Ints, *, effort: float) -> Assigned:
    """Return the best racks of all blocks that are found, from ``simple`` (B,) on; ``simple`` itself without effort.

    ``effort`` [deterministic seconds of CP-SAT] makes equal runs equal, however fast the machine.
    """
    floor = _least(problem) if len(simple) else 0
    best = simple if effort <= 0 else _moved(problem, simple)
    if effort > 0 and 1 < len(simple) * len(problem.racks) <= MOST_CHOICES:
        best, bound = _solved(problem, best, effort)
        floor = max(floor, bound)
    tray = problem.tray(best)
    return Assigned(best, tray / 1000, problem.tray(simple) / 1000, min(floor, tray) / 1000)


def _least(problem: Problem) -> int:
    """Return tray [mm] that no assignment is below: blocks by themselves, each beside its neighbours at their nearest.

    In a rack, a block has its own tray to racks that stay, and half of that to its neighbours if they filled the racks
    around it from the nearest on, those with most cables a switch first (Gilmore and Lawler's bound); blocks then
    share racks by a linear programme.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    n, racks = problem.alone.shape
    cost = problem.alone + _neighbours(problem) / 2 if n * racks <= MOST_CHOICES else problem.alone.astype(float)
    choice = np.arange(n * racks)
    block, rack = np.divmod(choice, racks)
    once: Any = coo_array((np.ones(n * racks), (block, choice)))
    load: Any = coo_array((problem.size[block].astype(float), (rack, choice)))
    full = np.full(racks, float(problem.most))
    found = linprog(cost.ravel(), A_eq=once, b_eq=np.ones(n), A_ub=load, b_ub=full)
    if found.fun is None:
        return int(problem.alone.min(axis=1).sum())
    return int(np.ceil(found.fun * (1 - _ROUNDING)))


def _neighbours(problem: Problem) -> NDArray[np.float64]:
    """Return (B, R) the least tray [mm] from a block in a rack to its neighbours, were they alone and divisible."""
    found = np.zeros(problem.alone.shape)
    order = np.argsort(problem.apart, axis=1, kind="stable")
    for block, cables in enumerate(problem.between):
        beside = np.flatnonzero(cables)
        dense = beside[np.argsort(-cables[beside] / problem.size[beside], kind="stable")]
        ends = np.concatenate([[0], np.cumsum(problem.size[dense])]).astype(float)
        sent = np.concatenate([[0], np.cumsum(cables[dense])]).astype(float)
        for rack, nearest in enumerate(order):
            room = np.full(len(nearest), problem.most)
            room[0] -= problem.size[block]
            filled = np.interp(np.concatenate([[0], np.cumsum(room)]), ends, sent)
            found[block, rack] = np.diff(filled) @ problem.apart[rack, nearest]
    return found


def _moved(problem: Problem, start: Ints) -> Ints:
    """Return racks after the single move or exchange that saves most, over and over while one saves."""
    rack, n = start.copy(), len(start)
    rounds = MOST_WORK // max(1, n * n * len(problem.racks))
    for _ in range(min(rounds, n * n)):
        load = np.bincount(rack, weights=problem.size, minlength=len(problem.racks))
        cost = problem.alone + problem.between @ problem.apart[rack]
        save = cost - cost[np.arange(n), rack][:, np.newaxis]  # (B, R) of a move
        full = load + problem.size[:, np.newaxis] > problem.most
        move = np.where(full, 0, save)
        swap = _exchange(problem, rack, save, load)
        if min(move.min(initial=0), swap.min(initial=0)) >= 0:
            break
        if move.min() <= swap.min():
            block, to = np.unravel_index(np.argmin(move), move.shape)
            rack[block] = to
        else:
            one, other = np.unravel_index(np.argmin(swap), swap.shape)
            rack[[one, other]] = rack[[other, one]]
    return rack


def _exchange(problem: Problem, rack: Ints, save: Ints, load: NDArray[Any]) -> Ints:
    """Return (B, B) what two blocks that change places bring [mm]; 0 where a rack would overflow."""
    to = save[:, rack]
    bring = to + to.T + 2 * problem.between * problem.apart[np.ix_(rack, rack)]
    more = problem.size - problem.size[:, np.newaxis]  # (B, B) that the rack of the first gains
    fits = (load[rack][:, np.newaxis] + more <= problem.most) & (load[rack] - more <= problem.most)
    return np.where(fits & (rack != rack[:, np.newaxis]), bring, 0)


def _solved(problem: Problem, hint: Ints, effort: float) -> tuple[Ints, int]:
    """Return the best racks that CP-SAT finds from ``hint`` on, and the tray [mm] that none is below."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    blocks, racks = range(len(problem.size)), range(len(problem.racks))
    in_rack = [[model.new_bool_var(f"{b} in {r}") for r in racks] for b in blocks]
    for b in blocks:
        model.add_exactly_one(in_rack[b])
        for r in racks:
            model.add_hint(in_rack[b][r], bool(hint[b] == r))
    for r in racks:
        model.add(sum(int(problem.size[b]) * in_rack[b][r] for b in blocks) <= problem.most)
    terms = [int(problem.alone[b, r]) * in_rack[b][r] for b in blocks for r in racks]
    for axis in (0, 1):
        at = [sum(int(problem.racks[r, axis]) * in_rack[b][r] for r in racks) for b in blocks]
        span = int(np.ptp(problem.racks[:, axis]))
        for a, b in np.argwhere(np.triu(problem.between)).tolist() if span else ():
            apart = model.new_int_var(0, span, f"{a} to {b} along {axis}")
            model.add(apart >= at[a] - at[b])
            model.add(apart >= at[b] - at[a])
            model.add_hint(apart, abs(int(problem.racks[hint[a], axis] - problem.racks[hint[b], axis])))
            terms.append(int(problem.between[a, b]) * apart)
    model.minimize(sum(terms))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = effort
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return hint, int(np.ceil(solver.best_objective_bound))
    found = np.array([next(r for r in racks if solver.boolean_value(in_rack[b][r])) for b in blocks], dtype=np.int64)
    return found, int(np.ceil(solver.best_objective_bound - 1e-6))
