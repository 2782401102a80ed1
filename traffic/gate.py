"""Which experts a token picks: gates, limits on groups and hosts, and a sample of tokens.

A gate gives every expert an affinity; the token takes its top-k.  Limits come
first: of the model's own groups the ``topk_group`` best are kept, then of the
hosts the ``node_limit`` best.  A group or host scores by its best expert, or by
the sum of its best k / (number kept) experts.

Gates: ``uniform``, equal experts; ``zipf``, expert popularity falls as rank ** -skew,
in an order drawn from the seed; ``correlated``, all experts of one of the model's
groups share a part ``correlation`` of their variance for each token.

References
----------
DeepEP, tests/test_internode.py: scores |N(0, 1)| + 1, a group scores by its maximum.
DeepSeek-V3 Technical Report, arXiv 2412.19437, section 2.1.2: a host scores by the sum of its best k / M.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from traffic.demand import DemandError
from traffic.layout import check_choice, check_divides, check_positive, check_whole

GATES = ("correlated", "uniform", "zipf")
AFFINITIES = ("abs-normal", "sigmoid-normal", "uniform")
SCORES = ("max", "sum-of-top")

#: Closed forms add up as many terms as the square of a token's experts.
MAX_TOP_K = 1_024

Affinity = NDArray[np.float32]
Keys = NDArray[np.uint32]


@dataclass(frozen=True)
class Gating:
    """How a token picks its experts."""

    n_experts: int
    top_k: int
    gate: str = "uniform"
    skew: float = 1.0  # exponent of zipf
    correlation: float = 0.5  # of correlated; 0 is uniform
    affinity: str = "abs-normal"  # of uniform; matters to sums only
    score: str = "max"
    n_group: int = 1
    topk_group: int | None = None  # groups kept; None keeps all
    node_limit: int | None = None  # hosts kept; None keeps all
    seed: int = 0
    load: tuple[float, ...] | None = None  # measured, of each expert, in place of a gate; None is as the gate says

    def __post_init__(self) -> None:
        check_choice(self.gate, GATES, name="gate")
        check_choice(self.affinity, AFFINITIES, name="affinity")
        check_choice(self.score, SCORES, name="score")
        check_whole(self.top_k, 1, name="top_k", most=MAX_TOP_K)
        check_whole(self.seed, 0, name="seed")
        check_positive(self.skew, name="skew", unit="exponent")
        check_divides(self.n_group, self.n_experts, name="n_group", what="routed experts")
        if self.top_k > self.n_experts:
            raise DemandError(f"top_k={self.top_k} is more than the {self.n_experts} routed experts")
        if not 0 <= self.correlation < 1:
            raise DemandError(f"correlation must be at least 0 and below 1; got {self.correlation!r}")
        if self.topk_group is not None:
            check_whole(self.topk_group, 1, name="topk_group")
            if self.topk_group > self.n_group:
                raise DemandError(f"topk_group={self.topk_group} is more than the {self.n_group} groups of the model")

        if self.load is not None:
            self._check_load(np.asarray(self.load))

    def _check_load(self, load: NDArray[np.float64]) -> None:
        if load.shape != (self.n_experts,):
            raise DemandError(f"expert_load has {load.size} experts, the model {self.n_experts} routed ones")
        if not (np.isfinite(load) & (load >= 0)).all() or np.count_nonzero(load) < self.top_k:
            raise DemandError(f"expert_load needs loads of 0 or more, and {self.top_k} experts at least above 0")
        if self.gate != "uniform":
            raise DemandError(f"gate={self.gate} and expert_load both say how tokens pick; leave gate out")

    def popularity(self) -> NDArray[np.float64]:
        """Return (experts,) the mean share of first choices that each expert gets."""
        weight: NDArray[np.float64] = np.ones(self.n_experts)
        if self.gate == "zipf":
            order = np.random.default_rng([self.seed, 1]).permutation(self.n_experts)
            weight = np.power(1.0 + order, -self.skew)
        if self.load is not None:
            weight = np.array(self.load)
        return np.asarray(weight / weight.sum())


def load_of(
    rows: Sequence[float] | Sequence[Sequence[float]] | None, layer: int | None = None
) -> tuple[float, ...] | None:
    """Return the load of each expert in ``layer``, or in all layers added up, each by its own total; None of none.

    ``rows`` is a layer after the other, or one alone.  Raises DemandError for rows of unequal length, a layer without
    load, a layer that is not there.

    >>> load_of([[1, 3], [2, 0]])
    (1.25, 0.75)
    >>> load_of([[1, 3], [2, 0]], 1)
    (1.0, 0.0)
    """
    if rows is None:
        if layer is not None:
            raise DemandError(f"expert_layer={layer} picks a row of expert_load, which is not given")
        return None
    try:
        load = np.atleast_2d(np.array(rows, dtype=np.float64))
    except ValueError:
        raise DemandError("expert_load needs rows of numbers, as many in each") from None
    if load.ndim != 2:
        raise DemandError(f"expert_load is a row a layer, or one row; got {load.ndim} dimensions")
    total = load.sum(1, keepdims=True)
    if not load.size or not np.isfinite(total).all() or (load < 0).any() or not total.all():
        raise DemandError("expert_load needs loads of 0 or more, and one above 0 in each layer")
    if layer is not None and layer >= len(load):
        raise DemandError(f"expert_layer={layer} is none of the {len(load)} layers of expert_load, counted from 0")
    shares = load / total
    return tuple((shares.sum(0) if layer is None else shares[layer]).tolist())


def affinities(gating: Gating, n_tokens: int, rows: int | None = None) -> Iterator[Affinity]:
    """Give (rows, experts) positive affinities of a sample of tokens, block by block, from the gating's seed.

    ``rows`` None is all in one block.  Tokens are drawn one after the other, so blocks change no number.
    """
    rng, shared = np.random.default_rng(gating.seed), np.random.default_rng(gating.seed)
    blocks = _lengths(n_tokens, rows or n_tokens)
    if gating.gate == "correlated":  # groups of all tokens come first in the stream of numbers
        for n in blocks:
            rng.standard_normal((n, gating.n_group), dtype=np.float32)
    for n in blocks:
        yield _drawn(gating, n, rng, shared)


def _lengths(n_tokens: int, rows: int) -> list[int]:
    return [min(rows, n_tokens - start) for start in range(0, n_tokens, rows)]


def _drawn(gating: Gating, n_tokens: int, rng: np.random.Generator, shared: np.random.Generator) -> Affinity:
    shape = (n_tokens, gating.n_experts)
    if gating.gate == "zipf" or gating.load is not None:
        with np.errstate(divide="ignore"):  # of a large skew the least popular are never chosen
            race = np.log(gating.n_experts * gating.popularity()).astype(np.float32)
        wait = np.maximum(rng.standard_exponential(shape, dtype=np.float32), np.finfo(np.float32).tiny)
        return _sigmoid(race - np.log(wait))
    if gating.gate == "correlated":
        of_group = shared.standard_normal((n_tokens, gating.n_group), dtype=np.float32)
        own = rng.standard_normal(shape, dtype=np.float32)
        mixed = np.sqrt(np.float32(1 - gating.correlation)) * own
        of_group *= np.sqrt(np.float32(gating.correlation))
        mixed += np.repeat(of_group, gating.n_experts // gating.n_group, axis=1)
        return _sigmoid(mixed)
    if gating.score == "max" or gating.affinity == "uniform":  # ranks count alone, so the cheapest draw serves
        return rng.random(shape, dtype=np.float32)
    if gating.affinity == "abs-normal":
        return np.abs(rng.standard_normal(shape, dtype=np.float32)) + np.float32(1)
    return _sigmoid(rng.standard_normal(shape, dtype=np.float32))


def ranked(affinity: Affinity, most: np.float32 | None = None) -> Keys:
    """Return (tokens, experts) distinct positive keys in the order of affinity, the expert in the low bits.

    ``most`` is the largest affinity of the sample, None that of this block.
    Sorting plain integers is several times as fast as sorting indices; what is lost is affinity
    beyond 24 bits at 256 experts, where single precision ends anyway.
    """
    n_experts = affinity.shape[1]
    bits = _id_bits(n_experts)
    top = np.float32(2 ** (32 - bits) - 2**8)  # leaves single precision room to round up
    level = (affinity * (top / (affinity.max() if most is None else most)) + np.float32(1)).astype(np.uint32)
    return np.asarray((level << np.uint32(bits)) | np.arange(n_experts, dtype=np.uint32))


def chosen(
    affinity: Affinity,
    keys: Keys,
    gating: Gating,
    by_host: NDArray[np.int64] | None,
    host: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Return (tokens, top_k) experts that each token picks, for experts ``by_host`` (hosts, experts on a host).

    Where hosts have unequal numbers, ``host`` (tokens or 1, experts) is that of each expert instead.

    Raises DemandError where the limits leave a token fewer experts than it needs.
    """
    n_experts = gating.n_experts
    if gating.topk_group is not None and gating.topk_group < gating.n_group:
        groups = np.arange(n_experts).reshape(gating.n_group, -1)
        keys = _keep(affinity, keys, groups, gating.topk_group, gating)
    if gating.node_limit is not None and host is not None:
        keys = _keep_unequal(affinity, keys, host, gating.node_limit, gating)
    elif gating.node_limit is not None and by_host is not None and gating.node_limit < len(by_host):
        keys = _keep(affinity, keys, by_host, gating.node_limit, gating)
    best = np.partition(keys, n_experts - gating.top_k, axis=1)[:, n_experts - gating.top_k :]
    if not best.all():
        raise DemandError(
            f"top_k={gating.top_k} experts do not fit into the limits node_limit={gating.node_limit}, "
            f"topk_group={gating.topk_group}: a group has {n_experts // gating.n_group} experts"
            + (f", a host {by_host.shape[1]}" if by_host is not None else "")
            + "; raise a limit"
        )
    return (best & np.uint32((1 << _id_bits(n_experts)) - 1)).astype(np.int64)


