"""Memory of a rank in training, in closed form: weights, gradients, optimizer, activations.

Weights and gradients are those of a stage over its tensor and expert groups; ZeRO divides optimizer (1), gradients (2)
and weights (3) over replicas, with 12 bytes of optimizer a parameter [1]_.  Activations go by tensor as in [2]_, with
the model's own widths in the place of 4 h: of a layer and token, in 16 bits, what backward needs of::

    norms            2 h
    attention        input h, queries, keys, values, input of the output
    feed-forward     input h, inner values before and after the activation; of experts top_k copies, and their outputs

Scores of attention are computed again (``recompute`` selective, as flash attention does), or kept (none): 5 bytes a
head and token of context; full keeps the input of a layer alone.  A micro-batch holds its stage until its backward
ends, so a first stage holds as many as its schedule has under way.

Limits.  Dropout masks, buffers of communication, fragments, logits and their loss are left out; stages are alike.

.. [1] S. Rajbhandari et al., ZeRO, SC 2020, arXiv 1910.02054, section 3.1.
.. [2] V. Korthikanti et al., Reducing activation recomputation in large transformer models, arXiv 2205.05198,
   section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from traffic.figures import ACTIVATION, GRADIENT, PARAMETER, dense_parameters, expert_parameters
from traffic.model import Model
from traffic.schedules import SCHEDULES, kept

#: Bytes of optimizer a parameter: master copy, mean and variance in FP32; arXiv 1910.02054, section 3.1.
OPTIMIZER = 12
#: Bytes of attention scores a head and token of context, kept without recomputation; arXiv 2205.05198, section 4.1.
SCORES = 5
Recompute = Literal["none", "selective", "full"]


@dataclass(frozen=True)
class Memory:
    """Bytes of a rank by what they hold."""

    weights: float
    gradients: float
    optimizer: float
    activations: float

    @property
    def whole(self) -> float:
        """All of it [bytes]."""
        return self.weights + self.gradients + self.optimizer + self.activations

    def results(self, available: float | None) -> dict[str, Any]:
        """Return the bytes as flat keys, and whether they fit ``available`` [bytes]; None where that is not known."""
        return {
            "memory_bytes": self.whole,
            "memory_weights_bytes": self.weights,
            "memory_gradients_bytes": self.gradients,
            "memory_optimizer_bytes": self.optimizer,
            "memory_activations_bytes": self.activations,
            "memory_available_bytes": available,
            "memory_fits": None if available is None else self.whole <= available,
        }

    def warnings(self, available: float | None) -> list[str]:
        """Return in a sentence what does not fit; nothing where it fits, or nobody said how much there is."""
        if available is None or self.whole <= available:
            return []
        parts = {name: getattr(self, name) for name in ("weights", "gradients", "optimizer", "activations")}
        most = max(parts, key=lambda name: parts[name])
        return [
            f"a rank needs {self.whole / 1e9:.3g} GB of memory and has {available / 1e9:.3g} GB: "
            f"{most} take {parts[most] / 1e9:.3g} GB"
        ]


def memory_of(
    model: Model,
    *,
    tp: int,
    pp: int,
    ep: int,
    etp: int,
    replicas: int,
    expert_replicas: int,
    zero: int,
    tokens: int,
    context: int,
    micro_batches: int,
    schedule: str,
    chunks: int,
    recompute: Recompute,
    sp: bool,
) -> Memory:
    """Return the memory of a rank of the fullest stage.

    ``replicas`` and ``expert_replicas`` hold the same dense parameters and the same experts; ``tokens`` are those of a
    rank and micro-batch, ``context`` what one of them looks at in the longest sequence.
    """
    dense = dense_parameters(model) / pp / tp
    routed = model.moe_layers * model.routed_experts * expert_parameters(model) / pp / ep / etp
    copies = SCHEDULES[schedule].copies
    sharded, whole = dense / replicas + routed / expert_replicas, dense + routed
    held = kept(schedule, pp=pp, micro_batches=micro_batches, chunks=chunks)
    layer = layer_bytes(model, tp=tp, etp=etp, context=context, recompute=recompute, sp=sp)
    return Memory(
        weights=copies * PARAMETER * (sharded if zero >= 3 else whole),
        gradients=copies * GRADIENT * (sharded if zero >= 2 else whole),
        optimizer=OPTIMIZER * (sharded if zero >= 1 else whole),
        activations=held * tokens * layer * model.layers / pp,
    )


def layer_bytes(model: Model, *, tp: int, etp: int, context: int, recompute: Recompute, sp: bool) -> float:
    """Return the activations of a mean layer that a token of a rank leaves [bytes].

    A rank of a tensor group works on the tokens of all ``tp``, a part of the widths each; without ``sp`` it also keeps
    all their inputs whole.
    """
    spread = 1 if sp else tp
    if recompute == "full":
        return float(spread * ACTIVATION * model.hidden)
    inside = _attention_values(model) + _feed_forward_values(model, etp)
    scores = SCORES * model.heads * context if recompute == "none" else 0
    return ACTIVATION * (spread * 4 * model.hidden + inside) + scores


def _attention_values(model: Model) -> int:
    """Return values of a token beside the inputs of norms and blocks: queries, keys, values, outputs."""
    if model.latent:
        keys = model.heads * (model.qk_nope_dim + model.qk_rope_dim)
        return 2 * keys + 2 * model.heads * model.v_dim + model.kv_lora_rank + model.q_lora_rank
    return 2 * (model.heads + model.kv_heads) * model.head_dim


def _feed_forward_values(model: Model, etp: int) -> float:
    """Return inner values of a token in a mean layer, before and after the activation, and copies for experts."""
    inner, moe = 3 if model.gated else 2, model.moe_layers
    shared = model.shared_experts * (model.shared_intermediate or model.expert_intermediate)
    # Experts of a group of etp ranks see the tokens of all of them, in a part of their width.
    copies = model.top_k * (inner * model.expert_intermediate + 2 * model.hidden * etp)
    with_experts = moe * (inner * shared + copies)
    return ((model.layers - moe) * inner * model.dense_intermediate + with_experts) / model.layers
