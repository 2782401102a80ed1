"""Who can stand in for whom: endpoints of one scale-up domain reach the network by each other's NICs.

A domain is all endpoints on one scale-up switch, of one host or of several; an endpoint without
scale-up link is a domain of its own.  Each endpoint uses its first scale-up link.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from topo.routing.network import Network
from topo.routing.operator import Floats, Ints


@dataclass(frozen=True, eq=False)
class Access:
    """Ways of endpoints into the network, over their own ports or over scale-up links."""

    network: Network

    @cached_property
    def scale_up_link(self) -> Ints:
        """(E,) link from each endpoint to its scale-up switch; -1 without one."""
        fabric = self.network.fabric
        n = fabric.n_endpoints
        start = fabric.first[:n].astype(np.int64)
        has = np.diff(fabric.first[: n + 1]) > self.network.n_ports
        return np.where(has, start, -1)

    @property
    def domain(self) -> Ints:
        """(E,) scale-up domain of each endpoint."""
        return self.network.fabric.joined

    @cached_property
    def islands(self) -> Ints:
        """(E,) island set of each endpoint; -1 without a port."""
        of_site = np.append(self.network.site_islands[0], -1)
        return of_site[self.network.site]

    @cached_property
    def meets(self) -> NDArray[np.bool_]:
        """(sets, sets) whether two island sets have an island in common."""
        return self.network.site_islands[1]

    def meet(self, a: Ints, b: Ints) -> NDArray[np.bool_]:
        """Return whether island sets ``a`` and ``b`` have an island in common; -1 in ``b`` is any."""
        if not len(self.meets):
            return np.zeros(len(a), dtype=bool)
        return np.asarray((a >= 0) & ((b < 0) | self.meets[a, b]))

    def without(self, end: Ints, kind: Ints, islands: list[Ints]) -> Access:
        """Return the ways that are left where each endpoint ``end[i]`` has ports on ``islands[kind[i]]`` alone.

        That may be none.  No island falls apart.
        """
        rows, known = self._sets
        rows, known, number = list(rows), dict(known), []
        for there in islands:
            row = np.zeros(int(self.network.island.max(initial=-1)) + 1, dtype=np.float32)
            row[there] = 1.0
            number.append(known.setdefault(row.tobytes(), len(rows)) if len(there) else -1)
            if number[-1] == len(rows):
                rows.append(row)
        own = self.islands.copy()
        own[end] = np.array(number, dtype=np.int64)[kind]
        every = np.array(rows)
        return self._with(own, self.meets if len(rows) == len(self.meets) else every @ every.T > 0)

    def without_all(self, end: Ints) -> Access:
        """Return the ways that are left where endpoints ``end`` have no port any more."""
        own = self.islands.copy()
        own[end] = -1
        return self._with(own, self.meets)

    def _with(self, islands: Ints, meets: NDArray[np.bool_]) -> Access:
        """Return the same ways but for island sets; what the network says of other endpoints holds on."""
        left = Access(self.network)
        vars(left).update(islands=islands, meets=meets, scale_up_link=self.scale_up_link)
        return left

    @cached_property
    def _sets(self) -> tuple[list[NDArray[np.float32]], dict[bytes, int]]:
        """Return the island sets, a 1 (islands,) for each that is in it, and the number of each."""
        first, of_port = self.network.ports.first, self.network.island[self.network.ports.switch]
        member = np.zeros((len(self.meets), int(self.network.island.max(initial=-1)) + 1), dtype=np.float32)
        member[np.repeat(self.network.site_islands[0], np.diff(first)), of_port] = 1.0
        return list(member), {row.tobytes(): i for i, row in enumerate(member)}

    def ways(self, end: Ints, wanted: Ints) -> tuple[Ints, Ints, Floats, Ints]:
        """Return the NICs by which ``end[i]`` reaches island set ``wanted[i]`` (-1: any), as (row, nic, share, stuck).

        An endpoint that has a fitting port uses it; one that has not spreads evenly over the
        fitting NICs of its domain.  Row i of ``stuck`` has none.
        """
        own = self.meet(self.islands[end], wanted)
        rows = np.flatnonzero(~own)
        n_sets = len(self.meets) + 1
        key, which = np.unique(self.domain[end[rows]] * n_sets + wanted[rows] + 1, return_inverse=True)
        first, nics = self._fitting(key // n_sets, key % n_sets - 1)
        count = np.diff(first)[which]
        row = np.concatenate([np.flatnonzero(own), np.repeat(rows, count)])
        nic = np.concatenate([end[own], nics[ranges(first[:-1][which], count)]])
        share = np.concatenate([np.ones(len(end) - len(rows)), np.repeat(1.0 / np.maximum(count, 1), count)])
        return row, nic, share, rows[count == 0]

    def all_ways(self, end: Ints) -> tuple[Ints, Ints, Floats, Ints]:
        """Return all NICs of the domain of ``end[i]``, its own among them, evenly; as ``ways`` does."""
        first, nics = self._fitting(self.domain[end], np.full(len(end), -1))
        count = np.diff(first)
        row = np.repeat(np.arange(len(end)), count)
        return row, nics, 1.0 / np.maximum(count, 1)[row], np.flatnonzero(count == 0)

    @cached_property
    def kinds(self) -> tuple[Ints, Ints]:
        """Return (E,) a number for each endpoint, and an endpoint of each: equal ones have equal ways to any island.

        They have the same islands, in domains with as many NICs of each island set.
        """
        n_sets = max(len(self.meets), 1) + 1
        domain = np.unique(self.domain, return_inverse=True)[1].astype(np.int64)
        n = int(domain.max(initial=-1)) + 1
        count = np.bincount(domain * n_sets + self.islands + 1, minlength=n * n_sets).reshape(n, n_sets)
        mates = np.unique(count, axis=0, return_inverse=True)[1].ravel()
        _, example, kind = np.unique(mates[domain] * n_sets + self.islands + 1, return_index=True, return_inverse=True)
        return kind.astype(np.int64), example.astype(np.int64)

    def _fitting(self, domain: Ints, wanted: Ints) -> tuple[Ints, Ints]:
        """Return the NICs of each ``domain[i]`` that meet ``wanted[i]``, as (first, nics)."""
        order = np.argsort(self.domain, kind="stable")
        of = self.domain[order]
        start, stop = np.searchsorted(of, domain), np.searchsorted(of, domain, side="right")
        mate = order[ranges(start, stop - start)]
        row = np.repeat(np.arange(len(domain)), stop - start)
        fits = self.meet(self.islands[mate], wanted[row])
        first = np.concatenate([[0], np.cumsum(np.bincount(row[fits], minlength=len(domain)))]).astype(np.int64)
        return first, mate[fits]


def examples(number: Ints, domain: Ints, n: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Return pairs of classes and an endpoint of each, in two domains; pairs that have none are left out."""
    first = np.full(n, -1, dtype=np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]
    other = np.full(n, -1, dtype=np.int64)
    away = np.flatnonzero(domain != domain[first[number]])
    other[number[away][::-1]] = away[::-1]
    row, column = (grid.ravel() for grid in np.indices((n, n)))
    a, b = first[row], first[column]
    same = domain[a] == domain[b]
    b = np.where(same & (other[column] >= 0), other[column], b)
    a = np.where(same & (other[column] < 0) & (other[row] >= 0), other[row], a)
    fits = domain[a] != domain[b]
    return row[fits], column[fits], a[fits], b[fits]


def ranges(start: Ints, count: Ints) -> Ints:
    """Return ``start[i], start[i] + 1, ...``, ``count[i]`` of them, one run after another."""
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(start - ends + count, count) + np.arange(total)


def refusal(network: Network, src: int, dst: int) -> str:
    """Return why there is no path from ``src`` to ``dst``, and what would do."""
    fabric, pair = network.fabric, f"no path from endpoint {src} to endpoint {dst}"
    plane = fabric.plane[[src, dst]]
    lost = [e for e in (src, dst) if network.site[e] < 0]
    if lost:
        word = fabric.domain_word
        return f"{pair}: endpoint {lost[0]} has no network port, and no NIC of its {word} can stand in for it"
    if plane[0] != plane[1] and fabric.relay == "none":
        return f"{pair}: they are on planes {plane[0]} and {plane[1]}, and relay is 'none'; allow a relay"
    if plane[0] != plane[1] and (fabric.head[fabric.first[[src, dst]]] >= network.base).any():
        return f"{pair}: they are on planes {plane[0]} and {plane[1]}; give hosts a scale-up switch to relay over"
    return f"{pair}: failures split the network between them"
