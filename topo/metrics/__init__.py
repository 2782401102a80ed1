"""What a result means in numbers: structure of a fabric, loads, balance, times, fairness.

``measure`` gives plain scalars, lists and dicts for records; ``link_table`` arrays for Parquet.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Tier
from topo.flow.solution import Solution
from topo.metrics.balance import balance_metrics
from topo.metrics.limits import limit_metrics
from topo.metrics.load import Loads, link_plane, load_metrics
from topo.metrics.own import Again, own_results
from topo.metrics.pair import explain_pair
from topo.metrics.shape import structure
from topo.metrics.slack import slack_warnings
from topo.metrics.timing import bracket_warnings, fairness, latency_metrics, rate_metrics
from topo.plain import plain
from topo.routing.operator import FactSheet

__all__ = ["explain_pair", "fairness", "link_table", "measure", "structure"]


def measure(solution: Solution, *, again: Again | None = None, intact: bool = True) -> dict[str, Any]:
    """Return all metrics of a solved case under flat snake_case keys, ready for JSON.

    What the demand is about adds results of its own; ``again`` solves another demand in the same way, for those
    that compare, such as the slowdown of jobs; what says something of a plan, such as its bisection, is asked
    of an ``intact`` fabric alone.
    Units are in the keys: ``_s`` seconds, ``_gbps`` Gb/s; ``theta``,
    ``theta_port`` and ``bound`` are [1/s].  None stands for what is undefined or infinite.
    """
    fabric, routing = solution.fabric, solution.routed
    latency = latency_metrics(fabric, solution.offered, routing)  # before loads are held
    loads = Loads.of(solution)
    result = own_results(fabric, solution.offered, solution, again) | structure(fabric, intact=intact)
    result |= load_metrics(loads, solution)
    result |= limit_metrics(loads, solution)
    result |= balance_metrics(loads)
    result["warnings"] += [*bracket_warnings(solution), *slack_warnings(solution), *result.pop("own_warnings", ())]
    result |= rate_metrics(solution)
    result |= latency | {
        "conservation_residual": solution.residual,
        "bound": solution.bound,
        "gap": solution.gap,
        "complete": routing.complete,
        **({"routing_rounds": routing.rounds} if isinstance(routing, FactSheet) and routing.rounds else {}),
        "method": solution.method,
    }
    return dict(plain(result))


def link_table(solution: Solution) -> dict[str, NDArray[Any]]:
    """Return one row a link: tail, head, tier, plane, capacity [B/s], load [B/s], utilization and its peak, each (L,).

    Load and utilization are those of the demand at its port limit, averaged over phases by
    their time there; 0 where nothing leaves a host.  ``peak_utilization`` is that of the worst phase.
    """
    fabric, loads = solution.fabric, Loads.of_all(solution)
    utilization = loads.mean_utilization()
    return {
        "tail": fabric.tail,
        "head": fabric.head,
        "tier": np.array([tier.label for tier in Tier])[fabric.tier],
        "plane": link_plane(fabric),
        "capacity": fabric.capacity,
        "load": utilization * fabric.capacity,
        "utilization": utilization,
        "peak_utilization": loads.peak_utilization(),
    }
