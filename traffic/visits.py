"""How many hosts, ranks and experts a token visits: closed forms, and a sample where there is none.

k distinct experts out of E, drawn evenly, land on D of G equal places; a place is missed with
probability C(E - E/G, k) / C(E, k), so E[D] = G (1 - C(E - E/G, k) / C(E, k)).  Under a
limit of M hosts by best expert a token walks down its ranking and takes every expert on
the first M hosts that it meets: it visits exactly min(M, D) hosts, D being what it would
have visited without the limit, whatever the affinities are.  Places that are not equal have closed forms of their
own (``traffic.uneven``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from traffic.demand import DemandError
from traffic.gate import Affinity, Gating, Keys, affinities, chosen, ranked
from traffic.layout import check_whole
from traffic.placement import Placement
from traffic.uneven import classes, free_visits, limited_hosts

#: Tokens of a sample: mean hosts of a token at EP64 to about 0.012 (95 %).
SAMPLE_TOKENS = 16_384
#: Affinities that are held at once: 16,384 tokens of 512 experts, and fewer tokens of more.
BLOCK = 2**23
#: Standard errors on either side of a mean that hold 95 % of a normal distribution.
CONFIDENCE_95 = 1.96


@dataclass(frozen=True, eq=False)
class Visits:
    """What the mean token visits in its group; a token counts as one visit however many experts it meets there."""

    host: NDArray[np.float64]  # (hosts,) share of tokens that visit each host
    rank: NDArray[np.float64]  # (ep,) share of tokens that visit each rank
    experts: NDArray[np.float64]  # (ep,) mean experts of a token on each rank
    hosts_error: float  # half of the 95 % interval of mean hosts; 0 where they are exact
    ranks_error: float  # the same of mean ranks
    sampled_hosts: float | None  # mean hosts of the sample; None where none was drawn
    senders: NDArray[np.float64] | None = None  # (hosts,) share of the ranks on each host; None where all are equal

    @property
    def hosts(self) -> float:
        """Mean hosts that a token visits, the sender's own included."""
        return float(self.host.sum())

    @property
    def ranks(self) -> float:
        """Mean ranks that a token visits, the sender's own included."""
        return float(self.rank.sum())

    @property
    def remote_hosts(self) -> float:
        """Mean hosts that a token visits other than the sender's own: copies on the network."""
        n = len(self.host)
        return self.hosts * (n - 1) / n if self.senders is None else float(self.host @ (1 - self.senders))

    def remote_experts(self, shares: NDArray[np.int64]) -> float:
        """Return the mean experts that a token picks on other hosts, of hosts with ``shares`` ranks."""
        on_host = np.add.reduceat(self.experts, np.cumsum(shares) - shares)
        return float(on_host @ (1 - shares / shares.sum()))

    @property
    def remote_ranks(self) -> float:
        """Mean ranks that a token visits other than the sender's own."""
        n = len(self.rank)
        return self.ranks * (n - 1) / n


