"""Operation: what a phase carries out, as nccl-tests names and sizes it."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: What nccl-tests calls collectives.
Named = Literal["all-gather", "all-to-all", "allreduce", "broadcast", "reduce", "reduce-scatter"]


class Operation(NamedTuple):
    """A collective that groups of ranks do side by side; all runs of a phase together are one."""

    name: str  # one of Named
    size: float  # S of nccl-tests [bytes]: the whole array, or what a rank sends to all
    hosts: int  # hosts, or scale-up domains where those are larger, that a group spans

    @classmethod
    def of(cls, name: str, size: float, members: NDArray[np.int64], *, per_domain: int) -> Operation:
        """Return the operation of groups ``members`` (groups, n) of ranks, alike in where they sit."""
        return cls(name, float(size), len(np.unique(members[0] // per_domain)))
