"""Hand-made fabrics whose answers can be worked out on paper.

Capacities are 1 B/s unless a test needs otherwise, so loads read as utilizations.
"""

from __future__ import annotations

import numpy as np

from topo.fabric import Fabric, NodeKind, Tier

E, U, LEAF, SPINE = NodeKind.ENDPOINT, NodeKind.SCALE_UP, NodeKind.LEAF, NodeKind.SPINE


def one_link(*, capacity: float = 1.0, parallel: int = 1) -> Fabric:
    """Return two endpoints, each on its own leaf, the leaves joined by ``parallel`` cables::

    0 -- [2] == [3] -- 1
    """
    return Fabric.from_cables(
        name="one-link",
        kind=[E, E, LEAF, LEAF],
        a=[0, 1] + [2] * parallel,
        b=[2, 3] + [3] * parallel,
        capacity=capacity,
        tier=[Tier.ENDPOINT] * 2 + [Tier.LOCAL] * parallel,
    )


def parking_lot(switches: int = 4, *, access: float = 100.0) -> Fabric:
    """Return a line of leaves with two endpoints each (2 i and 2 i + 1 on leaf i); only the line is narrow::

        0 1    2 3    4 5    6 7
        [8] -- [9] -- [10] -- [11]

    One commodity along the whole line and one a hop share each line link: max-min gives 1/2 each.
    """
    n = 2 * switches
    leaf = n + np.arange(switches)
    return Fabric.from_cables(
        name=f"parking-lot(switches={switches})",
        kind=[E] * n + [LEAF] * switches,
        a=np.concatenate([np.arange(n), leaf[:-1]]),
        b=np.concatenate([np.repeat(leaf, 2), leaf[1:]]),
        capacity=[access] * n + [1.0] * (switches - 1),
        tier=[Tier.ENDPOINT] * n + [Tier.LOCAL] * (switches - 1),
    )


def bowtie(*, waist: float = 1.0) -> Fabric:
    """Return two pairs of endpoints that share one cable between spines, its waist::

        0 - [4] \\             / [6] - 2
                 [8] ----- [9]
        1 - [5] /             \\ [7] - 3

    Traffic between the pairs crosses the waist, so n commodities that way get waist / n each.
    """
    return Fabric.from_cables(
        name="bowtie",
        kind=[E] * 4 + [LEAF] * 4 + [SPINE] * 2,
        a=[0, 1, 2, 3, 4, 5, 6, 7, 8],
        b=[4, 5, 6, 7, 8, 8, 9, 9, 9],
        capacity=[1.0] * 8 + [waist],
        tier=[Tier.ENDPOINT] * 4 + [Tier.LEAF_SPINE] * 4 + [Tier.LOCAL],
    )


def leaf_spine(
    leaves: int = 2, spines: int = 2, *, per_leaf: int = 2, parallel: int = 1, capacity: float = 1.0
) -> Fabric:
    """Return a two-layer tree; endpoint e is on leaf ``e // per_leaf``, every leaf has ``parallel`` cables a spine::

    [6]   [7]        spines
     | \\ / |
    [4]   [5]        leaves
    0 1   2 3        endpoints
    """
    n = leaves * per_leaf
    leaf = np.repeat(n + np.arange(leaves), spines * parallel)
    spine = np.tile(np.repeat(n + leaves + np.arange(spines), parallel), leaves)
    return Fabric.from_cables(
        name=f"leaf-spine({leaves}x{spines})",
        kind=[E] * n + [LEAF] * leaves + [SPINE] * spines,
        a=np.concatenate([np.arange(n), leaf]),
        b=np.concatenate([n + np.arange(n) // per_leaf, spine]),
        capacity=capacity,
        tier=[Tier.ENDPOINT] * n + [Tier.LEAF_SPINE] * len(leaf),
    )


def planes(
    hosts: int = 4,
    *,
    per_host: int = 2,
    planes: int = 2,
    scale_up: float | None = 10.0,
    relay: str = "source",
    multi_port: bool = False,
) -> Fabric:
    """Return hosts of ``per_host`` endpoints on ``planes`` disjoint 2x1 leaf-spine planes.

    Single-plane: endpoint e is on plane ``e % planes``; multi-port: every endpoint has a port on
    every plane.  The first half of the hosts is on each plane's first leaf.  ``scale_up`` [B/s]
    is the capacity of a cable to the host's scale-up switch; None leaves them out.
    """
    n = hosts * per_host
    host = np.arange(n) // per_host
    ups = hosts if scale_up is not None else 0
    leaf, spine = n + ups, n + ups + 2 * planes
    end = np.repeat(np.arange(n), planes) if multi_port else np.arange(n)
    plane = np.tile(np.arange(planes), n) if multi_port else np.arange(n) % planes
    port_leaf = leaf + 2 * plane + (host[end] >= hosts // 2)
    leaves = np.arange(2 * planes)
    a = np.concatenate([end, np.arange(n) if ups else [], leaf + leaves]).astype(int)
    b = np.concatenate([port_leaf, n + host if ups else [], spine + leaves // 2]).astype(int)
    return Fabric.from_cables(
        name=f"planes({planes})",
        kind=[E] * n + [U] * ups + [LEAF] * (2 * planes) + [SPINE] * planes,
        a=a,
        b=b,
        capacity=[1.0] * len(end) + [scale_up or 1.0] * (n if ups else 0) + [float(n)] * (2 * planes),
        tier=[Tier.ENDPOINT] * len(end) + [Tier.SCALE_UP] * (n if ups else 0) + [Tier.LEAF_SPINE] * (2 * planes),
        plane=np.concatenate(
            [np.full(n, -1) if multi_port else plane, np.full(ups, -1), leaves // 2, np.arange(planes)]
        ),
        host=host,
        relay=relay,
    )
