"""What random cable failures leave of the throughput.

Cables between switches fail, drawn without replacement; the survivors are routed anew
by the same policy.  Failures of one trial are nested: those at a larger share contain
those at a smaller one, so a curve is not blurred by redrawing.

Limits.  Cables fail alone, not in bundles or with a switch, and routing has converged:
nothing is said about the time until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.flow import DEFAULT_POLICY, NotConnected, route, solve
from traffic.demand import Demand, GroupedDemand


@dataclass(frozen=True)
class Survival:
    """Throughput at one share of failed cables, relative to the intact fabric."""

    share: float  # of the cables between switches
    failed: int  # cables
    trials: int
    connected: int  # trials in which every commodity still had a path
    mean: float | None  # of theta / intact theta over connected trials; None without any
    least: float | None  # the smallest of them


def after_failures(
    fabric: Fabric,
    demand: Demand | GroupedDemand,
    *,
    shares: Sequence[float] = (0.01, 0.02, 0.05, 0.1),
    trials: int = 5,
    policy: str = DEFAULT_POLICY,
    seed: int = 0,
    **params: Any,
) -> list[Survival]:
    """Return how ``policy`` (with ``params``) fares when ``shares`` of the switch cables have failed.

    Throughput is theta of the ``proportional`` solver.  Raises ValueError for a share outside
    0 to 1 or no trials, and whatever routing the intact fabric raises.
    """
    wrong = [share for share in shares if not 0 <= share <= 1]
    if wrong or trials < 1:
        raise ValueError(f"shares lie between 0 and 1 and trials is at least 1; got {wrong or trials}")
    intact = _theta(fabric, demand, policy, params)
    cables = np.unique(fabric.cable[fabric.is_switch_link])
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(cables) for _ in range(trials)]
    result = []
    for share in shares:
        failed = round(share * len(cables))
        theta = [_after(fabric, demand, order[:failed], policy, params) for order in orders]
        left = [value / intact for value in theta if value is not None]
        mean = float(np.mean(left)) if left else None
        result.append(Survival(share, failed, trials, len(left), mean, min(left, default=None)))
    return result


def _after(
    fabric: Fabric, demand: Demand | GroupedDemand, failed: NDArray[np.int32], policy: str, params: dict[str, Any]
) -> float | None:
    """Return the overall theta without the ``failed`` cables [1/s]; None where a commodity has no path left."""
    try:
        return _theta(fabric.without(cables=failed), demand, policy, params)
    except NotConnected:
        return None


def _theta(fabric: Fabric, demand: Demand | GroupedDemand, policy: str, params: dict[str, Any]) -> float:
    return solve(fabric, demand, route(fabric, demand, policy, **params)).overall_theta
