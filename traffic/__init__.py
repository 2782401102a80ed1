"""planewise, the workload side: who sends how many bytes to whom, in ranks and never in switches.

>>> import traffic
>>> traffic.offer("shift", n_ranks=16, by=4)
<Demand shift(by=4): 16 ranks, 16 commodities, 1 phases>
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from traffic.collectives import all_gather, all_to_all, allreduce, reduce_scatter
from traffic.demand import Demand, DemandError, GroupedDemand
from traffic.expert_parallel import moe_all_to_all
from traffic.layout import check_choice
from traffic.synthetic import bit_complement, hotspot, incast, permutation, shift, tornado, transpose, uniform
from traffic.training import training_step

__all__ = ["PATTERNS", "Demand", "DemandError", "GroupedDemand", "offer"]

#: Every pattern by the name that the command line and study files use.
PATTERNS: dict[str, Callable[..., Demand | GroupedDemand]] = {
    "all-gather": all_gather,
    "all-to-all": all_to_all,
    "allreduce": allreduce,
    "bit-complement": bit_complement,
    "hotspot": hotspot,
    "incast": incast,
    "moe-all-to-all": moe_all_to_all,
    "permutation": permutation,
    "reduce-scatter": reduce_scatter,
    "shift": shift,
    "tornado": tornado,
    "training-step": training_step,
    "transpose": transpose,
    "uniform": uniform,
}


def offer(pattern: str, *, n_ranks: int, ranks_per_host: int = 8, **params: Any) -> Demand | GroupedDemand:
    """Return the demand of a registered pattern; ``seed`` reaches only patterns that draw at random.

    Raises DemandError for an unknown pattern or parameter, with the known ones and the nearest
    match, and whatever the pattern itself refuses.
    """
    check_choice(pattern, PATTERNS, name="pattern")
    build = PATTERNS[pattern]
    known = [name for name in inspect.signature(build).parameters if name not in ("n_ranks", "ranks_per_host")]
    given = {key: value for key, value in params.items() if key in known or key != "seed"}
    for key in given:
        check_choice(key, known, name=f"{pattern}: parameter")
    return build(n_ranks=n_ranks, ranks_per_host=ranks_per_host, **given)