def mean_distinct(places: int, n_experts: int, top_k: int) -> float:
    """Return how many of ``places`` equal places hold at least one of ``top_k`` experts drawn evenly, on average.

    >>> [round(mean_distinct(places, 256, 8), 3) for places in (2, 4, 8, 16, 64)]
    [1.993, 3.614, 5.295, 6.523, 7.676]
    """
    missed = comb(n_experts - n_experts // places, top_k) / comb(n_experts, top_k)
    return places * (1 - missed)


def distinct_probability(places: int, n_experts: int, top_k: int) -> NDArray[np.float64]:
    """Return (top_k + 1,) the probability that exactly d places hold an expert, by inclusion and exclusion."""
    return np.array([ways / comb(n_experts, top_k) for ways in _distinct_ways(places, n_experts, top_k)])


def mean_limited(places: int, n_experts: int, top_k: int, limit: int) -> float:
    """Return the mean hosts of a token that may visit at most ``limit`` of ``places``, scored by best expert.

    >>> round(mean_limited(8, 256, 8, 4), 3)
    3.983
    """
    visited = sum(min(d, limit) * ways for d, ways in enumerate(_distinct_ways(places, n_experts, top_k)))
    return visited / comb(n_experts, top_k)


def _distinct_ways(places: int, n_experts: int, top_k: int) -> list[int]:
    per_place, ways = n_experts // places, [0] * (top_k + 1)
    for d in range(1, min(places, top_k) + 1):
        onto = sum((-1) ** (d - j) * comb(d, j) * comb(j * per_place, top_k) for j in range(1, d + 1))
        ways[d] = comb(places, d) * onto
    return ways


def check_limit(node_limit: int | None, placement: Placement, top_k: int) -> None:
    """Raise DemandError unless ``node_limit`` hosts exist and hold the experts of a token; None is no limit."""
    if node_limit is None:
        return
    least = least_limit(placement, top_k)
    check_whole(node_limit, 1, name="node_limit")
    if node_limit > placement.hosts:
        raise DemandError(
            f"node_limit={node_limit} is more than the {placement.hosts} hosts of ep={placement.ep}; "
            f"give {least} to {placement.hosts}, or none"
        )
    if node_limit < least:
        held = f"{int(np.sort(_sure(placement))[:node_limit].sum())} experts on that many hosts"
        raise DemandError(f"node_limit={node_limit}: {held}, but a token picks {top_k}; give at least {least}")


def least_limit(placement: Placement, top_k: int) -> int:
    """Return the fewest hosts that surely hold the ``top_k`` experts of a token, whichever are its best."""
    return min(int(np.searchsorted(np.cumsum(np.sort(_sure(placement))), top_k)) + 1, placement.hosts)


def _sure(placement: Placement) -> NDArray[np.int64]:
    """Return the experts that a token surely finds on each host that is its best: one at least."""
    held = np.bincount(placement.ranks.ravel() // placement.ranks_on_host, minlength=placement.hosts) > 0
    return np.maximum(placement.on_hosts, 1)[held]


class Sampler:
    """Visits of one gate and placement under any node limit; the sample of tokens is drawn once, when first needed."""

    def __init__(self, gating: Gating, placement: Placement, n_tokens: int = SAMPLE_TOKENS) -> None:
        self.gating, self.placement, self.n_tokens = gating, placement, n_tokens
        self._kept: tuple[Affinity, Keys] | None = None
        self._most: np.float32 | None = None  # affinity of the sample
        self._samples: dict[int | None, Visits] = {}

    def visits(self, node_limit: int | None) -> Visits:
        """Return what the mean token visits under ``node_limit``; exact wherever there is a closed form.

        Where only the unlimited case has one, the sample measures the difference that the limit makes.
        """
        check_limit(node_limit, self.placement, self.gating.top_k)
        limit = None if node_limit is None or self.cannot_bind(node_limit) else node_limit
        if self._exact and not self.placement.even:
            return self._unequal(limit)
        if limit is None and self._exact:
            return self._even(self._mean_hosts(None), self._mean_ranks(), None)
        sample = self._sampled(limit)
        if not self._symmetric:
            return sample
        if not self._exact:
            return self._even(sample.hosts, sample.ranks, sample)
        ranks = self._mean_ranks() + sample.ranks - self._sampled(None).ranks
        if self.gating.score == "max" or self.gating.top_k < 2 * (limit or 1):  # a sum of one is the maximum
            return replace(self._even(self._mean_hosts(limit), ranks, sample), hosts_error=0.0)
        return self._even(sample.hosts, ranks, sample)

    def drawn(self, node_limit: int | None) -> int:
        """Return the affinities that ``visits`` of ``node_limit`` holds at once; 0 where closed forms tell all."""
        free = node_limit is None or self.cannot_bind(node_limit)
        return 0 if free and self._exact else sample_size(self.gating.n_experts, self.n_tokens)

    def cannot_bind(self, node_limit: int) -> bool:
        """Whether no token could visit more hosts than ``node_limit`` anyway."""
        return node_limit >= min(self.gating.top_k, self.placement.hosts)

    @property
    def _symmetric(self) -> bool:
        n_group, hosts = self.gating.n_group, self.placement.hosts
        alike = self.gating.gate != "zipf" and self.gating.load is None
        aligned = alike and (n_group % hosts == 0 or hosts % n_group == 0)
        return self._exact or (self.placement.name == "contiguous" and aligned and self.placement.even)

    @property
    def _exact(self) -> bool:
        uniform = self.gating.gate == "uniform" and self.gating.load is None and self.gating.topk_group is None
        return uniform and self.placement.name in ("contiguous", "random")

    def _unequal(self, limit: int | None) -> Visits:
        """Return the visits of places that hold unequal shares; a limit's effect on ranks is the sample's."""
        place, top_k = self.placement, self.gating.top_k
        host, rank, experts = free_visits(place, top_k)
        senders = place.shares / place.ep
        free = Visits(host, rank, experts, 0.0, 0.0, None, senders)
        if limit is None:
            return free
        sample, drawn = self._sampled(limit), self._sampled(None)
        if not place.on_one_host:
            return sample
        kind = _kinds(place)
        rank, experts = rank + _alike(sample.rank - drawn.rank, kind), _alike(sample.experts, kind)
        if self.gating.score == "max" or top_k < 2 * limit:
            sizes = place.on_hosts
            return replace(sample, host=limited_hosts(sizes, top_k, limit), rank=rank, experts=experts, hosts_error=0.0)
        return replace(sample, rank=rank, experts=experts, host=_alike(sample.host, place.on_hosts))

    def _mean_hosts(self, limit: int | None) -> float:
        g, hosts = self.gating, self.placement.hosts
        return mean_limited(hosts, g.n_experts, g.top_k, hosts if limit is None else limit)

    def _mean_ranks(self) -> float:
        return mean_distinct(self.placement.ep, self.gating.n_experts, self.gating.top_k)

    def _even(self, hosts: float, ranks: float, sample: Visits | None) -> Visits:
        place = self.placement
        return Visits(
            host=np.full(place.hosts, hosts / place.hosts),
            rank=np.full(place.ep, ranks / place.ep),
            experts=np.full(place.ep, self.gating.top_k / place.ep),
            hosts_error=sample.hosts_error if sample else 0.0,
            ranks_error=sample.ranks_error if sample else 0.0,
            sampled_hosts=sample.sampled_hosts if sample else None,
        )

    def _sampled(self, limit: int | None) -> Visits:
        if limit not in self._samples:
            self._samples[limit] = self._sample(replace(self.gating, node_limit=limit))
        return self._samples[limit]

    def _sample(self, gating: Gating) -> Visits:
        place, pick = self.placement, np.random.default_rng([gating.seed, 2])
        host, rank, on_rank = np.zeros(place.hosts), np.zeros(place.ep), np.zeros(place.ep)
        hosts, ranks = [], []
        for affinity, keys in self._blocks():
            chose = self._chosen(affinity, keys, gating, pick)
            on_hosts, on_ranks = _visited(chose // place.ranks_on_host, place.hosts), _visited(chose, place.ep)
            host += on_hosts.sum(axis=0)
            rank += on_ranks.sum(axis=0)
            on_rank += np.bincount(chose.ravel(), minlength=place.ep)
            hosts.append(on_hosts.sum(axis=1))
            ranks.append(on_ranks.sum(axis=1))
        hosts_mean, hosts_error = _mean(np.concatenate(hosts))
        _, ranks_error = _mean(np.concatenate(ranks))
        return Visits(
            host=host / self.n_tokens,
            rank=rank / self.n_tokens,
            experts=on_rank / self.n_tokens,
            hosts_error=hosts_error,
            ranks_error=ranks_error,
            sampled_hosts=hosts_mean,
            senders=None if not np.ptp(place.shares) else place.shares / place.ep,
        )

    def _chosen(self, affinity: Affinity, keys: Keys, gating: Gating, pick: np.random.Generator) -> NDArray[np.int64]:
        """Return (tokens, top_k) ranks that hold what each token picks; of several copies one by lot."""
        place = self.placement
        if place.alike:
            return _ranks(chosen(affinity, keys, gating, place.by_host), place, pick)
        if place.on_one_host:
            return _ranks(chosen(affinity, keys, gating, None, place.host[None, :]), place, pick)
        lot = pick.integers(2**31, size=keys.shape, dtype=np.int32) % place.copies  # where limits know which copy it is
        rank = place.ranks[np.arange(place.n_experts), lot]
        picked = chosen(affinity, keys, gating, None, rank // place.ranks_on_host)
        return np.asarray(np.take_along_axis(rank, picked, axis=1))

    def _blocks(self) -> Iterator[tuple[Affinity, Keys]]:
        """Give affinities and keys of the sample; what is one block is kept, more are drawn again each time."""
        if self._kept is not None:
            yield self._kept
            return
        rows = max(1, min(self.n_tokens, BLOCK // self.gating.n_experts))
        if self._most is None:
            self._most = max(block.max() for block in affinities(self.gating, self.n_tokens, rows))
        for affinity in affinities(self.gating, self.n_tokens, rows):
            block = affinity, ranked(affinity, self._most)
            if rows == self.n_tokens:
                self._kept = block
            yield block


def sample_size(n_experts: int, n_tokens: int = SAMPLE_TOKENS) -> int:
    """Return the affinities of a sample that are held at once."""
    return min(n_tokens * n_experts, max(BLOCK, n_experts))


def _ranks(experts: NDArray[np.int64], place: Placement, pick: np.random.Generator) -> NDArray[np.int64]:
    """Return the ranks that hold ``experts`` (tokens, top_k); of several copies one by lot."""
    if place.ranks.shape[1] == 1:
        return np.asarray(place.ranks[experts, 0])
    return np.asarray(place.ranks[experts, pick.integers(2**31, size=experts.shape) % place.copies[experts]])


def _kinds(place: Placement) -> NDArray[np.int64]:
    """Return (ep,) a number for each kind of rank: what it holds, and how many experts its host has."""
    on_host = place.on_hosts[np.arange(place.ep) // place.ranks_on_host].tolist()
    number: dict[Any, int] = {}
    return np.array([number.setdefault(kind, len(number)) for kind in zip(classes(place), on_host, strict=True)])


def _alike(value: NDArray[np.float64], kind: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return ``value`` with the mean of its kind in place of each."""
    _, row, count = np.unique(kind, return_inverse=True, return_counts=True)
    return np.asarray((np.bincount(row, value) / count)[row])


def _visited(place: NDArray[np.int64], places: int) -> NDArray[np.bool_]:
    visited = np.zeros((len(place), places), dtype=bool)
    np.put_along_axis(visited, place, True, axis=1)
    return visited


def _mean(count: NDArray[np.int64]) -> tuple[float, float]:
    return float(count.mean()), float(CONFIDENCE_95 * count.std() / np.sqrt(len(count)))
