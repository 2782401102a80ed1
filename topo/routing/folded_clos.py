"""Splits over folded Clos networks in closed form: what the sweep of every destination adds up to, without a sweep.

Leaves of a pod meet at spines (``leaf_spine``), leaves of different pods at cores (``spine_core``); one pod and no core
is a leaf-spine network.  A plane's traffic touches its own links only.  Whether a network is one is read off its arcs
(``pods``), so that lost cables are served as long as leaves meet where they should.

Limits.  Weights of 1, one port of a site on a plane, every two leaves of a pod below a common spine, every two pods
below cores, and no more classes and views than cost less than sweeps; all else is swept (``topo.kernels.sweep``),
which is also what tests hold it against.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from topo.islands import distinct
from topo.kernels.sweep import Arcs, Ports
from topo.routing.leaf_spine import LeafSpine
from topo.routing.operator import Floats, Ints
from topo.routing.pods import Amounts, Mask, Pods
from topo.routing.spine_core import SpineCore

#: What leaves and classes send each other: a pair of tables inside pods, and one for each island of several pods.
Sends = list[tuple[Floats, Floats]]


@dataclass(frozen=True, eq=False)
class FoldedClos:
    """A network of leaves, spines and cores; S switches, sites with a port k on an island each."""

    arcs: Arcs
    island: NDArray[np.int32]  # (S,)
    pods: Pods
    turns: LeafSpine  # between leaves of a pod
    over: dict[int, SpineCore]  # between pods, by island
    port_switch: Ints  # (sites, ports) leaf of each port; -1 where there is none
    port_part: Floats  # (sites, ports) claim of each, or its part among those that are nearest
    port_on: Ints  # (sites, islands) number of the port on each island; -1 where there is none
    claimed: bool  # whether islands have claims, which the nearest ones share no less than others

    @classmethod
    def of(cls, arcs: Arcs, ports: Ports, island: NDArray[np.int32]) -> FoldedClos | None:
        """Return the closed form of a network; None where it does not hold."""
        leaf = np.zeros(len(arcs.first) - 1, dtype=bool)
        leaf[ports.switch] = True
        sites = _sites(ports, island)
        pods = None if sites is None else Pods.of(arcs, leaf)
        if sites is None or pods is None:
            return None
        over = {}
        some = np.flatnonzero(leaf)
        of_pod = distinct(np.column_stack([island[some], pods.pod[some]]))[:, 0]
        for i in np.flatnonzero(np.bincount(of_pod) > 1).tolist():
            found = SpineCore.of_island(pods, island == i)
            if found is None:
                return None
            over[i] = found
        return cls(arcs, island, pods, LeafSpine(pods), over, *sites, claimed=len(ports.plane) > 0)

    def load(self, source: Ints, target: Ints, amount: Floats) -> Floats:
        """Return (A,) what ``amount`` (P,) from sites ``source`` to sites ``target`` puts on each arc."""
        return self._on_arcs(self._sends_of_sites(self._ways(source, target), amount))

    def added_up(self, blocks: Iterable[tuple[Ints, Ints, Floats]]) -> tuple[Floats, Floats | None, Floats | None]:
        """Return what ``blocks`` of (source, target, amount) put on each arc (A,), and shares of ports (sites, ports).

        Shares are those by which all leaves a site, and all arrives; None where they go by the other end, too.
        """
        total: Sends = []
        out, into = (_Steady(np.full(self.port_switch.shape, -1.0)) for _ in range(2))
        for source, target, amount in blocks:
            ways = self._ways(source, target)
            more = self._sends_of_sites(ways, amount)
            total = [(a + c, b + d) for (a, b), (c, d) in zip(total, more, strict=True)] if total else more
            out.see(source, ways.leaving)
            into.see(target, self._arriving(source, target, ways.leaving))
        return self._on_arcs(total), out.found, into.found

    def load_of_classes(self, out: Amounts, into: Amounts) -> Floats:
        """Return (A,) what each arc carries where leaves send to classes ``out``, and get of classes ``into``.

        Both are the same traffic, without what a leaf sends to itself.
        """
        return self._on_arcs(self._sends(out, into))

    def _sends_of_sites(self, ways: _Ways, amount: Floats) -> Sends:
        of, (u, v) = self.pods.class_of, ways.ends
        x = (amount[:, np.newaxis] * ways.leaving)[ways.crosses]
        return self._sends((u, of[v], x), (v, of[u], x))

    def _sends(self, out: Amounts, into: Amounts) -> Sends:
        rows = [[rows for _, rows in self._parts(leaf, k)] for leaf, k, _ in (out, into)]
        return [
            part.sends(_rows(out, mine), _rows(into, theirs))
            for part, mine, theirs in zip(self._every, *rows, strict=True)
        ]

    def _on_arcs(self, sends: Sends) -> Floats:
        load = np.zeros(len(self.arcs.tail))
        for part, tables in zip(self._every, sends, strict=False):
            part.add(tables, load)
        return load

    @property
    def _every(self) -> list[LeafSpine | SpineCore]:
        return [self.turns, *self.over.values()]

    def _parts(self, leaf: Ints, k: Ints) -> Iterator[tuple[LeafSpine | SpineCore, Ints]]:
        """Yield each part of the closed form, and the rows of ``leaf`` and class ``k`` that it serves."""
        near = self.pods.pod[leaf] == self.pods.pod_of_class[k]
        yield self.turns, np.flatnonzero(near)
        far = np.flatnonzero(~near)
        for i, over in self.over.items():
            yield over, far if len(self.over) == 1 else far[self.island[leaf[far]] == i]

    def pulled(self, source: Ints, target: Ints, along: Floats, *, least: bool) -> Floats:
        """Return (P,) ``along`` (A,) summed over the paths of each pair of sites by share, or the least of any."""
        ways = self._ways(source, target)
        u, v = ways.ends
        found = np.empty(len(u))
        for part, rows in self._parts(u, self.pods.class_of[v]):
            tables = part.least(along) if least else part.sums(along)
            found[rows] = part.along(tables, u[rows], v[rows], least=least)
        value = np.full(ways.leaving.shape, np.inf if least else 0.0)
        value[ways.crosses] = found
        return np.asarray(value.min(1, initial=np.inf) if least else (ways.leaving * value).sum(1))

    @cached_property
    def steady(self) -> Floats | None:
        """(sites, ports) share of all that a site sends, and gets, by each port; None where it may go by the other end.

        It does not where all sites have ports on the same islands and part traffic alike, and sites with a leaf or pod
        in common on one island have it on all.
        """
        leaf, columns = self.port_switch, range(self.port_switch.shape[1])
        if len(columns) == 1:
            return np.ones(leaf.shape)
        island = self.island[leaf]
        if (leaf < 0).any() or (island != island[:1]).any():
            return None
        near = leaf, self.pods.pod[leaf]
        if not self.claimed and not all(_same_groups(of[:, 0], of[:, k]) for of in near for k in columns):
            return None
        share = self.port_part / self.port_part.sum(axis=1, keepdims=True)
        return None if (share != share[:1]).any() else share

    def port_shares(self, source: Ints, target: Ints) -> tuple[Floats, Floats]:
        """Return (P, ports) what share of each pair leaves, and arrives, by each port."""
        leaving = self._ways(source, target).leaving
        return leaving, self._arriving(source, target, leaving)

    def _arriving(self, source: Ints, target: Ints, leaving: Floats) -> Floats:
        if leaving.shape[1] == 1:
            return leaving
        arriving = np.zeros(leaving.shape)
        row, k = np.nonzero(leaving)
        island = self.island[self.port_switch[source[row], k]]
        arriving[row, self.port_on[target[row], island]] = leaving[row, k]
        return arriving

    def _ways(self, source: Ints, target: Ints) -> _Ways:
        u = self.port_switch[source]
        arrives = np.where(u >= 0, self.port_on[target[:, None], self.island[u]], -1)
        v = np.where(arrives >= 0, self.port_switch[target[:, None], arrives], -1)
        there, pod = v >= 0, self.pods.pod
        same, near = (u == v) & there, (pod[u] == pod[v]) & there
        nearest = there
        if u.shape[1] > 1 and not self.claimed:
            for nearer in (near, same):
                nearest = np.where(nearer.any(1, keepdims=True), nearer, nearest)
        part = self.port_part[source] * nearest
        whole = part.sum(1, keepdims=True)
        leaving = np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
        return _Ways(leaving, u, v, nearest & ~same)


@dataclass(frozen=True, eq=False)
class _Ways:
    """Ports by which pairs of sites send, each (P, ports)."""

    leaving: Floats  # share of the pair that leaves by each
    u: Ints  # leaf it leaves by; -1 where there is none
    v: Ints  # leaf it arrives by
    crosses: Mask  # whether it is taken, and a spine crossed

    @property
    def ends(self) -> tuple[Ints, Ints]:
        """Leaves at both ends of those that cross a spine."""
        return self.u[self.crosses], self.v[self.crosses]


def _rows(amounts: Amounts, rows: Ints) -> Amounts:
    leaf, k, amount = amounts
    return leaf[rows], k[rows], amount[rows]


def _same_groups(one: Ints, other: Ints) -> bool:
    """Return whether rows that are equal in ``one`` (n,) are those that are equal in ``other`` (n,)."""
    pairs = distinct(np.column_stack([one, other]))
    return all(len(distinct(side)) == len(pairs) for side in pairs.T)


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
