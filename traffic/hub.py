"""A hub's ``config.json`` as figures of a model: the fields of published weights, read where they settle the shapes.

Names differ by publisher, so a figure has several; the first that is there counts.  A kind of model (``model_type``)
that was never seen is read by its fields alone, which is said; where they leave a shape open, the field that would
settle it is missing, and that is an error.  What a token copy weighs follows from the precision that is stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traffic.hub_experts import PICKED, ROUTED, exchanged, experts
from traffic.hub_fields import Fields

#: Kinds whose shapes were compared with what their publishers print.
SEEN = ("deepseek_v3", "deepseek_v32", "llama", "minimax_m2", "mixtral", "qwen3", "qwen3_moe")
#: Fields of which a config has at least one.
_MARKS = ("num_hidden_layers", "hidden_size", "model_type", "architectures", "text_config")
#: Fields of layers that are no attention, or of attention that keeps no keys.
_OTHER_LAYERS = (
    *(
        "attn_type_list",
        "full_attention_interval",
        "hybrid_override_pattern",
        "layers_block_type",
        "linear_attn_config",
    ),
    *("linear_num_key_heads", "mamba_d_state", "mamba_expand", "ssm_cfg", "state_size", "attn_layer_period"),
)
#: Activations of feed-forwards with three matrices; others have two or three, by no field.
_GATED = ("silu", "swish", "swiglu")
#: Keys of a model and the fields that state them, for messages that speak of both.
FIELDS_OF: Mapping[str, tuple[str, ...]] = {
    "layers": ("num_hidden_layers",),
    "hidden": ("hidden_size",),
    "heads": ("num_attention_heads",),
    "vocabulary": ("vocab_size",),
    "kv_heads": ("num_key_value_heads",),
    "dense_layers": ("first_k_dense_replace",),
    "dense_at": ("mlp_only_layers", "moe_layer_freq"),
    "dense_intermediate": ("intermediate_size",),
    "routed_experts": ROUTED,
    "top_k": PICKED,
}
#: Kinds whose queries and keys have a norm of a head's width, which no field says.
_HEAD_NORMS = ("qwen3", "qwen3_moe")


def is_config(mapping: Mapping[str, Any]) -> bool:
    """Return whether ``mapping`` has a field of a hub's config."""
    return any(field in mapping for field in _MARKS)


