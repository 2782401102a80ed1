"""How bad each of many losses is, from loads before and after it alone: what the search for the worst asks for.

A loss is held against the others by what still arrives and by how long that takes.  Where splits do not depend on what
is sent and times follow from loads, both are had without routing and solving anew (``topo.routing.detour``); the worst
is then routed and solved like any other case.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from topo.config.case import Case
from topo.failures import Loss
from topo.flow import POLICIES, SOLVERS, Solution
from topo.flow.phase_loads import phase_loads
from topo.flow.schedule import predecessors, schedule
from topo.routing.detour import Detours
from topo.routing.operator import Floats
from traffic.demand import Demand, GroupedDemand


@dataclass(frozen=True)
class Harm:
    """What a loss does."""

    arrives: float  # share of the pairs that still get through
    slowdown: float  # time of those over theirs before the loss; 0 where none of them takes time

    def severity(self) -> tuple[float, float]:
        """Return what makes one loss worse than another: what does not arrive, then how long the rest takes."""
        return (-self.arrives, self.slowdown)


@dataclass(frozen=True, eq=False)
class Quick:
    """A solved case, ready for many losses."""

    solution: Solution
    detours: Detours

    @classmethod
    def of(cls, case: Case, solution: Solution) -> Quick | None:
        """Return ``case`` with its ``solution`` before losses; None where each loss must be routed and solved anew."""
        entry = POLICIES[case.routing["policy"]]
        own = {key: value for key, value in case.routing.items() if key != "policy"}
        if entry.steady is None or not SOLVERS[case.solve["solver"]].by_load or own.pop("tables", None) is not None:
            return None
        network, demand = entry.steady(solution.fabric, **own), solution.offered
        if network is None:
            return None
        detours = Detours.of(network, demand, phase_loads(solution.routed, demand, demand.size).toarray())
        return None if detours is None else cls(solution, detours)

    def harm(self, loss: Loss) -> Harm | None:
        """Return what ``loss`` does; None where it must be routed and solved anew."""
        fabric, demand = self.solution.fabric, self.solution.offered
        left = self.detours.after(loss.dead(fabric))
        if left is None or left.before is None:
            return None
        pairs = float(demand.pairs.sum()) if isinstance(demand, GroupedDemand) else float(demand.n_commodities)
        before = _ends(demand, left.before / fabric.capacity)
        return Harm(1.0 - left.lost / pairs, _ends(demand, left.load / fabric.capacity) / before if before else 0.0)


def _ends(demand: Demand | GroupedDemand, used: Floats) -> float:
    """Return when ``demand`` ends [s] where its phases take as long as the largest of ``used`` (phases, L) [s]."""
    time = used.max(axis=1, initial=0.0)
    time = time + demand.compute_s if demand.compute_s.size else time
    ended = schedule(predecessors(demand), demand.repeat * time)[1]
    return float(np.max(ended, initial=0.0))
