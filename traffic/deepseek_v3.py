"""Figures of DeepSeek-V3, the model of a demand that names none; sources stand in configs/models/deepseek-v3.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

#: The same as the shipped file, for those who have no files; a test holds the two together.
DEEPSEEK_V3: Mapping[str, Any] = MappingProxyType(
    {
        "name": "deepseek-v3",
        "layers": 61,
        "dense_layers": 3,
        "hidden": 7168,
        "routed_experts": 256,
        "shared_experts": 1,
        "top_k": 8,
        "n_group": 8,
        "topk_group": 4,
        "node_limit": 4,
        "router_bias": True,
        "expert_intermediate": 2048,
        "dense_intermediate": 18432,
        "heads": 128,
        "q_lora_rank": 1536,
        "kv_lora_rank": 512,
        "qk_nope_dim": 128,
        "qk_rope_dim": 64,
        "v_dim": 128,
        "vocabulary": 129280,
        "nextn_layers": 1,
        "precision": "fp8",
        "dispatch_value_bytes": 1,
        "dispatch_scale_block": 128,
        "dispatch_scale_bytes": 4,
        "dispatch_header_bytes": 16,
        "combine_value_bytes": 2,
    }
)
