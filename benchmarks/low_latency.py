"""DeepEP's low-latency kernels: two constants a kernel from one host, set against two and four hosts.

A kernel takes a + bytes / rate: ``a`` and the rate inside a host are fitted to the rows of one host up to 64 tokens,
dispatch and combine apart, and to nothing else.  Between hosts a copy goes straight to its rank over the NIC, whose
rate is not fitted: as specified, and as the paper reached it with NICs of the same rate.  Means of all runs [1]_.

.. [1] ai-dynamo/aiconfigurator 095f58a, systems/data/h100_sxm/comm/sglang, wideep_deepep_ll_perf, Apache-2.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

import topo
import traffic
from benchmarks.deepep import NIC_REACHED
from benchmarks.rows import CALIBRATED, NIC, Row, row

SOURCE = (
    "DeepEP low-latency kernels on hosts of eight H100, 256 experts, top-8, hidden 7,168, in ai-dynamo/aiconfigurator "
    "095f58a; means of its runs"
)
KERNELS = ("dispatch", "combine")
RANKS = 8
#: Tokens up to which the rows of one host are fitted.
MOST_FITTED = 64
#: Hosts -> tokens of a rank -> dispatch and combine [us].
MEASURED: dict[int, dict[int, tuple[float, float]]] = {
    1: {
        1: (16.28, 12.2),
        2: (15.43, 13.28),
        4: (15.75, 14.05),
        8: (16.05, 14.37),
        12: (16.76, 16.03),
        16: (17.63, 18.28),
        24: (19.51, 21.64),
        32: (20.5, 24.64),
        48: (24.78, 33.43),
        64: (27.84, 40.91),
        96: (33.38, 55.99),
        128: (39.83, 72.38),
        160: (47.21, 90.36),
        256: (67.02, 136.08),
        512: (122.64, 269.28),
        1024: (236.88, 526.81),
        2048: (457.19, 1033.12),
    },
    2: {
        2: (22.25, 26.56),
        4: (22.96, 29.98),
        8: (24.1, 36.97),
        12: (27.09, 42.22),
        16: (30.65, 44.52),
        24: (36.05, 51.47),
        32: (40.45, 60.38),
        48: (49.88, 81.25),
        64: (59.03, 100.2),
        96: (80.9, 145.92),
        128: (101.77, 188.24),
        160: (122.27, 229.37),
        256: (180.26, 334.75),
    },
    4: {
        2: (28.18, 28.85),
        4: (29.42, 33.1),
        8: (32.22, 42.55),
        12: (36.52, 49.2),
        16: (40.1, 57.37),
        24: (48.7, 71.23),
        32: (55.48, 86.0),
        48: (70.4, 115.22),
        64: (84.35, 146.2),
        96: (111.98, 203.7),
        128: (144.19, 266.03),
        160: (172.0, 328.63),
        256: (261.72, 500.8),
    },
}


@cache
def wire(hosts: int, nic: float, scale_up: float) -> tuple[float, float]:
    """Return what one token of every rank takes on the fabric, dispatch and combine [s]: bandwidth alone."""
    n = RANKS * hosts
    fabric = topo.generate(
        "fat-tree-2", radix=64, endpoints=n, endpoints_per_host=RANKS, capacity=nic, scale_up=scale_up
    )
    demand = traffic.offer("moe-all-to-all", n_ranks=n, ep=n, tokens=1, node_limit=None, dedup=False)
    solution = topo.solve(fabric, demand, topo.route(fabric, demand, "ecmp"), "completion")
    return float(solution.phase_time[0]), float(solution.phase_time[1])


@cache
def fitted(kernel: int) -> tuple[float, float]:
    """Return start [s] and rate inside a host [B/s] of a kernel, by least squares on one host."""
    rows = {tokens: times[kernel] for tokens, times in MEASURED[1].items() if tokens <= MOST_FITTED}
    slope, start = np.polyfit(list(rows), np.array(list(rows.values())) * 1e-6, 1)
    return float(start), wire(1, NIC, 1.0)[kernel] / float(slope)


def computed(kernel: int, hosts: int, tokens: int, nic: float) -> float:
    """Return the time of a kernel [s]."""
    start, scale_up = fitted(kernel)
    return start + tokens * wire(hosts, nic, scale_up)[kernel]


def one_host() -> Iterator[Row]:
    for kernel, name in enumerate(KERNELS):
        start, rate = fitted(kernel)
        why = f"calibrated: least squares on one host up to {MOST_FITTED} tokens"
        yield Row(f"{name}: start", "us", "", start * 1e6, None, why, CALIBRATED)
        yield Row(f"{name}: rate inside a host", "GB/s", "", rate / 1e9, None, why, CALIBRATED)
        for tokens, times in MEASURED[1].items():
            found = row(
                f"1 host, {tokens} tokens: {name}", "us", times[kernel], computed(kernel, 1, tokens, NIC) * 1e6, why
            )
            if tokens <= MOST_FITTED:
                yield found._replace(kind=CALIBRATED)
            else:
                yield found._replace(reason="more tokens than were fitted")


def specified() -> Iterator[Row]:
    return _several(NIC, "a NIC at its specified 50 GB/s is the least time; these kernels reach about 45 at 256 tokens")


def effective() -> Iterator[Row]:
    return _several(NIC_REACHED, "the paper's 40 GB/s is round; these kernels reach about 45 at 256 tokens")


def _several(nic: float, many: str) -> Iterator[Row]:
    few = "few tokens: what starts the kernel counts, and between hosts it is more than inside one"
    for hosts in (2, 4):
        for tokens, times in MEASURED[hosts].items():
            for kernel, name in enumerate(KERNELS):
                here, why = computed(kernel, hosts, tokens, nic) * 1e6, few if tokens < MOST_FITTED else many
                yield row(f"{hosts} hosts, {tokens} tokens: {name}", "us", times[kernel], here, why)
