"""States of small networks: against every set one by one, other draws, the whole Markov chain, and networkx."""

from __future__ import annotations

from itertools import combinations
from math import comb

import networkx as nx
import numpy as np
import pytest
from scipy.linalg import expm

import topo
import traffic
from topo.availability import Rates
from topo.availability.expected import Judged, Worth, expected
from topo.availability.passage import stays_good
from topo.availability.states import Counts, Level
from topo.availability.units import Units
from topo.config import read_case
from topo.config.errors import ConfigError
from topo.study import run_case
from topo.study.outages import Judge

HOUR = 3600.0
#: Rates far above any real one, so that states of many failed parts count.
RATES = Rates({"port": 1 / (40 * HOUR), "leaf": 1 / (90 * HOUR)}, {"port": 9 * HOUR, "leaf": 20 * HOUR})


@pytest.fixture(scope="module")
def tree():
    """Return 4 endpoints on 2 leaves and 1 spine, with all-to-all traffic."""
    fabric = topo.generate(
        "fat-tree-2", radix=4, endpoints=4, endpoints_per_host=1, scale_up=None, capacity=50e9, symmetry=True
    )
    return fabric, traffic.offer("uniform", n_ranks=4, ranks_per_host=1)


def units_of(tree, rates=RATES, *, alike=True):
    return Units.of(*[tree[0], rates, tree[1]], alike=alike)


def by_parts(parts):
    """Return a worth that falls with the number of parts that are down."""
    return Worth(1 / (1 + len(parts[0]) + len(parts[1])), float(len(parts[1]) == 0))


def judge(cables, nodes):
    return by_parts((cables, nodes))


def every_set(units):
    return [np.array(one, dtype=np.int64) for k in range(units.n + 1) for one in combinations(range(units.n), k)]


def probability(units, parts):
    down = np.isin(np.arange(units.n), parts)
    return float(np.prod(np.where(down, units.down, 1 - units.down)))


def test_every_set_is_in_one_state_and_probabilities_are_those_of_independent_parts(tree):
    units = units_of(tree)
    counts = Counts(units).probability
    assert units.images and counts.sum() == pytest.approx(1)
    for k in range(units.n + 1):
        level = Level.of(units, k)
        assert len(level.sets) == comb(units.n, k) and len(level.example) <= len(level.sets)
        alone = [probability(units, one) for one in level.sets]
        assert level.probability(units) == pytest.approx(np.bincount(level.state, alone))
        assert counts[k] == pytest.approx(sum(alone))
    assert len(Level.of(units, 1).example) == 2  # ports are alike, and leaves


def test_alike_states_are_worth_the_same(tree):
    """Routed and solved one by one, every set of up to two parts is worth what the example of its state is."""
    case = read_case("fat-tree-2:radix=4,endpoints=4,endpoints_per_host=1,scale_up=none", "uniform")
    fabric, demand = tree
    intact = topo.solve(fabric, demand, topo.route(fabric, demand))
    units, ask = units_of(tree), Judge(case, intact)
    for k in (1, 2):
        level = Level.of(units, k)
        worth = [ask(*units.taken(one)) for one in level.sets]
        assert worth == [worth[i] for i in level.example[level.state]]


def test_listed_in_full_it_is_the_sum_over_all_sets_with_symmetry_and_without(tree):
    for alike in (True, False):
        units = units_of(tree, alike=alike)
        found = expected(Judged(units, judge), most=2.0, exact=units.n, samples=0, seed=0)
        for interval, column in ((found.throughput, 0), (found.reach, 1), (found.within, 2)):
            whole = 0.0
            for parts in every_set(units):
                worth = by_parts(units.taken(parts))
                whole += probability(units, parts) * (worth.throughput, worth.reach, worth.within(2.0))[column]
            assert (interval.low, interval.value, interval.high) == pytest.approx((whole, whole, whole), rel=1e-12)


@pytest.mark.parametrize("exact", [0, 1, 2])
def test_bounds_and_draws_hold_the_exact_value(tree, exact):
    """95 % intervals of 30 seeds hold it at least 25 times (binomial: all but 0.3 %), and bounds always."""
    units = units_of(tree)
    whole = expected(Judged(units, judge), most=2.0, exact=units.n, samples=0, seed=0).throughput.value
    bounds = expected(Judged(units, judge), most=2.0, exact=exact, samples=0, seed=0).throughput
    assert bounds.low == bounds.value < whole < bounds.high
    judged = Judged(units, judge)
    drawn = [expected(judged, most=2.0, exact=exact, samples=400, seed=seed).throughput for seed in range(30)]
    assert sum(one.low <= whole <= one.high for one in drawn) >= 25
    assert np.mean([one.value for one in drawn]) == pytest.approx(whole, rel=0.01)
    assert max(one.high - one.low for one in drawn) < (bounds.high - bounds.low) / 3


def test_exact_agrees_with_plain_monte_carlo(tree):
    units = units_of(tree)
    whole = expected(Judged(units, judge), most=2.0, exact=units.n, samples=0, seed=0)
    down = np.random.default_rng(5).random((20_000, units.n)) < units.down
    judged = Judged(units, judge)
    drawn = np.array([judged(np.flatnonzero(row)).throughput for row in down])
    assert abs(drawn.mean() - whole.throughput.value) < 4 * drawn.std() / np.sqrt(len(drawn))


