"""Solution: what a solver found, complete and checked when it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from topo.fabric import Fabric
from topo.flow.bounds import endpoint_bound, overall, theta_bound, volume_bound
from topo.flow.conservation import imbalance
from topo.flow.phase_loads import fullest
from topo.flow.schedule import at_once, critical, overlap, predecessors, schedule, soonest
from topo.routing.operator import Routing
from topo.rows import Rows
from traffic.classed import ClassedDemand
from traffic.demand import Demand, GroupedDemand

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: Load may exceed capacity by this much, relatively, before a solution is called wrong: rounding only.
OVERLOAD = 1e-9
#: Part of a commodity that may be lost or made before a solution is called wrong: rounding only.
LOSS = 1e-9


class SolverError(ValueError):
    """A solver asked for in the wrong company; the message says which goes with what."""


class NotSolved(ValueError):
    """A solver stopped without an answer; the message is its own status and what would do."""


class TooMany(NotSolved):
    """A solver that follows every commodity, and more of them or of their shares than can be held."""


@dataclass(frozen=True, eq=False, repr=False)
class Solution:
    """Rates, loads and times of ``demand`` under ``routing``; times count from the start of a phase."""

    fabric: Fabric
    theta: NDArray[np.float64]  # (phases,) [1/s] least rate / size of the phase
    rate: NDArray[np.float64]  # (F,) [B/s]; mean over its time where the solver lets it vary
    load: Rows  # (phases, L) [B/s]; mean over the phase where it varies; rows hold the links that carry
    tightest: NDArray[np.int32]  # (F,) link that holds the commodity back; -1 none
    finish: NDArray[np.float64]  # (F,) [s] when the commodity ends, from the start of the transfer
    delay: NDArray[np.float64]  # (F,) [s] of ``finish`` that is latency and overhead; 0 where the solver counts none
    phase_time: NDArray[np.float64]  # (phases,) [s] of one run, its computation included
    started: NDArray[np.float64]  # (phases,) [s] from the start of the demand
    ended: NDArray[np.float64]  # (phases,) [s] from the start of the demand, repeats included
    demand: Demand | GroupedDemand | ClassedDemand  # what was solved: the given one, or its pairs listed or by class
    routing: Routing  # of ``demand``
    offered: Demand | GroupedDemand  # as it was given, before any pair was listed
    routed: Routing  # of ``offered``
    method: str  # how it was found
    bound: float  # [1/s] no routing has a larger overall theta; of a solved policy, no choice it has
    gap: float  # (bound - overall theta) / bound
    in_proportion: bool  # whether all commodities of a phase move in proportion to their sizes throughout
    timed: bool  # whether ``finish`` counts latency, packets and launch
    turns: Callable[[], NDArray[np.float64]] | None  # tells ``in_turn``; None where it is not said
    least: float | None  # [s] before which the demand cannot end; None where it ends at ``completion_s``
    residual: float  # largest relative overload of a link, or part of a commodity lost or made; rounding only

    @classmethod
    def of(
        cls,
        fabric: Fabric,
        demand: Demand | GroupedDemand | ClassedDemand,
        routing: Routing,
        *,
        theta: NDArray[np.float64],
        rate: NDArray[np.float64],
        load: Rows | csr_array,
        tightest: NDArray[np.int32],
        finish: NDArray[np.float64],
        method: str,
        delay: NDArray[np.float64] | None = None,
        launch: float = 0.0,
        side_by_side: bool = False,
        turns: Callable[[], NDArray[np.float64]] | None = None,
        span: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
        in_proportion: bool = False,
        least: float | None = None,
    ) -> Solution:
        """Return the solution with its bound, gap, residual and schedule.

        Everything starts ``launch`` [s] late.  ``least`` [s] is the soonest end where the times are only the
        latest.  ``span`` is start and end (phases,) [s] of each phase
        where it is not that each starts when all of those before have ended; ``side_by_side`` that phases
        which send may overlap.
        Raises NotSolved where a number is not finite, a link is overloaded, a commodity does not
        arrive whole or theta exceeds its bound, SolverError where phases that send would overlap.
        """
        given = demand.whole if isinstance(demand, ClassedDemand) else demand
        if not side_by_side:
            check_order(given)
        phase_time = np.zeros(demand.n_phases)
        np.maximum.at(phase_time, demand.phase, finish)
        if demand.compute_s.size:
            phase_time += demand.compute_s
        started, ended = span or schedule(predecessors(given), demand.repeat * phase_time)
        started, ended = started + launch, ended + launch
        _refuse_infinite(rate=rate, load=load.data, finish=finish)
        lost = imbalance(fabric, demand, routing)
        _refuse_losses(demand.examples if isinstance(demand, ClassedDemand) else demand, routing, lost)
        rows = load if isinstance(load, Rows) else Rows.as_in(load)
        overload = _small_overload(fabric, rows, method)
        last = float(ended.max(initial=0.0))
        if side_by_side:
            whole, bound = 1.0 / last, _bound_side_by_side(fabric, given, routing.bound)
        else:
            whole, bound = overall(theta, demand.repeat), _bound_in_turn(fabric, given, routing.bound)
        if whole > bound * (1.0 + OVERLOAD):
            raise NotSolved(f"{method}: theta {whole:.12g} exceeds its own bound {bound:.12g}; please report this")
        bound = max(bound, whole)  # what was reached is possible, so no bound lies below it
        return cls(
            fabric=fabric,
            theta=theta,
            rate=rate,
            load=rows,
            tightest=tightest,
            finish=finish,
            delay=np.zeros(len(finish)) if delay is None else delay,
            phase_time=phase_time,
            started=started,
            ended=ended,
            demand=demand,
            routing=routing,
            offered=given,
            routed=routing,
            method=method,
            bound=bound,
            gap=float((bound - whole) / bound) if np.isfinite(bound) else np.nan,
            in_proportion=in_proportion,
            timed=delay is not None,
            turns=turns,
            least=None if least is None else min(least + launch, last),
            residual=max(overload, float(lost.max(initial=0.0))),
        )

    def __post_init__(self) -> None:
        for value in [*vars(self).values(), *vars(self.load).values()]:
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def __repr__(self) -> str:
        return f"<Solution {self.method}: {self.completion_s:.6g} s, gap {self.gap:.3g}>"

    @cached_property
    def in_turn(self) -> NDArray[np.float64] | None:
        """(F,) [s] ``finish`` if links sent one commodity at a time; None where it is not said."""
        if self.turns is None:
            return None
        turns = self.turns()
        turns.setflags(write=False)
        return turns

    @property
    def completion_s(self) -> float:
        """Time of the whole demand, repeats included [s]."""
        return float(self.ended.max(initial=0.0))

    @property
    def critical(self) -> tuple[int, ...]:
        """Phases of the longest chain, first to last."""
        return critical(predecessors(self.offered), self.ended)

    @property
    def overall_theta(self) -> float:
        """One theta for all phases [1/s]: 1 / sum(repeat / theta); 1 / completion where phases that send overlap."""
        if overlap(self.offered) is not None:
            return 1.0 / self.completion_s
        return overall(self.theta, self.demand.repeat)


def _bound_in_turn(fabric: Fabric, demand: Demand | GroupedDemand, proven: ArrayLike) -> float:
    """Return what the overall theta cannot exceed [1/s]; ``proven`` is a solved policy's bound over its own choices."""
    return min(theta_bound(fabric, demand), overall(np.broadcast_to(proven, demand.n_phases), demand.repeat))


