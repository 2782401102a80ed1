"""One random case by its number: a small network, whole or damaged, a traffic, and every policy that takes it.

The laws are those that make a number worth signing: values below bounds, more choice never worse, bytes
conserved, and solved policies equal to one linear programme over arcs that shares nothing with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import traffic
from tests.topo.flow.programme import least_congestion, least_mixture
from topo.fabric import RELAYS, Fabric
from topo.flow import POLICIES, RoutingError, route, solve
from topo.flow.solved import chosen_links
from topo.generators import GeneratorError, generate
from topo.routing.relay import RelayRouting
from topo.routing.split import wcmp
from topo.routing.valiant import valiant_split
from traffic.demand import Demand, DemandError, GroupedDemand

FAMILIES = {
    "dragonfly": {"a": (1, 2, 4), "p": (1, 2), "h": (1, 2), "g": (2, 3, 5)},
    "fat-tree-2": {
        "radix": (4, 8),
        "oversubscription": (1.0, 2.0, 3.0),
        "wiring": ("host", "rail"),
        "endpoints": (0, 12),
    },
    "fat-tree-3": {"radix": (4, 6), "endpoints": (0, 12, 24)},
    "slim-fly": {"q": (3, 4), "p": (1, 2)},
}
MOST_ENDPOINTS = 40
#: Variables up to which the linear programme is asked.
MOST_VARIABLES = 6_000
#: Policy -> those whose choices it contains.
CONTAINS = {
    "adaptive": ("ecmp", "wcmp", "ecmp-hash", "spray", "static"),
    "ugal": ("ecmp", "adaptive", "valiant"),
    "optimal": ("ecmp", "adaptive", "ugal", "valiant"),
}
GAP = 1e-6


@dataclass(frozen=True)
class Soaked:
    """A case as drawn."""

    words: str
    fabric: Fabric
    demand: Demand | GroupedDemand


def draw(number: int) -> Soaked:
    """Return case ``number``: the first that is a network and a traffic of what its random numbers give."""
    random = np.random.default_rng(number)
    while (case := _drawn(number, random)) is None:
        pass
    return case


def _drawn(number: int, random: np.random.Generator) -> Soaked | None:
    def pick(choices):
        return choices[random.integers(len(choices))]

    family = pick(tuple(FAMILIES))
    params = {key: pick(values) for key, values in FAMILIES[family].items()}
    if not params.get("endpoints"):
        params.pop("endpoints", None)
    params |= {"planes": pick((1, 2, 2, 3)), "nic": pick(("single-plane", "multi-port")), "relay": pick(RELAYS)}
    params |= {"endpoints_per_host": pick((1, 2, 4, 6)), "scale_up": pick((None, 3.0, 9.0))}
    pattern, failed = pick(("random", "random", *traffic.PATTERNS)), int(pick((0, 0, 1, 2, 3)))
    words = f"case {number}: {family} {params}, {failed} cables failed, {pattern}"
    try:
        fabric = generate(family, capacity=1.0, symmetry=bool(random.integers(2)), **params)
        if not 2 <= fabric.n_endpoints <= MOST_ENDPOINTS:
            return None
        fabric = fabric.without(cables=random.integers(0, fabric.n_cables, failed))
        return Soaked(words, fabric, _demand(pattern, fabric, params["endpoints_per_host"], random))
    except (GeneratorError, DemandError):
        return None


def _demand(pattern: str, fabric: Fabric, per_host: int, random: np.random.Generator) -> Demand | GroupedDemand:
    n = fabric.n_endpoints
    if pattern != "random":
        return traffic.offer(pattern, n_ranks=n, ranks_per_host=per_host, seed=int(random.integers(100)))
    f = int(random.integers(1, 30))
    src = random.integers(0, n, f)
    dst = (src + random.integers(1, n, f)) % n
    return Demand.of("random", n, src=src, dst=dst, size=random.choice([1e-3, 1.0, 2.0, 3e6], f))


def check(case: Soaked) -> None:
    """Raise AssertionError, or whatever came of it, where a law does not hold; the laws of ``solve`` are among them."""
    fabric, demand = case.fabric, case.demand
    value, bound = {}, {}
    for policy, effort in ((p, {"gap": 0.0} if p in CONTAINS else {}) for p in POLICIES):
        try:
            routing = route(fabric, demand, policy, **effort)
        except RoutingError as refusal:
            assert str(refusal), f"{case.words}: {policy} is refused without a word"
            continue
        solution = solve(fabric, demand, routing)  # refuses what loses traffic, overloads links or passes its bound
        value[policy], bound[policy] = solution.overall_theta, solution.bound
        if policy in CONTAINS and routing.complete and demand.n_phases == 1:
            least = least_possible(fabric, demand, policy)
            if least is not None:
                time = routing.load(demand.size) / fabric.capacity
                found, forced = (
                    time[chosen_links(fabric)].max(initial=0.0),
                    time[~chosen_links(fabric)].max(initial=0.0),
                )
                assert max(found, forced) <= max(least, forced) * (1 + GAP), f"{case.words}: {policy} misses {least}"
                assert found >= least * (1 - GAP), f"{case.words}: {policy} passes the linear programme, {least}"
    for policy, contained in CONTAINS.items():
        for other in contained:
            if policy in value and other in value:
                assert value[other] <= value[policy] * (1 + GAP), f"{case.words}: {other} beats {policy}"
                assert value[other] <= bound[policy] * (1 + 1e-9), f"{case.words}: {other} passes the bound of {policy}"


def least_possible(fabric: Fabric, demand: Demand | GroupedDemand, policy: str) -> float | None:
    """Return the least congestion of ``policy`` by linear programme over its network legs; None where too large."""
    listed = demand.listed() if isinstance(demand, GroupedDemand) else demand
    base = wcmp(fabric, listed)
    legs = base.inner if isinstance(base, RelayRouting) else base
    size = base.legs @ listed.size if isinstance(base, RelayRouting) else listed.size
    if not len(size) or len(size) * fabric.n_links > MOST_VARIABLES:
        return None
    part = Legs(legs.src, legs.dst, size)
    if policy == "ugal":
        oblivious = valiant_split(fabric, listed)
        return least_mixture(fabric, part, legs, oblivious.inner if isinstance(oblivious, RelayRouting) else oblivious)
    minimal = None if policy == "optimal" else legs.columns().toarray().T > 0
    return least_congestion(fabric, part, minimal=minimal, on=chosen_links(fabric))


@dataclass(frozen=True)
class Legs:
    """Network legs as the programme takes a demand."""

    src: np.ndarray
    dst: np.ndarray
    size: np.ndarray

    @property
    def n_commodities(self) -> int:
        """Number of legs."""
        return len(self.size)
