"""planewise, the workload side: who sends how many bytes to whom, in ranks and never in switches.

>>> import traffic
>>> traffic.offer("shift", n_ranks=16, by=4)
<Demand shift(by=4): 16 ranks, 16 commodities, 1 phases>
"""

from __future__ import annotations

import inspect
from typing import Any

from traffic import collectives, expert_parallel, serving, synthetic, training
from traffic.demand import Demand, DemandError, GroupedDemand
from traffic.layout import check_choice
from traffic.pattern import Count, Pattern

__all__ = ["PATTERNS", "Count", "Demand", "DemandError", "GroupedDemand", "Pattern", "offer"]

#: Every pattern by the name that the command line and study files use.
PATTERNS: dict[str, Pattern] = {
    "all-gather": Pattern(collectives.all_gather, collectives.one_way_count),
    "all-to-all": Pattern(collectives.all_to_all, collectives.all_to_all_count, "uniform all-to-all"),
    "allreduce": Pattern(collectives.allreduce, collectives.allreduce_count),
    "bit-complement": Pattern(synthetic.bit_complement, synthetic.one_each),
    "decode-step": Pattern(serving.decode_step, serving.serving_count),
    "hotspot": Pattern(synthetic.hotspot, synthetic.hotspot_count),
    "incast": Pattern(synthetic.incast, synthetic.incast_count),
    "moe-all-to-all": Pattern(expert_parallel.moe_all_to_all, expert_parallel.moe_count, "expert-parallel all-to-all"),
    "permutation": Pattern(synthetic.permutation, synthetic.one_each, ruled=False, drawn=True),
    "prefill-step": Pattern(serving.prefill_step, serving.serving_count),
    "reduce-scatter": Pattern(collectives.reduce_scatter, collectives.one_way_count),
    "shift": Pattern(synthetic.shift, synthetic.one_each),
    "tornado": Pattern(synthetic.tornado, synthetic.one_each),
    "training-step": Pattern(training.training_step, training.training_count),
    "transpose": Pattern(synthetic.transpose, synthetic.transpose_count),
    "uniform": Pattern(synthetic.uniform, synthetic.uniform_count),
}


def offer(
    pattern: str, *, n_ranks: int, ranks_per_host: int = 8, ranks_per_domain: int | None = None, **params: Any
) -> Demand | GroupedDemand:
    """Return the demand of a registered pattern; ``seed`` reaches only patterns that draw at random.

    ``ranks_per_domain`` ranks share a scale-up network, by default those of a host.

    Raises DemandError for an unknown pattern or parameter, with the known ones and the nearest
    match, and whatever the pattern itself refuses.
    """
    check_choice(pattern, PATTERNS, name="pattern")
    build = PATTERNS[pattern].offer
    where = {"n_ranks": n_ranks, "ranks_per_host": ranks_per_host, "ranks_per_domain": ranks_per_domain}
    parameters = inspect.signature(build).parameters
    known = [name for name in parameters if name not in where]
    given = {key: value for key, value in params.items() if key in known or key != "seed"}
    for key in given:
        check_choice(key, known, name=f"{pattern}: parameter")
    return build(**{key: value for key, value in where.items() if key in parameters}, **given)
