"""Numbers as pages and terminals write them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topo.report import words

SHORT = {words.percent: 100.0, words.count: 1.0}


@pytest.mark.parametrize("form", SHORT)
@given(value=st.floats(-2, 2) | st.floats(-1e-4, 1e-4))
def test_what_is_written_is_the_value_to_its_last_digit_and_zero_has_no_sign(form, value):
    text = form(value).replace("−", "-").replace(",", "")
    digits = re.match(r"-?\d+\.?(\d*)", text)
    assert abs(float(digits[0]) - SHORT[form] * value) <= 0.5000001 * 10.0 ** -len(digits[1])
    assert not text.startswith("-") or float(digits[0]) < 0


@pytest.mark.parametrize(("value", "text"), [(-0.0, "0.0"), (-1e-17, "0.0"), (-0.001, "−0.1"), (0.9569, "95.7")])
def test_percent(value, text):
    assert words.percent(value) == f"{text}{words.NARROW}%"
