"""What a transformer says about its traffic: its sizes, dense or with experts, grouped or latent attention.

A model is a flat mapping; its keys are the fields below, or those of a hub's ``config.json`` (``traffic.hub``).  It
is complete or refused: what it does not state is absent (no experts, no biases), never taken from another model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal, get_args

from topo.near import hint
from traffic import hub
from traffic.deepseek_v3 import DEEPSEEK_V3
from traffic.layout import check_whole
from traffic.missing import ModelError, missing

__all__ = ["MAX_EXPERTS", "VALUE_BYTES", "Model", "ModelError"]

#: Keys of a model file that say where figures come from and play no part in any.
_REMARKS = ("source", "sources", "note", "notes", "schema")
#: Routed experts of a model: keys of ``traffic.gate`` keep half of their 32 bits for affinity.
MAX_EXPERTS = 2**16
#: Bytes of a value, by what weights are published in.
VALUE_BYTES = {"bf16": 2, "fp16": 2, "fp32": 4, "fp8": 1}

#: Vectors beside the matrices: biases of queries, keys and values, or of the output too.
Bias = Literal["none", "qkv", "all"]
#: Norms of queries and keys: none, one of the width of a head, or one over all heads.
Norm = Literal["none", "head", "layer"]
#: Keys whose value is a word, with those that there are; "" leaves it open.
_WORDS: dict[str, tuple[str, ...]] = {
    "attention_bias": get_args(Bias),
    "qk_norm": get_args(Norm),
    "precision": ("", *sorted(VALUE_BYTES)),
}
_FLAGS = ("gated", "tied_embeddings", "mlp_bias", "router_bias")
#: Keys that must be positive where they are given; others may be 0.
_POSITIVE = (
    *("layers", "hidden", "heads", "vocabulary", "kv_heads", "head_dim", "qk_nope_dim", "v_dim", "kv_lora_rank"),
    *("top_k", "n_group", "topk_group", "node_limit", "expert_intermediate", "moe_every", "combine_value_bytes"),
    *("routed_experts", "dense_intermediate"),
)


@dataclass(frozen=True)
class Model:
    """Sizes of a transformer; 0, none or false is what it does not have."""

    name: str
    layers: int
    hidden: int
    heads: int
    vocabulary: int
    tied_embeddings: bool = False  # whether the output head is the embedding of the input
    precision: str = ""  # of published weights: a key of VALUE_BYTES; empty where it is not stated
    # Attention of grouped queries (kv_heads = heads: one key a query; 1: one for all) ..
    kv_heads: int = 0
    head_dim: int = 0  # where not stated, hidden / heads
    # .. or latent, compressed to kv_lora_rank; q_lora_rank 0: queries are not compressed.
    q_lora_rank: int = 0
    kv_lora_rank: int = 0
    qk_nope_dim: int = 0
    qk_rope_dim: int = 0
    v_dim: int = 0
    index_heads: int = 0  # of the indexer of sparse attention
    index_dim: int = 0
    index_topk: int = 0  # tokens that sparse attention looks at
    qk_norm: Norm = "none"
    attention_bias: Bias = "none"
    # Feed-forward: of layers without experts, and experts.
    dense_intermediate: int = 0
    gated: bool = True  # three matrices: gate, up and down; else up and down
    mlp_bias: bool = False
    routed_experts: int = 0
    shared_experts: int = 0
    top_k: int = 0  # routed experts of a token
    expert_intermediate: int = 0
    shared_intermediate: int = 0  # of a shared expert; where not stated, as the routed ones
    router_bias: bool = False
    dense_layers: int = 0  # first layers, without experts
    moe_every: int = 1  # layer i has experts where i % moe_every == moe_at, from dense_layers on
    moe_at: int = 0
    dense_at: tuple[int, ...] = ()  # further layers without experts
    n_group: int = 1  # groups of the gate's own limit
    topk_group: int = 0  # groups that it keeps; 0 is all
    node_limit: int | None = None  # hosts of a token at most, as trained
    nextn_layers: int = 0  # modules that predict further tokens, each with a layer; counted apart
    # Bytes of a token copy; where not stated, by precision.
    dispatch_value_bytes: int = 0
    dispatch_scale_block: int = 0  # values that share a scale
    dispatch_scale_bytes: int = 0
    dispatch_header_bytes: int = 0  # of each token copy
    combine_value_bytes: int = 0
    remarks: tuple[str, ...] = ()  # what a reader took for granted

    @classmethod
    def of(cls, mapping: Mapping[str, Any] | Model | None) -> Model:
        """Return the model of a mapping: our keys or a hub's; None is DeepSeek-V3.

        Raises ModelError for keys that are missing, unknown or out of range, and figures that contradict each other.
        """
        if isinstance(mapping, Model):
            return mapping
        if mapping is not None and not isinstance(mapping, Mapping):
            raise ModelError("", f"model must be a mapping of figures such as hidden and top_k; got {mapping!r}")
        mapping = DEEPSEEK_V3 if mapping is None else mapping
        given = hub.figures(mapping) if hub.is_config(mapping) else mapping
        given = {key: value for key, value in given.items() if key not in _REMARKS}
        _check_keys(given, [f.name for f in fields(cls)])
        given = _filled(given)
        model = cls(**given)
        _check_together(model)
        return replace(model, dense_intermediate=0) if model.moe_layers == model.layers else model

    @cached_property
    def dispatch_bytes(self) -> float:
        """Bytes of one token copy on its way out: values, their scales and a header."""
        scales = self.hidden / self.dispatch_scale_block * self.dispatch_scale_bytes if self.dispatch_scale_block else 0
        return self.hidden * self.dispatch_value_bytes + scales + self.dispatch_header_bytes

    @cached_property
    def combine_bytes(self) -> float:
        """Bytes of one token copy on its way back."""
        return float(self.hidden * self.combine_value_bytes)

    @property
    def moe_layers(self) -> int:
        """Layers that have experts."""
        if not self.routed_experts:
            return 0
        inside = {i for i in self.dense_at if i >= self.dense_layers and i % self.moe_every == self.moe_at}
        return max(self._with_experts(self.layers) - self._with_experts(self.dense_layers), 0) - len(inside)

    def _with_experts(self, before: int) -> int:
        return max(-(-(before - self.moe_at) // self.moe_every), 0)

    @property
    def latent(self) -> bool:
        """Whether keys and values are kept compressed."""
        return self.kv_lora_rank > 0

    def with_experts(self) -> Model:
        """Return this model; raises ModelError where it is dense."""
        if not self.routed_experts:
            text = f"model {self.name} is dense: it has no experts to send tokens to; give a model that has"
            raise ModelError("model", text)
        return self


def _check_keys(given: Mapping[str, Any], known: list[str]) -> None:
    """Raise ModelError for the first key that is unknown or holds what it cannot, then for those that are missing."""
    for key, value in given.items():
        if key not in known:
            raise ModelError(key, f"model key {key!r} is unknown; known: {', '.join(known)}{hint(str(key), known)}")
        _check_value(key, value)
    lacking = missing(given)
    if lacking:
        raise ModelError("", f"model {given.get('name', '')} lacks {', '.join(lacking)}".replace("  ", " "))


def _check_value(key: str, value: Any) -> None:
    if key == "name":
        wrong = "" if isinstance(value, str) and value else "must be text"
    elif key == "remarks":
        right = isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
        wrong = "" if right else "must be a list of sentences"
    elif key in _WORDS:
        wrong = "" if value in _WORDS[key] else f"must be one of {', '.join(filter(None, _WORDS[key]))}"
    elif key in _FLAGS:
        wrong = "" if isinstance(value, bool) else "must be true or false"
    elif key == "dense_at":
        right = isinstance(value, list | tuple) and all(type(i) is int and i >= 0 for i in value)
        wrong = "" if right else "must be a list of layers, counted from 0"
    elif key == "node_limit" and value is None:
        wrong = ""
    else:
        try:
            check_whole(value, 1 if key in _POSITIVE else 0, name=f"model {key}")
        except ValueError as error:
            raise ModelError(key, str(error)) from None
        return
    if wrong:
        raise ModelError(key, f"model {key} {wrong}; got {value!r}")


def _filled(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``given`` with what follows from it: width of a head, bytes of a copy, all groups."""
    full = {"name": "unnamed", **given}
    if "kv_lora_rank" not in full:
        full.setdefault("head_dim", full["hidden"] // full["heads"])
    if "precision" in full and full.get("routed_experts"):
        value = VALUE_BYTES[full["precision"]] if full["precision"] else 2
        full.setdefault("dispatch_value_bytes", value)
        full.setdefault("combine_value_bytes", max(value, 2))  # sums are kept in 16 bits at least
    full["dense_at"] = tuple(full.get("dense_at", ()))
    full["remarks"] = tuple(full.get("remarks", ()))
    return full


def _check_together(model: Model) -> None:
    """Raise ModelError for figures that contradict each other."""
    for key, most, of in (
        ("top_k", model.routed_experts, "routed experts"),
        ("dense_layers", model.layers, "layers"),
        ("topk_group", model.n_group, "groups"),
        ("n_group", max(model.routed_experts, 1), "routed experts"),
        ("kv_heads", model.heads, "heads"),
    ):
        if getattr(model, key) > most:
            raise ModelError(key, f"model {key}={getattr(model, key)} is more than its {most} {of}")
    if model.routed_experts > MAX_EXPERTS:
        raise ModelError(
            "routed_experts", f"model routed_experts={model.routed_experts} is more than {MAX_EXPERTS}, the most"
        )
    if model.moe_at >= model.moe_every:
        raise ModelError("moe_at", f"model moe_at={model.moe_at} must be below moe_every={model.moe_every}")
    if model.dense_at and max(model.dense_at) >= model.layers:
        raise ModelError(
            "dense_at", f"model dense_at: layers go from 0 to {model.layers - 1}; got {max(model.dense_at)}"
        )
    if model.kv_heads and model.heads % model.kv_heads:
        raise ModelError("kv_heads", f"model kv_heads={model.kv_heads} does not divide its {model.heads} heads")
    if model.routed_experts and not model.moe_layers:
        raise ModelError("routed_experts", "model has routed experts, but no layer that they are in")
    if model.moe_layers < model.layers and not model.dense_intermediate:
        raise ModelError(
            "dense_intermediate",
            f"model lacks dense_intermediate, of its {model.layers - model.moe_layers} layers without experts",
        )