def _keep(affinity: Affinity, keys: Keys, sets: NDArray[np.int64], keep: int, gating: Gating) -> Keys:
    n_sets, size = sets.shape
    in_order = np.array_equal(sets.ravel(), np.arange(gating.n_experts))
    mine = keys if in_order else keys[:, sets.ravel()]
    if gating.score == "max":
        score = mine.reshape(-1, n_sets, size).max(axis=2)
    else:
        best = min(size, max(1, gating.top_k // keep))
        left = np.where(mine, affinity if in_order else affinity[:, sets.ravel()], np.float32(0))
        parts = np.partition(left.reshape(-1, n_sets, size), size - best, axis=2)
        score = parts[:, :, size - best :].sum(axis=2)
    kept = np.zeros(score.shape, dtype=bool)
    np.put_along_axis(kept, np.argpartition(score, n_sets - keep, axis=1)[:, n_sets - keep :], True, axis=1)
    if in_order:
        return (keys.reshape(-1, n_sets, size) * kept[:, :, None]).reshape(keys.shape)
    set_of = np.empty(gating.n_experts, dtype=np.int64)
    set_of[sets.ravel()] = np.repeat(np.arange(n_sets), size)
    return keys * kept[:, set_of]


def _keep_unequal(affinity: Affinity, keys: Keys, host: NDArray[np.int64], keep: int, gating: Gating) -> Keys:
    """Return ``keys`` with those of all hosts but the best ``keep`` of each token put to 0."""
    n_hosts = int(host.max()) + 1
    if keep >= n_hosts:
        return keys
    cell = np.arange(len(keys))[:, None] * n_hosts + host
    left, score = keys.copy(), np.zeros(len(keys) * n_hosts, dtype=np.float64)
    for _ in range(
        1 if gating.score == "max" else max(1, gating.top_k // keep)
    ):  # the best of each host, then the next
        top = np.zeros(len(score), dtype=np.uint32)
        np.maximum.at(top, cell.ravel(), left.ravel())
        best = (left == top[cell]) & (left > 0)
        score += np.bincount(cell[best], top[cell[best]] if gating.score == "max" else affinity[best], len(score))
        left[best] = 0
    ranked = np.argpartition(score.reshape(-1, n_hosts), n_hosts - keep, axis=1)
    kept = np.zeros((len(keys), n_hosts), dtype=bool)
    np.put_along_axis(kept, ranked[:, n_hosts - keep :], True, axis=1)
    return np.asarray(keys * np.take_along_axis(kept, np.broadcast_to(host, keys.shape), axis=1))


def _id_bits(n_experts: int) -> int:
    return max(1, (n_experts - 1).bit_length())


def _sigmoid(x: Affinity) -> Affinity:
    with np.errstate(over="ignore"):  # far below 0 it is 0, as 1 over infinity
        return np.float32(1) / (np.float32(1) + np.exp(-x))
