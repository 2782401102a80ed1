"""Terms of a grouped demand: groups of senders and receivers that meet in the network.

A term is a group and a set of planes: senders that have no port there appear at their neighbours' NICs.
Every sender of a term brings its weight to every receiver of it, so that what goes from NIC to NIC is a
product of two sides and no pair is listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from topo.routing.access import Access, ranges, refusal
from topo.routing.all_nics import AllNics
from topo.routing.network import Network
from topo.routing.operator import Floats, Ints, NotConnected
from topo.routing.relay import legs_by_side
from traffic.demand import GroupedDemand


@dataclass(frozen=True, eq=False)
class Side:
    """One side of the terms, row by row: ``end`` uses ``nic`` with ``weight`` in ``term``."""

    term: Ints
    nic: Ints
    end: Ints
    weight: Floats

    @staticmethod
    def joined(parts: list[Side]) -> Side:
        """Return all rows of ``parts``."""
        return Side(*(np.concatenate([getattr(p, key) for p in parts]) for key in ("term", "nic", "end", "weight")))

    @staticmethod
    def none() -> Side:
        """Return no rows."""
        empty = np.zeros(0, dtype=np.int64)
        return Side(empty, empty, empty, np.zeros(0))

    def times(self, factor: Floats) -> Side:
        """Return the rows with weights times ``factor`` (E,) of their ends, without those that weigh nothing."""
        weight = self.weight * factor[self.end]
        rows = np.flatnonzero(weight)
        return Side(self.term[rows], self.nic[rows], self.end[rows], weight[rows])

    def shifted(self, by: int, scale: float = 1.0) -> Side:
        """Return the rows with term numbers raised by ``by`` and weights times ``scale``."""
        return Side(self.term + by, self.nic, self.end, self.weight * scale)


def on_endpoints(network: Network, demand: GroupedDemand) -> tuple[Ints, Floats]:
    """Return the label (E,) of every endpoint, -1 where silent, and (F, E) 1 where it receives the commodity."""
    label = np.full(network.fabric.n_endpoints, -1, dtype=np.int64)
    label[: demand.n_ranks] = demand.label
    each = np.zeros((demand.n_commodities, len(label)))
    each[:, : demand.n_ranks] = demand.receives
    return label, each


def terms(access: Access, label: Ints, relay: str) -> tuple[Side, Side, int]:
    """Return senders, receivers and the number of terms; ``label`` (E,) is -1 where silent."""
    if relay == "spread":
        return _terms_by_all(access, label)
    strict = relay == "none"
    if relay in ("source", "none"):
        return _side_terms(access, label, strict=strict)
    receivers, senders, n = _side_terms(access, label, strict=False)  # all-to-all read backwards
    if relay == "destination":
        return senders, receivers, n
    a, b, m = _side_terms(access, label, strict=False)
    both = Side.joined([a.shifted(0, 0.5), senders.shifted(m, 0.5)])
    return both, Side.joined([b, receivers.shifted(m)]), m + n


def _terms_by_all(access: Access, label: Ints) -> tuple[Side, Side, int]:
    """Return the terms of relay ``spread``: one a group, a pair of profiles and a pair of their NICs."""
    all_nics, member = AllNics(access), np.flatnonzero(label >= 0)
    profile, n_terms = all_nics.profile(member), 0
    sides: tuple[list[Side], list[Side]] = ([], [])
    for mine, theirs in product(np.unique(profile).tolist(), repeat=2):
        i, j, share = all_nics.pairs(mine, theirs)
        ends = member[profile == mine], member[profile == theirs]
        if not len(i):
            _refuse_apart(all_nics, label, *ends)
        for side, end, place, weight in zip(sides, ends, (i, j), (share, np.ones(len(j))), strict=True):
            term = n_terms + label[end][:, np.newaxis] * len(i) + np.arange(len(i))
            nic = all_nics.nic(end, place).ravel()
            side.append(Side(term.ravel(), nic, np.repeat(end, len(i)), np.tile(weight, len(end))))
        n_terms += (int(label.max(initial=0)) + 1) * len(i)
    return Side.joined(sides[0]), Side.joined(sides[1]), n_terms


def _refuse_apart(all_nics: AllNics, label: Ints, senders: Ints, receivers: Ints) -> None:
    for end in senders:
        others = receivers[(label[receivers] == label[end]) & (all_nics.domain[receivers] != all_nics.domain[end])]
        if len(others):
            all_nics.refuse(int(end), int(others[0]))


def _side_terms(access: Access, label: Ints, *, strict: bool) -> tuple[Side, Side, int]:
    """Return the terms with the relay at the senders: one for each group and island set of receivers.

    Pairs that these do not serve, because one side lost ports, have terms of their own.
    """
    serves = _serves(access, strict=strict)
    senders, receivers, n = _own_terms(access, label, serves)
    if serves.all() and (access.islands[label >= 0] >= 0).all():
        return senders, receivers, n
    entries = _Entries.of(access, label)
    a, b = entries.pairs()
    other = ~_served(access, serves, entries.example[a], entries.example[b])
    if not other.any():
        return senders, receivers, n
    more_senders, more_receivers, more = _other_terms(entries, a[other], b[other], strict=strict)
    joined = Side.joined([senders, more_senders.shifted(n)]), Side.joined([receivers, more_receivers.shifted(n)])
    return *joined, n + more


def _serves(access: Access, *, strict: bool) -> NDArray[np.bool_]:
    """Return (kinds, island sets) whether endpoints of a kind have a NIC in their domain that meets a set.

    Where it is ``strict`` those with a port have no other.
    """
    example, n_sets = access.kinds[1], len(access.network.site_islands[1])
    end, wanted = np.repeat(example, n_sets), np.tile(np.arange(n_sets), len(example))
    serves = np.ones(len(end), dtype=bool)
    serves[access.ways(end, wanted)[3]] = False
    if strict:
        serves &= (access.islands[end] < 0) | access.meet(access.islands[end], wanted)
    return serves.reshape(len(example), n_sets)


def _served(access: Access, serves: NDArray[np.bool_], sender: Ints, receiver: Ints) -> NDArray[np.bool_]:
    """Return which senders have a NIC in their domain that reaches the port of the receiver."""
    wanted = access.islands[receiver]
    served = wanted >= 0
    served[served] = serves[access.kinds[0][sender[served]], wanted[served]]
    return served


def _own_terms(access: Access, label: Ints, serves: NDArray[np.bool_]) -> tuple[Side, Side, int]:
    """Return the terms of receivers that have ports: one for each group and island set."""
    n_sets = max(len(access.network.site_islands[1]), 1)
    member = np.flatnonzero(label >= 0)
    own = member[access.islands[member] >= 0]
    term_key, term = np.unique(label[own] * n_sets + access.islands[own], return_inverse=True)
    receivers = Side(term.astype(np.int64), own, own, np.ones(len(own)))

    group, of_term = term_key // n_sets, term_key % n_sets
    by_group = member[np.argsort(label[member], kind="stable")]
    start = np.searchsorted(label[by_group], np.stack([group, group + 1]))
    count = start[1] - start[0]
    sender_term = np.repeat(np.arange(len(term_key)), count)
    sender = by_group[ranges(start[0], count)]
    fits = np.flatnonzero(serves[access.kinds[0][sender], of_term[sender_term]])
    row, nic, share, _ = access.ways(sender[fits], of_term[sender_term[fits]])
    return Side(sender_term[fits[row]], nic, sender[fits[row]], share), receivers, len(term_key)


@dataclass(frozen=True, eq=False)
class _Entries:
    """Endpoints of a group that are alike: of one kind, and at one place among the NICs of their domain."""

    all_nics: AllNics
    group: Ints  # (entries,) sorted
    example: Ints  # (entries,) an endpoint of each
    member: Ints  # (members,) endpoints, entry by entry
    first: Ints  # (entries + 1,) where those of each start

    @classmethod
    def of(cls, access: Access, label: Ints) -> _Entries:
        """Return the entries of ``label`` (E,), -1 where silent."""
        all_nics = AllNics(access)
        there = np.flatnonzero(label >= 0)
        kind, most = access.kinds[0][there], int(all_nics.place.max(initial=-1)) + 2
        key = (label[there] * len(access.kinds[1]) + kind) * most + all_nics.place[there] + 1
        member = there[np.argsort(key, kind="stable")]
        _, first = np.unique(np.sort(key), return_index=True)
        return cls(all_nics, label[member[first]], member[first], member, np.append(first, len(member)))

    def pairs(self) -> tuple[Ints, Ints]:
        """Return all ordered pairs of entries of one group."""
        start, stop = (np.searchsorted(self.group, self.group, side=side) for side in ("left", "right"))
        return np.repeat(np.arange(len(self.group)), stop - start), ranges(start, stop - start)

    def side(self, term: Ints, entry: Ints, place: Ints, weight: Floats) -> Side:
        """Return rows of all members of each ``entry``, which use the NIC at ``place`` of their domain."""
        count = np.diff(self.first)[entry]
        end, all_nics = self.member[ranges(self.first[entry], count)], self.all_nics
        nic = all_nics.nics[all_nics.first[all_nics.domain[end]] + np.repeat(place, count)]
        return Side(np.repeat(term, count), nic, end, np.repeat(weight, count))

    def apart(self, a: int, b: int) -> tuple[int, int] | None:
        """Return a member of entry ``a`` and one of ``b`` in different domains; None where there are none."""
        domain = self.all_nics.domain
        mine, theirs = (self.member[self.first[entry] : self.first[entry + 1]] for entry in (a, b))
        for one in (mine[0], mine[np.argmax(domain[mine] != domain[mine[0]])]):
            others = theirs[domain[theirs] != domain[one]]
            if len(others):
                return int(one), int(others[0])
        return None


def _other_terms(entries: _Entries, a: Ints, b: Ints, *, strict: bool) -> tuple[Side, Side, int]:
    """Return the terms of what entries ``a[i]`` send to ``b[i]``: one for each sending entry and NIC of its domain.

    Raises NotConnected for a pair in different domains that no leg can carry.
    """
    all_nics = entries.all_nics
    legs, lost = legs_by_side(all_nics.access, entries.example[a], entries.example[b], True, strict=strict)
    for pair in lost:
        ends = entries.apart(int(a[pair]), int(b[pair]))
        if ends is not None:
            raise NotConnected(refusal(all_nics.access.network, *ends))
    most = int(all_nics.place.max(initial=-1)) + 1
    key, term = np.unique(a[legs.row] * most + all_nics.place[legs.nic], return_inverse=True)
    if not len(key):
        return Side.none(), Side.none(), 0
    senders = entries.side(np.arange(len(key)), key // most, key % most, np.ones(len(key)))
    receivers = entries.side(term.astype(np.int64), b[legs.row], all_nics.place[legs.out], legs.share)
    return senders, receivers, len(key)
