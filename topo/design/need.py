"""Requirements: a key of a result, a sign and a limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

#: Relative slack of a comparison: throughputs are quotients of sums.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Need:
    """One requirement, such as cost_usd <= 8e7."""

    key: str
    sign: Literal["<=", ">="]
    limit: float

    def __str__(self) -> str:
        return f"{self.key} {self.sign} {number(self.limit)}"

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Return whether ``facts`` meet it; what is not known does not."""
        value = facts.get(self.key)
        if value is None:
            return False
        slack = ROUNDING * abs(self.limit)
        return bool(value <= self.limit + slack if self.sign == "<=" else value >= self.limit - slack)

    def against(self, facts: Mapping[str, Any]) -> str:
        """Return how ``facts`` miss it in words, such as 30,618 endpoints < 32,768."""
        value = facts.get(self.key)
        if value is None:
            return f"{self.key} is not known, {self.sign} {number(self.limit)} is needed"
        return f"{self.key} {number(value)} {'>' if self.sign == '<=' else '<'} {number(self.limit)}"


def number(value: float) -> str:
    """Return a number as people read it: whole ones with separators."""
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1e5 else f"{value:.6g}"
