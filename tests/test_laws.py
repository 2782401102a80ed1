"""Random parameters of everything that takes parameters, through the same oracles as the fixed ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import traffic
from tests.oracles import check_demand, check_fabric, check_routing, check_solution
from topo.flow import FlowError, NotSolved, route, solve
from topo.generators import GeneratorError, generate
from topo.routing.operator import RoutingError
from traffic.demand import Demand, DemandError

RELAXED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SOLVERS = ("completion", "max-min", "proportional")

families = st.one_of(
    st.fixed_dictionaries(
        {
            "family": st.just("fat-tree-2"),
            "radix": st.sampled_from([4, 6, 8]),
            "oversubscription": st.sampled_from([1.0, 2.0, 3.0]),
            "planes": st.sampled_from([1, 2]),
            "nic": st.sampled_from(["single-plane", "multi-port"]),
        }
    ),
    st.fixed_dictionaries({"family": st.just("fat-tree-3"), "radix": st.sampled_from([4, 6])}),
    st.fixed_dictionaries({"family": st.just("slim-fly"), "q": st.sampled_from([3, 4]), "p": st.sampled_from([1, 2])}),
    st.fixed_dictionaries(
        {
            "family": st.just("dragonfly"),
            "a": st.integers(1, 4),
            "p": st.integers(1, 2),
            "h": st.integers(1, 2),
            "g": st.integers(2, 5),
        }
    ),
)
hosts = st.fixed_dictionaries({"endpoints_per_host": st.sampled_from([2, 4]), "scale_up": st.sampled_from([None, 3.0])})
patterns = st.sampled_from([name for name in traffic.PATTERNS if name not in ("moe-all-to-all", "training-step")])


def fabric_of(family, host):
    family = dict(family)
    try:
        return generate(family.pop("family"), capacity=1.0, **family, **host)
    except GeneratorError:
        assume(False)


def random_demand(n, seed, phases=2):
    rng = np.random.default_rng(seed)
    f = int(rng.integers(phases, 40))
    src = rng.integers(0, n, f)
    phase = np.concatenate([np.arange(phases), rng.integers(0, phases, f - phases)])
    dst = (src + rng.integers(1, n, f)) % n
    return Demand.of("random", n, src=src, dst=dst, size=rng.uniform(0.5, 4.0, f), phase=phase, repeat=[1, 3])


@given(families, hosts, patterns, st.sampled_from(["ecmp", "ecmp-hash", "static", "wcmp"]), st.sampled_from(SOLVERS))
@RELAXED
def test_every_combination_obeys_every_law(family, host, pattern, policy, solver):
    """Or refuses with an error of its own room; nothing else ever comes out."""
    fabric = fabric_of(family, host)
    check_fabric(fabric)
    try:
        demand = traffic.offer(pattern, n_ranks=fabric.n_endpoints, ranks_per_host=host["endpoints_per_host"])
        check_demand(demand)
        routing = route(fabric, demand, policy)
    except (DemandError, RoutingError):
        assume(False)
    check_routing(fabric, demand, routing, samples=3)
    check_solution(fabric, demand, solve(fabric, demand, routing, solver))


@given(families, hosts, st.integers(0, 2**31), st.sampled_from(["ecmp", "ecmp-hash", "wcmp"]), st.integers(0, 3))
@RELAXED
def test_random_demands_on_damaged_fabrics(family, host, seed, policy, failures):
    fabric = fabric_of(family, host)
    assume(fabric.n_endpoints >= 2)
    fabric = fabric.without(cables=np.random.default_rng(seed).integers(0, fabric.n_cables, failures))
    demand = random_demand(fabric.n_endpoints, seed)
    try:
        routing = route(fabric, demand, policy)
    except RoutingError:
        assume(False)
    check_routing(fabric, demand, routing, samples=3)
    for solver in SOLVERS:
        check_solution(fabric, demand, solve(fabric, demand, routing, solver))


@given(families, st.integers(0, 2**31))
@RELAXED
def test_solvers_are_ordered(family, seed):
    """Refill ends no earlier than the fullest link allows, and each phase no later than n times that."""
    fabric = fabric_of(family, {"endpoints_per_host": 2})
    assume(fabric.n_endpoints >= 2)
    demand = random_demand(fabric.n_endpoints, seed)
    try:
        routing = route(fabric, demand)
    except RoutingError:
        assume(False)
    best = solve(fabric, demand, routing, "proportional").phase_time
    for solver in ("completion", "max-min"):
        assert (solve(fabric, demand, routing, solver).phase_time >= best * (1 - 1e-12)).all()


@given(st.integers(0, 2**31), st.sampled_from(["ecmp", "ecmp-hash", "static"]), st.sampled_from(SOLVERS))
@RELAXED
def test_same_seed_same_bytes(seed, policy, solver):
    fabric = generate("fat-tree-2", radix=8, capacity=1.0)
    demand = random_demand(fabric.n_endpoints, seed)
    params = {"seed": seed} if policy == "ecmp-hash" else {}
    first, again = (solve(fabric, demand, route(fabric, demand, policy, **params), solver) for _ in range(2))
    assert first.finish.tobytes() == again.finish.tobytes()
    assert first.load.data.tobytes() == again.load.data.tobytes()


@given(st.integers(0, 2**31), st.sampled_from(SOLVERS))
@RELAXED
def test_planes_are_copies(seed, solver):
    """Two planes, traffic that stays in its plane: the times of one plane, twice."""
    one = generate("fat-tree-2", radix=4, oversubscription=3.0, capacity=1.0, endpoints_per_host=1)
    two = generate("fat-tree-2", radix=4, oversubscription=3.0, capacity=1.0, endpoints_per_host=2, planes=2)
    small = random_demand(one.n_endpoints, seed)
    pair = {end: np.concatenate([2 * getattr(small, end), 2 * getattr(small, end) + 1]) for end in ("src", "dst")}
    twice = {key: np.tile(getattr(small, key), 2) for key in ("size", "phase")}
    both = Demand.of("both", two.n_endpoints, **pair, **twice, repeat=small.repeat)
    here = solve(one, small, route(one, small), solver).phase_time
    there = solve(two, both, route(two, both), solver).phase_time
    np.testing.assert_allclose(there, here, rtol=1e-12)


@given(st.integers(0, 2**31), st.integers(1, 7), st.sampled_from(SOLVERS))
@RELAXED
def test_a_symmetry_changes_nothing(seed, by, solver):
    """Leaves of a two-layer tree change places: every commodity keeps its time."""
    fabric = generate("fat-tree-2", radix=8, capacity=1.0)
    image = (np.arange(32) + 4 * by) % 32
    demand = random_demand(32, seed)
    ends = {"src": image[demand.src], "dst": image[demand.dst]}
    moved = Demand.of("moved", 32, **ends, size=demand.size, phase=demand.phase, repeat=demand.repeat)
    times = [solve(fabric, d, route(fabric, d), solver).finish for d in (demand, moved)]
    np.testing.assert_allclose(np.sort(times[0]), np.sort(times[1]), rtol=1e-12)


def test_errors_of_the_rooms_are_value_errors():
    """The command line turns any of them into an exit; none is a bug's."""
    for error in (DemandError, FlowError, GeneratorError, NotSolved, RoutingError):
        assert issubclass(error, ValueError)
    with pytest.raises(FlowError):
        route(generate("fat-tree-2", radix=4, capacity=1.0), random_demand(8, 0), "nonesuch")
