"""Flow: which policies and solvers there are, and what they make of a fabric and a demand.

A policy turns fabric and demand into a ``Routing``, a solver turns that into a
``Solution``.  Policies with fixed splits live in ``topo.routing``, solved ones here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from inspect import Parameter, signature
from typing import Any

from topo.fabric import Fabric
from topo.flow.adaptive import adaptive, optimal
from topo.flow.certified import CertifiedRouting
from topo.flow.completion import completion_times
from topo.flow.max_concurrent import max_concurrent
from topo.flow.max_min import max_min_rates
from topo.flow.proportional import proportional_rates
from topo.flow.queue_pairs import by_queue_pair, of_commodities
from topo.flow.solution import NotSolved, Solution, SolverError
from topo.flow.ugal import ugal_mix
from topo.near import hint
from topo.routing import ecmp, ecmp_hash, static, valiant_split, wcmp
from topo.routing.operator import NotConnected, Routing, RoutingError, TotalRouting
from traffic.demand import Demand, GroupedDemand

__all__ = [
    "POLICIES",
    "SOLVERS",
    "FlowError",
    "NotConnected",
    "NotSolved",
    "Routing",
    "RoutingError",
    "Solution",
    "SolverError",
    "route",
    "solve",
]


class FlowError(ValueError):
    """A policy or solver that is unknown, not there yet, or asked for in the wrong company."""


POLICIES: dict[str, Callable[..., Routing]] = {
    "adaptive": adaptive,
    "ecmp": ecmp,
    "ecmp-hash": ecmp_hash,
    "optimal": optimal,
    "static": static,
    "ugal": ugal_mix,
    "valiant": valiant_split,
    "wcmp": wcmp,
}

SOLVERS: dict[str, Callable[..., Solution]] = {
    "completion": completion_times,
    "max-concurrent": max_concurrent,
    "max-min": max_min_rates,
    "proportional": proportional_rates,
}

#: Solvers that give every commodity a rate of its own, so a grouped demand has to list its pairs.
BY_COMMODITY = frozenset({"completion", "max-min"})


def route(fabric: Fabric, demand: Demand | GroupedDemand, policy: str = "ecmp", **params: Any) -> Routing:
    """Return how ``policy`` spreads every commodity of ``demand`` over the links of ``fabric``.

    ``params`` are those of the policy's function in POLICIES, ``seed`` among them.

    Raises FlowError for an unknown policy or parameter, RoutingError where the policy is not
    defined for this fabric or demand, NotConnected where a commodity has no path.
    """
    function = _known(POLICIES, "policy", policy)
    _check_params(function, "policy", policy, params)
    routing: Routing = function(fabric, demand, **params)
    return replace(routing, params=params) if isinstance(routing, TotalRouting | CertifiedRouting) else routing


def solve(
    fabric: Fabric, demand: Demand | GroupedDemand, routing: Routing, solver: str = "proportional", **params: Any
) -> Solution:
    """Return rates, loads and times of ``demand`` under ``routing``, complete and checked.

    A solver that looks at single commodities lists the pairs of a grouped demand and routes
    them again: ``solution.demand`` and ``solution.routing`` are what it solved.  It takes the
    queue pairs of ``ecmp-hash`` one by one, and tells what it found by commodity.

    Raises FlowError for an unknown solver or parameter, DemandError where the pairs are too
    many to list, NotSolved where the solver stops without an answer.
    """
    function = _known(SOLVERS, "solver", solver)
    _check_params(function, "solver", solver, params)
    if isinstance(demand, GroupedDemand) and solver in BY_COMMODITY:
        demand = demand.listed()
        routing = route(fabric, demand, routing.policy, **(routing.params if isinstance(routing, TotalRouting) else {}))
    if isinstance(demand, Demand) and solver in BY_COMMODITY:
        parts, paths, owner = by_queue_pair(fabric, demand, routing)
        return of_commodities(function(fabric, parts, paths, **params), demand, routing, owner)
    solution: Solution = function(fabric, demand, routing, **params)
    return solution


def _known(registry: Mapping[str, Callable[..., Any]], what: str, name: str) -> Callable[..., Any]:
    if name in registry:
        return registry[name]
    raise FlowError(f"{what} {name!r} is unknown; known: {', '.join(registry)}{hint(name, registry)}")


def _check_params(function: Callable[..., Any], what: str, name: str, params: Mapping[str, Any]) -> None:
    """Raise FlowError for a parameter that ``function`` does not take, before anything is computed."""
    known = [key for key, p in signature(function).parameters.items() if p.kind is Parameter.KEYWORD_ONLY]
    for key in params:
        if key not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise FlowError(f"{what} {name!r} has no parameter {key!r}; {takes}{hint(key, known)}")
