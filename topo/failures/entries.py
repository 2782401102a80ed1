"""What the house knows of each way to choose a loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from topo.failures import counted
from topo.failures.losses import Loss, named, random, worst


@dataclass(frozen=True)
class Failures:
    """An entry of ``FAILURES``: which losses a case looks at."""

    losses: Callable[..., list[Loss]]  # the fabric, and its own parameters by keyword
    counted: Callable[..., bool]  # the Size, ``alike``, and the same: whether counts tell that there are such losses
    searches: bool = False  # whether the case is that of the worst loss, rather than that of the only one


#: Ways to choose what fails, by the name that the command line and study files use.
FAILURES: dict[str, Failures] = {
    "named": Failures(named, counted.named),
    "random": Failures(random, counted.random),
    "worst": Failures(worst, counted.worst, searches=True),
}
