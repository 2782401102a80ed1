"""Numbers as JSON can hold them: its own types only, nothing infinite."""

import json
from collections import Counter

import numpy as np
import pytest

from topo.plain import plain


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ({1: np.float64("inf"), "b": (np.int64(2), [np.nan, True])}, {"1": None, "b": [2, [None, True]]}),
        (np.array([[1.5, -np.inf]]), [[1.5, None]]),
        (np.bool_(True), True),
        (Counter(a=2), {"a": 2}),
        ({"x": range(3)}, {"x": [0, 1, 2]}),
        (np.str_("a"), "a"),
    ],
)
def test_plain(value, cleaned):
    got = plain(value)
    assert json.dumps(got, allow_nan=False) == json.dumps(cleaned)


def test_digits():
    """Floats are rounded to significant digits; whole numbers stay whole."""
    assert plain({"a": [1 / 3, 123456.789, 10**9 + 1]}, digits=3) == {"a": [0.333, 123000.0, 10**9 + 1]}
