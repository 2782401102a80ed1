"""planewise, the workload side: who sends how many bytes to whom, in ranks and never in switches.

>>> import traffic
>>> traffic.offer("shift", n_ranks=16, by=4)
<Demand shift(by=4): 16 ranks, 16 commodities, 1 phases>
"""

from __future__ import annotations

import inspect
from typing import Any

from topo.lazy import late
from traffic.demand import Demand, DemandError, GroupedDemand
from traffic.layout import check_choice
from traffic.pattern import Count, Pattern, read_words

__all__ = ["PATTERNS", "Count", "Demand", "DemandError", "GroupedDemand", "Pattern", "offer"]

#: Every pattern by the name that the command line and study files use.
PATTERNS: dict[str, Pattern] = {
    "all-gather": Pattern(late("traffic.collectives:all_gather"), late("traffic.collectives:one_way_count")),
    "all-to-all": Pattern(
        late("traffic.collectives:all_to_all"), late("traffic.collectives:all_to_all_count"), "uniform all-to-all"
    ),
    "allreduce": Pattern(late("traffic.collectives:allreduce"), late("traffic.collectives:allreduce_count")),
    "bit-complement": Pattern(late("traffic.synthetic:bit_complement"), late("traffic.synthetic:bit_complement_count")),
    "decode-step": Pattern(late("traffic.serving:decode_step"), late("traffic.serving:serving_count"), beside=True),
    "hotspot": Pattern(late("traffic.synthetic:hotspot"), late("traffic.synthetic:hotspot_count")),
    "incast": Pattern(late("traffic.synthetic:incast"), late("traffic.synthetic:incast_count")),
    "moe-all-to-all": Pattern(
        late("traffic.expert_parallel:moe_all_to_all"),
        late("traffic.expert_parallel:moe_count"),
        "expert-parallel all-to-all",
    ),
    "permutation": Pattern(
        late("traffic.synthetic:permutation"), late("traffic.synthetic:one_each"), ruled=False, drawn=True
    ),
    "prefill-step": Pattern(late("traffic.serving:prefill_step"), late("traffic.serving:serving_count"), beside=True),
    "reduce-scatter": Pattern(late("traffic.collectives:reduce_scatter"), late("traffic.collectives:one_way_count")),
    "shift": Pattern(late("traffic.synthetic:shift"), late("traffic.synthetic:one_each")),
    "tornado": Pattern(late("traffic.synthetic:tornado"), late("traffic.synthetic:one_each")),
    "training-step": Pattern(late("traffic.training:training_step"), late("traffic.training:training_count")),
    "transpose": Pattern(late("traffic.synthetic:transpose"), late("traffic.synthetic:transpose_count")),
    "uniform": Pattern(late("traffic.synthetic:uniform"), late("traffic.synthetic:uniform_count")),
}


def offer(
    pattern: str, *, n_ranks: int, ranks_per_host: int = 8, ranks_per_domain: int | None = None, **params: Any
) -> Demand | GroupedDemand:
    """Return the demand of a registered pattern; ``seed`` reaches only patterns that draw at random.

    ``ranks_per_domain`` ranks share a scale-up network, by default those of a host.  Sizes and rates are numbers
    [SI], or words with their unit: ``bytes="1GiB"``.

    Raises DemandError for an unknown pattern or parameter, with the known ones and the nearest
    match, and whatever the pattern itself refuses.
    """
    check_choice(pattern, PATTERNS, name="pattern")
    build = PATTERNS[pattern].offer
    where = {"n_ranks": n_ranks, "ranks_per_host": ranks_per_host, "ranks_per_domain": ranks_per_domain}
    parameters = inspect.signature(build).parameters
    known = [name for name in parameters if name not in where]
    given = {key: value for key, value in params.items() if key in known or key != "seed"}
    for key, value in given.items():
        check_choice(key, known, name=f"{pattern}: parameter")
        given[key] = read_words(pattern, key, value)
    return build(**{key: value for key, value in where.items() if key in parameters}, **given)
