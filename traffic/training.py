"""training-step: what the ranks of a training job send during one optimizer step.

Ranks are dealt out in blocks: a pipeline stage is n / pp consecutive ranks, tensor
groups are tp consecutive ranks, expert groups ep x etp consecutive ranks of a stage, and
what is left over replicates::

    stage 0   [ ep group 0 | ep group 1 | .. ]     n / pp ranks
                  |            |                   activations forward, gradients back
    stage 1   [ ep group 0 | ep group 1 | .. ]

Phases, in order, with the times that each runs for m micro-batches and l layers of the fullest stage:
tensor (2 all-gathers and 2 reduce-scatters a layer, as many backward), context (keys and values, 3 times round a
layer), dispatch and combine (2 m l, forward and backward alike), expert tensor (4 m l), pipeline forward and backward
(m each), gradients (reduce-scatter of gradients, all-gather of parameters: ZeRO; experts over their own replicas).

With ``compute_s``, given or from a FLOP rate (``traffic.computation``), the step computes too.  A part that is
``"overlapped"`` runs beside the computation, the best that any schedule could do; one that is exposed (True) follows
when both are over; one that is False is left out::

    computation, bubble     |-----------------------------|
    overlapped parts        |--------------------|         exposed parts |-----|

One that is ``"scheduled"`` hides as its schedule lets it (``traffic.schedules``): the communication of micro-batches
that have another beside them, behind the computation of those; gradients behind the last micro-batch alone::

    computation of pairs    |-------------|  last micro-batch  |---|  ramp, bubble  |------|
    scheduled runs          |---------|      gradients         |-|                          the others, exposed |--|

Limits.  All stages are taken to be in the same phase; one group of layers is as good as another; the
multi-token-prediction module is left out; nothing is computed again.

References
----------
DeepSeek-V3 Technical Report, arXiv 2412.19437, section 3.2: PP16, EP64, ZeRO-1 data parallelism; table 2: bubbles.
D. Narayanan et al., Efficient large-scale language model training on GPU clusters using Megatron-LM,
SC 2021, arXiv 2104.04473, section 2.2: 1F1B, interleaved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le

from topo.parameters import Seed
from traffic import parallel, steps
from traffic.apart import Apart, Reach, apart, often
from traffic.computation import Computation, computation
from traffic.demand import Demand
from traffic.exchange import (
    TOKENS,
    Dedup,
    Gate,
    ModelFigures,
    NodeLimit,
    Tokens,
    exchange,
    exchange_count,
    limit_of,
    picks,
    sample_of,
)
from traffic.figures import SEQUENCE
from traffic.groups import ranks_together
from traffic.layout import check_divides, check_ranks, check_whole, hosts_and_domains
from traffic.memory import Memory, Recompute, memory_of
from traffic.model import Model
from traffic.outcome import Outcome
from traffic.overlap import Held, Part, Times, ordered
from traffic.pattern import Count
from traffic.phases import Phase, in_sequence
from traffic.schedules import Name, bubble_s, paired
from traffic.stages import Layout, layout_of, thinned


@dataclass(frozen=True)
class Step:
    """A training step: its computation, the bubble that its pipeline adds, its tokens and its memory."""

    compute_s: float  # [s]
    bubble_s: float  # [s]
    tokens: float  # of all ranks
    source: str  # of the computation
    memory: Memory
    available: float | None  # [bytes] of a rank

    def results(self, outcome: Outcome) -> dict[str, Any]:
        """Return the times of the step [s], and the memory of a rank [bytes].

        ``exposed_s`` is the step less its computation and bubble; ``step_parts`` has each phase, all its runs.
        """
        demand, step_s = outcome.demand, outcome.completion_s
        names = demand.phase_names or [f"phase {p}" for p in range(demand.n_phases)]
        parts = [
            {"part": name, "start_s": float(start), "time_s": float(end - start)}
            for name, start, end in zip(names, outcome.started, outcome.ended, strict=True)
        ]
        return {
            "step_s": step_s,
            "compute_s": self.compute_s,
            "compute_source": self.source,
            "bubble_s": self.bubble_s,
            "exposed_s": step_s - self.compute_s - self.bubble_s,
            "tokens_per_s": self.tokens / step_s if self.compute_s else None,
            "step_parts": parts,
            **self.memory.results(self.available),
            "own_warnings": self.memory.warnings(self.available),
        }


def training_step(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    ranks_per_domain: int | None = None,
    model: ModelFigures = None,
    tp: Annotated[int, Ge(1), "ranks of a tensor-parallel group"] = 1,
    pp: Annotated[int, Ge(1), "pipeline stages"] = 1,
    ep: Annotated[int | None, Ge(1), "ranks of an expert-parallel group; without, as many as fit, up to 64"] = None,
    micro_batches: Annotated[int, Ge(1), "micro-batches of a step"] = 8,
    tokens: Tokens = TOKENS,
    node_limit: NodeLimit = "model",
    dedup: Dedup = True,
    gate: Gate = "uniform",
    seed: Seed = 0,
    tensor: Annotated[Part, "tensor parallelism: exposed, overlapped with computation, scheduled, or left out"] = True,
    experts: Annotated[Part, "dispatch and combine: exposed, overlapped, scheduled, or left out"] = True,
    pipeline: Annotated[Part, "activations between stages: exposed, overlapped, scheduled, or left out"] = True,
    gradients: Annotated[
        Part, "gradients and parameters of replicas: exposed, overlapped, scheduled, or left out"
    ] = True,
    compute_s: Annotated[
        float | None, Ge(0), "computation of a rank in a step, without the bubble [s]; without, from flops and mfu"
    ] = None,
    cp: Annotated[int, Ge(1), "ranks that share sequences: context parallelism"] = 1,
    etp: Annotated[int, Ge(1), "ranks that each expert is divided over"] = 1,
    context: Annotated[Part, "context parallelism: exposed, overlapped, scheduled, or left out"] = True,
    zero: Annotated[
        Literal[0, 1, 2, 3], "what replicas divide: optimizer (1), gradients (2), parameters (3, FSDP)"
    ] = 1,
    schedule: Annotated[Name, "order of micro-batches in the pipeline, with its published bubble"] = "1f1b",
    chunks: Annotated[int, Ge(1), "groups of layers of a stage, of schedule interleaved"] = 1,
    sequence: Annotated[int, Ge(1), "tokens of a sequence: of attention and its memory"] = SEQUENCE,
    flops: Annotated[float | None, Gt(0), "dense rate of an endpoint; without, that of the hardware file"] = None,
    mfu: Annotated[
        float | None, Gt(0), Le(1), "part of flops that is reached; without, that of the hardware file"
    ] = None,
    precision: Annotated[Literal["bf16", "fp16", "fp8"], "whose rate of the hardware file counts"] = "bf16",
    memory: Annotated[float | None, Gt(0), "of an endpoint; without, that of the hardware file"] = None,
    recompute: Annotated[Recompute, "what backward computes again: memory alone goes by it"] = "selective",
    sp: Annotated[
        bool, "whether inputs are divided over tensor groups too (sequence parallelism): memory alone"
    ] = True,
) -> Demand:
    """Return the phases of one training step of ``model``, ``tokens`` a rank and micro-batch.

    Ranks that whole groups of ``ep`` leave over idle.

    Raises DemandError where a part is overlapped without computation, or ``pp`` does not divide the
    ranks, or ``tp`` x ``cp`` those of a stage, or a stage holds no group of ``ep``, or a schedule cannot be had.
    """
    check_ranks(n_ranks, what="training-step")
    check_divides(pp, n_ranks, name="pp", what="ranks")
    check_whole(micro_batches, 1, name="micro_batches")
    for key, value in (("tokens", tokens), ("chunks", chunks), ("sequence", sequence)):
        check_whole(value, 1, name=key)
    where = hosts_and_domains(ranks_per_host, ranks_per_domain)
    layout = layout_of(
        n_ranks, Model.of(model), ep, where, tp=tp, pp=pp, cp=cp, etp=etp, tokens=tokens, micro_batches=micro_batches,
        zero=zero, schedule=schedule, chunks=chunks,
    )  # fmt: skip
    parts: list[Held] = []
    if tensor and tp > 1:
        parts.append((tensor, parallel.tensor(layout)))
    if context and cp > 1:
        parts.append((context, parallel.context(layout)))
    if experts and layout.ep * etp > 1:
        parts.append((experts, _experts(layout, where, node_limit=node_limit, dedup=dedup, gate=gate, seed=seed)))
    if pipeline and pp > 1:
        parts.append((pipeline, parallel.pipeline(layout)))
    held: Held = (gradients, parallel.gradients(layout) if gradients else [])
    if zero >= 2:  # moved with every micro-batch, so hidden as the other parts are
        parts, held = [*parts, held], (False, [])
    done = computation(
        layout.model, compute_s=compute_s, flops=flops, mfu=mfu, precision=precision, tokens=tokens,
        micro_batches=micro_batches, pp=pp, sequence=sequence,
    )  # fmt: skip
    times = _times(layout, done)
    name = f"training-step({layout.model.name}, tp={tp}, pp={pp}, ep={layout.ep}, micro_batches={micro_batches}"
    name += "".join(f", {key}={value}" for key, value in (("cp", cp), ("etp", etp)) if value > 1)
    name += f", {schedule}" * (schedule != "1f1b") + f", zero={zero}" * (zero != 1)
    idle = n_ranks - layout.stage.size
    demand = in_sequence(name + (f", {idle} ranks idle)" if idle else ")"), n_ranks, ordered(parts, held, times))
    whole = _memory(layout, recompute=recompute, sp=sp, sequence=sequence)
    total = tokens * micro_batches * layout.stage.shape[1]
    return replace(demand, about=Step(done.seconds, times.bubble, total, done.source, whole, memory))


def training_count(
    *,
    n_ranks: int,
    ranks_per_host: int,
    ranks_per_domain: int | None,
    model: Mapping[str, Any] | None,
    tp: int,
    pp: int,
    cp: int,
    ep: int | None,
    etp: int,
    chunks: int,
    schedule: str,
    node_limit: Any,
    dedup: bool,
    gate: str,
    tensor: Part,
    context: Part,
    experts: Part,
    pipeline: Part,
    gradients: Part,
) -> Count:
    """Return the commodities of ``training_step``; see ``exchange_count``.

    An upper bound where a part is scheduled: it is listed twice, unless all its runs or none are hidden.
    """
    where = hosts_and_domains(ranks_per_host, ranks_per_domain)
    layout = layout_of(
        n_ranks,
        Model.of(model),
        ep,
        where,
        tp=tp,
        pp=pp,
        cp=cp,
        etp=etp,
        chunks=chunks,
        schedule=schedule,
        checks=False,
    )
    near, figures, drawn = layout.near, layout.model, 0
    found: list[tuple[Part, Apart, int]] = []  # commodities of a part, and in how many phases
    for part, members in (
        (tensor, layout.stage.reshape(-1, tp)),
        (context, layout.context_groups),
        (experts, layout.stage.reshape(-1, etp)),
    ):
        found.append((part, steps.ring_count(members, ranks_per_host=near), 1))
    if experts and layout.ep > 1:
        together = ranks_together(layout.ep, **thinned(where, etp))
        there = exchange_count(layout.expert_groups, slots=figures.routed_experts, together=together, dedup=dedup)
        found.append((experts, there, 2))
        drawn = sample_of(figures, node_limit, ep=layout.ep, **thinned(where, etp), gate=gate)
    if pipeline and pp > 1:
        found += [(pipeline, apart(phase.src, phase.dst, near), 1) for phase in parallel.pipeline(layout)]
    if gradients:
        rings = (steps.ring_count(members, ranks_per_host=near) for _, members, _ in layout.replicas())
        found += [(gradients, often(ring, 2), 2) for ring in rings]
    held = [(one, n, _times_listed(part)) for part, one, n in found if part and one]
    listed = sum((often(one, times) for one, _, times in held), Counter[Reach]())
    return Count.listed(listed, drawn, max(sum(n * times for _, n, times in held), 1))


def _times_listed(part: Part) -> int:
    return 2 if part == "scheduled" else 1


def _experts(
    layout: Layout, where: Mapping[str, Any], *, node_limit: Any, dedup: bool, gate: str, seed: int
) -> list[Phase]:
    """Return dispatch and combine of all expert groups, and what an expert's ranks gather of each other."""
    figures, phases, copies = layout.model, [], 1.0
    if layout.ep > 1:
        sampler = picks(model=figures, ep=layout.ep, **thinned(where, layout.etp), gate=gate, seed=seed)
        runs = 2 * layout.micro_batches * layout.moe_layers
        limit = limit_of(node_limit, figures, sampler.placement.hosts)
        members = layout.expert_groups
        phases = exchange(
            sampler, figures, members=members, tokens=layout.tokens, node_limit=limit, dedup=dedup, repeat=runs
        )
        copies = sampler.visits(limit).ranks if dedup else float(figures.top_k)
    return phases + (parallel.widened(layout, copies) if layout.etp > 1 else [])


def _times(layout: Layout, done: Computation) -> Times:
    """Return the computation of a rank as its schedule divides it."""
    how: dict[str, Any] = {"pp": layout.pp, "micro_batches": layout.micro_batches, "chunks": layout.chunks}
    idle = bubble_s(layout.schedule, compute_s=done.seconds, **how)
    return Times(done.seconds, idle, paired(layout.schedule, **how), layout.micro_batches)


def _memory(layout: Layout, *, recompute: Recompute, sp: bool, sequence: int) -> Memory:
    ranks = layout.stage.shape[1]
    return memory_of(
        layout.model, tp=layout.tp, pp=layout.pp, ep=layout.ep, etp=layout.etp, replicas=ranks // layout.tp,
        expert_replicas=ranks // (layout.ep * layout.etp), zero=layout.zero, tokens=layout.tokens, context=sequence,
        micro_batches=layout.micro_batches, schedule=layout.schedule, chunks=layout.chunks, recompute=recompute, sp=sp,
    )  # fmt: skip
