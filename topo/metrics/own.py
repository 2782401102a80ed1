"""Results that only some demands have: what the operation behind the demand says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from topo.fabric import Fabric, Tier
from topo.flow.solution import Solution
from traffic.classed import ClassedDemand
from traffic.demand import Demand, GroupedDemand

#: Solves another demand in the same way; time [s].
Again = Callable[[Demand], float]
#: Results of collectives that every record has, null where the traffic is no collective.
_ALWAYS = (
    "collective_ranks", "collective_bytes", "algbw_bytes_per_s", "busbw_bytes_per_s",
    "collective_least_s", "collective_gap",
)  # fmt: skip
#: Links up to which the tightest cut of a collective is looked for.
MOST_LINKS = 200_000


@dataclass(frozen=True)
class _Solved:
    """A solved demand as ``traffic.outcome.Outcome`` sees it."""

    fabric: Fabric
    solution: Solution
    again: Again | None

    @property
    def demand(self) -> Demand | GroupedDemand:
        demand = self.solution.demand
        return demand.whole if isinstance(demand, ClassedDemand) else demand

    @property
    def started(self) -> NDArray[Any]:
        return self.solution.started

    @property
    def ended(self) -> NDArray[Any]:
        return self.solution.ended

    @property
    def completion_s(self) -> float:
        return self.solution.completion_s

    @property
    def nic(self) -> float:
        return endpoint_rate(self.fabric, Tier.ENDPOINT)

    @property
    def scale_up(self) -> float:
        return endpoint_rate(self.fabric, Tier.SCALE_UP)

    def alone(self, demand: Demand) -> float | None:
        return self.again(demand) if self.again else None


def own_results(
    fabric: Fabric, demand: Demand | GroupedDemand, solution: Solution, again: Again | None = None
) -> dict[str, Any]:
    """Return what the operation that ``demand`` is about says of ``solution``; ``again`` is for what compares."""
    shared: dict[str, Any] = dict.fromkeys(_ALWAYS)
    if demand.about is None:
        return shared
    shared |= demand.about.results(_Solved(fabric, solution, again))
    return shared | _against_the_best(fabric, demand, solution)


def _against_the_best(fabric: Fabric, demand: Demand | GroupedDemand, solution: Solution) -> dict[str, Any]:
    """Return the least time that any algorithm needs for the collective of all ranks, and the gap of this one to it."""
    from topo.flow import POLICIES
    from topo.flow.rooted import least_time
    from traffic.collectives import Collective

    about, n = demand.about, demand.n_ranks
    if not isinstance(about, Collective) or not 1 < about.n == n or fabric.n_links > MOST_LINKS:
        return {}
    least = least_time(fabric, about.name, n, about.size)
    policy = POLICIES.get(solution.routed.policy)
    if least and policy and policy.best and isinstance(demand, GroupedDemand):
        least = max(least, 1.0 / solution.bound)  # the flow that is best of all proves more, with relays as they are
    if least is None or not solution.completion_s:
        return {}
    return {"collective_least_s": least, "collective_gap": 1.0 - least / solution.completion_s}


def endpoint_rate(fabric: Fabric, tier: Tier) -> float:
    """Return what the first endpoint can send over links of ``tier`` [B/s]; 0 where it has none."""
    mine = slice(int(fabric.first[0]), int(fabric.first[1]))
    return float(fabric.capacity[mine][fabric.tier[mine] == tier].sum())
