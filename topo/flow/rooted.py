"""How fast ranks can gather at best: data of every rank to every rank, ranks and switches pass it on [1]_.

At a rate of x each, a set S of nodes that lacks a rank must let out x for every rank in it, so that::

    x  <=  min over such S of  capacity out of S / ranks in S

and trees that are rooted at the ranks reach that (Edmonds' branchings, where what enters a node may leave it).  The
tightest S is found by maximum flows: from a source with an arc of x to each rank, n x must reach every rank.  Where it
does not, the smallest cut is an S with a lower quotient, which x takes from there on (Dinkelbach).  A reduce-scatter is
the same backwards; an allreduce is taken as a reduce-scatter and an all-gather after it.

.. [1] L. Zhao et al., ForestColl: efficient collective communications on heterogeneous network fabrics,
   arXiv 2402.06787, 2024.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.flow.bounds import exchange_time
from topo.routing.network import Network
from topo.routing.operator import Ints
from traffic.ccl import KINDS

#: Units of capacity in the smallest link: rates whose quotients have denominators up to 16 are exact.
UNITS = 720_720


class Tightest(NamedTuple):
    """The set of nodes that holds everybody back."""

    rate: float  # [B/s] of the data of each rank
    inside: NDArray[np.bool_]  # (N,) nodes that it holds


def gather_rate(fabric: Fabric, n_ranks: int, *, backwards: bool = False) -> Tightest:
    """Return the rate at which each of the first ``n_ranks`` endpoints can give its data to all others, and why.

    ``backwards`` is for a reduce-scatter: data flow against the links.  Rates are infinite for one rank.
    """
    tail, head, capacity = arcs = _arcs(fabric, backwards=backwards)
    nothing = np.zeros(fabric.n_nodes, dtype=bool)
    if n_ranks < 2:
        return Tightest(np.inf, nothing)
    units = np.rint(capacity / capacity.min() * UNITS).astype(np.int64)
    into = np.bincount(head, units, fabric.n_nodes)[:n_ranks].astype(np.int64)
    last = int(into.argmin())
    rate, inside = Fraction(int(into[last]), n_ranks - 1), ~nothing
    inside[last] = False
    scaled = arcs._replace(capacity=units)
    for target in targets(fabric, n_ranks):
        while rate and (found := _cut(scaled, rate, n_ranks, target, fabric.n_nodes)) is not None:
            inside = found
            rate = Fraction(int(units[inside[tail] & ~inside[head]].sum()), int(inside[:n_ranks].sum()))
    out = float(capacity[inside[tail] & ~inside[head]].sum())
    return Tightest(out / int(inside[:n_ranks].sum()), inside)


def least_time(fabric: Fabric, name: str, n_ranks: int, size: float) -> float | None:
    """Return the least time [s] of the collective ``name`` of S = ``size`` [bytes] among all of ``n_ranks``.

    Of one in which every rank sends to every other it is that of ``exchange_time``.  No latency counts.  None for
    collectives of which nothing is proven.
    """
    kind = KINDS.get(name)
    if kind is None or not kind.passes:
        return None
    if kind.pairs:
        return exchange_time(fabric, n_ranks, size)
    ways = [True] * kind.reduces + [False] * (kind.passes - kind.reduces)
    rates = [gather_rate(fabric, n_ranks, backwards=way).rate for way in ways]
    return sum(size / n_ranks / rate if rate else np.inf for rate in rates)


def targets(fabric: Fabric, n_ranks: int) -> list[int]:
    """Return a rank of every kind: kinds are told by their links, and by those of all in their scale-up domain."""
    site = Network.of(fabric).site
    own = [
        (int(site[e]), *sorted(fabric.capacity[fabric.first[e] : fabric.first[e + 1]].tolist()), e < n_ranks)
        for e in range(fabric.n_endpoints)
    ]
    domain: dict[int, list[tuple[float, ...]]] = {}
    for e, number in enumerate(fabric.joined.tolist()):
        domain.setdefault(number, []).append(own[e])
    whole = {number: tuple(sorted(members)) for number, members in domain.items()}
    kinds: dict[tuple[object, ...], int] = {}
    for e, number in enumerate(fabric.joined[:n_ranks].tolist()):
        kinds.setdefault((own[e], whole[number]), e)
    return list(kinds.values())


class _Arcs(NamedTuple):
    tail: Ints  # (A,)
    head: Ints  # (A,)
    capacity: NDArray[Any]  # (A,) [B/s], or in whole units


def _arcs(fabric: Fabric, *, backwards: bool) -> _Arcs:
    """Return tail, head and capacity of links, parallel ones as one."""
    ends = (fabric.head, fabric.tail) if backwards else (fabric.tail, fabric.head)
    key, at = np.unique(ends[0].astype(np.int64) * fabric.n_nodes + ends[1], return_inverse=True)
    tail, head = np.divmod(key, fabric.n_nodes)
    return _Arcs(tail, head, np.bincount(at.ravel(), fabric.capacity, len(key)))


def _cut(arcs: _Arcs, rate: Fraction, n_ranks: int, target: int, n_nodes: int) -> NDArray[np.bool_] | None:
    """Return (N,) the source's side of a cut by which not all of ``rate`` reaches ``target``; None where it does."""
    from ortools.graph.python.max_flow import SimpleMaxFlow

    flow, ranks = SimpleMaxFlow(), np.arange(n_ranks, dtype=np.int64)
    flow.add_arcs_with_capacity(arcs.tail, arcs.head, arcs.capacity * rate.denominator)
    flow.add_arcs_with_capacity(np.full(n_ranks, n_nodes), ranks, np.full(n_ranks, rate.numerator, dtype=np.int64))
    status = flow.solve(n_nodes, target)
    if status != flow.OPTIMAL:
        raise OverflowError(f"maximum flow to rank {target}: {status}")
    if flow.optimal_flow() == n_ranks * rate.numerator:
        return None
    side = np.zeros(n_nodes + 1, dtype=bool)
    side[flow.get_source_side_min_cut()] = True
    return side[:-1]
