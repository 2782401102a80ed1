"""Splits between leaves of different pods, in closed form: every path is leaf -> spine -> core -> spine -> leaf.

Toward leaf v of class k a core takes flow where it has a link to spines below which v is, and a spine where it has a
link to such a core.  Classes toward which the same cores take flow share a *view*::

    share of u on u -> s           part[u, s] / M[view, u]      M sums over spines that reach a core of the view
    of what s holds on s -> c      part[s, c] / N[view, s]      N sums over cores of the view
    of what c holds on c -> t      part[c, t] / T[k, c]         T sums over spines t that have a link to class k

So leaves of class a send over each core the share ``crosses[view, a, core]``, and class k gets it by each landing, a
spine t, in the share ``lands[a, (k, t)]``.  Sums over pairs of leaves become sums over (leaf, view) and (class, leaf).
An intact tree has one class a pod and one view; n cables lost add at most n views.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from topo.lazy import sparse
from topo.routing.layers import Layers
from topo.routing.operator import Floats, Ints
from topo.routing.pods import Amounts, Mask, Pods

#: Entries of ``crosses``, 8 bytes each, up to which they are held: about 100 cables lost in a tree of radix 64.
MAX_CROSSES = 8_000_000


@dataclass(frozen=True, eq=False)
class SpineCore:
    """Loads and sums of pairs of leaves in different pods of an island, by the letters of ``Layers``; Q views."""

    layers: Layers
    view: Ints  # (K,) of each class as a destination
    sees: Mask  # (Q, C) whether a core takes flow of the view
    splits: Floats  # (Q, S) N
    total: Floats  # (Q, K) M, of leaves of each class
    drops: Floats  # (drop rows,) share of what a core holds for a class

    @classmethod
    def of_island(cls, pods: Pods, member: Mask) -> SpineCore | None:
        """Return the closed form of the switches ``member`` (S,).

        None where two spines are joined, some pods do not meet at cores, or too many views differ.
        """
        layers = Layers.of_island(pods, member)
        if layers is None:
            return None
        n, n_cores, stem, cross, drop = len(layers.pod), layers.n_cores, layers.stem, layers.cross, layers.drop
        cell = layers.landing[drop.head] * n_cores + drop.tail
        takes = np.bincount(cell, drop.part, n * n_cores)
        sees, view = np.unique(takes.reshape(n, n_cores) > 0, axis=0, return_inverse=True)
        if len(sees) * n * n_cores > MAX_CROSSES:
            return None
        splits = np.array([np.bincount(cross.tail, cross.part * row[cross.head], layers.n_spines) for row in sees])
        total = np.array([np.bincount(stem.tail, stem.part * (row > 0)[stem.head], n) for row in splits])
        found = cls(layers, view.reshape(n), sees, splits, total, drop.part / takes[cell])
        return None if found._apart() else found

    def _apart(self) -> bool:
        """Return whether leaves of some class reach no core that takes flow of a class of another pod."""
        pod = self.layers.pod
        return bool(((self.total[self.view] == 0) & (pod[:, np.newaxis] != pod)).any())

    def sends(self, out: Amounts, into: Amounts) -> tuple[Floats, Floats]:
        """Return what leaves send toward views (L, Q), and classes send to leaves (K, L).

        ``out`` is what each leaf sends to each class, ``into`` what it gets from each, of different pods.
        """
        layers, n_views = self.layers, len(self.sees)
        n, n_leaves = len(layers.pod), layers.n_leaves
        (u, k, sent), (v, a, taken) = out, into
        toward = np.bincount(layers.number[u] * n_views + self.view[layers.of_class[k]], sent, n_leaves * n_views)
        shares = np.bincount(layers.of_class[a] * n_leaves + layers.number[v], taken, n * n_leaves)
        shapes = (n_leaves, n_views), (n, n_leaves)
        return np.asarray(toward.reshape(shapes[0]), np.float64), np.asarray(shares.reshape(shapes[1]), np.float64)

    def add(self, sends: tuple[Floats, Floats], load: Floats) -> None:
        """Add to ``load`` (A,) what ``sends`` puts on each arc."""
        layers, (out, into) = self.layers, sends
        climb, cross, drop = layers.climb, layers.cross, layers.drop
        by_class = np.add.reduceat(into[:, layers.by_class], layers.first_leaf[:-1], axis=1)
        held = np.empty((len(layers.pod), layers.n_cores))
        for q in range(len(self.sees)):
            flow = out[climb.tail, q] * self._climbing(q)
            load[climb.arc] += flow
            load[cross.arc] += np.bincount(climb.head, flow, layers.n_spines)[cross.tail] * self._crossing(q)
            toward = np.flatnonzero(self.view == q)
            held[toward] = by_class[:, toward].T @ self._crosses[q]
        load += np.bincount(drop.arc, self.drops * held[layers.landing[drop.head], drop.tail], len(load))
        falls = [into[:, leaves].T @ self._lands[:, landings] for leaves, landings in layers.blocks()]
        load[layers.land.arc] += np.concatenate([fall.ravel() for fall in falls])[layers.cell]

    def sums(self, along: Floats) -> tuple[Floats, Floats]:
        """Return (L, Q) sums of ``along`` (A,) from leaves up to the cores of views, and (K, L) on down to leaves."""
        layers, n = self.layers, len(self.layers.pod)
        climb, stem, cross, drop = layers.climb, layers.stem, layers.cross, layers.drop
        up, down, middle = np.empty((layers.n_leaves, len(self.sees))), np.empty((n, layers.n_leaves)), np.empty((n, n))
        cell = layers.landing[drop.head] * layers.n_cores + drop.tail
        dropped = np.bincount(cell, self.drops * along[drop.arc], n * layers.n_cores).reshape(n, layers.n_cores)
        for q in range(len(self.sees)):
            crossed = np.bincount(cross.tail, self._crossing(q) * along[cross.arc], layers.n_spines)
            of_class = np.bincount(stem.tail, self._stems[q] * crossed[stem.head], n)
            climbed = np.bincount(climb.tail, self._climbing(q) * along[climb.arc], layers.n_leaves)
            up[:, q] = climbed + of_class[layers.of_leaf]
            toward = np.flatnonzero(self.view == q)
            middle[:, toward] = self._crosses[q] @ dropped[toward].T
        for leaves, landings, fall in layers.falls(along, 0.0):
            down[:, leaves] = self._lands[:, landings] @ fall.T
        return up, down + middle[:, layers.of_leaf]

    def least(self, along: Floats) -> tuple[Floats, Floats]:
        """Return (L, Q) and (K, L) the least ``along`` (A,) on arcs of ``sums`` that carry flow."""
        layers, n = self.layers, len(self.layers.pod)
        climb, stem, cross, drop = layers.climb, layers.stem, layers.cross, layers.drop
        up, down, middle = np.empty((layers.n_leaves, len(self.sees))), np.empty((n, layers.n_leaves)), np.empty((n, n))
        dropped = np.full((n, layers.n_cores), np.inf)
        np.minimum.at(dropped, (layers.landing[drop.head], drop.tail), along[drop.arc])
        for q, share in enumerate(self._crosses):
            used = self._crossing(q) > 0
            crossed = _least(cross.tail[used], along[cross.arc[used]], layers.n_spines)
            used = self._stems[q] > 0
            of_class = _least(stem.tail[used], crossed[stem.head[used]], n)
            used = self._climbing(q) > 0
            climbed = _least(climb.tail[used], along[climb.arc[used]], layers.n_leaves)
            up[:, q] = np.minimum(climbed, of_class[layers.of_leaf])
            for k in np.flatnonzero(self.view == q):
                middle[:, k] = np.where(share > 0, dropped[k], np.inf).min(axis=1, initial=np.inf)
        for leaves, landings, fall in layers.falls(along, np.inf):
            used = self._lands[:, np.newaxis, landings] > 0
            down[:, leaves] = np.where(used, fall, np.inf).min(axis=2, initial=np.inf)
        return up, np.minimum(down, middle[:, layers.of_leaf])

    def along(self, tables: tuple[Floats, Floats], u: Ints, v: Ints, *, least: bool) -> Floats:
        """Return (n,) of each pair of leaves what its ``tables`` of ``sums`` or ``least`` say."""
        a, b, of = self.layers.number[u], self.layers.number[v], self.layers.of_leaf
        up, down = tables[0][a, self.view[of[b]]], tables[1][of[a], b]
        return np.asarray(np.minimum(up, down) if least else up + down)

    def _climbing(self, q: int) -> Floats:
        """Return the share of what a leaf sends toward view ``q`` on each climb."""
        climb = self.layers.climb
        part = climb.part * (self.splits[q, climb.head] > 0)
        return _over(part, self.total[q, self.layers.of_leaf[climb.tail]])

    def _crossing(self, q: int) -> Floats:
        """Return the share of what a spine holds toward view ``q`` on each cross."""
        cross = self.layers.cross
        return _over(cross.part * self.sees[q, cross.head], self.splits[q, cross.tail])

    @cached_property
    def _stems(self) -> Floats:
        """(Q, stem rows) share that leaves of a class send over each spine."""
        stem = self.layers.stem
        return _over(stem.part * (self.splits[:, stem.head] > 0), self.total[:, stem.tail])

    @cached_property
    def _crosses(self) -> Floats:
        """(Q, K, C) share that leaves of a class send over each core."""
        layers, n = self.layers, len(self.layers.pod)
        stem, cross = layers.stem, layers.cross
        share = np.empty((len(self.sees), n, layers.n_cores))
        for q in range(len(self.sees)):
            on = sparse.csr_array((self._stems[q], (stem.tail, stem.head)), shape=(n, layers.n_spines))
            share[q] = (
                on
                @ sparse.csr_array((self._crossing(q), (cross.tail, cross.head)), shape=(on.shape[1], layers.n_cores))
            ).toarray()
        return share

    @cached_property
    def _lands(self) -> Floats:
        """(K, Z) share of what leaves of a class send to another that comes by each landing."""
        layers = self.layers
        share = np.empty((len(layers.pod), len(layers.landing)))
        drop = sparse.csr_array(
            (self.drops, (layers.drop.head, layers.drop.tail)), shape=(share.shape[1], layers.n_cores)
        )
        for q, crosses in enumerate(self._crosses):
            on = np.flatnonzero(self.view[layers.landing] == q)
            share[:, on] = (drop[on] @ crosses.T).T
        return share


def _over(part: Floats, whole: Floats) -> Floats:
    """Return ``part`` over ``whole``; 0 where there is no whole."""
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def _least(of: Ints, value: Floats, n: int) -> Floats:
    """Return (n,) the least ``value`` of each; infinite of none."""
    least = np.full(n, np.inf)
    np.minimum.at(least, of, value)
    return least
