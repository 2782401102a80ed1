"""A design as it was asked, checked: its space, what it requires, and the cases that measure its candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from topo import units
from topo.config.case import ORDERS, Case
from topo.config.check import check_case
from topo.config.data import Files
from topo.config.document import Document
from topo.config.errors import ConfigError
from topo.config.merge import merge
from topo.config.needs import failures_of
from topo.design import Candidate, Need, Space
from topo.generators import FAMILIES

#: Sections that only what is measured reads.
_MEASURED = ("traffic", "routing", "solve", "failures", "placement")


@dataclass(frozen=True)
class Workload:
    """Traffic that a network is measured under, and what its time counts for."""

    name: str
    weight: float
    sections: Document


@dataclass(frozen=True)
class Question:
    """What a design asks, checked."""

    title: str
    space: Space
    closed: tuple[Need, ...]
    measured: tuple[Need, ...]
    minimize: tuple[str, ...]
    front: tuple[str, ...]
    shown: tuple[Need, ...]  # facts of the front that are measured, without a limit
    seconds: float  # [s] that measuring may take
    words: Document  # sections that all candidates have alike
    files: Files
    workloads: tuple[Workload, ...] = ()
    compared: tuple[Candidate, ...] = ()  # networks that are looked at beside the space
    within: float = 0.0
    stages: tuple[int, ...] = ()
    text: str = ""  # the file as written; empty where words were given

    @property
    def asked(self) -> tuple[Need, ...]:
        """All facts that are measured."""
        return (*self.measured, *self.shown)

    @property
    def traffics(self) -> tuple[Workload | None, ...]:
        """Workloads that candidates are measured under; None is that of section ``traffic``."""
        return self.workloads or (None,)

    @property
    def alike(self) -> dict[str, Any]:
        """Keys of ``fabric`` that all candidates have alike; the rate is each one's own."""
        return {key: value for key, value in self.words.data["fabric"].items() if key != "rate"}

    def concerned(self, need: Need) -> list[int]:
        """Return which of ``traffics`` a requirement speaks of."""
        return [i for i, one in enumerate(self.traffics) if need.of in ("", one and one.name)]

    def weighted(self, own: Sequence[int], values: Sequence[float]) -> float:
        """Return the sum of ``values``, one of each of the ``traffics`` that ``own`` says, by weight."""
        weights = [one.weight if one else 1.0 for one in (self.traffics[i] for i in own)]
        return sum(weight * value for weight, value in zip(weights, values, strict=True))

    def case(self, candidate: Candidate, workload: Workload | None = None, after: str = "") -> Case:
        """Return the case that measures ``candidate``.  Raises ConfigError where its traffic does not run there."""
        return self._case(self.fabric(candidate), candidate.name, workload, after)

    def order(self, candidate: Candidate) -> Case:
        """Return the case that says what to order for ``candidate``: its size, its prices, its floor, its spares."""
        return self._case(self.fabric(candidate), candidate.name, without=_MEASURED)

    def fabric(self, candidate: Candidate) -> dict[str, Any]:
        """Return the keys of ``fabric`` that make ``candidate``, less those that all have alike."""
        own = dict(candidate.params) | {"endpoints": candidate.size.endpoints, "rate": _rate(candidate.capacity)}
        return {"family": candidate.family, **own}

    def baseline(self, workload: Workload | None = None) -> Case:
        """Return the case of one switch for all endpoints: the same NICs, and nothing that blocks."""
        n = self.space.endpoints
        name, single = next((name, family.single) for name, family in FAMILIES.items() if family.single)
        return self._case(
            {"family": name, **single(n), "endpoints": n, "rate": _rate(self.space.capacity)},
            "one switch",
            workload,
        )

    def _case(
        self,
        fabric: dict[str, Any],
        name: str,
        workload: Workload | None = None,
        after: str = "",
        *,
        without: tuple[str, ...] = ORDERS,
    ) -> Case:
        kept = {key: value for key, value in self.words.data.items() if key not in without}
        words = replace(self.words, data=kept | {"fabric": self.alike | fabric})
        if workload is not None:
            words = merge(words, workload.sections)
        if after:
            words = replace(words, data=words.data | {"failures": failures_of(after)})
        case, problems = check_case(words, self.files, name=name)
        if problems:
            raise ConfigError.of(problems)
        return case


def _rate(capacity: float) -> str:
    return f"{units.gbps(capacity):.17g}Gb/s"
