"""htsim's ``.topo``: fat-trees of two or three tiers, told by radix, speed and latency of each tier."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric, NodeKind, Tier
from topo.formats.errors import FormatError

_TIERS = ((NodeKind.LEAF, Tier.ENDPOINT), (NodeKind.SPINE, Tier.LEAF_SPINE), (NodeKind.CORE, Tier.SPINE_CORE))


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as text of this format.

    Raises FormatError where it is no fat-tree of one plane whose switches of a tier are all alike.
    """
    return "\n".join(_written(fabric)) + "\n"


def _written(fabric: Fabric) -> Iterator[str]:
    if fabric.n_planes > 1 or not (fabric.kind == NodeKind.SPINE).any() or (fabric.tier > Tier.SPINE_CORE).any():
        raise FormatError(f"{fabric.name}: is no fat-tree of one plane, and htsim's .topo holds nothing else")
    tiers = 3 if (fabric.kind == NodeKind.CORE).any() else 2
    yield f"Nodes {fabric.n_endpoints}"
    yield f"Tiers {tiers}"
    yield f"Podsize {_pod(fabric, tiers)}"
    for level, (kind, below) in enumerate(_TIERS[:tiers]):
        yield f"\nTier {level}"
        yield f"Downlink_speed_Gbps {_one(fabric.capacity[fabric.tier == below] * 8 / 1e9, 'speeds', fabric):.12g}"
        yield f"Radix_Down {_ports(fabric, kind, up=False)}"
        if level + 1 < tiers:
            yield f"Radix_Up {_ports(fabric, kind, up=True)}"
        latency = _one(fabric.latency[(fabric.tier == below) & (fabric.tail < fabric.head)] * 1e9, "latencies", fabric)
        yield f"Downlink_Latency_ns {round(latency)}"
        if level:
            yield f"Bundle {_bundle(fabric, below)}"


def _pod(fabric: Fabric, tiers: int) -> int:
    if tiers == 2:
        return fabric.n_endpoints
    pods = np.unique(fabric.group[fabric.kind == NodeKind.LEAF])
    if len(pods) < 2 or fabric.n_endpoints % len(pods):
        raise FormatError(f"{fabric.name}: its leaves are in no pods of equal size, which three tiers of htsim need")
    return fabric.n_endpoints // len(pods)


def _ports(fabric: Fabric, kind: NodeKind, *, up: bool) -> int:
    here = fabric.kind[fabric.tail] == kind
    there = fabric.kind[fabric.head]
    count = np.bincount(fabric.tail[here & ((there > kind) if up else (there < kind) & (there != NodeKind.SCALE_UP))])
    return int(_one(count[np.flatnonzero(fabric.kind == kind)], "ports", fabric))


def _bundle(fabric: Fabric, tier: Tier) -> int:
    rises = (fabric.tier == tier) & (fabric.tail < fabric.head)
    _, count = np.unique(fabric.tail[rises].astype(np.int64) * fabric.n_nodes + fabric.head[rises], return_counts=True)
    return int(_one(count, "bundles", fabric))


def _one(values: NDArray[np.generic], what: str, fabric: Fabric) -> float:
    found = np.unique(np.round(np.asarray(values, dtype=np.float64), 9))
    if len(found) != 1:
        raise FormatError(
            f"{fabric.name}: {what} of one tier differ ({found[0]:g}, {found[-1]:g}); htsim has one a tier"
        )
    return float(found[0])
