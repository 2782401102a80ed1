"""Draws of one setting as one case: its numbers are means over seeds, and it says how far they go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from topo.config.seeds import settings, summary
from topo.report import names, words
from topo.report.names import Case


def mean_of(draws: Sequence[Case]) -> Case:
    """Return the case that ``draws``, alike in all but their seed, come to; the first with what is no number.

    Numbers are means, words the most frequent ones, flags hold where all do, and warnings are those of all.
    """
    if len(draws) == 1:
        return draws[0]
    first, records = draws[0], tuple(case.record for case in draws)
    results = {key: _mean(key, [one.results.get(key) for one in records]) for key in first.record.results}
    return replace(first, record=replace(first.record, results=results), draws=records)


def means_of(cases: Sequence[Case]) -> list[Case]:
    """Return for each of ``cases`` what its setting comes to over its draws among them."""
    means = list(cases)
    for group in settings([case.record.case for case in cases], names.moving()):
        one = mean_of([cases[i] for i in group])
        for i in group if len(group) > 1 else ():
            means[i] = one
    return means


def _mean(key: str, values: Sequence[Any]) -> Any:
    if all(value == values[0] for value in values):
        return values[0]
    if all(isinstance(value, bool) for value in values):
        return all(values)
    if all(isinstance(value, str) for value in values):
        return Counter(values).most_common(1)[0][0]
    if all(isinstance(value, list) and all(isinstance(item, str) for item in value) for value in values):
        return list(dict.fromkeys(item for value in values for item in value))
    one = summary([{key: value} for value in values], key)
    return one.mean if one and len(one.values) == len(values) else values[0]


def spread(case: Case, key: str, form: words.Form) -> str:
    """Return how far ``key`` goes over the draws of ``case``, to stand behind its mean; empty where it stays."""
    ends = case.ends(key)
    if ends is None:
        return ""
    return f" in the mean of {len(case.draws)} seeds ({_between(ends, form)})"


def between(case: Case, key: str, form: words.Form) -> str:
    """Return least to most of ``key`` in brackets, to stand behind its mean; empty where it stays."""
    ends = case.ends(key)
    return f" ({_between(ends, form)})" if ends else ""


def _between(ends: tuple[float, float], form: words.Form) -> str:
    return f"{form(ends[0])} to {form(ends[1])}"
