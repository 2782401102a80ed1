"""How long a demand takes and how evenly rates are dealt out.

Means are over pairs of ranks: a grouped commodity counts as often as it has pairs.
Rates and times include commodities that stay inside a host.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.flow.solution import Solution
from topo.routing.operator import Routing
from topo.units import gbps
from traffic.demand import Demand, GroupedDemand

Floats = NDArray[np.float64]

#: Ends that are no further apart, relatively, are the same: rounding only.
_SAME = 1.0 + 1e-9


def fairness(rate: Floats, pairs: Floats) -> float:
    """Return Jain's index of ``rate`` (F,), each counted ``pairs`` (F,) times: 1 if all are equal, 1/n at worst [1]_.

    .. [1] R. Jain, D. Chiu, W. Hawe, A quantitative measure of fairness, DEC-TR-301, 1984.
    """
    scale = rate.max(initial=0.0)
    if not scale:
        return 1.0
    share = rate / scale
    return float((pairs @ share) ** 2 / (pairs.sum() * (pairs @ share**2)))


def rate_metrics(solution: Solution) -> dict[str, Any]:
    """Return fairness, rates [Gb/s] and completion times [s] of what was solved."""
    pairs, demand, least = solution.demand.pairs, solution.demand, solution.least
    return {
        "fairness": fairness(solution.rate, pairs) if least is None else None,
        "mean_rate_gbps": gbps(_mean(solution.rate, pairs)),
        "min_rate_gbps": gbps(float(solution.rate.min())),
        **({} if least is None else {"completion_least_s": least}),
        "completion_s": solution.completion_s,
        "mean_completion_s": _mean(solution.finish, pairs),
        "mean_completion_in_turn_s": None if solution.in_turn is None else _mean(solution.in_turn, pairs),
        "total_bytes": demand.total(),
        "pairs": round(float(pairs.sum())),
        "phases": demand.n_phases,
        "phase_start_s": solution.started.tolist(),
        "phase_end_s": solution.ended.tolist(),
        "critical_phases": list(solution.critical),
    }


def bracket_warnings(solution: Solution) -> list[str]:
    """Return what is certain of a time where flows were too many to follow each; else nothing."""
    least, most = solution.least, solution.completion_s
    if least is None:
        return []
    sure = f"it ends between {least:.6g} s and {most:.6g} s"
    if most <= least * _SAME:
        sure = f"all that share a phase are of one size, so its time of {most:.6g} s is exact"
    why = solution.method.partition(": ")[2]
    own = "rates of single flows are the least that is certain, and their ends the latest"
    return [f"{why}, so flows were not followed one by one: {sure}; {own}"]


def latency_metrics(fabric: Fabric, demand: Demand | GroupedDemand, routing: Routing) -> dict[str, Any]:
    """Return the latency of an empty network over all commodities [s]: endpoint overhead plus that of the links.

    The maximum is over commodities, each a mean over its paths; None for a grouped demand,
    whose one commodity is the mean of all pairs.
    """
    pairs = demand.pairs
    path = fabric.overhead + routing.sum_along(fabric.latency)
    listed = bool((pairs == 1).all())
    return {
        "zero_load_latency_s": _mean(path, pairs),
        "zero_load_latency_max_s": float(path.max()) if listed else None,
    }


def _mean(value: Floats, pairs: Floats) -> float:
    return float(value @ pairs / pairs.sum())
