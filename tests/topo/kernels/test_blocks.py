"""Blocks of loops find the same wherever they run: in threads here, or copied to other processes, in any order."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest

import topo
from tests.test_registries import FABRICS, demand_of, fabric_of, refusal
from tests.topo.flow.test_solvers import not_in_rounds
from tests.topo.routing.cases import random_demand
from topo import kernels
from topo.fabric import Fabric
from topo.flow import POLICIES, route, solve
from topo.generators import generate
from topo.kernels import Loop, blocks_by
from topo.kernels.along import pull
from topo.kernels.distance import distance_histogram
from traffic import PATTERNS
from traffic.demand import Demand, GroupedDemand

#: What takes what runs in blocks.
LOOPS = {"in_blocks", "sweep", "_in_blocks", "_walked"}


def here(loop: Loop) -> Iterator[Any]:
    """Run the blocks of ``loop`` in turn."""
    return (loop.work(*block) for block in loop.blocks)


class Elsewhere:
    """Runs blocks as two other processes would, the last one first, and keeps the names of what it ran."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __call__(self, loop: Loop) -> Iterator[Any]:
        self.names |= set(names_of(loop.work))
        sent = cloudpickle.dumps(loop.work)
        works = [pickle.loads(sent) for _ in range(2)]
        found = [pickle.dumps(works[i % 2](*block)) for i, block in reversed(list(enumerate(loop.blocks)))]
        return map(pickle.loads, reversed(found))


def names_of(work: Any) -> Iterator[str]:
    """Yield the full names of ``work`` and of the functions that it holds."""
    yield f"{work.__module__}.{work.__qualname__}"
    for cell in work.__closure__ or ():
        if hasattr(cell.cell_contents, "__closure__"):
            yield from names_of(cell.cell_contents)


def loops(tree: ast.AST, scope: str, own: Container[str] = ()) -> Iterator[str]:
    """Yield the full names of functions in ``tree`` that run in blocks and share nothing, of those called ``own``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            made = {each.name for each in ast.walk(node) if isinstance(each, ast.FunctionDef)}
            yield from loops(node, f"{scope}.{node.name}.<locals>", made)
        elif isinstance(node, ast.ClassDef):
            yield from loops(node, f"{scope}.{node.name}")
        else:
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in LOOPS:
                shares = any(word.arg == "shares" for word in node.keywords)
                given = [arg.id for arg in node.args if isinstance(arg, ast.Name)]
                yield from (f"{scope}.{name}" for name in given if name in own and not shares)
            yield from loops(node, scope, own)


def every_loop() -> set[str]:
    """Return the full names of all functions of the house that run in blocks and share nothing."""
    root, found = Path(topo.__file__).parent, set[str]()
    for path in root.rglob("*.py"):
        module = ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        if any(f"{name}(" in text for name in LOOPS):
            found |= set(loops(ast.parse(text), module))
    return found


def cells() -> Iterator[tuple[Fabric, Demand | GroupedDemand, str]]:
    """Yield every pattern and every policy that is no search, on fabrics of every kind; and ports of a damaged one."""
    for number, name in enumerate(FABRICS):
        patterns = [pattern for i, pattern in enumerate(PATTERNS) if i % len(FABRICS) == number]
        for policy in (one for one, entry in POLICIES.items() if not entry.solved):
            for pattern in dict.fromkeys(["permutation", "uniform", *patterns]):
                if refusal(name, pattern, policy, "completion") is None:
                    yield fabric_of(name), demand_of(name, pattern), policy
    damaged = generate("slim-fly", q=3, planes=2, nic="multi-port", capacity=1.0).without(cables=[0])
    yield damaged, random_demand(damaged.n_endpoints), "ecmp"


def numbers(fabric: Fabric, demand: Demand | GroupedDemand, policy: str) -> list[bytes]:
    """Return what a routing says of links and commodities, and when these end."""
    routing = route(fabric, demand, policy)
    value = fabric.capacity * (1.0 + np.arange(fabric.n_links) % 7)
    along = routing.sum_along(value)
    found = [routing.load(1.0 + np.arange(len(along)) % 5), along, routing.min_along(value)]
    if (columns := routing.columns()) is not None:
        found += [columns.indptr, columns.indices, columns.data]
    if isinstance(demand, Demand):
        found += [solve(fabric, demand, routing, "completion").finish]
    return [each.tobytes() for each in found]


def distances() -> bytes:
    """Return how far the places of a ring of 700 are from each other."""
    at = np.arange(700)[:, np.newaxis]
    head = np.sort(np.hstack([at - 1, at + 1]) % 700, axis=1).ravel().astype(np.int32)
    return distance_histogram(np.arange(0, 1401, 2), head, at, at, np.ones(700)).tobytes()


def test_blocks_find_the_same_wherever_they_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every loop of the house, by every policy and pattern: copies of its blocks, last first, give the same bytes."""
    monkeypatch.setattr(kernels, "THREADED_VISITS", 0)
    monkeypatch.setattr("topo.flow.one_by_one.WORTH_PARTS", 0)
    monkeypatch.setattr("topo.flow.completion.in_rounds", not_in_rounds)
    elsewhere = Elsewhere()
    for fabric, demand, policy in cells():
        with blocks_by(here):
            expected = numbers(fabric, demand, policy)
        with blocks_by(elsewhere):
            assert numbers(fabric, demand, policy) == expected, f"{fabric.name}, {demand.name}, {policy}"
    expected = distances()
    with blocks_by(elsewhere):
        assert distances() == expected
    loops_of_the_house = every_loop()
    assert len(loops_of_the_house) > 10
    assert loops_of_the_house <= elsewhere.names


def test_a_kernel_is_the_same_in_another_process() -> None:
    """By its name: compiled there if it was not yet, and there once."""
    assert pickle.loads(pickle.dumps(pull)) is pull
    pull.ready()  # type: ignore[attr-defined]
    assert pickle.loads(cloudpickle.dumps(pull)) is pull


def test_who_has_the_blocks_may_leave_them_here() -> None:
    with blocks_by(lambda loop: None):
        found = list(kernels.in_blocks(lambda a, b: b - a, 100, visits=1e9))
    assert sum(found) == 100
    assert len(found) == kernels.N_BLOCKS


def test_blocks_that_share_stay_here() -> None:
    seen = np.zeros(100)

    def work(start: int, stop: int) -> None:
        seen[start:stop] += 1

    with blocks_by(Elsewhere()):
        assert list(kernels.in_blocks(work, 100, visits=1e9, shares=True)) == [None] * kernels.N_BLOCKS
    assert (seen == 1).all()
