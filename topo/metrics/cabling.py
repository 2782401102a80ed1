"""What the cables of a tree cost it: bundles of unequal size, hosts that straddle leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.copies import copies_of
from topo.fabric import Fabric, NodeKind, Tier
from topo.flow.uniform import uniform_share
from topo.islands import distinct
from topo.rows import Rows

_LAYERS = ((Tier.LEAF_SPINE, "leaves", "spines"), (Tier.SPINE_CORE, "spines", "cores"))


def cabling_findings(fabric: Fabric) -> list[str]:
    """Return what a reader must know of the cables of a tree; nothing of other networks."""
    if not (fabric.kind == NodeKind.SPINE).any():
        return []
    copies = copies_of(fabric)
    one, planes = (fabric, 1) if copies is None else (copies.one, copies.planes)
    found = [text for tier, low, high in _LAYERS if (text := _unequal(one, tier, low, high, planes))]
    if found and (share := uniform_share(fabric)) is not None:
        found[-1] += f"; uniform traffic under ECMP reaches {share:.3f} of what ports allow"
    straddling = straddling_hosts(one)
    if len(straddling):
        found.append(
            f"{len(straddling)} of {fabric.n_hosts} hosts straddle leaves, host {straddling[0]} the first: "
            "traffic among their own endpoints crosses spines where scale-up links do not carry it"
        )
    return found


def _unequal(fabric: Fabric, tier: Tier, low: str, high: str, planes: int) -> str:
    """Return what is unequal in as many ``planes`` as ``fabric``; empty where nothing is."""
    rises = (fabric.tier == tier) & (fabric.kind[fabric.tail] < fabric.kind[fabric.head])
    bundles = _counted(fabric.tail[rises], fabric.head[rises], fabric.n_nodes)
    first = bundles.indptr[:-1][np.diff(bundles.indptr) > 0]
    if not len(first):
        return ""
    least, most = np.minimum.reduceat(bundles.data, first), np.maximum.reduceat(bundles.data, first)
    uneven = int(np.count_nonzero(least < most))
    if not uneven:
        return ""
    cables_each = f"{least.min()} to {most.max()} cables to one of the {high}"
    return f"{uneven * planes} of {len(first) * planes} {low} have unequal bundles, {cables_each}"


def straddling_hosts(fabric: Fabric) -> NDArray[np.int64]:
    """Return hosts with several endpoints on one leaf of a plane, and others on another."""
    port, _ = fabric.end_links()
    host, leaf = fabric.host[fabric.tail[port]].astype(np.int64), fabric.head[port].astype(np.int64)
    together = _counted(host * fabric.n_planes + fabric.plane[leaf], leaf, fabric.n_nodes)
    leaves = np.diff(together.indptr)
    there = np.flatnonzero(leaves)
    most = np.maximum.reduceat(together.data, together.indptr[there]) if len(there) else np.zeros(0)
    astride = there[(leaves[there] > 1) & (most > 1)]
    return distinct(astride // fabric.n_planes).astype(np.int64)


def _counted(row: NDArray[np.integer[Any]], column: NDArray[np.integer[Any]], n_columns: int) -> Rows:
    """Return how often each pair of ``row`` and ``column`` occurs."""
    shape = (int(row.max(initial=-1)) + 1, n_columns)
    return Rows.of(np.ones(len(row), dtype=np.int64), row, column, shape)
