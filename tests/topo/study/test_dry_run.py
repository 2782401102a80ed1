"""A dry run approves nothing that then fails: what counts tell is refused, what they do not is looked up or doubted."""

from __future__ import annotations

import json
import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.drawn_cases import draw
from topo import study
from topo.cli import main
from topo.config import parse_study, read_case
from topo.config.schema import json_schema
from topo.failures import FAILURES, PARTS, LossError, parts_of
from topo.failures.counted import parts_in
from topo.flow import POLICIES
from topo.generators import generate, size_of
from topo.study.estimate import estimate

#: Values of keys that make a case fail in the run: parts that are not there, edits, rooms, rates without repairs.
MORE = {
    "g": [None, None, 2, 3],
    "random.count": [1, 1, 2, 40, 5000],
    "worst.count": [1, 1, 2],
    "share": [None, None, 0.1, 1.0],
    "together": [1, 1, 3],
    "named.switch": [[], "leaf0", "spine0", ["leaf0", "leaf1"], "leaf999", 40],
    "named.cable": [[], 0, "leaf0 -- spine0", 99999],
    "named.nic": [[], 0, "nope", [0, 1]],
    "named.host": [[], 0, [0, 1], 999],
    "named.plane": [[], 0, 1, 7],
    "remove": [[], ["leaf0 -- spine0"], ["leaf0 port 1"], ["leaf0 -- nothing"]],
    "states.failures": [None, {"leaf": "1 % per year"}, {"optic": "1 % per year"}, {"core": "1 % per year"}],
    "states.repair": [None, "4h"],
    "samples": [3],
    "exact": [1],
    "lengths": [None, [1, 2], [1, 10, 100]],
    "racks_per_row": [4],
    "host_units": [8, 60],
    "effort": [0],
    "relay": ["none", "source", "spread", "split"],
    "scale_up": ["200GB/s", "none"],
    "micro_batches": [1, 2, 4],
}


def raised(work, case):
    """Return the text of the error that ``work`` of ``case`` ends with; None where it does not."""
    try:
        work(case)
    except ValueError as error:
        return str(error)
    return None


def drawn(n, seed):
    """Yield cases that a study file may say, with what each took in words."""
    cases = draw(json_schema(), n, seed, MORE)
    for case in cases:
        case["routing"] |= {"seconds": 0.2} if POLICIES[case["routing"]["policy"]].solved else {}
    text = json.dumps({"schema": 1, "title": "drawn", "invalid": "record", "cases": cases})
    yield from (case for case in parse_study(text, "drawn.yaml").cases if not case.refused)


@pytest.mark.parametrize("seed", [21, 22])
def test_what_a_dry_run_approves_runs(seed):
    """Random cases over all registries: who is approved runs, who is refused fails.

    By the same words, save where a case has two faults, a name says that it was edited, or a cable is named.
    """
    approved, refused, alike = 0, 0, 0
    for case in drawn(60, seed):
        begin = time.process_time()
        said = raised(partial(estimate, rehearse=True), case)
        assert time.process_time() - begin < 2.0
        error = raised(study.run_case, case)
        if said is None:
            approved += 1
            assert error is None or estimate(case, rehearse=True).doubts, error
        else:
            assert error is not None, said
            refused, alike = refused + 1, alike + (said == error)
    assert approved > 15 and 2 * alike >= refused > 2


#: Small networks of all families: all layers, planes of both kinds, groups.
FABRICS = (
    {"family": "fat-tree-2", "radix": 8},
    {"family": "fat-tree-2", "radix": 8, "planes": 2, "endpoints": 24},
    {"family": "fat-tree-2", "radix": 8, "planes": 2, "nic": "multi-port"},
    {"family": "fat-tree-3", "radix": 8},
    {"family": "fat-tree-3", "radix": 8, "planes": 2, "oversubscription": 3.0},
    {"family": "dragonfly", "a": 4, "p": 2, "h": 2},
    {"family": "slim-fly", "q": 5},
)


@pytest.mark.parametrize("fabric", FABRICS, ids=str)
@pytest.mark.parametrize("part", PARTS)
def test_counts_of_parts_are_those_of_the_network(fabric, part):
    """Of every tier, too; what a part does not have, and what a network has none of, is the same error."""
    built, size = generate(**fabric, capacity=5e10), size_of(**fabric)
    for tier in (None, "leaf", "spine", "core", "endpoint", "leaf-spine", "spine-core", "local", "global"):
        try:
            count = parts_of(built, part, tier).count
        except LossError as error:
            count, words = 0, str(error)
        try:
            assert parts_in(size, part, tier) in (count, None)
        except LossError as error:
            assert not count and str(error) == words


@settings(max_examples=60, deadline=None)
@given(
    fabric=st.sampled_from(FABRICS),
    part=st.sampled_from(sorted(PARTS)),
    count=st.sampled_from([1, 2, 30, 700]),
    together=st.integers(1, 4),
    share=st.sampled_from([None, 0.3, 1.0]),
)
def test_a_loss_that_counts_approve_can_be_drawn(fabric, part, count, together, share):
    _same("random", fabric, part=part, count=count, together=together, share=share)


