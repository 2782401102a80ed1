"""What follows from a model's shapes: parameters, operations, bytes a token of the cache and of all ways to divide it.

Parameters count everything that is published but modules that predict further tokens, which stand apart.  Active ones
are those of a token: the routed experts that it does not pick are left out, the embedding of all words is not.
Operations count two a parameter of a matrix; those of attention go by the mean number of tokens that one looks at,
(s + 1) / 2 in a sequence of s.  Backward costs twice forward; nothing is computed again.

Bytes of a parallel dimension are what a token of a micro-batch brings along in one step, forward and backward, in
arrays handed over and not in the steps of a ring: BF16 activations, gradients in FP32 [1]_.

.. [1] DeepSeek-V3 Technical Report, arXiv 2412.19437, section 3.3.  Operations: Insights into DeepSeek-V3,
   arXiv 2505.09343, table 2; cache: table 1; 6 N: J. Kaplan et al., arXiv 2001.08361, section 2.1.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from traffic.layout import check_whole
from traffic.model import Model
from traffic.shapes import prediction, weights

#: Tokens of a sequence where none are given; DeepSeek-V3 Technical Report, section 4.2.
SEQUENCE = 4096
#: Bytes of a value: activations and parameters in BF16, gradients in FP32; arXiv 2412.19437, section 3.3.
ACTIVATION = 2
PARAMETER = 2
GRADIENT = 4
#: Operations backward over forward: of the inputs and of the weights.
BACKWARD = 2


@cache
def parameters(model: Model) -> int:
    """Return the parameters of the whole model, modules that predict further tokens left out."""
    return sum(weight.size for weight in weights(model))


@cache
def active_parameters(model: Model) -> int:
    """Return the parameters of one token: all but the routed experts that it does not pick."""
    return sum(weight.active for weight in weights(model))


def prediction_parameters(model: Model) -> int:
    """Return the parameters of modules that predict further tokens, without the embedding and head that they share."""
    return sum(weight.size for weight in prediction(model))


@cache
def dense_parameters(model: Model) -> int:
    """Return the parameters of matrices that are not routed experts: what every replica of a stage holds alike."""
    return sum(weight.size for weight in weights(model) if weight.block not in ("experts", "vectors"))


def expert_parameters(model: Model) -> int:
    """Return the parameters of one routed expert of one layer."""
    return (3 if model.gated else 2) * model.hidden * model.expert_intermediate


def looked_at(model: Model, sequence: int) -> float:
    """Return the tokens that a token looks at on average, itself included: those before, or the best of them."""
    most = model.index_topk
    if not most or sequence <= most:
        return (sequence + 1) / 2
    return (most * (most + 1) / 2 + (sequence - most) * most) / sequence


def attention_flops(model: Model, sequence: int) -> float:
    """Return the operations of a token forward over scores and values of all layers [FLOP]."""
    wide = (model.qk_nope_dim + model.qk_rope_dim + model.v_dim) if model.latent else 2 * model.head_dim
    one = 2 * model.heads * wide * looked_at(model, sequence)
    one += 2 * model.index_heads * model.index_dim * (sequence + 1) / 2  # the indexer scores all tokens before
    return model.layers * one


def forward_flops(model: Model, sequence: int = SEQUENCE) -> float:
    """Return the operations of a token forward, in a sequence of ``sequence`` tokens [FLOP]."""
    return sum(weight.operations for weight in weights(model)) + attention_flops(model, sequence)


def training_flops(model: Model, sequence: int = SEQUENCE) -> float:
    """Return the operations of a token forward and backward [FLOP]."""
    return (1 + BACKWARD) * forward_flops(model, sequence)


def kv_bytes(model: Model) -> int:
    """Return the bytes that a token leaves in the cache of keys and values, in BF16."""
    one = model.kv_lora_rank + model.qk_rope_dim if model.latent else 2 * model.kv_heads * model.head_dim
    return model.layers * (one + model.index_dim) * ACTIVATION


def figures(model: Model, *, sequence: int = SEQUENCE) -> dict[str, Any]:
    """Return what follows from ``model`` as flat keys: parameters, operations a token, bytes of every dimension.

    Raises DemandError for a ``sequence`` that is no whole number of at least 1.
    """
    check_whole(sequence, 1, name="sequence")
    forward = forward_flops(model, sequence)
    return {
        "parameters": parameters(model),
        "active_parameters": active_parameters(model),
        "mtp_parameters": prediction_parameters(model),
        "sequence": sequence,
        "flops_forward": forward,
        "flops_backward": BACKWARD * forward,
        "flops_6n": 6 * active_parameters(model),
        "kv_bytes_per_token": kv_bytes(model),
        **dimensions(model),
        "model_remarks": list(model.remarks),
    }


def dimensions(model: Model) -> dict[str, float]:
    """Return the bytes of a token in every parallel dimension, and those of a replica's gradients in a step [bytes].

    Tensor parallelism reduces the hidden values twice a layer and direction, sequence parallelism gathers and scatters
    them as often; context parallelism passes keys and values round, and back with their gradients; a pipeline's stages
    hand over activations and gradients; experts get ``top_k`` copies a layer and direction, before deduplication.
    """
    hidden = model.hidden * ACTIVATION
    copies = 2 * model.top_k * model.moe_layers
    wide = model.heads * (model.qk_nope_dim + model.qk_rope_dim + model.v_dim)
    keys = wide if model.latent else 2 * model.kv_heads * model.head_dim
    return {
        "tp_bytes_per_token": 4 * model.layers * hidden,
        "sp_bytes_per_token": 8 * model.layers * hidden,
        "cp_bytes_per_token": 3 * model.layers * keys * ACTIVATION,
        "pp_bytes_per_token": 2 * hidden,
        "ep_dispatch_bytes_per_token": copies * model.dispatch_bytes,
        "ep_combine_bytes_per_token": copies * model.combine_bytes,
        "dp_gradient_bytes": parameters(model) * GRADIENT,
        "dp_parameter_bytes": parameters(model) * PARAMETER,
    }
