"""Fabrics of equal planes that are made of one: link for link what their cables make."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from topo.copies import copies_of
from topo.generators import generate
from topo.generators.assembly import Assembly

#: (family, parameters): each kind of switch, bundles, leaves that are not full, groups.
FABRICS = [
    ("fat-tree-2", {"radix": 8}),
    ("fat-tree-2", {"radix": 8, "endpoints": 24}),
    ("fat-tree-2", {"radix": 16, "wiring": "rail"}),
    ("fat-tree-3", {"radix": 4}),
    ("dragonfly", {"a": 4, "p": 2, "h": 2}),
    ("slim-fly", {"q": 3}),
]
GIVEN = {"capacity": 50e9, "planes": 3, "nic": "multi-port", "cable_latency": 1e-6, "symmetry": True}


@pytest.mark.parametrize(("family", "own"), FABRICS)
@pytest.mark.parametrize("scale_up", [None, 200e9])
def test_copies_are_what_their_cables_make(family, own, scale_up, monkeypatch):
    """``from_cables`` knows nothing of planes: doubled, sorted and numbered, its links are the same."""
    made = generate(family, scale_up=scale_up, **own, **GIVEN)
    monkeypatch.setattr(Assembly, "_copied", lambda *_: None)
    sorted_ = generate(family, scale_up=scale_up, **own, **GIVEN)
    assert copies_of(made) is not None
    assert copies_of(sorted_) is None
    for field in fields(made):
        mine, theirs = getattr(made, field.name), getattr(sorted_, field.name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine, theirs, field.name)
        elif field.name != "symmetry":
            assert mine == theirs
    assert len(made.symmetry) == len(sorted_.symmetry)
    for mine, theirs in zip(made.symmetry, sorted_.symmetry, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_what_changes_is_no_copy():
    """A fabric that lost a cable, and one whose endpoints are on a plane each, are not made of one plane."""
    given = {"radix": 8, "capacity": 50e9, "planes": 2}
    assert copies_of(generate("fat-tree-2", **given)) is None
    whole = generate("fat-tree-2", nic="multi-port", **given)
    copies = copies_of(whole)
    assert copies is not None
    assert copies.one.n_endpoints == whole.n_endpoints
    assert copies_of(whole.without(cables=[0])) is None
    assert copies_of(replace(whole, capacity=2 * whole.capacity)) is None
