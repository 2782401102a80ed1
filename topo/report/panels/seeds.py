"""Cases that are alike in all but their seed, gathered: a result over seeds has a mean and a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from topo.config.seeds import seedless, settings, summary
from topo.report import names, words
from topo.report.load import Record
from topo.report.names import Case
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
    cases: tuple[Case, ...]

    def values(self, key: str) -> tuple[float, ...]:
        """Return the result ``key`` of every seed that has it, in the study's order."""
        one = summary([case.record.results for case in self.cases], key)
        return one.values if one else ()

    def mean(self, key: str) -> float | None:
        """Return the mean of ``key`` over seeds, None where no seed has it."""
        one = summary([case.record.results for case in self.cases], key)
        return one.mean if one else None

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
    bare = tuple(replace(record, case=seedless(record.case)) for record in view.study.records)
    twins = zip(view.cases, names.cases_of(replace(view.study, records=bare)), strict=True)
    pairs = [(case, alias) for case, alias in twins if case.record.ok and case.traffic]
    groups = settings([case.record.case for case, _ in pairs], names.moving())
    each = [pairs[group[0]][1] for group in groups]
    every = zip(each, _policies(each), _solvers(each), groups, strict=True)
    return [Repeat(o.network, o.traffic, p, s, tuple(pairs[i][0] for i in group)) for o, p, s, group in every]


def _policies(aliases: Sequence[Case]) -> list[str]:
    """Return the name of the policy of each, with its parameters where they tell two apart."""
    short = [_short(one.record) for one in aliases]
    each = [(one.network, one.traffic, policy) for one, policy in zip(aliases, short, strict=True)]
    full: dict[tuple[str, str, str], set[str]] = {}
    for key, one in zip(each, aliases, strict=True):
        full.setdefault(key, set()).add(one.policy)
    twice = {policy for (_, _, policy), policies in full.items() if len(policies) > 1}
    return [one.policy if policy in twice else policy for one, policy in zip(aliases, short, strict=True)]


def _short(record: Record) -> str:
    labels = {axis.lower(): value for axis, value in record.labels.items()}
    label = next((labels[axis] for axis in _POLICY if labels.get(axis)), None)
    return label or str(record.part("routing").get("policy") or "no policy")


def _solvers(aliases: Sequence[Case]) -> list[str]:
    parts = [{"solver": "no solver"} | one.record.part("solve") for one in aliases]
    varying = [
        key for key in names.order(k for part in parts for k in part) if len({str(p.get(key)) for p in parts}) > 1
    ]
    more = [key for key in varying if key != "solver"]
    return [", ".join((str(p["solver"]), *(f"{key} {words.text(p[key])}" for key in more if key in p))) for p in parts]
