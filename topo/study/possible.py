"""What candidates of a design may be at best: by their parts lists, and by cuts of what they are built of.

No routing passes either, so a candidate that misses a requirement there is refused without being measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from topo.config.case import Case, canonical_json
from topo.config.nouns import demand_of, fabric_of, placed_of
from topo.config.patterns import needs_fabric
from topo.config.question import Question
from topo.design import Candidate, Need
from topo.design.bounds import AllToAll, most_throughput
from topo.fabric import Fabric
from topo.flow import POLICIES
from topo.flow.cuts import Cuts
from topo.flow.schedule import overlap, soonest
from traffic.demand import Demand, GroupedDemand

#: Keys that follow from the time of the traffic.
_TIMES = ("completion_s", "slowdown")
_BOUNDED = (*_TIMES, "normalized_throughput")
#: Results of one switch for all endpoints, by workload.
Baseline = Callable[[], Sequence[Mapping[str, Any]]]


class Best(NamedTuple):
    """The best that a candidate may do under one workload."""

    seconds: float = 0.0  # 0 where nothing is known
    throughput: float = float("inf")  # over what network ports allow

    def and_(self, other: Best) -> Best:
        """Return what both say."""
        return Best(max(self.seconds, other.seconds), min(self.throughput, other.throughput))


class Possible:
    """Returns facts that no measurement of a candidate can be better than."""

    def __init__(self, question: Question, baseline: Baseline) -> None:
        self.question, self._baseline = question, baseline
        self._cuts: dict[str, Cuts | None] = {}

    def __call__(self, one: Candidate) -> Mapping[str, float]:
        """Return the facts of ``one`` by its parts list; where these miss nothing, by cuts of what is built."""
        parts = [self._of_parts(one, i) for i in range(len(self._alike))]
        facts = self._facts(lambda i, _: parts[i])
        if any(need.refuses(facts) for need in self.question.measured):
            return facts
        return self._facts(lambda i, lost: parts[i].and_(self._of_cuts(one, i, lost=lost)))

    def _facts(self, best: Callable[[int, bool], Best]) -> dict[str, float]:
        """Return facts by what is the best under a workload, of the whole network or with something lost."""
        values = {need.fact: self._value(need, best) for need in self.question.asked}
        return {fact: value for fact, value in values.items() if value is not None}

    def _value(self, need: Need, best: Callable[[int, bool], Best]) -> float | None:
        own = self.question.concerned(need)
        there = [best(i, bool(need.after)) for i in own] if need.key in _BOUNDED else []
        seconds = [one.seconds for one in there]
        if need.key == "normalized_throughput" and not need.after:
            most = min(one.throughput for one in there)
            return most if most < float("inf") else None
        if need.key not in _TIMES or not all(0.0 < each < float("inf") for each in seconds):
            return None
        least = self.question.weighted(own, seconds)
        if need.key == "completion_s":
            return seconds[0] if need.of else least
        alone = self.question.weighted(own, [self._baseline()[i].get("completion_s") or 0.0 for i in own])
        return least / alone if alone else None

    def _of_parts(self, one: Candidate, i: int) -> Best:
        alike = self._alike[i]
        if alike is None:
            return Best()
        most = most_throughput(one.size, alike, shared=one.params.get("nic") == "multi-port")
        timed = any(need.key in _TIMES for need in self.question.asked)
        theta = self._baseline()[i].get("theta_port") if timed else None
        return Best(1 / (theta * min(1.0, most)) if theta else 0.0, most)

    def _of_cuts(self, one: Candidate, i: int, *, lost: bool) -> Best:
        """Return what cuts say: with something ``lost``, those of the whole, whatever paths are shortest then."""
        try:
            case = self.question.case(one, self.question.traffics[i])
            fabric = fabric_of(case, symmetry=False)
            cuts = self._cuts_of(case, fabric)
        except ValueError:  # traffic that does not run there: measuring says so
            return Best()
        if cuts is None:
            return Best()
        kept = POLICIES[case.routing["policy"]].shortest and not lost and case.failures is None
        bounds, demand = cuts.bounds(fabric, shortest=kept), cuts.demand
        ports, least = (float(demand.repeat @ seconds) for seconds in bounds)
        in_turn = overlap(demand) is None and ports and least < float("inf")
        return Best(soonest(demand, bounds.least), ports / least if in_turn else float("inf"))

    def _cuts_of(self, case: Case, fabric: Fabric) -> Cuts | None:
        """Return the cuts of the traffic of ``case``, which is the same on many networks; None of groups."""
        traffic = case.traffic or {}
        where = {"hosts": [fabric.n_endpoints, fabric.endpoints_per_host, fabric.endpoints_per_domain]}
        key = canonical_json({"traffic": traffic} | where | placed_of(case))
        if needs_fabric(traffic) or key not in self._cuts:
            demand = demand_of(case, fabric)
            self._cuts[key] = Cuts(demand) if isinstance(demand, Demand) else None
        return self._cuts[key]

    @cached_property
    def _alike(self) -> list[AllToAll | None]:
        """What each workload is, where all send the same to all others of groups of one size."""
        return [_all_to_all(self.question.baseline(workload)) for workload in self.question.traffics]


def _all_to_all(case: Case) -> AllToAll | None:
    fabric = fabric_of(case, symmetry=False)
    demand = demand_of(case, fabric)
    if not isinstance(demand, GroupedDemand) or len(demand.size) > 1 or demand.label.min() < 0:
        return None
    sizes = np.unique(np.bincount(demand.label))
    domain = int(np.bincount(fabric.domain).max()) if case.fabric.get("scale_up") is not None else 1
    alone = case.sections.get("placement") is None and len(demand.label) == fabric.n_endpoints
    return AllToAll(int(sizes[0]), domain) if len(sizes) == 1 and alone else None
