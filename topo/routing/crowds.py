"""Crowds: endpoints of a grouped demand that are alike before and after a loss of ports, so that no pair is listed.

Endpoints are alike if they are in one group, receive alike, and stand at the same place among the NICs of domains that
have as many on each island, before the loss and after it.  Only domains that lost a port, and crowds of others, count.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from topo.kernels.crowds import AFTER, BEFORE, LOST, Members, keys, meetings, room_inside
from topo.kernels.relay import RELAYS, Islands, Nics, found
from topo.routing.access import ranges
from topo.routing.all_nics import AllNics
from topo.routing.cut import Cut
from topo.routing.flows import CrowdFlows, Gathering
from topo.routing.meeting import Meeting
from topo.routing.operator import Floats, Ints
from traffic.demand import GroupedDemand

#: Crowds whose pairs cost more than a sweep of everything.
MOST_CROWDS = 200


@dataclass(frozen=True, eq=False)
class Crowds:
    """The endpoints of a grouped demand by what they are before any loss."""

    all_nics: AllNics
    demand: GroupedDemand
    intact: Cut
    label: Ints  # (E,) group; -1 silent
    number: Ints  # (E,) of its crowd; -1 silent

    @classmethod
    def of(cls, intact: Cut, demand: GroupedDemand) -> Crowds:
        """Return the crowds of ``demand``."""
        access = intact.access
        all_nics, n = AllNics(access), access.network.fabric.n_endpoints
        label, kind = np.full(n, -1, dtype=np.int64), np.zeros(n, dtype=np.int64)
        label[: demand.n_ranks], kind[: demand.n_ranks] = demand.label, demand.kind
        there, number = np.flatnonzero(label >= 0), np.full(n, -1, dtype=np.int64)
        facts = np.stack([label, kind, access.kinds[0], all_nics.place])[:, there]
        number[there] = np.unique(facts, axis=1, return_inverse=True)[1].ravel()
        return cls(all_nics, demand, intact, label, number)

    @cached_property
    def count(self) -> Ints:
        """(crowds,) members of each."""
        return np.bincount(self.number[self.number >= 0]).astype(np.int64)

    @cached_property
    def _groups(self) -> int:
        return int(self.label.max(initial=0)) + 1

    @cached_property
    def group(self) -> Ints:
        """(crowds,) group of each."""
        result = np.zeros(len(self.count), dtype=np.int64)
        there = self.number >= 0
        result[self.number[there]] = self.label[there]
        return result

    @cached_property
    def size(self) -> Floats:
        """(E,) [bytes] that each endpoint gets of each one that sends to it."""
        result = np.zeros(len(self.label))
        result[: self.demand.n_ranks] = self.demand.size[self.demand.kind]
        return result

    @cached_property
    def nics(self) -> Nics:
        """NICs and endpoints of every domain."""
        a = self.all_nics
        ends = np.argsort(a.domain, kind="stable")
        first = np.searchsorted(a.domain[ends], np.arange(len(a.first)))
        return Nics(a.domain, a.first, a.nics, a.place, ends, first, int(np.diff(a.first).max(initial=1)))

    def meeting(self, cut: Cut) -> Meeting | None:
        """Return what may go by endpoints that ``cut`` takes ports of; None where they are of too many crowds."""
        if not len(cut.end):
            return Meeting.none(cut)
        members = self._members(cut)
        if members is None:
            return None
        gathering, lost = self._gathered(cut, members)
        before, gone = (CrowdFlows(gathering, which, self.intact) for which in (BEFORE, LOST))
        return Meeting(before, CrowdFlows(gathering, AFTER, cut), gone, lost)

    def _gathered(self, cut: Cut, members: Members) -> tuple[Gathering, float]:
        """Return what ``members`` send to each other, and how many ordered pairs have no way left."""
        nics, access = self.nics, self.intact.access
        n, hit = (len(members.first) - 1) * nics.most, np.zeros(len(self.number), dtype=bool)
        hit[cut.end] = True
        before, after = (Islands(one.islands, one.meets) for one in (access, cut.access))
        relay, used, room = RELAYS[access.network.fabric.relay], 0, 0
        fits = 4 * nics.most * int(members.first[-1] - members.first[members.near])  # some legs, as a rule
        while used > room or not room:
            room = max(used, fits, 1)
            k, table, inside = keys(n), np.empty((3, n, n)), room_inside(room)
            used = meetings(nics, members, before, after, relay, hit, found(nics.most), k, table, inside)
        return Gathering(nics, members, k, table, inside, used), float(k.lost[0])

    def _members(self, cut: Cut) -> Members | None:
        """Return crowds of which none is partly in a domain that ``cut`` takes ports of: those of such domains come
        last, before them those of other domains that they send to.  None where they are too many.
        """
        domain = self.all_nics.domain
        hit = np.zeros(len(self.all_nics.first) - 1, dtype=bool)
        hit[domain[cut.end]] = True
        inside = hit[domain]
        near = np.flatnonzero(inside & (self.label >= 0))
        pattern = _patterns(self.all_nics, cut, np.flatnonzero(hit))
        key = self.number[near] * (int(pattern.max(initial=0)) + 1) + pattern[domain[near]]
        some, number_near = np.unique(key, return_inverse=True)
        meets = np.zeros(self._groups, dtype=bool)
        meets[self.label[near]] = True
        left = self.count - np.bincount(self.number[near], minlength=len(self.count))
        far = np.flatnonzero((left > 0) & meets[self.group])
        if len(far) + len(some) > MOST_CROWDS:
            return None
        renumbered = np.full(len(self.count) + 1, -1, dtype=np.int64)
        renumbered[far] = np.arange(len(far))
        number = renumbered[self.number]
        number[inside] = -1
        number[near] = len(far) + number_near
        end = np.argsort(number.astype(np.int16), kind="stable")  # so short ones are sorted by counting
        first = np.searchsorted(number[end], np.arange(len(far) + len(some) + 1))
        one = end[np.minimum(first[:-1], len(end) - 1)]
        return Members(end, first, number, len(far), self.label[one], self.size[one])


def _patterns(all_nics: AllNics, cut: Cut, domains: Ints) -> Ints:
    """Return (domains in all,) a number for what is left of the NICs of each of ``domains``; 0 for others."""
    count = all_nics.first[domains + 1] - all_nics.first[domains]
    nic = all_nics.nics[ranges(all_nics.first[domains], count)]
    table = np.full((len(domains), int(count.max(initial=0))), -2, dtype=np.int64)
    table[np.repeat(np.arange(len(domains)), count), all_nics.place[nic]] = cut.access.islands[nic]
    result, known = np.zeros(len(all_nics.first) - 1, dtype=np.int64), dict[bytes, int]()
    result[domains] = [known.setdefault(row.tobytes(), len(known)) for row in table]
    return result
