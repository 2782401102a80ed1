"""One case: five calls from words to numbers.

A case is a pure function of its resolved input, so it may run in any process,
in any order, and gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from topo.config.build import cost_arguments, fabric_arguments, size_arguments
from topo.config.case import Case
from topo.config.patterns import demand_of
from topo.cost import bill
from topo.flow import route, solve
from topo.generators import generate, size_of
from topo.metrics import link_table, measure
from topo.metrics.hot_links import hot_links
from topo.metrics.tables import commodity_table
from topo.metrics.traffic_map import finish_quantiles, traffic_map
from topo.size import Size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from traffic.demand import Demand


@dataclass(frozen=True)
class Numbers:
    """What came out of a case: flat results, and columns for tables."""

    results: dict[str, Any]
    links: dict[str, NDArray[Any]] = field(default_factory=dict)
    commodities: dict[str, NDArray[Any]] = field(default_factory=dict)
    traffic: dict[str, NDArray[Any]] = field(default_factory=dict)
    finish: dict[str, NDArray[Any]] = field(default_factory=dict)
    hot: dict[str, NDArray[Any]] = field(default_factory=dict)


def run_case(case: Case) -> Numbers:
    """Return the numbers of ``case``; without traffic those of its size and cost alone.

    Raises the errors of the rooms it passes through, all of them ValueError.
    """
    if case.traffic is None:
        return size_case(case)
    fabric = generate(symmetry=True, **fabric_arguments(case.fabric, case.files))
    who = {"n_ranks": fabric.n_endpoints, "ranks_per_host": fabric.endpoints_per_host}
    who["ranks_per_domain"] = fabric.endpoints_per_domain
    offered = demand_of(case.traffic, **who, files=case.files, fabric=fabric)
    routing = route(fabric, offered, **case.routing)
    solution = solve(fabric, offered, routing, **case.solve)

    def again(demand: Demand) -> float:
        return solve(fabric, demand, route(fabric, demand, **case.routing), **case.solve).completion_s

    results = measure(fabric, offered, routing, solution, again=again) | priced(case, fabric.size)
    links = link_table(fabric, offered, routing, solution)
    return Numbers(
        results,
        links,
        commodity_table(solution),
        traffic_map(offered, fabric.domain),
        finish_quantiles(solution),
        hot_links(fabric, solution.demand, solution.routing, links["utilization"]),
    )


def size_case(case: Case) -> Numbers:
    """Return the parts list and cost of ``case`` in closed form, whether or not it can be built."""
    size = size_of(**size_arguments(case.fabric))
    results = {
        "endpoints": size.endpoints,
        "hosts": size.hosts,
        "domains": size.domains,
        "switches": size.switches,
        "switch_links": size.switch_links,
        "endpoint_links": size.endpoint_links,
        "transceivers": size.transceivers,
        "radix": size.radix,
        "planes": size.planes,
        "diameter": size.diameter,
        "oversubscription": size.oversubscription,
        "bisection_per_endpoint": size.bisection,
        "buildable": size.buildable,
        "reason": size.reason or None,
        "neighbours": list(size.neighbours),
        "method": "closed form",
    }
    return Numbers(results | priced(case, size))


def priced(case: Case, size: Size) -> dict[str, Any]:
    """Return the bill of ``size``; nothing where the case names no price book."""
    if case.cost is None:
        return {}
    return bill(size, **cost_arguments(case.cost, case.fabric, case.files))
