"""Orbits of a spread: pairs and arcs that a symmetry maps onto each other count as one.

Let a group of automorphisms map the demand onto itself.  The images of an optimal spread are
optimal, and so is their mean, which puts alike on all arcs of an orbit.  So the least congestion is
that of one pair an orbit, with the amount of all, where an orbit of arcs has the capacity of all
its arcs and a path loads it as often as it passes one [1]_.  Paths are still sought on the whole
graph.  Nothing is taken on trust: an automorphism counts only if it maps arcs and amounts onto
their likes.

.. [1] R. Boedi, K. Herr, M. Joswig, Algorithms for highly symmetric linear and integer programs,
   Math. Programming 137, 2013.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array

from topo.kernels.orbits import image_of_arcs, join
from topo.kernels.spreading import Digraph, Pairs
from topo.routing.network import Network

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Amounts are alike that differ by less than this, relatively.
ALIKE = 1e-12
#: Times that one automorphism may be applied until it is back where it began.
LONGEST_TURN = 100_000


@dataclass(frozen=True, eq=False)
class Move:
    """What an automorphism makes of arcs and pairs."""

    arc: NDArray[np.int32]  # (A,)
    pair: Ints  # (P,)


@dataclass(frozen=True, eq=False)
class Quotient:
    """A digraph whose arcs count by orbit, and the pairs that stand for all."""

    graph: Digraph
    pairs: Pairs
    of_pair: Ints  # (P,) orbit of each pair
    pairs_in: Ints  # (K,) pairs of each orbit
    first_pair: Ints  # (K,) the pair that stands for it

    def even(self, load: Floats) -> Floats:
        """Return ``load`` (A,) spread evenly over the arcs of each orbit."""
        orbit = self.graph.orbit
        return np.asarray((np.bincount(orbit, load) / np.bincount(orbit))[orbit])


def moves(network: Network, graph: Digraph, order: Ints, pairs: Pairs) -> list[Move]:
    """Return the stated automorphisms of the fabric that map ``pairs`` onto themselves.

    ``order`` (A,) is the arc of ``network`` that each arc of ``graph`` is.  Sites with several
    ports are left out: none is returned where there are any.
    """
    n = len(network.arcs.first) - 1
    if network.most_ports > 1 or not network.fabric.symmetry:
        return []
    target = np.repeat(pairs.target.astype(np.int64), np.diff(pairs.first))
    source = pairs.source.astype(np.int64)
    key = target * n + source
    by_key = np.argsort(key, kind="stable")
    ordered = key[by_key]
    if (ordered[1:] == ordered[:-1]).any():
        return []
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    found = []
    for moved in network.fabric.symmetry:
        switch = moved[network.base :].astype(np.int64) - network.base
        image, at = np.empty(len(network.arcs.tail), np.int32), np.full(n, -1)
        if np.array_equal(switch, np.arange(n)) or not image_of_arcs(network.arcs, switch, at, image):
            continue
        wanted = switch[target] * n + switch[source]
        slot = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
        pair = by_key[slot]
        if (ordered[slot] == wanted).all() and np.allclose(pairs.amount[pair], pairs.amount, rtol=ALIKE, atol=0.0):
            found.append(Move(place[image[order]].astype(np.int32), pair))
    return found


def quotient(graph: Digraph, pairs: Pairs, group: list[Move]) -> Quotient:
    """Return ``graph`` and ``pairs`` with one pair an orbit of the group that ``group`` generates."""
    arc, pair = np.arange(len(graph.tail), dtype=np.int32), np.arange(len(pairs.source), dtype=np.int32)
    for move in group:
        join(arc, move.arc)
        join(pair, move.pair)
    return of_orbits(graph, pairs, arc, pair)


def of_orbits(graph: Digraph, pairs: Pairs, arc: NDArray[np.integer], pair: NDArray[np.integer]) -> Quotient:
    """Return ``graph`` and ``pairs`` by orbits: ``arc`` (A,) and ``pair`` (P,) are the first of the orbit of each."""
    _, orbit = np.unique(arc, return_inverse=True)
    first, of_pair, size = np.unique(pair, return_inverse=True, return_counts=True)
    target = np.repeat(pairs.target, np.diff(pairs.first))[first]
    to, begins = np.unique(target, return_index=True)  # pairs are in order of targets, so these are too
    order = np.argsort(begins)
    fewer = Pairs(
        to[order].astype(np.int32),
        np.append(begins[order], len(first)).astype(np.int64),
        pairs.source[first],
        pairs.amount[first] * size,
    )
    alike = graph._replace(capacity=np.bincount(orbit, graph.capacity).astype(np.float64), orbit=orbit.astype(np.int32))
    return Quotient(alike, fewer, of_pair.astype(np.int64), size.astype(np.int64), first.astype(np.int64))


def best_turn(group: list[Move], n_pairs: int) -> Move | None:
    """Return the automorphism whose powers alone leave the fewest orbits of pairs; None where there is none."""
    fewest, best = n_pairs, None
    for move in group:
        orbit = np.arange(n_pairs, dtype=np.int32)
        join(orbit, move.pair)
        count = len(np.unique(orbit))
        if count < fewest:
            fewest, best = count, move
    return best


def turned(shares: csc_array, alone: Quotient, move: Move) -> csc_array:
    """Return (A, P) shares of all pairs: the mean of the images of ``shares`` (A, K) under the powers of ``move``."""
    n_arcs, n_pairs = len(move.arc), len(move.pair)
    entries = coo_array(shares)
    column = entries.col
    pair, arc = alone.first_pair[column], entries.row.astype(np.int64)
    times = _order(move)
    rows, columns = [], []
    for _ in range(times):
        rows.append(arc)
        columns.append(pair)
        arc, pair = move.arc[arc].astype(np.int64), move.pair[pair]
    weight = entries.data * (alone.pairs_in[column] / times)
    stacked = (np.tile(weight, times), (np.concatenate(rows), np.concatenate(columns)))
    return csc_array(coo_array(stacked, shape=(n_arcs, n_pairs)))


def _order(move: Move) -> int:
    """Return how often ``move`` has to be applied until every arc and pair is back."""
    times, arc, pair = 1, move.arc, move.pair
    while not (np.array_equal(arc, np.arange(len(arc))) and np.array_equal(pair, np.arange(len(pair)))):
        arc, pair, times = move.arc[arc], move.pair[pair], times + 1
        if times > LONGEST_TURN:
            raise ValueError(f"a symmetry is not back where it began after {LONGEST_TURN:,} turns")
    return times
