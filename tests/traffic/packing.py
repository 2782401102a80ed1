"""Exact placements at small size by OR-tools' CP-SAT: the oracle of ``traffic.placement``.

Loads are whole numbers and shares are scaled by the least common multiple of all numbers of
copies, so the solver's whole-number optimum is the optimum.
"""

from __future__ import annotations

from math import lcm

import numpy as np
from ortools.sat.python import cp_model

Matrix = list[list[cp_model.IntVar]]


def least_maximum(weight: np.ndarray, packs: int) -> int:
    """Return the least possible weight of the heaviest of ``packs`` equally full packs."""
    model = cp_model.CpModel()
    inside = [[model.new_bool_var(f"{i} in {p}") for p in range(packs)] for i in range(len(weight))]
    for row in inside:
        model.add_exactly_one(row)
    for column in zip(*inside, strict=True):
        model.add(sum(column) == len(weight) // packs)
    return _least(model, [_total(weight, column) for column in zip(*inside, strict=True)], int(weight.sum()))


def best_placement(
    load: np.ndarray, *, hosts: int, ranks_on_host: int, redundant: int, units: np.ndarray
) -> tuple[int, int]:
    """Return the load of the busiest rank in the best placement there is, and the scale it is given in.

    ``units`` (units, experts of a unit) stay on one host together; every host holds as many experts and
    slots as any other, all copies of an expert share a host, and each takes an equal part of its load.
    """
    experts, ranks = len(load), hosts * ranks_on_host
    slots, most = (experts + redundant) // ranks, redundant // hosts + 1
    scale = lcm(*range(1, most + 1))
    model = cp_model.CpModel()
    home = _homes(model, units, hosts)
    held: list[list[cp_model.LinearExpr]] = []
    weighted: list[list[cp_model.LinearExpr]] = []
    for expert in range(experts):
        counts = [model.new_bool_var("") for _ in range(most)]
        model.add_exactly_one(counts)
        here = [[model.new_int_var(0, min(slots, most), "") for _ in range(most)] for _ in range(ranks)]
        for rank, row in enumerate(here):
            for copies, chosen in zip(row, counts, strict=True):
                model.add(copies <= most * chosen)
            model.add(sum(row) <= most * home[expert][rank // ranks_on_host])
        model.add(sum(map(sum, here)) == sum((c + 1) * chosen for c, chosen in enumerate(counts)))
        share = [int(load[expert]) * scale // (c + 1) for c in range(most)]
        held.append([sum(row) for row in here])
        weighted.append([_total(share, row) for row in here])
    for column in zip(*held, strict=True):
        model.add(sum(column) == slots)
    return _least(model, [sum(column) for column in zip(*weighted, strict=True)], int(load.sum()) * scale), scale


def _homes(model: cp_model.CpModel, units: np.ndarray, hosts: int) -> Matrix:
    """Return which host each expert lives on (experts, hosts); units are spread evenly."""
    placed = [[model.new_bool_var("") for _ in range(hosts)] for _ in range(len(units))]
    for row in placed:
        model.add_exactly_one(row)
    for column in zip(*placed, strict=True):
        model.add(sum(column) == len(units) // hosts)
    home: Matrix = [[] for _ in range(units.size)]
    for unit, row in zip(units.tolist(), placed, strict=True):
        for expert in unit:
            home[expert] = row
    return home


def _total(weight, variables) -> cp_model.LinearExpr:
    return sum(int(w) * v for w, v in zip(weight, variables, strict=True))


def _least(model: cp_model.CpModel, loads: list[cp_model.LinearExpr], most: int) -> int:
    worst = model.new_int_var(0, most, "worst")
    for total in loads:
        model.add(worst >= total)
    model.minimize(worst)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 30
    status = solver.solve(model)
    assert status == cp_model.OPTIMAL, solver.status_name(status)
    return round(solver.objective_value)
