"""Closed forms of collectives: time as steps x alpha + bytes x beta, and what nccl-tests reports.

alpha [s] is the time of an empty message, beta [s/B] one over the bandwidth of a rank's
port, n the ranks and S the array [bytes].  ``efficiency`` is the share of the port that messages of
this size reach (``traffic.efficiency``): bytes take 1/efficiency of their time, messages no more.

References
----------
R. Thakur, R. Rabenseifner and W. Gropp, IJHPCA 19(1), 2005; nccl-tests, doc/PERFORMANCE.md.
"""

from __future__ import annotations

from typing import get_args

from traffic.layout import check_choice, check_whole, power_of_two
from traffic.operation import Named


def allreduce_time(
    algorithm: str, *, n: int, size: float, alpha: float = 0.0, beta: float, efficiency: float = 1.0
) -> float:
    """Return the time [s] of an allreduce of ``size`` bytes over single-rank hosts on a non-blocking fabric.

    >>> allreduce_time("ring", n=4, size=100, beta=1.0)
    150.0
    """
    check_whole(n, 2, name="n")
    check_choice(algorithm, ("halving-doubling", "ring", "tree"), name="algorithm")
    beta = beta / efficiency
    if algorithm == "tree":
        return 2 * (n - 1).bit_length() * (alpha + size * beta)
    trips = 2 * (n - 1) if algorithm == "ring" else 2 * power_of_two(n, what=algorithm)
    return trips * alpha + 2 * (n - 1) / n * size * beta


def ring_time(
    *, n: int, size: float, passes: int, channels: int, nic: float, scale_up: float, efficiency: float = 1.0
) -> float:
    """Return the time [s], latency aside, of rings on ``channels`` at once over full hosts of as many ranks.

    A rank carries passes (n - 1)/n S over scale-up, and a channel's share of it over its NIC.
    """
    volume = passes * (n - 1) / n * size
    return max(volume / scale_up, volume / channels / nic) / efficiency


def all_to_all_bound(*, n: int, ranks_per_host: int, nic: float, efficiency: float = 1.0) -> float:
    """Return the most algbw [B/s] of an all-to-all of ``n`` ranks: NIC x n / (n - ranks of a host).

    Only what leaves the host has to pass the NIC.
    """
    check_whole(n, ranks_per_host + 1, name="n")
    return efficiency * nic * n / (n - ranks_per_host)


def bus_bandwidth(collective: str, *, n: int, size: float, seconds: float) -> float:
    """Return busbw [B/s] of nccl-tests: algbw = size / seconds, scaled so that it compares with a port's rate."""
    check_choice(collective, get_args(Named), name="collective")
    share = (n - 1) / n
    factor = {"allreduce": 2 * share, "broadcast": 1.0, "reduce": 1.0}.get(collective, share)
    return size / seconds * factor
