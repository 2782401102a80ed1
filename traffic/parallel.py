"""Parts of a training step: what each way to divide a model makes its ranks send.

References
----------
V. Korthikanti et al., arXiv 2205.05198 (tensor and sequence parallelism); H. Liu et al., Ring attention,
arXiv 2310.01889 (context parallelism); S. Rajbhandari et al., ZeRO, arXiv 1910.02054, section 7 (bytes of its stages).
"""

from __future__ import annotations

import numpy as np

from traffic import steps
from traffic.figures import ACTIVATION, GRADIENT, PARAMETER
from traffic.operation import Operation
from traffic.phases import Phase, step
from traffic.schedules import SCHEDULES
from traffic.stages import Layout, Ranks


def tensor(layout: Layout) -> list[Phase]:
    """Return the passes around the ring of each tensor group: four all-reduces a layer, or as many pairs of halves."""
    size = float(layout.tokens * layout.tp * layout.model.hidden * ACTIVATION)
    groups = layout.stage.reshape(-1, layout.tp)
    runs = 8 * layout.micro_batches * layout.layers
    return [gathered("tensor", groups, size, runs, near=layout.near)]


def context(layout: Layout) -> list[Phase]:
    """Return keys and values on their way round each context group: once forward, again backward with gradients."""
    model = layout.model
    if model.latent:
        values = model.heads * (model.qk_nope_dim + model.qk_rope_dim + model.v_dim) / layout.tp
    else:
        values = 2 * max(model.kv_heads / layout.tp, 1) * model.head_dim
    # A tensor group works on the tokens of all its ranks.
    size = float(layout.tokens * layout.tp * layout.cp * values * ACTIVATION)
    runs = 3 * layout.micro_batches * layout.layers
    return [gathered("context", layout.context_groups, size, runs, near=layout.near)]


def widened(layout: Layout, copies: float) -> list[Phase]:
    """Return gathers and scatters of ``copies`` of each token among the ranks that an expert is divided over."""
    size = float(layout.etp * layout.tokens * copies * layout.model.hidden * ACTIVATION)
    groups = layout.stage.reshape(-1, layout.etp)
    runs = 4 * layout.micro_batches * layout.moe_layers
    return [gathered("expert tensor", groups, size, runs, near=layout.near)]


def pipeline(layout: Layout) -> list[Phase]:
    """Return what each stage sends to the next, and the gradients that come back; further chunks go round the ring."""
    size, stage, runs = float(layout.tokens * layout.model.hidden * ACTIVATION), layout.stage, layout.micro_batches
    if SCHEDULES[layout.schedule].both_ways:
        src, dst = np.concatenate([stage[:-1], stage[1:]]), np.concatenate([stage[1:], stage[:-1]])
        return [step(f"pipeline {way}", src, dst, size, runs // 2) for way in ("forward", "backward")]
    ways = (("forward", stage[:-1], stage[1:], -1), ("backward", stage[1:], stage[:-1], 1))
    phases = [step(f"pipeline {way}", a, b, size, runs) for way, a, b, _ in ways]
    for way, _, _, shift in ways if layout.chunks > 1 else ():
        around = np.roll(stage, shift, axis=0)
        phases.append(step(f"pipeline {way}, further chunks", stage, around, size, runs * (layout.chunks - 1)))
    return phases


def gradients(layout: Layout) -> list[Phase]:
    """Return what ZeRO moves among replicas: gradients reduced and scattered, parameters gathered.

    Once a step; from stage 2 on gradients, and of stage 3 parameters forward and backward, every micro-batch.
    """
    each = layout.micro_batches
    runs = {"reduce-scatter": each if layout.zero >= 2 else 1, "all-gather": 2 * each if layout.zero == 3 else 1}
    phases = []
    for what, members, parameters in layout.replicas():
        for how, value in (("reduce-scatter", GRADIENT), ("all-gather", PARAMETER)):
            one = gathered(f"{what} {how}", members, parameters * value, runs[how], near=layout.near, how=how)
            phases.append(one)
    return phases


def gathered(name: str, groups: Ranks, size: float, runs: int, *, near: int, how: str = "all-gather") -> Phase:
    """Return one pass around the ring of each of ``groups``, ``runs`` times over; a reduce-scatter moves the same."""
    one = steps.ring(groups, size, ranks_per_host=near, passes=1)
    does = Operation.of(how, size, groups, per_domain=near)
    return one._replace(name=name, repeat=one.repeat * runs, operation=does)
