"""moe-all-to-all: the exchange of one mixture-of-experts layer, and what it says of itself.

Limits.  Every rank has as many tokens as any other and the same gate; computation costs no time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from traffic.demand import Demand
from traffic.exchange import TOKENS, default_ep, exchange, exchange_count, picks
from traffic.groups import groups, ranks_together
from traffic.layout import check_ranks, check_whole, hosts_and_domains
from traffic.model import Model
from traffic.moe import figures_of
from traffic.outcome import Outcome
from traffic.pattern import Count
from traffic.phases import in_sequence
from traffic.visits import Sampler, sample_size

#: Figures of the exchange whose names mean something else beside results of a network.
_RENAMED = {"hosts": "ep_hosts", "method": "copies_method", "model": "model_name"}


@dataclass(frozen=True, eq=False)
class Exchange:
    """Dispatch and combine of ``tokens`` a rank, as ``topo moe`` looks at it."""

    sampler: Sampler
    model: Model
    node_limit: int | None
    tokens: int
    ranks_per_host: int
    ranks_per_domain: int

    def results(self, outcome: Outcome) -> dict[str, Any]:
        """Return the figures of the exchange at the bandwidths of the fabric."""
        figures = figures_of(
            self.sampler,
            self.model,
            node_limit=self.node_limit,
            tokens=self.tokens,
            nic=outcome.nic,
            scale_up=outcome.scale_up or outcome.nic,
            ranks_per_host=self.ranks_per_host,
            ranks_per_domain=self.ranks_per_domain,
        )
        return {_RENAMED.get(key, key): value for key, value in figures.items()}


def moe_all_to_all(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    ranks_per_domain: int | None = None,
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
    """Return the phases dispatch and combine of ``tokens`` a rank, in groups of ``ep`` ranks (``traffic.groups``).

    Parameters
    ----------
    model
        Figures of the model (``traffic.model.Model``); None is DeepSeek-V3.
    ep
        Ranks of a group; None is the largest up to 64 that divides the experts and fits the ranks.
    top_k, n_group
        None are the model's own.
    node_limit
        Hosts that a token may visit, scale-up domains where those join several; None is no limit.
    dedup
        Whether a token crosses the network once per host (or domain) rather than once per expert.
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
    where = hosts_and_domains(ranks_per_host, ranks_per_domain)
    size = default_ep(n_ranks, figures, **where) if ep is None else ep
    members = groups(n_ranks, size, **where)
    sampler = picks(
        model=figures,
        ep=size,
        **where,
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
    phases = exchange(sampler, figures, members=members, tokens=tokens, node_limit=node_limit, dedup=dedup)
    limit = "" if node_limit is None else f", node_limit={node_limit}"
    how = ", no dedup" * (not dedup) + f", {gate}" * (gate != "uniform")
    how += f", {n_ranks - members.size} ranks idle" * (members.size < n_ranks)
    demand = in_sequence(f"moe-all-to-all({figures.name}, ep={size}{limit}{how})", n_ranks, phases)
    return replace(demand, about=Exchange(sampler, figures, node_limit, tokens, **where))


def moe_count(
    *,
    n_ranks: int,
    ranks_per_host: int,
    ranks_per_domain: int | None,
    model: Mapping[str, Any] | None,
    ep: int | None,
    dedup: bool,
) -> Count:
    """Return the commodities of ``moe_all_to_all``; see ``exchange_count``."""
    where = hosts_and_domains(ranks_per_host, ranks_per_domain)
    figures = Model.of(model)
    size = default_ep(n_ranks, figures, **where) if ep is None else ep
    members = groups(n_ranks, size, **where)
    n = exchange_count(members, together=ranks_together(size, **where), dedup=dedup)
    return Count.listed(n, sample_size(figures.routed_experts))
