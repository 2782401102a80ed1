"""Cases that are alike in all but their seed, gathered: a result over seeds has a mean and a range."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from topo.report import names
from topo.report.load import Record
from topo.report.names import Named
from topo.report.panels.view import View

#: Sections of a case that may hold a seed; all but that must be equal.
_SECTIONS = ("fabric", "traffic", "routing", "solve", "cost", "labels")
#: Labels that the three names already say.
_NAMED = ("network", "fabric", "topology", "traffic", "workload", "routing", "policy", "routing.policy", "case")


@dataclass(frozen=True)
class Repeat:
    """One setting under one or more seeds, with the names that do not tell seeds apart."""

    network: str
    traffic: str
    policy: str
    cases: tuple[Named, ...]

    def values(self, key: str) -> list[float]:
        """Return the result ``key`` of every seed that has it, in the study's order."""
        found = (case.get(key) for case in self.cases)
        return [float(value) for value in found if isinstance(value, int | float) and not isinstance(value, bool)]

    def mean(self, key: str) -> float | None:
        """Return the mean of ``key`` over seeds, None where no seed has it."""
        values = self.values(key)
        return fmean(values) if values else None

    def least(self, key: str) -> float | None:
        """Return the least ``key`` over seeds, None where no seed has it."""
        return min(self.values(key), default=None)

    def most(self, key: str) -> float | None:
        """Return the largest ``key`` over seeds, None where no seed has it."""
        return max(self.values(key), default=None)


def repeats(view: View) -> list[Repeat]:
    """Return the computed cases with traffic, those alike in all but their seed together, in the study's order."""
    bare = replace(view.study, records=tuple(map(_seedless, view.study.records)))
    groups: dict[str, list[tuple[Named, Named]]] = {}
    for case, called in zip(view.cases, names.named(bare), strict=True):
        if case.record.ok and case.traffic:
            groups.setdefault(_key(called.record), []).append((case, called))
    axes = _clashing([held[0][1] for held in groups.values()])
    return [_repeat(held, axes) for held in groups.values()]


def _repeat(held: Sequence[tuple[Named, Named]], axes: Sequence[str]) -> Repeat:
    called = held[0][1]
    told = [f"{axis.rpartition('.')[2]} {called.record.labels.get(axis, 'unset')}" for axis in axes]
    policy = ", ".join((called.policy, *told))
    return Repeat(called.network, called.traffic, policy, tuple(case for case, _ in held))


def _seedless(record: Record) -> Record:
    return replace(record, case={key: _less(value) for key, value in record.case.items()})


def _less(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {key: item for key, item in value.items() if str(key).rpartition(".")[2] != "seed"}


def _key(record: Record) -> str:
    return json.dumps([record.case.get(key) for key in _SECTIONS], sort_keys=True, default=str)


def _clashing(called: Sequence[Named]) -> list[str]:
    """Return the axes, such as the solver, that tell groups of equal names apart."""
    alike: dict[tuple[str, str, str], list[Record]] = {}
    for one in called:
        alike.setdefault((one.network, one.traffic, one.policy), []).append(one.record)
    clash = [records for records in alike.values() if len(records) > 1]
    axes = names.order(axis for records in clash for record in records for axis in record.labels)
    unsaid = [axis for axis in axes if axis.lower() not in _NAMED]
    return [a for a in unsaid if any(len({r.labels.get(a) for r in records}) > 1 for records in clash)]
