"""What holds each phase back: its fullest link, named, and what the endpoints send meanwhile in bytes a second."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric, Tier
from topo.flow.solution import Solution
from topo.metrics.load import TIED, Loads, link_plane, nearest_first
from topo.metrics.pair import node_label

Floats = NDArray[np.float64]

#: Phases that are listed: those that take longest.
MOST_PHASES = 16


def limit_metrics(loads: Loads, solution: Solution) -> dict[str, Any]:
    """Return ``limits``, a row for each of the longest phases, and the mean rates of endpoints [B/s]."""
    return {"limits": phase_limits(loads, solution), **endpoint_rates(loads, solution)}


def phase_limits(loads: Loads, solution: Solution) -> list[dict[str, Any]]:
    """Return the fullest link of each of the MOST_PHASES longest phases, longest first, ties in their order.

    ``utilization`` holds the link against the nominal ports: above 1 it is the link, at 1 the ports that limit.
    It is None where no byte leaves its domain.  Phases that send side by side are one row, whose phase is None.
    """
    share, link = _fullest(loads)
    together = loads.bytes.shape[0] < solution.demand.n_phases
    seconds = np.array([solution.completion_s]) if together else solution.ended - solution.started
    whole, names = solution.completion_s, () if together else solution.demand.phase_names
    rows = []
    for p in np.argsort(-seconds, kind="stable")[:MOST_PHASES]:
        ports = loads.theta_port[p]
        row = {
            "phase": None if together else int(p),
            "name": names[p] if names else None,
            "seconds": float(seconds[p]),
            "share": float(seconds[p] / whole) if whole else None,
            "utilization": float(share[p] * ports) if np.isfinite(ports) else None,
        }
        rows.append(row | _named(solution.fabric, loads, int(link[p]) if share[p] else None))
    return rows


def endpoint_rates(loads: Loads, solution: Solution) -> dict[str, Any]:
    """Return the mean rate of the endpoints that send, into the network and over scale-up links [B/s]."""
    return {
        "network_rate_bytes_per_s": _rate(loads, solution, Tier.ENDPOINT),
        "scale_up_rate_bytes_per_s": _rate(loads, solution, Tier.SCALE_UP),
    }


def _rate(loads: Loads, solution: Solution, tier: Tier) -> float | None:
    fabric, seconds = loads.fabric, solution.completion_s
    out, _ = fabric.end_links(tier)
    sent = np.bincount(fabric.tail[out], loads.moved[out], fabric.n_endpoints) * loads.times(tier)
    return float(sent[sent > 0].mean() / seconds) if seconds and sent.any() else None


def _fullest(loads: Loads) -> tuple[Floats, NDArray[np.int32]]:
    """Return (phases,) load / capacity [s] of each phase's fullest link, and the link; of equals the nearest one."""
    time, link = np.zeros(loads.bytes.shape[0]), np.zeros(loads.bytes.shape[0], dtype=np.int32)
    for tier in nearest_first():
        needed, where = loads.by_tier[tier]
        longer = needed > time * (1 + TIED)
        time[longer], link[longer] = needed[longer], where[longer]
    return time, link


def _named(fabric: Fabric, loads: Loads, link: int | None) -> dict[str, Any]:
    """Return what people call a link of ``loads``, by the names that its ends have in ``fabric``."""
    if link is None:
        return dict.fromkeys(("tier", "plane", "tail", "head"))
    if loads.copies is None:
        plane = int(link_plane(fabric, slice(link, link + 1))[0])
        tail, head = int(fabric.tail[link]), int(fabric.head[link])
    else:
        one, number = loads.fabric, loads.copies.numbers[0]
        tail, head = int(number[one.tail[link]]), int(number[one.head[link]])
        plane = int(max(fabric.plane[tail], fabric.plane[head]))
    return {
        "tier": Tier(loads.fabric.tier[link]).label,
        "plane": plane,
        "tail": node_label(fabric, tail),
        "head": node_label(fabric, head),
    }
