r"""Nodes that are alike count as one: colour refinement makes a spread's problem small and loses nothing.

Nodes that send or receive keep a colour of their own; all others start with one and are told apart by the colours
that their arcs lead to and come from, until no colour splits.  Then every node of a colour C has equal arcs to a
colour D, and equal ones from it.  The mean of a spread over the arcs from C to D is a spread, as good as the first,
so the least congestion is that of the colours, where an arc has the capacity of all that it stands for [1]_::

    leaf 0 --- spine 0 --- leaf 1          leaf 0 === spines === leaf 1
           \-- spine 1 --/          is
           \-- spine 2 --/

The spines of a plane become one, but for those that a failure has set apart; planes become one, but for those with
a failure.  Distances are those of the colours, so minimal paths stay minimal.

.. [1] M. Grohe, K. Kersting, M. Mladenov, E. Selman, Dimension reduction via colour refinement, ESA 2014.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from topo.kernels.multisets import mixed
from topo.kernels.spreading import Digraph, Pairs

if TYPE_CHECKING:
    from topo.flow.spread import Spread

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Coarse:
    """A smaller digraph and the same pairs; ``arc`` (A,) is the coarse arc of each."""

    graph: Digraph
    pairs: Pairs
    arc: Ints
    part: Floats  # (A,) share of its coarse arc that each carries

    @classmethod
    def of(cls, graph: Digraph, pairs: Pairs) -> Coarse | None:
        """Return ``graph`` with nodes that are alike as one; None where none are, or arcs count by orbit already."""
        colour = _colours(graph, pairs)
        n = int(colour.max(initial=-1)) + 1
        if n == len(colour) or len(graph.capacity) < len(graph.tail):
            return None
        tail, head = colour[graph.tail], colour[graph.head]
        rows = np.stack([head, tail, np.unique(graph.weight, return_inverse=True)[1]])
        unique, first, arc = np.unique(rows, axis=1, return_index=True, return_inverse=True)
        arc = arc.ravel().astype(np.int64)
        capacity = np.bincount(arc, graph.capacity).astype(np.float64)
        small = Digraph(
            np.searchsorted(unique[0], np.arange(n + 1)).astype(np.int64),
            unique[1].astype(np.int32),
            unique[0].astype(np.int32),
            graph.weight[first],
            capacity,
            len(np.unique(colour[: graph.n_through])),
            np.arange(len(first), dtype=np.int32),
        )
        return cls(small, _of_colours(pairs, colour), arc, graph.capacity / capacity[arc])

    def fine(self, found: Spread) -> Spread:
        """Return a spread of the coarse problem as one of the whole: every arc carries its part."""
        n = len(self.arc)
        over = csr_array((self.part, (np.arange(n), self.arc)), shape=(n, len(self.graph.tail)))
        return replace(found, shares=csc_array(over @ found.shares), prices=found.prices[self.arc])

    def fine_load(self, load: Floats) -> Floats:
        """Return (A,) what ``load`` of the coarse arcs is on the arcs that they stand for."""
        return np.asarray(load[self.arc] * self.part)


def _of_colours(pairs: Pairs, colour: Ints) -> Pairs:
    """Return ``pairs`` between colours, still in the order of their targets."""
    return pairs._replace(target=colour[pairs.target].astype(np.int32), source=colour[pairs.source].astype(np.int32))


def _colours(graph: Digraph, pairs: Pairs) -> Ints:
    """Return (V,) the coarsest colours; nodes that forward have lower ones than those that do not."""
    n = len(graph.first) - 1
    colour = (np.arange(n) >= graph.n_through).astype(np.int64)
    alone = np.unique(np.concatenate([pairs.source, pairs.target])).astype(np.int64)
    colour[alone] = colour[alone] * n + 2 + alone
    _, kind = np.unique(np.stack([graph.capacity[graph.orbit], graph.weight]), axis=1, return_inverse=True)
    label: Hashes = kind.ravel().astype(np.uint64)
    ends = [(graph.tail, graph.head), (graph.head, graph.tail)]
    orders = [(np.argsort(of, kind="stable"), other) for other, of in ends]
    starts = [np.searchsorted(of[order], np.arange(n)) for (order, _), (_, of) in zip(orders, ends, strict=True)]
    count = 0
    while True:
        columns = [colour.astype(np.uint64)]
        for (order, other), start in zip(orders, starts, strict=True):
            each = mixed(colour[other[order]].astype(np.uint64), label[order])
            total = np.concatenate([[np.uint64(0)], np.cumsum(each, dtype=np.uint64)])
            columns.append(total[np.append(start[1:], len(order))] - total[start])
        _, finer = np.unique(np.stack(columns), axis=1, return_inverse=True)
        colour = finer.ravel().astype(np.int64)
        if int(colour.max(initial=-1)) + 1 == count:
            return _forwarding_first(colour, graph.n_through)
        count = int(colour.max(initial=-1)) + 1


def _forwarding_first(colour: Ints, n_through: int) -> Ints:
    """Return ``colour`` numbered by the lowest node that has it."""
    _, first, number = np.unique(colour, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    assert not len(np.intersect1d(colour[:n_through], colour[n_through:]))
    return rank[number.ravel()]
