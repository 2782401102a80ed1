"""Layers of an island of leaves, spines and cores: which switches each joins, numbered level by level.

A *landing* is a class of leaves and a spine with a link to them: what cores hold for a class comes down by those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from topo.kernels.sweep import Arcs
from topo.routing.operator import Floats, Ints
from topo.routing.pods import Mask, Pods


@dataclass(frozen=True, eq=False)
class Rows:
    """Bundles of one layer, row by row."""

    arc: Ints  # that a row is; none where rows stand for several
    tail: Ints  # number of where it starts, in its level
    head: Ints  # number of where it ends
    part: Floats  # its part in the split of the tail

    @classmethod
    def between(cls, arcs: Arcs, number: Ints, tail: Mask, head: Mask) -> Rows:
        """Return the arcs from switches ``tail`` (S,) to switches ``head`` (S,)."""
        arc = np.flatnonzero(tail[arcs.tail] & head[arcs.head])
        return cls(arc, number[arcs.tail[arc]], number[arcs.head[arc]], arcs.part[arc])


@dataclass(frozen=True, eq=False)
class Layers:
    """Rows of each layer; L leaves, S spines, C cores, K classes of leaves, Z landings."""

    n_leaves: int
    n_spines: int
    n_cores: int
    number: Ints  # (switches,) of each leaf among leaves, each spine among spines, each core among cores
    of_class: Ints  # (classes of all pods,) number of each class here; -1 of others
    pod: Ints  # (K,) of each class
    climb: Rows  # leaf -> spine
    stem: Rows  # class of leaves -> spine
    cross: Rows  # spine -> core
    drop: Rows  # core -> landing
    land: Rows  # landing -> leaf
    landing: Ints  # (Z,) class of each landing, ascending
    of_leaf: Ints  # (L,) class of each leaf

    @classmethod
    def of_island(cls, pods: Pods, member: Mask) -> Layers | None:
        """Return the layers of the switches ``member`` (switches,); None where two spines are joined."""
        arcs, leaf, spine = pods.arcs, pods.leaf & member, (pods.pod >= 0) & ~pods.leaf & member
        if (spine[arcs.tail] & spine[arcs.head]).any():
            return None
        core = _cores(pods, spine)
        number = np.full(len(leaf), -1, dtype=np.int64)
        for level in (leaf, spine, core):
            number[level] = np.arange(np.count_nonzero(level))
        key, of_leaf = np.unique(pods.class_of[leaf], return_inverse=True)
        of_class = np.full(len(pods.pod_of_class), -1, dtype=np.int64)
        of_class[key] = np.arange(len(key))
        at = np.flatnonzero(spine)
        first = of_class[pods.first_class[pods.pod[at]]]
        s, kind = np.nonzero(pods.above[at])
        stem = Rows(np.zeros(0, dtype=np.int64), first[s] + kind, s, pods.above[at][s, kind])
        landing, index = _landings(first, pods.below[at])
        down, fall = (Rows.between(arcs, number, a, b) for a, b in ((core, spine), (spine, leaf)))
        row, kind = np.nonzero(index[down.head] >= 0)
        drop = Rows(down.arc[row], down.tail[row], index[down.head[row], kind], down.part[row])
        land = Rows(fall.arc, index[fall.tail, pods.kind[arcs.head[fall.arc]]], fall.head, fall.part)
        climb, cross = (Rows.between(arcs, number, a, b) for a, b in ((leaf, spine), (spine, core)))
        sizes = len(of_leaf), len(at), int(np.count_nonzero(core))
        pod = pods.pod_of_class[key]
        return cls(*sizes, number, of_class, pod, climb, stem, cross, drop, land, landing, of_leaf)

    @cached_property
    def by_class(self) -> Ints:
        """(L,) leaves, class by class."""
        return np.argsort(self.of_leaf, kind="stable")

    @cached_property
    def first_leaf(self) -> Ints:
        """(K + 1,) where those of each class start in ``by_class``."""
        return np.append(0, np.cumsum(np.bincount(self.of_leaf, minlength=len(self.pod))))

    def blocks(self) -> Iterator[tuple[Ints, slice]]:
        """Yield the leaves and the landings of each class."""
        first = np.searchsorted(self.landing, np.arange(len(self.pod) + 1))
        for k in range(len(self.pod)):
            yield self.by_class[self.first_leaf[k] : self.first_leaf[k + 1]], slice(first[k], first[k + 1])

    @cached_property
    def cell(self) -> Ints:
        """Where each row of ``land`` is in the blocks (leaves, landings) of all classes, one after another."""
        n, leaves = len(self.pod), np.diff(self.first_leaf)
        landings = np.bincount(self.landing, minlength=n)
        rank = np.empty(self.n_leaves, dtype=np.int64)
        rank[self.by_class] = np.arange(self.n_leaves) - np.repeat(self.first_leaf[:-1], leaves)
        of = self.of_leaf[self.land.head]
        start, first = (np.cumsum(count) - count for count in (leaves * landings, landings))
        return np.asarray(start[of] + rank[self.land.head] * landings[of] + self.land.tail - first[of])

    def falls(self, along: Floats, none: float) -> Iterator[tuple[Ints, slice, Floats]]:
        """Yield leaves and landings of each class, and ``along`` (A,) of arcs between them, ``none`` without one."""
        blocks = list(self.blocks())
        sizes = [(len(leaves), landings.stop - landings.start) for leaves, landings in blocks]
        value = np.full(sum(a * b for a, b in sizes), none)
        value[self.cell] = along[self.land.arc]
        edges = np.cumsum([a * b for a, b in sizes])[:-1]
        for (leaves, landings), size, block in zip(blocks, sizes, np.split(value, edges), strict=True):
            yield leaves, landings, block.reshape(size)


def _cores(pods: Pods, spine: Mask) -> Mask:
    """Return the switches (S,) that are no leaves and are joined with spines of two pods or more."""
    arcs, n = pods.arcs, len(spine)
    up = np.flatnonzero(spine[arcs.tail] & ~pods.leaf[arcs.head])
    least, most = np.full(n, n), np.full(n, -1)
    np.minimum.at(least, arcs.head[up], pods.pod[arcs.tail[up]])
    np.maximum.at(most, arcs.head[up], pods.pod[arcs.tail[up]])
    return least < most


def _landings(first: Ints, below: Mask) -> tuple[Ints, Ints]:
    """Return the class of each landing, ascending, and which landing each spine is of each class below it (S, c).

    ``first`` (S,) is the first class of a spine's pod; -1 where no leaf of a class is ``below`` (S, c).
    """
    spine, kind = np.nonzero(below)
    order = np.argsort(first[spine] + kind, kind="stable")
    index = np.full(below.shape, -1, dtype=np.int64)
    index[spine[order], kind[order]] = np.arange(len(order))
    return (first[spine] + kind)[order], index
