"""D-mod-k in closed form: on a tree that lacks no cable the next hop follows from where its two ends lie.

A *pod* is leaves and spines that are joined without a core.  A tree is whole where every leaf of a pod joins every
spine of it, and every core all pods of its island::

    leaf     out where the destination is its own, else up by the position
    spine    down to the leaf in its own pod, else up by position // u1
    core     down into the pod by (position // u1) mod u2

for there all up-links of a leaf and of a spine are on shortest paths, and all links of a core into a pod.  The
position and u1, u2 are those of ``tree``.  Where cables failed, and toward endpoints on two leaves of one island,
links on shortest paths are searched (``topo.kernels.hashed``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.fabric import NodeKind
from topo.islands import changes, distinct, islands
from topo.routing.network import Network
from topo.routing.operator import Ints
from topo.routing.tree import most_up, up_links

Numbers = NDArray[np.integer[Any]]

#: Links of the longest path: up over leaf, spine and core, and down again.
LONGEST = 6


class Bundles(NamedTuple):
    """Links down, those from one switch to one target beside each other."""

    n: int  # switches
    key: Ints  # (bundles,) target n + switch, ascending
    first: Ints  # (bundles + 1,) where in ``link`` each starts
    link: Ints

    @classmethod
    def of(cls, n: int, switch: Numbers, target: Numbers, link: Ints) -> Bundles:
        """Return the bundles of each ``link`` from ``switch`` to ``target``, in the order given."""
        key = target.astype(np.int64) * n + switch
        order = np.argsort(key, kind="stable")
        opens = np.flatnonzero(changes(key[order]))
        return cls(n, key[order[opens]], np.append(opens, len(key)), link[order])

    def pick(self, switch: Numbers, target: Numbers, number: Ints) -> Ints:
        """Return the link by ``number`` modulo their count of each bundle from ``switch`` to ``target``, all (n,)."""
        at = np.searchsorted(self.key, target.astype(np.int64) * self.n + switch)
        start = self.first[at]
        return np.asarray(self.link[start + number % (self.first[at + 1] - start)])


@dataclass(frozen=True, eq=False)
class WholeTree:
    """Where links lead in a whole tree; switches are numbered from 0, leaves first, then spines and cores."""

    network: Network
    up: Ints  # (2,) most up-links of a leaf and of a spine
    n_up: Ints  # (S,) up-links of each switch, the last of its links
    pod: NDArray[np.int32]  # (S,) of each leaf and spine
    to_leaf: Bundles  # from spines
    to_pod: Bundles  # from cores

    @classmethod
    def of(cls, network: Network) -> WholeTree | None:
        """Return the tree that ``network`` is, of leaves, spines and cores alone; None where it is not whole."""
        if network.arcs.width > 2 or not _one_leaf_each(network):
            return None
        fabric, base = network.fabric, network.base
        spine, core = (int(np.searchsorted(fabric.kind, kind)) - base for kind in (NodeKind.SPINE, NodeKind.CORE))
        switch, head = fabric.tail[network.link] - base, fabric.head[network.link] - base  # sorted by head
        low = slice(0, int(np.searchsorted(head, spine)))
        high = np.flatnonzero((head < core) & (switch >= core))
        n = fabric.n_nodes - base
        pod = islands(switch[low], head[low], n)
        to_leaf = Bundles.of(n, switch[low], head[low], network.link[low])
        to_pod = Bundles.of(n, switch[high], pod[head[high]], network.link[high])
        n_up = up_links(fabric)
        tree = cls(network, most_up(fabric, n_up), n_up[base:], pod, to_leaf, to_pod)
        return tree if tree._is_whole(spine, core) else None

    def _is_whole(self, spine: int, core: int) -> bool:
        """Return whether all leaves and spines of a pod are joined, and all cores and pods of an island."""
        n, island = len(self.pod), self.network.island
        leaves, spines = (np.bincount(self.pod[part], minlength=n) for part in (slice(spine), slice(spine, core)))
        example = np.unique(self.pod[:spine], return_index=True)[1]  # a leaf of each pod
        pods, cores = (np.bincount(island[part], minlength=n) for part in (example, slice(core, n)))
        joined = np.bincount(self.pod[self.to_leaf.key // n], minlength=n)
        crossed = np.bincount(island[self.to_pod.key % n], minlength=n)
        of_spines = slice(spine, core)
        ends_up = (self.n_up[of_spines] > 0) | (pods[island[of_spines]] < 2)
        return bool(
            np.array_equal(joined, leaves * spines)
            and np.array_equal(crossed, cores * pods)
            and leaves[self.pod[of_spines]].all()
            and ends_up.all()
        )

    def walk(self, entry: Ints, exit_: Ints, position: Ints) -> NDArray[np.int32]:
        """Return (paths, LONGEST) links from the source's ``entry`` to the destination's port ``exit_``; -1 behind.

        ``position`` (paths,) is that of the destination in its plane.
        """
        fabric, base = self.network.fabric, self.network.base
        path = np.full((len(entry), LONGEST), -1, np.int32)
        path[:, 0] = entry
        to = _Ends(fabric.reverse[exit_], fabric.head[exit_] - base, position % self.up[0], position // self.up[0])
        at = fabric.head[entry] - base
        own, rows = np.flatnonzero(at == to.leaf), np.flatnonzero(at != to.leaf)
        path[own, 1] = self._out(to.out[own], to.low[own])
        path[rows, 1] = self._upward(at[rows], position[rows])
        at[rows] = fabric.head[path[rows, 1]] - base
        near = self.pod[at[rows]] == self.pod[to.leaf[rows]]
        self._descend(path[:, 2:], rows[near], at, to)
        rows = rows[~near]
        path[rows, 2] = self._upward(at[rows], to.high[rows])
        core, pod = fabric.head[path[rows, 2]] - base, self.pod[to.leaf[rows]]
        path[rows, 3] = self.to_pod.pick(core, pod, to.high[rows] % self.up[1])
        at[rows] = fabric.head[path[rows, 3]] - base
        self._descend(path[:, 4:], rows, at, to)
        return path

    def _upward(self, switch: Numbers, number: Ints) -> Ints:
        first, n = self.network.fabric.first, self.n_up[switch]
        return np.asarray(first[switch + self.network.base + 1] - n + number % n)

    def _descend(self, path: NDArray[np.int32], rows: Ints, spine: Numbers, to: _Ends) -> None:
        """Write to ``path`` (paths, 2) the links of ``rows`` from their ``spine`` (paths,) over the leaf and out."""
        low = to.low[rows]
        path[rows, 0] = self.to_leaf.pick(spine[rows], to.leaf[rows], low)
        path[rows, 1] = self._out(to.out[rows], low)

    def _out(self, link: Numbers, number: Ints) -> Numbers:
        """Return which of the links that lie beside ``link``, the first from a leaf to an endpoint, it is."""
        fabric = self.network.fabric
        if self.network.most_ports <= 1:
            return link
        tail, head = fabric.tail, fabric.head
        beside = np.ones(len(link), dtype=np.int64)
        for k in range(1, self.network.most_ports):
            next_ = np.minimum(link + k, fabric.n_links - 1)
            beside += (tail[next_] == tail[link]) & (head[next_] == head[link])
        return np.asarray(link + number % beside)


class _Ends(NamedTuple):
    """Where paths end."""

    out: Numbers  # (paths,) the link from the leaf to the endpoint, the first of those beside each other
    leaf: Numbers  # (paths,)
    low: Ints  # (paths,) position modulo the up-links of a leaf
    high: Ints  # (paths,) position divided by them


def _one_leaf_each(network: Network) -> bool:
    """Return whether ports of endpoints are on leaves alone, those of one endpoint on one leaf an island."""
    switch, n = network.ports.switch, len(network.island)
    if (network.fabric.kind[switch + network.base] != NodeKind.LEAF).any():
        return False
    site = np.repeat(np.arange(network.n_sites), np.diff(network.ports.first))
    pairs = (distinct(site * n + column[switch]) for column in (np.arange(n), network.island))
    return len({len(pair) for pair in pairs}) == 1
