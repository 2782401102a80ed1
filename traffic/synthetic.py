"""Synthetic patterns: the classics of network studies, and the worst cases of many-to-one traffic.

``bytes`` is the size of one commodity.  Patterns over all pairs are
``GroupedDemand`` where every pair is alike, so any number of ranks will do.

References
----------
W. J. Dally and B. Towles, Principles and Practices of Interconnection Networks, 2004, table 3.1.
"""

from __future__ import annotations

import random
from math import gcd, isqrt
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt

from topo.parameters import Seed
from traffic.demand import Demand, DemandError, GroupedDemand
from traffic.layout import check_choice, check_positive, check_ranks, check_whole, power_of_two
from traffic.pattern import Count

MIB = 2**20

Bytes = Annotated[float, Gt(0), "size of one message [bytes]"]


def uniform(*, n_ranks: int, ranks_per_host: int = 8, bytes: Bytes = MIB) -> GroupedDemand:
    """Return every rank sending ``bytes`` to every other rank.

    ``ranks_per_host`` plays no part.

    >>> uniform(n_ranks=4, bytes=10).total()
    120.0
    """
    check_ranks(n_ranks, what="uniform")
    return GroupedDemand.of("uniform", label=np.zeros(n_ranks), size=bytes)


def permutation(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    seed: Seed = 0,
    bytes: Bytes = MIB,
    sizes: Annotated[Literal["equal", "cycle4"], "all messages alike, or 1 to 4 times bytes in turn"] = "equal",
) -> Demand:
    """Return a random permutation without fixed points: each rank sends to one and receives from one.

    The permutation of a seed is fixed for good: ``p = list(range(n))``, shuffled by Python's
    ``random.Random(seed)``; then, for i ascending, where p[i] == i it is swapped with
    p[(i + 1) % n].  Rank i sends to p[i]; ``sizes="cycle4"`` sends (1 + i mod 4) x ``bytes``.
    ``ranks_per_host`` plays no part.
    """
    check_ranks(n_ranks, what="permutation")
    check_choice(sizes, ("equal", "cycle4"), name="sizes")
    check_whole(seed, 0, name="seed")
    check_positive(bytes, name="bytes", unit="bytes")
    p = list(range(n_ranks))
    random.Random(int(seed)).shuffle(p)
    for i in range(n_ranks):
        if p[i] == i:
            j = (i + 1) % n_ranks
            p[i], p[j] = p[j], p[i]
    src = np.arange(n_ranks)
    factor = 1 + src % 4 if sizes == "cycle4" else 1
    name = f"permutation(seed={seed}{', sizes=cycle4' * (sizes == 'cycle4')})"
    return Demand.of(name, n_ranks, src=src, dst=p, size=factor * np.float64(bytes))


def shift(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    bytes: Bytes = MIB,
    by: Annotated[int, "ranks further on that each rank sends to"] = 1,
) -> Demand:
    """Return rank i sending to rank (i + by) mod n.

    ``ranks_per_host`` plays no part.

    Raises DemandError where ``by`` is a multiple of the number of ranks.
    """
    check_ranks(n_ranks, what="shift")
    if isinstance(by, bool) or not isinstance(by, int | np.integer):
        raise DemandError(f"by must be a whole number of ranks; got {by!r}")
    if by % n_ranks == 0:
        raise DemandError(f"shift by={by} of {n_ranks} ranks: every rank would send to itself; give 1 to {n_ranks - 1}")
    return _to(f"shift(by={by})", (np.arange(n_ranks) + by % n_ranks) % n_ranks, bytes)


