"""Matrices and vectors of a transformer, and how often a token goes through each.

Every weight stands once with its shape, how many of it a model has, and how many a token passes; parameters, active
parameters and operations are sums over them.  Attention of one layer, latent (left) or by groups (right)::

    hidden -> q_lora_rank -> heads (nope + rope)          hidden -> heads x head_dim
    hidden -> kv_lora_rank + rope -> heads (nope + v)     hidden -> 2 kv_heads x head_dim
              heads v -> hidden                                     heads x head_dim -> hidden

References
----------
DeepSeek-V2, arXiv 2405.04434, section 2.1 (latent attention); DeepSeek-V3.2, arXiv 2512.02556, section 2.1 (indexer).
J. Ainslie et al., GQA, arXiv 2305.13245; N. Shazeer, GLU variants, arXiv 2002.05202.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from traffic.model import Model

#: What a weight belongs to.
Block = Literal["embedding", "head", "attention", "dense", "gate", "shared", "experts", "vectors"]


@dataclass(frozen=True)
class Weight:
    """Equal weights of one block: ``rows`` in, ``columns`` out; a vector has one row and multiplies nothing."""

    block: Block
    rows: int
    columns: int
    count: int  # in the whole model
    used: int  # that a token goes through

    @property
    def size(self) -> int:
        """Parameters of all of them."""
        return self.rows * self.columns * self.count

    @property
    def active(self) -> int:
        """Parameters of those that a token goes through; one that stands for two counts once."""
        return self.rows * self.columns * min(self.used, self.count)

    @property
    def operations(self) -> int:
        """Operations of a token [FLOP]: a multiplication and an addition a parameter of a matrix; a look-up is none."""
        return 0 if self.block in ("embedding", "vectors") else 2 * self.rows * self.columns * self.used


def weights(model: Model) -> Iterator[Weight]:
    """Yield the weights of ``model``; modules that predict further tokens are left out."""
    yield Weight("embedding", model.vocabulary, model.hidden, 1, 1)
    yield Weight("head", model.hidden, model.vocabulary, 0 if model.tied_embeddings else 1, 1)
    yield Weight("vectors", 1, model.hidden, 1, 1)  # the last norm
    yield from _attention(model, model.layers)
    yield from _mlp("dense", model, model.dense_intermediate, model.layers - model.moe_layers)
    yield from _experts(model, model.moe_layers)


def prediction(model: Model) -> Iterator[Weight]:
    """Yield the weights of the modules that predict further tokens, each a projection, norms and a layer.

    Embedding and head are those of the model; DeepSeek-V3 Technical Report, arXiv 2412.19437, section 2.2.
    """
    n, hidden = model.nextn_layers, model.hidden
    if n:
        yield Weight("dense", 2 * hidden, hidden, n, n)
        yield Weight("vectors", 1, hidden, 3 * n, 3 * n)
        yield from _attention(model, n)
        yield from (_experts(model, n) if model.routed_experts else _mlp("dense", model, model.dense_intermediate, n))


def _attention(model: Model, layers: int) -> Iterator[Weight]:
    """Yield the matrices of ``layers`` layers of attention, then their biases and norms and those of feed-forwards."""
    yield from (_latent(model, layers) if model.latent else _grouped(model, layers))
    yield Weight("vectors", 1, model.hidden, 2 * layers, 2 * layers)


def _latent(model: Model, n: int) -> Iterator[Weight]:
    hidden, heads, rank = model.hidden, model.heads, model.q_lora_rank
    query = heads * (model.qk_nope_dim + model.qk_rope_dim)
    if rank:
        yield Weight("attention", hidden, rank, n, n)
        yield Weight("vectors", 1, rank, n, n)
    yield Weight("attention", rank or hidden, query, n, n)
    yield Weight("attention", hidden, model.kv_lora_rank + model.qk_rope_dim, n, n)
    yield Weight("vectors", 1, model.kv_lora_rank, n, n)
    yield Weight("attention", model.kv_lora_rank, heads * (model.qk_nope_dim + model.v_dim), n, n)
    yield Weight("attention", heads * model.v_dim, hidden, n, n)
    if model.index_heads:
        yield Weight("attention", rank or hidden, model.index_heads * model.index_dim, n, n)
        yield Weight("attention", hidden, model.index_dim + model.index_heads, n, n)
        yield Weight("vectors", 2, model.index_dim, n, n)  # a norm with a bias


def _grouped(model: Model, n: int) -> Iterator[Weight]:
    query, key = model.heads * model.head_dim, model.kv_heads * model.head_dim
    yield Weight("attention", model.hidden, query + 2 * key, n, n)
    yield Weight("attention", query, model.hidden, n, n)
    if model.qk_norm != "none":
        yield Weight("vectors", 1, query + key if model.qk_norm == "layer" else 2 * model.head_dim, n, n)
    if model.attention_bias != "none":
        yield Weight("vectors", 1, query + 2 * key + (model.hidden if model.attention_bias == "all" else 0), n, n)


def _mlp(block: Block, model: Model, wide: int, n: int, used: int | None = None) -> Iterator[Weight]:
    """Yield ``n`` feed-forwards of ``wide`` inner values, of which a token goes through ``used``."""
    through = n if used is None else used
    yield Weight(block, model.hidden, wide * (2 if model.gated else 1), n, through)
    yield Weight(block, wide, model.hidden, n, through)
    if model.mlp_bias:
        yield Weight("vectors", 1, wide * (2 if model.gated else 1) + model.hidden, n, through)


def _experts(model: Model, layers: int) -> Iterator[Weight]:
    """Yield gates, shared and routed experts of ``layers`` layers."""
    n = model.routed_experts * layers
    if n:
        yield Weight("gate", model.hidden, model.routed_experts, layers, layers)
        shared = model.shared_experts * layers
        yield from _mlp("shared", model, model.shared_intermediate or model.expert_intermediate, shared)
        yield from _mlp("experts", model, model.expert_intermediate, n, model.top_k * layers)
    if n and model.router_bias:
        yield Weight("vectors", 1, model.routed_experts, layers, layers)
