"""Conflicts: the fewest requirements that no candidate meets together."""

from __future__ import annotations

from collections.abc import Sequence

from topo.design.need import Need
from topo.design.space import Candidate


def conflict(everyone: Sequence[Candidate], needs: Sequence[Need]) -> tuple[Need, ...]:
    """Return the fewest of ``needs`` that no candidate meets together: a least cover of candidates by what they miss.

    What was not measured on a candidate is not missed by it.
    """
    from ortools.sat.python import cp_model

    misses = {tuple(i for i, need in enumerate(needs) if _misses(need, one)) for one in everyone}
    model = cp_model.CpModel()
    taken = [model.new_bool_var(str(need)) for need in needs]
    for missed in sorted(misses):
        model.add_bool_or([taken[i] for i in missed])
    model.minimize(sum(taken))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    if not misses or solver.solve(model) != cp_model.OPTIMAL:
        return ()
    return tuple(need for need, variable in zip(needs, taken, strict=True) if solver.boolean_value(variable))


def _misses(need: Need, one: Candidate) -> bool:
    return need.fact in one.facts and not need.holds(one.facts)
