"""Weights of a model as its published code makes them from config.json, layer by layer: an oracle that shares no code.

Shapes are those of the modules that the hub's libraries build: (out, in) of a matrix, (n,) of a vector.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

Config = Mapping[str, Any]
Shape = tuple[int, ...]


def count(config: Config) -> int:
    """Return the parameters of ``config``, modules that predict further tokens left out."""
    return sum(prod(shape) for _, shape in weights(config))


def weights(config: Config) -> Iterator[tuple[str, Shape]]:
    """Yield every weight by name."""
    hidden, words = config["hidden_size"], config["vocab_size"]
    yield "embed_tokens", (words, hidden)
    if not config["tie_word_embeddings"]:
        yield "lm_head", (words, hidden)
    yield "norm", (hidden,)
    for i in range(config["num_hidden_layers"]):
        yield f"{i}.input_layernorm", (hidden,)
        yield f"{i}.post_attention_layernorm", (hidden,)
        yield from latent(config, i) if "kv_lora_rank" in config else grouped(config, i)
        yield from (
            experts(config, i) if has_experts(config, i) else mlp(hidden, config["intermediate_size"], f"{i}.mlp")
        )


def grouped(config: Config, i: int) -> Iterator[tuple[str, Shape]]:
    hidden, heads, groups = (config[k] for k in ("hidden_size", "num_attention_heads", "num_key_value_heads"))
    wide = config.get("head_dim") or hidden // heads
    for name, rows in (("q_proj", heads * wide), ("k_proj", groups * wide), ("v_proj", groups * wide)):
        yield f"{i}.{name}", (rows, hidden)
        if config.get("attention_bias"):
            yield f"{i}.{name}.bias", (rows,)
    yield f"{i}.o_proj", (hidden, heads * wide)
    if config.get("attention_bias"):
        yield f"{i}.o_proj.bias", (hidden,)
    if config["model_type"].startswith("qwen3"):
        yield f"{i}.q_norm", (wide,)
        yield f"{i}.k_norm", (wide,)
    if config.get("use_qk_norm"):
        yield f"{i}.q_norm", (heads * wide,)
        yield f"{i}.k_norm", (groups * wide,)


def latent(config: Config, i: int) -> Iterator[tuple[str, Shape]]:
    hidden, heads, rank = config["hidden_size"], config["num_attention_heads"], config["q_lora_rank"]
    nope, rope, value = config["qk_nope_head_dim"], config["qk_rope_head_dim"], config["v_head_dim"]
    keys = config["kv_lora_rank"]
    if rank is None:
        yield f"{i}.q_proj", (heads * (nope + rope), hidden)
    else:
        yield f"{i}.q_a_proj", (rank, hidden)
        yield f"{i}.q_a_layernorm", (rank,)
        yield f"{i}.q_b_proj", (heads * (nope + rope), rank)
    yield f"{i}.kv_a_proj_with_mqa", (keys + rope, hidden)
    yield f"{i}.kv_a_layernorm", (keys,)
    yield f"{i}.kv_b_proj", (heads * (nope + value), keys)
    yield f"{i}.o_proj", (hidden, heads * value)
    if "index_n_heads" in config:
        yield f"{i}.indexer.wq_b", (config["index_n_heads"] * config["index_head_dim"], rank)
        yield f"{i}.indexer.wk", (config["index_head_dim"], hidden)
        yield f"{i}.indexer.weights_proj", (config["index_n_heads"], hidden)
        yield f"{i}.indexer.k_norm", (config["index_head_dim"],)
        yield f"{i}.indexer.k_norm.bias", (config["index_head_dim"],)


def has_experts(config: Config, i: int) -> bool:
    kind = config["model_type"]
    if kind == "qwen3_moe":
        return i not in config["mlp_only_layers"] and (i + 1) % config["decoder_sparse_step"] == 0
    if kind.startswith("deepseek"):
        return i >= config["first_k_dense_replace"] and i % config["moe_layer_freq"] == 0
    return kind in ("mixtral", "minimax_m2")


def experts(config: Config, i: int) -> Iterator[tuple[str, Shape]]:
    hidden = config["hidden_size"]
    many = next(config[k] for k in ("n_routed_experts", "num_experts", "num_local_experts") if k in config)
    wide = config.get("moe_intermediate_size", config["intermediate_size"])
    yield f"{i}.gate", (many, hidden)
    if config.get("topk_method") == "noaux_tc" or config.get("use_routing_bias"):
        yield f"{i}.gate.e_score_correction_bias", (many,)
    for e in range(many):
        yield from mlp(hidden, wide, f"{i}.experts.{e}")
    if config.get("n_shared_experts"):
        yield from mlp(hidden, wide * config["n_shared_experts"], f"{i}.shared_experts")


def mlp(hidden: int, wide: int, name: str) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.gate_proj", (wide, hidden)
    yield f"{name}.up_proj", (wide, hidden)
    yield f"{name}.down_proj", (hidden, wide)
