"""A design is what trying every network finds, with loops, prices and a measurement that share nothing with the search.

``PLANEWISE_DESIGNS=300`` asks that many random sets of requirements, a third of them measured on the fabrics.
"""

from __future__ import annotations

import os
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import topo
import traffic
from topo.design.bounds import AllToAll, most_throughput
from topo.flow import RoutingError, route, solve
from topo.generators import GeneratorError, generate, size_of
from topo.metrics import measure

MANY = int(os.environ.get("PLANEWISE_DESIGNS", "10"))
#: Of paper-table-3, as its rows say.
SWITCH, ENDPOINT, CABLE = 50_000, 516, 1_535
HOST = 2
RATE = 50e9
#: Alike for all, whose bound is by counts, and listed, whose bound is by cuts.
PATTERNS = {
    "uniform": {"pattern": "uniform"},
    "training": {"pattern": "training-step", "pp": 2, "ep": 2, "tokens": 64},
}
LIMITS = [
    None,
    None,
    ("normalized_throughput", ">=", 0.6),
    ("normalized_throughput", ">=", 1.0),
    ("slowdown", "<=", 1.3),
]


def sizes(endpoints: int, radix: int, planes: int):
    """Yield family, parameters and size of every network of switches of ``radix`` ports."""
    host = max(1, HOST // planes)
    wirings = ("host", "rail") if host > 1 else ("host",)
    for family, wiring, up, down in product(
        ("fat-tree-2", "fat-tree-3"), wirings, range(1, radix), range(host, radix, host)
    ):
        yield from full_or_less(family, endpoints, planes, radix=radix, wiring=wiring, up=up, down=down)
    for q in range(3, radix):
        fits = [p for p in range(1, radix) if list(full_or_less("slim-fly", endpoints, planes, radix, q=q, p=p))]
        enough = [p for p in fits if total("slim-fly", planes, q=q, p=p) >= endpoints]
        for p in (enough or fits[::-1])[:1]:
            yield from full_or_less("slim-fly", endpoints, planes, radix, q=q, p=p)
    for a, share, p in product(range(1, radix), (4, 2, 1), range(1, radix)):
        own = {"a": a, "h": a // share, "p": p}
        if a % share:
            continue
        fits = [g for g in range(1, a * a + 2) if list(full_or_less("dragonfly", endpoints, planes, radix, g=g, **own))]
        enough = [g for g in fits if total("dragonfly", planes, g=g, **own) >= endpoints]
        for g in (enough or fits[::-1])[:1]:
            yield from full_or_less("dragonfly", endpoints, planes, radix, g=g, **own)


def total(family, planes, **params):
    """Return the endpoints of the full network."""
    return size_of(family, planes=planes, endpoints_per_host=HOST, **params).endpoints


def full_or_less(family, endpoints, planes, most=64, **params):
    """Yield the network with ``endpoints``, or as full as it goes; nothing where there is none."""
    try:
        size = size_of(family, planes=planes, endpoints_per_host=HOST, **params)
        if size.endpoints > endpoints:
            size = size_of(family, planes=planes, endpoints_per_host=HOST, endpoints=endpoints, **params)
    except GeneratorError:
        return
    if size.buildable and size.radix <= most:
        yield family, params, size


def usd(size):
    """Return the price by hand."""
    return size.switches * SWITCH + size.endpoint_links * ENDPOINT + size.switch_links * CABLE


def measured(key, pattern, network):
    """Return the normalized throughput, or the slowdown against one switch, under ECMP; None where it has none."""
    family, params, size, planes = network
    try:
        seconds, results = run(pattern, family, **params, planes=planes, endpoints=size.endpoints)
        if key == "normalized_throughput":
            return results[key]
        alone, _ = run(pattern, "fat-tree-2", radix=4 * size.endpoints, endpoints=size.endpoints)
    except (GeneratorError, RoutingError, ValueError):
        return None
    return seconds / alone if alone else None


def run(pattern, family, **params):
    """Return the time of ``pattern`` [s] and its other results."""
    fabric = generate(family, **params, endpoints_per_host=HOST, capacity=RATE, scale_up=18 * RATE)
    demand = traffic.offer(n_ranks=fabric.n_endpoints, ranks_per_host=HOST, **PATTERNS[pattern])
    solution = solve(fabric, demand, route(fabric, demand, "ecmp"))
    return solution.completion_s, measure(solution)


@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    endpoints=st.sampled_from([8, 12, 16, 20]),
    radix=st.sampled_from([4, 6, 8]),
    planes=st.sampled_from([[1], [2], [1, 2]]),
    needs=st.fixed_dictionaries(
        {
            "diameter": st.sampled_from([None, 4, 5]),
            "switches": st.sampled_from([None, 4, 8, 16]),
            "oversubscription": st.sampled_from([None, 1.0, 2.0]),
        }
    ),
    traffic_and_limit=st.tuples(st.sampled_from(list(PATTERNS)), st.sampled_from(LIMITS)),
)
def test_the_best_is_the_cheapest_of_all(endpoints, radix, planes, needs, traffic_and_limit):
    pattern, limit = traffic_and_limit
    words = [f"{key}<={most}" for key, most in needs.items() if most is not None]
    words += ["".join(map(str, limit))] if limit else []
    words += [f"traffic.{key}={value}" for key, value in PATTERNS[pattern].items()]
    answer = topo.run_design(
        [
            *(f"endpoints={endpoints}", f"switches=[{radix}]", f"planes={planes}", "cost.prices=paper-table-3"),
            *(
                "fabric.endpoints_per_host=2",
                "fabric.scale_up=900GB/s",
                "fabric.rate=400Gb/s",
                *words,
            ),
        ]
    )
    assert answer.proven
    best = None if answer.best is None else answer.best.facts["cost_usd"]
    everything = [(one, n) for n in planes for one in sizes(endpoints, radix, n)]
    good = [
        (usd(size), family, params, size, n)
        for (family, params, size), n in everything
        if holds(size, endpoints, needs)
    ]
    meeting = [row for row in sorted(good, key=lambda row: row[0]) if best is None or row[0] <= best * (1 + 1e-9)]
    if not limit:
        assert best == pytest.approx(min((row[0] for row in good), default=None))
        return
    key, sign, edge = limit
    found = [(row[0], measured(key, pattern, row[1:])) for row in meeting]
    way = 1 if sign == "<=" else -1
    winners = [price for price, value in found if value is not None and way * value <= way * edge + 1e-9]
    assert best == (pytest.approx(min(winners)) if winners else None)


def holds(size, endpoints, needs):
    """Return whether a network meets what is counted."""
    facts = {
        "diameter": size.diameter,
        "switches": size.switches,
        "oversubscription": max(size.oversubscription.values(), default=1.0),
    }
    enough = size.endpoints >= endpoints
    return enough and all(
        limit is None or (facts[key] is not None and facts[key] <= limit * (1 + 1e-9)) for key, limit in needs.items()
    )


@pytest.mark.parametrize("policy", ["ecmp", "optimal"])
@pytest.mark.parametrize(
    ("family", "planes", "params"),
    [
        ("fat-tree-2", 1, {"radix": 8, "up": 2, "down": 4}),
        ("fat-tree-2", 2, {"radix": 8, "up": 3, "down": 5}),
        ("fat-tree-3", 1, {"radix": 4, "up": 1, "down": 2}),
        ("slim-fly", 1, {"q": 3, "p": 3}),
        ("slim-fly", 2, {"q": 3, "p": 2}),
        ("dragonfly", 1, {"a": 4, "p": 4, "g": 5}),
        ("dragonfly", 2, {"a": 2, "p": 2}),
    ],
)
def test_no_routing_passes_the_bound(family, planes, params, policy):
    """Nor does the optimum, which bounds of other routings cannot pass."""
    fabric = generate(family, **params, planes=planes, endpoints_per_host=HOST, capacity=1.0, scale_up=9.0)
    demand = traffic.offer("uniform", n_ranks=fabric.n_endpoints, ranks_per_host=HOST)
    solution = solve(fabric, demand, route(fabric, demand, policy, **({"gap": 0.02} if policy == "optimal" else {})))
    size = size_of(family, **params, planes=planes, endpoints_per_host=HOST)
    bound = most_throughput(size, AllToAll(fabric.n_endpoints, HOST), shared=False)
    assert measure(solution)["normalized_throughput"] <= bound * (1 + 1e-9)
    assert bound < 4 * measure(solution)["normalized_throughput"]
