"""A dry run approves nothing that then fails: what counts tell is refused, what they do not is looked up or doubted."""

from __future__ import annotations

import json
import time

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
    """Random cases over all registries: who is refused fails, by the same words, and who is approved runs."""
    approved = 0
    for case in drawn(60, seed):
        begin = time.process_time()
        said = raised(estimate, case)
        assert time.process_time() - begin < 2.0
        error = raised(study.run_case, case)
        if said is None:
            approved += 1
            assert error is None or estimate(case).doubts, error
        else:
            assert error is not None, said
            assert said == error.replace(", edited", "") or "D-mod-k" in said
    assert approved > 15


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
    given_ = {"part": part, "count": count, "together": together, "share": share}
    entry = FAILURES["random"]
    said, error = (raised(lambda size: work(size, **given_), on) for work, on in _both(entry, fabric))
    assert said == error or (said is None and not entry.counted(size_of(**fabric), **given_))


@settings(max_examples=40, deadline=None)
@given(fabric=st.sampled_from(FABRICS), part=st.sampled_from(sorted(PARTS)), count=st.sampled_from([1, 2]))
def test_a_search_that_counts_approve_can_be_made(fabric, part, count):
    entry = FAILURES["worst"]
    said, error = (raised(lambda size: work(size, part=part, count=count), on) for work, on in _both(entry, fabric))
    assert said == error or (said is None and not entry.counted(size_of(**fabric), part=part, count=count))


def _both(entry, fabric):
    return (entry.counted, size_of(**fabric)), (entry.losses, generate(**fabric, capacity=5e10))
