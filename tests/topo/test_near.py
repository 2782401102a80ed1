"""Did you mean."""

from topo.near import hint


def test_the_nearest_is_named():
    assert hint("radx", ["rate", "radix", "planes"]) == "; did you mean radix?"


def test_none_is_near():
    assert hint("zzz", ["radix", "planes"]) == ""
    assert hint("radix", []) == ""
    assert hint(3, ["radix"]) == ""
