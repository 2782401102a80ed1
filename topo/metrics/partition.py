"""Balanced two-way partitions of small cut, found by local search.

Nodes are domains, which carry weight and must split evenly, and switches, which
carry none and go where they cut least.  One pass moves every node once, always
the one that helps most (or hurts least), then keeps the best moment on the way
[1]_ (``topo.kernels.swaps``).

Limits.  A partition found is an upper bound on the least cut, nothing more.

.. [1] C. Fiduccia and R. Mattheyses, A linear-time heuristic for improving
   network partitions, DAC 1982.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topo.kernels.swaps import BLOCK, Nodes, one_pass

Floats = NDArray[np.float64]
Sides = NDArray[np.bool_]

#: A cut counts as smaller only beyond this fraction of the total capacity: rounding must not prolong the search.
_GAIN = 1e-12


@dataclass(frozen=True)
class CutProblem:
    """Domains (numbered first) and switches, joined by capacities."""

    capacity: csr_array  # (n, n) symmetric; [any unit], one way
    endpoints: Floats  # (domains,) weight of each domain

    @property
    def n_domains(self) -> int:
        """Number of domains."""
        return len(self.endpoints)

    def cut(self, side: Sides) -> float:
        """Return the capacity, one way, between the nodes on one side and those on the other."""
        one_side = self.capacity @ side.astype(np.float64)
        return float(one_side[~side].sum())

    def imbalance(self, side: Sides) -> float:
        """Return how many endpoints the fuller side has more."""
        return abs(float(self.endpoints @ np.where(side[: self.n_domains], 1.0, -1.0)))


def halves(problem: CutProblem, order: NDArray[np.int64]) -> Sides:
    """Return the partition whose one side is the first half of the domains in ``order``; switches follow most."""
    total = np.cumsum(problem.endpoints[order])
    first = int(np.argmin(np.abs(2 * total - total[-1]))) + 1
    side = np.zeros(problem.capacity.shape[0], dtype=bool)
    side[order[:first]] = True
    switches = np.arange(problem.n_domains, len(side))
    pull = np.where(side, 1.0, -1.0)
    pull[switches] = 0.0
    # Leaves see their domains, then spines see the leaves, then cores the spines.
    for _ in range(3):
        vote = problem.capacity[switches] @ pull
        undecided = pull[switches] == 0.0
        pull[switches[undecided]] = np.sign(vote[undecided])
    side[switches] = pull[switches] > 0
    return side


def improve(problem: CutProblem, side: Sides, *, passes: int) -> Sides:
    """Return a partition of no larger cut and no worse balance, after at most ``passes`` passes."""
    allowed = problem.imbalance(side)
    for _ in range(passes):
        better = _one_pass(problem, side, allowed)
        if problem.cut(better) >= problem.cut(side) - _GAIN * problem.capacity.sum():
            break
        side = better
    return side


def _one_pass(problem: CutProblem, start: Sides, allowed: float) -> Sides:
    n_domains = problem.n_domains
    sign = np.where(start, 1.0, -1.0)
    gain = -sign * (problem.capacity @ sign)  # capacity to the other side less that to the own one
    lean = float(problem.endpoints @ sign[:n_domains])
    slack = max(allowed, 2 * float(problem.endpoints.max()))
    order, nodes = _ordered(problem, start)
    moves = np.empty(len(sign), dtype=np.int64)
    room = np.array([lean, slack, allowed, _GAIN])
    kept = one_pass(nodes, gain[order], sign[order], room, moves)
    side = start.copy()
    side[order[moves[:kept]]] ^= True
    return side


def _ordered(problem: CutProblem, side: Sides) -> tuple[NDArray[np.int64], Nodes]:
    """Return the nodes by weight, by side, then by number, and what a pass needs to know of them in that order."""
    n = len(side)
    weight = np.append(problem.endpoints, np.zeros(n - problem.n_domains))
    side = side & (weight > 0.0)  # switches fit on either side
    order = np.lexsort((side, weight))
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    rows = problem.capacity[order]
    weight, side = weight[order], side[order]
    runs = np.append(np.flatnonzero(np.diff(weight, prepend=-1.0) + np.diff(side, prepend=False)), n)
    starts = [np.arange(a, b, BLOCK) for a, b in pairwise(runs)]
    edges = np.append(np.concatenate(starts), n)
    block = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    return order, Nodes(rows.indptr.astype(np.int64), place[rows.indices], rows.data, order, weight, edges, block)
