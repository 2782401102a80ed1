"""Measurements: operations that took place, how long each took, and who took part.

One record is one operation as one rank saw it, or as all saw it together.  A communicator says where its ranks ran as
far as the log does: host, place on the host, number among all ranks of the job.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from traffic.ccl import KINDS, NAMES
from traffic.demand import DemandError


@dataclass(frozen=True)
class Communicator:
    """Who takes part in operations together; what a log does not say is empty."""

    name: str  # as the log calls it
    n: int  # ranks
    hosts: int = 0  # how many there are; 0 where the log does not say
    host: dict[int, str] = field(default_factory=dict)  # rank -> the host that it ran on
    slot: dict[int, int] = field(
        default_factory=dict
    )  # rank -> its place on the host: number of the GPU, or of the process
    world: tuple[int, ...] = ()  # (n,) number of each among all ranks of the job


@dataclass(frozen=True, eq=False)
class Measurements:
    """M records as columns."""

    operation: NDArray[np.int8]  # (M,) index into operations.NAMES
    size: NDArray[np.float64]  # (M,) S of nccl-tests [bytes]
    seconds: NDArray[np.float64]  # (M,) [s]
    group: NDArray[np.int32]  # (M,) index into groups
    rank: NDArray[np.int32]  # (M,) of the communicator that measured; -1: all together
    groups: tuple[Communicator, ...]
    notes: tuple[str, ...] = ()  # what was inferred or left out, in sentences

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def __len__(self) -> int:
        return len(self.size)

    @property
    def ranks(self) -> NDArray[np.int64]:
        """(M,) ranks of the communicator."""
        return np.array([one.n for one in self.groups], dtype=np.int64)[self.group]

    def busbw(self) -> NDArray[np.float64]:
        """Return (M,) bus bandwidth of nccl-tests [B/s]."""
        passes = np.array([KINDS[name].passes for name in NAMES])[self.operation]
        return self.size / self.seconds * np.where(passes, passes * (self.ranks - 1) / self.ranks, 1.0)


def joined(several: Sequence[Measurements]) -> Measurements:
    """Return the records of ``several`` logs; communicators of one name and as many ranks are one.

    Raises DemandError for no log.
    """
    if not several:
        raise DemandError("no measurements are given")
    known: dict[tuple[str, int], Communicator] = {}
    for one in (group for log in several for group in log.groups):
        old = known.get((one.name, one.n), one)
        world, hosts = old.world or one.world, max(old.hosts, one.hosts)
        known[one.name, one.n] = Communicator(one.name, one.n, hosts, old.host | one.host, old.slot | one.slot, world)
    number = {key: i for i, key in enumerate(known)}
    moved = [np.array([number[one.name, one.n] for one in log.groups], dtype=np.int32)[log.group] for log in several]
    notes = tuple(dict.fromkeys(note for log in several for note in log.notes))
    return Measurements(
        np.concatenate([log.operation for log in several]),
        np.concatenate([log.size for log in several]),
        np.concatenate([log.seconds for log in several]),
        np.concatenate(moved),
        np.concatenate([log.rank for log in several]),
        tuple(known.values()),
        notes,
    )
