"""Bandwidth of a collective as nccl-tests reports it.

algbw = S / t.  busbw scales it by what a port has to carry for each byte of S, so that it compares
with the rate of the port whatever the number of ranks: 2(n - 1)/n for an allreduce, (n - 1)/n for
all-gather, reduce-scatter and all-to-all, 1 for broadcast and reduce [1]_.

S is what each rank sends in an all-to-all, its own share included, and the whole array otherwise.
t is the completion time of all groups, with whatever latency the solver counts.

.. [1] nccl-tests, doc/PERFORMANCE.md.
"""

from __future__ import annotations

from typing import Any

from traffic.closed_forms import bus_bandwidth
from traffic.demand import Collective


def bandwidth_metrics(collective: Collective | None, seconds: float) -> dict[str, Any]:
    """Return algbw and busbw [B/s] of a collective that took ``seconds``, its S and its ranks; None where it is none.

    Scale-up links count as ports do: inside hosts busbw may pass the rate of a NIC.

    >>> found = bandwidth_metrics(Collective("allreduce", 4, 100.0), 2.0)
    >>> found["algbw_bytes_per_s"], found["busbw_bytes_per_s"]
    (50.0, 75.0)
    """
    if collective is None or not seconds:
        return dict.fromkeys(("collective_ranks", "collective_bytes", "algbw_bytes_per_s", "busbw_bytes_per_s"))
    name, n, size = collective
    return {
        "collective_ranks": n,
        "collective_bytes": size,
        "algbw_bytes_per_s": size / seconds,
        "busbw_bytes_per_s": bus_bandwidth(name, n=n, size=size, seconds=seconds),
    }
