"""Traces of training and inference: one rank's operations in order, which every rank carries out in groups of its own.

A step names its group by the dimension that it runs along, or by how many ranks it has and how far apart they are.
Dimensions lie as Megatron lays them, ranks of tensor parallelism next to each other, pipeline stages furthest apart::

    rank = tp index + tp (data index + dp stage)       ep is part of the data dimension
    tp     tp ranks, 1 apart           ep      ep ranks, tp apart
    dp     dp ranks, tp apart          ep-dp   dp/ep ranks, tp ep apart
    pp     pp ranks, tp dp apart       ep-tp   tp ep ranks, 1 apart         all   every rank

Equal steps become one phase that runs as often.  Phases come one after another, so their order changes no total.

Limits.  Nothing overlaps: no computation hides communication, and no two groups of a rank send at the same time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from traffic.ccl import KINDS, bus_factor, steps_of, strided
from traffic.demand import MAX_PAIRS, Demand, DemandError
from traffic.layout import domain_of
from traffic.operation import Named, Operation
from traffic.outcome import Outcome
from traffic.phases import Phase, in_sequence

#: Dimensions that a step may run along.
DIMENSIONS = ("all", "dp", "ep", "ep-dp", "ep-tp", "pp", "tp")
_NOBODY = np.zeros(0, dtype=np.int64)


class Step(NamedTuple):
    """One operation of a trace, or computation alone."""

    operation: str  # of operations.KINDS; empty: nothing is sent
    size: float  # S of nccl-tests [bytes]
    along: str = "all"  # dimension; empty where ``n`` and ``stride`` say it
    n: int = 0  # ranks of a group; 0: as many as there are that far apart
    stride: int = 1  # how far apart they are
    compute_s: float = 0.0  # [s] before it


@dataclass(frozen=True)
class Trace:
    """What a file says: steps, and how many ranks there are along each dimension as far as it says that."""

    name: str
    steps: tuple[Step, ...]
    ranks: int = 0  # of the job; 0 where the file does not say
    sizes: Mapping[str, int] = field(default_factory=dict)  # dimension -> ranks
    notes: tuple[str, ...] = ()  # what was inferred or left out, in sentences


class Layout(NamedTuple):
    """How ranks are laid out."""

    ranks: int
    tp: int
    ep: int
    pp: int

    @property
    def dp(self) -> int:
        """Ranks of the data dimension."""
        return self.ranks // (self.tp * self.pp)

    def group(self, step: Step) -> tuple[int, int]:
        """Return ranks of the group of ``step``, and how far apart they are."""
        return {
            "": (step.n or self.ranks // step.stride, step.stride),
            "all": (self.ranks, 1),
            "dp": (self.dp, self.tp),
            "ep": (self.ep, self.tp),
            "ep-dp": (self.dp // self.ep, self.tp * self.ep),
            "ep-tp": (self.tp * self.ep, 1),
            "pp": (self.pp, self.tp * self.dp),
            "tp": (self.tp, 1),
        }[step.along]


def layout_of(trace: Trace, n_ranks: int, given: Mapping[str, int | None]) -> Layout:
    """Return the layout of ``trace`` on ``n_ranks``: as given, as the file says, else 1.

    Raises DemandError for more ranks than there are and for dimensions that do not divide them.
    """
    ranks = trace.ranks or n_ranks
    if ranks > n_ranks:
        raise DemandError(f"{trace.name}: is a job of {ranks:,} ranks, and there are {n_ranks:,}")
    own = {key: given.get(key) or trace.sizes.get(key, 1) for key in ("tp", "ep", "pp")}
    layout = Layout(ranks, **own)
    if ranks % (layout.tp * layout.pp) or layout.dp % layout.ep:
        raise DemandError(
            f"{trace.name}: tp={layout.tp}, pp={layout.pp} and ep={layout.ep} do not divide {ranks:,} ranks: tp x pp "
            "divides them, ep what is left"
        )
    return layout


def total(steps: tuple[Step, ...], layout: Layout) -> dict[tuple[str, float, str, int, int], list[float]]:
    """Return equal steps once, in the order of the first -> how often they run, and their computation in all [s].

    The key is operation, size, dimension, ranks of a group and how far apart they are; steps of groups of one rank
    compute alone.
    """
    found: dict[tuple[str, float, str, int, int], list[float]] = {}
    for step in steps:
        n, stride = layout.group(step)
        sends = bool(step.operation) and step.size > 0 and n > 1
        key = (step.operation, step.size, step.along, n, stride) if sends else ("", 0.0, "", 0, 1)
        runs = found.setdefault(key, [0, 0.0])
        runs[0] += 1
        runs[1] += step.compute_s
    return found


@dataclass(frozen=True)
class _Done:
    """What a trace carries out: its phases by number, and what was inferred."""

    rows: tuple[dict[str, Any], ...]  # of the phases that send, in their order
    phases: tuple[int, ...]
    computes_s: float
    notes: tuple[str, ...]

    def results(self, outcome: Outcome) -> dict[str, Any]:
        """Return time and busbw of each kind of operation, its computation left out."""
        compute = outcome.demand.compute_s if outcome.demand.compute_s.size else np.zeros(outcome.demand.n_phases)
        rows = []
        for row, phase in zip(self.rows, self.phases, strict=True):
            seconds = float(
                outcome.ended[phase] - outcome.started[phase] - compute[phase] * outcome.demand.repeat[phase]
            )
            moved = row["runs"] * row["bytes"] * bus_factor(row["operation"], row["ranks"])
            rows.append(row | {"seconds": seconds, "busbw_bytes_per_s": moved / seconds if seconds > 0 else None})
        return {"operations": rows, "computes_s": self.computes_s, "inferred": list(self.notes)}


def demand_of(
    trace: Trace,
    n_ranks: int,
    *,
    ranks_per_host: int,
    ranks_per_domain: int | None = None,
    layout: Mapping[str, int | None] = MappingProxyType({}),
) -> Demand:
    """Return what ``trace`` sends among the first of ``n_ranks`` ranks, every group of a dimension side by side.

    ``layout`` is tp, ep and pp where they are not as the file says.
    Raises DemandError where the layout does not fit, nothing is sent, or there are too many commodities.
    """
    laid = layout_of(trace, n_ranks, layout)
    kinds = total(trace.steps, laid)
    domain = domain_of(ranks_per_host, ranks_per_domain)
    if (pairs := commodities(kinds, laid)) > MAX_PAIRS:
        raise DemandError(f"{trace.name}: {pairs:.3g} commodities are too many to list (at most {MAX_PAIRS:.0e})")
    phases, rows, numbers = [], [], []
    for (operation, size, along, n, stride), (runs, compute_s) in kinds.items():
        if operation:
            try:
                members = strided(laid.ranks, n, stride)
                phase = steps_of(operation, members, size, ranks_per_host=domain)
            except DemandError as error:
                raise DemandError(f"{trace.name}: {error}") from None
            group, known = along or f"{stride} apart", _known(operation, size, members, domain)
            phase = _often(phase, int(runs), compute_s)
            phases.append(phase._replace(name=f"{operation} along {group}", operation=known))
            numbers.append(len(phases) - 1)
            rows.append({"operation": operation, "group": group, "ranks": n, "bytes": size, "runs": int(runs)})
        elif compute_s:
            phases.append(Phase("compute", _NOBODY, _NOBODY, np.zeros(0), 1, compute_s))
    computes = sum(compute_s for _, compute_s in kinds.values())
    done = _Done(tuple(rows), tuple(numbers), computes, (*trace.notes, *_assumed(trace, laid, n_ranks, kinds)))
    return replace(in_sequence(f"file({trace.name})", n_ranks, phases), about=done)


def commodities(kinds: Mapping[tuple[str, float, str, int, int], Any], layout: Layout) -> int:
    """Return how many commodities the phases of ``kinds`` have at most."""
    return sum(layout.ranks * (n - 1 if KINDS[operation].pairs else 2) for operation, *_, n, _ in kinds if operation)


def _often(phase: Phase, runs: int, compute_s: float) -> Phase:
    """Return ``phase`` that runs as often, its computation dealt evenly."""
    repeat = phase.repeat * runs
    return phase._replace(repeat=repeat, compute_s=compute_s / repeat)


def _known(operation: str, size: float, members: NDArray[np.int64], domain: int) -> Operation | None:
    return Operation.of(operation, size, members, per_domain=domain) if operation in get_args(Named) else None


def _assumed(trace: Trace, layout: Layout, n_ranks: int, kinds: Mapping[tuple[Any, ...], Any]) -> list[str]:
    said = [f"ranks are laid out as tp={layout.tp}, dp={layout.dp} (ep={layout.ep} of it), pp={layout.pp}"]
    if not trace.ranks:
        said.append(f"the file does not say how many ranks there are: all {n_ranks:,} take part")
    elif trace.ranks < n_ranks:
        said.append(f"the first {trace.ranks:,} of {n_ranks:,} endpoints take part")
    if any(kind[0] for kind in kinds):
        said.append("every rank is taken to do what the trace of one rank does, in groups of its own")
    return said
