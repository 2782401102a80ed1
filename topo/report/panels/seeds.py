"""Cases that are alike in all but their seed, gathered: a result over seeds has a mean and a range."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from topo.report import names, words
from topo.report.load import Record
from topo.report.names import Named
from topo.report.panels.view import View

#: Labels that name a policy.
_POLICY = ("routing", "policy", "routing.policy")


@dataclass(frozen=True)
class Repeat:
    """One setting under one or more seeds, with the names that do not tell seeds apart."""

    network: str
    traffic: str
    policy: str
    solver: str  # with those of its parameters that differ within the study
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
    each = [one for one, _ in groups.values()]
    every = zip(each, _policies(each), _solvers(each), groups.values(), strict=True)
    return [Repeat(one.network, one.traffic, p, s, tuple(held.values())) for one, p, s, (_, held) in every]


def _policies(called: Sequence[Named]) -> list[str]:
    """Return the name of the policy of each, with its parameters where they tell two apart."""
    short = [_short(one.record) for one in called]
    each = [(one.network, one.traffic, policy) for one, policy in zip(called, short, strict=True)]
    full: dict[tuple[str, str, str], set[str]] = {}
    for key, one in zip(each, called, strict=True):
        full.setdefault(key, set()).add(one.policy)
    twice = {policy for (_, _, policy), held in full.items() if len(held) > 1}
    return [one.policy if policy in twice else policy for one, policy in zip(called, short, strict=True)]


def _short(record: Record) -> str:
    labels = {axis.lower(): value for axis, value in record.labels.items()}
    given = next((labels[axis] for axis in _POLICY if labels.get(axis)), None)
    return given or str(record.part("routing").get("policy") or "no policy")


def _solvers(called: Sequence[Named]) -> list[str]:
    parts = [{"solver": "no solver"} | one.record.part("solve") for one in called]
    varying = [
        key for key in names.order(k for part in parts for k in part) if len({str(p.get(key)) for p in parts}) > 1
    ]
    more = [key for key in varying if key != "solver"]
    return [", ".join((str(p["solver"]), *(f"{key} {words.text(p[key])}" for key in more if key in p))) for p in parts]


def _seedless(record: Record) -> Record:
    return replace(record, case={key: _less(value) for key, value in record.case.items()})


def _less(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {key: item for key, item in value.items() if not names.is_seed(str(key))}


def _key(record: Record) -> str:
    return json.dumps([section for _, section in names.moving(record)], sort_keys=True, default=str)
