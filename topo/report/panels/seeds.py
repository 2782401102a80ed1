"""Cases that are alike in all but their seed, gathered: a result over seeds has a mean and a range."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from topo.report import names
from topo.report.load import Record
from topo.report.names import Named
from topo.report.panels.view import View

#: Sections of a case that may hold a seed; all but that must be equal.
_SECTIONS = ("fabric", "traffic", "routing", "solve", "cost")
#: Labels that name a policy.
_POLICY = ("routing", "policy", "routing.policy")
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
    """Return the computed cases with traffic, those alike in all but their seed together.

    In the study's order, one case a seed.
    """
    bare = replace(view.study, records=tuple(map(_seedless, view.study.records)))
    groups: dict[str, tuple[Named, dict[str, Named]]] = {}
    for case, called in zip(view.cases, names.named(bare), strict=True):
        if case.record.ok and case.traffic:
            _, held = groups.setdefault(_key(called.record), (called, {}))
            held.setdefault(_key(case.record), case)  # what two parts of a study ask alike counts once
    policies = _policies([called for called, _ in groups.values()])
    return [
        Repeat(called.network, called.traffic, policy, tuple(held.values()))
        for policy, (called, held) in zip(policies, groups.values(), strict=True)
    ]


def _policies(called: Sequence[Named]) -> list[str]:
    """Return the name of the policy of each; parameters, and axes such as the solver, only where they tell two apart."""
    short = [_short(one.record) for one in called]
    alike = Counter((one.network, one.traffic, policy) for one, policy in zip(called, short, strict=True))
    twice = {policy for (_, _, policy), n in alike.items() if n > 1}
    full = [one.policy if policy in twice else policy for one, policy in zip(called, short, strict=True)]
    axes = _clashing(called, full)
    told = [[f"{axis.rpartition('.')[2]} {one.record.labels.get(axis, 'unset')}" for axis in axes] for one in called]
    return [", ".join((policy, *more)) for policy, more in zip(full, told, strict=True)]


def _short(record: Record) -> str:
    labels = {axis.lower(): value for axis, value in record.labels.items()}
    given = next((labels[axis] for axis in _POLICY if labels.get(axis)), None)
    return given or str(record.part("routing").get("policy") or "no policy")


def _seedless(record: Record) -> Record:
    return replace(record, case={key: _less(value) for key, value in record.case.items()})


def _less(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {key: item for key, item in value.items() if str(key).rpartition(".")[2] != "seed"}


def _key(record: Record) -> str:
    return json.dumps([record.case.get(key) for key in _SECTIONS], sort_keys=True, default=str)


def _clashing(called: Sequence[Named], policies: Sequence[str]) -> list[str]:
    """Return the axes, such as the solver, that tell cases of equal names apart."""
    alike: dict[tuple[str, str, str], list[Record]] = {}
    for one, policy in zip(called, policies, strict=True):
        alike.setdefault((one.network, one.traffic, policy), []).append(one.record)
    clash = [records for records in alike.values() if len(records) > 1]
    axes = names.order(axis for records in clash for record in records for axis in record.labels)
    unsaid = [axis for axis in axes if axis.lower() not in _NAMED]
    return [a for a in unsaid if any(len({r.labels.get(a) for r in records}) > 1 for records in clash)]
