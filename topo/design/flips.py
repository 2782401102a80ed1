"""Sensitivity: at which price of a part, or at which limit of a requirement, another network is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from topo.design.need import Need
from topo.design.space import Candidate
from topo.design.trial import Trial

#: Rivals that are measured, and that are looked at, for each flip before it is left as a bound.
TRIES, LOOKS = 2, 100


@dataclass(frozen=True)
class Flip:
    """Where the choice changes."""

    of: str  # kind of part, or the requirement
    way: Literal["dearer", "cheaper", "relaxed"]
    at: float  # price over the present one, or the limit
    network: Candidate  # chosen from there on
    sure: bool = True  # False: not before ``at``, for the network was not measured
    need: Need | None = None  # the requirement; None for a price


def price_flips(best: Candidate, rivals: Sequence[Candidate], trial: Trial) -> list[Flip]:
    """Return for each kind of part the nearest price, up and down, at which one of ``rivals`` costs less than ``best``.

    ``rivals`` cost as much or more now.  Prices of one kind move together, the others stay.
    """
    mine = _paid(best)
    there = [(one, _paid(one)) for one in rivals if one.parts]
    flips: list[Flip] = []
    for kind in sorted({kind for _, paid in [(best, mine), *there] for kind in paid}):
        ways: dict[Literal["dearer", "cheaper"], list[tuple[float, Candidate]]] = {"dearer": [], "cheaper": []}
        for one, paid in there:
            less = mine[kind] - paid[kind]
            if less:
                at = 1 + (sum(paid.values()) - sum(mine.values())) / less
                ways["dearer" if less > 0 else "cheaper"].append((at, one))
        for way, rows in ways.items():
            rows.sort(key=lambda row: (row[0] if way == "dearer" else -row[0], row[1].name))
            flips += _first(kind, way, [row for row in rows if row[0] > 0], trial)
    return flips


def _first(
    kind: str, way: Literal["dearer", "cheaper"], rows: Sequence[tuple[float, Candidate]], trial: Trial
) -> Iterable[Flip]:
    """Yield the flip to the first of ``rows`` that meets all."""
    before = trial.measured
    for looks, (at, one) in enumerate(rows):
        more = looks < LOOKS and trial.measured < before + TRIES
        judged = trial.judged(one) or (trial.judge(one) if more else None)
        if judged is None:
            yield Flip(kind, way, at, one, sure=False)
            return
        if trial.meets(judged):
            yield Flip(kind, way, at, judged)
            return


def limit_flips(
    best: Candidate, missed: Iterable[tuple[Candidate, Sequence[Need]]], key: str, trial: Trial
) -> list[Flip]:
    """Return for each requirement the nearest limit at which a network that has less of ``key`` meets it.

    ``missed`` are networks with what they miss; those that miss one requirement alone count.  Where a bound refused
    one, the nearest are measured.
    """
    by_need: dict[Need, list[Candidate]] = {}
    for one, needs in missed:
        if len(needs) == 1 and one.facts.get(needs[0].fact) is not None and _less(one, best, key):
            by_need.setdefault(needs[0], []).append(one)
    found = (_nearest(need, some, key, trial) for need, some in by_need.items())
    return [flip for flip in found if flip]


def _less(one: Candidate, best: Candidate, key: str) -> bool:
    return one.facts.get(key) is not None and bool(one.facts[key] < best.facts[key])


def _nearest(need: Need, some: Sequence[Candidate], key: str, trial: Trial) -> Flip | None:
    """Return the flip to the one of ``some`` whose value is nearest to the limit of ``need``, of equals the least.

    A bound is never farther from the limit than what is measured, so none after the first that is known is nearer.
    """
    best: Candidate | None = None
    tries, limit = 0, need.limit
    for one in sorted(some, key=lambda one: (abs(one.facts[need.fact] - limit), one.facts[key])):
        if best and abs(one.facts[need.fact] - limit) >= abs(best.facts[need.fact] - limit):
            break
        known: Candidate | None = one
        if need.fact in one.bounded:
            if tries == TRIES:
                return Flip(str(need), "relaxed", float(one.facts[need.fact]), one, sure=False, need=need)
            tries, known = tries + 1, trial.settle(one)
        if (
            known is None
            or known.facts.get(need.fact) is None
            or any(not n.holds(known.facts) for n in trial.needs if n != need)
        ):
            continue
        if best is None or abs(known.facts[need.fact] - limit) < abs(best.facts[need.fact] - limit):
            best = known
    return Flip(str(need), "relaxed", float(best.facts[need.fact]), best, need=need) if best else None


def _paid(one: Candidate) -> Counter[str]:
    """Return what each kind of part costs in all [USD]; models of switches are one kind."""
    paid: Counter[str] = Counter()
    for part in one.parts:
        paid[_kind(part.name)] += part.number * part.usd  # type: ignore[assignment]
    return paid


def _kind(part: str) -> str:
    """Return the kind that a part of a price book is of."""
    return part.partition("-")[0] if part.startswith("switch-") and part[7:].isdigit() else part
