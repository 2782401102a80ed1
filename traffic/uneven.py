"""What a token visits of places that hold unequal shares of the experts, in closed form.

A place that holds m_i of the c_i copies of expert i is picked for it in m_i / c_i of the cases, by lot.  k distinct
experts of E, drawn evenly, all miss it with probability e_k(1 - m_i / c_i) / C(E, k), e_k being the elementary
symmetric polynomial.

Under a limit of M hosts by best expert a token walks down its ranking.  After i picks on the hosts seen so far, the
next one is on a host not yet seen that has e experts with probability e / (E - i); the walk ends after k picks
or with the M-th host.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

from traffic.placement import Placement

#: One class of places: experts of which they have m of c copies, as sorted pairs (c, m).
Held = tuple[tuple[int, int], ...]


def visit_probability(held: Iterable[tuple[int, int]], n_experts: int, top_k: int) -> float:
    """Return the share of tokens that visit a place which has m of the c copies of each expert ``held`` (c, m).

    >>> round(64 * visit_probability([(1, 1)] * 4, 256, 8), 3)
    7.676
    """
    pairs = list(held)
    ways = [comb(n_experts - len(pairs), j) for j in range(top_k + 1)]
    for c, m in pairs:  # whole numbers times c, divided by all of them in the end
        ways = [c * w + (c - m) * before for w, before in zip(ways, [0, *ways], strict=False)]
    every = comb(n_experts, top_k) * prod(c for c, _ in pairs)
    return (every - ways[top_k]) / every


def limited_hosts(experts: NDArray[np.int64], top_k: int, limit: int) -> NDArray[np.float64]:
    """Return (hosts,) the share of tokens that visit each of hosts with so many ``experts``, at most ``limit`` each."""
    size, kind = np.unique(experts, return_inverse=True)
    there, total = np.bincount(kind), int(experts.sum())
    walks: dict[tuple[int, ...], float] = {(0,) * len(size): 1.0}
    seen = np.zeros(len(size))
    for i in range(top_k):
        after: dict[tuple[int, ...], float] = {}
        for hosts, p in walks.items():
            stay = sum(n * int(e) for n, e in zip(hosts, size, strict=True)) - i
            after[hosts] = after.get(hosts, 0.0) + p * stay / (total - i)
            for c, n in enumerate(hosts):
                fresh = p * (int(there[c]) - n) * int(size[c]) / (total - i)
                if not fresh:
                    continue
                more = (*hosts[:c], n + 1, *hosts[c + 1 :])
                if sum(more) == limit:
                    seen += fresh * np.array(more)
                else:
                    after[more] = after.get(more, 0.0) + fresh
        walks = after
    for hosts, p in walks.items():
        seen += p * np.array(hosts)
    return np.asarray((seen / there)[kind])


def free_visits(place: Placement, top_k: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return (hosts,) and (ep,) shares of tokens that visit each host and rank, and (ep,) mean experts of each rank."""
    of_rank, of_host = classes(place), _held(place, place.ranks_on_host)
    known = {held: visit_probability(held, place.n_experts, top_k) for held in {*of_rank, *of_host}}
    mean = [sum(m / c for c, m in held) * top_k / place.n_experts for held in of_rank]
    return np.array([known[h] for h in of_host]), np.array([known[h] for h in of_rank]), np.array(mean)


def classes(place: Placement) -> list[Held]:
    """Return what each rank holds: two that hold alike are visited alike by a gate that treats experts alike."""
    return _held(place, 1)


def _held(place: Placement, width: int) -> list[Held]:
    """Return what each run of ``width`` ranks holds."""
    found = []
    for first in range(0, place.ep, width):
        mine = place.slots[first : first + width]
        experts, m = np.unique(mine[mine >= 0], return_counts=True)
        found.append(tuple(sorted(zip(place.copies[experts].tolist(), m.tolist(), strict=True))))
    return found
