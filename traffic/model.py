"""What a mixture-of-experts model says about its traffic.

A model file is a flat mapping; its keys are the fields below.  The defaults are
DeepSeek-V3, so that a demand can be had without any file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from topo.near import hint
from traffic.demand import DemandError
from traffic.layout import check_whole

#: Keys of a model file that say where figures come from and play no part in any.
_REMARKS = ("source", "sources", "note", "notes", "schema")

#: Routed experts of a model: keys of ``traffic.gate`` keep half of their 32 bits for affinity.
MAX_EXPERTS = 2**16


@dataclass(frozen=True)
class Model:
    """Sizes of a mixture-of-experts transformer; defaults are DeepSeek-V3 (configs/models/deepseek-v3.yaml)."""

    name: str = "deepseek-v3"
    layers: int = 61
    dense_layers: int = 3  # first layers, without experts
    hidden: int = 7168
    routed_experts: int = 256
    shared_experts: int = 1
    top_k: int = 8  # routed experts of a token
    n_group: int = 8  # groups of the gate's own limit
    topk_group: int = 4  # groups that it keeps
    node_limit: int = 4  # hosts of a token at most, as trained
    expert_intermediate: int = 2048
    dense_intermediate: int = 18432
    heads: int = 128
    q_lora_rank: int = 1536
    kv_lora_rank: int = 512
    qk_nope_dim: int = 128
    qk_rope_dim: int = 64
    v_dim: int = 128
    vocabulary: int = 129280
    dispatch_value_bytes: int = 1  # FP8
    dispatch_scale_block: int = 128  # values that share a scale
    dispatch_scale_bytes: int = 4  # FP32
    dispatch_header_bytes: int = 16  # of each token copy
    combine_value_bytes: int = 2  # BF16

    @classmethod
    def of(cls, mapping: Mapping[str, Any] | Model | None) -> Model:
        """Return the model of a mapping read from a file; None is DeepSeek-V3.

        Raises DemandError for an unknown key, a figure that is not a whole number, or a top-k above the experts.
        """
        if mapping is None or isinstance(mapping, Model):
            return mapping or cls()
        if not isinstance(mapping, Mapping):
            raise DemandError(f"model must be a mapping of figures such as hidden and top_k; got {mapping!r}")
        known = [f.name for f in fields(cls)]
        given = {key: value for key, value in mapping.items() if key not in _REMARKS}
        for key, value in given.items():
            if key not in known:
                raise DemandError(f"model key {key!r} is unknown; known: {', '.join(known)}{hint(key, known)}")
            if key != "name":
                check_whole(value, 0 if key.startswith(("dense", "shared", "dispatch_")) else 1, name=f"model {key}")
        model = cls(**given)
        if model.routed_experts > MAX_EXPERTS:
            raise DemandError(f"model routed_experts={model.routed_experts} is more than {MAX_EXPERTS}, the most")
        if model.top_k > model.routed_experts:
            raise DemandError(f"model top_k={model.top_k} is more than its {model.routed_experts} routed experts")
        return model

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
        return self.layers - self.dense_layers

    @property
    def expert_parameters(self) -> int:
        """Parameters of one expert: gate, up and down projections."""
        return 3 * self.hidden * self.expert_intermediate

    @property
    def attention_parameters(self) -> int:
        """Parameters of one layer's latent attention, norms left out."""
        query = self.hidden * self.q_lora_rank + self.q_lora_rank * self.heads * (self.qk_nope_dim + self.qk_rope_dim)
        key_value = self.hidden * (self.kv_lora_rank + self.qk_rope_dim)
        key_value += self.kv_lora_rank * self.heads * (self.qk_nope_dim + self.v_dim)
        return query + key_value + self.heads * self.v_dim * self.hidden

    @property
    def dense_parameters(self) -> int:
        """Parameters that are not routed experts: attention, dense and shared layers, gates, vocabulary in and out."""
        shared = self.moe_layers * (self.shared_experts * self.expert_parameters + self.hidden * self.routed_experts)
        dense = self.dense_layers * 3 * self.hidden * self.dense_intermediate
        return self.layers * self.attention_parameters + shared + dense + 2 * self.vocabulary * self.hidden

    @property
    def parameters(self) -> int:
        """Parameters of the whole model, the multi-token-prediction module left out."""
        return self.dense_parameters + self.moe_layers * self.routed_experts * self.expert_parameters
