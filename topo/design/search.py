"""The search: the best candidate that meets every requirement, by proof, and what became of the others.

What a closed form decides is decided for all.  What is left is measured in order of what is minimised: the first
candidate that meets everything is the best, for all that would be better have been refused, by a measurement or by
a bound that none can pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from topo.design.conflict import conflict
from topo.design.flips import Flip, limit_flips, price_flips
from topo.design.front import front_of
from topo.design.need import Miss, Need
from topo.design.space import Candidate
from topo.design.trial import Measure, Optimistic, Trial, no_bound, nothing


@dataclass(frozen=True)
class Loser:
    """A candidate that did not win, and why."""

    candidate: Candidate
    misses: tuple[Miss, ...] = ()  # the requirements that bind
    key: str = ""  # else what it has more of than the best
    more: float = 0.0  # how much more, as a share of the best's

    @property
    def binding(self) -> str:
        """Why it lost, in keys and plain numbers."""
        if self.misses or not self.key:
            return "; ".join(str(miss) for miss in self.misses) or self.candidate.size.reason
        return f"{self.key} {self.more:.1%} above the best" if self.more else f"{self.key} equal to the best"


@dataclass(frozen=True)
class Answer:
    """What a search came to; ``proven`` says that nothing better meets the requirements, or nothing at all."""

    best: Candidate | None
    proven: bool
    least_possible: float | None  # of what is minimised: no network that meets all has less
    front: tuple[Candidate, ...]
    losers: tuple[Loser, ...]  # the nearest first
    conflict: tuple[Need, ...]  # the fewest requirements that no candidate meets together; () where one meets all
    measured: int = 0
    considered: int = 0
    runners: tuple[Candidate, ...] = ()  # others that meet all, within the margin that was asked for
    sensitivity: tuple[Flip, ...] = ()
    complete: bool = True  # whether time sufficed for front, runners and sensitivity
    undecided: tuple[Candidate, ...] = ()  # that may be better than the best, in order; () where it is proven


def search(
    candidates: Iterable[Candidate],
    closed: Sequence[Need],
    *,
    minimize: Sequence[str],
    measured: Sequence[Need] = (),
    measure: Measure | None = None,
    optimistic: Optimistic | None = None,
    at_once: int = 1,
    front: Sequence[str] = (),
    within: float = 0.0,
) -> Answer:
    """Return the best of ``candidates`` that meets ``closed`` and ``measured`` needs, minimising keys in turn.

    ``measure`` gives the facts of ``measured`` needs and of a ``front`` that no closed form knows, ``at_once``
    candidates at a time; it is asked in order of what is minimised.  What ``optimistic`` says cannot be bettered is
    not measured where it misses a need.  ``within`` is the share by which runners-up may be worse.
    """
    field = _Field.of(candidates, closed, minimize)
    asks = bool(measured) or any(key not in one.facts for one in field.fit[:1] for key in front)
    trial = Trial(measured, (measure or nothing) if asks else nothing, optimistic or no_bound, at_once)
    found = _best(field.known, trial)
    best = found.best
    kept = field.known[found.at :] if best else []
    sure = kept if found.proven else []
    runners = tuple(_within(sure, minimize[0], within, trial))
    rim, whole = front_of(kept, front, trial) if front and found.proven else ((), True)
    flips = _flips(field, sure, closed, trial, key=minimize[0])
    refused = [judged for one in field.known if (judged := trial.judged(one)) and not trial.meets(judged)]
    losers = [*_refused(field.out, closed), *_refused(refused, measured)]
    losers += _beaten(field.known, best, refused, minimize[0])
    none = best is None and found.proven and len(field.known) == len(field.fit)
    edge = [one.facts[minimize[0]] for one in field.known[found.first : found.first + 1]]
    return Answer(
        best,
        found.proven,
        edge[0] if edge else None,
        rim,
        tuple(sorted(losers, key=_nearness)),
        conflict([*field.out, *refused], [*closed, *measured]) if none else (),
        trial.measured if asks else 0,
        field.considered,
        runners,
        flips,
        whole and not trial.late,
        tuple(one for one in field.known[found.first : found.at] if trial.judged(one) is None),
    )


@dataclass(frozen=True)
class _Field:
    """Candidates by what a closed form decides."""

    considered: int
    out: list[Candidate]  # that miss a requirement, or cannot be built
    fit: list[Candidate]  # all others
    known: list[Candidate]  # those of which all is known that is minimised, the best first

    @classmethod
    def of(cls, candidates: Iterable[Candidate], closed: Sequence[Need], minimize: Sequence[str]) -> _Field:
        out: list[Candidate] = []
        fit: list[Candidate] = []
        for one in candidates:
            good = one.size.buildable and all(need.holds(one.facts) for need in closed)
            (fit if good else out).append(one)
        known = [one for one in fit if all(one.facts.get(key) is not None for key in minimize)]
        known.sort(key=lambda one: (*(one.facts[key] for key in minimize), one.name))
        return cls(len(out) + len(fit), out, fit, known)


class _Found(NamedTuple):
    """How far a search came: ``best`` stands at ``at``, and all before ``first`` are refused."""

    best: Candidate | None
    at: int
    first: int

    @property
    def proven(self) -> bool:
        """Whether nothing better is left."""
        return self.first == self.at


def _best(known: Sequence[Candidate], trial: Trial) -> _Found:
    """Return the best found, its place, and that of the first that is not refused.

    First in strides that double, so that there is one to show when time ends; then all below it, in order.
    """
    found, edge, at = None, len(known), 0
    while trial.needs and at < len(known):
        judged = trial.judge(known[at])
        if judged is None:
            break
        if trial.meets(judged):
            found, edge = judged, at
            break
        at = 2 * at + 1
    for i in range(edge):
        judged = trial.judge(known[i], known[i + 1 : edge])
        if judged is None:
            return _Found(found, edge, i)
        if trial.meets(judged):
            return _Found(judged, i, i)
    return _Found(found, edge, edge)


def _within(kept: Sequence[Candidate], key: str, within: float, trial: Trial) -> Iterable[Candidate]:
    """Yield those of ``kept`` after the best that meet all and have at most ``within`` more of ``key``."""
    near = [one for one in kept[1:] if within and one.facts[key] <= kept[0].facts[key] * (1 + within)]
    for i, one in enumerate(near):
        judged = trial.judge(one, near[i + 1 :])
        if judged is None:
            return
        if trial.meets(judged):
            yield judged


def _flips(
    field: _Field, kept: Sequence[Candidate], closed: Sequence[Need], trial: Trial, *, key: str
) -> tuple[Flip, ...]:
    """Return where prices and limits change the choice, the first of ``kept``; () where there is none.

    A limit of networks that miss another one is not looked at.
    """
    if not kept:
        return ()
    judged = [one for one in map(trial.judged, field.known) if one and not trial.meets(one)]
    needs, out = (trial.needs, judged) if trial.needs else (closed, field.out)
    missed = [(one, [need for need in needs if need.fact in one.facts and not need.holds(one.facts)]) for one in out]
    prices = price_flips(kept[0], kept[1:], trial) if key == "cost_usd" else []
    return (*prices, *limit_flips(kept[0], missed, key, trial))


def _refused(some: Iterable[Candidate], needs: Sequence[Need]) -> Iterable[Loser]:
    for one in some:
        missed = [need for need in needs if not need.holds(one.facts)]
        if one.bounded:
            missed = [need for need in missed if need.fact in one.bounded]
        yield Loser(one, tuple(Miss(need, one.facts.get(need.fact), need.fact in one.bounded) for need in missed))


def _beaten(
    known: Sequence[Candidate], best: Candidate | None, refused: Sequence[Candidate], key: str
) -> Iterable[Loser]:
    if best is None:
        return
    lost = {one.name for one in refused} | {best.name}
    for one in known:
        if one.facts[key] >= best.facts[key] and one.name not in lost:
            more = one.facts[key] / best.facts[key] - 1 if best.facts[key] else 0.0
            yield Loser(one, key=key, more=more)


def _nearness(loser: Loser) -> tuple[float, ...]:
    """Return a key that puts those first that nearly won: worse ones, then those that miss least and fewest."""
    if not loser.misses:
        return (0, 0, loser.more) if loser.key else (2, 0, 0)
    gaps = [
        float("inf") if miss.value is None else abs(miss.value - miss.need.limit) / (abs(miss.need.limit) or 1.0)
        for miss in loser.misses
    ]
    return (1, len(gaps), sum(gaps))
