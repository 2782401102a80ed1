"""One pass of Fiduccia and Mattheyses over a graph in two halves: every node moves once, the one that helps most first.

Nodes of one weight on one side fit or do not fit alike, so they stand together, and each run of them in blocks that
know their best: a move looks at a number a block, and at the blocks of its neighbours, instead of at every node.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import jit

#: Nodes of a block.
BLOCK = 64


class Nodes(NamedTuple):
    """Nodes ordered by weight, by side, then by number; those without weight come first, whatever their side."""

    first: NDArray[np.int64]  # (n + 1,) where the neighbours of each start
    near: NDArray[np.int64]  # neighbours, by place in this order
    data: NDArray[np.float64]  # capacity to each
    number: NDArray[np.int64]  # (n,) which of the nodes each is: of equals the lowest goes first
    weight: NDArray[np.float64]  # (n,)
    edges: NDArray[np.int64]  # (blocks + 1,) where blocks start
    block: NDArray[np.int64]  # (n,) block of each


@jit
def _refresh(b: int, nodes: Nodes, gain: Any, top: Any, at: Any) -> None:
    """Find the best of block ``b`` among those that have not moved, whose gain is no -inf."""
    best = nodes.edges[b]
    for p in range(best + 1, nodes.edges[b + 1]):
        if gain[p] > gain[best]:
            best = p
    top[b], at[b] = gain[best], best


@jit
def _choose(nodes: Nodes, sign: Any, top: Any, at: Any, room: Any) -> int:
    """Return the place of the best whose move keeps what leans (``room[0]``) within ``room[1]``; -1 without one."""
    best, most = -1, -np.inf
    for b in range(len(top)):
        if top[b] < most or top[b] == -np.inf:
            continue
        p = at[b]
        if nodes.weight[p] > 0.0 and abs(room[0] - 2.0 * sign[p] * nodes.weight[p]) > room[1]:
            continue
        equal = top[b] == most and best >= 0
        if equal and (nodes.weight[best] == 0.0 or nodes.number[p] > nodes.number[best]):
            continue
        best, most = p, top[b]
    return best


@jit
def one_pass(nodes: Nodes, gain: Any, sign: Any, room: Any, moves: Any) -> int:
    """Move every node once, filling ``moves`` (n,) with places in turn; return how many moves end at the least cut.

    ``gain`` (n,) is what each move lessens the cut by; ``room`` holds how much heavier one side is, by how much it may
    be on the way, and at the end, and by how much a cut has to be smaller to count.  All but ``nodes`` are used up.
    """
    blocks = len(nodes.edges) - 1
    top, at = np.empty(blocks), np.empty(blocks, np.int64)
    for b in range(blocks):
        _refresh(b, nodes, gain, top, at)
    change, least, kept = 0.0, 0.0, 0
    for step in range(len(gain)):
        p = _choose(nodes, sign, top, at, room)
        if p < 0:
            break
        change -= gain[p]
        sign[p] = -sign[p]
        room[0] += 2.0 * sign[p] * nodes.weight[p]
        gain[p], moves[step] = -np.inf, p
        _refresh(nodes.block[p], nodes, gain, top, at)
        for k in range(nodes.first[p], nodes.first[p + 1]):
            q = nodes.near[k]
            b = nodes.block[q]
            gain[q] += -2.0 * sign[q] * sign[p] * nodes.data[k]  # of one that has moved it stays -inf
            if gain[q] > top[b] or (gain[q] == top[b] and q < at[b]):
                top[b], at[b] = gain[q], q
            elif q == at[b]:
                _refresh(b, nodes, gain, top, at)
        if change < least - room[3] and abs(room[0]) <= room[2]:
            least, kept = change, step + 1
    return kept
