"""One case: five calls from words to numbers.

A case is a pure function of its resolved input, so it may run in any process,
in any order, and gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from topo.config.case import Case
from topo.config.nouns import bill_of, demand_of, fabric_of, size_of, solving_of
from topo.flow import POLICIES
from topo.headway import tell, within
from topo.metrics import link_table, measure
from topo.metrics.reached import reached
from topo.study.deadlocks import asked
from topo.study.faults import of_file
from topo.study.loss import found, solved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from topo.fabric import Fabric
    from topo.flow import Solution
    from topo.size import Size
    from traffic.demand import Demand


#: Counts of a Size that are results as they are.
_COUNTED = (
    "endpoints", "hosts", "domains", "switches", "switch_links", "endpoint_links", "transceivers", "spare_ports",
    "radix", "planes", "diameter", "oversubscription", "buildable",
)  # fmt: skip


@dataclass(frozen=True)
class Numbers:
    """What came out of a case: flat results, and the solution whose tables a record keeps."""

    results: dict[str, Any]
    solution: Solution | None = None

    def tables(self) -> dict[str, dict[str, NDArray[Any]]]:
        """Return the columns of each table by its name; none of a case without a solution."""
        if self.solution is None:
            return {}
        from topo.metrics.hot_links import hot_links
        from topo.metrics.tables import commodity_table
        from topo.metrics.traffic_map import finish_quantiles, traffic_map

        links = link_table(self.solution)
        fabric, demand, routing = self.solution.fabric, self.solution.demand, self.solution.routing
        return {
            "links": links,
            "commodities": commodity_table(self.solution),
            "traffic": traffic_map(self.solution.offered, fabric.domain),
            "finish": finish_quantiles(self.solution),
            "hot": hot_links(fabric, demand, routing, links["utilization"]),
        }


def run_case(case: Case) -> Numbers:
    """Return the numbers of ``case``; without traffic those of its size and cost alone.

    Raises the errors of the rooms it passes through, all of them ValueError.
    """
    if case.traffic is None:
        return size_case(case)
    if case.failures is not None:
        with within("solving with parts gone"):
            return after_failures(case)
    tell("building the network")
    fabric = fabric_of(case)
    with within(f"solving: {case.routing['policy']}, {case.solve['solver']}"):
        solution = solved(case, fabric, demand_of(case, fabric))
    tell("measuring")
    numbers = numbers_of(case, solution)
    more = _over_states(case, solution) | asked(case, fabric) | _ordered(case, fabric)
    return replace(numbers, results=numbers.results | more)


def after_failures(case: Case) -> Numbers:
    """Return the numbers of ``case`` with its parts gone: of the worst loss, where several are looked at.

    Raises LossError for parts that the network does not have, and whatever ``run_case`` raises.
    """
    after = found(case)
    numbers = Numbers(counted(after.fabric.size) | bill_of(case, after.fabric.size))
    if after.solution is not None:
        numbers = numbers_of(case, after.solution)
    return replace(numbers, results=numbers.results | after.results() | asked(case, after.fabric))


def size_case(case: Case) -> Numbers:
    """Return the parts list and cost of ``case`` in closed form, whether or not it can be built."""
    size = size_of(case)
    return Numbers(counted(size) | bill_of(case, size) | _by_counts(case, size) | _ordered(case))


def numbers_of(case: Case, solution: Solution) -> Numbers:
    """Return what is worth saying of a solved case."""
    fabric = solution.fabric
    measured = measure(solution, again=partial(_completion, case, fabric), intact=case.failures is None)
    measured |= of_file(fabric, measured["findings"], solution.routed.params.get("tables"))
    measured |= reached(solution.offered, solving_of(case).get("efficiency"))
    measured |= {"bound_is_optimum": POLICIES[case.routing["policy"]].best}
    return Numbers(measured | bill_of(case, fabric.size), solution)


def counted(size: Size) -> dict[str, Any]:
    """Return what a network is made of, and why it cannot be built where it cannot."""
    return {
        **{key: getattr(size, key) for key in _COUNTED},
        "bisection_per_endpoint": size.bisection,
        "reason": size.reason or None,
        "neighbours": list(size.neighbours),
        "method": "closed form",
    }


def _by_counts(case: Case, size: Size) -> dict[str, Any]:
    if case.sections.get("availability") is None:
        return {}
    from topo.config.availability import by_counts

    return by_counts(case, size)


def _over_states(case: Case, solution: Solution) -> dict[str, Any]:
    if case.sections.get("availability") is None:
        return {}
    from topo.study.outages import over_states

    return over_states(case, solution)


def _ordered(case: Case, fabric: Fabric | None = None) -> dict[str, Any]:
    if not case.asks_order:
        return {}
    from topo.study.order import ordered

    return ordered(case, fabric)


def _completion(case: Case, fabric: Fabric, demand: Demand) -> float:
    """Return the time [s] of another demand, routed and solved as those of ``case`` are."""
    return solved(case, fabric, demand).completion_s
