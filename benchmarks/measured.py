"""Measurements on several hosts against what bandwidth allows, and efficiency curves against themselves.

Copies of a token by DeepEP are counted: those over NVLink to those over RDMA.  Bus bandwidth of all-gather is that of
the solver on the fabric at hand.  Every inner entry of a curve that is shipped is left out in turn and
interpolated from the two beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import topo
import traffic
from benchmarks.rows import BOUND, Row, row
from topo.config.hardware import efficiency_of
from traffic import moe
from traffic.efficiency import Curve

COPIES_SOURCE = (
    "threads 493, 155, 181, 82 and 261 of deepseek-ai/DeepEP: bytes over NVLink to bytes over RDMA, 256 experts, top-8"
)
GATHER_SOURCE = (
    "NVIDIA cluster-readiness-engine, all-gather of 16 GB, NVLink across hosts off; operators there accept 92 % of the "
    "bound at bring-up (ADR-021)"
)
CURVES = "simai-nccl"
CURVES_SOURCE = f"aliyun/SimAI cef83f9, as shipped in hardware {CURVES}; each entry from the two beside it"

#: Ranks of an expert-parallel group -> what was measured.
COPIES = {16: (3.2716, 3.2709, 3.299), 32: (1.998, 2.017)}


class Gather(NamedTuple):
    """An all-gather: hosts of so many GPUs with a NIC each, NVLink across hosts switched off."""

    name: str
    hosts: int
    per_host: int
    nic: float  # [B/s]
    scale_up: float  # [B/s] one way
    measured: float  # bus bandwidth [GB/s]


GATHERS = (
    Gather("GB200, 4 hosts of 4", 4, 4, 50e9, 900e9, 191.3),
    Gather("GB300, 8 hosts of 4", 8, 4, 100e9, 900e9, 365.7),
    Gather("H100, 2 hosts of 8", 2, 8, 25e9, 450e9, 189.3),
)
#: S of nccl-tests [bytes].
GATHERED = 16e9


def copies() -> Iterator[Row]:
    why = "expectation over tokens that pick experts evenly; measured ones are of single runs"
    for ep, measured in COPIES.items():
        found = moe.report(ep=ep, node_limit=None)
        ratio = found["endpoints_per_token"] / found["hosts_per_token"]
        for number, there in enumerate(measured, 1):
            yield row(f"EP{ep}, measurement {number}", "", there, ratio, why)


def gathers() -> Iterator[Row]:
    why = "the bound of the NICs of a host together: nothing is taken off"
    for one in GATHERS:
        yield row(one.name, "GB/s", one.measured, bus_bandwidth(one) / 1e9, why)


def bus_bandwidth(one: Gather) -> float:
    """Return what the solver gives [B/s]: rings over as many channels as a host has NICs."""
    n = one.hosts * one.per_host
    fabric = topo.generate(
        "fat-tree-2",
        radix=64,
        endpoints=n,
        endpoints_per_host=one.per_host,
        capacity=one.nic,
        scale_up=one.scale_up,
    )
    demand = traffic.offer("all-gather", n_ranks=n, ranks_per_host=one.per_host, bytes=GATHERED)
    solution = topo.solve(fabric, demand, topo.route(fabric, demand, "ecmp"), "completion")
    return float(topo.measure(solution)["busbw_bytes_per_s"])


def curves() -> Iterator[Row]:
    """Yield shares of the bound: each curve's two ends against the bound, each inner entry against its neighbours."""
    for name, by_hosts in sorted(efficiency_of(CURVES).curves.items()):
        for hosts, curve in sorted(by_hosts.items()):
            where = f"{name} on {hosts} host{'s' if hosts > 1 else ''}"
            yield from _ends(where, curve)
            yield from _left_out(where, curve)


def _ends(where: str, curve: Curve) -> Iterator[Row]:
    for at, size in ((0, curve.sizes[0]), (-1, curve.sizes[-1])):
        why = "the bound alone, which every size reaches where no curve is named"
        found = row(f"{where}, {_gib(size)}, of the bound", "", curve.shares[at], 1.0, why)
        yield found._replace(error=None, kind=BOUND)


def _left_out(where: str, curve: Curve) -> Iterator[Row]:
    for i in range(1, len(curve.sizes) - 1):
        rest = Curve(curve.sizes[:i] + curve.sizes[i + 1 :], curve.shares[:i] + curve.shares[i + 1 :])
        found = rest.at(curve.sizes[i])
        why = "from the entries of half and twice the size"
        yield row(f"{where}, {_gib(curve.sizes[i])}", "", curve.shares[i], found, why)


def _gib(size: float) -> str:
    return f"{size / 2**20:g} MiB" if size < 2**30 else f"{size / 2**30:g} GiB"
