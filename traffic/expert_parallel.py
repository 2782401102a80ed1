"""moe-all-to-all: dispatch and combine of a mixture-of-experts layer as commodities.

Ranks of an expert-parallel group hold the experts; every rank sends its tokens to the
experts that they pick and gets the outputs back.  With deduplication [1]_ a token crosses
the network once per host that it visits, to the rank of the sender's own index there,
which passes it on over scale-up links; combine is the same in reverse::

    host 0   0  1  2  3          1 -> 5: once, for all experts of host 1
                |
                v
    host 1   4  5  6  7          5 -> 4, 5 -> 7: to the ranks that hold the picked experts

Both legs are commodities of one phase: they overlap.  Without deduplication a token is
sent once per picked expert, straight to its rank.  Sizes are expectations over tokens.

Limits.  Every rank has as many tokens as any other and the same gate; computation costs no time.

.. [1] DeepEP, https://github.com/deepseek-ai/DeepEP; Insights into DeepSeek-V3, arXiv 2505.09343, section 4.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from traffic.demand import Demand, DemandError
from traffic.gate import Gating
from traffic.layout import check_choice, check_divides, check_ranks, check_whole
from traffic.model import Model
from traffic.phases import Phase, in_sequence, step
from traffic.placement import Placement, balanced, contiguous
from traffic.visits import Sampler, Visits

#: Tokens of a rank in one micro-batch of training and prefill; DeepEP, README.
TOKENS = 4096
#: Ranks of an expert-parallel group where none is given, as V3 was trained; arXiv 2412.19437, section 3.2.
TRAINING_EP = 64


def moe_all_to_all(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    model: Mapping[str, Any] | None = None,
    ep: int | None = None,
    tokens: int = TOKENS,
    top_k: int | None = None,
    node_limit: int | None = None,
    dedup: bool = True,
    gate: Literal["uniform", "zipf", "correlated"] = "uniform",
    skew: float = 1.0,
    correlation: float = 0.5,
    affinity: Literal["abs-normal", "sigmoid-normal", "uniform"] = "abs-normal",
    score: Literal["max", "sum-of-top"] = "max",
    n_group: int | None = None,
    topk_group: int | None = None,
    placement: Literal["contiguous", "balanced"] = "contiguous",
    redundant_experts: int = 0,
    seed: int = 0,
) -> Demand:
    """Return the phases dispatch and combine of ``tokens`` a rank, in groups of ``ep`` consecutive ranks.

    Parameters
    ----------
    model
        Figures of the model (``traffic.model.Model``); None is DeepSeek-V3.
    ep
        Ranks of a group; None is the largest up to 64 that divides the ranks and the experts.
    top_k, n_group
        None are the model's own.
    node_limit
        Hosts that a token may visit; None is no limit.
    dedup
        Whether a token crosses the network once per host rather than once per expert.
    gate, skew, correlation, affinity, score, seed
        How tokens pick, see ``traffic.gate``.
    topk_group
        Of the model's own ``n_group`` groups of experts, those that a token may pick from; None is no limit.
    placement, redundant_experts
        ``balanced`` spreads the gate's load over hosts and ranks and may copy hot experts, see ``traffic.placement``.

    Raises DemandError where ``ep`` does not divide ranks or experts, a group does not fill its hosts, or a limit
    leaves a token too few experts.
    """
    check_ranks(n_ranks, what="moe-all-to-all")
    figures = Model.of(model)
    size = default_ep(n_ranks, figures, ranks_per_host) if ep is None else ep
    check_whole(size, 2, name="ep")
    check_divides(size, n_ranks, name="ep", what="ranks")
    sampler = picks(
        model=figures,
        ep=size,
        ranks_per_host=ranks_per_host,
        top_k=top_k,
        gate=gate,
        skew=skew,
        correlation=correlation,
        affinity=affinity,
        score=score,
        n_group=n_group,
        topk_group=topk_group,
        placement=placement,
        redundant_experts=redundant_experts,
        seed=seed,
    )
    check_whole(tokens, 1, name="tokens")
    if size < ranks_per_host and ranks_per_host % size:
        check_divides(size, ranks_per_host, name="ep", what="ranks of a host")
    phases = exchange(sampler, figures, n_ranks=n_ranks, tokens=tokens, node_limit=node_limit, dedup=dedup)
    limit = "" if node_limit is None else f", node_limit={node_limit}"
    how = ", no dedup" * (not dedup) + f", {gate}" * (gate != "uniform")
    return in_sequence(f"moe-all-to-all({figures.name}, ep={size}{limit}{how})", n_ranks, phases)


def exchange(
    sampler: Sampler,
    model: Model,
    *,
    n_ranks: int,
    tokens: int,
    node_limit: int | None = None,
    dedup: bool = True,
    repeat: int = 1,
) -> list[Phase]:
    """Return dispatch and combine of all groups of consecutive ranks at once, each run ``repeat`` times."""
    place, visits = sampler.placement, sampler.visits(node_limit)
    build = dispatch if dedup else dispatch_copies
    out = build(visits, place, tokens * model.dispatch_bytes)
    back = build(visits, place, tokens * model.combine_bytes)
    start = np.arange(0, n_ranks, place.ep)[:, None]  # groups are alike: one is built, the rest are shifted copies
    return [
        step("dispatch", start + out.src, start + out.dst, out.size, repeat),
        step("combine", start + back.dst, start + back.src, back.size, repeat),
    ]


def picks(
    *,
    model: Model,
    ep: int,
    ranks_per_host: int,
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
    )
    check_choice(placement, ("contiguous", "balanced"), name="placement")
    if placement == "balanced":
        spread = balanced(
            gating.popularity(),
            ep=ep,
            ranks_per_host=ranks_per_host,
            n_group=gating.n_group,
            redundant=redundant_experts,
        )
        return Sampler(gating, spread)
    if redundant_experts:
        raise DemandError(
            f"redundant_experts={redundant_experts} needs placement=balanced; contiguous has one copy each"
        )
    return Sampler(gating, contiguous(gating.n_experts, ep=ep, ranks_per_host=ranks_per_host))


def default_ep(n_ranks: int, model: Model, ranks_per_host: int = 8) -> int:
    """Return the largest group of at most 64 ranks that divides the ranks and the experts and fits the hosts.

    Raises DemandError where there is none.
    """
    for ep in range(min(TRAINING_EP, n_ranks), 1, -1):
        fits = ep % ranks_per_host == 0 or ranks_per_host % ep == 0 or ep == n_ranks < ranks_per_host
        if n_ranks % ep == 0 and model.routed_experts % ep == 0 and fits:
            return ep
    raise DemandError(
        f"no group of 2 to {TRAINING_EP} ranks divides {n_ranks} ranks and {model.routed_experts} experts and fits "
        f"hosts of {ranks_per_host}; choose a number of ranks that is a multiple of {ranks_per_host}"
    )


def dispatch(visits: Visits, placement: Placement, size: float) -> Phase:
    """Return the deduplicated dispatch inside one group, ``size`` [bytes] for all tokens of a rank, once each."""
    hosts, p = placement.hosts, placement.ranks_on_host
    rank = np.arange(placement.ep).reshape(hosts, p)
    across = step("network", rank[:, None, :], rank[None, :, :], size * visits.host[None, :, None])
    fan_out = visits.rank.reshape(hosts, 1, p) * hosts  # from tokens of every host
    inside = step("scale-up", rank[:, :, None], rank[:, None, :], size * fan_out)
    parts = zip(across[1:4], inside[1:4], strict=True)
    src, dst, each = (np.concatenate(pair) for pair in parts)
    return Phase("dispatch", src, dst, each)


def dispatch_copies(visits: Visits, placement: Placement, size: float) -> Phase:
    """Return the dispatch inside one group without deduplication: a copy per picked expert, straight to its rank."""
    rank: NDArray[np.int64] = np.arange(placement.ep)
    return step("dispatch", rank[:, None], rank[None, :], size * visits.experts[None, :])
