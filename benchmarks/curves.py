"""One efficiency and one alpha a collective, fitted to a log where bandwidth counts, as ``topo expect`` fits them.

nccl-tests on eight A100 of one host, out of place [1]_; bounds are those of hardware ``a100-nccl``.

.. [1] microsoft/superbenchmark, tests/data/nccl_*.log, commit 700d6501, MIT.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.launches import RANKS, SOURCE, host
from benchmarks.rows import Row, row
from topo.metrics.against import against
from traffic.ccl import NAMES, bus_factor
from traffic.measured import Communicator, Measurements

__all__ = ["SOURCE", "rows"]

#: Pattern -> times [us] at 1 KiB, which says what start-up takes, and from 4 MiB to 8 GiB, each twice the one before.
MEASURED: dict[str, tuple[float, ...]] = {
    "allreduce": (36.07, 112, 162, 226, 374.3, 584.5, 1162.2, 2112.2, 4200.3, 8159.5, 16215, 32070, 63896),
    "all-gather": (35.38, 100.7, 123.5, 167.7, 265.8, 379.7, 698.6, 1192.2, 2304.1, 4413.4, 8658.8, 17016, 33646),
    "reduce-scatter": (35.16, 108.9, 147.3, 152.4, 240.5, 356.1, 618.1, 1108.7, 2169, 4203, 8356.9, 16400, 32464),
    "all-to-all": (88.17, 96.44, 121.1, 160.4, 237.5, 396.8, 633.6, 1189.1, 2236.6, 4335.5, 8510.4, 16860, 33508),
}
SIZES = 2.0 ** np.array([10, *range(22, 34)])
#: [bytes] from which the expected curve is held against the log.
LARGE = 64e6


def log(pattern: str) -> Measurements:
    """Return the records of one log."""
    seconds = np.array(MEASURED[pattern]) * 1e-6
    n, group = len(seconds), Communicator(pattern, RANKS, 1, dict.fromkeys(range(RANKS), "localhost"))
    zeros = np.zeros(n, dtype=np.int32)
    operation = np.full(n, NAMES.index(pattern), dtype=np.int8)
    return Measurements(operation, SIZES, seconds, zeros, zeros - 1, (group,))


def rows() -> Iterator[Row]:
    """Yield a row of docs/validation.md for each size above 64 MB."""
    for pattern in MEASURED:
        found = against(log(pattern), host(), {"policy": "ecmp"})
        (fit,) = found["fits"]
        line = f"alpha {fit['alpha_s'] * 1e6:.0f} us, efficiency {fit['efficiency']:.3f}"
        why = f"{line}: fitted to {fit['sizes']} sizes of {pattern}, none chosen by hand"
        for one in found["expectations"]:
            if one["bytes"] > LARGE:
                rate = one["bytes"] * bus_factor(pattern, RANKS) / 1e9
                fitted = rate / (fit["alpha_s"] + one["shared_s"] / fit["efficiency"])
                yield row(f"{pattern}, {one['bytes'] / 2**20:.0f} MiB", "GB/s", rate / one["measured_s"], fitted, why)
