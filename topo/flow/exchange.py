r"""Places that can be exchanged count as one: what failures leave alike needs one pair for all of its kind.

A unit is a node that forwards, or nodes that only send or receive together with the nodes that they are tied to.  Two
units are alike where their nodes have equal arcs to the same nodes outside, equal ones inside, and exchange as much.
Exchanging them is an automorphism, so the least congestion is that of one pair an orbit, as in ``orbits``::

    spine     S S S         leaves 1 and 2 are alike, leaf 0 lost a cable: of six pairs
             /|\|\|\        0 -> 1, 1 -> 0 and 1 -> 2 stand for all
    leaf    0  1  2

That is checked arc by arc and pair by pair: an orbit holds every arc between its classes, of one capacity, and every
pair, of one amount.  Where it does not, nothing is exchanged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.flow.orbits import ALIKE, Quotient, of_orbits
from topo.islands import islands
from topo.kernels.multisets import Hashes, hashed
from topo.kernels.spreading import Digraph, Pairs

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Digits, of the largest, to which amounts of nodes are told apart.
DIGITS = 10


def exchanged(graph: Digraph, pairs: Pairs) -> Quotient | None:
    """Return ``graph`` and ``pairs`` with one pair an orbit; None where no units are alike, or arcs count by orbit."""
    if len(graph.capacity) < len(graph.tail):
        return None
    unit = _units(graph)
    target = np.repeat(pairs.target, np.diff(pairs.first))
    slot, kind = _kinds(graph, unit, _marks(graph, unit, pairs.source, target, pairs.amount))
    members = np.bincount(kind[np.unique(unit, return_index=True)[1]])
    if members.max(initial=1) == 1:
        return None
    sides = np.stack([unit, kind, slot])
    arc = _orbits(sides[:, graph.tail], sides[:, graph.head], members, graph.weight, graph.capacity)
    pair = _orbits(sides[:, pairs.source], sides[:, target], members, np.zeros(len(target)), pairs.amount)
    return None if arc is None or pair is None else of_orbits(graph, pairs, arc, pair)


def _units(graph: Digraph) -> Ints:
    """Return (V,) the unit of each node: nodes that do not forward go with those that they have arcs with."""
    n = len(graph.first) - 1
    tied = (graph.tail >= graph.n_through) | (graph.head >= graph.n_through)
    return islands(graph.tail[tied], graph.head[tied], n).astype(np.int64)


def _marks(graph: Digraph, unit: Ints, source: NDArray[Any], target: NDArray[Any], amount: Floats) -> Hashes:
    """Return (V,) 64 bits of each node: its arcs to other units, how many inside, and what it sends and receives."""
    n = len(unit)
    mark = np.zeros(n, dtype=np.uint64)
    for ends, others, side in ((graph.tail, graph.head, 1), (graph.head, graph.tail, 2)):
        apart = unit[ends] != unit[others]
        facts = [np.where(apart, others, -1), graph.weight, graph.capacity, np.full(len(ends), side)]
        np.add.at(mark, ends, hashed(facts))
    for ends, side in ((source, 3), (target, 4)):
        moved = np.bincount(ends, amount, n)
        rounded = np.round(moved / max(float(moved.max(initial=0.0)), 1e-300), DIGITS)
        mark += hashed([rounded, np.full(n, side)])
    return mark


def _kinds(graph: Digraph, unit: Ints, mark: Hashes) -> tuple[Ints, Ints]:
    """Return (V,) the place of each node in its unit, by its mark, and the kind of its unit: equal ones look alike."""
    order = np.lexsort((mark, unit))
    start = np.searchsorted(unit[order], np.arange(int(unit.max(initial=-1)) + 1))
    slot = np.empty(len(unit), dtype=np.int64)
    slot[order] = np.arange(len(unit)) - start[unit[order]]
    look = np.zeros(len(start), dtype=np.uint64)
    np.add.at(look, unit, hashed([slot]) * (mark | np.uint64(1)))
    alone = np.zeros(len(start), dtype=bool)  # two nodes of one mark: which of another unit each becomes is not known
    same = (unit[order][1:] == unit[order][:-1]) & (mark[order][1:] == mark[order][:-1])
    alone[unit[order][1:][same]] = True
    key = np.stack([look, np.where(alone, np.arange(len(start)) + 1, 0).astype(np.uint64)])
    kind = np.unique(key, axis=1, return_inverse=True)[1].ravel()
    return slot, kind[unit].astype(np.int64)


def _orbits(tail: Ints, head: Ints, members: Ints, label: Floats, value: Floats) -> Ints | None:
    """Return (n,) the first row of the orbit of each, from ``tail`` to ``head``, each (3, n): unit, kind and slot.

    None where one is not whole: of all units of two kinds, or where ``value`` is not the same all over.
    """
    within = tail[0] == head[0]
    key = np.stack([tail[1], tail[2], head[1], head[2], within, np.unique(label, return_inverse=True)[1]])
    _, first, orbit, count = np.unique(key, axis=1, return_index=True, return_inverse=True, return_counts=True)
    like = first[orbit.ravel()]
    a, b = members[tail[1][first]], members[head[1][first]]
    others = np.where(tail[1][first] == head[1][first], b - 1, b)
    whole = np.array_equal(count, a * np.where(within[first], 1, others))
    return like if whole and np.allclose(value, value[like], rtol=ALIKE, atol=0.0) else None
