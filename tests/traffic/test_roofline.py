"""Computation of a layer of inference: sums made by hand from published shapes, and laws of the roofline."""

from __future__ import annotations

from dataclasses import replace

import pytest

import topo
import traffic
from traffic import DemandError
from traffic.figures import attention_flops, forward_flops, kv_bytes
from traffic.model import Model
from traffic.roofline import Batch, decoding, reading
from traffic.shapes import weights

V3 = Model.of(None)
LLAMA = topo.load_model("llama-3.1-70b")
RATES = {"kv_length": 4096, "flops": 989e12, "memory_bandwidth": 3352e9, "precision": "bf16"}
#: So fast that the other side of the roofline is all there is.
FAST = 1e30


def test_bytes_of_deepseek_v3_by_hand():
    """FP8 weights once, experts that a token picks, 576 values of cache a token; no arithmetic."""
    found = decoding(V3, Batch(32, 64, 1), **RATES | {"flops": FAST})
    attention = 7168 * 1536 + 1536 * 128 * 192 + 7168 * 576 + 512 * 128 * 256 + 128 * 128 * 7168
    expert, picked = 3 * 7168 * 2048, 1 - (1 - 8 / 256) ** (32 * 64)
    cache = 32 * 4096 * 576 * 2
    assert found.experts * 3352e9 == pytest.approx(
        attention + cache + 7168 * 256 + expert + 4 * picked * expert, rel=1e-9
    )
    assert found.dense * 3352e9 == pytest.approx(attention + cache + 3 * 7168 * 18432, rel=1e-9)


def test_arithmetic_of_grouped_attention_by_hand():
    found = decoding(LLAMA, Batch(256, 8, 8), **RATES | {"memory_bandwidth": FAST})
    layer = 8192 * (64 + 16) * 128 + 64 * 128 * 8192 + 3 * 8192 * 28672
    scores = 2 * 2 * 64 * 128 * 4096
    assert found.experts == 0, "a dense model has no layer with experts"
    assert found.dense * 989e12 == pytest.approx(256 * (2 * layer + scores), rel=1e-9)


def test_the_whole_cache_is_that_of_the_models_figures():
    """Twice the length adds the cache's bytes of all requests, and nothing else."""
    memory = RATES | {"flops": FAST}
    short, long = (decoding(V3, Batch(7, 64, 1), **memory | {"kv_length": n}) for n in (1000, 3000))
    assert (long.dense - short.dense) * 3352e9 * V3.layers == pytest.approx(7 * 2000 * kv_bytes(V3), rel=1e-9)


def test_tensor_groups_divide_keys_of_heads_but_not_a_latent_cache():
    memory = RATES | {"flops": FAST}

    def cache(model, tp):
        one, two = (decoding(model, Batch(5, 8, tp), **memory | {"kv_length": n}).dense for n in (1, 2))
        return two - one

    assert cache(V3, 4) == pytest.approx(4 * cache(V3, 1)), "every rank reads the cache of all of the group's requests"
    assert cache(LLAMA, 8) == pytest.approx(cache(LLAMA, 1)), "eight heads of keys, one a rank"
    assert cache(LLAMA, 16) == pytest.approx(2 * cache(LLAMA, 1)), "no more heads to divide"


def test_sparse_attention_reads_what_its_indexer_picks():
    model = topo.load_model("deepseek-v3.2")
    memory = RATES | {"flops": FAST}
    one, two = (decoding(model, Batch(1, 64, 1), **memory | {"kv_length": n}).dense for n in (50_000, 60_000))
    assert (two - one) * 3352e9 == pytest.approx(10_000 * model.index_dim * 2, rel=1e-6)


def test_a_roofline_is_above_each_of_its_sides():
    for batch in (Batch(1, 64, 1), Batch(128, 64, 2, 32), Batch(4096, 144, 1, 32)):
        both = decoding(V3, batch, **RATES)
        sides = [decoding(V3, batch, **RATES | {key: FAST}) for key in ("flops", "memory_bandwidth")]
        assert max(side.experts for side in sides) <= both.experts <= sum(side.experts for side in sides) * (1 + 1e-12)


def test_experts_that_nobody_picks_are_not_read():
    """One token of one rank: eight of 256 experts, on average 8 / 64 of a rank's."""
    memory = RATES | {"flops": FAST}
    few, many = (decoding(V3, Batch(m, 1, 1), **memory).experts for m in (1, 1_000_000))
    cache = 4096 * 576 * 2 / 3352e9
    assert (many - 1e6 * cache) - (few - cache) == pytest.approx(248 * 3 * 7168 * 2048 / 3352e9, rel=1e-3)


def test_reading_all_layers_is_the_models_forward_pass():
    """A prompt passes every layer once; the output head is left out, as it is of the step."""
    found = reading(V3, 100.0, sequence=4096, flops=989e12, mfu=0.5, precision="bf16")
    head = next(weight.operations for weight in weights(V3) if weight.block == "head")
    whole = 100 * (forward_flops(V3) - head) / (989e12 * 0.5)
    assert 58 * found.experts + 3 * found.dense == pytest.approx(whole, rel=1e-12)
    assert attention_flops(V3, 8192) > attention_flops(V3, 4096)


def test_what_is_not_stated_counts_nothing_and_says_so():
    assert "neither" in decoding(V3, Batch(1, 64, 1), **RATES | {"flops": None}).source
    assert "neither" in reading(V3, 1, sequence=1, flops=1e12, mfu=None, precision="bf16").source
    with pytest.raises(DemandError, match="mfu"):
        reading(V3, 1, sequence=1, flops=1e12, mfu=1.5, precision="bf16")
    with pytest.raises(DemandError, match="kv_length"):
        traffic.offer("decode-step", n_ranks=64, kv_length=0)


def test_what_is_given_wins():
    rates = {"flops": 989e12, "memory_bandwidth": 3352e9}
    follows, told = (traffic.offer("decode-step", n_ranks=64, **rates, **more) for more in ({}, {"compute_s": 1e-3}))
    assert told.about.times.source == "given" and told.compute_s.max() == 1e-3
    assert "roofline" in follows.about.times.source and follows.compute_s.max() == follows.about.times.experts
    assert replace(told.about.times, source="") == replace(told.about.times, source="", dense=1e-3)
