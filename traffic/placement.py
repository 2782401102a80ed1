"""Which rank of an expert-parallel group holds which expert.

Experts and their redundant copies fill slots, which ranks have as evenly as can be: rank r of ep has slots
floor(r S / ep) to floor((r + 1) S / ep) of S, so two ranks differ by one at most, and so do hosts of equal size.
Where there are fewer slots than ranks, some ranks have no expert; they have tokens all the same.

``contiguous`` deals experts out in order, ``shuffled`` in an order drawn from a seed; copies lie evenly among
them, each of an expert of the next rank on the same host that has fewest.  ``balanced`` follows DeepSeek's EPLB [1]_:
whole groups of experts are packed onto hosts by load, then each host copies its
hottest experts into spare slots, then packs the copies onto its ranks.  All copies
of an expert stay on one host, so a limit on hosts keeps its meaning, unless hosts have one rank or no expert:
then copies go to other hosts, and a token takes one of them by lot before any limit.

.. [1] https://github.com/deepseek-ai/EPLB, hierarchical load balancing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from traffic.demand import DemandError
from traffic.groups import shares_of
from traffic.layout import check_whole
from traffic.model import MAX_EXPERTS
from traffic.packing import filled, replicated

Ints = NDArray[np.int64]

#: Ranks of a group: as many as there may be experts, so that each has one.
MAX_RANKS = MAX_EXPERTS


@dataclass(frozen=True, eq=False)
class Placement:
    """Experts of each rank of one group; ranks of a host are consecutive."""

    name: str
    n_experts: int
    ranks_on_host: int  # of each host but the last, which has the rest
    slots: Ints  # (ep, most slots) expert in each slot of each rank; -1 is no slot

    def __post_init__(self) -> None:
        self.slots.setflags(write=False)

    @property
    def ep(self) -> int:
        """Ranks of the group."""
        return len(self.slots)

    @property
    def hosts(self) -> int:
        """Hosts of the group."""
        return -(-self.ep // self.ranks_on_host)

    @cached_property
    def shares(self) -> Ints:
        """(hosts,) ranks on each host."""
        return shares_of(self.ep, self.ranks_on_host)

    @cached_property
    def served(self) -> Ints:
        """(ep,) ranks whose tokens for the host of each rank arrive there, itself included: those of its index.

        A host that has fewer ranks than the sender's counts round: index i arrives at i mod its ranks.
        """
        ranks = [np.arange(share) for share in self.shares[[0, -1]]]
        full, rest = ([np.bincount(mine % n, minlength=n) for n in self.shares] for mine in ranks)
        return np.concatenate([f * (self.hosts - 1) + r for f, r in zip(full, rest, strict=True)])

    @cached_property
    def copies(self) -> Ints:
        """(experts,) slots that hold each expert."""
        return np.bincount(self.slots[self.slots >= 0], minlength=self.n_experts)

    @cached_property
    def ranks(self) -> Ints:
        """(experts, most copies) ranks that hold each expert, repeated from the first to fill the row."""
        rank, slot = np.nonzero(self.slots >= 0)
        order = rank[np.argsort(self.slots[rank, slot], kind="stable")]
        first = np.concatenate([[0], np.cumsum(self.copies)[:-1]])
        column = np.arange(int(self.copies.max())) % self.copies[:, None]
        ranks: Ints = order[first[:, None] + column]
        return ranks

    @cached_property
    def host(self) -> Ints:
        """(experts,) host that holds each expert; of several that of its first copy."""
        return self.ranks[:, 0] // self.ranks_on_host

    @cached_property
    def on_one_host(self) -> bool:
        """Whether no expert has copies on several hosts."""
        return bool((self.ranks // self.ranks_on_host == self.host[:, None]).all())

    @cached_property
    def on_hosts(self) -> Ints:
        """(hosts,) experts whose copies are all on each host."""
        there = self.ranks // self.ranks_on_host
        return np.bincount(there[(there == there[:, :1]).all(axis=1), 0], minlength=self.hosts)

    @cached_property
    def alike(self) -> bool:
        """Whether all hosts have equally many ranks, and experts of their own."""
        return bool(self.on_one_host and not np.ptp(self.shares) and not np.ptp(self.on_hosts))

    @cached_property
    def even(self) -> bool:
        """Whether all ranks have equally many experts too, one copy of each."""
        return self.alike and bool((self.copies == 1).all() and (self.slots >= 0).all())

    @cached_property
    def by_host(self) -> Ints:
        """(hosts, experts on a host) the experts of each host, where all are ``alike``."""
        return np.argsort(self.host, kind="stable").reshape(self.hosts, -1)


def contiguous(n_experts: int, *, ep: int, ranks_per_host: int, redundant: int = 0) -> Placement:
    """Return experts dealt out in order, with ``redundant`` further copies.

    >>> contiguous(4, ep=6, ranks_per_host=3, redundant=4).slots.tolist()
    [[0, -1], [1, -1], [1, 0], [2, -1], [3, -1], [3, 2]]

    Raises DemandError for more copies than other ranks have room for.
    """
    return _dealt("contiguous", np.arange(n_experts), ep=ep, ranks_per_host=ranks_per_host, redundant=redundant)


def shuffled(n_experts: int, *, ep: int, ranks_per_host: int, redundant: int = 0, seed: int = 0) -> Placement:
    """Return experts dealt out in an order drawn from ``seed``; else as ``contiguous``."""
    order = np.random.default_rng([seed, 3]).permutation(n_experts)
    return _dealt("random", order, ep=ep, ranks_per_host=ranks_per_host, redundant=redundant)


def balanced(
    load: NDArray[np.float64], *, ep: int, ranks_per_host: int, n_group: int = 1, redundant: int = 0
) -> Placement:
    """Return experts placed by ``load`` (experts,), any unit, with ``redundant`` further copies of hot ones.

    Groups of consecutive experts stay together where ``n_group`` is a multiple of the hosts; else
    experts are packed onto hosts one by one.

    Limits. Three greedy stages, each near its own optimum, not the best placement of all: that was up to 1.33
    times better in 60 small draws of heavy-tailed loads.

    Raises DemandError for more copies than other ranks have room for.
    """
    n_experts, together = len(load), min(ranks_per_host, ep)
    even = contiguous(n_experts, ep=ep, ranks_per_host=ranks_per_host, redundant=redundant)
    room = (even.slots >= 0).sum(axis=1)
    shares, slots = even.shares, np.add.reduceat(room, np.arange(0, ep, together))
    own = even.on_hosts
    if redundant and not (even.on_one_host and own[slots > 0].all()):  # hosts that cannot copy their own
        shares, slots, own = np.array([ep]), np.array([room.sum()]), np.array([n_experts])
    hosts = len(shares)
    whole_groups = n_group % hosts == 0 and n_experts % n_group == 0 and not np.ptp(own)
    units = np.arange(n_experts).reshape(n_group if whole_groups else n_experts, -1)
    rows: list[list[int]] = []
    for host, mine in enumerate(filled(load[units].sum(axis=1), own // units.shape[1], shares)):
        held = replicated(load, units[mine].ravel(), int(slots[host]))
        share = load[held] / np.bincount(held, minlength=n_experts)[held]
        first = int(shares[:host].sum())
        rows += [held[pack].tolist() for pack in filled(share, room[first : first + shares[host]])]
    return Placement("balanced", n_experts, together, _table(rows))


def _dealt(name: str, order: Ints, *, ep: int, ranks_per_host: int, redundant: int) -> Placement:
    check_whole(ep, 2, name="ep", most=MAX_RANKS)
    check_whole(ranks_per_host, 1, name="ranks_per_host")
    check_whole(redundant, 0, name="redundant_experts", most=MAX_EXPERTS)
    n = len(order)
    if redundant > n * (ep - 1):
        raise DemandError(
            f"redundant_experts={redundant}: {n} experts have at most {n * (ep - 1)} copies on other ranks"
        )
    together, slots = min(ranks_per_host, ep), n + redundant
    rank = np.repeat(np.arange(ep), np.diff(np.arange(ep + 1) * slots // ep))
    copy = np.diff(np.arange(slots + 1) * redundant // slots) > 0
    rows: list[list[int]] = [[] for _ in range(ep)]
    for expert, r in zip(range(n), rank[~copy].tolist(), strict=True):
        rows[r].append(expert)
    _copy(rows, home=rank[~copy], copies=rank[copy], together=together)
    return Placement(name, n, together, _table([order[row].tolist() for row in rows]))


def _copy(rows: list[list[int]], *, home: Ints, copies: Ints, together: int) -> None:
    """Add to the ``rows`` of ranks ``copies`` an expert each, of those that have theirs on the ranks ``home``."""
    ep, count = len(rows), np.zeros(len(home), dtype=np.int64)
    for r in copies.tolist():
        elsewhere = home // together != r // together
        cost = (elsewhere * (len(copies) + 1) + count) * ep + (home - r - 1) % ep
        cost[rows[r]] += 2 * ep * (len(copies) + 1)
        best = int(np.argmin(cost))
        rows[r].append(best)
        count[best] += 1


def _table(rows: Sequence[list[int]]) -> Ints:
    table = np.full((len(rows), max(map(len, rows))), -1, dtype=np.int64)
    for row, experts in zip(table, rows, strict=True):
        row[: len(experts)] = experts
    return table
