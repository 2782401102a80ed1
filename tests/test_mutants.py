"""Faults that no test need see are ones that can still be made, each with its reason."""

from __future__ import annotations

import pytest

from benchmarks.mutants import ROOT, explained, mutants

EXPLAINED = explained()


@pytest.mark.parametrize("path", sorted({key[0] for key in EXPLAINED}))
def test_what_is_explained_can_still_be_made(path):
    """A line that was changed is judged anew: write down what still holds, with the line as it is now."""
    there = {one.key for one in mutants(ROOT / path)}
    assert {key for key in EXPLAINED if key[0] == path} <= there
    assert all(why for why in EXPLAINED.values())
