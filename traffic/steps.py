"""Steps of collective algorithms, for many groups of ranks at once.

``members`` (groups, n) are the ranks of each group in rising order; S is the
array that the group works on [bytes]; every function returns phases, through which each rank goes by itself.

References
----------
R. Thakur, R. Rabenseifner and W. Gropp, Optimization of collective communication
operations in MPICH, IJHPCA 19(1), 2005.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from traffic.apart import INSIDE, Apart, apart, in_a_row, often
from traffic.demand import DemandError
from traffic.layout import check_whole, power_of_two
from traffic.phases import Phase, step


def ring(
    members: NDArray[np.int64], size: float, *, ranks_per_host: int, channels: int | None = None, passes: int
) -> Phase:
    """Return one step of the ring, repeated passes x (n - 1) times; an allreduce makes two passes.

    Rings run on ``channels`` at once, each with 1/channels of the data.  Ring c enters and leaves
    every host on its rank c, so that all NICs carry::

        host 0   0 -> 1 -> 2 -> 3 -> 0      scale-up: S/n a step on every hop, all rings together
                 |    |    |    |
        host 1   0 -> 1 -> 2 -> 3 -> 0      network: S/(n channels) a step from rank c to rank c

    The last hop of a host, back to rank c, hands the chunk to the NIC that it leaves by.  So in
    passes x (n - 1)/n x S a rank sends that much over scale-up, a host that much over the network.
    """
    rank, n = members.ravel(), members.shape[1]
    first, length, group = _by_host(members, ranks_per_host)
    following = np.arange(1, len(rank) + 1)
    following[first + length - 1] = first
    rings = _channels(channels, int(length.min()))
    next_host = _next_host(np.flatnonzero(np.diff(group, prepend=-1)), len(first))
    leave = (first[:, None] + np.arange(rings)).ravel()
    enter = (first[next_host][:, None] + np.arange(rings)).ravel()
    src, dst = np.concatenate([rank, rank[leave]]), np.concatenate([rank[following], rank[enter]])
    share = np.concatenate([np.full(len(rank), size / n), np.full(len(leave), size / n / rings)])
    return step("ring", src, dst, share, passes * (n - 1), by_rank=True)


def ring_count(members: NDArray[np.int64], *, ranks_per_host: int, channels: int | None = None) -> Apart:
    """Return the commodities of ``ring``: one a rank with others on its host, one a channel that leaves a host."""
    first, length, group = _by_host(members, ranks_per_host)
    opens = np.flatnonzero(np.diff(group, prepend=-1))
    following = _next_host(opens, len(first))
    leaves = following != np.arange(len(first))  # a group on one host leaves none
    host = members.ravel()[first]
    rings = _channels(channels, int(length.min()))
    inside = Counter({INSIDE: int(length[length > 1].sum())})
    leaving = apart(host[leaves], host[following[leaves]], ranks_per_host, in_a_row(members))
    return inside + often(leaving, rings)


def _by_host(members: NDArray[np.int64], ranks_per_host: int) -> tuple[NDArray[np.int64], ...]:
    """Return where the ranks on each host of each group start in a row of all members, how many, and the group."""
    check_whole(ranks_per_host, 1, name="ranks_per_host")
    rank, group = members.ravel(), np.repeat(np.arange(len(members)), members.shape[1])
    place = group * (int(rank.max()) // ranks_per_host + 1) + rank // ranks_per_host  # one number a group and host
    first = np.flatnonzero(np.diff(place, prepend=-1))
    return first, np.diff(first, append=len(rank)), group[first]


def _next_host(opens: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Return (n,) the host after each on the ring of its group, whose first hosts are ``opens``."""
    following = np.arange(1, n + 1)
    following[np.append(opens[1:], n) - 1] = opens
    return following


def halving_doubling(members: NDArray[np.int64], size: float, *, passes: int) -> list[Phase]:
    """Return the exchanges over distance 1, 2, 4 .. with S/2, S/4, S/8 ..; ``passes`` 2 for an allreduce.

    Distance doubles while the vector is halved, so the largest exchange is with the nearest rank.
    The way back makes the same exchanges in reverse; they are the same phases, run twice.
    """
    n = members.shape[1]
    position = np.arange(n)
    return [
        step(f"distance {1 << j}", members, members[:, position ^ (1 << j)], size / 2 ** (j + 1), passes, by_rank=True)
        for j in range(power_of_two(n, what="halving-doubling"))
    ]


def binomial_tree(members: NDArray[np.int64], size: float) -> list[Phase]:
    """Return the reduction to the first rank and the broadcast back: 2 ceil(log2 n) steps of S each."""
    n = members.shape[1]
    position = np.arange(n)
    levels = range((n - 1).bit_length())
    children = [position[position % (2 << j) == 1 << j] for j in levels]
    up = [
        step(f"reduce {1 << j}", members[:, child], members[:, child - (1 << j)], size, by_rank=True)
        for j, child in zip(levels, children, strict=True)
    ]
    down = [Phase(f"broadcast {1 << j}", up[j].dst, up[j].src, up[j].size, by_rank=True) for j in reversed(levels)]
    return up + down


def two_level(hosts: NDArray[np.int64], size: float, *, inward: bool, outward: bool) -> list[Phase]:
    """Return rings inside hosts and between them, for ``hosts`` (groups, hosts, p ranks on a host).

    ``inward``: reduce-scatter inside hosts, then between ranks of equal index with S/p each;
    ``outward``: the same way back.  Both make an allreduce.
    """
    _, n_hosts, p = hosts.shape
    inside, across = hosts.reshape(-1, p), hosts.transpose(0, 2, 1).reshape(-1, n_hosts)
    near = step("scale-up ring", inside, np.roll(inside, -1, axis=1), size / p, p - 1, by_rank=True)
    passes = (inward + outward) * (n_hosts - 1)
    far = step("network ring", across, np.roll(across, -1, axis=1), size / p / n_hosts, passes, by_rank=True)
    return [near] * inward + [far] + [near] * outward


def two_level_exchange(hosts: NDArray[np.int64], share: float) -> list[Phase]:
    """Return an all-to-all of ``share`` [bytes] a pair, gathered on the receiver's index before it leaves the host."""
    _, n_hosts, p = hosts.shape
    near = step("scale-up", hosts[:, :, :, None], hosts[:, :, None, :], share * n_hosts, by_rank=True)
    far = step("network", hosts[:, :, None, :], hosts[:, None, :, :], share * p, by_rank=True)
    return [near, far]


def _channels(wanted: int | None, most: int) -> int:
    if wanted is None:
        return most
    check_whole(wanted, 1, name="channels")
    if wanted > most:
        raise DemandError(f"channels={wanted}: a ring enters a host on a rank of its own; give 1 to {most}")
    return wanted
