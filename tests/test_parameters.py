"""Parameters say what they mean and which values they take, where they stand; code, schema and lists agree with it."""

from __future__ import annotations

from dataclasses import astuple
from typing import get_args

import pytest
from annotated_types import Ge, Gt, Le, Lt

import traffic
from tests.test_registries import HOST, fabric_of
from topo.config.case import SECTIONS
from topo.config.document import Document
from topo.config.keys import FABRIC_KEYS, own_parameters
from topo.config.schema import json_schema
from topo.config.sections import check_section
from topo.failures import FAILURES
from topo.flow import route, solve
from topo.generators import size_of
from topo.parameters import bounds, choices, meaning
from topo.routing.adversarial import adversarial

#: Numbers that any value will do for: shifts go both ways round.
FREE = {("traffic", "by")}
ENTRIES = [(key, name) for key, section in SECTIONS.items() for name in section.registry]
PARAMETERS = [
    (key, name, parameter, kind)
    for key, name in ENTRIES
    for parameter, (kind, _) in own_parameters(key, SECTIONS[key].function(name), name).items()
]
#: What an entry needs beside the parameter in question.
NEEDED = {
    "fat-tree-2": {"radix": 8},
    "fat-tree-3": {"radix": 8},
    "dragonfly": {"a": 4},
    "slim-fly": {"q": 5},
    "file": {"path": "f"},
}
#: Parameters that count in company alone.
COMPANY = {"redundant_experts": {"placement": "balanced"}}


def numeric(kind):
    return {int, float} & {kind, *get_args(kind), *(deeper for arg in get_args(kind) for deeper in get_args(arg))}


def outside(kind):
    """Yield values just outside the range that ``kind`` states."""
    whole = int in numeric(kind)
    for limit in getattr(kind, "__metadata__", ()):
        if isinstance(limit, Ge | Gt | Le | Lt):
            (edge,) = astuple(limit)
            step = 1 if whole else 1e-3
            yield {Ge: edge - step, Gt: edge, Le: edge + step, Lt: edge}[type(limit)]


OUTSIDE = [(*row, value) for row in PARAMETERS for value in outside(row[3])]


@pytest.mark.parametrize(("key", "name"), ENTRIES)
def test_every_parameter_says_what_it_means_and_numbers_their_range(key, name):
    for parameter, (kind, _) in own_parameters(key, SECTIONS[key].function(name), name).items():
        if parameter in ("path", "jobs"):  # of patterns that the study itself reads
            continue
        assert meaning(kind), f"{key} {name}: {parameter} does not say what it means"
        if numeric(kind) and (key, parameter) not in FREE:
            assert bounds(kind), f"{key} {name}: {parameter} does not say its range"


def test_the_common_keys_of_fabrics_say_what_they_mean():
    assert all(meaning(kind) for kind, _ in FABRIC_KEYS.values())


def call(key, name, arguments):
    """Call the entry itself, past all checks of a study."""
    if key == "fabric":
        own = SECTIONS[key].function(name)
        return (
            size_of(name, **NEEDED[name] | arguments)
            if own.__module__.startswith("topo.generators")
            else own(**NEEDED[name] | arguments)
        )
    fabric = fabric_of("fat-tree-2")
    if key == "traffic":
        if name == "adversarial":
            return adversarial(fabric, **arguments)
        return traffic.offer(name, n_ranks=64, ranks_per_host=8, **arguments)
    if key in ("availability", "floor", "placement", "spares"):
        ranks = {"n_ranks": 16, "ranks_per_host": 4} if key == "placement" else {}
        return SECTIONS[key].function(name)(**ranks, **arguments)
    if key == "failures":
        return FAILURES[name].losses(fabric, **arguments)
    demand = traffic.offer("shift", n_ranks=fabric.n_endpoints, ranks_per_host=HOST)
    routing = route(fabric, demand, name if key == "routing" else "ecmp", **arguments if key == "routing" else {})
    return solve(fabric, demand, routing, name if key == "solve" else "proportional")


@pytest.mark.parametrize(
    ("key", "name", "parameter", "kind", "value"), OUTSIDE, ids=[f"{row[1]}-{row[2]}={row[4]}" for row in OUTSIDE]
)
def test_what_lies_outside_is_refused_by_the_entry_and_by_a_study(key, name, parameter, kind, value):
    """The entry by itself says why, the study names the key, the range and the meaning."""
    with pytest.raises(ValueError, match=r"."):
        call(key, name, COMPANY.get(parameter, {}) | {parameter: value})
    if parameter == "bytes":  # a study gives it with its unit
        return
    section = {SECTIONS[key].word: name, **NEEDED.get(name, {}), parameter: value}
    _, problems = check_section(key, Document(section))
    (problem,) = problems
    assert problem.key == f"{key}.{parameter}"
    assert "is needed; got" in problem.text and meaning(kind) in problem.text


def test_the_schema_has_range_meaning_and_choices():
    definitions = json_schema()["$defs"]
    fan_in = definitions["traffic:incast"]["properties"]["fan_in"]
    assert fan_in["description"].startswith("ranks that send")
    assert fan_in["anyOf"][0] == {"minimum": 1, "type": "integer"}
    gap = definitions["routing:adaptive"]["properties"]["gap"]
    assert (gap["minimum"], gap["exclusiveMaximum"]) == (0, 1)
    assert definitions["fabric:fat-tree-2"]["properties"]["planes"]["description"]


def test_choices_are_those_of_the_function():
    kinds = {(name, parameter): kind for _, name, parameter, kind in PARAMETERS}
    assert choices(kinds["allreduce", "algorithm"]) == ["ring", "halving-doubling", "tree", "hierarchical"]
    assert choices(kinds["training-step", "tensor"]) == [True, False, "overlapped", "scheduled"]
    assert choices(kinds["shift", "by"]) == []
