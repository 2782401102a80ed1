"""Small config.json of every kind that was seen, as hubs write them, and random ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_ALL = {"hidden_act": "silu", "tie_word_embeddings": False, "torch_dtype": "bfloat16"}
LLAMA: dict[str, Any] = _ALL | {
    "model_type": "llama", "num_hidden_layers": 4, "hidden_size": 64, "num_attention_heads": 8,
    "num_key_value_heads": 2, "intermediate_size": 192, "vocab_size": 1000, "attention_bias": False,
}  # fmt: skip
QWEN3 = LLAMA | {"model_type": "qwen3", "head_dim": 16}
QWEN3_MOE = QWEN3 | {
    "model_type": "qwen3_moe", "num_experts": 16, "num_experts_per_tok": 2, "moe_intermediate_size": 32,
    "decoder_sparse_step": 1, "mlp_only_layers": [],
}  # fmt: skip
MIXTRAL = LLAMA | {"model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 2}
MINIMAX = MIXTRAL | {
    "model_type": "minimax_m2", "head_dim": 16, "use_qk_norm": True, "qk_norm_type": "per_layer",
    "use_routing_bias": True, "torch_dtype": None, "use_mtp": True, "num_mtp_modules": 3, "shared_intermediate_size": 0,
    "quantization_config": {"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [128, 128]},
}  # fmt: skip
DEEPSEEK: dict[str, Any] = _ALL | {
    "model_type": "deepseek_v3", "num_hidden_layers": 5, "hidden_size": 256, "num_attention_heads": 8,
    "num_key_value_heads": 8, "intermediate_size": 192, "vocab_size": 1000, "kv_lora_rank": 32, "q_lora_rank": 48,
    "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16, "first_k_dense_replace": 1, "moe_layer_freq": 1,
    "n_routed_experts": 16, "n_shared_experts": 1, "num_experts_per_tok": 4, "moe_intermediate_size": 32,
    "n_group": 4, "topk_group": 2, "topk_method": "noaux_tc", "num_nextn_predict_layers": 1,
    "quantization_config": {"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": [128, 128]},
}  # fmt: skip
SPARSE = DEEPSEEK | {"model_type": "deepseek_v32", "index_n_heads": 4, "index_head_dim": 16, "index_topk": 64}
CONFIGS = {one["model_type"]: one for one in (LLAMA, QWEN3, QWEN3_MOE, MIXTRAL, MINIMAX, DEEPSEEK, SPARSE)}


@st.composite
def drawn(draw: Any) -> dict[str, Any]:
    """Return a config of a kind that was seen, its sizes drawn."""
    config = dict(draw(st.sampled_from(list(CONFIGS.values()))))
    heads = draw(st.sampled_from([2, 4, 8]))
    config |= {
        "num_hidden_layers": draw(st.integers(1, 6)),
        "hidden_size": heads * draw(st.integers(1, 40)),
        "num_attention_heads": heads,
        "num_key_value_heads": draw(st.sampled_from([1, 2])),
        "vocab_size": draw(st.integers(1, 5000)),
        "intermediate_size": draw(st.integers(1, 300)),
        "tie_word_embeddings": draw(st.booleans()),
    }
    if "attention_bias" in config:
        config["attention_bias"] = draw(st.booleans())
    if "kv_lora_rank" in config and "index_topk" not in config:
        config["q_lora_rank"] = draw(st.sampled_from([None, 24]))
    layers = config["num_hidden_layers"]
    if "first_k_dense_replace" in config:
        config["first_k_dense_replace"] = draw(st.integers(0, layers - 1))
        config["moe_layer_freq"] = draw(st.sampled_from([1, 2]) if config["first_k_dense_replace"] == 0 else st.just(1))
        config["n_shared_experts"] = draw(st.integers(0, 2))
    if "decoder_sparse_step" in config:
        config["decoder_sparse_step"] = draw(st.integers(1, layers))
        last = layers // config["decoder_sparse_step"] * config["decoder_sparse_step"] - 1
        config["mlp_only_layers"] = draw(st.lists(st.integers(0, layers - 1).filter(lambda i: i != last), max_size=2))
    return config
