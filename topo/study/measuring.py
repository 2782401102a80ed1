"""Candidates of a design, measured: cases of the store, several at once with workers, until the time is up."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np

from topo import __version__
from topo.config.case import Case, canonical_json
from topo.config.design import Question, Workload
from topo.config.errors import ConfigError
from topo.config.nouns import demand_of, fabric_of
from topo.design import Candidate, Need
from topo.design.bounds import AllToAll, most_throughput
from topo.study.executors import execute
from topo.study.record import is_final
from topo.study.store import Store
from traffic.demand import GroupedDemand

Results = dict[str, Any]
#: What a network may not do that its traffic asks: no case, so nothing that is measured is known.
_NONE: Results = {}
#: Keys that would look good where some traffic has no path left: they count where all of it arrives.
_OF_ALL = ("completion_s", "normalized_throughput", "slowdown", "switch_throughput", "theta")
#: Fields of a fabric that nothing measured hangs on: what it is called, ports of its switches, known symmetries.
_NAMES = ("name", "radix", "symmetry", "source", "intact")


class Measuring:
    """Measures candidates, called with as many as go at once, until the time is up."""

    def __init__(
        self, question: Question, store: Store | None = None, workers: int = 0, scheduler: str | None = None
    ) -> None:
        self.question, self.store = question, store
        self._where = {"workers": workers, "scheduler": scheduler, "tables": store is not None}
        self._end = time.monotonic() + question.seconds
        self._known: dict[str, Results] = {}  # by network
        self._workloads: tuple[Workload | None, ...] = question.workloads or (None,)

    def __call__(self, some: Sequence[Candidate]) -> list[Mapping[str, Any]] | None:
        """Return the facts of each candidate that the design asks for; None where the time is up."""
        if time.monotonic() > self._end:
            return None
        failures = sorted({need.after for need in self.question.asked})
        cases = {
            (i, workload, after): self._case(one, workload, after)
            for i, one in enumerate(some)
            for workload in range(len(self._workloads))
            for after in failures
        }
        results = self._results([case for case in cases.values() if case])
        found = {key: results[case.identity(__version__)] if case else _NONE for key, case in cases.items()}
        return [{need.fact: self._fact(need, i, found) for need in self.question.asked} for i in range(len(some))]

    def optimistic(self, one: Candidate) -> Mapping[str, float]:
        """Return facts that no measurement of ``one`` can be better than."""
        shared = one.params.get("nic") == "multi-port"
        most = [most_throughput(one.size, alike, shared=shared) if alike else float("inf") for alike in self._alike]
        facts: dict[str, float | None] = {}
        for need in self.question.asked:
            own = [i for i, workload in enumerate(self._workloads) if need.of in ("", workload and workload.name)]
            if need.key == "normalized_throughput" and min(most[i] for i in own) < float("inf") and not need.after:
                facts[need.fact] = min(most[i] for i in own)
            if need.key == "slowdown":
                facts[need.fact] = self._least_slowdown(own, most)
        return {fact: value for fact, value in facts.items() if value is not None}

    def _least_slowdown(self, own: Sequence[int], most: Sequence[float]) -> float | None:
        """Return the slowdown where ports are as full as they can be; None where that is not known of all workloads."""
        times = []
        for i in own:
            theta, took = (self._baseline[i].get(key) for key in ("theta_port", "completion_s"))
            if not (theta and took and self._alike[i]):
                return None
            times.append((self._weight(i) / (theta * min(1.0, most[i])), self._weight(i) * took))
        return float(sum(least for least, _ in times) / sum(took for _, took in times))

    @cached_property
    def _baseline(self) -> list[Results]:
        """What one switch for all endpoints does under each workload."""
        cases = [self.question.baseline(workload) for workload in self._workloads]
        found = self._results(cases)
        return [found[case.identity(__version__)] for case in cases]

    @cached_property
    def _alike(self) -> list[AllToAll | None]:
        """What each workload is, where all send the same to all others of groups of one size."""
        return [self._all_to_all(self.question.baseline(workload)) for workload in self._workloads]

    def _all_to_all(self, case: Case) -> AllToAll | None:
        fabric = fabric_of(case, symmetry=False)
        demand = demand_of(case, fabric)
        if not isinstance(demand, GroupedDemand) or len(demand.size) > 1 or demand.label.min() < 0:
            return None
        sizes = np.unique(np.bincount(demand.label))
        domain = int(np.bincount(fabric.domain).max()) if case.fabric.get("scale_up") is not None else 1
        alone = case.sections.get("placement") is None and len(demand.label) == fabric.n_endpoints
        return AllToAll(int(sizes[0]), domain) if len(sizes) == 1 and alone else None

    def _case(self, one: Candidate, workload: int, after: str) -> Case | None:
        """Return the case of ``one``; None where its traffic cannot run there."""
        try:
            return self.question.case(one, self._workloads[workload], after)
        except ConfigError:
            return None

    def _fact(self, need: Need, i: int, found: Mapping[tuple[int, int, str], Results]) -> float | None:
        """Return the value of ``need`` on candidate ``i``: times added up by weight, of other keys the worst."""
        own = [w for w, workload in enumerate(self._workloads) if need.of in ("", workload and workload.name)]
        key = "completion_s" if need.key == "slowdown" else need.key
        values: list[float] = [value for w in own if (value := found[i, w, need.after].get(key)) is not None]
        lost = need.key in _OF_ALL and any(found[i, w, need.after].get("unreachable_commodities") for w in own)
        if lost or len(values) < len(own):
            return None
        if need.key == "slowdown":
            alone = self._added(own, [self._baseline[w].get("completion_s") or 0.0 for w in own])
            return self._added(own, values) / alone if alone else None
        if need.key == "completion_s":
            return values[0] if need.of else self._added(own, values)
        return float(max(values) if need.sign == "<=" else min(values))

    def _added(self, own: Iterable[int], values: Iterable[float]) -> float:
        return sum(self._weight(w) * value for w, value in zip(own, values, strict=True))

    def _weight(self, i: int) -> float:
        workload = self._workloads[i]
        return workload.weight if workload else 1.0

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
                alike[digest] = network_of(case)
                todo.setdefault(alike[digest], case)
        new = {network: case for network, case in todo.items() if network not in self._known}
        for case, ended in execute(list(new.values()), **self._where):  # type: ignore[arg-type]
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