def _bound_side_by_side(fabric: Fabric, demand: Demand | GroupedDemand, proven: ArrayLike) -> float:
    """Return what 1 / completion cannot exceed [1/s]: the longest chain at its bounds, and all bytes as one phase."""
    fastest = np.minimum(np.minimum(endpoint_bound(fabric, demand), volume_bound(fabric, demand)), proven)
    time = max(soonest(demand, 1.0 / fastest), 1.0 / theta_bound(fabric, at_once(demand)))
    return 1.0 / time if time > 0.0 else np.inf


def check_order(demand: Demand | GroupedDemand) -> None:
    """Raise SolverError where phases of ``demand`` that send may overlap, which few solvers follow."""
    both = overlap(demand)
    if both is not None:
        raise SolverError(
            f"phases {both[0]} and {both[1]} both send and nothing orders them, so they share links; use the "
            "solver completion, list one in ``after`` of the other, or merge them into one phase"
        )


def _small_overload(fabric: Fabric, load: Rows, method: str) -> float:
    """Return the largest relative overload of a link; raise NotSolved where it is more than rounding."""
    full, link_of = fullest(load, fabric.capacity)
    overload = max(float(full.max(initial=0.0)) - 1.0, 0.0)
    if overload > OVERLOAD:
        link = int(link_of[full.argmax()])
        raise NotSolved(f"{method}: link {link} carries {1 + overload:.12g} times its capacity; please report this")
    return overload


def _refuse_losses(demand: Demand | GroupedDemand, routing: Routing, lost: NDArray[np.float64]) -> None:
    if lost.max(initial=0.0) > LOSS:
        worst = int(lost.argmax())
        who = f"commodity {demand.src[worst]} -> {demand.dst[worst]}" if isinstance(demand, Demand) else demand.name
        raise NotSolved(f"policy {routing.policy} loses or makes {lost[worst]:.3g} of {who}; please report this")


def _refuse_infinite(**numbers: NDArray[np.float64]) -> None:
    for name, value in numbers.items():
        if not np.isfinite(value).all():
            raise NotSolved(f"{name} is not finite at {np.argwhere(~np.isfinite(value))[0].tolist()}")
