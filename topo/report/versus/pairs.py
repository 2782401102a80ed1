"""Which case of one study answers to which of the other, and how far their results are apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from topo.quantities import QUANTITIES
from topo.report import words
from topo.report.names import Case
from topo.report.panels.jobs import jobs_of

#: Two numbers closer than this share of the larger are the same: rounding of another machine.
SAME = 1e-9


#: Results that are compared.
MEASURES = (
    "completion_s",
    "normalized_throughput",
    "max_utilization",
    "step_s",
    "busbw_bytes_per_s",
    "cost_per_endpoint_usd",
    "switches",
    "kept_throughput",
    "expected_throughput",
    "jobs.together_s",
    "jobs.slowdown",
)
#: What the keys of results of single jobs begin with.
_JOB = "jobs."


@dataclass(frozen=True)
class Change:
    """One measure of one matched case in both studies; at least one of the two is a number."""

    case: str
    key: str
    a: float | None
    b: float | None
    job: str = ""  # of the case that the measure is of; empty where it is of the whole

    @property
    def where(self) -> str:
        """The case, and its job where the measure is of one."""
        return f"{self.case}, job {self.job}" if self.job else self.case

    @property
    def ratio(self) -> float | None:
        """B over A; None where either is missing, or A is zero and B is not."""
        if self.a is None or self.b is None:
            return None
        return 1.0 if self.a == self.b else self.b / self.a if self.a else None

    @property
    def verdict(self) -> str:
        """B against A: same, better, worse, or only in one of the two."""
        if self.a is None or self.b is None:
            return "only in B" if self.a is None else "only in A"
        if abs(self.a - self.b) <= SAME * max(abs(self.a), abs(self.b)):
            return "same"
        return "better" if (self.b < self.a) == (QUANTITIES[self.key].better == "less") else "worse"

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """Sorts changes: those by the largest factor first, then those from or to nothing, then what is the same."""
        factor = max(self.ratio, 1 / self.ratio) if self.ratio else 1.0
        return self.verdict == "same", not self.ratio, -factor


@dataclass(frozen=True)
class Pairs:
    """Cases of two studies, matched."""

    both: tuple[tuple[Case, Case], ...]  # in the order of A
    only_a: tuple[Case, ...]
    only_b: tuple[Case, ...]


def match(a: Sequence[Case], b: Sequence[Case]) -> Pairs:
    """Return which cases belong together: alike in input, else in name and labels, else in labels alone.

    A case is matched once; where several would do, the first of each study.
    """
    rest_a, rest_b = list(a), list(b)
    matches: dict[int, tuple[Case, Case]] = {}
    ways: tuple[Callable[[Case], str], ...] = (_by_input, _by_name, _by_labels)
    for way in ways:
        waiting: dict[str, list[Case]] = {}
        for case in rest_b:
            waiting.setdefault(way(case), []).append(case)
        for case in rest_a:
            if waiting.get(way(case)):
                matches[id(case)] = (case, waiting[way(case)].pop(0))
        partners = {id(other) for _, other in matches.values()}
        rest_a = [case for case in rest_a if id(case) not in matches]
        rest_b = [case for case in rest_b if id(case) not in partners]
    return Pairs(tuple(matches[id(case)] for case in a if id(case) in matches), tuple(rest_a), tuple(rest_b))


def _by_input(case: Case) -> str:
    parts = {key: value for key, value in case.record.case.items() if key not in ("name", "labels", "panel")}
    return json.dumps([parts, case.record.labels], sort_keys=True, default=str)


def _by_name(case: Case) -> str:
    return json.dumps([case.record.name, sorted(case.record.labels.items())])


def _by_labels(case: Case) -> str:
    return json.dumps(sorted(case.record.labels.items()))


def changes(pairs: Pairs) -> list[Change]:
    """Return every measure that either case of a pair has, in the order of the cases."""
    every = (change for one, other in pairs.both for change in _changes(title(one, pairs), one, other))
    return [change for change in every if change.a is not None or change.b is not None]


def _changes(name: str, one: Case, other: Case) -> Iterator[Change]:
    """Yield the measures of a pair, then those of its jobs, job by job."""
    for key in MEASURES:
        if not key.startswith(_JOB):
            yield Change(name, key, _number(one.get(key)), _number(other.get(key)))
    ours, theirs = ({str(row["job"]): row for row in jobs_of(case)} for case in (one, other))
    for job in dict.fromkeys((*ours, *theirs)):
        for key in (key for key in MEASURES if key.startswith(_JOB)):
            a, b = (_number(rows.get(job, {}).get(key.removeprefix(_JOB))) for rows in (ours, theirs))
            yield Change(name, key, a, b, job)


def title(case: Case, pairs: Pairs) -> str:
    """Return what tells ``case`` from the others: its labels, else its names."""
    axes = [axis for axis in case.record.labels if len({x.record.labels.get(axis) for x, _ in pairs.both}) > 1]
    parts = [_label(axis, case.record.labels[axis]) for axis in axes if axis in case.record.labels]
    return ", ".join(parts) or case.title or case.record.name


def _label(axis: str, value: str) -> str:
    """Return a name as it is, and a number under the name of its axis."""
    number = value.replace(".", "", 1).isdigit()
    return f"{axis.rpartition('.')[2].replace('_', ' ')} {value}" if number else value


def inputs(pairs: Pairs) -> list[tuple[str, str, str, int]]:
    """Return each input that differs: its key, its value in A and in B, and in how many pairs."""
    counts: dict[tuple[str, str, str], int] = {}
    for one, other in pairs.both:
        a, b = (dict(_flat(case.record.case)) for case in (one, other))
        for key in sorted(a.keys() | b.keys()):
            if a.get(key) != b.get(key):
                row = (key, words.text(a.get(key)), words.text(b.get(key)))
                counts[row] = counts.get(row, 0) + 1
    return [(*row, count) for row, count in counts.items()]


def _flat(value: dict[str, Any], head: str = "") -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        if not head and key in ("name", "labels", "panel"):
            continue
        if isinstance(item, dict):
            yield from _flat(item, f"{head}{key}.")
        else:
            yield f"{head}{key}", item


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
