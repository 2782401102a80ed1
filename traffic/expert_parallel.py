"""moe-all-to-all: the exchange of one mixture-of-experts layer, and what it says of itself.

Limits.  Every rank has as many tokens as any other and the same gate; computation costs no time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Lt

from topo.parameters import Seed
from traffic.demand import Demand
from traffic.exchange import (
    TOKENS,
    Dedup,
    ExpertLayer,
    ExpertLoad,
    ExpertPlaces,
    Gate,
    ModelFigures,
    NodeLimit,
    Redundant,
    Tokens,
    default_ep,
    exchange,
    exchange_count,
    limit_of,
    picks,
    sample_of,
)
from traffic.groups import groups, ranks_together
from traffic.layout import check_ranks, check_whole, hosts_and_domains
from traffic.model import Model
from traffic.moe import figures_of
from traffic.outcome import Outcome
from traffic.pattern import Count
from traffic.phases import in_sequence
from traffic.visits import Sampler

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
    model: ModelFigures = None,
    ep: Annotated[int | None, Ge(2), "ranks of a group; without, as many as fit, up to 64"] = None,
    tokens: Tokens = TOKENS,
    top_k: Annotated[int | None, Ge(1), "experts that a token picks; without, as many as the model says"] = None,
    node_limit: NodeLimit = "model",
    dedup: Dedup = True,
    gate: Gate = "uniform",
    skew: Annotated[float, Gt(0), "exponent of gate zipf"] = 1.0,
    correlation: Annotated[float, Ge(0), Lt(1), "how alike tokens pick, of gate correlated"] = 0.5,
    affinity: Annotated[
        Literal["abs-normal", "sigmoid-normal", "uniform"], "how scores of experts are distributed"
    ] = "abs-normal",
    score: Annotated[
        Literal["max", "sum-of-top"], "what a node limit ranks hosts by: best expert, or sum of the best"
    ] = "max",
    n_group: Annotated[int | None, Ge(1), "groups of experts; without, as many as the model says"] = None,
    topk_group: Annotated[int | None, Ge(1), "groups of experts that a token may pick from; without, all"] = None,
    placement: ExpertPlaces = "contiguous",
    redundant_experts: Redundant = 0,
    seed: Seed = 0,
    expert_load: ExpertLoad = None,
    expert_layer: ExpertLayer = None,
) -> Demand:
    """Return the phases dispatch and combine of ``tokens`` a rank, in groups of ``ep`` ranks.

    Groups are those of ``traffic.groups``, how tokens pick is that of ``traffic.gate``; a node limit counts
    scale-up domains where those join several hosts.

    Raises DemandError where the ranks hold no group, or a limit leaves a token too few experts.
    """
    check_ranks(n_ranks, what="moe-all-to-all")
    figures = Model.of(model).with_experts()
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
        expert_load=expert_load,
        expert_layer=expert_layer,
    )
    check_whole(tokens, 1, name="tokens")
    limit = limit_of(node_limit, figures, sampler.placement.hosts)
    phases = exchange(sampler, figures, members=members, tokens=tokens, node_limit=limit, dedup=dedup)
    told = "" if limit is None else f", node_limit={limit}"
    how = ", no dedup" * (not dedup) + f", {gate}" * (gate != "uniform")
    how += f", {n_ranks - members.size} ranks idle" * (members.size < n_ranks)
    demand = in_sequence(f"moe-all-to-all({figures.name}, ep={size}{told}{how})", n_ranks, phases)
    return replace(demand, about=Exchange(sampler, figures, limit, tokens, **where))


def moe_count(
    *,
    n_ranks: int,
    ranks_per_host: int,
    ranks_per_domain: int | None,
    model: Mapping[str, Any] | None,
    ep: int | None,
    top_k: int | None,
    node_limit: Any,
    dedup: bool,
    gate: str,
    n_group: int | None,
    topk_group: int | None,
    placement: str,
    redundant_experts: int,
    expert_load: Any,
    expert_layer: int | None,
) -> Count:
    """Return the commodities of ``moe_all_to_all``; see ``exchange_count``."""
    where = hosts_and_domains(ranks_per_host, ranks_per_domain)
    figures = Model.of(model).with_experts()
    size = default_ep(n_ranks, figures, **where) if ep is None else ep
    members = groups(n_ranks, size, **where)
    slots = figures.routed_experts + redundant_experts
    n = exchange_count(members, slots=slots, together=ranks_together(size, **where), dedup=dedup)
    how: dict[str, Any] = {"top_k": top_k, "gate": gate, "n_group": n_group, "topk_group": topk_group}
    how |= {"placement": placement, "redundant_experts": redundant_experts}
    how |= {"expert_load": expert_load, "expert_layer": expert_layer}
    return Count.listed(n, sample_of(figures, node_limit, ep=size, **where, **how), phases=2)
