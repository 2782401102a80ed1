"""The study as the panels see it: named cases, and which of them answer which question."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from topo.config import SECTIONS
from topo.config.case import TOLERANCE
from topo.report import names, words
from topo.report.load import Study
from topo.report.means import means_of
from topo.report.names import Case

T = TypeVar("T")
#: What a case of a message sweep states, each of it more than nothing.
_MESSAGE = ("busbw_bytes_per_s", "collective_bytes", "collective_ranks", "completion_s")


@dataclass(frozen=True)
class View:
    """A study with its cases named and sorted into questions."""

    study: Study

    @property
    def tie(self) -> float:
        """Share of each other below which two results count as equal: the study's tolerance."""
        tolerance = self.study.run.get("tolerance")
        return float(tolerance) if isinstance(tolerance, int | float) and not isinstance(tolerance, bool) else TOLERANCE

    @cached_property
    def cases(self) -> list[Case]:
        """Every record, in the study's order."""
        return names.cases_of(self.study)

    @cached_property
    def full_size(self) -> list[Case]:
        """Networks that were counted and priced only: the full-size rows."""
        return [case for case in self.cases if case.record.ok and not case.traffic]

    @cached_property
    def solutions(self) -> list[Case]:
        """Cases with traffic."""
        return [case for case in self.cases if case.record.ok and case.traffic]

    @cached_property
    def failures(self) -> list[Case]:
        """Cases that failed or were refused."""
        return [case for case in self.cases if not case.record.ok]

    @cached_property
    def networks(self) -> list[str]:
        """Networks that carried traffic, in the study's order; colours follow it."""
        return names.order(case.network for case in self.solutions)

    @cached_property
    def traffics(self) -> list[str]:
        """Traffic that the comparison shows: what most networks met, experts first; of a message sweep the largest."""
        by_traffic = {
            t: {c.network for c in self.solutions if c.traffic == t}
            for t in names.order(c.traffic for c in self.solutions)
        }
        most = max(map(len, by_traffic.values()), default=0)
        common = [t for t in by_traffic if len(by_traffic[t]) == most] if most > 1 else list(by_traffic)
        small = {case.traffic for sweep in self.message_sweeps for case in sweep[:-1]}
        common = [t for t in common if t not in small] or common
        expert = {c.traffic for c in self.solutions if c.is_moe}
        return sorted(common, key=lambda t: t not in expert)

    @cached_property
    def message_sweeps(self) -> list[list[Case]]:
        """Cases alike in all but the size of their messages, smallest first; three sizes or more make a sweep."""
        alike: dict[str, list[Case]] = {}
        for case in self.solutions:
            if all(case.get(key) for key in _MESSAGE):
                alike.setdefault(_but_bytes(case), []).append(case)
        sweeps = [sorted(sweep, key=lambda c: float(c.get("collective_bytes"))) for sweep in alike.values()]
        return [sweep for sweep in sweeps if len({c.get("collective_bytes") for c in sweep}) > 2]

    @cached_property
    def policy(self) -> str:
        """The policy under which networks are compared."""
        return names.usual_policy([case for case in self.solutions if case.traffic in self.traffics])

    def case(self, network: str, traffic: str, policy: str | None = None) -> Case | None:
        """Return the first such case under ``policy``, by default what it would be run with; None if there is none.

        Where its setting was drawn under several seeds, its numbers are their means.
        """
        matches = [case for case in self.solutions if (case.network, case.traffic) == (network, traffic)]
        alike = [case for case in matches if case.record.part("solve").get("solver") == self._solver(traffic)]
        own = [(name, alike) for name in self._own_policies(network)]
        choices = [(policy, matches)] if policy is not None else [*own, (self.policy, alike), (self.policy, matches)]
        case = next((case for name, cases in choices for case in cases if case.policy == name), None)
        return None if case is None else self.mean(case)

    def mean(self, case: Case) -> Case:
        """Return what the setting of ``case``, one with traffic, comes to over its seeds."""
        return self._means[id(case)]

    @cached_property
    def _means(self) -> dict[int, Case]:
        """What the setting of each case with traffic comes to over its seeds."""
        return {id(case): mean for case, mean in zip(self.solutions, means_of(self.solutions), strict=True)}

    def _own_policies(self, network: str) -> list[str]:
        """Return the policies of the study that a network is run with where the usual one wastes most of its paths."""
        registry = SECTIONS["routing"].registry
        return names.order(
            case.policy
            for case in self.solutions
            if case.network == network
            and case.get("leaves") == case.get("switches")
            and getattr(registry.get(str(case.record.part("routing").get("policy"))), "direct", False)
        )

    def _solver(self, traffic: str) -> str:
        """Return the solver of the first case with ``traffic``: cells of one traffic are comparable."""
        first = next(case for case in self.solutions if case.traffic == traffic)
        return str(first.record.part("solve").get("solver"))

    @cached_property
    def policies(self) -> str:
        """The policies of the comparison in words, such as ecmp (SF, DF: ugal)."""
        own = names.order(case.policy for case in self.grid if case.policy != self.policy)
        exceptions = [
            f"{words.listing(names.order(c.network for c in self.grid if c.policy == policy))}: {policy}"
            for policy in own
        ]
        return f"{self.policy} ({'; '.join(exceptions)})" if exceptions else self.policy

    @cached_property
    def grid(self) -> list[Case]:
        """Networks x traffic, each network under the policy it would be run with, networks together."""
        cells = (self.case(network, traffic) for network in self.networks for traffic in self.traffics)
        return [case for case in cells if case is not None]

    @cached_property
    def of_the_first(self) -> str:
        """What figures of single links and pairs say where seeds vary, empty where none do."""
        return " Of several seeds the first is drawn." if any(case.draws for case in self.grid) else ""

    def by_traffic(self, read: Callable[[str], list[T]]) -> dict[str, list[T]]:
        """Return what ``read`` finds under each traffic of the comparison, without those where it finds nothing."""
        return {traffic: some for traffic in self.traffics if (some := read(traffic))}

    def of_traffic(self, traffic: str) -> list[Case]:
        """Return the cells of ``grid`` of one traffic, one a network."""
        return [case for case in self.grid if case.traffic == traffic]


def _but_bytes(case: Case) -> str:
    parts = {
        part: {key: value for key, value in case.record.part(part).items() if (part, key) != ("traffic", "bytes")}
        for part in names.moving()
    }
    return f"{case.network}{case.record.case.get('seed')}{json.dumps(parts, sort_keys=True, default=str)}"


def cost_key(case: Case) -> float:
    """Return the cost per endpoint of ``case`` [USD], infinite where it has none."""
    cost = case.get("cost_per_endpoint_usd")
    return float("inf") if cost is None else float(cost)


def largest(cases: list[Case], key: str | Callable[[Case], float | None]) -> Case | None:
    """Return the case with the largest ``key``, None where no case has it."""
    read = key if callable(key) else (lambda case: case.get(key))
    having = [(value, i) for i, case in enumerate(cases) if isinstance(value := read(case), int | float)]
    return cases[max(having, key=lambda pair: (pair[0], -pair[1]))[1]] if having else None
