"""Dispatch and combine of a mixture-of-experts layer as phases.

Ranks of an expert-parallel group hold the experts; every rank sends its tokens to the
experts that they pick and gets the outputs back.  With deduplication [1]_ a token crosses
the network once per host that it visits, to the rank of the sender's own index there,
which passes it on over scale-up links; combine is the same in reverse.  Where a scale-up
domain joins several hosts, read domain for host::

    host 0   0  1  2  3          1 -> 5: once, for all experts of host 1
                |
                v
    host 1   4  5  6  7          5 -> 4, 5 -> 7: to the ranks that hold the picked experts

A host that has fewer ranks of the group counts round: index i arrives at i mod its ranks.

Both legs are commodities of one phase: they overlap.  Without deduplication a token is
sent once per picked expert, straight to its rank.  Sizes are expectations over tokens.

.. [1] DeepEP, https://github.com/deepseek-ai/DeepEP; Insights into DeepSeek-V3, arXiv 2505.09343, section 4.3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from traffic.apart import INSIDE, Apart, Reach, between, in_a_row, often
from traffic.demand import DemandError
from traffic.gate import Gating, load_of
from traffic.groups import lies_evenly, ranks_together, shares_of
from traffic.layout import check_choice
from traffic.model import Model
from traffic.operation import Operation
from traffic.phases import Phase, step
from traffic.placement import Placement, balanced, contiguous, shuffled
from traffic.visits import Sampler, Visits

#: Tokens of a rank in one micro-batch of training and prefill; DeepEP, README.
TOKENS = 4096
#: Ranks of an expert-parallel group where none is given, as V3 was trained; arXiv 2412.19437, section 3.2.
TRAINING_EP = 64

#: Hosts of a group up to which the distance of each two is told.
MOST_HOSTS = 1_000

#: Where experts lie: in order, shuffled, or spread by load (traffic.placement).
PLACEMENTS = ("balanced", "contiguous", "random")
#: What patterns with experts take alike.
ModelFigures = Annotated[Mapping[str, Any] | None, "a model: its name, file or figures; without, DeepSeek-V3"]
Tokens = Annotated[int, Ge(1), "tokens of a rank in a micro-batch"]
NodeLimit = Annotated[
    Annotated[int, Ge(1)] | Literal["model"] | None,
    "hosts, or scale-up domains, that a token may visit: the model's own limit, a number, or none",
]
Dedup = Annotated[bool, "whether a token crosses the network once a host, not once an expert"]
ExpertPlaces = Annotated[
    Literal["balanced", "contiguous", "random"], "experts spread by load, in order, or shuffled (traffic.placement)"
]
Redundant = Annotated[int, Ge(0), "copies of experts beside them: of the hottest where balanced"]
ExpertLoad = Annotated[
    list[float] | list[list[float]] | None, "measured load of each expert, a row a layer, in place of a gate; a file"
]
ExpertLayer = Annotated[int | None, Ge(0), "row of expert_load that counts; without, the shares of all added up"]
Gate = Annotated[Literal["uniform", "zipf", "correlated"], "how tokens pick experts"]


def exchange(
    sampler: Sampler,
    model: Model,
    *,
    members: NDArray[np.int64],
    tokens: float,
    node_limit: int | None = None,
    dedup: bool = True,
    repeat: int = 1,
) -> list[Phase]:
    """Return dispatch and combine of all groups ``members`` (groups, ep) at once, each run ``repeat`` times."""
    place, visits = sampler.placement, sampler.visits(node_limit)
    build = dispatch if dedup else dispatch_copies
    out = build(visits, place, tokens * model.dispatch_bytes)
    back = build(visits, place, tokens * model.combine_bytes)
    copies = tokens * sampler.gating.top_k  # of a rank in one run, those to itself included
    hosts = place.hosts
    return [  # groups are alike: one is built, and all are copies of it
        step("dispatch", members[:, out.src], members[:, out.dst], out.size, repeat)._replace(
            operation=Operation("all-to-all", copies * model.dispatch_bytes, hosts)
        ),
        step("combine", members[:, back.dst], members[:, back.src], back.size, repeat)._replace(
            operation=Operation("all-to-all", copies * model.combine_bytes, hosts)
        ),
    ]


def limit_of(node_limit: int | Literal["model"] | None, model: Model, hosts: int) -> int | None:
    """Return the hosts that a token may visit where a group has ``hosts``; None is any number."""
    if node_limit != "model":
        return node_limit
    return None if model.node_limit is None else min(model.node_limit, hosts)


def exchange_count(members: NDArray[np.int64], *, slots: int, together: int, dedup: bool) -> Apart:
    """Return the commodities of dispatch and combine of ``members`` (groups, ep), ``together`` of a group in a host.

    ``slots`` are experts and their copies.  An upper bound where a gate is so uneven that no token of the sample
    visits some host or rank.
    """
    ep = members.shape[1]
    holds = np.diff(np.arange(ep + 1) * slots // ep) > 0
    there = shares_of(ep, together)
    on_host = np.add.reduceat(holds, np.arange(0, ep, together), dtype=np.int64)
    served = (on_host > 0).astype(np.int64) if dedup else on_host  # what a rank elsewhere sends to each host
    inside, across = int(on_host @ (there - 1)), there[:, None] * served[None, :] if len(there) <= MOST_HOSTS else None
    if across is None:  # too many to compare: as far apart as the group is wide
        width = int(members[0, -1] - members[0, 0])
        found = Counter({Reach(width, in_a_row(members)): int(served @ (ep - there))})
    else:
        found = between(members[0, ::together], across, in_a_row(members))
    return often(Counter({INSIDE: inside}) + found, 2 * len(members))


def picks(
    *,
    model: Model,
    ep: int,
    ranks_per_host: int = 8,
    ranks_per_domain: int | None = None,
    top_k: int | None = None,
    gate: str = "uniform",
    skew: float = 1.0,
    correlation: float = 0.5,
    affinity: str = "abs-normal",
    score: str = "max",
    n_group: int | None = None,
    topk_group: int | None = None,
    placement: str = "contiguous",
    redundant_experts: int = 0,
    seed: int = 0,
    expert_load: ExpertLoad = None,
    expert_layer: ExpertLayer = None,
) -> Sampler:
    """Return the sampler of one expert-parallel group; parameters are those of ``moe_all_to_all``."""
    gating = Gating(
        n_experts=model.routed_experts,
        top_k=model.top_k if top_k is None else top_k,
        gate=gate,
        skew=skew,
        correlation=correlation,
        affinity=affinity,
        score=score,
        n_group=model.n_group if n_group is None else n_group,
        topk_group=topk_group,
        seed=seed,
        load=load_of(expert_load, expert_layer),
    )
    check_choice(placement, PLACEMENTS, name="placement")
    together = ranks_together(ep, ranks_per_host=ranks_per_host, ranks_per_domain=ranks_per_domain)
    how = {"ep": ep, "ranks_per_host": together, "redundant": redundant_experts}
    if placement == "balanced":
        return Sampler(gating, balanced(gating.popularity(), n_group=gating.n_group, **how))
    if placement == "random":
        return Sampler(gating, shuffled(gating.n_experts, seed=seed, **how))
    return Sampler(gating, contiguous(gating.n_experts, **how))


def sample_of(model: Model, node_limit: int | Literal["model"] | None, **how: Any) -> int:
    """Return the numbers that a sample of tokens under ``picks(model=model, **how)`` holds; 0 where none is drawn."""
    sampler = picks(model=model, **how)
    return sampler.drawn(limit_of(node_limit, model, sampler.placement.hosts))


def default_ep(
    n_ranks: int, model: Model, ranks_per_host: int = 8, ranks_per_domain: int | None = None, *, fill: bool = False
) -> int:
    """Return the largest group of at most 64 ranks that divides the experts and lies evenly on the ranks.

    Raises DemandError where there is none.
    """
    where: dict[str, Any] = {"ranks_per_host": ranks_per_host, "ranks_per_domain": ranks_per_domain, "fill": fill}
    for ep in range(min(TRAINING_EP, n_ranks), 1, -1):
        if model.routed_experts % ep == 0 and lies_evenly(n_ranks, ep, **where):
            return ep
    raise DemandError(
        f"no group of 2 to {TRAINING_EP} ranks divides {n_ranks} ranks and {model.routed_experts} experts and fits "
        f"hosts of {ranks_per_host}; state ep, which need divide neither, or choose a number of ranks that is a "
        f"multiple of {ranks_per_host}"
    )


def dispatch(visits: Visits, placement: Placement, size: float) -> Phase:
    """Return the deduplicated dispatch inside one group, ``size`` [bytes] for all tokens of a rank, once each."""
    ep, hosts, p = placement.ep, placement.hosts, placement.ranks_on_host
    rank = np.arange(ep)
    relay = np.arange(hosts) * p + (rank % p)[:, None] % placement.shares
    across = step("network", rank[:, None], relay, size * visits.host)
    block = np.arange(hosts * p).reshape(hosts, p)  # numbers from ep on are places that the last host lacks
    there, served = (np.append(part, np.zeros(hosts * p - ep))[block] for part in (visits.rank, placement.served))
    inside = step("scale-up", block[:, :, None], block[:, None, :], size * (there[:, None, :] * served[:, :, None]))
    parts = zip(across[1:4], inside[1:4], strict=True)
    src, dst, each = (np.concatenate(pair) for pair in parts)
    return Phase("dispatch", src, dst, each)


def dispatch_copies(visits: Visits, placement: Placement, size: float) -> Phase:
    """Return the dispatch inside one group without deduplication: a copy per picked expert, straight to its rank."""
    rank: NDArray[np.int64] = np.arange(placement.ep)
    return step("dispatch", rank[:, None], rank[None, :], size * visits.experts[None, :])
