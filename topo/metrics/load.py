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

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.copies import Copies
from topo.fabric import Fabric, Tier
from topo.flow.bounds import overall, port_limit
from topo.flow.phase_loads import entries_on, fullest, on_links, phase_loads, scaled
from topo.flow.schedule import at_once, overlap
from topo.flow.solution import Solution
from topo.metrics.utilization import statistics
from topo.routing.operator import FactSheet
from topo.rows import Rows

Floats = NDArray[np.float64]

#: Tiers of links between switches.
_INNER = [tier for tier in Tier if tier > Tier.ENDPOINT]
TIED = 1e-9  # relative; tiers whose fullest links need times this close are a tie


@dataclass(frozen=True, eq=False)
class Loads:
    """Bytes on every link, by phase, and how long the ports need for them."""

    fabric: Fabric
    bytes: Rows  # (phases, L) of one run; rows hold the links that carry
    repeat: NDArray[np.int32]  # (phases,)
    theta_port: Floats  # (phases,) [1/s]; infinite where nothing leaves a host
    copies: Copies | None = None  # ``fabric`` is the one of these, and all planes carry what it does

    @classmethod
    def of(cls, solution: Solution) -> Loads:
        """Return the loads of what was offered; those of the solution are used where rates stay in proportion to sizes.

        Phases that send side by side count as one.  Of planes that carry the same the first stands for all.
        """
        loads, routing = cls.of_all(solution), solution.routed
        copies = routing.alike if isinstance(routing, FactSheet) else None
        if copies is None:
            return loads
        return replace(loads, fabric=copies.one, bytes=copies.rows_of_first(loads.bytes), copies=copies)

    @classmethod
    def of_all(cls, solution: Solution) -> Loads:
        """Return the same of every link, whatever planes have in common."""
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

    @property
    def planes(self) -> int:
        """How many planes carry the same as ``fabric``, itself included."""
        return 1 if self.copies is None else self.copies.planes

    def times(self, tier: Tier) -> int:
        """Return how many links each one of ``tier`` stands for: scale-up links there are once."""
        return 1 if tier is Tier.SCALE_UP else self.planes

    @cached_property
    def port_time(self) -> Floats:
        """(phases,) time of each phase at its port limit, repeats included [s]."""
        return np.asarray(self.repeat / self.theta_port)

    @cached_property
    def utilization(self) -> Rows:
        """(phases, L) load over capacity with each phase at its port limit; 0 in phases that use no port."""
        return self.utilization_of(self.bytes)

    def utilization_of(self, some: Rows) -> Rows:
        """Return (phases, L) the same of ``some`` of the bytes alone."""
        filled = scaled(some, np.where(np.isfinite(self.theta_port), self.theta_port, 0.0))
        capacity, links = self.fabric.capacity, filled.indices
        np.divide(filled.data, on_links(capacity, links) if some.shape[0] == 1 else capacity[links], out=filled.data)
        return filled

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

    @cached_property
    def moved(self) -> Floats:
        """(L,) bytes of each link, repeats included."""
        return np.asarray(self.repeat @ self.bytes)

    @cached_property
    def plane(self) -> NDArray[np.int16]:
        """(L,) plane of each link, as ``link_plane`` says."""
        return link_plane(self.fabric)

    @cached_property
    def entries(self) -> dict[Tier, NDArray[np.int32]]:
        """Which of the stored entries are on links of each tier, ascending."""
        tier = self.fabric.tier
        of = on_links(tier, self.bytes.indices) if self.bytes.shape[0] == 1 else tier[self.bytes.indices]
        return {one: np.flatnonzero(of == one).astype(np.int32) for one in Tier}

    @cached_property
    def by_tier(self) -> dict[Tier, tuple[Floats, NDArray[np.int32]]]:
        """Time that the fullest link of each tier needs for each phase, (phases,) [s], and which it is."""
        return {tier: fullest(self.bytes_on(tier), self.fabric.capacity) for tier in Tier}

    def bytes_on(self, tier: Tier) -> Rows:
        """Return (phases, L) the bytes on links of ``tier`` alone."""
        return entries_on(self.bytes, self.entries[tier])

    def time_of(self, *tiers: Tier) -> float:
        """Return the time that the fullest links of ``tiers`` need, phase after phase [s]."""
        needed = np.max([self.by_tier[tier][0] for tier in tiers], axis=0)
        return float(self.repeat @ needed)


