"""D-mod-k: deterministic routes on trees, by the destination's position in its plane.

The position d is leaf-major: rank of the leaf in its plane x most ports of a leaf + rank of the
port, never the raw endpoint number.  With u1 up-cables a leaf and u2 a spine, a leaf takes
up-cable d mod u1, then a spine (d // u1) mod u2; parallel downward cables go by the same
residues [1]_.  On an untapered three-layer tree of radix k, h = k/2, this is spine d mod h and
core (d // h) mod h.  After failures the choice is among the cables that are left on shortest
paths, numbered anew.

.. [1] E. Zahavi, Fat-tree routing and node ordering providing contention free traffic for MPI
   global collectives, J. Parallel Distrib. Comput. 72 (2012) 1423-1432.
"""

from __future__ import annotations

import numpy as np

from topo.fabric import Fabric, NodeKind
from topo.islands import distinct
from topo.routing.network import Network
from topo.routing.operator import Ints, RoutingError


def check_tree(fabric: Fabric) -> None:
    """Raise RoutingError unless every switch cable joins a leaf with a spine or a spine with a core."""
    low = np.minimum(fabric.kind[fabric.tail], fabric.kind[fabric.head])
    high = np.maximum(fabric.kind[fabric.tail], fabric.kind[fabric.head])
    wrong = np.flatnonzero((low >= NodeKind.LEAF) & (high != low + 1))
    if len(wrong):
        link = wrong[0]
        names = " and ".join(
            f"{NodeKind(fabric.kind[n]).name.lower()} {n}" for n in (fabric.tail[link], fabric.head[link])
        )
        raise RoutingError(
            f"static routing (D-mod-k) needs a tree of leaves, spines and cores; in {fabric.name} "
            f"cable {fabric.cable[link]} joins {names}; use ecmp or ecmp-hash"
        )


def up_links(fabric: Fabric) -> Ints:
    """Return (N,) how many links lead up from each switch."""
    upward = (fabric.tail >= np.searchsorted(fabric.kind, NodeKind.LEAF)) & (
        fabric.kind[fabric.head] > fabric.kind[fabric.tail]
    )
    return np.bincount(fabric.tail[upward], minlength=fabric.n_nodes)


def up_cables(fabric: Fabric) -> Ints:
    """Return (2,) the most up-cables of a leaf and of a spine, at least 1."""
    return most_up(fabric, up_links(fabric))


def most_up(fabric: Fabric, count: Ints) -> Ints:
    """Return (2,) the most of ``count`` (N,) of a leaf and of a spine, at least 1."""
    most = [count[fabric.kind == kind].max(initial=1) for kind in (NodeKind.LEAF, NodeKind.SPINE)]
    return np.array(most, dtype=np.int64)


def position(network: Network, port: Ints) -> Ints:
    """Return the position in its plane of the leaf port at the far end of each endpoint link ``port``."""
    fabric = network.fabric
    leaf = fabric.head[port]
    rank = fabric.reverse[port] - fabric.first[leaf]  # endpoints have the lowest numbers, so their links come first
    every = np.flatnonzero((fabric.tail < fabric.n_endpoints) & (fabric.head >= network.base))
    most = int(np.bincount(fabric.head[every], minlength=1).max(initial=1))
    return np.asarray(_leaf_rank(fabric)[leaf] * most + rank)


def _leaf_rank(fabric: Fabric) -> Ints:
    rank = np.zeros(fabric.n_nodes, dtype=np.int64)
    leaves = np.flatnonzero(fabric.kind == NodeKind.LEAF)
    for plane in distinct(fabric.plane[leaves]):
        of_plane = leaves[fabric.plane[leaves] == plane]
        rank[of_plane] = np.arange(len(of_plane))
    return rank
