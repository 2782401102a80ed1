"""Growth: which networks of several stages, one after another, cost least in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from topo.design.errors import DesignError

P = TypeVar("P")  # what a part is told by


def bought(owned: Counter[P], needed: Mapping[P, int]) -> Counter[P]:
    """Return the parts of ``needed`` that are not ``owned``, and count them as owned from now on."""
    more = Counter({part: count - owned[part] for part, count in needed.items() if count > owned[part]})
    owned.update(more)
    return more


@dataclass(frozen=True)
class Candidate:
    """A network that a stage may be: its parts list by part, and what one of each costs."""

    name: str
    parts: Mapping[str, int]
    usd_each: Mapping[str, float]


@dataclass(frozen=True)
class Path:
    """Networks of the stages, and what is paid at each."""

    networks: tuple[Candidate, ...]
    usd: tuple[float, ...]

    @property
    def total_usd(self) -> float:
        """What all stages cost [USD]."""
        return sum(self.usd)


def cheapest_path(
    stages: Sequence[Sequence[Candidate]],
    *,
    move_usd: float = 0.0,
    moves: Mapping[tuple[str, str], int] = MappingProxyType({}),
) -> Path:
    """Return the networks of the stages, one each, that cost least in all; parts that were bought are used again.

    ``moves`` says how many cables come out or go in anew from one network to another, at ``move_usd`` each; pairs
    that are not there cannot follow one another, an empty mapping lets all.  Exact: a path is given up only where it
    already costs as much as the best, and what the last stage still needs at least is counted.
    Raises DesignError where no path is there.
    """
    best: Path | None = None

    def descend(at: int, path: tuple[Candidate, ...], usd: tuple[float, ...], owned: Counter[str]) -> None:
        nonlocal best
        if at == len(stages):
            if best is None or sum(usd) < best.total_usd:
                best = Path(path, usd)
            return
        for candidate in stages[at]:
            if path and moves and (path[-1].name, candidate.name) not in moves:
                continue
            mine = owned.copy()
            paid = sum(n * candidate.usd_each[part] for part, n in bought(mine, candidate.parts).items())
            paid += move_usd * moves.get((path[-1].name, candidate.name), 0) if path else 0.0
            left = min(
                sum(max(0, n - mine[part]) * last.usd_each[part] for part, n in last.parts.items())
                for last in stages[-1]
            )
            if best is None or sum(usd) + paid + (left if at + 1 < len(stages) else 0.0) < best.total_usd:
                descend(at + 1, (*path, candidate), (*usd, paid), mine)

    if not stages or any(not stage for stage in stages):
        raise DesignError("every stage needs a network that may serve it")
    descend(0, (), (), Counter())
    if best is None:
        raise DesignError("no network of a later stage can follow one of the stage before")
    return best