@settings(max_examples=40, deadline=None)
@given(fabric=st.sampled_from(FABRICS), part=st.sampled_from(sorted(PARTS)), count=st.sampled_from([1, 2]))
def test_a_search_that_counts_approve_can_be_made(fabric, part, count):
    _same("worst", fabric, part=part, count=count)


def _same(pick, fabric, **words):
    """Assert that counts and the network refuse alike, or that counts say that they do not know."""
    entry, size, built = FAILURES[pick], size_of(**fabric), generate(**fabric, capacity=5e10)
    said = raised(lambda one: entry.counted(one, **words), size)
    error = raised(lambda one: entry.losses(one, **words), built)
    assert said == error or (said is None and not entry.counted(size, **words))


@pytest.mark.parametrize(
    ("fabric", "traffic", "how", "words"),
    [
        ("fat-tree-2:radix=8,planes=2,relay=none", "uniform", {}, "no path from endpoint"),
        ("fat-tree-2:radix=8,planes=2,scale_up=none", "shift", {}, "give hosts a scale-up switch"),
        ("fat-tree-2:radix=8,planes=2,nic=multi-port", "shift", {"routing": "ugal"}, "one network port"),
        ("dragonfly:a=4,p=2,h=2,g=2", "shift", {"routing": "valiant"}, "use g=3 or more"),
        ("fat-tree-2:radix=8", "shift", {"failures": "named"}, "nothing is given"),
        ("fat-tree-2:radix=8", "shift", {"failures": "named:switch=leaf99"}, "there is no 'leaf99'"),
        ("fat-tree-2:radix=8", "shift", {"failures": "random:part=core"}, "has no core"),
        ("fat-tree-2:radix=8", "shift", {"failures": "random:count=99"}, "count: 99 of 32 cables cannot fail"),
        (
            "fat-tree-2:radix=8",
            "shift",
            {"routing": "static", "failures": "random:reroute=local"},
            "reroute local: 'static' holds one link a destination",
        ),
        (
            "fat-tree-2:radix=8",
            "shift",
            {"routing": "adaptive", "failures": "random:reroute=tables"},
            "no tables to keep",
        ),
        (
            "fat-tree-2:radix=32",
            "shift",
            {"routing": "static", "failures": "worst:part=nic,count=2"},
            "too many to try",
        ),
        ("fat-tree-2:radix=8", "prefill-step:ep=8,micro_batches=2,tp=2", {}, "both send and nothing orders them"),
        (
            "fat-tree-2:radix=8",
            "shift",
            {"availability": "states:failures={leaf: 1 % per year}"},
            "a failed leaf needs",
        ),
        ("fat-tree-2:radix=8", "shift", {"floor": "hall:host_units=60"}, "does not fit a rack"),
    ],
)
def test_what_cannot_run_is_refused_by_the_words_of_the_run(fabric, traffic, how, words):
    case = read_case(fabric, traffic, **how)
    said = raised(partial(estimate, rehearse=True), case)
    assert said is not None and words in said
    assert raised(study.run_case, case) == said


@pytest.mark.parametrize(
    ("fabric", "traffic", "how", "words"),
    [
        ("fat-tree-2:radix=256,planes=8,relay=none", "shift:by=8", {}, "endpoints that no path joins"),
        ("fat-tree-3:radix=64", "uniform", {"failures": "named:switch=leaf0"}, "parts that fail"),
        ("fat-tree-3:radix=48", "prefill-step:ep=8,micro_batches=2", {}, "phases at the same time"),
        ("slim-fly:q=43", "permutation", {"routing": "optimal"}, ""),
        ("fat-tree-3:radix=64", "uniform", {"failures": "random:part=cable,count=3"}, ""),
    ],
)
def test_of_what_is_large_doubts_are_said(fabric, traffic, how, words, capsys):
    """Within a second; and nothing is said of what counts tell."""
    options = [word for key, text in how.items() for word in (f"--{key}", text)]
    begin = time.process_time()
    assert main(["analyze", fabric, traffic, *options, "--dry-run", "--json"]) == 0
    assert time.process_time() - begin < 1.0
    (found,) = json.loads(capsys.readouterr().out)["cases"]
    assert words in found["note"] and ("may still fail" in found["note"]) == bool(words)


def test_an_edit_that_cuts_is_refused():
    """Two leaves joined by nothing: the words are those of the run."""
    cut = {"remove": [f"leaf{a} -- spine{b}" for a in (0,) for b in range(4)]}
    text = {
        "schema": 1,
        "title": "cut",
        "fabric": {"family": "fat-tree-2", "radix": 8, "scale_up": "none"},
        "edit": cut,
    }
    (case,) = parse_study(json.dumps(text | {"traffic": "uniform", "cases": [{"name": "a"}]}), "cut.yaml").cases
    said = raised(partial(estimate, rehearse=True), case)
    assert said is not None and "no path" in said and raised(study.run_case, case) == said
