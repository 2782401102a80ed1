"""Balanced two-way partitions of small cut, found by local search.

Nodes are domains, which carry weight and must split evenly, and switches, which
carry none and go where they cut least.  One pass moves every node once, always
the one that helps most (or hurts least), then keeps the best moment on the way
[1]_.

Limits.  A partition found is an upper bound on the least cut, nothing more.

.. [1] C. Fiduccia and R. Mattheyses, A linear-time heuristic for improving
   network partitions, DAC 1982.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

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
    matrix, n_domains = problem.capacity, problem.n_domains
    sign = np.where(start, 1.0, -1.0)
    gain = -sign * (matrix @ sign)  # capacity to the other side less that to the own one
    lean = float(problem.endpoints @ sign[:n_domains])
    slack = max(allowed, 2 * float(problem.endpoints.max()))
    moves: list[int] = []
    change, least, best = 0.0, 0.0, 0
    indptr, indices, data = matrix.indptr, matrix.indices, matrix.data
    gain_left = gain.copy()
    for step in range(1, len(sign) + 1):
        node = _choose(gain_left, sign, problem.endpoints, lean, slack)
        if node < 0:
            break
        change -= gain[node]
        sign[node] = -sign[node]
        if node < n_domains:
            lean += 2 * sign[node] * problem.endpoints[node]
        row = slice(indptr[node], indptr[node + 1])
        near = indices[row]
        delta = -2 * sign[near] * sign[node] * data[row]
        gain[near] += delta
        gain_left[near] += delta
        gain_left[node] = -np.inf
        moves.append(node)
        if change < least - _GAIN and abs(lean) <= allowed:
            least, best = change, step
    side = start.copy()
    side[moves[:best]] ^= True
    return side


def _choose(gain: Floats, sign: Floats, endpoints: Floats, lean: float, slack: float) -> int:
    """Return the unmoved node of largest gain whose move keeps the balance within ``slack``; -1 where none does."""
    n_domains = len(endpoints)
    fits = np.abs(lean - 2 * sign[:n_domains] * endpoints) <= slack
    domain_gain = np.where(fits, gain[:n_domains], -np.inf)
    domain = int(np.argmax(domain_gain))
    switch = n_domains + int(np.argmax(gain[n_domains:]))
    node, value = (domain, domain_gain[domain]) if domain_gain[domain] > gain[switch] else (switch, gain[switch])
    return node if value > -np.inf else -1
