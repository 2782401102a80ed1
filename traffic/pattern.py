"""Pattern: a workload in the registry, and what it says of itself to the rest of the house."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from topo import units
from topo.lazy import with_late
from traffic.apart import Apart, Reach
from traffic.rules import DemandError

if TYPE_CHECKING:
    from traffic.demand import Demand, GroupedDemand


class Count(NamedTuple):
    """Commodities of all phases as they are offered, and the pairs that a solver by commodity would list."""

    offered: int  # 1 where one stands for all pairs, 2 with hot receivers
    pairs: int
    drawn: int = 0  # numbers of a random sample that are held at once
    phases: int = 1  # in which anything is sent
    apart: Mapping[Reach, int] = MappingProxyType({})  # pairs by where their ends lie; those left out may be anywhere
    receivers: int | None = None  # ranks that anything is sent to; None is all

    @classmethod
    def listed(cls, n: int | Apart, drawn: int = 0, phases: int = 1) -> Count:
        """Return the count of ``n`` commodities that the pattern lists itself; by distance where that is known."""
        apart = n if isinstance(n, Counter) else Counter[Reach]()
        total = n.total() if isinstance(n, Counter) else n
        return cls(total, total, drawn, phases, apart)


#: Parameters that may be written with a unit, and what reads them.
IN_WORDS: Mapping[str, Callable[[str], float]] = {
    "bytes": units.size,
    "flops": units.flops,
    "memory": units.size,
    "memory_bandwidth": units.rate,
    "mfu": units.efficiency,
}


@with_late("offer", "count")
@dataclass(frozen=True)
class Pattern:
    """A workload: how it is built, and how many commodities that makes.

    Both functions take keywords alone, ``count`` some of those of ``offer``.  What a demand is about,
    and so which results of its own it has, stands in ``Demand.about``.
    """

    offer: Callable[..., Demand | GroupedDemand]  # parameters are the keys of a study
    count: Callable[..., Count]  # of the same arguments, by arithmetic; nothing is drawn or listed
    title: str = ""  # what pages call it; empty is its name
    ruled: bool = True  # who sends to whom follows a rule, by which most pairs are like many others
    drawn: bool = False  # it is drawn at random from all ranks
    whole: bool = False  # speaks of all ranks that there are, so no job has it
    beside: bool = False  # phases that send may have no order between them
    parts: str = ""  # parameter that lists workloads side by side, each a section of traffic and where it runs

    def counted(self, **arguments: Any) -> Count:
        """Return the commodities that ``offer`` would make of ``arguments``, its defaults filled in.

        Raises DemandError for some of what ``offer`` refuses.
        """
        parameters = inspect.signature(self.offer).parameters.values()
        given = {p.name: p.default for p in parameters if p.default is not p.empty} | arguments
        return self.count(**{name: given[name] for name in inspect.signature(self.count).parameters})


def read_words(pattern: str, key: str, value: Any) -> Any:
    """Return ``value`` of parameter ``key`` as a number where it is words with a unit, else as it is.

    Raises DemandError for words that are none.
    """
    if not isinstance(value, str) or key not in IN_WORDS:
        return value
    try:
        return IN_WORDS[key](value)
    except units.UnitError as error:
        raise DemandError(f"{pattern}: {key}: {error}") from None
