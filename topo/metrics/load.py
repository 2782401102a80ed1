"""How full links are when a demand is offered as fast as its ports allow.

``theta_port`` is what the network ports of the endpoints allow, whatever lies between
them; the nominal ports, also where some have failed.  Offered at that scale, the
utilization of a link is its load over its capacity; it exceeds 1 where the network, or
what is left of the ports, is the limit.

Phases differ in length and load.  Maxima are those of the worst phase, whatever time it
takes.  Every other statistic is taken in each phase and averaged by the time that the
phase takes at its port limit, and so is ``congestion``, the reciprocal of the switch
throughput; the utilization of a single link is averaged alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topo.fabric import Fabric, Tier
from topo.flow.bounds import overall, port_limit
from topo.flow.phase_loads import fullest, fullest_by_tier, phase_loads, scaled
from topo.flow.schedule import at_once, overlap
from topo.flow.solution import Solution

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_BINS = 40
_BIN_STEP = 0.05  # the last edge of a histogram is a multiple of it
TIED = 1e-9  # relative; tiers whose fullest links need times this close are a tie


@dataclass(frozen=True, eq=False)
class Loads:
    """Bytes on every link, by phase, and how long the ports need for them."""

    fabric: Fabric
    bytes: csr_array  # (phases, L) of one run; rows hold the links that carry
    repeat: NDArray[np.int32]  # (phases,)
    theta_port: Floats  # (phases,) [1/s]; infinite where nothing leaves a host

    @classmethod
    def of(cls, solution: Solution) -> Loads:
        """Return the loads of what was offered; those of the solution are used where rates stay in proportion to sizes.

        Phases that send side by side count as one.
        """
        fabric, demand, routing = solution.fabric, solution.offered, solution.routed
        if overlap(demand) is not None:
            demand = at_once(demand)
            return cls(
                fabric, phase_loads(routing, demand, demand.size), demand.repeat, port_limit(fabric.nominal, demand)
            )
        if solution.in_proportion:
            seconds = np.where(np.isfinite(solution.theta), 1.0 / solution.theta, 0.0)
            bytes_ = scaled(solution.load, seconds)
        else:
            bytes_ = phase_loads(routing, demand, demand.size)
        limit = np.maximum(
            port_limit(fabric.nominal, demand), solution.theta
        )  # reached, so possible: they differ by rounding
        return cls(fabric, bytes_, demand.repeat, limit)

    @cached_property
    def port_time(self) -> Floats:
        """(phases,) time of each phase at its port limit, repeats included [s]."""
        return np.asarray(self.repeat / self.theta_port)

    @cached_property
    def utilization(self) -> csr_array:
        """(phases, L) load over capacity with each phase at its port limit; 0 in phases that use no port."""
        at_limit = scaled(self.bytes, np.where(np.isfinite(self.theta_port), self.theta_port, 0.0))
        at_limit.data /= self.fabric.capacity[at_limit.indices]
        return at_limit

    @cached_property
    def weight(self) -> Floats:
        """(phases,) share of each phase in the time at the port limit; all 0 where nothing leaves its domain."""
        total = self.port_time.sum()
        return np.asarray(self.port_time / total if total else np.zeros_like(self.port_time))

    def mean_utilization(self) -> Floats:
        """Return (L,) the mean utilization of each link by the time of the phases."""
        return np.asarray(self.weight @ self.utilization)

    def peak_utilization(self) -> Floats:
        """Return (L,) the utilization of each link in the phase that fills it most."""
        return np.asarray(self.utilization.max(axis=0).todense()).ravel()

    def tier_time(self, tier: Tier) -> float:
        """Return the time that the fullest links of a tier need, phase after phase [s]."""
        return float(self.repeat @ self.by_tier[tier][0])

    @cached_property
    def by_tier(self) -> dict[Tier, tuple[Floats, NDArray[np.int32]]]:
        """Time that the fullest link of each tier needs for each phase, (phases,) [s], and which it is."""
        return fullest_by_tier(self.bytes, self.fabric)

    def time_of(self, links: Mask) -> float:
        """Return the time that the fullest of ``links`` (L,) need, phase after phase [s]."""
        needed, _ = fullest(self.bytes, np.where(links, self.fabric.capacity, np.inf))
        return float(self.repeat @ needed)


def load_metrics(loads: Loads, solution: Solution) -> dict[str, Any]:
    """Return throughput, congestion and the utilization of links by tier and by plane.

    Keys with utilizations are None where nothing leaves a host.
    """
    fabric, inner = loads.fabric, loads.fabric.is_switch_link
    port, switch = float(loads.port_time.sum()), loads.time_of(inner)
    whole = 1.0 / solution.overall_theta
    stats = _statistics(loads, inner)
    return {
        "theta": solution.overall_theta,
        "theta_port": overall(loads.theta_port, loads.repeat),
        "normalized_throughput": port / whole if port and whole else None,
        "switch_throughput": port / switch if port and switch else None,
        "congestion": switch / port if port else None,
        "max_utilization": stats["max"],
        "time_mean_max_utilization": stats["time_mean_max"],
        "mean_utilization": stats["mean"],
        "p99_utilization": stats["p99"],
        "utilization_histogram": stats["histogram"],
        "bottleneck_tier": _bottleneck(loads),
        "links_by_tier": {
            tier.label: _statistics(loads, fabric.tier == tier) for tier in Tier if (fabric.tier == tier).any()
        },
        "links_by_plane": {str(p): _statistics(loads, links & inner) for p, links in _planes(fabric)},
        "bytes_by_plane": _bytes_by_plane(loads),
        "traffic_mean_hops": _mean_hops(loads),
    }


def _statistics(loads: Loads, links: Mask) -> dict[str, Any]:
    """Return number, maxima, mean, 99th percentile and histogram of the utilization of ``links`` (L,)."""
    count = int(np.count_nonzero(links))
    if not count or not loads.port_time.sum():
        return {"links": count, "max": None, "time_mean_max": None, "mean": None, "p99": None, "histogram": None}
    rows, weight = _rows_of(loads.utilization, links), loads.weight
    used = np.diff(rows.indptr)
    phase = np.repeat(np.arange(len(used)), used)
    largest = _largest(rows)
    top = max(1.0, float(np.ceil(largest.max() / _BIN_STEP - TIED) * _BIN_STEP))
    edges = np.linspace(0.0, top, _BINS + 1)
    histogram = np.histogram(np.minimum(rows.data, top), edges, weights=weight[phase])[0]
    histogram[0] += weight @ (count - used)  # links that carry nothing
    return {
        "links": count,
        "max": largest.max(),
        "time_mean_max": weight @ largest,
        "mean": weight @ np.bincount(phase, rows.data, len(used)) / count,
        "p99": weight @ _percentile(rows, count, 0.99),
        "histogram": {"edges": edges, "links": histogram},
    }


def _rows_of(rows: csr_array, links: Mask) -> csr_array:
    """Return the entries of ``rows`` (phases, L) that are on ``links`` (L,)."""
    kept = np.flatnonzero(links[rows.indices])
    there = (rows.data[kept], rows.indices[kept], np.searchsorted(kept, rows.indptr))
    return csr_array(there, shape=rows.shape)


def _largest(rows: csr_array) -> Floats:
    """Return (phases,) the largest entry of each row; 0 of one without any."""
    largest, some = np.zeros(rows.shape[0]), np.flatnonzero(np.diff(rows.indptr))
    if len(some):
        largest[some] = np.maximum.reduceat(rows.data, rows.indptr[some])
    return largest


def _percentile(rows: csr_array, n: int, share: float) -> Floats:
    """Return (phases,) the value that ``share`` of the ``n`` links of a row are below, linear between two.

    What has no entry is 0.
    """
    used = np.diff(rows.indptr)
    phase = np.repeat(np.arange(len(used)), used)
    ordered = np.sort(rows.data) if len(used) == 1 else rows.data[np.lexsort((rows.data, phase))]
    ordered = np.append(ordered, 0.0)
    low = int(share * (n - 1))

    def at(place: int) -> Floats:
        behind = place - (n - used)  # zeros come first
        return np.where(behind >= 0, ordered[np.where(behind >= 0, rows.indptr[:-1] + behind, -1)], 0.0)

    below, above = at(low), at(min(low + 1, n - 1))
    return np.asarray(below + (above - below) * (share * (n - 1) - low))


def _bottleneck(loads: Loads) -> str | None:
    """Return the tier whose fullest links take longest; of equals, the one nearest to the endpoints."""
    time = {tier: loads.tier_time(tier) for tier in nearest_first()}
    longest = max(time.values())
    slow = [tier for tier, needed in time.items() if needed >= longest * (1 - TIED)]
    return slow[0].label if longest else None


def nearest_first() -> list[Tier]:
    """Return the tiers from the endpoints on: of links that are equally full, the nearest is said to limit."""
    return [Tier.ENDPOINT, Tier.SCALE_UP, *(tier for tier in Tier if tier > Tier.ENDPOINT)]


def link_plane(fabric: Fabric, links: slice = slice(None)) -> NDArray[np.int16]:
    """Return the plane of each of ``links``, all (L,) where none are given: that of its switch; -1 inside hosts."""
    tail, head = fabric.tail[links], fabric.head[links]
    return np.maximum(np.where(tail < fabric.n_endpoints, -1, fabric.plane[tail]), fabric.plane[head])


def _planes(fabric: Fabric) -> list[tuple[int, Mask]]:
    plane = np.where(fabric.tier >= Tier.ENDPOINT, link_plane(fabric), -1)
    return [(p, plane == p) for p in range(fabric.n_planes)]


def _injected(loads: Loads) -> Floats:
    """Return (L,) bytes that enter the network on each link, repeats included; 0 on all but ports of endpoints."""
    enters = (loads.fabric.tier == Tier.ENDPOINT) & (loads.fabric.tail < loads.fabric.n_endpoints)
    return np.asarray((loads.repeat @ loads.bytes) * enters)


def _bytes_by_plane(loads: Loads) -> dict[str, float]:
    injected = _injected(loads)
    return {str(p): float(injected[links].sum()) for p, links in _planes(loads.fabric)}


def _mean_hops(loads: Loads) -> float | None:
    """Return the network cables that a byte crosses on average, of those that leave their host."""
    injected = _injected(loads).sum()
    network = (loads.repeat @ loads.bytes)[loads.fabric.tier >= Tier.ENDPOINT].sum()
    return float(network / injected) if injected else None
