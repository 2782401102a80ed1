"""Failures: which parts of a fabric are gone, who still reaches whom, and what kept tables lose.

A loss is a set of cables and nodes.  ``FAILURES`` says which losses a study looks at: drawn at random, given by
name, or tried one by one until the worst is known.
"""

from __future__ import annotations

from topo.failures.entries import FAILURES, Failures
from topo.failures.losses import Loss, named, random, worst
from topo.failures.parts import PARTS, LossError, parts_of
from topo.failures.reach import Reach, reachable

__all__ = [
    "FAILURES",
    "PARTS",
    "Failures",
    "Loss",
    "LossError",
    "Reach",
    "named",
    "parts_of",
    "random",
    "reachable",
    "worst",
]
