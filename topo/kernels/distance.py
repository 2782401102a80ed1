"""All-pairs distances, one bit a source: 512 breadth-first searches at once in one pass over the links a level."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.kernels import in_blocks, jit

_WORD = 64  # sources in a machine word
_BLOCK = 512  # sources searched at once: a cache line a switch


@jit
def _ones(bits: Any) -> Any:
    """Return the number of ones in 64 ``bits`` (Hacker's Delight, section 5-1)."""
    bits -= (bits >> np.uint64(1)) & np.uint64(0x5555555555555555)
    bits = (bits & np.uint64(0x3333333333333333)) + ((bits >> np.uint64(2)) & np.uint64(0x3333333333333333))
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (bits * np.uint64(0x0101010101010101)) >> np.uint64(56)


@jit
def _arrive(reached: Any, switches: Any, weight: Any, seen: Any) -> float:
    total = 0.0
    for i in range(len(switches)):
        count = np.uint64(0)
        for w in range(seen.shape[1]):
            arrived = np.uint64(0)
            for k in range(switches.shape[1]):
                arrived |= reached[switches[i, k], w]
            new = arrived & ~seen[i, w]
            if new:
                seen[i, w] |= new
                count += _ones(new)
        total += weight[i] * float(count)
    return total


@jit
def _grow(first: Any, head: Any, frontier: Any, reached: Any, grown: Any, full: Any) -> bool:
    alive = False
    words = frontier.shape[1]
    for v in range(len(first) - 1):
        missing = False
        for w in range(words):
            grown[v, w] = np.uint64(0)
            missing |= reached[v, w] != full[w]
        if not missing:
            continue
        for j in range(first[v], first[v + 1]):
            u = head[j]
            for w in range(words):
                grown[v, w] |= frontier[u, w]
        for w in range(words):
            grown[v, w] &= ~reached[v, w]
            alive |= grown[v, w] != np.uint64(0)
    return alive


@jit
def _search(first: Any, head: Any, sources: Any, switches: Any, weight: Any, at: Any) -> None:
    n, words = len(first) - 1, (len(sources) + _WORD - 1) // _WORD
    frontier, reached, grown = np.zeros((3, n, words), np.uint64)
    seen, full = np.zeros((len(switches), words), np.uint64), np.zeros(words, np.uint64)
    for i in range(len(sources)):
        bit = np.uint64(1) << np.uint64(i % _WORD)
        full[i // _WORD] |= bit
        for k in range(sources.shape[1]):
            frontier[sources[i, k], i // _WORD] |= bit
            reached[sources[i, k], i // _WORD] |= bit
    distance, alive = 0, True
    while alive:
        at[distance] += _arrive(reached, switches, weight, seen)
        alive = _grow(first, head, frontier, reached, grown, full)
        for v in range(n):
            for w in range(words):
                reached[v, w] |= grown[v, w]
        frontier, grown = grown, frontier
        distance += 1


def distance_histogram(
    first: NDArray[np.int64],
    head: NDArray[np.int32],
    sources: NDArray[np.int64],
    switches: NDArray[np.int64],
    weight: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return (S + 1,) weight of the stations first reached at each distance, added up over sources.

    Neighbours of switch v are ``head[first[v]:first[v + 1]]``; station i sits on the switches
    ``switches[i]`` and counts ``weight[i]``, source i starts from all of ``sources[i]``.
    """
    n = len(first) - 1

    def work(start: int, stop: int) -> NDArray[np.float64]:
        at = np.zeros(n + 2)
        for i in range(start * _BLOCK, min(stop * _BLOCK, len(sources)), _BLOCK):
            _search(first, head, sources[i : i + _BLOCK], switches, weight, at)
        return at

    blocks = -(-len(sources) // _BLOCK)
    total = np.zeros(n + 2)
    for at in in_blocks(work, blocks, visits=4.0 * blocks * len(head)):
        total += at
    return total[:-1]
