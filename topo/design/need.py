"""Requirements: a key of a result, a sign and a limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from topo.quantities import QUANTITIES

#: Relative slack of a comparison: throughputs are quotients of sums.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Need:
    """One requirement, such as cost_usd <= 8e7, of one workload or after failures where it says so."""

    key: str
    sign: Literal["<=", ">="]
    limit: float
    of: str = ""  # the workload; empty for all of them together
    after: str = ""  # what failed, as it was written; empty for the intact network

    @property
    def fact(self) -> str:
        """What facts of a candidate call the value that is compared."""
        return self.key + (f" of {self.of}" if self.of else "") + (f" after {self.after}" if self.after else "")

    def __str__(self) -> str:
        return f"{self.fact} {self.sign} {number(self.limit)}"

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Return whether ``facts`` meet it; what is not known does not."""
        value = facts.get(self.fact)
        if value is None:
            return False
        slack = ROUNDING * abs(self.limit)
        return bool(value <= self.limit + slack if self.sign == "<=" else value >= self.limit - slack)

    def refuses(self, best: Mapping[str, Any]) -> bool:
        """Return whether nothing that is no better than ``best`` meets it; what is not known there may."""
        return self.fact in best and (self.sign == "<=") == (way(self.key) == 1) and not self.holds(best)


@dataclass(frozen=True)
class Miss:
    """A requirement that a candidate does not meet, and the value that it has instead."""

    need: Need
    value: float | None  # None where it is not known
    bound: bool = False  # whether no routing can better the value, which was not measured

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.need.fact} is not known, {self.need.sign} {number(self.need.limit)} is needed"
        sign = ">" if self.need.sign == "<=" else "<"
        best = (" at least" if sign == ">" else " at most") if self.bound else ""
        return f"{self.need.fact}{best} {number(self.value)} {sign} {number(self.need.limit)}"


def way(key: str) -> int:
    """Return 1 where less of ``key`` is better, -1 where more is."""
    one = QUANTITIES.get(key.split(maxsplit=1)[0])
    return -1 if one and one.better == "more" else 1


def number(value: float) -> str:
    """Return a number as people read it: whole ones with separators."""
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1e5 else f"{value:.6g}"
