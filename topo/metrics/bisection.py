"""Bisection: the least capacity, one way, between two halves of the endpoints.

Halves keep scale-up domains whole, and all planes are cut together; switches go to whichever
side cuts least.  Divided by the endpoints of a half and by what one of them can
inject, 1 is full: no cut costs more than the ports of a half.

The least cut is known in closed form for uniform two-layer trees and wherever the
lower bound meets a partition; elsewhere both ends of a bracket are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.copies import copies_of
from topo.fabric import Fabric, NodeKind, Tier
from topo.lazy import sparse
from topo.metrics.cut_bounds import PlaneGraph, algebraic_connectivity, up_down_share
from topo.rows import Rows

Floats = NDArray[np.float64]

_SAME = 1e-9  # relative; a bound that near the partition proves it
_SEARCHED = 20_000  # domains and switches up to which partitions are improved by local search
_PASSES = 8
_MOST_STARTS = 32  # shuffled orders that a search starts from, fewer where a pass takes longer:
_MOVES = 2_500  # nodes over all shuffled starts, about 0.03 s
_COMBINATIONS = 200_000  # of leaf counts that are enumerated


@dataclass(frozen=True)
class Bisection:
    """A partition's cut and a bound that no partition beats; 1 is full."""

    per_endpoint: float | None  # cut of the best partition found; None without two domains
    bound: float | None  # no partition has a smaller one
    method: str

    @property
    def exact(self) -> bool:
        """Whether a partition meets the bound."""
        return self.bound is not None and self.per_endpoint == self.bound


@dataclass(frozen=True)
class _Instance:
    fabric: Fabric
    endpoints: Floats  # (D,) endpoints of each domain
    ports: Rows  # (D, S) capacity of the ports of each domain on each switch
    switches: Rows  # (S, S) capacity between switches, one way
    half: float  # endpoints of the smaller half
    injection: float  # [B/s] largest port capacity of an endpoint, its ports together

    @property
    def full(self) -> float:
        """Capacity of the ports of half the endpoints [B/s]."""
        return self.half * self.injection


def bisect(fabric: Fabric) -> Bisection:
    """Return the bisection of ``fabric`` per endpoint: what was found, what is proven, and how.

    What is exact of one plane is exact of copies of it: the best cut of the one is that of each.
    """
    copies = copies_of(fabric)
    if copies is not None and (one := bisect(copies.one)).exact:
        return one
    instance = _instance(fabric)
    if instance is None:
        return Bisection(None, None, f"undefined: fewer than two {fabric.domain_word}s, or no ports")
    bound, how, guide = _lower_bound(instance)
    if bound >= 1 - _SAME:
        return Bisection(1.0, 1.0, f"closed form ({how})")
    exact = _uniform_two_layers(instance)
    if exact is not None:
        return Bisection(exact, exact, "closed form (least over leaf counts)")
    found = _partition(instance, guide, bound)
    if found <= bound * (1 + _SAME):
        return Bisection(found, found, f"exact ({how}, met by a partition)")
    return Bisection(found, bound, f"partition found (upper bound); {how} (lower bound)")


def _instance(fabric: Fabric) -> _Instance | None:
    base, n_domains = int(fabric.kind.searchsorted(NodeKind.LEAF)), fabric.n_domains
    port = (fabric.tier == Tier.ENDPOINT) & (fabric.tail < fabric.n_endpoints)
    injection = np.bincount(fabric.tail[port], fabric.capacity[port], fabric.n_endpoints).max(initial=0.0)
    if n_domains < 2 or not injection:
        return None
    shape = (n_domains, fabric.n_switches)
    domain = fabric.domain[fabric.tail[port]]
    ports = Rows.of(fabric.capacity[port], domain, fabric.head[port] - base, shape)
    link = fabric.is_switch_link
    ends = (fabric.tail[link] - base, fabric.head[link] - base)
    switches = Rows.of(fabric.capacity[link], *ends, (shape[1], shape[1]))
    endpoints = np.bincount(fabric.domain, minlength=n_domains).astype(np.float64)
    total = np.cumsum(endpoints)
    half = float(np.minimum(total, total[-1] - total).max())
    return _Instance(fabric, endpoints, ports, switches, half, float(injection)) if half else None


