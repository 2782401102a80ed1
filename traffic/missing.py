"""Which keys a model lacks: what determines its shapes and was not given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traffic.demand import DemandError

#: What every model states.
_ALWAYS = ("layers", "hidden", "heads", "vocabulary")
#: What one with experts states; ``dense_intermediate`` is for layers without.
_EXPERTS = ("routed_experts", "top_k", "expert_intermediate")
#: What only one with experts has.
_OF_EXPERTS = (
    *(*_EXPERTS, "shared_experts", "shared_intermediate", "n_group", "topk_group", "node_limit", "dense_layers"),
    *("moe_every", "moe_at", "dense_at", "router_bias"),
)
#: What one with latent attention states; queries may be whole, so ``q_lora_rank`` is not among them.
_LATENT = ("kv_lora_rank", "qk_nope_dim", "qk_rope_dim", "v_dim")
_INDEXER = ("index_heads", "index_dim", "index_topk")


class ModelError(DemandError):
    """A model that is not complete, or not right; ``key`` is the one to look at, empty where it is the whole."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


def missing(given: Mapping[str, Any]) -> list[str]:
    """Return the keys that ``given`` lacks, each with what it may be stated by instead.

    >>> missing({"layers": 2, "hidden": 64, "heads": 4, "vocabulary": 100, "dense_intermediate": 256})
    ['kv_heads (or kv_lora_rank)']
    """
    there = {key for key, value in given.items() if value or key not in _OF_EXPERTS}
    lacking = [key for key in _ALWAYS if key not in there]
    if there & set(_LATENT) - {"v_dim"}:
        lacking += [key for key in _LATENT if key not in there]
    elif "kv_heads" not in there:
        lacking.append("kv_heads (or kv_lora_rank)")
    if not there & set(_LATENT) and "head_dim" not in there and _uneven(given):
        lacking.append("head_dim (hidden / heads is no whole number)")
    if there & set(_INDEXER):
        lacking += [key for key in _INDEXER if key not in there]
    if there & set(_OF_EXPERTS):
        lacking += [key for key in _EXPERTS if key not in there]
        sent = [key for key in ("dispatch_value_bytes", "combine_value_bytes") if key not in there]
        lacking += [f"{key} (or precision)" for key in sent if "precision" not in there]
    elif "dense_intermediate" not in there:
        lacking.append("dense_intermediate (or routed_experts)")
    return lacking


def _uneven(given: Mapping[str, Any]) -> bool:
    hidden, heads = given.get("hidden", 0), given.get("heads", 1)
    return bool(hidden % heads)
