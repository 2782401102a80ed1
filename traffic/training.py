"""training-step: what the ranks of a training job send during one optimizer step.

Ranks are dealt out in blocks: a pipeline stage is n / pp consecutive ranks, tensor
groups are tp consecutive ranks, expert groups ep consecutive ranks of a stage, and
what is left over replicates::

    stage 0   [ ep group 0 | ep group 1 | .. ]     n / pp ranks
                  |            |                   activations forward, gradients back
    stage 1   [ ep group 0 | ep group 1 | .. ]

Phases, in order, with the times that each runs for m micro-batches and l layers of the fullest stage:
tensor (2 all-gathers and 2 reduce-scatters a layer, as many backward), dispatch and combine
(2 m l, forward and backward alike), pipeline forward and backward (m each), gradients
(reduce-scatter of gradients, all-gather of parameters: ZeRO-1; routed experts over their own replicas).

With ``compute_s`` the step computes too.  A part that is ``"overlapped"`` runs beside the
computation, as DualPipe aims at; one that is exposed (True) follows when both are over::

    computation, bubble     |-----------------------------|
    overlapped parts        |--------------------|         exposed parts |-----|

so overlapped parts cost time only where they outlast the computation.  A part that is False is left
out.  1F1B stretches the computation by its bubble of (pp - 1) / micro_batches.

Limits.  All stages are taken to be in the same phase; which micro-batch hides which is not
followed, so overlap is the best that any schedule can do; computation is given, not derived; one
group of layers is as good as another; the multi-token-prediction module is left out.

References
----------
DeepSeek-V3 Technical Report, arXiv 2412.19437, section 3.2: PP16, EP64, ZeRO-1 data parallelism.
D. Narayanan et al., Efficient large-scale language model training on GPU clusters using Megatron-LM,
SC 2021, arXiv 2104.04473, section 2.2.1: the bubble of 1F1B.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from topo.parameters import Seed
from traffic import steps
from traffic.demand import Demand, DemandError
from traffic.exchange import (
    TOKENS,
    Dedup,
    Gate,
    ModelFigures,
    NodeLimit,
    Tokens,
    default_ep,
    exchange,
    exchange_count,
    limit_of,
    picks,
)
from traffic.figures import ACTIVATION, GRADIENT, PARAMETER, dense_parameters, expert_parameters
from traffic.groups import groups, ranks_together
from traffic.layout import check_divides, check_ranks, check_whole, hosts_and_domains
from traffic.model import Model
from traffic.operation import Operation
from traffic.outcome import Outcome
from traffic.pattern import Count
from traffic.phases import Phase, in_sequence, step
from traffic.visits import sample_size

#: A part of the step: left out, exposed, or beside the computation.
Part = bool | Literal["overlapped"]
#: Name of the phase that only computes.
COMPUTATION = "computation"


@dataclass(frozen=True)
class Step:
    """A training step: its computation, the bubble that its pipeline adds, and its tokens."""

    compute_s: float  # [s]
    bubble_s: float  # [s]
    tokens: float  # of all ranks

    def results(self, outcome: Outcome) -> dict[str, Any]:
        """Return the times of the step [s].

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
            "bubble_s": self.bubble_s,
            "exposed_s": step_s - self.compute_s - self.bubble_s,
            "tokens_per_s": self.tokens / step_s if self.compute_s else None,
            "step_parts": parts,
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
    tensor: Annotated[Part, "tensor parallelism: exposed, overlapped with computation, or left out"] = True,
    experts: Annotated[Part, "dispatch and combine: exposed, overlapped or left out"] = True,
    pipeline: Annotated[Part, "activations between stages: exposed, overlapped or left out"] = True,
    gradients: Annotated[Part, "gradients and parameters of replicas: exposed, overlapped or left out"] = True,
    compute_s: Annotated[float, Ge(0), "computation of a rank in a step, without the bubble [s]"] = 0.0,
) -> Demand:
    """Return the phases of one training step of ``model``, ``tokens`` a rank and micro-batch.

    Ranks that whole groups of ``ep`` leave over idle.

    Raises DemandError where a part is overlapped without ``compute_s``, or ``pp`` does not divide the
    ranks, or ``tp`` those of a stage, or a stage holds no group of ``ep``.
    """
    check_ranks(n_ranks, what="training-step")
    check_divides(pp, n_ranks, name="pp", what="ranks")
    check_whole(micro_batches, 1, name="micro_batches")
    check_whole(tokens, 1, name="tokens")
    figures, stage = Model.of(model), np.arange(n_ranks, dtype=np.int64).reshape(pp, -1)
    where = hosts_and_domains(ranks_per_host, ranks_per_domain)
    near, group = where["ranks_per_domain"], _experts_over(stage.shape[1], figures, ep, where)
    stage = _whole(stage, group, **where)
    check_divides(tp, stage.shape[1], name="tp", what="ranks of a stage")
    parts: list[tuple[Part, list[Phase]]] = []
    if tensor and tp > 1:
        runs = 8 * micro_batches * -(-figures.layers // pp)
        parts.append((tensor, [_tensor(stage.reshape(-1, tp), figures, tokens, runs, ranks_per_host=near)]))
    if experts and group > 1:
        sampler = picks(model=figures, ep=group, **where, gate=gate, seed=seed)
        members = stage.reshape(-1, group)
        runs = 2 * micro_batches * -(-figures.moe_layers // pp)
        limit = limit_of(node_limit, figures, sampler.placement.hosts)
        held = exchange(sampler, figures, members=members, tokens=tokens, node_limit=limit, dedup=dedup, repeat=runs)
        parts.append((experts, held))
    if pipeline and pp > 1:
        parts.append((pipeline, _pipeline(stage, figures, tokens=tokens, micro_batches=micro_batches)))
    if gradients:
        parts.append((gradients, _gradients(stage, figures, tp=tp, ep=group, ranks_per_host=near)))
    name = f"training-step({figures.name}, tp={tp}, pp={pp}, ep={group}, micro_batches={micro_batches}"
    name += f", {n_ranks - stage.size} ranks idle)" if stage.size < n_ranks else ")"
    demand = in_sequence(name, n_ranks, _ordered(parts, compute_s * (1 + (pp - 1) / micro_batches)))
    return replace(
        demand, about=Step(compute_s, compute_s * (pp - 1) / micro_batches, tokens * micro_batches * stage.shape[1])
    )


def training_count(
    *,
    n_ranks: int,
    ranks_per_host: int,
    ranks_per_domain: int | None,
    model: Mapping[str, Any] | None,
    tp: int,
    pp: int,
    ep: int | None,
    dedup: bool,
    tensor: Part,
    experts: Part,
    pipeline: Part,
    gradients: Part,
) -> Count:
    """Return the commodities of ``training_step``; see ``exchange_count``."""
    figures, stage = Model.of(model), np.arange(n_ranks, dtype=np.int64).reshape(pp, -1)
    where = hosts_and_domains(ranks_per_host, ranks_per_domain)
    near, group = where["ranks_per_domain"], _experts_over(stage.shape[1], figures, ep, where)
    stage = _whole(stage, group, **where)
    n = drawn = 0
    if tensor and tp > 1:
        n += steps.ring_count(stage.reshape(-1, tp), ranks_per_host=near)
    if experts and group > 1:
        together = ranks_together(group, **where)
        n += exchange_count(stage.reshape(-1, group), slots=figures.routed_experts, together=together, dedup=dedup)
        drawn = sample_size(figures.routed_experts)
    if pipeline:
        n += 2 * (stage.size - stage.shape[1])
    if gradients:
        widths = (tp, group) if figures.routed_experts else (tp,)
        replicas = [members for members in (_strided(stage, width) for width in widths) if members.shape[1] > 1]
        n += 2 * sum(steps.ring_count(members, ranks_per_host=near) for members in replicas)
    return Count.listed(n, drawn)


def _whole(stage: NDArray[np.int64], ep: int, **where: Any) -> NDArray[np.int64]:
    """Return the ranks of each stage that whole expert groups of ``ep`` take, of ``stage`` (pp, ranks)."""
    if ep == 1:
        return stage
    members = groups(stage.size, ep, **where)
    each = len(members) // len(stage)
    if not each:
        raise DemandError(
            f"ep={ep}: {stage.size} ranks hold {len(members)} groups of it, fewer than the {len(stage)} stages of pp; "
            "give a smaller ep or pp"
        )
    return members[: each * len(stage)].reshape(len(stage), -1)


def _experts_over(n: int, figures: Model, ep: int | None, where: Mapping[str, Any]) -> int:
    """Return the ranks of an expert group among the ``n`` of a stage: 1 where there is none to have.

    Raises DemandError where a dense model is given a group.
    """
    if not figures.routed_experts:
        if ep not in (None, 1):
            raise DemandError(f"ep={ep}: {figures.name} is dense, so there are no experts to divide; leave ep out")
        return 1
    if n == 1:
        return 1
    return default_ep(n, figures, **where, fill=True) if ep is None else ep


def _tensor(groups: NDArray[np.int64], figures: Model, tokens: int, runs: int, *, ranks_per_host: int) -> Phase:
    """Return one pass around the ring of each of ``groups`` (G, tp), ``runs`` times over."""
    size = float(tokens * groups.shape[1] * figures.hidden * ACTIVATION)
    one = steps.ring(groups, size, ranks_per_host=ranks_per_host, passes=1)
    # Half of the passes are reduce-scatters of the same size.
    does = Operation.of("all-gather", size, groups, per_domain=ranks_per_host)
    return one._replace(name="tensor", repeat=one.repeat * runs, operation=does)


def _pipeline(stage: NDArray[np.int64], figures: Model, *, tokens: int, micro_batches: int) -> list[Phase]:
    """Return what each stage (pp, ranks) sends to the next, and the gradients that come back."""
    size = float(tokens * figures.hidden * ACTIVATION)
    ways = (("forward", stage[:-1], stage[1:]), ("backward", stage[1:], stage[:-1]))
    return [step(f"pipeline {way}", a, b, size, micro_batches) for way, a, b in ways]


def _ordered(parts: list[tuple[Part, list[Phase]]], compute: float) -> list[Phase]:
    """Return computation [s] with the overlapped parts beside it, and the exposed ones after both."""
    beside = [phase for how, held in parts if how == "overlapped" for phase in held]
    exposed = [phase for how, held in parts if how != "overlapped" for phase in held]
    if not 0 <= compute < np.inf:
        raise DemandError(f"compute_s must be a time of 0 s or more [s]; got a computation of {compute!r}")
    if not compute:
        if beside:
            raise DemandError("compute_s is 0, so there is nothing that a part could be overlapped with; give its time")
        return exposed
    none = np.zeros(0, dtype=np.int64)
    phases = [Phase(COMPUTATION, none, none, np.zeros(0), 1, compute, ())]
    phases += [phase._replace(name=f"{phase.name}, overlapped") for phase in beside]
    if beside:
        phases[1] = phases[1]._replace(after=())
    if exposed:
        exposed[0] = exposed[0]._replace(after=(0, len(phases) - 1) if beside else (0,))
    return phases + exposed


def _gradients(stage: NDArray[np.int64], model: Model, *, tp: int, ep: int, ranks_per_host: int) -> list[Phase]:
    """Return reduce-scatter and all-gather over replicas: of the dense parameters, then of the routed experts."""
    pp = len(stage)
    all_experts = model.moe_layers * model.routed_experts * expert_parameters(model)
    parts = (
        ("dense", _strided(stage, tp), dense_parameters(model) / pp / tp),
        ("experts", _strided(stage, ep), all_experts / pp / ep),
    )
    phases = []
    for what, members, parameters in parts:
        if members.shape[1] > 1:
            for how, value in (("reduce-scatter", GRADIENT), ("all-gather", PARAMETER)):
                ring = steps.ring(members, parameters * value, ranks_per_host=ranks_per_host, passes=1)
                does = Operation.of(how, parameters * value, members, per_domain=ranks_per_host)
                phases.append(ring._replace(name=f"{what} {how}", operation=does))
    return phases


def _strided(stage: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Return the ranks of a stage (pp, ranks) of equal place in groups of ``width``: who holds the same parameters."""
    return stage.reshape(len(stage), -1, width).transpose(0, 2, 1).reshape(len(stage) * width, -1)
