"""Candidates of a design, measured: cases of the store, several at once with workers, until the time is up."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np

from topo import __version__
from topo.config.case import Case, canonical_json
from topo.config.errors import ConfigError
from topo.config.nouns import fabric_of
from topo.config.question import Question
from topo.design import Candidate, Need
from topo.headway import within
from topo.study.executors import execute
from topo.study.interrupts import TimeUp, until
from topo.study.possible import Possible
from topo.study.record import is_final
from topo.study.store import Store

Results = dict[str, Any]
#: What a network may not do that its traffic asks: no case, so nothing that is measured is known.
_NONE: Results = {}
#: Keys that would look good where some traffic has no path left: they count where all of it arrives.
_OF_ALL = ("completion_s", "normalized_throughput", "slowdown", "switch_throughput", "theta")
#: Fields of a fabric that nothing measured hangs on: what it is called, ports of its switches, known symmetries.
_NAMES = ("name", "radix", "symmetry", "source", "intact")


class Measuring:
    """Measures candidates, called with as many as go at once, until the time is up."""

    def __init__(self, question: Question, store: Store | None = None, where: Mapping[str, Any] | None = None) -> None:
        self.question, self.store = question, store
        self.networks: set[str] = set()  # that were measured; switches of several sizes make the same one
        self._where = {"tables": store is not None, **(where or {})}
        self._end = time.monotonic() + question.seconds
        self._known: dict[str, Results] = {}  # by network
        self._networks: dict[str, str] = {}  # by identity of the case

    def __call__(self, some: Sequence[Candidate]) -> list[Mapping[str, Any]] | None:
        """Return the facts of each candidate that the design asks for; None where the time is up."""
        names = ", ".join(one.name for one in some)
        try:
            with within(f"{len(self.networks):,} networks measured, now {names}"):
                return self._measured(some)
        except TimeUp:
            return None

    def _measured(self, some: Sequence[Candidate]) -> list[Mapping[str, Any]]:
        failures = sorted({need.after for need in self.question.asked})
        cases = {
            (i, workload, after): self._case(one, workload, after)
            for i, one in enumerate(some)
            for workload in range(len(self.question.traffics))
            for after in failures
        }
        results = self._results([case for case in cases.values() if case])
        found = {key: results[case.identity(__version__)] if case else _NONE for key, case in cases.items()}
        asked, each = self.question.asked, range(len(some))
        facts: list[Mapping[str, Any]] = [{need.fact: self._fact(need, i, found) for need in asked} for i in each]
        firsts = {i: case for (i, *_), case in reversed(cases.items()) if case}
        self.networks |= {self._network(case) for case in firsts.values()}
        return facts

    def best(self, one: Candidate) -> Mapping[str, float] | None:
        """Return the facts of ``one`` at best; None where the time is up."""
        try:
            return self._possible(one) if time.monotonic() < self._end else None
        except TimeUp:
            return None

    @cached_property
    def _possible(self) -> Possible:
        return Possible(self.question, lambda: self._baseline)

    @cached_property
    def _baseline(self) -> list[Results]:
        """What one switch for all endpoints does under each workload."""
        cases = [self.question.baseline(workload) for workload in self.question.traffics]
        found = self._results(cases)
        return [found[case.identity(__version__)] for case in cases]

    def _network(self, case: Case) -> str:
        digest = case.identity(__version__)
        if digest not in self._networks:
            self._networks[digest] = network_of(case)
        return self._networks[digest]

    def _case(self, one: Candidate, workload: int, after: str) -> Case | None:
        """Return the case of ``one``; None where its traffic cannot run there."""
        try:
            return self.question.case(one, self.question.traffics[workload], after)
        except ConfigError:
            return None

    def _fact(self, need: Need, i: int, found: Mapping[tuple[int, int, str], Results]) -> float | None:
        """Return the value of ``need`` on candidate ``i``: times added up by weight, of other keys the worst."""
        own = self.question.concerned(need)
        key = "completion_s" if need.key == "slowdown" else need.key
        values: list[float] = [value for w in own if (value := found[i, w, need.after].get(key)) is not None]
        lost = need.key in _OF_ALL and any(found[i, w, need.after].get("unreachable_commodities") for w in own)
        if lost or len(values) < len(own):
            return None
        if need.key == "slowdown":
            alone = self.question.weighted(own, [self._baseline[w].get("completion_s") or 0.0 for w in own])
            return self.question.weighted(own, values) / alone if alone else None
        if need.key == "completion_s":
            return values[0] if need.of else self.question.weighted(own, values)
        return float(max(values) if need.sign == "<=" else min(values))

    def _results(self, cases: Sequence[Case]) -> dict[str, Results]:
        """Return the results of ``cases`` by identity; each is kept as soon as it is there."""
        found: dict[str, Results] = {}
        todo: dict[str, Case] = {}  # by network: twins are measured once
        alike: dict[str, str] = {}  # identity -> network
        for case in cases:
            digest = case.identity(__version__)
            stored, _ = self.store.read(digest) if self.store else (None, "")
            if stored is not None and is_final(stored):
                found[digest] = stored["results"]
            else:
                alike[digest] = self._network(case)
                todo.setdefault(alike[digest], case)
        new = {network: case for network, case in todo.items() if network not in self._known}
        with until(self._end):
            for case, ended in execute(list(new.values()), **self._where):
                self._known[alike[case.identity(__version__)]] = ended.record["results"]
                if self.store:
                    self.store.write(ended)
        return found | {digest: self._known[network] for digest, network in alike.items()}


def network_of(case: Case) -> str:
    """Return a digest that two cases share which differ in what their network is called and in ports left free.

    Switches of several sizes make the same network where endpoints are fewer than they hold.
    """
    digest = blake2b(digest_size=16)
    words = case.resolved() | {"fabric": case.fabric.get("hardware"), "name": "", "labels": {}}
    digest.update(canonical_json(words).encode())
    try:
        fabric = fabric_of(case, symmetry=False)
    except ValueError:  # its own outcome says why
        return case.identity(__version__)
    for one in fields(fabric):
        value = None if one.name in _NAMES else getattr(fabric, one.name)
        digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return digest.hexdigest()