def load_metrics(loads: Loads, solution: Solution) -> dict[str, Any]:
    """Return throughput, congestion and the utilization of links by tier and by plane.

    Keys with utilizations are None where nothing leaves a host.
    """
    port, switch = float(loads.port_time.sum()), loads.time_of(*_INNER)
    whole = 1.0 / solution.overall_theta
    by_tier = _by_tier(loads)
    inner, by_plane = _between_switches(loads, by_tier)
    return {
        "theta": solution.overall_theta,
        "theta_port": overall(loads.theta_port, loads.repeat),
        "normalized_throughput": port / whole if port and whole else None,
        "switch_throughput": port / switch if port and switch else None,
        "congestion": switch / port if port else None,
        "max_utilization": inner["max"],
        "time_mean_max_utilization": inner["time_mean_max"],
        "mean_utilization": inner["mean"],
        "p99_utilization": inner["p99"],
        "utilization_histogram": inner["histogram"],
        "bottleneck_tier": _bottleneck(loads),
        "links_by_tier": {tier.label: found for tier, found in by_tier.items()},
        "links_by_plane": by_plane,
        "bytes_by_plane": _bytes_by_plane(loads),
        "traffic_mean_hops": _mean_hops(loads),
    }


def _by_tier(loads: Loads) -> dict[Tier, dict[str, Any]]:
    """Return the statistics of the links of each tier that there is."""
    count = {tier: int(np.count_nonzero(loads.fabric.tier == tier)) for tier in Tier}
    return {
        tier: statistics(loads.utilization_of(loads.bytes_on(tier)), n, loads.weight, loads.times(tier))
        for tier, n in count.items()
        if n
    }


def _between_switches(loads: Loads, by_tier: dict[Tier, dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the statistics of all links between switches, and of those of each plane."""
    fabric, tiers = loads.fabric, [tier for tier in _INNER if tier in by_tier]
    entry = loads.entries[tiers[0]] if len(tiers) == 1 else np.sort(np.concatenate([loads.entries[t] for t in _INNER]))
    rows = loads.utilization_of(entries_on(loads.bytes, entry))
    count = sum(by_tier[tier]["links"] for tier in tiers) // loads.planes
    whole = by_tier[tiers[0]] if len(tiers) == 1 else statistics(rows, count, loads.weight, loads.planes)
    if fabric.n_planes == 1:
        each = whole if loads.planes == 1 else statistics(rows, count, loads.weight)
        return whole, {str(p): each for p in range(loads.planes)}
    links = np.bincount(loads.plane[fabric.is_switch_link], minlength=fabric.n_planes)
    plane = loads.plane[rows.indices]
    of = [entries_on(rows, np.flatnonzero(plane == p)) for p in range(fabric.n_planes)]
    return whole, {str(p): statistics(of[p], int(n), loads.weight) for p, n in enumerate(links)}


def _bottleneck(loads: Loads) -> str | None:
    """Return the tier whose fullest links take longest; of equals, the one nearest to the endpoints."""
    time = {tier: loads.time_of(tier) for tier in nearest_first()}
    longest = max(time.values())
    slow = [tier for tier, needed in time.items() if needed >= longest * (1 - TIED)]
    return slow[0].label if longest else None


def nearest_first() -> list[Tier]:
    """Return the tiers from the endpoints on: of links that are equally full, the nearest is said to limit."""
    return [Tier.ENDPOINT, Tier.SCALE_UP, *(tier for tier in Tier if tier > Tier.ENDPOINT)]


def link_plane(fabric: Fabric, links: slice = slice(None)) -> NDArray[np.int16]:
    """Return the plane of each of ``links``, all (L,) where none are given: that of its switch; -1 inside hosts."""
    of = np.where(np.arange(fabric.n_nodes) < fabric.n_endpoints, -1, fabric.plane).astype(fabric.plane.dtype)
    return np.maximum(of[fabric.tail[links]], fabric.plane[fabric.head[links]])


def _bytes_by_plane(loads: Loads) -> dict[str, float]:
    """Return the bytes that enter the network on each plane, repeats included."""
    port, _ = loads.fabric.end_links()
    bytes_ = loads.moved[port]
    if loads.fabric.n_planes == 1:
        return {str(p): float(bytes_.sum()) for p in range(loads.planes)}
    plane = loads.plane[port]
    return {str(p): float(bytes_[plane == p].sum()) for p in range(loads.fabric.n_planes)}


def _mean_hops(loads: Loads) -> float | None:
    """Return the network cables that a byte crosses on average, of those that leave their host."""
    injected = loads.moved[loads.fabric.end_links()[0]].sum()
    network = loads.moved.sum(where=loads.fabric.tier >= Tier.ENDPOINT)
    return float(network / injected) if injected else None
