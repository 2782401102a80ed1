"""Planes that a few cables join: miswiring between networks that should share no cable.

Endpoints with a port on each of several leaves may be on planes apart, or on one network twice; no file says which.
It is planes, by the look of it, where the leaves of one endpoint are held together by fewer cables than either has
to switches, and where without those cables all its ports, and those of all others, are in parts of their own::

    leaf a ---- 4 cables ---- plane 0 ==== 2 cables ==== plane 1 ---- 4 cables ---- leaf b
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from topo.check.fault import Fault, ends_of
from topo.fabric import Fabric, Tier

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def joined_planes(fabric: Fabric) -> list[Fault]:
    """Return a fault for each two parts that look like planes and share cables, with all of these."""
    ends, leaves = _ports(fabric)
    each = np.bincount(ends, minlength=fabric.n_endpoints)
    n_ports = int(each.max(initial=0))
    if n_ports < 2 or fabric.n_planes >= n_ports or np.median(each[each > 0]) < n_ports:
        return []
    rows = fabric.cables()
    switches = np.flatnonzero(rows["tier"] > Tier.ENDPOINT)
    graph = _Switches(fabric.n_nodes, rows["a"][switches].astype(np.int64), rows["b"][switches].astype(np.int64))
    own = leaves[ends == _best(graph, ends, leaves, each, n_ports)]
    cut = graph.cut(own)
    part = graph.parts(~cut)
    if not cut.any() or not _are_planes(part, ends, leaves, n_ports):
        return []
    between: dict[tuple[int, int], list[int]] = defaultdict(list)
    sides = np.sort(np.stack([part[graph.a[cut]], part[graph.b[cut]]], axis=1), axis=1).tolist()
    for cable, (low, high) in zip(switches[cut].tolist(), sides, strict=True):
        between[low, high].append(cable)
    return [_fault(fabric, several, n_ports, int(graph.degree[own].min())) for several in between.values()]


def _ports(fabric: Fabric) -> tuple[Ints, Ints]:
    """Return endpoint and leaf of every port that goes to a switch of the network."""
    link, _ = fabric.end_links()
    return fabric.tail[link].astype(np.int64), fabric.head[link].astype(np.int64)


class _Switches:
    """Cables ``a[i] -- b[i]`` between switches; ``degree`` (N,) counts them."""

    def __init__(self, n: int, a: Ints, b: Ints) -> None:
        self.n, self.a, self.b = n, a, b
        self.degree = np.bincount(a, minlength=n) + np.bincount(b, minlength=n)

    def parts(self, kept: Bools) -> Ints:
        """Return (N,) the part that each node is in by the cables ``kept`` (C,) alone."""
        return np.asarray(connected_components(self._matrix(kept), directed=False)[1], dtype=np.int64)

    def cut(self, apart: Ints) -> Bools:
        """Return (C,) the cables of least cuts that part the leaves ``apart``, each a smaller one than at a leaf."""
        out = np.zeros(len(self.a), dtype=bool)
        for i, leaf in enumerate(apart[1:].tolist(), 1):
            for other in apart[:i].tolist():
                part = self.parts(~out)
                if leaf != other and part[leaf] == part[other]:
                    out |= self._least(~out, other, leaf)
        return out

    def _least(self, kept: Bools, source: int, sink: int) -> Bools:
        matrix = self._matrix(kept)
        flow = maximum_flow(matrix, source, sink)
        if flow.flow_value >= min(self.degree[source], self.degree[sink]):
            return np.zeros(len(self.a), dtype=bool)
        left = csr_array(matrix - flow.flow)
        left.eliminate_zeros()
        near = np.zeros(self.n, dtype=bool)
        near[breadth_first_order(left, source, return_predecessors=False)] = True
        return np.asarray(kept & (near[self.a] != near[self.b]))

    def _matrix(self, kept: Bools) -> csr_array:
        a, b = self.a[kept], self.b[kept]
        ones = np.ones(2 * len(a), dtype=np.int32)
        pairs = (np.concatenate([a, b]), np.concatenate([b, a]))
        return csr_array(coo_array((ones, pairs), shape=(self.n, self.n)))


def _best(graph: _Switches, ends: Ints, leaves: Ints, each: Ints, n_ports: int) -> int:
    """Return the endpoint with all ports whose leaves have the most cables, the first of several."""
    least = np.full(len(each), np.iinfo(np.int64).max)
    np.minimum.at(least, ends, graph.degree[leaves])
    return int(np.argmax(np.where(each == n_ports, least, -1)))


def _are_planes(part: Ints, ends: Ints, leaves: Ints, n_ports: int) -> bool:
    """Return whether endpoints are in as many parts as they have ports, each with no two ports in one part."""
    pairs = np.stack([ends, part[leaves]])
    return len(np.unique(part[leaves])) == n_ports and np.unique(pairs, axis=1).shape[1] == pairs.shape[1]


def _fault(fabric: Fabric, several: list[int], n_ports: int, degree: int) -> Fault:
    these = "this cable alone joins" if len(several) == 1 else f"these {len(several)} cables alone join"
    said = (
        f"endpoints have {n_ports} ports each, on parts of the network that look like planes apart: {these} two of "
        f"them, where a leaf has {degree} cables to switches"
    )
    return Fault("planes-joined", ends_of(fabric, several), said, drop=tuple(several))
