"""Demand: who sends how many bytes to whom, in ranks.

Two forms carry it.  ``Demand`` lists its commodities.  ``GroupedDemand`` says
"every rank sends so many bytes to every other rank of its group" and never lists
them: uniform all-to-all over 261,632 ranks has 6.8e10 pairs.  Both speak of F
commodities; those of a ``GroupedDemand`` stand for all pairs to a kind of receiver:
one where all are alike, two where some are hot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from traffic.operation import Operation
from traffic.rules import LARGEST_SIZE, SIZES, SMALLEST_SIZE, DemandError, check_phases, in_range, refuse, runs

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["LARGEST_SIZE", "MAX_PAIRS", "SMALLEST_SIZE", "About", "Demand", "DemandError", "GroupedDemand"]

#: Pairs above which a grouped demand refuses to be listed: 28 bytes each, so about 1 GB.
MAX_PAIRS = 40_000_000


class About(Protocol):
    """The operation that a demand carries out: how a pattern has results of its own."""

    def results(self, outcome: Any) -> dict[str, Any]:
        """Return what is worth saying of a ``traffic.outcome.Outcome``: flat snake_case keys, ready for JSON."""


@dataclass(frozen=True, eq=False, repr=False)
class Demand:
    """Commodities, sorted by phase, then dst, then src; no rank sends to itself.

    Phase i runs ``repeat[i]`` times in a row and starts when the phases ``after[i]`` have ended: for all ranks at
    once, or for each rank when it has itself sent and received all of the run or phase before, where ``by_rank[i]``.
    """

    name: str  # pattern and parameters, as printed in reports
    n_ranks: int
    src: NDArray[np.int32]  # (F,) rank that sends
    dst: NDArray[np.int32]  # (F,) rank that receives
    size: NDArray[np.float64]  # (F,) [bytes] of one run of the phase
    phase: NDArray[np.int32]  # (F,) phase of the commodity
    repeat: NDArray[np.int32]  # (phases,) times that each phase runs
    phase_names: tuple[str, ...] = ()  # one a phase, such as dispatch and combine; empty where there is nothing to say
    after: tuple[tuple[int, ...], ...] = ()  # one a phase, earlier ones; () in all: each after the one before
    compute_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))  # (phases,) [s] or empty, of one run
    by_rank: tuple[bool, ...] = ()  # one a phase: each rank goes on by itself; () for none
    about: About | None = None  # what it carries out, with results of its own; None where there are none
    operations: tuple[Operation | None, ...] = ()  # one a phase: the collective that it is; () where none is one

    @classmethod
    def of(
        cls,
        name: str,
        n_ranks: int,
        *,
        src: ArrayLike,
        dst: ArrayLike,
        size: ArrayLike,
        phase: ArrayLike = 0,
        repeat: ArrayLike = 1,
        phase_names: tuple[str, ...] = (),
        after: Sequence[Sequence[int]] = (),
        compute_s: ArrayLike = (),
        by_rank: tuple[bool, ...] = (),
        operations: tuple[Operation | None, ...] = (),
    ) -> Demand:
        """Return the demand of these commodities, in any order; scalars stand for all.

        Raises DemandError with the first offender for: a rank out of range, a rank that sends
        to itself, a size [bytes] that is not positive and finite, a phase without a ``repeat``, names
        or ``by_rank`` that do not go one to a phase, a phase that waits for itself or a later one, a negative time.
        """
        src_, dst_, size_, phase_ = np.broadcast_arrays(
            np.atleast_1d(np.asarray(src, np.int64)),
            np.asarray(dst, np.int64),
            np.asarray(size, np.float64),
            np.asarray(phase, np.int64),
        )
        repeat_ = runs(repeat)
        refuse(
            (src_ < 0) | (src_ >= n_ranks) | (dst_ < 0) | (dst_ >= n_ranks),
            src_,
            dst_,
            f"ranks go from 0 to {n_ranks - 1}",
        )
        refuse(src_ == dst_, src_, dst_, "a rank does not send to itself")
        refuse(~(np.isfinite(size_) & (size_ > 0)), src_, dst_, "a size must be positive and finite")
        refuse(~in_range(size_), src_, dst_, f"a size must lie {SIZES}")
        refuse((phase_ < 0) | (phase_ >= len(repeat_)), src_, dst_, f"phases go from 0 to {len(repeat_) - 1}")
        after_ = tuple(tuple(int(p) for p in before) for before in after)
        compute_ = np.array(compute_s, dtype=np.float64)
        check_phases(
            len(repeat_),
            names=phase_names,
            by_rank=by_rank,
            after=after_,
            compute_s=compute_,
            operations=len(operations),
        )
        order = np.lexsort((src_, dst_, phase_))
        return cls(
            name,
            n_ranks,
            src_[order].astype(np.int32),
            dst_[order].astype(np.int32),
            size_[order],
            phase_[order].astype(np.int32),
            repeat_,
            phase_names,
            after_,
            compute_,
            by_rank,
            operations=operations,
        )

    def __post_init__(self) -> None:
        _freeze(self)

    def __repr__(self) -> str:
        return f"<Demand {self.name}: {self.n_ranks} ranks, {self.n_commodities} commodities, {self.n_phases} phases>"

    @property
    def n_commodities(self) -> int:
        """Number of commodities F."""
        return len(self.src)

    @property
    def n_phases(self) -> int:
        """Number of phases."""
        return len(self.repeat)

    @property
    def pairs(self) -> NDArray[np.float64]:
        """(F,) pairs of ranks that each commodity stands for: one."""
        return np.ones(self.n_commodities)

    def total(self) -> float:
        """Return the bytes of the whole demand, repeats included."""
        return float(self.size @ self.repeat[self.phase])

    def sent(self) -> NDArray[np.float64]:
        """Return (n_ranks,) bytes that each rank sends, repeats included."""
        return np.bincount(self.src, self.size * self.repeat[self.phase], self.n_ranks).astype(np.float64, copy=False)

    def received(self) -> NDArray[np.float64]:
        """Return (n_ranks,) bytes that each rank receives, repeats included."""
        return np.bincount(self.dst, self.size * self.repeat[self.phase], self.n_ranks).astype(np.float64, copy=False)

    def gather(self, label: ArrayLike) -> Demand:
        """Return the demand between labels: ranks of equal ``label`` (n_ranks,) become one.

        Commodities inside a label vanish, those that coincide are added up.
        """
        label_ = np.asarray(label, dtype=np.int64)
        n = int(label_.max(initial=-1)) + 1
        src, dst = label_[self.src], label_[self.dst]
        key = (self.phase.astype(np.int64) * n + dst) * n + src
        key, row = np.unique(key[src != dst], return_inverse=True)
        size = np.bincount(row, self.size[src != dst], len(key))
        return Demand.of(
            self.name,
            n,
            src=key % n,
            dst=key // n % n,
            size=size,
            phase=key // (n * n),
            repeat=self.repeat,
            phase_names=self.phase_names,
            after=self.after,
            compute_s=self.compute_s,
            by_rank=self.by_rank,
            operations=self.operations,
        )

    def matrix(self) -> csr_array:
        """Return the (n_ranks, n_ranks) sparse matrix of bytes, src by dst, repeats included."""
        from scipy.sparse import csr_array

        bytes_ = self.size * self.repeat[self.phase]
        return csr_array((bytes_, (self.src, self.dst)), shape=(self.n_ranks, self.n_ranks))


@dataclass(frozen=True, eq=False, repr=False)
class GroupedDemand:
    """Every rank sends to every other rank of equal ``label``, by the kind of the receiver; label -1 is silent.

    Commodity f stands for all ``pairs`` that end on a rank of kind f and move ``size[f]`` each; without
    kinds there is one (F = 1).  Rates, sizes and loads are those of one pair.
    """

    name: str
    n_ranks: int
    label: NDArray[np.int32]  # (n_ranks,) group of each rank; -1 takes no part
    size: NDArray[np.float64]  # (F,) [bytes] between an ordered pair whose receiver is of that kind
    repeat: NDArray[np.int32]  # (1,) times that the phase runs
    kind: NDArray[np.int32]  # (n_ranks,) of each rank as a receiver
    phase_names: tuple[str, ...] = ()  # its one phase has none
    after: tuple[tuple[int, ...], ...] = ()  # there is but one phase
    compute_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))  # none
    about: About | None = None  # what it carries out, with results of its own; None where there are none
    operations: tuple[Operation | None, ...] = ()  # the collective that it is; () where it is none

    @classmethod
    def of(cls, name: str, *, label: ArrayLike, size: ArrayLike, repeat: int = 1, kind: ArrayLike = 0) -> GroupedDemand:
        """Return all-to-all inside each group of ``label`` (n_ranks,), ``size`` [bytes] a pair.

        With ``kind`` (n_ranks,) there is one size a kind: that of pairs which end on a rank of the kind.
        Raises DemandError where no group has two ranks, a size is not positive and finite, or
        nothing is sent to a kind.
        """
        label_ = np.array(label, dtype=np.int32)
        size_ = np.array(size, dtype=np.float64, ndmin=1)
        kind_ = np.array(np.broadcast_to(np.asarray(kind, dtype=np.int32), label_.shape))
        if not (np.isfinite(size_) & (size_ > 0)).all():
            raise DemandError(f"size {size!r} must be positive and finite")
        if not in_range(size_).all():
            raise DemandError(f"size {size!r} must lie {SIZES}")
        if not len(label_) or np.bincount(label_[label_ >= 0], minlength=1).max() < 2:
            raise DemandError(f"{name}: no two ranks belong together, so nothing is sent; at least 2 are needed")
        if len(kind_) and not 0 <= kind_.min() <= kind_.max() < len(size_):
            raise DemandError(f"{name}: kinds go from 0 to {len(size_) - 1}, one a size; got {np.unique(kind_)}")
        demand = cls(name, len(label_), label_, size_, runs(repeat), kind_)
        if not demand.pairs.all():
            raise DemandError(f"{name}: nothing is sent to ranks of kind {int(np.argmin(demand.pairs))}")
        return demand

    def __post_init__(self) -> None:
        _freeze(self)

    def __repr__(self) -> str:
        return f"<GroupedDemand {self.name}: {self.n_ranks} ranks, {self.pairs.sum():.0f} pairs>"

    @property
    def n_commodities(self) -> int:
        """Number of commodities F: one a kind of receiver."""
        return len(self.size)

    @property
    def n_phases(self) -> int:
        """Number of phases: one."""
        return 1

    @property
    def phase(self) -> NDArray[np.int32]:
        """(F,) phase of the commodities."""
        return np.zeros(len(self.size), dtype=np.int32)

    @property
    def counts(self) -> NDArray[np.int64]:
        """(groups,) ranks of each group."""
        return np.bincount(self.label[self.label >= 0], minlength=1)

    @property
    def pairs(self) -> NDArray[np.float64]:
        """(F,) ordered pairs of ranks that each commodity stands for."""
        return np.bincount(self.kind, self._peers(), len(self.size)).astype(np.float64, copy=False)

    @property
    def receives(self) -> NDArray[np.float64]:
        """(F, n_ranks) 1 where the rank is of the kind that receives the commodity, else 0."""
        return np.asarray(self.kind == np.arange(len(self.size))[:, None], dtype=np.float64)

    def _peers(self) -> NDArray[np.int64]:
        """Return (n_ranks,) other ranks of the group of each; 0 where silent."""
        return np.where(self.label >= 0, self.counts[self.label] - 1, 0)

    def total(self) -> float:
        """Return the bytes of the whole demand, repeats included."""
        return float(self.pairs @ self.size * self.repeat[0])

    def sent(self) -> NDArray[np.float64]:
        """Return (n_ranks,) bytes that each rank sends, repeats included."""
        drawn = np.where(self.label >= 0, self.size[self.kind], 0.0)
        of_group = np.bincount(np.maximum(self.label, 0), drawn, len(self.counts))
        if len(self.size) == 1:  # whole numbers times the size, so that totals are exact
            return np.asarray(self._peers() * float(self.size[0] * self.repeat[0]), dtype=np.float64)
        return np.asarray(
            np.where(self.label >= 0, of_group[self.label] - drawn, 0.0) * self.repeat[0], dtype=np.float64
        )

    def received(self) -> NDArray[np.float64]:
        """Return (n_ranks,) bytes that each rank receives, repeats included."""
        return np.asarray(self._peers() * self.size[self.kind] * float(self.repeat[0]), dtype=np.float64)

    def listed(self) -> Demand:
        """Return the same demand with every pair listed.

        Raises DemandError above MAX_PAIRS pairs.
        """
        check_pairs(self.name, float(self.pairs.sum()))
        order = np.argsort(self.label, kind="stable")
        order = order[self.label[order] >= 0].astype(np.int32)
        start = np.concatenate([[0], np.cumsum(self.counts)])
        blocks = [order[a:b] for a, b in pairwise(start) if b - a > 1]
        src = np.concatenate([np.tile(block, len(block)) for block in blocks])
        dst = np.concatenate([np.repeat(block, len(block)) for block in blocks])
        other = src != dst
        src, dst = src[other], dst[other]
        size = self.size[self.kind[dst]]
        listed = Demand.of(self.name, self.n_ranks, src=src, dst=dst, size=size, repeat=self.repeat)
        return replace(listed, about=self.about, operations=self.operations)


def check_pairs(name: str, pairs: float) -> None:
    """Raise DemandError where the ``pairs`` of the demand ``name`` are too many to list."""
    if pairs > MAX_PAIRS:
        raise DemandError(
            f"{name}: {pairs:.3g} pairs are too many to list (at most {MAX_PAIRS:.0e}); "
            "use the proportional solver with a policy that needs no list, or fewer ranks"
        )


def _freeze(demand: Demand | GroupedDemand) -> None:
    for value in vars(demand).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
