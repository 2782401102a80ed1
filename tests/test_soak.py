"""Thousands of random cases against every law of ``tests.soak``; ``make soak`` runs ten times as many."""

from __future__ import annotations

import os

import pytest

from tests.soak import check, draw

CASES = int(os.environ.get("PLANEWISE_SOAK", "2000"))
CHUNK = 50


@pytest.mark.parametrize("start", range(0, CASES, CHUNK))
def test_random_cases(start):
    """Values below bounds, more choice never worse, bytes conserved, solved policies equal to HiGHS."""
    for case in map(draw, range(start, start + CHUNK)):
        try:
            check(case)
        except AssertionError:
            raise
        except Exception as error:
            raise AssertionError(f"{case.words}: {type(error).__name__}: {error}") from error
