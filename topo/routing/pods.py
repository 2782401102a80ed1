r"""Pods of a folded Clos network, and classes of the leaves of each: what its closed form goes by.

A leaf is a switch with endpoints, a spine one next to a leaf, and a pod a set of leaves that spines join::

    core         C   C   C            joins spines of several pods
                  \ /|\ /
    spine        S  S  S  S           next to leaves of one pod alone
                 |\/|  |\/|
    leaf         L  L  L  L           those of a pod share a spine, every two of them

Leaves of a pod with equal bundles up and equal spines below them form a class: an intact pod has one, one with n
cables lost at most 2 n + 1.  Names say nothing here: levels and pods are read off the arcs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from topo.islands import islands
from topo.kernels.sweep import Arcs
from topo.noise import noise
from topo.routing.operator import Floats, Ints

#: Classes of leaves of a pod up to which sums over them are cheaper than sweeps.
MAX_CLASSES = 256

Mask = NDArray[np.bool_]
#: Leaves, classes of all pods, and what each leaf sends to the class, or gets from it; each (n,).
Amounts = tuple[Ints, Ints, Floats]


@dataclass(frozen=True, eq=False)
class Pods:
    """Leaves and spines in pods, leaves in classes; S switches, c the most classes that a pod has."""

    arcs: Arcs
    leaf: Mask  # (S,)
    pod: Ints  # (S,) of each leaf and spine; -1 of all others
    kind: Ints  # (S,) class of a leaf within its pod; -1 of all others
    n_kinds: Ints  # (pods,) classes of each pod
    above: Floats  # (S, c) part that a spine has in the split of leaves of a class of its pod; 0 without a link
    below: Mask  # (S, c) whether a spine has a link to leaves of the class
    total: Floats  # (pods, c, c) parts that leaves of a class have over all spines with a link to those of another
    rise: Ints  # arcs from leaves to spines
    fall: Ints  # arcs from spines to leaves

    @classmethod
    def of(cls, arcs: Arcs, leaf: Mask) -> Pods | None:
        """Return the pods of the leaves ``leaf`` (S,); None where leaves do not meet at spines, or many differ."""
        from_leaf, to_leaf = leaf[arcs.tail], leaf[arcs.head]
        if arcs.width != 2 or not len(arcs.tail) or (from_leaf & to_leaf).any():
            return None
        rise, fall = np.flatnonzero(from_leaf), np.flatnonzero(to_leaf)
        pod = _pods(arcs, leaf, rise)
        kind, n_kinds, example = _classes(arcs, leaf, pod, rise, fall)
        if n_kinds.max() > MAX_CLASSES:
            return None
        shape = len(leaf), int(n_kinds.max())
        above, below = np.zeros(shape), np.zeros(shape, dtype=bool)
        first = rise[example[arcs.tail[rise]]]
        above[arcs.head[first], kind[arcs.tail[first]]] = arcs.part[first]
        first = fall[example[arcs.head[fall]]]
        below[arcs.tail[first], kind[arcs.head[first]]] = True
        total = _total(above, below, pod, len(n_kinds))
        pods = cls(arcs, leaf, pod, kind, n_kinds, above, below, total, rise, fall)
        return pods if pods._alike(example) and pods._meet() else None

    def _alike(self, example: Mask) -> bool:
        """Return whether every leaf has the arcs of its class: sums that agree by chance would give wrong loads."""
        arcs, rise, fall, n = self.arcs, self.rise, self.fall, len(self.leaf)
        up = self.above[arcs.head[rise], self.kind[arcs.tail[rise]]] == arcs.part[rise]
        down = self.below[arcs.tail[fall], self.kind[arcs.head[fall]]]
        of = self.class_of
        twin = np.zeros(self.n_kinds.sum(), dtype=np.int64)
        twin[of[example]] = np.flatnonzero(example)
        leaves = np.flatnonzero(self.leaf)
        counts = [np.bincount(end, minlength=n) for end in (arcs.tail[rise], arcs.head[fall])]
        same = [np.array_equal(count[leaves], count[twin[of[leaves]]]) for count in counts]
        return bool(up.all() and down.all() and all(same))

    def _meet(self) -> bool:
        """Return whether every two leaves of a pod have a spine in common."""
        members = np.zeros(self.total.shape[:2], dtype=np.int64)
        np.add.at(members, (self.pod[self.leaf], self.kind[self.leaf]), 1)
        meet = (members > 0)[:, :, np.newaxis] & (members > 0)[:, np.newaxis]
        own = np.arange(self.total.shape[1])
        meet[:, own, own] = members > 1
        return not (meet & (self.total == 0)).any()

    @cached_property
    def first_class(self) -> Ints:
        """(pods,) number of the first class of each pod, where all classes are numbered pod by pod."""
        return np.asarray(np.cumsum(self.n_kinds) - self.n_kinds)

    @cached_property
    def pod_of_class(self) -> Ints:
        """(K,) pod of each class of all pods."""
        return np.repeat(np.arange(len(self.n_kinds)), self.n_kinds)

    @cached_property
    def kind_of_class(self) -> Ints:
        """(K,) class of all pods within its pod."""
        return np.arange(len(self.pod_of_class)) - self.first_class[self.pod_of_class]

    @cached_property
    def class_of(self) -> Ints:
        """(S,) class of each leaf among those of all pods; -1 of all others."""
        return np.where(self.leaf, self.first_class[self.pod] + self.kind, -1)


def _pods(arcs: Arcs, leaf: Mask, rise: Ints) -> Ints:
    """Return (S,) the pod of each leaf and spine, by their least switches; -1 of all others."""
    member = leaf.copy()
    member[arcs.head[rise]] = True
    pod = np.full(len(leaf), -1, dtype=np.int64)
    pod[member] = np.unique(islands(arcs.tail[rise], arcs.head[rise], len(leaf))[member], return_inverse=True)[1]
    return pod


def _classes(arcs: Arcs, leaf: Mask, pod: Ints, rise: Ints, fall: Ints) -> tuple[Ints, Ints, Mask]:
    """Return the class of each leaf in its pod (S,), how many each pod has, and the leaf (S,) that stands for each.

    Leaves look alike where sums over names of their spines agree, which follow no rule.
    """
    n = len(leaf)
    name = noise(n, 0), noise(n, 1)
    above = np.bincount(arcs.tail[rise], arcs.part[rise] * name[0][arcs.head[rise]], n)
    below = np.bincount(arcs.head[fall], name[1][arcs.tail[fall]], n)
    leaves = np.flatnonzero(leaf)
    order = leaves[np.lexsort((below[leaves], above[leaves], pod[leaves]))]
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.any([look[order[1:]] != look[order[:-1]] for look in (pod, above, below)], axis=0)
    n_kinds = np.bincount(pod[order[new]], minlength=int(pod.max()) + 1)
    kind = np.full(n, -1, dtype=np.int64)
    kind[order] = np.cumsum(new) - 1 - (np.cumsum(n_kinds) - n_kinds)[pod[order]]
    example = np.zeros(n, dtype=bool)
    example[order[new]] = True
    return kind, n_kinds, example


def _total(above: Floats, below: Mask, pod: Ints, n_pods: int) -> Floats:
    """Return (pods, c, c) sums of ``above`` (S, c) over the spines of each pod that are ``below`` (S, c) a class."""
    spine = np.flatnonzero(above.any(axis=1) | below.any(axis=1))
    spine = spine[np.argsort(pod[spine], kind="stable")]
    start = np.searchsorted(pod[spine], np.arange(n_pods))
    total = np.zeros((n_pods, above.shape[1], above.shape[1]))
    there = start < np.append(start[1:], len(spine))
    for k in range(above.shape[1]) if there.any() else ():
        total[there, :, k] = np.add.reduceat(above[spine] * below[spine, k, np.newaxis], start[there], axis=0)
    return total
