"""Computation of a layer of inference: given, by a roofline where tokens are decoded, by a reached share where read.

Decoding is bound by memory more often than by arithmetic, and every part of a layer has its own ratio of the two::

    time = sum over parts of max(operations / FLOP rate, bytes / memory bandwidth)              [1]_

Parts are the projections of attention, the cache that attention reads, the gate and shared experts, the routed experts
of a rank, or the dense layer's own network.  Weights are read once a micro-batch, in the bytes that they are published
in; of the routed experts those that some token picks, were every expert as likely as any other.  A cache is BF16;
latent attention decodes in its compressed space, where one cache serves all heads [2]_, so tensor parallelism does not
divide it; keys of grouped attention are divided as far as there are heads of them.

A tensor group divides a layer between its ranks and computes the tokens of all of them, so operations of a rank are
those of its own tokens.

Limits.  The roofline is a lower bound: no launch, no read of activations, both rates to their last byte.  Prompts are
bound by arithmetic and are given the share of the FLOP rate that was reached, as training is.

References
----------
.. [1] S. Williams, A. Waterman and D. Patterson, Roofline, CACM 52(4), 2009.
.. [2] DeepSeek-V2, arXiv 2405.04434, section 2.1.2 and appendix C: the projections of keys and values are absorbed.
"""

from __future__ import annotations

from dataclasses import dataclass

from traffic.computation import NOT_COUNTED, given, reached
from traffic.figures import ACTIVATION, attention_flops
from traffic.layout import check_positive, check_whole
from traffic.model import VALUE_BYTES, Model
from traffic.shapes import weights

#: What is said of decoding where nothing is known of it.
_DECODE = "not counted: neither compute_s nor flops and memory_bandwidth are stated"


@dataclass(frozen=True)
class LayerTimes:
    """Computation of one micro-batch in a layer with experts and in one without [s], and where it is from."""

    experts: float
    dense: float
    source: str


@dataclass(frozen=True)
class Batch:
    """One micro-batch of a rank, and how the ranks divide the model."""

    tokens: float  # of a rank
    ep: int
    tp: int
    redundant_experts: int = 0


def given_times(compute_s: float) -> LayerTimes:
    """Return a time that is stated for both kinds of layers; raises DemandError for one that is none."""
    time, source = given(compute_s)
    return LayerTimes(time, time, source)


def decoding(
    model: Model,
    batch: Batch,
    *,
    kv_length: int,
    flops: float | None,
    memory_bandwidth: float | None,
    precision: str,
) -> LayerTimes:
    """Return the roofline of a layer where each token looks back on ``kv_length`` of its own request.

    Raises DemandError for rates that are not positive and a length below 1.

    >>> from traffic.model import Model
    >>> rates = {"flops": 989e12, "memory_bandwidth": 3352e9, "precision": "bf16"}
    >>> found = decoding(Model.of(None), Batch(32, 64, 1), kv_length=4096, **rates)
    >>> f"{1e6 * found.experts:.0f} us"
    '167 us'
    """
    check_whole(kv_length, 1, name="kv_length")
    if flops is None or memory_bandwidth is None:
        return LayerTimes(0.0, 0.0, _DECODE)
    check_positive(flops, name="flops", unit="FLOP/s")
    check_positive(memory_bandwidth, name="memory_bandwidth", unit="B/s")

    def time(part: tuple[float, float]) -> float:
        operations, read = part
        return max(operations / flops, read / memory_bandwidth)

    own = _own(model)
    each = VALUE_BYTES[model.precision or "bf16"]
    m, divided = batch.tokens, each / batch.tp
    attention = time((2 * own["attention"] * m, own["attention"] * divided)) + time(_cache(model, batch, kv_length))
    experts = dense = 0.0
    if model.moe_layers:
        alike = own["gate"] + own["shared"]
        experts = attention + time((2 * alike * m, alike * each)) + time(_routed(model, batch, own["experts"], each))
    if model.layers > model.moe_layers:
        dense = attention + time((2 * own["dense"] * m, own["dense"] * divided))
    rates = f"{flops / 1e12:.4g} TFLOP/s ({precision}) and {memory_bandwidth / 1e9:.4g} GB/s of memory"
    return LayerTimes(experts, dense, f"roofline of {rates}, {kv_length} tokens in the cache of a request: at best")


def reading(
    model: Model,
    tokens: float,
    *,
    sequence: int,
    flops: float | None,
    mfu: float | None,
    precision: str,
) -> LayerTimes:
    """Return the time of a layer that reads ``tokens`` of prompts of ``sequence`` at a reached share of a FLOP rate.

    Raises DemandError for a rate that is not positive, a share outside (0, 1], a length below 1.
    """
    check_whole(sequence, 1, name="sequence")
    if flops is None or mfu is None:
        return LayerTimes(0.0, 0.0, NOT_COUNTED)
    rate = reached(flops, mfu)
    own = _own(model)
    attention = 2 * own["attention"] + attention_flops(model, sequence) / model.layers
    picked = model.top_k / model.routed_experts * own["experts"] if model.moe_layers else 0
    layers = {
        "experts": attention + 2 * (own["gate"] + own["shared"] + picked) if model.moe_layers else 0.0,
        "dense": attention + 2 * own["dense"] if model.layers > model.moe_layers else 0.0,
    }
    source = f"operations of a layer at {100 * mfu:.4g} % of {flops / 1e12:.4g} TFLOP/s ({precision})"
    return LayerTimes(**{name: one * tokens / rate for name, one in layers.items()}, source=source)


def _own(model: Model) -> dict[str, float]:
    """Return the parameters of the matrices of one layer by what they belong to."""
    of = {"attention": model.layers, "dense": model.layers - model.moe_layers}
    found = dict.fromkeys(("attention", "dense", "gate", "shared", "experts"), 0.0)
    for weight in weights(model):
        if weight.block in found and weight.size:
            found[weight.block] += weight.size / of.get(weight.block, model.moe_layers)
    return found


def _routed(model: Model, batch: Batch, size: float, each: int) -> tuple[float, float]:
    """Return operations and bytes of the routed experts of a rank; ``size`` is what all experts of a layer hold."""
    slots = model.routed_experts + batch.redundant_experts
    expert = size / model.routed_experts
    picked = 1 - (1 - model.top_k / slots) ** (batch.tokens * batch.ep)
    return 2 * expert * batch.tokens * model.top_k, slots / batch.ep * picked * expert * each


def _cache(model: Model, batch: Batch, length: int) -> tuple[float, float]:
    """Return operations of a rank over scores and values, and the bytes of its cache that are read."""
    seen = min(length, model.index_topk or length)
    indexer = 2 * model.index_heads * model.index_dim * length
    if model.latent:
        wide, kept, divided = 2 * model.kv_lora_rank + model.qk_rope_dim, model.kv_lora_rank + model.qk_rope_dim, 1
    else:
        wide, kept = 2 * model.head_dim, 2 * model.kv_heads * model.head_dim
        divided = min(batch.tp, model.kv_heads)
    operations = 2 * model.heads * wide * seen + indexer
    read = (kept * seen + model.index_dim * length) * ACTIVATION * batch.tp / divided
    return operations * batch.tokens, read * batch.tokens
