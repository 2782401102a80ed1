"""The speed limit of inference: printed digits, and how it scales."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic import DemandError
from traffic.inference import speed_limit


def test_printed_digits():
    limit = speed_limit(bandwidth=50e9, hidden=7000)
    assert [round(limit.step_s * 1e6, 2), round(limit.layer_s * 1e6, 2)] == [120.96, 241.92]
    assert [round(limit.tpot_s * 1e3, 2), round(limit.tokens_per_s, 2)] == [14.76, 67.76]
    assert round(speed_limit(bandwidth=50e9).step_s * 1e6, 2) == 123.86
    assert round(speed_limit(bandwidth=900e9, hidden=7000).step_s * 1e6, 2) == 6.72


@given(st.floats(1e6, 1e13), st.integers(1, 1000))
def test_time_falls_with_bandwidth_and_grows_with_tokens(bandwidth, tokens):
    one, two = speed_limit(bandwidth=bandwidth, tokens=tokens), speed_limit(bandwidth=2 * bandwidth, tokens=tokens)
    assert one.step_s == pytest.approx(2 * two.step_s)
    assert speed_limit(bandwidth=bandwidth, tokens=2 * tokens).tpot_s == pytest.approx(2 * one.tpot_s)


def test_zero_bandwidth_is_refused():
    with pytest.raises(DemandError, match="bandwidth must be positive"):
        speed_limit(bandwidth=0)
