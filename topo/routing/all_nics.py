"""Relay ``spread``: what leaves a domain leaves by all of its NICs and arrives by all of the other's.

NICs pair up across two domains, island set by island set: where both have as many, the first with the
first and so on, which keeps rails apart; else each with each.  A pair of island sets carries as much as its
smaller side has NICs, evenly over its pairs.  So without failures every NIC carries the same, whoever
in its domain sends::

    endpoint    0  1  2  3            8  9 10 11
                |  |  |  |  NVLink    |  |  |  |
    NIC         0--|--|--|------------8  |  |  |     a quarter each
                   1--|--|---------------9  |  |
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from topo.routing.access import Access, refusal
from topo.routing.operator import Floats, Ints, NotConnected


@dataclass(frozen=True, eq=False)
class AllNics:
    """The NICs of every domain, by island set and number; domains with as many of each set are of one profile."""

    access: Access

    @cached_property
    def domain(self) -> Ints:
        """(E,) domains, numbered without gaps."""
        return np.unique(self.access.domain, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def nics(self) -> Ints:
        """(NICs,) endpoints with a port, domain by domain."""
        has = np.flatnonzero(self.access.islands >= 0)
        return has[np.lexsort((has, self.access.islands[has], self.domain[has]))]

    @cached_property
    def first(self) -> Ints:
        """(D + 1,) where the NICs of each domain start."""
        return np.searchsorted(self.domain[self.nics], np.arange(int(self.domain.max(initial=-1)) + 2))

    @cached_property
    def place(self) -> Ints:
        """(E,) place of each endpoint among the NICs of its domain; -1 without a port."""
        place = np.full(len(self.domain), -1, dtype=np.int64)
        place[self.nics] = np.arange(len(self.nics)) - self.first[self.domain[self.nics]]
        return place

    @cached_property
    def _profiles(self) -> tuple[Ints, Ints]:
        """Return (profiles, sets) NICs of each island set, and the profile (D,) of each domain."""
        n_sets = max(len(self.access.meets), 1)
        key = self.domain[self.nics] * n_sets + self.access.islands[self.nics]
        count = np.bincount(key, minlength=(len(self.first) - 1) * n_sets).reshape(-1, n_sets)
        profiles, of_domain = np.unique(count, axis=0, return_inverse=True)
        return profiles, of_domain.ravel().astype(np.int64)

    @property
    def n_profiles(self) -> int:
        """Number of profiles."""
        return len(self._profiles[0])

    def profile(self, end: Ints) -> Ints:
        """Return the profile of the domain of each ``end``."""
        return np.asarray(self._profiles[1][self.domain[end]])

    def nic(self, end: Ints, place: Ints) -> Ints:
        """Return (ends, places) the NICs at ``place`` of the domain of each ``end``."""
        return np.asarray(self.nics[self.first[self.domain[end]][:, np.newaxis] + place])

    def pairs(self, mine: int, theirs: int) -> tuple[Ints, Ints, Floats]:
        """Return the places of paired NICs in domains of two profiles, and the share of each pair; none without any."""
        a, b = (self._profiles[0][profile] for profile in (mine, theirs))
        start = [np.concatenate([[0], np.cumsum(side)]) for side in (a, b)]
        parts = []
        for u, v in product(np.flatnonzero(a), np.flatnonzero(b)):
            if self.access.meets[u, v]:
                i, j = (np.arange(side[at]) for side, at in ((a, u), (b, v)))
                if len(i) != len(j):
                    i, j = np.repeat(i, len(j)), np.tile(j, len(i))
                parts.append((i + start[0][u], j + start[1][v], np.full(len(i), min(a[u], b[v]) / len(i))))
        if not parts:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
        i, j, share = (np.concatenate(column) for column in zip(*parts, strict=True))
        return i, j, share / share.sum()

    def refuse(self, src: int, dst: int) -> None:
        """Raise NotConnected for two endpoints whose domains have no NICs in common."""
        raise NotConnected(refusal(self.access.network, src, dst))


def legs_by_all(access: Access, src: Ints, dst: Ints) -> tuple[Ints, Ints, Ints, Floats]:
    """Return the network legs of ``src[i] -> dst[i]`` as (row, NIC out, NIC in, share).

    Raises NotConnected with the first pair whose domains have no NICs in common.
    """
    all_nics = AllNics(access)
    key, which = np.unique(all_nics.profile(src) * all_nics.n_profiles + all_nics.profile(dst), return_inverse=True)
    parts = [(np.zeros(0, np.int64),) * 3 + (np.zeros(0),)]
    for number, kind in enumerate(key):
        row = np.flatnonzero(which == number)
        i, j, share = all_nics.pairs(*divmod(int(kind), all_nics.n_profiles))
        if not len(i):
            all_nics.refuse(int(src[row[0]]), int(dst[row[0]]))
        nic, out = all_nics.nic(src[row], i).ravel(), all_nics.nic(dst[row], j).ravel()
        parts.append((np.repeat(row, len(i)), nic, out, np.tile(share, len(row))))
    row, nic, out, share = (np.concatenate(column) for column in zip(*parts, strict=True))
    return row, nic, out, share


def not_by_all(access: Access, src: Ints, dst: Ints) -> NDArray[np.bool_]:
    """Return (P,) which pairs ``src[i] -> dst[i]`` have domains with no NICs in common."""
    all_nics = AllNics(access)
    key, which = np.unique(all_nics.profile(src) * all_nics.n_profiles + all_nics.profile(dst), return_inverse=True)
    none = [not len(all_nics.pairs(*divmod(int(kind), all_nics.n_profiles))[0]) for kind in key]
    return np.array(none, dtype=bool)[which]
