"""Trials: candidates measured once each, ahead of need where several can go at once, until the time is up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from topo.design.need import Need
from topo.design.space import Candidate

#: Returns what was measured on each candidate, by fact; None where the time is up.
Measure = Callable[[Sequence[Candidate]], Sequence[Mapping[str, Any]] | None]
#: Returns facts that no measurement of a candidate can be better than; None where the time is up.
Optimistic = Callable[[Candidate], Mapping[str, float] | None]


class Trial:
    """What is measured, and what came of it."""

    def __init__(self, needs: Sequence[Need], measure: Measure, optimistic: Optimistic, at_once: int = 1) -> None:
        self.needs, self.late, self.measured = needs, False, 0
        self._measure, self._optimistic, self._at_once = measure, optimistic, at_once
        self._judged: dict[int, Candidate] = {}
        self._possible: dict[int, Mapping[str, float]] = {}
        self._source: dict[int, Candidate] = {}  # of what bounds refused

    def judge(self, one: Candidate, then: Iterable[Candidate] = ()) -> Candidate | None:
        """Return ``one`` with its measured facts, or with bounds that refuse it; None where the time is up.

        Those of ``then`` come next and are measured at the same time as far as there is room.
        """
        if not self._known(one):
            todo = [one, *islice((other for other in then if not self._known(other)), self._at_once - 1)]
            found = None if self.late else self._measure(todo)
            if found is None:
                self.late = True
                return None
            self.measured += len(todo)
            for tried, facts in zip(todo, found, strict=True):
                self._judged[id(tried)] = replace(tried, facts={**tried.facts, **facts})
        return self._judged[id(one)]

    def settle(self, refused: Candidate) -> Candidate | None:
        """Return what a bound refused, measured all the same; None where the time is up."""
        one = self._source[id(refused)]
        found = None if self.late else self._measure([one])
        if found is None:
            self.late = True
            return None
        self.measured += 1
        self._judged[id(one)] = measured = replace(one, facts={**one.facts, **found[0]})
        return measured

    def meets(self, judged: Candidate) -> bool:
        """Return whether a judged candidate meets every requirement that is measured."""
        return not judged.bounded and all(need.holds(judged.facts) for need in self.needs)

    def judged(self, one: Candidate) -> Candidate | None:
        """Return what became of ``one`` by now; None where it was not judged."""
        return one if not self.needs else self._judged.get(id(one))

    def bound(self, one: Candidate, keys: Sequence[str]) -> Mapping[str, Any]:
        """Return facts of ``one``, with the best that is possible for those of ``keys`` that are not measured."""
        known = self._judged.get(id(one), one).facts
        return known if all(key in known for key in keys) else {**self._best(one), **known}

    def _known(self, one: Candidate) -> bool:
        """Return whether ``one`` is judged: measured, refused by a bound, or in no need of either."""
        if id(one) in self._judged:
            return True
        bounds = self._best(one) if self.needs else {}
        missed = [need.fact for need in self.needs if need.refuses(bounds)]
        if missed:
            refused = replace(one, facts={**one.facts, **bounds}, bounded=frozenset(missed))
            self._judged[id(one)], self._source[id(refused)] = refused, one
        return bool(missed)

    def _best(self, one: Candidate) -> Mapping[str, float]:
        """Return the best that is possible for ``one``, which is looked at once."""
        if id(one) not in self._possible:
            best = None if self.late else self._optimistic(one)
            if best is None:
                self.late = True
                return {}
            self._possible[id(one)] = best
        return self._possible[id(one)]


def nothing(some: Sequence[Candidate]) -> Sequence[Mapping[str, Any]]:
    """Measure nothing."""
    return [{} for _ in some]


def no_bound(_: Candidate) -> Mapping[str, float]:
    """Bound nothing."""
    return {}
