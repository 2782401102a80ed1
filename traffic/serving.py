"""decode-step and prefill-step: what the ranks of an inference deployment send in one layer, and what a token takes.

One micro-batch computes a layer while the exchange of another is under way, and then the other way round [1]_ [2]_::

    micro-batch 0   | computation, tensor ring       |  dispatch -> combine              |
    micro-batch 1   |  dispatch -> combine           | computation, tensor ring          |
                      one slot                         the same with the names exchanged

Micro-batches have equally many tokens and layers are equal, so every slot takes as long as any other: one is sent, and
all others are copies of it; that is exact.  A layer with experts is ``micro_batches`` slots, and so is one without,
which has no exchange.  With one micro-batch nothing overlaps, and a slot is computation, ring, dispatch, combine.

``decode-step`` sends every copy straight to its rank, as low-latency kernels do [3]_; ``prefill-step`` once a host,
with relays.  Both can be told otherwise.  Tensor groups are ``tp`` consecutive ranks of an expert group: an
all-gather and a reduce-scatter a layer around attention, and as many more around the dense layers' own network.

Computation of a layer is ``compute_s`` where that is given, for layers with and without experts alike, else follows
from what the endpoint can do (``traffic.roofline``).

Limits.  All ranks are in the same slot at the same time; embedding, output and the prediction module cost nothing.

References
----------
.. [1] DeepSeek-AI, Insights into DeepSeek-V3, ISCA 2025, arXiv 2505.09343, section 2.3.1.
.. [2] DeepSeek-V3 Technical Report, arXiv 2412.19437, section 3.4.
.. [3] DeepEP, https://github.com/deepseek-ai/DeepEP, low-latency kernels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from topo.parameters import Seed
from traffic import steps
from traffic.apart import Apart, often
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
from traffic.figures import ACTIVATION, SEQUENCE
from traffic.groups import groups, ranks_together
from traffic.inference import MICRO_BATCHES
from traffic.layout import check_divides, check_ranks, check_whole, hosts_and_domains
from traffic.model import Model
from traffic.outcome import Outcome
from traffic.pattern import Count
from traffic.phases import Phase, in_sequence
from traffic.roofline import Batch, LayerTimes, decoding, given_times, reading

Ep = Annotated[int | None, Ge(2), "ranks of an expert-parallel group; without, as many as fit, up to 64"]
Tp = Annotated[int, Ge(1), "ranks of a tensor-parallel group"]
MicroBatches = Annotated[int, Ge(1), "micro-batches that take turns; 1 overlaps nothing"]
Compute = Annotated[
    float | None, Ge(0), "computation of a layer for one micro-batch [s]; 0 counts none, without it follows from flops"
]
Flops = Annotated[float | None, Gt(0), "dense rate of an endpoint; without, that of the hardware file"]
Precision = Annotated[Literal["bf16", "fp16", "fp8"], "whose rate of the hardware file counts"]


@dataclass(frozen=True)
class Slots:
    """Slots of a layer with experts and of one without, as phases of one demand, and how often each is run."""

    decoding: bool
    tokens: float  # of a rank in all micro-batches
    micro_batches: int
    with_experts: tuple[int, range]  # layers, phases of the slot
    dense: tuple[int, range]
    times: LayerTimes

    def results(self, outcome: Outcome) -> dict[str, Any]:
        """Return the time of all layers [s], the token rates, and ``exposed_s``: a slot less its computation."""
        (experts, one), (dense, other) = self.with_experts, self.dense
        slot, plain = self._seconds(outcome, one, self.times.experts), self._seconds(outcome, other, self.times.dense)
        total = self.micro_batches * (experts * slot + dense * plain)
        took: dict[str, Any] = {"tpot_s": total, "tokens_per_s": 1 / total} if self.decoding else {"prefill_s": total}
        return took | {
            "tokens_per_s_per_gpu": self.tokens / total,
            "slot_s": slot if experts else plain,
            "layer_s": self.micro_batches * (slot if experts else plain),
            "compute_s": self.times.experts if experts else self.times.dense,
            "exposed_s": slot - self.times.experts if experts else plain - self.times.dense,
            "compute_source": self.times.source,
        }

    @staticmethod
    def _seconds(outcome: Outcome, phases: range, compute_s: float) -> float:
        if not phases:
            return compute_s
        mine = list(phases)
        return float(outcome.ended[mine].max() - outcome.started[mine].min())


def decode_step(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    ranks_per_domain: int | None = None,
    model: ModelFigures = None,
    batch: Annotated[int, Ge(1), "tokens that a rank decodes at once, all micro-batches together"] = 64,
    ep: Ep = None,
    tp: Tp = 1,
    micro_batches: MicroBatches = MICRO_BATCHES,
    node_limit: NodeLimit = None,
    dedup: Dedup = False,
    gate: Gate = "uniform",
    placement: ExpertPlaces = "contiguous",
    redundant_experts: Redundant = 0,
    seed: Seed = 0,
    expert_load: ExpertLoad = None,
    expert_layer: ExpertLayer = None,
    compute_s: Compute = None,
    kv_length: Annotated[int, Ge(1), "tokens that each request has in its cache"] = SEQUENCE,
    flops: Flops = None,
    memory_bandwidth: Annotated[float | None, Gt(0), "of an endpoint; without, that of the hardware file"] = None,
    precision: Precision = "bf16",
) -> Demand:
    """Return one layer of decoding ``batch`` tokens a rank, one each of as many requests.

    Raises DemandError where the ranks hold no group of ``ep``, or ``tp`` does not divide it.
    """
    check_whole(batch, 1, name="batch")
    where = hosts_and_domains(ranks_per_host, ranks_per_domain)
    layout = _Layout.of(n_ranks, Model.of(model), ep, tp, micro_batches, batch / _whole(micro_batches), **where)
    how: dict[str, Any] = {"gate": gate, "placement": placement, "redundant_experts": redundant_experts, "seed": seed}
    how |= {"expert_load": expert_load, "expert_layer": expert_layer}
    rates: dict[str, Any] = {"flops": flops, "memory_bandwidth": memory_bandwidth, "precision": precision}
    held = Batch(layout.tokens, layout.ep, tp, redundant_experts)
    follows = decoding(layout.model, held, kv_length=kv_length, **rates)
    times = follows if compute_s is None else given_times(compute_s)
    name = f"decode-step({layout.model.name}, ep={layout.ep}, tp={tp}, batch={batch}"
    return _step(layout, name, times, node_limit=node_limit, dedup=dedup, decoding=True, how=how)


def prefill_step(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    ranks_per_domain: int | None = None,
    model: ModelFigures = None,
    tokens: Tokens = TOKENS,
    ep: Ep = None,
    tp: Tp = 1,
    micro_batches: MicroBatches = MICRO_BATCHES,
    node_limit: NodeLimit = "model",
    dedup: Dedup = True,
    gate: Gate = "uniform",
    placement: ExpertPlaces = "contiguous",
    redundant_experts: Redundant = 0,
    seed: Seed = 0,
    expert_load: ExpertLoad = None,
    expert_layer: ExpertLayer = None,
    compute_s: Compute = None,
    sequence: Annotated[int, Ge(1), "tokens of a prompt: of attention"] = SEQUENCE,
    flops: Flops = None,
    mfu: Annotated[float | None, Gt(0), Le(1), "share of it that is reached; without, the hardware file's"] = None,
    precision: Precision = "bf16",
) -> Demand:
    """Return one layer of reading prompts, ``tokens`` a rank and micro-batch.

    Raises DemandError where the ranks hold no group of ``ep``, or ``tp`` does not divide it.
    """
    check_whole(tokens, 1, name="tokens")
    where = hosts_and_domains(ranks_per_host, ranks_per_domain)
    layout = _Layout.of(n_ranks, Model.of(model), ep, tp, _whole(micro_batches), tokens, **where)
    how: dict[str, Any] = {"gate": gate, "placement": placement, "redundant_experts": redundant_experts, "seed": seed}
    how |= {"expert_load": expert_load, "expert_layer": expert_layer}
    rates: dict[str, Any] = {"flops": flops, "mfu": mfu, "precision": precision}
    follows = reading(layout.model, tokens, sequence=sequence, **rates)
    times = follows if compute_s is None else given_times(compute_s)
    name = f"prefill-step({layout.model.name}, ep={layout.ep}, tp={tp}, tokens={tokens}"
    return _step(layout, name, times, node_limit=node_limit, dedup=dedup, decoding=False, how=how)


def serving_count(
    *,
    n_ranks: int,
    ranks_per_host: int,
    ranks_per_domain: int | None,
    model: Mapping[str, Any] | None,
    ep: int | None,
    tp: int,
    node_limit: Any,
    dedup: bool,
    gate: str,
    placement: str,
    redundant_experts: int,
    expert_load: Any,
    expert_layer: int | None,
) -> Count:
    """Return the commodities of ``decode_step`` and ``prefill_step``."""
    where = hosts_and_domains(ranks_per_host, ranks_per_domain)
    layout = _Layout.of(n_ranks, Model.of(model), ep, tp, 1, 1, **where)
    figures, drawn, phases = layout.model, 0, 0
    found: Apart = Counter()
    if tp > 1:
        phases = bool(figures.moe_layers) + bool(figures.layers - figures.moe_layers)
        ring = steps.ring_count(layout.members.reshape(-1, tp), ranks_per_host=layout.domain)
        found += often(ring, phases)
    if figures.moe_layers:
        slots, together = figures.routed_experts + redundant_experts, ranks_together(layout.ep, **where)
        found += exchange_count(layout.members, slots=slots, together=together, dedup=dedup)
        how: dict[str, Any] = {"gate": gate, "placement": placement, "redundant_experts": redundant_experts}
        how |= {"expert_load": expert_load, "expert_layer": expert_layer}
        drawn, phases = sample_of(figures, node_limit, ep=layout.ep, **where, **how), phases + 2
    return Count.listed(found, drawn, max(phases, 1))


@dataclass(frozen=True, eq=False)
class _Layout:
    n_ranks: int
    model: Model
    members: NDArray[np.int64]  # (groups, ep)
    tp: int
    micro_batches: int
    tokens: float  # of a rank in one micro-batch
    host: int
    domain: int

    @classmethod
    def of(  # noqa: PLR0917 - one place where the words of both patterns become a layout
        cls,
        n_ranks: int,
        model: Model,
        ep: int | None,
        tp: int,
        micro_batches: int,
        tokens: float,
        *,
        ranks_per_host: int,
        ranks_per_domain: int,
    ) -> _Layout:
        check_ranks(n_ranks, what="decode-step or prefill-step")
        check_whole(tp, 1, name="tp")
        where: dict[str, Any] = {"ranks_per_host": ranks_per_host, "ranks_per_domain": ranks_per_domain}
        if model.moe_layers:
            size = default_ep(n_ranks, model, **where) if ep is None else ep
            members = groups(n_ranks, size, **where)
            check_divides(tp, size, name="tp", what="ranks of an expert group")
        else:
            check_divides(tp, n_ranks, name="tp", what="ranks")
            members = np.arange(n_ranks, dtype=np.int64).reshape(-1, tp)
        return cls(n_ranks, model, members, tp, micro_batches, tokens, ranks_per_host, ranks_per_domain)

    @property
    def ep(self) -> int:
        """Ranks of an expert group; those of a tensor group where the model has no experts."""
        return int(self.members.shape[1])

    def ring(self, passes: int, *, name: str) -> list[Phase]:
        """Return all-gathers and reduce-scatters of each tensor group's activations: ``passes`` around the ring."""
        if self.tp == 1:
            return []
        size = float(self.tokens * self.tp * self.model.hidden * ACTIVATION)
        one = steps.ring(self.members.reshape(-1, self.tp), size, ranks_per_host=self.domain, passes=passes)
        return [one._replace(name=name)]