def _lower_bound(instance: _Instance) -> tuple[float, str, Floats | None]:
    """Return the bound, its name, and where it has one a (S,) value whose order suggests a partition.

    Planes share no switch, so their bounds add up.
    """
    fabric, total, how = instance.fabric, 0.0, set()
    plane_of = fabric.plane[fabric.kind >= NodeKind.LEAF]
    guide: Floats | None = None
    known: tuple[PlaneGraph, tuple[float | None, float, Floats | None]] | None = None
    for plane in range(fabric.n_planes):
        members = np.flatnonzero(plane_of == plane)
        ports = instance.ports.block(np.arange(instance.fabric.n_domains), members)
        graph = _plane_graph(instance, members, ports)
        if known is None or not _equal(graph, known[0]):
            known = (graph, _plane_bound(graph))
        share, connectivity, vector = known[1]
        whole, least = float(ports.data.sum()), _least_share(instance, ports.by_row())
        spectral = min(least, connectivity * least * (whole - least) / whole) if whole else 0.0
        total += max(spectral, (share or 0.0) * least)
        how.add("spectral bound" if share is None else "every exchange between halves fits")
        if vector is not None:
            guide = np.zeros(len(plane_of)) if guide is None else guide
            guide[members] = vector
    return total / instance.full, " and ".join(sorted(how)), guide


def _plane_bound(graph: PlaneGraph) -> tuple[float | None, float, Floats | None]:
    share = up_down_share(graph)
    if share is not None:
        return share, 0.0, None
    spectral = algebraic_connectivity(graph)
    return (None, *spectral) if spectral else (None, 0.0, None)


def _plane_graph(instance: _Instance, members: NDArray[np.int64], ports: Rows) -> PlaneGraph:
    fabric = instance.fabric
    level = fabric.kind[fabric.kind >= NodeKind.LEAF][members].astype(np.int64) - NodeKind.LEAF
    return PlaneGraph(instance.switches.block(members, members), ports.by_column(), level)


def _equal(a: PlaneGraph, b: PlaneGraph) -> bool:
    pairs = [(a.ports, b.ports), (a.level, b.level)]
    pairs += [(getattr(a.capacity, key), getattr(b.capacity, key)) for key in ("indptr", "indices", "data")]
    return all(np.array_equal(x, y) for x, y in pairs)


def _least_share(instance: _Instance, ports: Floats) -> float:
    """Return the least port capacity that a half has on a plane, where domain d has ``ports[d]``."""
    order = np.argsort(ports / instance.endpoints, kind="stable")
    filled = np.minimum(np.cumsum(instance.endpoints[order]), instance.half)
    return float(np.diff(filled, prepend=0.0) @ (ports / instance.endpoints)[order])


def _uniform_two_layers(instance: _Instance) -> float | None:
    """Return the least cut per endpoint where every leaf sees every spine of its plane alike; None elsewhere.

    Once each switch has its side, the cut is linear in the domains' sides, so the least cut is
    concave in them: all domains of a leaf go together, but for one leaf at most.  With the
    spines on one side, taking x of the n ports of a leaf with up-capacity u to the other
    costs min(x, u + n - x).
    """
    blocks = _leaf_blocks(instance)
    if blocks is None:
        return None
    kinds, count = np.unique(blocks, axis=0, return_counts=True)
    if prod(int(c) + 1 for c in count) > _COMBINATIONS:
        return None
    chosen = np.array(list(product(*(range(int(c) + 1) for c in count))))
    ports, up = kinds[:, 0], kinds[:, 1]
    best = np.inf
    for taken in (instance.full, ports @ count - instance.full):
        rest = taken - chosen @ ports
        for kind in range(len(kinds)):
            fits = (chosen[:, kind] < count[kind]) & (rest >= 0) & (rest <= ports[kind])
            cost = chosen @ np.minimum(ports, up) + np.minimum(rest, up[kind] + ports[kind] - rest)
            best = min(best, float(cost[fits].min(initial=np.inf)))
    return best / instance.full if np.isfinite(best) else None


