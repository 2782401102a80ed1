"""Pairs that are alike count as one: a grouped demand by classes of its pairs.

All pairs of a class have the same rate and the same end, so one of them stands for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from traffic.demand import About, Demand, GroupedDemand

if TYPE_CHECKING:
    from traffic.operation import Operation


@dataclass(frozen=True, eq=False, repr=False)
class ClassedDemand:
    """The demand ``whole`` as F classes of pairs; commodity f is ``examples``' and stands for ``pairs[f]`` of them."""

    whole: GroupedDemand
    examples: Demand  # one pair a class, in its order
    pairs: NDArray[np.float64]  # (F,) pairs of each class

    def __post_init__(self) -> None:
        self.pairs.setflags(write=False)

    def __repr__(self) -> str:
        return f"<ClassedDemand {self.name}: {self.pairs.sum():.0f} pairs in {self.n_commodities} classes>"

    @property
    def name(self) -> str:
        """Pattern and parameters."""
        return self.whole.name

    @property
    def n_ranks(self) -> int:
        """Number of ranks."""
        return self.whole.n_ranks

    @property
    def n_commodities(self) -> int:
        """Number of classes F."""
        return self.examples.n_commodities

    @property
    def n_phases(self) -> int:
        """Number of phases: one."""
        return self.whole.n_phases

    @property
    def size(self) -> NDArray[np.float64]:
        """(F,) [bytes] of one pair of each class."""
        return self.examples.size

    @property
    def phase(self) -> NDArray[np.int32]:
        """(F,) phase of each class."""
        return self.examples.phase

    @property
    def repeat(self) -> NDArray[np.int32]:
        """(phases,) times that each phase runs."""
        return self.whole.repeat

    @property
    def phase_names(self) -> tuple[str, ...]:
        """One a phase; empty where there is nothing to say."""
        return self.whole.phase_names

    @property
    def after(self) -> tuple[tuple[int, ...], ...]:
        """Phases that each waits for; () where each waits for the one before."""
        return self.whole.after

    @property
    def compute_s(self) -> NDArray[np.float64]:
        """(phases,) [s] or empty."""
        return self.whole.compute_s

    @property
    def about(self) -> About | None:
        """What it carries out; None where there is nothing to say."""
        return self.whole.about

    @property
    def operations(self) -> tuple[Operation | None, ...]:
        """The collective that each phase is; () where none is one."""
        return self.whole.operations

    def total(self) -> float:
        """Return the bytes of the whole demand, repeats included."""
        return self.whole.total()
