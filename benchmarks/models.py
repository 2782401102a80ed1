"""Section of docs/validation.md on models: parameters, cache and operations as publishers print them."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.rows import Row, row
from topo.config.models import load_model
from traffic.figures import active_parameters, attention_flops, kv_bytes, parameters, training_flops

SOURCE = "model cards and technical reports of their publishers; configs/models"
#: Shipped name -> billions of parameters as printed, in all and of a token; 0 of a dense one.
PRINTED = {
    "deepseek-v3": (671, 37),
    "deepseek-v3.2": (671, 37),
    "qwen3-235b-a22b": (235, 22),
    "qwen3-30b-a3b": (30.5, 3.3),
    "qwen3-32b": (32.8, 0),
    "llama-3.1-405b": (405.85, 0),
    "llama-3.1-70b": (70.55, 0),
    "mixtral-8x22b": (140.6, 39),
    "minimax-m2.5": (230, 10),
}
#: Why a printed number is another one.
WHY = {
    "deepseek-v3": "active: printed without the embedding that a token looks up",
    "deepseek-v3.2": "printed as of V3: sparse attention adds 0.85 billion, to active ones the embedding 0.93",
    "minimax-m2.5": "printed to two digits; active: 9.8 billion without embedding and head",
}
#: Table 4 of arXiv 2505.09343, MPFT: tokens a day, and the share of 989 TFLOP/s that they are.
TOKENS_A_DAY, GPUS, PEAK = 272.80e9, 2048, 989e12


def rows() -> Iterator[Row]:
    """Yield parameters of the shipped models."""
    for name, (whole, active) in PRINTED.items():
        model, why = load_model(name), WHY.get(name, "printed to few digits")
        yield row(f"{name}: parameters", "10^9", whole, parameters(model) / 1e9, why)
        if active:
            yield row(f"{name}: active parameters", "10^9", active, active_parameters(model) / 1e9, why)


def derived() -> Iterator[Row]:
    """Yield cache and operations of a token, and the share of the peak that training reached."""
    v3, llama = load_model("deepseek-v3"), load_model("llama-3.1-405b")
    exact, half = "same arithmetic", "printed less 25 GFLOP: its attention is half of ours"
    yield row("deepseek-v3: cache of a token", "kB", 70.272, kv_bytes(v3) / 1e3, exact)
    yield row("llama-3.1-405b: cache of a token", "kB", 516.096, kv_bytes(llama) / 1e3, exact)
    yield row("deepseek-v3: training of a token", "GFLOP", 250, training_flops(v3) / 1e9, "printed to three digits")
    yield row("llama-3.1-405b: training of a token", "GFLOP", 2448, training_flops(llama) / 1e9, half)
    rate = TOKENS_A_DAY / 86400 / GPUS / PEAK
    twice = training_flops(v3) + 3 * attention_flops(v3, 4095)
    why = "tokens a day are printed, and 989 TFLOP/s taken as the peak"
    yield row("deepseek-v3: share of the peak, causal", "", 0.3894, rate * training_flops(v3), why)
    yield row("deepseek-v3: share of the peak, not causal", "", 0.4373, rate * twice, why)
