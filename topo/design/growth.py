"""Growth: which networks of several stages, one after another, cost least in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from topo.design.errors import DesignError
from topo.design.space import Candidate as Network

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


@dataclass(frozen=True)
class Stage:
    """A stage of a growing network: what it is then, and what is bought for it."""

    endpoints: int  # that it must hold
    network: Network
    usd: float
    parts: Mapping[str, int]  # bought at this stage


def stages_of(stages: Sequence[tuple[int, Sequence[Network]]]) -> tuple[tuple[Stage, ...], float]:
    """Return the cheapest way through ``stages``, each with its endpoints and the networks that may serve it.

    Also returns what the cheapest network of the last stage costs at once [USD].  A network that needs no fewer of
    any part than another one of its stage is left out: whatever follows it can follow the other for no more.
    Raises DesignError where a stage has none.
    """
    by_name: dict[str, Network] = {}
    options = []
    for at, (_, networks) in enumerate(stages):
        kept = _least_parts(networks)
        by_name |= {f"{at} {one.name}": one for one in kept}
        options.append([_counted(f"{at} {one.name}", one) for one in kept])
    path, owned, found = cheapest_path(options), Counter[str](), []
    for (endpoints, _), chosen, usd in zip(stages, path.networks, path.usd, strict=True):
        found.append(Stage(endpoints, by_name[chosen.name], usd, dict(bought(owned, chosen.parts))))
    return tuple(found), min(one.facts["cost_usd"] for one in stages[-1][1])


def _counted(name: str, one: Network) -> Candidate:
    parts: Counter[str] = Counter()
    for part in one.parts:
        parts[_model(part.name, part.usd)] += part.number
    return Candidate(name, parts, {_model(part.name, part.usd): part.usd for part in one.parts})


def _model(name: str, usd: float) -> str:
    """Return what tells models of a part apart: books have several reaches and speeds of one."""
    return f"{name} at ${usd:,.10g}"


def _least_parts(networks: Sequence[Network]) -> list[Network]:
    """Return the networks of which no other needs at most as many of every part."""
    priced = sorted((one for one in networks if one.parts), key=lambda one: (one.facts["cost_usd"], one.name))
    kept: list[tuple[Counter[str], Network]] = []
    for one in priced:
        parts = Counter(_counted("", one).parts)
        if not any(all(other[part] <= parts[part] for part in other) for other, _ in kept):
            kept.append((parts, one))
    return [one for _, one in kept]
