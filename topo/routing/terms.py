"""Terms of a grouped demand: groups of senders and receivers that meet in the network.

A term is a group and a set of planes: senders that have no port there appear at their neighbours' NICs.
Every sender of a term brings its weight to every receiver of it, so that what goes from NIC to NIC is a
product of two sides and no pair is listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from topo.routing.access import Access, ranges, refusal
from topo.routing.all_nics import AllNics
from topo.routing.network import Network
from topo.routing.operator import Floats, Ints, NotConnected
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
    """Return the terms with the relay at the senders; at the receivers where a sender's host has no NIC."""
    member = np.flatnonzero(label >= 0)
    _refuse_lost(access, label, member[access.ways(member, np.full(len(member), -1))[3]])
    own = member[access.islands[member] >= 0]
    senders, receivers, n_terms = _own_terms(access, label, own, strict=strict)
    if len(own) == len(member):
        return senders, receivers, n_terms
    more_senders, more_receivers, more = _lost_terms(access, label, np.setdiff1d(member, own))
    joined = (
        Side.joined([senders, more_senders.shifted(n_terms)]),
        Side.joined([receivers, more_receivers.shifted(n_terms)]),
    )
    return *joined, n_terms + more


def _own_terms(access: Access, label: Ints, own: Ints, *, strict: bool) -> tuple[Side, Side, int]:
    """Return the terms of the receivers ``own``, which have ports: one for each group and island set."""
    n_sets = max(len(access.network.site_islands[1]), 1)
    member = np.flatnonzero(label >= 0)
    term_key, term = np.unique(label[own] * n_sets + access.islands[own], return_inverse=True)
    receivers = Side(term.astype(np.int64), own, own, np.ones(len(own)))

    group, of_term = term_key // n_sets, term_key % n_sets
    by_group = member[np.argsort(label[member], kind="stable")]
    start = np.searchsorted(label[by_group], np.stack([group, group + 1]))
    count = start[1] - start[0]
    sender_term = np.repeat(np.arange(len(term_key)), count)
    sender = by_group[ranges(start[0], count)]
    if strict:
        _refuse_relay(access, sender, receivers, sender_term, of_term)
    row, nic, share, stuck = access.ways(sender, of_term[sender_term])
    senders = Side(sender_term[row], nic, sender[row], share)
    if not len(stuck):
        return senders, receivers, len(term_key)
    return _with_detours(access, (senders, receivers, len(term_key)), sender_term[stuck], sender[stuck])


def _lost_terms(access: Access, label: Ints, lost: Ints) -> tuple[Side, Side, int]:
    """Return the terms of the receivers ``lost``, which have no port: NICs of their domains that senders can reach.

    Which of them a sender can reach goes by its kind, so there is a term for each group, kind of sender, domain's
    island sets and island set.
    """
    member = np.flatnonzero(label >= 0)
    kind, example = access.kinds
    sets = np.unique(access.islands[access.islands >= 0])
    senders, receivers, n = [Side.none()], [Side.none()], 0
    for group in np.unique(label[lost]):
        sending, receiving = member[label[member] == group], lost[label[lost] == group]
        for of_sender in np.unique(kind[sending]):
            ends = sending[kind[sending] == of_sender]
            meets = sets[~np.isin(np.arange(len(sets)), access.ways(np.full(len(sets), example[of_sender]), sets)[3])]
            row, nic = access.mates(receiving, meets)
            count = np.bincount(row, minlength=len(receiving))
            _refuse_apart_kinds(access, ends, receiving[count == 0])
            for wanted in meets:
                on = access.islands[nic] == wanted
                if on.any():
                    of, by, share, _ = access.ways(ends, np.full(len(ends), wanted))
                    senders.append(Side(np.full(len(of), n), by, ends[of], share))
                    drawn = Side(np.full(int(on.sum()), n), nic[on], receiving[row[on]], 1.0 / count[row[on]])
                    receivers.append(drawn)
                    n += 1
    return Side.joined(senders), Side.joined(receivers), n


def _refuse_apart_kinds(access: Access, senders: Ints, receivers: Ints) -> None:
    for end in receivers:
        others = senders[access.domain[senders] != access.domain[end]]
        if len(others):
            raise NotConnected(refusal(access.network, int(others[0]), int(end)))


def _with_detours(
    access: Access, direct: tuple[Side, Side, int], stuck_term: Ints, stuck: Ints
) -> tuple[Side, Side, int]:
    """Return the terms plus those of senders without a NIC on the receivers' planes: the receivers' hosts relay."""
    senders, receivers, n = direct
    n_sets = len(access.network.site_islands[1])
    row, nic, share, _ = access.ways(stuck, np.full(len(stuck), -1))
    key, term = np.unique(stuck_term[row] * n_sets + access.islands[nic], return_inverse=True)
    more_senders = Side(term + n, nic, stuck[row], share)

    order = np.argsort(receivers.term, kind="stable")
    start = np.searchsorted(receivers.term[order], np.stack([key // n_sets, key // n_sets + 1]))
    count = start[1] - start[0]
    target_term = np.repeat(np.arange(len(key)), count)
    at = order[ranges(start[0], count)]
    target, weight = receivers.end[at], receivers.weight[at]
    row, nic, share, nowhere = access.ways(target, (key % n_sets)[target_term])
    for i in nowhere:
        _refuse_detour(access, more_senders, int(target_term[i]) + n, int(target[i]))
    more_receivers = Side(target_term[row] + n, nic, target[row], share * weight[row])
    joined = Side.joined([senders, more_senders]), Side.joined([receivers, more_receivers])
    return *joined, n + len(key)


def _refuse_lost(access: Access, label: Ints, lost: Ints) -> None:
    for end in lost:
        others = np.flatnonzero((label == label[end]) & (access.domain != access.domain[end]))
        if len(others):
            raise NotConnected(refusal(access.network, int(end), int(others[0])))


def _refuse_detour(access: Access, senders: Side, term: int, target: int) -> None:
    ends = senders.end[(senders.term == term) & (access.domain[senders.end] != access.domain[target])]
    if len(ends):
        raise NotConnected(refusal(access.network, int(ends.min()), target))


def _refuse_relay(access: Access, sender: Ints, receivers: Side, sender_term: Ints, of_term: Ints) -> None:
    """Refuse pairs in different domains that both have ports, but on no common island."""
    apart = (access.islands[sender] >= 0) & ~access.meet(access.islands[sender], of_term[sender_term])
    own = receivers.nic == receivers.end
    for i in np.flatnonzero(apart):
        ends = receivers.end[own & (receivers.term == sender_term[i])]
        ends = ends[access.domain[ends] != access.domain[sender[i]]]
        if len(ends):
            raise NotConnected(refusal(access.network, int(sender[i]), int(ends.min())))
