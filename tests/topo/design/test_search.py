"""The best of a space is what trying every network finds, conflicts are the fewest, and what is returned is built."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topo
from topo.config import ConfigError
from topo.config.design import load_design, parse_design
from topo.config.prices import load
from topo.design import Form, Need, Space, Switch, candidates, search
from topo.design.conflict import conflict
from topo.design.front import front_of
from topo.design.trial import Trial, no_bound, nothing
from topo.generators import generate, size_of
from topo.units import from_gbps

PAPER = load("paper-table-3")
SMALL = list(
    candidates(
        Space(
            24,
            (Switch(6, None), Switch(8, None)),
            from_gbps(400),
            tuple(Form(n, "single-plane") for n in (1, 2)),
            endpoints_per_host=2,
            prices=PAPER,
        )
    )
)
LIMITS = st.sampled_from(
    [
        Need("endpoints", ">=", 24),
        Need("endpoints", ">=", 25),
        *(Need("switches", "<=", n) for n in (4, 8, 12, 20)),
        *(Need("cost_usd", "<=", usd) for usd in (2e5, 5e5, 1e6)),
        *(Need("diameter", "<=", n) for n in (2, 4)),
        *(Need("oversubscription", "<=", r) for r in (1, 2)),
        Need("bisection_per_endpoint", ">=", 1),
    ]
)


def throughput(one):
    """Stand in for a solver: some number that no closed form here gives."""
    return {"normalized_throughput": (one.facts["switches"] * 7 % 5 + 1) / 5}


@settings(max_examples=60, deadline=None)
@given(st.lists(LIMITS, max_size=4, unique=True), st.sampled_from([None, 0.4, 0.8, 1.0]))
def test_the_best_is_that_of_exhaustive_enumeration(needs, least):
    """With and without a requirement that is measured."""
    more = [] if least is None else [Need("normalized_throughput", ">=", least)]
    answer = search(SMALL, needs, minimize=["cost_usd"], measured=more, measure=lambda some: [*map(throughput, some)])
    good = [
        one
        for one in SMALL
        if all(need.holds(one.facts) for need in needs) and all(need.holds(throughput(one)) for need in more)
    ]
    assert answer.proven
    if good:
        assert answer.best.facts["cost_usd"] == min(one.facts["cost_usd"] for one in good) == answer.least_possible
        assert not answer.conflict
        return
    assert answer.best is None
    fewest = next(
        n
        for n in range(len(needs) + len(more) + 1)
        for some in combinations([*needs, *more], n)
        if not any(all(need.holds(one.facts | throughput(one)) for need in some) for one in SMALL)
    )
    facts = [one.facts | throughput(one) for one in SMALL]
    assert len(answer.conflict) >= fewest
    assert not any(all(need.holds(f) for need in answer.conflict) for f in facts)
    if not more:
        assert len(answer.conflict) == fewest


def test_nothing_measured_before_the_time_is_up_is_a_bracket():
    answer = search(SMALL, [], minimize=["cost_usd"], measured=[Need("theta", ">=", 1)], measure=lambda some: None)
    assert not answer.proven
    assert answer.best is None
    assert answer.least_possible == min(one.facts["cost_usd"] for one in SMALL)


def test_the_front_is_what_nothing_else_is_as_good_as():
    keys = ("cost_usd", "diameter")
    front, _ = front_of(SMALL, keys, Trial((), nothing, no_bound))
    values = {tuple(one.facts[key] for key in keys) for one in SMALL}
    want = {a for a in values if not any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in values)}
    assert {tuple(one.facts[key] for key in keys) for one in front} == want
    assert len(front) == len(want)


def test_conflict_is_empty_without_candidates():
    assert conflict([], [Need("endpoints", ">=", 1)]) == ()


def test_every_network_of_the_space_is_what_is_built():
    """At every twelfth: counts in closed form are those of the fabric."""
    for one in SMALL[::12]:
        fabric = generate(one.family, **one.params, endpoints=one.size.endpoints, endpoints_per_host=2, capacity=1.0)
        assert (fabric.n_endpoints, fabric.size.switches) == (one.facts["endpoints"], one.facts["switches"])
        assert fabric.size.switch_links == one.facts["switch_links"]


def test_planes_win_where_the_paper_says_so():
    """16,384 endpoints of 64-port switches without oversubscription: the eight planes of two layers, $72 million."""
    answer = topo.run_design(
        ["endpoints=16384", "cost.prices=paper-table-3", "bisection_per_endpoint>=1", "planes=[1,8]"]
    )
    assert answer.proven
    assert answer.best.family == "fat-tree-2"
    assert (answer.best.facts["switches"], answer.best.facts["switch_links"]) == (768, 16384)
    assert answer.best.facts["cost_usd"] == pytest.approx(72e6, abs=0.5e6)
    three = [
        one for one in answer.losers if one.candidate.family == "fat-tree-3" and one.binding.startswith("cost_usd")
    ]
    assert min(one.candidate.facts["cost_usd"] for one in three) > answer.best.facts["cost_usd"]


def test_eight_planes_of_512_ports_hold_131072_nics():
    """MRC: 800G NICs as eight 100G ports, 6,144 switches in two layers a plane."""
    size = size_of("fat-tree-2", radix=512, planes=8, nic="multi-port", endpoints=131072)
    answer = topo.run_design(
        [
            *("endpoints=131072", "fabric.rate=800Gb/s", "switches=[512 x 100Gb/s, 64 x 800Gb/s]", "planes=[1,8]"),
            *("nic=[single-plane, multi-port]", "bisection_per_endpoint>=1", "diameter<=4"),
            *("families={fat-tree-2: {up: [256], down: [256, 32]}, fat-tree-3: {up: [32], down: [32]}}",),
        ]
    )
    assert answer.proven
    assert answer.best.params["nic"] == "multi-port"
    assert answer.best.facts["switches"] == size.switches == 6144
    full = [one for one in answer.losers if one.candidate.family == "fat-tree-3" and "endpoints 65,536" in one.binding]
    assert full  # three layers of 64 ports end at half as many


def test_a_measured_requirement_holds_on_the_fabric(tmp_path):
    words = ["endpoints=32", "switches=[8]", "traffic=uniform", "planes=[1]", "families=[fat-tree-2]", "slowdown<=1.1"]
    answer = topo.run_design([*words, "fabric.endpoints_per_host=4"], folder=tmp_path)
    assert answer.proven
    assert answer.best.facts["slowdown"] <= 1.1
    assert all("slowdown" in one.binding for one in answer.losers if one.candidate.facts.get("slowdown", 1) > 1.1)
    assert len(list((tmp_path / "cases").iterdir())) == answer.measured + 1  # and one switch for all


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("design: {endpoint: 3}", r"d\.yaml:1:10: design\.endpoint: unknown key.*did you mean endpoints"),
        ("design: {endpoints: 3}", r"d\.yaml:1:1: design\.switches: no switch is on offer"),
        ("design: {endpoints: 3, switches: [8 at 4]}", r"d\.yaml:1:35: design\.switches: '8 at 4' is no switch"),
        ("design: {endpoints: 3, require: [slowdwn <= 1]}", r"d\.yaml:1:\d+: .*did you mean slowdown"),
        ("design: {endpoints: 3, require: [slowdown = 1]}", r"is not key <= value"),
        ("design: {endpoints: 3, require: [slowdown <= 1]}", r"slowdown is measured on traffic"),
        ("design: {endpoints: 3, require: [cost_usd <= much]}", r"a number is needed; got 'much'"),
        ("design: {endpoints: 3, minimize: price}", r"design\.minimize: 'price' is unknown"),
        ("design: {endpoints: 3, switches: [8], families: [fat-tree]}", r"design\.families: .*did you mean fat-tree-"),
        ("design: {endpoints: 3}\nfabric: {planes: 3}", r"d\.yaml:2:10: fabric\.planes: is for the search"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_design(text, "d.yaml")


def test_words_need_a_sign():
    with pytest.raises(ConfigError, match="is no shipped design, file, key=value or requirement"):
        load_design(["endpoints"])
    with pytest.raises(ConfigError, match="key=value or a requirement is needed"):
        load_design(["endpoints=8", "switches"])


def test_words_after_a_file_change_it(tmp_path):
    """A key is set, a requirement is one more, and both are told by their own place."""
    path = tmp_path / "d.yaml"
    path.write_text("design: {endpoints: 8, switches: [8], require: [diameter <= 4]}\n")
    asked = load_design([str(path), "switches<=9", "endpoints=16", "time=2s"])
    assert [str(need) for need in asked.closed] == ["endpoints >= 16", "diameter <= 4", "switches <= 9"]
    assert asked.seconds == 2
    with pytest.raises(ConfigError, match=r"^switchs<=9: design\.require: .*did you mean switches"):
        load_design([str(path), "switchs<=9"])
    with pytest.raises(ConfigError, match=r"did you mean design-16384"):
        load_design(["design-1638"])
