"""Crowds: endpoints of a grouped demand that are alike before and after a loss of ports, so that no pair is listed.

Endpoints are alike if they are in one group, receive alike, and stand at the same place among the NICs of domains that
have as many on each island, before the loss and after it.  Only domains that lost a port, and crowds of others, count.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from topo.routing.access import Access, examples, ranges
from topo.routing.all_nics import AllNics
from topo.routing.cut import Cut
from topo.routing.flows import CrowdFlows, Flows, Members, legs_of_rows
from topo.routing.meeting import Meeting, may_use
from topo.routing.network import added
from topo.routing.operator import Floats, Ints
from topo.routing.relay import Legs, legs_left, legs_of
from traffic.demand import GroupedDemand

#: Crowds whose pairs cost more than a sweep of everything.
MOST_CROWDS = 200


@dataclass(frozen=True, eq=False)
class Crowds:
    """The endpoints of a grouped demand by what they are before any loss."""

    all_nics: AllNics
    demand: GroupedDemand
    label: Ints  # (E,) group; -1 silent
    number: Ints  # (E,) of its crowd; -1 silent

    @classmethod
    def of(cls, access: Access, demand: GroupedDemand) -> Crowds:
        """Return the crowds of ``demand``."""
        all_nics, n = AllNics(access), access.network.fabric.n_endpoints
        label, kind = np.full(n, -1, dtype=np.int64), np.zeros(n, dtype=np.int64)
        label[: demand.n_ranks], kind[: demand.n_ranks] = demand.label, demand.kind
        there, number = np.flatnonzero(label >= 0), np.full(n, -1, dtype=np.int64)
        facts = np.stack([label, kind, access.kinds[0], all_nics.place])[:, there]
        number[there] = np.unique(facts, axis=1, return_inverse=True)[1].ravel()
        return cls(all_nics, demand, label, number)

    @cached_property
    def count(self) -> Ints:
        """(crowds,) members of each."""
        return np.bincount(self.number[self.number >= 0]).astype(np.int64)

    @cached_property
    def in_order(self) -> tuple[Ints, Ints]:
        """Endpoints crowd by crowd, and where those of each start."""
        order = np.argsort(self.number, kind="stable")
        return order, np.searchsorted(self.number[order], np.arange(len(self.count) + 1))

    def meeting(self, cut: Cut) -> Meeting | None:
        """Return what may go by endpoints that ``cut`` takes ports of; None where they are of too many crowds."""
        if not len(cut.end):
            return Meeting.none()
        split = _Split.of(self, cut)
        if split.n > MOST_CROWDS:
            return None
        access, relay = self.all_nics.access, self.all_nics.access.network.fabric.relay
        a, b, src, dst = split.pairs()
        rows = np.flatnonzero(may_use(access, cut.end, src, dst))
        a, b, src, dst = a[rows], b[rows], src[rows], dst[rows]
        before = legs_of(access, src, dst, relay)
        after, none = legs_left(cut.access, src, dst, relay)
        every = np.zeros(0, dtype=np.int64)
        lost = split.flows(a[none], b[none], legs_of_rows(before, none), every) if len(none) else Flows.none()
        return Meeting(split.flows(a, b, before, every), split.flows(a, b, after, none), lost)


@dataclass(frozen=True, eq=False)
class _Split:
    """Crowds of which none is partly in a domain that lost ports: K in all, of endpoints that such domains send to."""

    crowds: Crowds
    near: Ints  # endpoints of domains that lost ports
    number: Ints  # (E,) crowd; -1 of those that take no part
    n: int
    first_near: int  # the crowds from here on are of such domains

    @classmethod
    def of(cls, crowds: Crowds, cut: Cut) -> _Split:
        """Return the crowds of the endpoints of domains that ``cut`` takes ports of, and those of all they meet."""
        domain = crowds.all_nics.domain
        hit = np.zeros(int(domain.max(initial=-1)) + 1, dtype=bool)
        hit[domain[cut.end]] = True
        inside = hit[domain]
        near = np.flatnonzero(inside & (crowds.label >= 0))
        pattern = _patterns(crowds.all_nics, cut, np.flatnonzero(hit))
        key, number_near = np.unique(
            np.stack([crowds.number[near], pattern[domain[near]]]), axis=1, return_inverse=True
        )
        meets = np.zeros(int(crowds.label.max(initial=0)) + 1, dtype=bool)
        meets[crowds.label[near]] = True
        example = crowds.in_order[0][crowds.in_order[1][:-1]]
        left = crowds.count - np.bincount(crowds.number[near], minlength=len(crowds.count))
        far = np.flatnonzero((left > 0) & meets[crowds.label[example]])
        renumbered = np.full(len(crowds.count) + 1, -1, dtype=np.int64)
        renumbered[far] = np.arange(len(far))
        number = renumbered[crowds.number]
        number[inside] = -1
        number[near] = len(far) + number_near.ravel()
        return cls(crowds, near, number, len(far) + key.shape[1], len(far))

    @property
    def domain(self) -> Ints:
        """(E,) domains, numbered without gaps."""
        return self.crowds.all_nics.domain

    @cached_property
    def there(self) -> Ints:
        """Endpoints that take part."""
        return np.flatnonzero(self.number >= 0)

    def pairs(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Return crowds that meet, one of them in a domain that lost ports, and an endpoint of each, in two domains."""
        there = self.there
        a, b, src, dst = examples(self.number[there], self.domain[there], self.n)
        label = self.crowds.label[there]
        rows = np.flatnonzero(((a >= self.first_near) | (b >= self.first_near)) & (label[src] == label[dst]))
        return a[rows], b[rows], there[src[rows]], there[dst[rows]]

    def flows(self, a: Ints, b: Ints, legs: Legs, none: Ints) -> CrowdFlows:
        """Return what crowds ``a[i]`` send to ``b[i]`` by ``legs`` of row i; rows ``none`` have none of them."""
        place, most = self.crowds.all_nics.place, self._most
        sends, s = np.unique(a[legs.row] * most + place[legs.nic], return_inverse=True)
        gets, r = np.unique(b[legs.row] * most + place[legs.out], return_inverse=True)
        order, first = self._in_order
        demand = self.crowds.demand
        size = legs.share * demand.size[demand.kind[order[first[b[legs.row]]]]]
        bytes_ = added(r * len(sends) + s, size, len(gets) * len(sends)).reshape(len(gets), len(sends))
        left = np.setdiff1d(np.arange(len(a)), none)
        inside = self._inside(a, b, legs, size)
        return CrowdFlows(self._members(sends), self._members(gets), bytes_, inside, self._count(a[left], b[left]))

    @cached_property
    def _most(self) -> int:
        return int(self.crowds.all_nics.place.max(initial=0)) + 1

    @cached_property
    def _in_order(self) -> tuple[Ints, Ints]:
        """Endpoints that take part, crowd by crowd, and where those of each start."""
        order = self.there[np.argsort(self.number[self.there], kind="stable")]
        return order, np.searchsorted(self.number[order], np.arange(self.n + 1))

    def _members(self, key: Ints) -> Members:
        """Return the members of the crowd and place of each ``key``."""
        order, first = self._in_order
        crowd, place = np.divmod(key, self._most)
        count = first[crowd + 1] - first[crowd]
        end = order[ranges(first[crowd], count)]
        return Members(
            np.repeat(np.arange(len(key)), count),
            end,
            self._nic(end, np.repeat(place, count)),
            len(key),
            int(np.searchsorted(crowd, self.first_near)),
        )

    def _nic(self, end: Ints, place: Ints) -> Ints:
        all_nics = self.crowds.all_nics
        return np.asarray(all_nics.nics[all_nics.first[all_nics.domain[end]] + place])

    @cached_property
    def _mates(self) -> tuple[Ints, Ints]:
        """All ordered pairs of endpoints of one domain that lost ports, each with itself too."""
        order = self.near[np.argsort(self.domain[self.near], kind="stable")]
        of = self.domain[order]
        start, stop = (np.searchsorted(of, of, side=side) for side in ("left", "right"))
        return np.repeat(order, stop - start), order[ranges(start, stop - start)]

    def _inside(self, a: Ints, b: Ints, legs: Legs, size: Floats) -> Flows:
        """Return the pairs of mates that rows of crowds ``a[i]``, ``b[i]`` count, by the legs that they would take."""
        src, dst = self._mates
        row, mate = _matches(a * self.n + b, self.number[src] * self.n + self.number[dst])
        leg, pair = _matches(legs.row, row)
        src, dst, place = src[mate], dst[mate], self.crowds.all_nics.place
        nic, out = self._nic(src[pair], place[legs.nic[leg]]), self._nic(dst[pair], place[legs.out[leg]])
        return Flows(src, dst, np.ones(len(src)), np.zeros(len(src), np.int64), Legs(pair, nic, out, size[leg]))

    def _count(self, a: Ints, b: Ints) -> float:
        """Return how many pairs of different domains crowds ``a[i]`` and ``b[i]`` have."""
        size = np.diff(self._in_order[1])
        src, dst = self._mates
        inside = len(_matches(a * self.n + b, self.number[src] * self.n + self.number[dst])[0])
        return float((size[a] * size[b]).sum() - inside)


def _matches(mine: Ints, theirs: Ints) -> tuple[Ints, Ints]:
    """Return all pairs of a row of ``mine`` and one of ``theirs`` that are equal; rows of ``theirs`` ascend."""
    order = np.argsort(mine, kind="stable")
    start, stop = (np.searchsorted(mine[order], theirs, side=side) for side in ("left", "right"))
    return order[ranges(start, stop - start)], np.repeat(np.arange(len(theirs)), stop - start)


def _patterns(all_nics: AllNics, cut: Cut, domains: Ints) -> Ints:
    """Return (domains in all,) a number for what is left of the NICs of each of ``domains``; 0 for others."""
    count = all_nics.first[domains + 1] - all_nics.first[domains]
    nic = all_nics.nics[ranges(all_nics.first[domains], count)]
    table = np.full((len(domains), int(count.max(initial=0))), -2, dtype=np.int64)
    table[np.repeat(np.arange(len(domains)), count), all_nics.place[nic]] = cut.access.islands[nic]
    result = np.zeros(int(all_nics.domain.max(initial=-1)) + 1, dtype=np.int64)
    result[domains] = np.unique(table, axis=0, return_inverse=True)[1].ravel()
    return result
