"""How often each kind of part fails, and how long its repair takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Kinds of parts that rates are stated for.  An optic is one end of an optical cable; a port the cable between a NIC
#: and its leaf; a cable one between two switches.
PARTS = ("gpu", "host", "nic", "optic", "port", "cable", "leaf", "spine", "core")
#: Parts of its own whose failure stops a job.  All others belong to the network, which routes around them.
OF_A_JOB = ("gpu", "host", "nic")


class RatesError(ValueError):
    """A rate or a time that cannot be, or one that is needed and was not stated."""


@dataclass(frozen=True)
class Rates:
    """Failures and repairs by kind of part; a part that is in neither never fails."""

    failures: Mapping[str, float] = field(default_factory=dict)  # [1/s] of one part
    repairs: Mapping[str, float] = field(default_factory=dict)  # [s] mean time to repair it

    def over(self, other: Rates) -> Rates:
        """Return these rates, with those of ``other`` where these say nothing."""
        return Rates({**other.failures, **self.failures}, {**other.repairs, **self.repairs})

    def repair(self, part: str) -> float:
        """Return the mean time to repair one ``part`` [s].

        Raises RatesError where none was stated, or none passes.
        """
        if not self.repairs.get(part):
            raise RatesError(f"repairs: a failed {part} needs a time to repair it, such as repairs={{{part}: 4h}}")
        return self.repairs[part]

    def down(self, part: str) -> float:
        """Return the share of time that one ``part`` is down: MTTR / (MTBF + MTTR).

        Raises RatesError where it fails and no repair time was stated.
        """
        rate = self.failures.get(part, 0.0)
        return rate * self.repair(part) / (1 + rate * self.repair(part)) if rate else 0.0
