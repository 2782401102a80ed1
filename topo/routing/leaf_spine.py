"""Splits between leaves of a pod, in closed form: every path is leaf -> spine -> leaf.

The share of u -> v that passes spine s is known at once::

    share = part[u, s] / M[u, v]  if s has a link to v,    M[u, v] = sum of part[u, s] over such spines

M depends on classes of leaves alone (``topo.routing.pods``), so that the load of an up link is a sum over classes of
destinations, that of a down link over classes of sources.  Pods are summed side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from topo.routing.operator import Floats, Ints
from topo.routing.pods import Amounts, Pods


@dataclass(frozen=True, eq=False)
class LeafSpine:
    """Loads and sums of pairs of different leaves of one pod; S switches, c the most classes that a pod has."""

    pods: Pods

    def sends(self, out: Amounts, into: Amounts) -> tuple[Floats, Floats]:
        """Return (S, c) what leaves send to classes, and what they get from classes, over M.

        ``out`` is what each leaf sends to each class, ``into`` what it gets from each, both of one pod.
        """
        pods, (n, c) = self.pods, self.pods.above.shape
        (u, k, sent), (v, a, taken) = out, into
        k, a = pods.kind_of_class[k], pods.kind_of_class[a]
        up = np.bincount(u * c + k, sent / pods.total[pods.pod[u], pods.kind[u], k], n * c)
        down = np.bincount(v * c + a, taken / pods.total[pods.pod[v], a, pods.kind[v]], n * c)
        return np.asarray(up.reshape(n, c), np.float64), np.asarray(down.reshape(n, c), np.float64)

    def add(self, sends: tuple[Floats, Floats], load: Floats) -> None:
        """Add to ``load`` (A,) what ``sends`` puts on each arc."""
        pods, (up, down) = self.pods, sends
        arcs, rise, fall = pods.arcs, pods.rise, pods.fall
        for k in range(pods.above.shape[1]):
            load[rise] += arcs.part[rise] * up[arcs.tail[rise], k] * pods.below[arcs.head[rise], k]
            load[fall] += pods.above[arcs.tail[fall], k] * down[arcs.head[fall], k]

    def sums(self, along: Floats) -> tuple[Floats, Floats]:
        """Return (S, c) sums of ``along`` (A,) up from each leaf to classes, and down to each from classes, times M."""
        pods = self.pods
        arcs, rise, fall, n = pods.arcs, pods.rise, pods.fall, len(pods.leaf)
        up, down = np.zeros(pods.above.shape), np.zeros(pods.above.shape)
        for k in range(pods.above.shape[1]):
            up[:, k] = np.bincount(
                arcs.tail[rise], arcs.part[rise] * pods.below[arcs.head[rise], k] * along[rise], minlength=n
            )
            down[:, k] = np.bincount(arcs.head[fall], pods.above[arcs.tail[fall], k] * along[fall], minlength=n)
        return up, down

    def least(self, along: Floats) -> tuple[Floats, Floats]:
        """Return (S, c) the least ``along`` (A,) up from each leaf toward classes, and down to each from classes."""
        pods = self.pods
        arcs, rise, fall = pods.arcs, pods.rise, pods.fall
        up, down = np.full(pods.above.shape, np.inf), np.full(pods.above.shape, np.inf)
        for k in range(pods.above.shape[1]):
            rises, falls = rise[pods.below[arcs.head[rise], k]], fall[pods.above[arcs.tail[fall], k] > 0]
            np.minimum.at(up[:, k], arcs.tail[rises], along[rises])
            np.minimum.at(down[:, k], arcs.head[falls], along[falls])
        return up, down

    def along(self, tables: tuple[Floats, Floats], u: Ints, v: Ints, *, least: bool) -> Floats:
        """Return (n,) of each pair of leaves what its ``tables`` of ``sums`` or ``least`` say."""
        pods, (up, down) = self.pods, tables
        a, b = up[u, pods.kind[v]], down[v, pods.kind[u]]
        return np.asarray(np.minimum(a, b) if least else (a + b) / pods.total[pods.pod[u], pods.kind[u], pods.kind[v]])
