"""Sections of docs/validation.md on collectives: Figures 5, 6 and 8 of arXiv 2505.09343."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

import topo
import traffic
from benchmarks.rows import NIC, SCALE_UP, Row, row
from topo.config.hardware import latencies
from topo.fabric import Tier
from traffic.closed_forms import all_to_all_bound, bus_bandwidth
from traffic.demand import Demand

#: S of Figures 5 and 6 [bytes]: from where bandwidth decides up to the largest that nccl-tests sends.
ALL_TO_ALL_BYTES = {"128 MiB": 2**27, "1 GiB": 2**30, "16 GiB": 2**34}
ARRAY_BYTES = 256 * 2**20
GROUP = 32  # ranks of Figure 8's groups here; the paper prints TP alone
SEEDS = range(8)
TIED = 1e-9  # relative
#: What people call the links of a tier.
LINKS = {Tier.SCALE_UP: "NVLink", Tier.ENDPOINT: "NICs", Tier.LEAF_SPINE: "links between leaves and spines"}


def fabrics(endpoints: int) -> dict[str, topo.Fabric]:
    """Return the paper's two networks of 64-port switches: eight planes, and eight rails under common spines."""
    common: dict[str, Any] = {
        "radix": 64,
        "endpoints": endpoints,
        "capacity": NIC,
        "scale_up": SCALE_UP,
        **latencies("infiniband"),
    }
    return {
        "MPFT": topo.generate("fat-tree-2", planes=8, relay="source", **common),
        "MRFT": topo.generate("fat-tree-2", wiring="rail", **common),
    }


def all_to_all() -> Iterator[Row]:
    equal = "Figures 5 and 6: equal within 1.5 %"
    for n in (32, 64, 128):
        bound = all_to_all_bound(n=n, ranks_per_host=8, nic=NIC) / 1e9
        networks = fabrics(n)
        for named, size in ALL_TO_ALL_BYTES.items():
            rate = {name: algbw(fabric, size) for name, fabric in networks.items()}
            yield row(f"{n} GPUs, {named}: MPFT / MRFT", "", 1.0, rate["MPFT"] / rate["MRFT"], equal)
            for name, one in rate.items():
                left = (
                    f"{1 - one / bound:.1e} below B n / (n - 8): latency of the last pair, all that a fluid model loses"
                )
                yield Row(f"{n} GPUs, {named}: {name} algbw", "GB/s", f"< {bound:.4g}", one, None, left)


def algbw(fabric: topo.Fabric, size: float) -> float:
    """Return algbw [GB/s] of an all-to-all of all endpoints, ``size`` bytes each."""
    demand = traffic.offer("all-to-all", n_ranks=fabric.n_endpoints, bytes=size)
    return size / topo.solve(fabric, demand, topo.route(fabric, demand, "ecmp"), "completion").completion_s / 1e9


def routing_order() -> Iterator[Row]:
    why = {
        "ecmp-hash": "flows collide on up-links, and the slowest holds all",
        "static": "D-mod-k: destinations of equal residue share an up-link of a leaf",
        "adaptive": "ideal: an even split over shortest paths, no transport in the way",
    }
    free = "channels of a ring have destinations of different residues: no conflict, the hop inside a host is slower"
    for pattern in ("all-gather", "reduce-scatter"):
        for algorithm in ("ring", "halving-doubling"):
            for policy, reason in why.items():
                rate, holds = busbw(pattern, algorithm, policy)
                said = free if (algorithm, policy) == ("ring", "static") else reason
                what = f"{pattern}, {algorithm}, groups of {GROUP}, {policy}"
                yield Row(what, "GB/s", "order only", rate, None, f"{said}. {bound_by(holds)}")


def busbw(pattern: str, algorithm: str, policy: str) -> tuple[float, Counter[Tier]]:
    """Return the mean over seeds of busbw [GB/s], and the seconds of the phases that each tier binds.

    512 GPUs on 32-port switches, groups on scattered hosts.
    """
    fabric = topo.generate("fat-tree-2", radix=32, endpoints=512, capacity=NIC, scale_up=SCALE_UP)
    base = traffic.offer(pattern, n_ranks=512, bytes=ARRAY_BYTES, group_size=GROUP, algorithm=algorithm)
    assert isinstance(base, Demand)
    found, holds = [], Counter[Tier]()
    for seed in SEEDS:
        host = np.random.default_rng(seed).permutation(64)
        at = host[np.arange(512) // 8] * 8 + np.arange(512) % 8
        demand = Demand.of(
            base.name, 512, src=at[base.src], dst=at[base.dst], size=base.size, phase=base.phase, repeat=base.repeat
        )
        drawn = {"seed": seed} if policy == "ecmp-hash" else {}
        solution = topo.solve(fabric, demand, topo.route(fabric, demand, policy, **drawn), "completion")
        found.append(bus_bandwidth(pattern, n=GROUP, size=ARRAY_BYTES, seconds=solution.completion_s) / 1e9)
        for phase, seconds in enumerate(solution.phase_time * demand.repeat):
            bytes_ = solution.routing.load(np.where(solution.demand.phase == phase, solution.demand.size, 0.0))
            holds[fullest(fabric, bytes_)] += seconds
    return float(np.mean(found)), holds


def fullest(fabric: topo.Fabric, bytes_: NDArray[np.float64]) -> Tier:
    """Return the tier whose fullest link needs longest for ``bytes_`` (L,); of equals, the one nearest to endpoints."""
    needed = bytes_ / fabric.capacity
    time = {tier: float(needed[fabric.tier == tier].max(initial=0.0)) for tier in LINKS}
    return next(tier for tier in (Tier.ENDPOINT, *LINKS) if time[tier] >= max(time.values()) * (1 - TIED))


def bound_by(holds: Counter[Tier]) -> str:
    """Return which links bind, and for what share of the time where there are several."""
    total = sum(holds.values())
    if len(holds) == 1:
        return f"Bound by {LINKS[next(iter(holds))]} alone"
    return "Bound by " + ", ".join(
        f"{LINKS[tier]} {100 * seconds / total:.0f} % of the time" for tier, seconds in holds.most_common()
    )
