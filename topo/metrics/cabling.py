"""What the cables of a tree cost it: bundles of unequal size, hosts that straddle leaves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric, NodeKind, Tier
from topo.flow.uniform import uniform_share

_LAYERS = ((Tier.LEAF_SPINE, "leaves", "spines"), (Tier.SPINE_CORE, "spines", "cores"))


def cabling_findings(fabric: Fabric) -> list[str]:
    """Return what a reader must know of the cables of a tree; nothing of other networks."""
    if not (fabric.kind == NodeKind.SPINE).any():
        return []
    found = [text for tier, low, high in _LAYERS if (text := _unequal(fabric, tier, low, high))]
    if found and (share := uniform_share(fabric)) is not None:
        found[-1] += f"; uniform traffic under ECMP reaches {share:.3f} of what ports allow"
    straddling = straddling_hosts(fabric)
    if len(straddling):
        found.append(
            f"{len(straddling)} of {fabric.n_hosts} hosts straddle leaves, host {straddling[0]} the first: "
            "traffic among their own endpoints crosses spines where scale-up links do not carry it"
        )
    return found


def _unequal(fabric: Fabric, tier: Tier, low: str, high: str) -> str:
    rises = (fabric.tier == tier) & (fabric.kind[fabric.tail] < fabric.kind[fabric.head])
    pairs, cables = np.unique(np.stack([fabric.tail[rises], fabric.head[rises]]), axis=1, return_counts=True)
    if not len(cables):
        return ""
    first = np.flatnonzero(np.diff(pairs[0], prepend=-1))
    least, most = np.minimum.reduceat(cables, first), np.maximum.reduceat(cables, first)
    uneven = int(np.count_nonzero(least < most))
    if not uneven:
        return ""
    cables_each = f"{least.min()} to {most.max()} cables to one of the {high}"
    return f"{uneven} of {len(first)} {low} have unequal bundles, {cables_each}"


def straddling_hosts(fabric: Fabric) -> NDArray[np.int64]:
    """Return hosts with several endpoints on one leaf of a plane, and others on another."""
    port = np.flatnonzero((fabric.tier == Tier.ENDPOINT) & (fabric.tail < fabric.n_endpoints))
    host, leaf = fabric.host[fabric.tail[port]].astype(np.int64), fabric.head[port].astype(np.int64)
    pairs, together = np.unique(np.stack([host, fabric.plane[leaf], leaf]), axis=1, return_counts=True)
    first = np.flatnonzero(np.any(np.diff(pairs[:2], axis=1, prepend=-1), axis=0))
    leaves = np.diff(first, append=len(together))
    wide = (leaves > 1) & (np.maximum.reduceat(together, first) > 1) if len(first) else np.zeros(0, dtype=bool)
    return np.unique(pairs[0][first[wide]])
