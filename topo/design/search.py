"""The search: the best candidate that meets every requirement, by proof, and what became of the others.

What a closed form decides is decided for all.  What is left is measured in order of what is minimised: the first
candidate that meets everything is the best, for all that would be better have been refused, by a measurement or by
a bound that none can pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
    everyone = list(candidates)
    missed = {id(one): [need for need in closed if not need.holds(one.facts)] for one in everyone}
    fit = [one for one in everyone if one.size.buildable and not missed[id(one)]]
    known = [one for one in fit if all(one.facts.get(key) is not None for key in minimize)]
    known.sort(key=lambda one: (*(one.facts[key] for key in minimize), one.name))
    asks = bool(measured) or any(key not in fit[0].facts for key in front) if fit else False
    trial = Trial(measured, (measure or nothing) if asks else nothing, optimistic or no_bound, at_once)
    best, first, proven = _best(known, trial)
    edge = known[first] if first < len(known) else None
    out = [one for one in everyone if missed[id(one)] or not one.size.buildable]
    kept = known[first:] if best else []
    runners = tuple(_within(kept, best, minimize[0], within, trial)) if best and proven else ()
    rim, whole = front_of(kept, front, trial) if front and proven else ((), True)
    out_ = [(one, missed[id(one)]) for one in out]
    flips = _flips(best, kept, known, out_, trial, key=minimize[0]) if best and proven else ()
    refused = [judged for one in known if (judged := trial.judged(one)) and not trial.meets(judged)]
    losers = [*_refused(out, closed), *_refused(refused, measured)]
    losers += _beaten(known, best, refused, minimize[0]) if best else ()
    return Answer(
        best,
        proven,
        edge.facts[minimize[0]] if edge else None,
        rim,
        tuple(sorted(losers, key=_nearness)),
        conflict([*out, *refused], [*closed, *measured]) if best is None and proven and len(known) == len(fit) else (),
        trial.measured if asks else 0,
        len(everyone),
        runners,
        flips,
        whole and not trial.late,
    )


def _best(known: Sequence[Candidate], trial: Trial) -> tuple[Candidate | None, int, bool]:
    """Return the best found, the place of the first that is not refused, and whether these are the same.

    First in strides that double, so that there is one to show when time ends; then all below it, in order.
    """
    found, at = None, 0
    edge = len(known)
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
            return found, i, False
        if trial.meets(judged):
            return judged, i, True
    return found, edge, True


def _within(kept: Sequence[Candidate], best: Candidate, key: str, within: float, trial: Trial) -> Iterable[Candidate]:
    """Yield those of ``kept`` after the best that meet all and have at most ``within`` more of ``key``."""
    most = best.facts[key] * (1 + within) if within else -float("inf")
    near = [one for one in kept[1:] if one.facts[key] <= most]
    for i, one in enumerate(near):
        judged = trial.judge(one, near[i + 1 :])
        if judged is None:
            return
        if trial.meets(judged):
            yield judged


def _flips(
    best: Candidate,
    kept: Sequence[Candidate],
    known: Sequence[Candidate],
    out: Sequence[tuple[Candidate, list[Need]]],
    trial: Trial,
    *,
    key: str,
) -> tuple[Flip, ...]:
    """Return where prices and limits change the choice; a limit of networks that miss another one is not looked at."""
    judged = [one for one in map(trial.judged, known) if one and not trial.meets(one)]
    measured = [
        (one, [need for need in trial.needs if need.fact in one.facts and not need.holds(one.facts)]) for one in judged
    ]
    closed = [] if trial.needs else out
    prices = price_flips(best, kept[1:], trial) if key == "cost_usd" else []
    return (*prices, *limit_flips(best, [*closed, *measured], key, trial))


def _refused(some: Iterable[Candidate], needs: Sequence[Need]) -> Iterable[Loser]:
    for one in some:
        missed = [need for need in needs if not need.holds(one.facts)]
        if one.bounded:
            missed = [need for need in missed if need.fact in one.bounded]
        yield Loser(one, tuple(Miss(need, one.facts.get(need.fact), need.fact in one.bounded) for need in missed))


def _beaten(known: Sequence[Candidate], best: Candidate, refused: Sequence[Candidate], key: str) -> Iterable[Loser]:
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