def test_a_period_without_slowdown_is_that_of_the_whole_chain(tree):
    """All 2^n states by dense matrix exponential; listed in full both ends are it, listed in part they hold it."""
    units = units_of(tree)
    every = every_set(units)
    number = {tuple(parts): i for i, parts in enumerate(every)}
    chain = np.zeros((len(every), len(every)))
    for i, parts in enumerate(every):
        for part in range(units.n):
            other = sorted(set(parts.tolist()) ^ {part})
            chain[i, number[tuple(other)]] = 1 / units.repair[part] if part in parts else units.rate[part]
    chain -= np.diag(chain.sum(axis=1))
    good = np.array([by_parts(units.taken(parts)).within(2.0) > 0 for parts in every])
    start = np.array([probability(units, parts) for parts in every])
    for period in (HOUR, 30 * HOUR):
        whole = float((start[good] @ expm(chain[np.ix_(good, good)] * period)).sum())
        for exact in (1, 2, units.n):
            found = expected(Judged(units, judge), most=2.0, exact=exact, samples=0, seed=0)
            lasting = stays_good(units, found, period=period, most=2.0)
            assert lasting.low - 1e-9 <= whole <= lasting.high + 1e-9
        assert (lasting.low, lasting.high) == pytest.approx((whole, whole), rel=1e-9)


@pytest.mark.parametrize("words", ["planes=1", "planes=2,nic=multi-port"])
def test_full_reach_agrees_with_networkx(words):
    """Endpoints reach each other where a path of switches joins them: every state is asked of the graph."""
    case = read_case(
        f"fat-tree-2:radix=4,endpoints=3,endpoints_per_host=1,scale_up=none,{words}",
        "uniform",
        availability="states:failures={port: 1 per 40 h, leaf: 1 per 90 h},repairs={port: 9h, leaf: 20h},exact=10",
    )
    found = run_case(case).results
    fabric = topo.generate(
        "fat-tree-2", radix=4, endpoints=3, endpoints_per_host=1, scale_up=None, capacity=50e9,
        planes=found["planes"], nic="multi-port" if found["planes"] > 1 else "single-plane",
    )  # fmt: skip
    units = Units.of(fabric, RATES, None, alike=False)
    reach = sum(probability(units, parts) for parts in every_set(units) if joined(fabric.without(**gone(units, parts))))
    assert found["full_reach"] == pytest.approx(reach, rel=1e-9)


def gone(units, parts):
    return dict(zip(("cables", "nodes"), units.taken(parts), strict=True))


def joined(fabric):
    graph, ends = nx.Graph(fabric.to_networkx()), range(fabric.n_endpoints)
    others = {a: graph.subgraph([n for n in graph if n >= fabric.n_endpoints or n == a]) for a in ends}
    switches = {a: set(nx.node_connected_component(others[a], a)) - {a} for a in ends}
    return all(switches[a] & switches[b] for a, b in combinations(ends, 2))


def test_two_planes_keep_half_where_one_keeps_nothing():
    """One port of q down the share q: throughput 1 - q over one plane; (1 - q)^2 + 2 q (1 - q) / 2 over two."""
    q = 9 / 49  # 9 h of repair after 40 h
    sections = {"availability": "states:failures={port: 1 per 40 h},repairs={port: 9h},exact=4"}
    single, double = (
        run_case(
            read_case(f"fat-tree-2:radix=4,endpoints=2,endpoints_per_host=1,scale_up=none,{words}", "shift", **sections)
        )
        for words in ("planes=1", "planes=2,nic=multi-port")
    )
    assert single.results["expected_throughput"] == pytest.approx((1 - q) ** 2)
    # Both whole: 1. One plane left to both, the other dead at either end or at both: 1/2.
    alive = (1 - q) ** 2  # a plane works where its two ports do
    assert double.results["expected_throughput"] == pytest.approx(alive**2 + 2 * alive * (1 - alive) / 2)


def test_results_are_the_same_every_time_and_without_traffic_closed_forms_stand_alone():
    words = "states:hardware=hpn,repair=4h,failures={gpu: 1 per 1000 d},checkpoint=1h,exact=1,samples=3,wait=7d"
    once, again = (
        run_case(read_case("fat-tree-2:radix=4,endpoints_per_host=2", "uniform", availability=words)).results
        for _ in range(2)
    )
    assert once == again
    alone = run_case(read_case("fat-tree-2:radix=4,endpoints_per_host=2", availability=words)).results
    shared = ("job_mttf_s", "ettr", "job_uninterrupted", "spares")
    assert {key: alone[key] for key in shared} == {key: once[key] for key in shared}
    assert "expected_throughput" not in alone and [row["part"] for row in alone["spares"]] == ["gpu", "port", "leaf"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("states:failures={leafs: 1 per d}", "'leafs' is no part; known: gpu, .*did you mean leaf"),
        ("states:failures={leaf: often}", "write how many per time"),
        ("states:length=9d", "length: a job that is played through needs checkpoints"),
        ("states:hardware=hpm", "did you mean hpn"),
    ],
)
def test_wrong_words_are_told_before_anything_runs(words, said):
    with pytest.raises(ConfigError, match=said):
        read_case("fat-tree-2:radix=4,endpoints_per_host=2", "uniform", availability=words)


def test_it_does_not_go_with_failures():
    with pytest.raises(ConfigError, match="leave failures"):
        read_case("fat-tree-2:radix=4", "uniform", availability="states:hardware=hpn", failures="random:count=1")


def test_a_part_without_a_repair_time_and_a_job_that_does_not_fit_are_refused():
    for words, said in (
        ("hardware=hpn", "needs a time to repair it"),
        ("gpus=99,failures={gpu: 1 per d}", "does not fit"),
    ):
        with pytest.raises(topo.availability.RatesError, match=said):
            run_case(read_case("fat-tree-2:radix=4,endpoints_per_host=2", "uniform", availability=f"states:{words}"))
