"""Units, against pint as an independent reader."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topo import units
from topo.units import UnitError

pint = pytest.importorskip("pint")
REGISTRY = pint.UnitRegistry()

NUMBERS = st.floats(1e-6, 1e9, allow_nan=False).map(lambda x: f"{x:.12g}")
DECIMAL = st.sampled_from(["", "k", "M", "G", "T", "P"])
BINARY = st.sampled_from(["Ki", "Mi", "Gi", "Ti"])


@given(number=NUMBERS, prefix=st.one_of(DECIMAL, BINARY), unit=st.sampled_from(["b", "B", "bit", "byte"]))
def test_rates_agree_with_pint(number, prefix, unit):
    long = {"b": "bit", "B": "byte"}.get(unit, unit)
    expected = REGISTRY.Quantity(float(number), f"{prefix}{long}/s").to("byte/s").magnitude
    assert units.rate(f"{number}{prefix}{unit}/s") == pytest.approx(expected, rel=1e-12)
    assert units.rate(f" {number} {prefix}{unit}ps ") == pytest.approx(expected, rel=1e-12)


@given(number=NUMBERS, prefix=st.one_of(DECIMAL, BINARY), unit=st.sampled_from(["b", "B", "bit", "byte"]))
def test_sizes_agree_with_pint(number, prefix, unit):
    long = {"b": "bit", "B": "byte"}.get(unit, unit)
    expected = REGISTRY.Quantity(float(number), f"{prefix}{long}").to("byte").magnitude
    assert units.size(f"{number}{prefix}{unit}") == pytest.approx(expected, rel=1e-12)


@given(number=NUMBERS, unit=st.sampled_from(["s", "ms", "us", "µs", "ns", "ps"]))
def test_durations_agree_with_pint(number, unit):
    expected = REGISTRY.Quantity(float(number), unit).to("s").magnitude
    assert units.duration(f"{number}{unit}") == pytest.approx(expected, rel=1e-12)


def test_the_examples_of_the_documents():
    assert units.rate("400Gb/s") == units.rate("50GB/s") == units.from_gbps(400) == 50e9
    assert units.size("1MiB") == 2**20 and units.size(4096) == 4096 and units.size("4096") == 4096
    assert units.duration("1.2us") == pytest.approx(1.2e-6) and units.duration(0) == 0
    assert units.gbps(50e9) == 400


@pytest.mark.parametrize(
    "text",
    [
        "400",
        "400G",
        "400Gb",
        "Gb/s",
        "",
        "400 GHz",
        "-1Gb/s",
        "0Gb/s",
        "1e999Gb/s",
        "4 00Gb/s",
        400,
        None,
        True,
        "nanGb/s",
    ],
)
def test_what_is_no_rate_is_refused_with_an_example(text):
    with pytest.raises(UnitError, match=r"^rate: "):
        units.rate(text)


@pytest.mark.parametrize("text", ["1M", "-1", 0, -5, math.inf, math.nan, "1 MiBps", "", None, True, "x"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UnitError, match=r"^size: "):
        units.size(text)


@pytest.mark.parametrize("text", ["1", 1, "-1us", "1h", "", None, True, False, "1e999s"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(UnitError, match=r"^duration: "):
        units.duration(text)


def test_flop_rates_and_efficiencies():
    assert units.flops("989TFLOP/s") == units.flops("0.989PFLOPS") == units.flops(" 989e3 GFLOPs ") == 989e12
    assert units.flops("1.44EFLOP/s") == 1.44e18
    assert units.efficiency("92 %") == units.efficiency(0.92) == units.efficiency("0.92") == 0.92
    assert units.efficiency(1) == 1.0


@pytest.mark.parametrize("text", ["989", "989T", "989TFLOP", "0FLOP/s", "-1TFLOP/s", "TFLOP/s", 989, None, True])
def test_what_is_no_flop_rate_is_refused(text):
    with pytest.raises(UnitError, match=r"^FLOP rate: "):
        units.flops(text)


@pytest.mark.parametrize("text", ["0", 0, -0.1, "101 %", 1.01, "x", None, True, "nan"])
def test_what_is_no_efficiency_is_refused(text):
    with pytest.raises(UnitError, match=r"^efficiency: "):
        units.efficiency(text)