def _step(
    layout: _Layout,
    name: str,
    times: LayerTimes,
    *,
    node_limit: Any,
    dedup: bool,
    decoding: bool,
    how: dict[str, Any],
) -> Demand:
    """Return one slot of a layer with experts, and after it one of a layer without where that sends anything."""
    model, several = layout.model, layout.micro_batches > 1
    phases: list[Phase] = []
    if model.moe_layers:
        sampler = picks(model=model, ep=layout.ep, ranks_per_host=layout.host, ranks_per_domain=layout.domain, **how)
        limit = limit_of(node_limit, model, sampler.placement.hosts)
        there = exchange(sampler, model, members=layout.members, tokens=layout.tokens, node_limit=limit, dedup=dedup)
        phases += _slot(times.experts, layout.ring(2, name="tensor"), there, side_by_side=several)
    moe = range(len(phases))
    dense = model.layers - model.moe_layers
    if dense and layout.tp > 1:
        ring = layout.ring(4, name="dense layer: tensor")
        own = _slot(times.dense, [], ring, side_by_side=several, name="dense layer: computation")
        phases += _after(own, len(moe))
    idle = layout.n_ranks - layout.members.size
    demand = in_sequence(name + f", {idle} ranks idle" * bool(idle) + ")", layout.n_ranks, phases)
    tokens = layout.tokens * layout.micro_batches
    slots = Slots(
        decoding,
        tokens,
        layout.micro_batches,
        (model.moe_layers, moe),
        (dense, range(len(moe), len(phases))),
        times,
    )
    return replace(demand, about=slots)


def _slot(
    compute_s: float, ring: list[Phase], there: list[Phase], *, side_by_side: bool, name: str = "computation"
) -> list[Phase]:
    """Return computation and its ring, and the exchange ``there`` beside both, or after them."""
    none = np.zeros(0, dtype=np.int64)
    first = [Phase(name, none, none, np.zeros(0), 1, compute_s, ())] if compute_s else []
    first += ring
    rest = list(there)
    if side_by_side and rest:
        rest[0] = rest[0]._replace(after=())
    return first + rest


def _after(phases: list[Phase], n: int) -> list[Phase]:
    """Return ``phases`` numbered from ``n``: those that wait for nothing wait for all before them."""
    return [phase._replace(after=tuple(range(n))) if phase.after == () else phase for phase in phases]


def _whole(micro_batches: int) -> int:
    check_whole(micro_batches, 1, name="micro_batches")
    return micro_batches