def _leaf_blocks(instance: _Instance) -> Floats | None:
    """Return (blocks, 2) ports and up-capacity of each set of leaves that serves the same domains, all planes together.

    None unless all domains are alike, no leaf is shared by two sets, and spines see all leaves alike.
    """
    kind = instance.fabric.kind[instance.fabric.kind >= NodeKind.LEAF]
    leaves, plane = np.flatnonzero(kind == NodeKind.LEAF), instance.fabric.plane[-len(kind) :]
    up = instance.switches[leaves]
    # Before anything dense: of 16,352 switches that are all leaves, (domains, leaves) would take 4 GB.
    if kind.max() > NodeKind.SPINE or up[:, leaves].nnz:
        return None
    ports = instance.ports[:, leaves].toarray()
    rows, block = np.unique(ports, axis=0, return_inverse=True)
    alike = np.ptp(instance.endpoints) == 0 and np.ptp(ports.sum(axis=1)) <= _SAME * instance.full
    if not alike or ((rows > 0).sum(axis=0) > 1).any():
        return None
    if not all(_complete(up[plane[leaves] == p][:, plane == p]) for p in np.unique(plane)):
        return None
    return _blocks_alike(rows, block.ravel(), _vector(up.sum(axis=1)), plane[leaves])


def _complete(up: Any) -> bool:
    """Return whether every leaf (row) has the same capacity to every spine as all the others."""
    spines = up.toarray()
    return bool(len(spines) and (np.ptp(spines, axis=0) <= _SAME * spines.max()).all())


def _blocks_alike(rows: Floats, block: NDArray[np.int64], up: Floats, plane: NDArray[np.int16]) -> Floats | None:
    """Return ``_leaf_blocks`` if each plane repeats the first one: then one choice of sides is best for all."""
    count = np.bincount(block, minlength=len(rows))
    first: Floats | None = None
    for p in np.unique(plane):
        here = plane == p
        mine = np.stack([count * rows[:, here].sum(axis=1), (rows[:, here] > 0) @ up[here]], axis=1)
        first = mine if first is None else first
        if not np.allclose(mine, first, rtol=_SAME):
            return None
    return None if first is None else first * len(np.unique(plane))


def _partition(instance: _Instance, guide: Floats | None, bound: float) -> float:
    """Return the least cut per endpoint among partitions: domains in order, along ``guide``, shuffled, each improved.

    The search ends where ``bound`` is met.
    """
    from topo.metrics.partition import CutProblem, halves, improve

    n_domains = len(instance.endpoints)
    ports = instance.ports.csr
    joined = sparse.block_array([[None, ports], [ports.T, instance.switches.csr]], format="csr")
    problem = CutProblem(sparse.csr_array(joined), instance.endpoints)
    orders = [np.arange(n_domains)]
    if guide is not None:
        middle = (instance.ports @ guide) / np.maximum(_vector(instance.ports.sum(axis=1)), 1e-300)
        orders.append(np.argsort(middle, kind="stable"))
    rng = np.random.default_rng(0)
    orders += [rng.permutation(n_domains) for _ in range(min(_MOST_STARTS, _MOVES // problem.capacity.shape[0]))]
    least = instance.full  # all switches on one side
    for order in orders:
        if least <= bound * instance.full * (1 + _SAME):
            break
        side = halves(problem, order)
        if problem.capacity.shape[0] <= _SEARCHED:
            side = improve(problem, side, passes=_PASSES)
        least = min(least, problem.cut(side))
    return least / instance.full


def _vector(sums: Any) -> Floats:
    return np.asarray(sums, dtype=np.float64).ravel()
