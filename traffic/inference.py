"""The speed limit of expert-parallel inference: communication alone, in closed form.

Every token is sent to all its experts and their outputs come back, and nothing
else takes time; two micro-batches alternate, so a layer costs two steps.

    step = (dispatch bytes + combine bytes) x tokens x experts x hidden / bandwidth

With 32 tokens, 9 experts (8 routed, 1 shared), a hidden size rounded to 7,000 and
400 Gb/s this is 120.96 us, 241.92 us a layer, 14.76 ms a token: 67 tokens/s [1]_.

Limits.  No latency, no computation, no deduplication; every copy is taken to cross the network.

.. [1] DeepSeek-AI, Insights into DeepSeek-V3, ISCA 2025, arXiv 2505.09343, section 2.3.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from traffic.layout import check_positive

#: Bytes of a hidden value, arXiv 2505.09343 section 2.3.2: FP8 out, BF16 back.
DISPATCH_VALUE = 1
COMBINE_VALUE = 2
#: Tokens that a device holds in one micro-batch, and micro-batches that overlap; ibid.
DECODE_TOKENS = 32
MICRO_BATCHES = 2


@dataclass(frozen=True)
class SpeedLimit:
    """Times of one token of inference when only communication counts."""

    step_s: float  # [s] one dispatch and one combine
    layer_s: float  # [s] a step of each micro-batch
    tpot_s: float  # [s] all layers: time per output token
    tokens_per_s: float  # [1/s] of one request


def speed_limit(
    *,
    bandwidth: float,
    hidden: int = 7168,
    experts: int = 9,
    layers: int = 61,
    tokens: int = DECODE_TOKENS,
) -> SpeedLimit:
    """Return the speed limit over a port of ``bandwidth`` [B/s, one way].

    ``experts`` counts routed and shared ones; ``tokens`` are those of one device and micro-batch.

    >>> round(speed_limit(bandwidth=50e9, hidden=7000).step_s * 1e6, 2)
    120.96
    >>> round(speed_limit(bandwidth=900e9, hidden=7000).tokens_per_s)
    1220
    """
    check_positive(bandwidth, name="bandwidth", unit="B/s")
    for name, value in (("hidden", hidden), ("experts", experts), ("layers", layers), ("tokens", tokens)):
        check_positive(value, name=name, unit="count")
    step = (DISPATCH_VALUE + COMBINE_VALUE) * tokens * experts * hidden / bandwidth
    layer = MICRO_BATCHES * step
    return SpeedLimit(step_s=step, layer_s=layer, tpot_s=layers * layer, tokens_per_s=1 / (layers * layer))
