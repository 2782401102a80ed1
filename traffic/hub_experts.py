"""What a hub's config says of experts: how many, how wide, in which layers, and what is sent to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traffic.hub_fields import Fields
from traffic.missing import ModelError

#: Fields that say how many experts there are, and how many a token picks.
ROUTED = ("n_routed_experts", "num_experts", "num_local_experts", "moe_num_experts")
PICKED = ("num_experts_per_tok", "moe_topk", "num_experts_per_token", "moe_k")


def experts(fields: Fields) -> dict[str, Any]:
    """Return the keys of a model that speak of experts; none where the config is of a dense one.

    Raises ModelError for a field that is missing, or says nothing that is known.
    """
    routed = fields.whole(*ROUTED, absent=0)
    if not routed:
        return {}
    where = _where(fields)
    wide = fields.whole("moe_intermediate_size", "expert_ffn_hidden_size", absent=0)
    if not wide:
        if where.get("dense_layers") or where.get("dense_at") or where.get("moe_every", 1) > 1:
            raise fields.error("moe_intermediate_size", "moe_intermediate_size is missing: how wide an expert is")
        wide = fields.whole("intermediate_size")  # the one width that is stated is that of the experts
    return {"routed_experts": routed, "top_k": fields.whole(*PICKED), "expert_intermediate": wide} | (
        where | _shared(fields) | _gate(fields)
    )


def _where(fields: Fields) -> dict[str, Any]:
    """Return which layers have experts: after the first ones, every so many, or by a list."""
    first = fields.whole("first_k_dense_replace", absent=0)
    pattern = fields.get("moe_layer_freq")
    if isinstance(pattern, list):
        if any(one not in (0, 1) for one in pattern) or len(pattern) != fields.whole("num_hidden_layers"):
            raise fields.error("moe_layer_freq", "moe_layer_freq must be a number, or a 0 or 1 for every layer")
        return {"dense_layers": first, "dense_at": tuple(i for i, one in enumerate(pattern) if not one)}
    counted = fields.whole("decoder_sparse_step", "interleave_moe_layer_step", absent=0)
    every = counted or fields.whole("moe_layer_freq", absent=1)
    if not every:
        raise fields.error("moe_layer_freq", "moe_layer_freq must be 1 or more, or a list")
    # A step counts layers from 1, a frequency from 0.
    return {
        "dense_layers": first,
        "moe_every": every,
        "moe_at": every - 1 if counted else 0,
        "dense_at": _listed(fields),
    }


def _listed(fields: Fields) -> tuple[int, ...]:
    dense = fields.get("mlp_only_layers") or []
    if not isinstance(dense, list) or any(type(i) is not int or i < 0 for i in dense):
        raise fields.error("mlp_only_layers", "mlp_only_layers must be a list of layers, counted from 0")
    return tuple(dense)


def _shared(fields: Fields) -> dict[str, Any]:
    """Return shared experts: a number of them, or one whose width is stated."""
    wide = fields.whole("shared_expert_intermediate_size", "shared_intermediate_size", absent=0)
    many = fields.whole("n_shared_experts", "num_shared_experts", "moe_num_shared_experts", absent=1 if wide else 0)
    return {"shared_experts": many, "shared_intermediate": wide if many else 0}


def _gate(fields: Fields) -> dict[str, Any]:
    """Return what limits and steers the gate; groups that it keeps are read as hosts, where it keeps not all."""
    groups = fields.whole("n_group", "num_expert_group", absent=1) or 1
    kept = fields.whole("topk_group", absent=0)
    bias = fields.flag("use_routing_bias") or fields.text("topk_method") == "noaux_tc"
    limit = kept if 0 < kept < groups else None
    return {"n_group": groups, "topk_group": limit, "router_bias": bias, "node_limit": limit}


def exchanged(fields: Fields) -> dict[str, Any]:
    """Return what a token copy weighs where weights are FP8 in blocks and activations are scaled alike.

    Values go out in FP8 with a scale a block, FP32 unless powers of two are stated, and come back in 16 bits.
    """
    found = fields.get("quantization_config")
    if fields.quantized != "fp8" or not isinstance(found, Mapping):
        return {}
    block = found.get("weight_block_size")
    if block is None or found.get("activation_scheme") != "dynamic":
        return {}
    width = block[-1] if isinstance(block, list) and block else None
    if type(width) is not int or width < 1:
        raise ModelError("quantization_config", f"config: weight_block_size must be two whole numbers; got {block!r}")
    scale = 1 if found.get("scale_fmt") == "ue8m0" else 4
    return {"dispatch_scale_block": width, "dispatch_scale_bytes": scale}
