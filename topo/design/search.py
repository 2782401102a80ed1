"""The search: the best candidate that meets every requirement, by proof, and what became of the others.

What a closed form decides is decided for all.  What is left is measured in order of what is minimised: the first
candidate that meets everything is the best, for all that would be better have been refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from topo.design.need import Need
from topo.design.space import Candidate

#: Returns what was measured on a candidate, by key; None where the time is up.
Measure = Callable[[Candidate], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Loser:
    """A candidate that did not win, and the requirement that it missed, or what it is worse at."""

    candidate: Candidate
    binding: str


@dataclass(frozen=True)
class Answer:
    """What a search came to; ``proven`` says that nothing better meets the requirements, or nothing at all."""

    best: Candidate | None
    proven: bool
    least_possible: float | None  # of what is minimised: no network that meets all has less
    front: tuple[Candidate, ...]
    losers: tuple[Loser, ...]
    conflict: tuple[Need, ...]  # the fewest requirements that no candidate meets together; () where one meets all
    measured: int = 0
    considered: int = 0


def search(
    candidates: Iterable[Candidate],
    closed: Sequence[Need],
    *,
    minimize: Sequence[str],
    measured: Sequence[Need] = (),
    measure: Measure | None = None,
    front: Sequence[str] = (),
) -> Answer:
    """Return the best of ``candidates`` that meets ``closed`` and ``measured`` needs, minimising keys in turn.

    ``measure`` gives the keys of ``measured`` needs; it is asked in order of what is minimised.
    """
    everyone = list(candidates)
    fit = [one for one in everyone if all(need.holds(one.facts) for need in closed)]
    known = [one for one in fit if all(one.facts.get(key) is not None for key in minimize)]
    known.sort(key=lambda one: (*(one.facts[key] for key in minimize), one.name))
    best, tried, done = _first(known, measured, measure)
    refused = [one for one in tried if one is not best]
    out = [one for one in everyone if not all(need.holds(one.facts) for need in closed)]
    edge = best or (known[len(tried)] if len(tried) < len(known) else None)
    pool = [best, *known[len(tried) :]] if best else []
    return Answer(
        best,
        done,
        edge.facts[minimize[0]] if edge else None,
        nondominated([one for one in pool if one], front) if front and not measured else (),
        (*_losers(out, closed), *_losers(refused, measured), *_beaten(known, best, minimize[0])),
        conflict([*out, *refused], [*closed, *measured]) if best is None and done else (),
        len(tried) if measured else 0,
        len(everyone),
    )


def _first(
    known: Sequence[Candidate], needs: Sequence[Need], measure: Measure | None
) -> tuple[Candidate | None, list[Candidate], bool]:
    """Return the first that meets ``needs``, all that were tried with what was measured, and whether time sufficed."""
    tried: list[Candidate] = []
    for one in known:
        results = measure(one) if needs and measure else {}
        if results is None:
            return None, tried, False
        one_ = replace(one, facts={**one.facts, **results})
        tried.append(one_)
        if all(need.holds(one_.facts) for need in needs):
            return one_, tried, True
    return None, tried, True


def nondominated(pool: Sequence[Candidate], keys: Sequence[str]) -> tuple[Candidate, ...]:
    """Return those of ``pool`` that none is as good as in all of ``keys``, of which less is better; one of equals."""
    rows = [(tuple(one.facts[key] for key in keys), one) for one in pool if _has(one, keys)]
    rows.sort(key=lambda row: (*row[0], row[1].name))
    kept: list[tuple[tuple[Any, ...], Candidate]] = []
    for values, one in rows:
        if not any(all(a <= b for a, b in zip(other, values, strict=True)) for other, _ in kept):
            kept.append((values, one))
    return tuple(one for _, one in kept)


def _has(one: Candidate, keys: Sequence[str]) -> bool:
    return all(one.facts.get(key) is not None for key in keys)


def _losers(some: Iterable[Candidate], needs: Sequence[Need]) -> Iterable[Loser]:
    for one in some:
        missed = [need.against(one.facts) for need in needs if not need.holds(one.facts)]
        yield Loser(one, "; ".join(missed))


def _beaten(known: Sequence[Candidate], best: Candidate | None, key: str) -> Iterable[Loser]:
    for one in known if best else ():
        if best and one.facts[key] >= best.facts[key] and one.name != best.name:
            more = one.facts[key] / best.facts[key] - 1 if best.facts[key] else 0.0
            yield Loser(one, f"{key} {more:.1%} above the best" if more else f"{key} equal to the best")


def conflict(everyone: Sequence[Candidate], needs: Sequence[Need]) -> tuple[Need, ...]:
    """Return the fewest of ``needs`` that no candidate meets together: a least cover of candidates by what they miss.

    What was not measured on a candidate is not missed by it.
    """
    from ortools.sat.python import cp_model

    misses = {tuple(i for i, need in enumerate(needs) if _misses(need, one)) for one in everyone}
    model = cp_model.CpModel()
    taken = [model.new_bool_var(str(need)) for need in needs]
    for missed in sorted(misses):
        model.add_bool_or([taken[i] for i in missed])
    model.minimize(sum(taken))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    if not misses or solver.solve(model) != cp_model.OPTIMAL:
        return ()
    return tuple(need for need, variable in zip(needs, taken, strict=True) if solver.boolean_value(variable))


def _misses(need: Need, one: Candidate) -> bool:
    return need.key in one.facts and not need.holds(one.facts)
