"""One launch and one rate a hardware file, fitted to some rows of a measurement and set against the others.

nccl-tests on eight A100 of one host: out-of-place times of collectives over NVLink [1]_.  ``a100-nccl`` takes its
launch from allreduce up to 4 KiB and its rate from allreduce at 8 GiB; all other rows are predictions.

.. [1] microsoft/superbenchmark, tests/data/nccl_*.log, commit 700d6501, MIT.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import topo
import traffic
from benchmarks.rows import CALIBRATED, Row, row
from topo import units
from topo.config.data import Files
from topo.config.hardware import latencies
from topo.config.hardware_file import read_hardware

HARDWARE = "a100-nccl"
SOURCE = "nccl-tests on eight A100 of one host, tests/data of microsoft/superbenchmark; hardware a100-nccl"
RANKS = 8
#: Pattern -> time [us] by size.  Those of allreduce at 1 KiB and 8 GiB are what was fitted to, or beside it.
MEASURED: dict[str, dict[str, float]] = {
    "allreduce": {
        "1KiB": 36.07,
        "64KiB": 37.82,
        "256KiB": 47.53,
        "1MiB": 74.78,
        "4MiB": 112.0,
        "16MiB": 226.0,
        "64MiB": 584.5,
        "256MiB": 2112.2,
        "1GiB": 8159.5,
        "8GiB": 63896.0,
    },
    "all-gather": {
        "1KiB": 35.38,
        "64KiB": 36.34,
        "256KiB": 46.45,
        "1MiB": 72.95,
        "4MiB": 100.7,
        "16MiB": 167.7,
        "64MiB": 379.7,
        "256MiB": 1192.2,
        "1GiB": 4413.4,
        "8GiB": 33646.0,
    },
    "reduce-scatter": {
        "1KiB": 35.16,
        "64KiB": 36.78,
        "256KiB": 48.12,
        "1MiB": 72.37,
        "4MiB": 108.9,
        "16MiB": 152.4,
        "64MiB": 356.1,
        "256MiB": 1108.7,
        "1GiB": 4203.0,
        "8GiB": 32464.0,
    },
    "all-to-all": {
        "1KiB": 88.17,
        "64KiB": 87.67,
        "256KiB": 87.02,
        "1MiB": 87.42,
        "4MiB": 96.44,
        "16MiB": 160.4,
        "64MiB": 396.8,
        "256MiB": 1189.1,
        "1GiB": 4335.5,
        "8GiB": 33508.0,
    },
}
FITTED = {("allreduce", "1KiB"), ("allreduce", "8GiB")}


@cache
def host() -> topo.Fabric:
    """Return the eight endpoints of a host, with the rate and launch of the hardware file."""
    stated = read_hardware(*Files().read("hardware", HARDWARE))
    seconds: dict[str, Any] = dict(latencies(HARDWARE))
    inside = units.rate(stated["scale_up"])
    return topo.generate(
        "fat-tree-2", radix=4, endpoints=RANKS, endpoints_per_host=RANKS, capacity=inside, scale_up=inside, **seconds
    )


def seconds(pattern: str, amount: str) -> float:
    """Return the computed time of a collective of ``amount`` [s]."""
    demand = traffic.offer(pattern, n_ranks=RANKS, ranks_per_host=RANKS, bytes=units.size(amount))
    return topo.solve(host(), demand, topo.route(host(), demand), "completion").completion_s


def rows() -> Iterator[Row]:
    """Yield a row of docs/validation.md for each measured time."""
    for pattern, times in MEASURED.items():
        for amount, measured in times.items():
            fitted = (pattern, amount) in FITTED
            why = (
                "launch and rate are fitted to allreduce at its two ends"
                if fitted
                else _why(pattern, units.size(amount))
            )
            found = row(f"{pattern}, {amount}", "us", measured, seconds(pattern, amount) * 1e6, why)
            yield found._replace(kind=CALIBRATED) if fitted else found


def _why(pattern: str, size: float) -> str:
    if pattern == "all-to-all" and size <= 4 * 2**20:
        return "all-to-all starts seven sends and receives a rank: 87 us, where a ring starts in 35"
    if size <= 2**16:
        return "launch alone; fitted to allreduce"
    if size <= 2**26:
        return "NCCL changes protocol and fills few channels at such sizes: one rate and one launch do not describe it"
    return "rate alone; fitted to allreduce"