def figures(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a model that a hub's ``config`` states.

    Raises ModelError, with the field, where one is missing that shapes need, or holds what it cannot.
    """
    fields = Fields.of(config)
    _refuse_other_layers(fields)
    found = {
        "name": fields.text("model_type") or "unnamed",
        "layers": fields.whole("num_hidden_layers"),
        "hidden": fields.whole("hidden_size"),
        "vocabulary": fields.whole("vocab_size"),
        "tied_embeddings": fields.flag("tie_word_embeddings", needed=True),
        **_attention(fields),
        **_feed_forward(fields),
        **experts(fields),
        "nextn_layers": fields.whole("num_nextn_predict_layers", absent=0),
        "precision": _precision(fields),
    }
    found |= exchanged(fields) if found.get("routed_experts") else {}
    return {key: value for key, value in found.items() if value is not None} | {"remarks": _remarks(fields, found)}


def _refuse_other_layers(fields: Fields) -> None:
    for name in _OTHER_LAYERS:
        if fields.has(name):
            raise fields.error(name, f"{name} speaks of layers that are no attention, which no figure here describes")
    kinds = fields.get("layer_types")
    others = [kind for kind in kinds if not str(kind).endswith("attention")] if isinstance(kinds, list) else []
    others += [kind for kind in kinds if "linear" in str(kind)] if isinstance(kinds, list) else []
    if others:
        raise fields.error("layer_types", f"layer_types has {others[0]!r}, a layer that no figure here describes")


def _attention(fields: Fields) -> dict[str, Any]:
    """Return the sizes of attention: latent where keys are compressed, else by groups."""
    heads, kind = fields.whole("num_attention_heads"), fields.text("model_type")
    bias = fields.flag("attention_bias") or (kind == "qwen2" and "qkv")
    found: dict[str, Any] = {"heads": heads, "attention_bias": {True: "all", "qkv": "qkv"}.get(bias, "none")}
    if fields.has("kv_lora_rank"):
        return found | {
            "kv_lora_rank": fields.whole("kv_lora_rank"),
            "q_lora_rank": fields.whole("q_lora_rank", absent=0),
            "qk_nope_dim": fields.whole("qk_nope_head_dim"),
            "qk_rope_dim": fields.whole("qk_rope_head_dim"),
            "v_dim": fields.whole("v_head_dim"),
            **_indexer(fields),
        }
    # Llama states no group where every head has keys of its own; elsewhere an absent field says nothing.
    found["kv_heads"] = fields.whole("num_key_value_heads", absent=heads if kind == "llama" else None)
    norm = "head" if kind in _HEAD_NORMS or fields.flag("use_qk_norm") else "none"
    return found | {
        "head_dim": _width_of_head(fields, heads),
        "qk_norm": "layer" if norm == "head" and fields.text("qk_norm_type") == "per_layer" else norm,
    }


def _indexer(fields: Fields) -> dict[str, Any]:
    """Return the sizes of the indexer of sparse attention; nothing where there is none."""
    names = {"index_heads": "index_n_heads", "index_dim": "index_head_dim", "index_topk": "index_topk"}
    if not any(fields.has(name) for name in names.values()):
        return {}
    return {key: fields.whole(name) for key, name in names.items()}


def _width_of_head(fields: Fields, heads: int) -> int:
    if fields.has("head_dim"):
        return fields.whole("head_dim")
    hidden = fields.whole("hidden_size")
    if hidden % heads:
        raise fields.error(
            "head_dim", f"head_dim is missing, and hidden_size / num_attention_heads = {hidden} / {heads}"
        )
    return hidden // heads


def _feed_forward(fields: Fields) -> dict[str, Any]:
    names = ("hidden_act", "hidden_activation", "activation_function")
    act = next((fields.text(name) for name in names if fields.has(name)), "")
    if not act:
        raise fields.error("hidden_act", "hidden_act is missing: whether a feed-forward has two matrices or three")
    if act not in _GATED:
        text = f"hidden_act {act!r} leaves open whether a feed-forward has two matrices or three"
        raise fields.error("hidden_act", f"{text}; write the model as YAML with gated: true or false")
    wide = fields.whole("intermediate_size", "intermediate_size_mlp", absent=0)
    return {"gated": True, "mlp_bias": fields.flag("mlp_bias"), "dense_intermediate": wide or None}


def _precision(fields: Fields) -> str:
    """Return what weights are published in; empty where no field says."""
    if fields.quantized:
        return "fp8" if fields.quantized == "fp8" else ""
    named = fields.text("torch_dtype") or fields.text("dtype")
    return {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32"}.get(named, "")


def _remarks(fields: Fields, found: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what was taken for granted, one sentence each."""
    kind, said = fields.text("model_type"), []
    if kind not in SEEN:
        named = f"model_type {kind!r} was never seen" if kind else "model_type is missing"
        said.append(f"{named}: shapes follow from its fields alone; known: {', '.join(SEEN)}")
    if fields.nested:
        said.append(f"{fields.nested} alone is read: other parts of the model are not counted")
    if not found["precision"]:
        said.append("no precision of weights is stated that is known here: values of 2 bytes (BF16)")
    if fields.get("sliding_window") and fields.get("use_sliding_window") is not False:
        said.append("sliding_window is not followed: attention looks at all tokens before")
    if fields.get("use_mtp") and not found["nextn_layers"]:
        said.append("use_mtp: no field says what its modules hold, so they are not counted")
    if found.get("node_limit"):
        groups = f"{found['topk_group']} of {found['n_group']} groups"
        said.append(f"a token picks from {groups} of experts: read as a limit of {found['node_limit']} hosts")
    return tuple(said)
