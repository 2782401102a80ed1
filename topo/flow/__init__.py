"""Flow: which policies and solvers there are, and what they make of a fabric and a demand.

A policy turns fabric and demand into a ``Routing``, a solver turns that into a
``Solution``.  Policies with fixed splits live in ``topo.routing``, solved ones here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from inspect import Parameter, signature
from typing import Any, TypeVar

from topo.fabric import Fabric
from topo.flow.entries import Policy, Solver
from topo.flow.solution import NotSolved, Solution, SolverError, TooMany
from topo.lazy import late
from topo.near import hint
from topo.routing.operator import FactSheet, NotConnected, Routing, RoutingError
from traffic.demand import MAX_PAIRS, Demand, GroupedDemand

__all__ = [
    "DEFAULT_POLICY",
    "DEFAULT_SOLVER",
    "POLICIES",
    "SOLVERS",
    "FlowError",
    "NotConnected",
    "NotSolved",
    "Policy",
    "Routing",
    "RoutingError",
    "Solution",
    "Solver",
    "SolverError",
    "route",
    "solve",
    "unfit",
]

T = TypeVar("T")


class FlowError(ValueError):
    """A policy or solver that is unknown, not there yet, or asked for in the wrong company."""


#: What routes and solves where nothing is said.
DEFAULT_POLICY, DEFAULT_SOLVER = "ecmp", "proportional"
#: Pairs up to which a solver by commodity lists each, so that tables name all of them.
LISTED_PAIRS = 100_000
POLICIES: dict[str, Policy] = {
    "adaptive": Policy(
        late("topo.flow.adaptive:adaptive"),
        "splits over the same shortest paths that spare the hottest link: ideal minimal adaptive routing",
        solved=True,
    ),
    "ecmp": Policy(
        late("topo.routing.split:ecmp"),
        "equal split over all shortest paths at every switch: the fluid limit of spraying or of many flows",
        next_hops=True,
        alike=True,
        steady=late("topo.routing.balance:steady"),
    ),
    "ecmp-hash": Policy(
        late("topo.routing.drawn:ecmp_hash"),
        "every queue pair draws one link a hop at random; one draw of a distribution",
        one_path=True,
    ),
    "optimal": Policy(
        late("topo.flow.adaptive:optimal"),
        "any path, relays as stated, the best there is up to the gap printed: a yardstick, no protocol does it",
        shortest=False,
        solved=True,
        best=True,
    ),
    "spray": Policy(
        late("topo.routing.spray:spray"),
        "every queue pair sprays evenly over a set of drawn shortest paths; one draw of a distribution",
        one_path=True,
        sprays=True,
    ),
    "static": Policy(
        late("topo.routing.paths:static"),
        "destination-based forwarding tables: those of a file, or D-mod-k on trees",
        one_path=True,
        by_destination=True,
    ),
    "ugal": Policy(
        late("topo.flow.ugal:ugal_mix"),
        "any mix of a minimal split and Valiant, weighted with ideal information",
        shortest=False,
        solved=True,
        one_port=True,
        direct=True,
        turns=True,
    ),
    "valiant": Policy(
        late("topo.routing.valiant:valiant_split"),
        "minimal to a random switch of the same plane and minimal from there",
        shortest=False,
        straight=False,
        turns=True,
        alike=True,
    ),
    "wcmp": Policy(
        late("topo.routing.split:wcmp"),
        "split over all shortest paths by capacity",
        next_hops=True,
        alike=True,
        steady=late("topo.routing.balance:steady_by_capacity"),
    ),
}

SOLVERS: dict[str, Solver] = {
    "completion": Solver(
        late("topo.flow.completion:completion_times"),
        "max-min fair rates, refilled whenever a commodity ends, plus latency; phases run in their order",
        by_commodity=True,
        by_class=late("topo.flow.classed:completion_by_class"),
        bracket=late("topo.flow.bracket:bracketed"),
        timed=True,
        side_by_side=True,
    ),
    "max-concurrent": Solver(
        late("topo.flow.max_concurrent:max_concurrent"),
        "the largest common share of all commodities, with its certificate",
        needs_best=True,
    ),
    "max-min": Solver(
        late("topo.flow.max_min:max_min_rates"),
        "max-min fair rates, kept until the last commodity of a phase ends",
        by_commodity=True,
        by_class=late("topo.flow.classed:max_min_by_class"),
        bracket=late("topo.flow.bracket:bracketed_as_kept"),
    ),
    "proportional": Solver(
        late("topo.flow.proportional:proportional_rates"),
        "all commodities move in proportion to their sizes and end together",
        by_load=True,
    ),
}


def route(fabric: Fabric, demand: Demand | GroupedDemand, policy: str = DEFAULT_POLICY, **params: Any) -> Routing:
    """Return how ``policy`` spreads every commodity of ``demand`` over the links of ``fabric``.

    ``params`` are those of the policy's ``route`` in POLICIES, ``seed`` among them.

    Raises FlowError for an unknown policy or parameter, RoutingError where the policy is not
    defined for this fabric or demand, NotConnected where a commodity has no path.
    """
    entry = _known(POLICIES, "policy", policy)
    _check_params(entry.route, "policy", policy, params)
    routing = entry.route(fabric, demand, **params)
    return replace(routing, params=params) if isinstance(routing, FactSheet) else routing


def solve(
    fabric: Fabric, demand: Demand | GroupedDemand, routing: Routing, solver: str = DEFAULT_SOLVER, **params: Any
) -> Solution:
    """Return rates, loads and times of ``demand`` under ``routing``, complete and checked.

    A solver that looks at single commodities lists the pairs of a grouped demand and routes
    them again: ``solution.demand`` and ``solution.routing`` are what it solved.  It takes the
    queue pairs of ``ecmp-hash`` one by one, and tells what it found by commodity.  Above LISTED_PAIRS
    pairs, where the policy splits alike at nodes alike, one pair of each class stands for all.  What is too much
    to follow is bracketed: ``solution.least`` and ``completion_s`` are the soonest and the latest end.

    Raises FlowError for an unknown solver or parameter, SolverError for one that does not go with the
    policy, DemandError where the pairs are too many to list for the policy, NotSolved where the solver stops
    without an answer.
    """
    entry = _known(SOLVERS, "solver", solver)
    _check_params(entry.solve, "solver", solver, params)
    if (refusal := unfit(solver, routing.policy)) is not None:
        raise SolverError(f"solver {refusal}")
    if not entry.by_commodity:
        return entry.solve(fabric, demand, routing, **params)
    solution = _by_commodity(entry, fabric, demand, routing, params)
    return replace(solution, offered=demand, routed=routing)


def _by_commodity(
    entry: Solver, fabric: Fabric, demand: Demand | GroupedDemand, routing: Routing, params: Mapping[str, Any]
) -> Solution:
    """Return rates of their own for all commodities: by class, of each, or what is certain where they are too many."""

    def between(demand: Demand | GroupedDemand, paths: Routing, error: TooMany) -> Solution:
        if entry.bracket is None:
            raise error
        return entry.bracket(fabric, demand, paths, why=str(error), legs=_legs(routing), **params)

    if isinstance(demand, GroupedDemand):
        pairs, policy, own = demand.pairs.sum(), routing.policy, routing.params

        def again(one: Demand) -> Routing:
            return route(fabric, one, policy, **own)

        if by_classes(pairs, routing.policy) and entry.by_class:
            from topo.flow.classed import classed

            try:
                return entry.by_class(fabric, classed(fabric, demand, routing, again), **params)
            except TooMany as error:
                return between(demand, routing, error)
        if pairs > MAX_PAIRS and entry.bracket:
            return between(demand, routing, TooMany(f"{pairs:,.0f} pairs are too many to list"))
        demand = demand.listed()
        paths = again(demand)
    else:
        paths = routing

    def solved(demand: Demand, paths: Routing) -> Solution:
        try:
            return entry.solve(fabric, demand, paths, **params)
        except TooMany as error:
            return between(demand, paths, error)

    if isinstance(paths, FactSheet) and paths.several:
        return _by_queue_pair(solved, fabric, demand, paths)
    return solved(demand, paths)


def _by_queue_pair(
    solved: Callable[[Demand, Routing], Solution], fabric: Fabric, demand: Demand, routing: Routing
) -> Solution:
    from topo.flow.queue_pairs import by_queue_pair, of_commodities

    parts, paths, owner = by_queue_pair(fabric, demand, routing)
    return of_commodities(solved(parts, paths), demand, routing, owner)


def _legs(routing: Routing) -> int | None:
    """Return how many shortest paths in a row a path of ``routing`` is at most; None where nothing says so."""
    entry = POLICIES.get(routing.policy)
    if entry is None or routing.params.get("tables") is not None:
        return None
    return 1 if entry.shortest else 2 if entry.turns else None


def by_classes(pairs: float, policy: str) -> bool:
    """Return whether a solver by commodity takes ``pairs`` of a grouped demand by class instead of listing each."""
    return pairs > LISTED_PAIRS and policy in POLICIES and POLICIES[policy].alike


def unfit(solver: str, policy: str) -> str | None:
    """Return why ``solver`` does not go with ``policy``; None where it does.  A policy of one's own is as stated."""
    if not SOLVERS[solver].needs_best or (policy in POLICIES and POLICIES[policy].best):
        return None
    fit = ", ".join(name for name, entry in POLICIES.items() if entry.best)
    return f"{solver} picks the routing; use it with policy {fit}, not {policy!r}"


def _known(registry: Mapping[str, T], what: str, name: str) -> T:
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
