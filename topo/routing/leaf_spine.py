"""Splits over leaf-spine networks in closed form: what the sweep of every destination adds up to, without a sweep.

Where every path between leaves is leaf -> spine -> leaf, the share of u -> v that passes spine s is known at once::

    share = part[u, s] / M[u, v]  if s has a link to v,    M[u, v] = sum of part[u, s] over such spines

Leaves with equal bundles and equal spines below them form a class; M depends on classes alone, so that the load of an
up link is a sum over classes of destinations, that of a down link over classes of sources.  An intact plane has one
class, one with n cables lost at most 2 n + 1.  A plane's traffic touches its own links only.

Limits.  Weights of 1, one port of a site on a plane, every two leaves of a plane below a common spine, and no more
than MAX_CLASSES classes; all else is swept (``topo.kernels.sweep``), which is also what tests hold it against.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from topo.islands import distinct
from topo.kernels.sweep import Arcs, Ports
from topo.routing.operator import Floats, Ints
from topo.rows import Rows

#: Classes of leaves up to which sums over them are cheaper than sweeps.
MAX_CLASSES = 256

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LeafSpine:
    """A network of leaves and spines in classes; S switches, C classes, sites with a port k on an island each."""

    arcs: Arcs
    island: NDArray[np.int32]  # (S,)
    kind: Ints  # (S,) class of a leaf; -1 of a spine
    above: Floats  # (C, S) part of a leaf's split over each spine, 0 where it has no link
    below: Mask  # (C, S) whether a spine has a link to leaves of the class
    total: Floats  # (C, C) M of sources and destinations; 0 on different islands
    port_switch: Ints  # (sites, ports) leaf of each port; -1 where there is none
    port_part: Floats  # (sites, ports) claim of each, or its part among those that are nearest
    port_on: Ints  # (sites, islands) number of the port on each island; -1 where there is none
    claimed: bool  # whether islands have claims, which the nearest ones share no less than others

    @classmethod
    def of(cls, arcs: Arcs, ports: Ports, island: NDArray[np.int32]) -> LeafSpine | None:
        """Return a network in classes; None where the closed form does not hold."""
        leaf = np.zeros(len(arcs.first) - 1, dtype=bool)
        leaf[ports.switch] = True
        if arcs.width != 2 or not len(arcs.tail) or (leaf[arcs.tail] & leaf[arcs.head]).any() or _twice(arcs):
            return None
        classes = _classes(arcs, leaf)
        if classes is None:
            return None
        of, above, below = classes
        row, spine = np.nonzero(above)
        total = np.asarray(Rows.of(above[row, spine], row, spine, above.shape) @ below.astype(np.float64).T)
        if _apart(total, of[leaf], island[leaf]):
            return None
        sites = _sites(ports, island)
        return (
            None if sites is None else cls(arcs, island, of, above, below, total, *sites, claimed=len(ports.plane) > 0)
        )

    def load(self, source: Ints, target: Ints, amount: Floats) -> Floats:
        """Return (A,) what ``amount`` (P,) from sites ``source`` to sites ``target`` puts on each arc."""
        leaving, ways, crosses = self._ways(source, target)
        return self._on_arcs(self._sent(leaving, ways, crosses, amount))

    def added_up(self, blocks: Iterable[tuple[Ints, Ints, Floats]]) -> tuple[Floats, Floats | None, Floats | None]:
        """Return what ``blocks`` of (source, target, amount) put on each arc (A,), and shares of ports (sites, ports).

        Shares are those by which all leaves a site, and all arrives; None where they go by the other end, too.
        """
        sent = np.zeros((2, len(self.kind), len(self.total)))
        out, into = (_Steady(np.full(self.port_switch.shape, -1.0)) for _ in range(2))
        for source, target, amount in blocks:
            leaving, ways, crosses = self._ways(source, target)
            sent += self._sent(leaving, ways, crosses, amount)
            out.see(source, leaving)
            into.see(target, self._arriving(source, target, leaving))
        return self._on_arcs(sent), out.found, into.found

    def _sent(self, leaving: Floats, ways: tuple[Ints, Ints], crosses: Mask, amount: Floats) -> Floats:
        """Return (2, S, C) what leaf u sends to each class, and leaf v gets from each, over M."""
        n, n_classes = len(self.kind), len(self.total)
        u, v = (leaf[crosses] for leaf in ways)
        x = (amount[:, None] * leaving)[crosses] / self.total[self.kind[u], self.kind[v]]
        up = np.bincount(u * n_classes + self.kind[v], x, n * n_classes)
        down = np.bincount(v * n_classes + self.kind[u], x, n * n_classes)
        return np.asarray(np.stack([up, down]).reshape(2, n, n_classes), dtype=np.float64)

    def _on_arcs(self, sent: Floats) -> Floats:
        up, down = sent
        load = np.zeros(len(self.arcs.tail))
        for c, arc, rises in self._arcs_of_classes:
            tail, head = self.arcs.tail[arc], self.arcs.head[arc]
            rising = self.arcs.part[arc] * up[tail, c] * self.below[c, head]
            load[arc] += np.where(rises, rising, self.above[c, tail] * down[head, c])
        return load

    def pulled(self, source: Ints, target: Ints, along: Floats, *, least: bool) -> Floats:
        """Return (P,) ``along`` (A,) summed over the paths of each pair of sites by share, or the least of any."""
        leaving, (u, v), crosses = self._ways(source, target)
        if not least:
            up, down = self._sums(along)
            value = np.zeros(leaving.shape)
            a, b = u[crosses], v[crosses]
            value[crosses] = (up[a, self.kind[b]] + down[b, self.kind[a]]) / self.total[self.kind[a], self.kind[b]]
            return np.asarray((leaving * value).sum(1))
        up, down = self._least(along)
        value = np.full(leaving.shape, np.inf)
        a, b = u[crosses], v[crosses]
        value[crosses] = np.minimum(up[a, self.kind[b]], down[b, self.kind[a]])
        return np.asarray(value.min(1, initial=np.inf))

    def _sums(self, along: Floats) -> tuple[Floats, Floats]:
        """Return (S, C) sums of ``along`` up from each leaf to classes, and down to each leaf from classes, times M."""
        n, n_classes = len(self.kind), len(self.total)
        up, down = np.zeros((n, n_classes)), np.zeros((n, n_classes))
        for c, arc, rises in self._arcs_of_classes:
            tail, head = self.arcs.tail[arc], self.arcs.head[arc]
            sent = np.where(rises, self.arcs.part[arc] * self.below[c, head], 0.0) * along[arc]
            up[:, c] += np.bincount(tail, sent, n)
            down[:, c] += np.bincount(head, np.where(rises, 0.0, self.above[c, tail]) * along[arc], n)
        return up, down

    def _least(self, along: Floats) -> tuple[Floats, Floats]:
        """Return (S, C) the least ``along`` up from each leaf toward classes, and down to each leaf from classes."""
        n, n_classes = len(self.kind), len(self.total)
        up, down = np.full((n, n_classes), np.inf), np.full((n, n_classes), np.inf)
        for c, arc, rises in self._arcs_of_classes:
            tail, head = self.arcs.tail[arc], self.arcs.head[arc]
            rising, falling = rises & self.below[c, head], ~rises & (self.above[c, tail] > 0)
            np.minimum.at(up[:, c], tail[rising], along[arc[rising]])
            np.minimum.at(down[:, c], head[falling], along[arc[falling]])
        return up, down

    def port_shares(self, source: Ints, target: Ints) -> tuple[Floats, Floats]:
        """Return (P, ports) what share of each pair leaves, and arrives, by each port."""
        leaving, _, _ = self._ways(source, target)
        return leaving, self._arriving(source, target, leaving)

    def _arriving(self, source: Ints, target: Ints, leaving: Floats) -> Floats:
        if leaving.shape[1] == 1:
            return leaving
        arriving = np.zeros(leaving.shape)
        row, k = np.nonzero(leaving)
        island = self.island[self.port_switch[source[row], k]]
        arriving[row, self.port_on[target[row], island]] = leaving[row, k]
        return arriving

    def _ways(self, source: Ints, target: Ints) -> tuple[Floats, tuple[Ints, Ints], Mask]:
        """Return (P, ports) shares that leave by each port, leaves at both ends, and where a spine is crossed."""
        u = self.port_switch[source]
        arrives = np.where(u >= 0, self.port_on[target[:, None], self.island[u]], -1)
        v = np.where(arrives >= 0, self.port_switch[target[:, None], arrives], -1)
        there, same = v >= 0, (u == v) & (v >= 0)
        nearest = np.where(same.any(1, keepdims=True) & (not self.claimed), same, there)
        part = self.port_part[source] * nearest
        whole = part.sum(1, keepdims=True)
        leaving = np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
        return leaving, (u, v), nearest & ~same

    @cached_property
    def _arcs_of_classes(self) -> list[tuple[int, Ints, Mask]]:
        """Return each class with the arcs of its island, and which of them rise to a spine."""
        arcs, n_classes, leaf = self.arcs, len(self.total), self.kind >= 0
        where = self.island[arcs.tail]
        order = np.argsort(where, kind="stable")
        order = order[leaf[arcs.tail[order]] != leaf[arcs.head[order]]]  # others are on no path between leaves
        edges = np.searchsorted(where[order], np.arange(int(self.island.max()) + 2))
        rises = leaf[arcs.tail]
        mine = np.zeros(n_classes, dtype=np.int64)
        mine[self.kind[leaf]] = self.island[leaf]
        slices = [order[edges[i] : edges[i + 1]] for i in mine]
        return [(c, arc, rises[arc]) for c, arc in enumerate(slices)]


@dataclass
class _Steady:
    """Shares (sites, ports) that are the same in every row seen of a site; -1 where none was seen."""

    share: Floats
    same: bool = True

    def see(self, site: Ints, share: Floats) -> None:
        """Take note of shares (P, ports) of ``site`` (P,)."""
        new = self.share[site, 0] < 0
        self.share[site[new]] = share[new]
        self.same = self.same and np.array_equal(self.share[site], share)

    @property
    def found(self) -> Floats | None:
        """The shares; None where those of a site differ."""
        return np.maximum(self.share, 0.0) if self.same else None


def _twice(arcs: Arcs) -> bool:
    """Return whether two arcs join the same switches the same way; those of a head come sorted by tail."""
    return bool(((arcs.tail[1:] == arcs.tail[:-1]) & (arcs.head[1:] == arcs.head[:-1])).any())


def _apart(total: Floats, of: Ints, island: NDArray[np.int32]) -> bool:
    """Return whether two leaves of one island have no spine in common."""
    _, example, members = np.unique(of, return_index=True, return_counts=True)
    meet = island[example][:, None] == island[example]
    np.fill_diagonal(meet, members > 1)
    return bool((meet & (total == 0)).any())


def _classes(arcs: Arcs, leaf: Mask) -> tuple[Ints, Floats, Mask] | None:
    """Return class of each switch, parts above and spines below of each class; None where there are too many."""
    n = len(leaf)
    rises, falls = leaf[arcs.tail] & ~leaf[arcs.head], leaf[arcs.head] & ~leaf[arcs.tail]
    above = Rows.of(arcs.part[rises], arcs.tail[rises], arcs.head[rises], (n, n))
    below = Rows.of(np.ones(int(falls.sum())), arcs.head[falls], arcs.tail[falls], (n, n))
    name = np.random.default_rng(0).random((2, n))
    leaves = np.flatnonzero(leaf)
    looks = np.stack([above @ name[0], below @ name[1]], axis=1)[leaves]
    _, example, number = np.unique(looks, axis=0, return_index=True, return_inverse=True)
    if len(example) > MAX_CLASSES:
        return None
    of = np.full(n, -1, dtype=np.int64)
    of[leaves] = number.ravel()
    up, down = (_of_rows(rows, leaves[example]) for rows in (above, below))
    alike = _alike(above, up, of, leaves) and _alike(below, down, of, leaves)
    return (of, up, down > 0) if alike else None


def _of_rows(rows: Rows, chosen: Ints) -> Floats:
    """Return (C, S) the rows that are ``chosen``, in that order, with their zeros."""
    rising, place = np.unique(chosen, return_inverse=True)
    return np.asarray(rows.block(rising).toarray()[place])


def _alike(rows: Rows, known: Floats, of: Ints, leaves: Ints) -> bool:
    """Return whether every leaf has the row of its class: sums that agree by chance would give wrong loads."""
    count = np.diff(rows.indptr)
    owner = np.repeat(np.arange(rows.shape[0]), count)
    same = known[of[owner], rows.indices] == rows.data
    return bool(same.all() and (count[leaves] == np.count_nonzero(known, axis=1)[of[leaves]]).all())


def _sites(ports: Ports, island: NDArray[np.int32]) -> tuple[Ints, Floats, Ints] | None:
    """Return leaf and part of each port of a site, and its port on each island; None where two are on one."""
    most = int(np.diff(ports.first).max(initial=0))
    if (ports.weight != 1).any():
        return None
    count = np.diff(ports.first)
    owner = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(owner)) - np.repeat(ports.first[:-1], count)
    switch = np.full((len(count), most), -1, dtype=np.int64)
    part = np.zeros((len(count), most))
    switch[owner, place], part[owner, place] = ports.switch, ports.claim if len(ports.plane) else ports.part
    on = np.full((len(count), int(island.max(initial=0)) + 1), -1, dtype=np.int64)
    where = island[ports.switch]
    if len(distinct(owner * on.shape[1] + where)) < len(owner):
        return None
    on[owner, where] = place
    return switch, part, on