def tornado(*, n_ranks: int, ranks_per_host: int = 8, bytes: Bytes = MIB) -> Demand:
    """Return rank i sending to (i + ceil(n/2) - 1) mod n: just under half way round; at least 3 ranks.

    ``ranks_per_host`` plays no part.
    """
    check_ranks(n_ranks, 3, what="tornado")
    return _to("tornado", (np.arange(n_ranks) + (n_ranks + 1) // 2 - 1) % n_ranks, bytes)


def bit_complement(*, n_ranks: int, ranks_per_host: int = 8, bytes: Bytes = MIB) -> Demand:
    """Return each rank sending to the rank with all bits inverted; needs a power of two of ranks.

    ``ranks_per_host`` plays no part.
    """
    check_ranks(n_ranks, what="bit-complement")
    power_of_two(n_ranks, what="bit-complement")
    return _to("bit-complement", np.arange(n_ranks)[::-1], bytes)


def transpose(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    bytes: Bytes = MIB,
    rows: Annotated[int | None, Ge(2), "rows of the matrix of ranks; without, it is square"] = None,
) -> Demand:
    """Return rank (r, c) of a rows x columns matrix sending to rank (c, r) of its transpose.

    Ranks on the diagonal are silent.  Without ``rows`` the matrix is square and n a square number;
    ``ranks_per_host`` plays no part.
    """
    height = _height(n_ranks, rows)
    r, c = np.divmod(np.arange(n_ranks), n_ranks // height)
    return _to("transpose" if rows is None else f"transpose(rows={rows})", c * height + r, bytes)


def _height(n_ranks: int, rows: int | None) -> int:
    """Return the rows of the matrix; raises DemandError where ``n_ranks`` make none."""
    check_ranks(n_ranks, 4, what="transpose")
    side = isqrt(n_ranks)
    if rows is None and side * side != n_ranks:
        raise DemandError(
            f"transpose needs a square number of ranks; got {n_ranks}, nearest {side**2} or {(side + 1) ** 2}; "
            "or give rows, a divisor of the number of ranks"
        )
    height = side if rows is None else rows
    check_whole(height, 2, name="rows")
    if n_ranks % height or height == n_ranks:
        divisors = [d for d in range(2, n_ranks) if n_ranks % d == 0]
        raise DemandError(f"rows={rows} makes no matrix of {n_ranks} ranks; rows that do: {divisors[:12] or 'none'}")
    return height


def incast(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    bytes: Bytes = MIB,
    fan_in: Annotated[int | None, Ge(1), "ranks that send; without, all others do"] = None,
    target: Annotated[int, Ge(0), "rank that receives"] = 0,
) -> Demand:
    """Return ``fan_in`` ranks, spread evenly over the others, each sending ``bytes`` to ``target``.

    Without ``fan_in`` all others send.  ``ranks_per_host`` plays no part.
    """
    check_ranks(n_ranks, what="incast")
    senders = n_ranks - 1 if fan_in is None else fan_in
    check_whole(senders, 1, name="fan_in")
    check_whole(target, 0, name="target")
    if senders > n_ranks - 1 or target >= n_ranks:
        raise DemandError(
            f"incast: fan_in={senders} to target={target} does not fit {n_ranks} ranks; "
            f"fan_in goes up to {n_ranks - 1}, target up to {n_ranks - 1}"
        )
    src = (target + 1 + np.arange(senders) * (n_ranks - 1) // senders) % n_ranks
    return Demand.of(f"incast(fan_in={senders})", n_ranks, src=src, dst=target, size=bytes)


def hotspot(
    *,
    n_ranks: int,
    ranks_per_host: int = 8,
    bytes: Bytes = MIB,
    hot: Annotated[int, Ge(1), "ranks that receive more, evenly spaced"] = 1,
    factor: Annotated[float, Gt(0), "times as much as others receive"] = 8.0,
) -> GroupedDemand:
    """Return uniform traffic in which ``hot`` evenly spaced ranks receive ``factor`` times as much.

    Every ordered pair moves ``bytes``, pairs that end on a hot rank ``factor`` x ``bytes``: two
    commodities, never listed.  ``ranks_per_host`` plays no part.
    """
    check_ranks(n_ranks, what="hotspot")
    check_whole(hot, 1, name="hot")
    check_positive(factor, name="factor", unit="times")
    check_positive(bytes, name="bytes", unit="bytes")
    if hot > n_ranks:
        raise DemandError(f"hotspot: hot={hot} of {n_ranks} ranks; give 1 to {n_ranks}")
    kind = np.zeros(n_ranks, dtype=np.int32)
    kind[np.arange(hot) * n_ranks // hot] = 1
    size = np.array([bytes, factor * bytes])
    name = f"hotspot(hot={hot}, factor={factor:g})"
    if hot == n_ranks:
        return GroupedDemand.of(name, label=np.zeros(n_ranks), size=size[1])
    return GroupedDemand.of(name, label=np.zeros(n_ranks), size=size, kind=kind)


def _to(name: str, dst: np.ndarray, bytes: float) -> Demand:
    src = np.arange(len(dst))
    other = src != dst
    return Demand.of(name, len(dst), src=src[other], dst=dst[other], size=bytes)


def uniform_count(*, n_ranks: int) -> Count:
    """Return the commodities of ``uniform``."""
    return Count(1, n_ranks * (n_ranks - 1))


def hotspot_count(*, n_ranks: int, hot: int) -> Count:
    """Return the commodities of ``hotspot``."""
    return Count(1 + (hot < n_ranks), n_ranks * (n_ranks - 1))


def one_each(*, n_ranks: int) -> Count:
    """Return the commodities of a pattern in which every rank sends to one."""
    return Count.listed(n_ranks)


def bit_complement_count(*, n_ranks: int) -> Count:
    """Return the commodities of ``bit_complement``."""
    power_of_two(n_ranks, what="bit-complement")
    return Count.listed(n_ranks)


def transpose_count(*, n_ranks: int, rows: int | None) -> Count:
    """Return the commodities of ``transpose``: ranks that the transpose leaves in place are silent.

    Rank (r, c) is one where r (columns - 1) = c (rows - 1).
    """
    height = _height(n_ranks, rows)
    return Count.listed(n_ranks - gcd(height - 1, n_ranks // height - 1) - 1)


def incast_count(*, n_ranks: int, fan_in: int | None) -> Count:
    """Return the commodities of ``incast``."""
    return Count.listed(n_ranks - 1 if fan_in is None else fan_in)._replace(receivers=1)
