"""Several jobs on one fabric: each with its own ranks and its own order of phases, all at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from traffic.demand import Demand, DemandError, GroupedDemand
from traffic.layout import check_whole
from traffic.outcome import Outcome
from traffic.phases import Phase, in_sequence


class Job(NamedTuple):
    """A workload and where it runs."""

    name: str
    demand: Demand | GroupedDemand  # among the job's own ranks
    ranks: NDArray[np.int64]  # (demand.n_ranks,) rank of the fabric of each
    start: float = 0.0  # [s] before its first phase


@dataclass(frozen=True, eq=False)
class Jobs:
    """Jobs side by side: each is measured against the time that it takes alone."""

    jobs: tuple[Job, ...]

    def results(self, outcome: Outcome) -> dict[str, Any]:
        """Return when each job ends, how long it takes alone on the same fabric, and their ratio.

        Alone means: the same ranks, routed and solved alike, no other job.  Times count from the start of the job.
        """
        rows: list[dict[str, Any]] = []
        for job, phases in zip(self.jobs, phases_of(self.jobs), strict=True):
            alone = outcome.alone(together([job._replace(start=0.0)], n_ranks=outcome.demand.n_ranks))
            if alone is None:
                return {}
            took = float(outcome.ended[list(phases)].max()) - job.start
            rows.append(
                {
                    "job": job.name,
                    "ranks": len(job.ranks),
                    "start_s": job.start,
                    "together_s": took,
                    "alone_s": alone,
                    "slowdown": took / alone,
                }
            )
        slowdowns = [row["slowdown"] for row in rows]
        return {"jobs": rows, "slowdown_max": max(slowdowns), "slowdown_mean": sum(slowdowns) / len(slowdowns)}


def on_hosts(hosts: int, *, n_ranks: int, ranks_per_host: int, first: int = 0, stride: int = 1) -> NDArray[np.int64]:
    """Return all ranks of ``hosts`` hosts: ``first``, ``first + stride``, .. of a fabric of ``n_ranks``.

    >>> on_hosts(2, n_ranks=16, ranks_per_host=4, first=1, stride=2).tolist()
    [4, 5, 6, 7, 12, 13, 14, 15]
    >>> on_hosts(1, n_ranks=16, ranks_per_host=4).tolist()
    [0, 1, 2, 3]

    Raises DemandError where a host is not there or not full.
    """
    check_whole(hosts, 1, name="hosts")
    check_whole(first, 0, name="first")
    check_whole(stride, 1, name="stride")
    last, full = first + (hosts - 1) * stride, n_ranks // ranks_per_host
    if last >= full:
        raise DemandError(
            f"hosts={hosts} from first={first} in steps of {stride} end at host {last}; "
            f"the fabric has {full} full hosts, 0 to {full - 1}"
        )
    host = first + stride * np.arange(hosts, dtype=np.int64)
    return (host[:, None] * ranks_per_host + np.arange(ranks_per_host)).ravel()


def joined_ranks(ranks: NDArray[np.int64], *, ranks_per_host: int, ranks_per_domain: int) -> int:
    """Return how many ranks of a job one scale-up network joins; those of a host where its domains hold unlike shares.

    >>> tray = {"ranks_per_host": 4}
    >>> joined_ranks(on_hosts(4, n_ranks=144, first=16, **tray), **tray, ranks_per_domain=72)  # two trays in each
    8
    >>> joined_ranks(on_hosts(4, n_ranks=144, first=17, **tray), **tray, ranks_per_domain=72)  # one, and three
    4
    """
    first = np.flatnonzero(np.diff(ranks // ranks_per_domain, prepend=-1))
    share = np.diff(first, append=len(ranks))
    alike = (share[:-1] == share[0]).all() and share[-1] <= share[0]
    return int(share[0]) if alike else ranks_per_host


def together(jobs: Sequence[Job], *, n_ranks: int) -> Demand:
    """Return the demand of ``jobs`` side by side on ``n_ranks`` ranks; phases are named ``job: phase``.

    Phases of a job keep their order, those of different jobs have none, so ``completion`` lets
    them share links.  A job that starts later has a first phase that only waits.

    Raises DemandError for no job, names that are not distinct, a start that is negative, or ranks
    that are not distinct ranks of the fabric, one for each of the job's own.
    """
    if not jobs:
        raise DemandError("jobs is empty; give at least one")
    phases: list[Phase] = []
    for job, range_ in zip(jobs, phases_of(jobs), strict=True):
        _check(job, n_ranks)
        first = range_.start
        if job.start:
            phases.append(Phase(f"{job.name}: wait", _NO_RANK, _NO_RANK, np.zeros(0), 1, job.start, ()))
        phases += _phases(job, first + bool(job.start), () if not job.start else (first,))
    names = [job.name for job in jobs]
    if len(set(names)) < len(names):
        raise DemandError(f"jobs need distinct names; got {', '.join(names)}")
    return replace(in_sequence(f"jobs({', '.join(names)})", n_ranks, phases), about=Jobs(tuple(jobs)))


def phases_of(jobs: Sequence[Job]) -> list[range]:
    """Return the phases of each job in the demand of all of them."""
    stops = np.cumsum([job.demand.n_phases + bool(job.start) for job in jobs]).tolist()
    return [range(a, b) for a, b in zip([0, *stops], stops, strict=False)]


_NO_RANK = np.zeros(0, dtype=np.int64)


def _check(job: Job, n_ranks: int) -> None:
    ranks = np.asarray(job.ranks)
    if len(ranks) != job.demand.n_ranks or len(np.unique(ranks)) < len(ranks):
        raise DemandError(
            f"job {job.name}: {len(ranks)} ranks given for {job.demand.n_ranks}; give each its own rank of the fabric"
        )
    if len(ranks) and not 0 <= ranks.min() <= ranks.max() < n_ranks:
        raise DemandError(f"job {job.name}: ranks go from 0 to {n_ranks - 1}; got {ranks.min()} to {ranks.max()}")
    if not 0 <= job.start < np.inf:
        raise DemandError(f"job {job.name}: start must be a time of 0 s or more; got {job.start!r}")


def _phases(job: Job, first: int, opening: tuple[int, ...]) -> list[Phase]:
    """Return the phases of ``job`` numbered from ``first``; its first ones wait for ``opening``."""
    demand = job.demand.listed() if isinstance(job.demand, GroupedDemand) else job.demand
    edge = np.searchsorted(demand.phase, np.arange(demand.n_phases + 1))
    names = demand.phase_names or tuple(f"phase {p}" for p in range(demand.n_phases))
    compute = demand.compute_s if demand.compute_s.size else np.zeros(demand.n_phases)
    before = demand.after or tuple((p - 1,) if p else () for p in range(demand.n_phases))
    ranks = np.asarray(job.ranks, dtype=np.int64)
    return [
        Phase(
            job.name if demand.n_phases == 1 else f"{job.name}: {names[p]}",
            ranks[demand.src[edge[p] : edge[p + 1]]],
            ranks[demand.dst[edge[p] : edge[p + 1]]],
            demand.size[edge[p] : edge[p + 1]],
            int(demand.repeat[p]),
            float(compute[p]),
            tuple(q + first for q in before[p]) or opening,
            bool(demand.by_rank and demand.by_rank[p]),
            demand.operations[p] if demand.operations else None,
        )
        for p in range(demand.n_phases)
    ]
