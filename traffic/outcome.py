"""What was found out about a demand: what the results of its own operation go by."""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from traffic.demand import Demand, GroupedDemand


class Outcome(Protocol):
    """A demand that was solved."""

    @property
    def demand(self) -> Demand | GroupedDemand:
        """What was solved, its pairs listed where the solver lists them."""

    @property
    def started(self) -> NDArray[Any]:
        """(phases,) [s] from the start of the demand."""

    @property
    def ended(self) -> NDArray[Any]:
        """(phases,) [s] from the start of the demand, repeats included."""

    @property
    def completion_s(self) -> float:
        """Time of the whole demand [s]."""

    @property
    def nic(self) -> float:
        """What a rank sends over the network at most [B/s]."""

    @property
    def scale_up(self) -> float:
        """What a rank sends inside its host at most [B/s]; 0 where it cannot."""

    def alone(self, demand: Demand) -> float | None:
        """Return the time [s] of another demand routed and solved in the same way; None where that is not known."""
