"""What an operation should take on a fabric: three bounds, each closer than the one before.

``port_s``     its ports carry it at full rate, whatever the routing: no routing does better.
``shared_s``   links are shared as the policy has it, nothing else runs, latency does not count.
``expected_s`` the same with launch, latency and packets as the fabric states them.

All three are of the algorithm in ``traffic.ccl``: rings, or straight to everybody.

Limits.  One operation at a time, and the fabric to itself: no queueing, no jitter, no losses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.flow import SOLVERS, route, solve
from topo.flow.bounds import endpoint_bound, overall
from topo.flow.solution import NotSolved, Solution
from topo.flow.stepwise import stepwise
from topo.headway import tell
from traffic.ccl import KINDS, MEASURED, bus_factor, steps_of
from traffic.demand import Demand, DemandError
from traffic.phases import in_sequence

Floats = NDArray[np.float64]

#: Share of the expected bus bandwidth that operators accept at bring-up: NVIDIA cluster-readiness-engine, ADR-021.
THRESHOLD = 0.92
#: The solver whose times count latency, packets and launch.
TIMED = next(name for name, solver in SOLVERS.items() if solver.timed)
#: Ranks of an operation where nobody says how many: as many as an all-to-all is followed for in seconds.
MOST_RANKS = 1024
#: [bytes] so many that latency is nothing beside them.
_LARGE = 2.0**60
#: Pairs of an all-to-all that are followed one by one.
MOST_PAIRS = 4_000_000
#: Sizes of one operation that are solved one by one; between more of them the time is drawn as a straight line.
MOST_SIZES = 64


class Times(NamedTuple):
    """What an operation should take at k sizes [s]."""

    port_s: Floats  # (k,)
    shared_s: Floats  # (k,)
    expected_s: Floats  # (k,)


def expected_times(
    fabric: Fabric, operation: str, members: NDArray[np.int64], sizes: Sequence[float], routing: Mapping[str, Any]
) -> Times:
    """Return the times of ``operation`` among endpoints ``members`` (n,) at ``sizes`` (k,) [bytes].

    ``routing`` is what ``route`` takes.  Raises NotSolved for an all-to-all of too many pairs, and what routing raises.
    """
    if KINDS[operation].pairs and len(members) ** 2 > MOST_PAIRS:
        raise NotSolved(
            f"{operation} of {len(members):,} ranks has {len(members) ** 2:.2g} pairs, which are followed one by one "
            f"(at most {MOST_PAIRS:.0e}); give fewer ranks, or analyze it as traffic under solver proportional"
        )
    size = np.asarray(sizes, dtype=np.float64)
    demand = _demand(fabric, operation, members, _LARGE)
    large = solve(fabric, demand, route(fabric, demand, **routing), TIMED)
    port = 1.0 / overall(endpoint_bound(fabric, demand), demand.repeat) / _LARGE
    transfer = large.completion_s / _LARGE
    expected = _scaled(large, size) if fabric.packet is None else _each(fabric, operation, members, size, routing)
    return Times(port * size, transfer * size, expected)


def _demand(fabric: Fabric, operation: str, members: NDArray[np.int64], size: float) -> Demand:
    phase = steps_of(operation, members[None, :], size, ranks_per_host=fabric.endpoints_per_domain)
    return in_sequence(operation, fabric.n_endpoints, [phase])


def _scaled(large: Solution, size: Floats) -> Floats:
    """Return times (k,) [s]: without packets transfers grow with the size, and latencies stay."""
    assert isinstance(large.demand, Demand)
    transfer = (large.finish - large.delay) / _LARGE
    ends = [float(stepwise(large.demand, transfer * one, large.delay)[1].max()) for one in size.tolist()]
    return large.fabric.launch + np.array(ends)


def _each(
    fabric: Fabric, operation: str, members: NDArray[np.int64], size: Floats, routing: Mapping[str, Any]
) -> Floats:
    """Return times (k,) [s], each solved; of many sizes those between powers of two lie on the line between."""
    at = np.unique(size)
    if len(at) > MOST_SIZES:
        at = 2.0 ** np.arange(np.floor(np.log2(at[0])), np.ceil(np.log2(at[-1])) + 1)
    seconds = []
    for one in at.tolist():
        demand = _demand(fabric, operation, members, one)
        seconds.append(solve(fabric, demand, route(fabric, demand, **routing), TIMED).completion_s)
    return np.asarray(np.interp(size, at, seconds))


def curves(
    fabric: Fabric,
    routing: Mapping[str, Any],
    *,
    operations: Sequence[str] = MEASURED,
    ranks: int | None = None,
    sizes: Sequence[float],
    threshold: float = THRESHOLD,
) -> dict[str, Any]:
    """Return what nccl-tests should show at ``sizes`` [bytes] among the first ``ranks`` endpoints, ready for JSON.

    Without ``ranks`` they are all endpoints, at most MOST_RANKS.
    Raises DemandError for more ranks than endpoints or less than two, NotSolved and what routing raises.
    """
    n = min(fabric.n_endpoints, MOST_RANKS) if ranks is None else ranks
    if not 2 <= n <= fabric.n_endpoints:
        raise DemandError(f"ranks go from 2 to the {fabric.n_endpoints:,} endpoints of {fabric.name}; got {n:,}")
    members = np.arange(n)
    hosts = len(np.unique(fabric.host[:n]))
    rows = []
    for operation in operations:
        tell(operation)
        times = expected_times(fabric, operation, members, sizes, routing)
        factor = bus_factor(operation, n)
        for size, port, shared, expected in zip(sizes, *(column.tolist() for column in times), strict=True):
            row = {"operation": operation, "ranks": n, "hosts": hosts, "bytes": float(size)}
            rows.append(row | bandwidths(size * factor, port, shared, expected, threshold))
    note = f"the first {n:,} of {fabric.n_endpoints:,} endpoints take part"
    return {"threshold": threshold, "expectations": rows, "inferred": [note] if n < fabric.n_endpoints else []}


def bandwidths(rate: float, port: float, shared: float, expected: float, threshold: float) -> dict[str, float]:
    """Return times and bounds of a row, the latter as busbw [B/s]; ``rate`` [bytes] is busbw times time."""
    return {
        "shared_s": shared,
        "expected_s": expected,
        "port_busbw_bytes_per_s": rate / port,
        "shared_busbw_bytes_per_s": rate / shared,
        "expected_busbw_bytes_per_s": rate / expected,
        "accepted_busbw_bytes_per_s": threshold * rate / expected,
    }
