"""Adversarial traffic: the demand that a fabric is known to route badly.

It needs the graph, so it lives here and not among the patterns of ``traffic``::

    Dragonfly     every endpoint of a group spreads over the group ``by`` further on: all of a
                  group's traffic shares the few direct cables between the two [1]_
    Slim Fly      a permutation of switches at distance two whose paths pile up on one link
                  wherever that can be had: p endpoints each, 1 / (2 p) under minimal routing
    any other     longest matching: switches exchange with partners as far away as can be, so
                  that traffic takes most links in total [2]_

``method="longest-matching"`` asks for the last on any fabric.  A commodity of a permutation goes from
each endpoint to the endpoint of the same number at the partner switch.

Limits. Bad, not proven worst: finding the worst demand of a given routing is a larger programme.

.. [1] J. Kim, W. Dally, S. Scott, D. Abts, Technology-driven, highly-scalable dragonfly
   topology, ISCA 2008.
.. [2] S. Jyothi, A. Singla, P. Godfrey, A. Kolla, Measuring and understanding throughput of
   network topologies, SC'16.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from annotated_types import Gt
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from topo.fabric import Fabric, Groups, NodeKind, Tier
from topo.parameters import Seed
from topo.routing.network import Network
from topo.size import Size
from traffic.demand import MAX_PAIRS, Demand, DemandError
from traffic.pattern import Count

Ints = NDArray[np.int64]

#: Endpoint-bearing switches of a plane above which no matching is sought: its matrix takes 8 bytes a pair.
MAX_SWITCHES = 5_000


def adversarial(
    fabric: Fabric,
    *,
    bytes: Annotated[float, Gt(0), "what an endpoint sends to its partner, or over a group [bytes]"] = 2**20,
    by: Annotated[int, "groups further on, on a Dragonfly"] = 1,
    seed: Seed = 0,
    method: Annotated[
        Literal["family", "longest-matching"], "what the family is known to route badly, or partners far away"
    ] = "family",
) -> Demand:
    """Return the adversarial demand of ``fabric``; a commodity, or an endpoint's spread, sends ``bytes``.

    ``by`` is the shift of groups on a Dragonfly, ``seed`` breaks ties between equally far partners.

    Raises DemandError where the shift leads a group to itself, where there are too many pairs, or
    where no two switches bear endpoints.
    """
    if method not in ("family", "longest-matching"):
        raise DemandError(f"method {method!r} is unknown; known: family, longest-matching")
    if method == "family" and fabric.groups == Groups.DRAGONFLY:
        return _group_shift(fabric, bytes, by)
    flat = not (fabric.kind > NodeKind.LEAF).any()
    network = Network.of(fabric)
    planes = [_matched(network, int(island), seed, method, flat) for island in np.unique(network.island)]
    src, dst = np.unique(np.concatenate(planes, axis=1), axis=1) if planes else np.zeros((2, 0), dtype=np.int64)
    if not len(src):
        raise DemandError(f"adversarial: no two switches of {fabric.name} bear endpoints, so nothing crosses it")
    name = "adversarial" if method == "family" else "adversarial(method=longest-matching)"
    return Demand.of(name, fabric.n_endpoints, src=src, dst=dst, size=float(bytes))


def adversarial_count(*, size: Size, method: str) -> Count:
    """Return the commodities of ``adversarial`` at most: silent ends and pairs of several planes count too."""
    if method == "family" and size.groups == Groups.DRAGONFLY:
        return Count.listed(size.endpoints * -(-size.endpoint_links // size.group_count))
    return Count.listed(size.endpoint_links)


def _group_shift(fabric: Fabric, bytes_: float, by: int) -> Demand:
    """Return every endpoint spreading ``bytes_`` evenly over the group ``by`` further on in its plane."""
    ends = fabric.n_endpoints
    port = np.flatnonzero(fabric.tier[: fabric.first[ends]] == Tier.ENDPOINT)
    end, switch = fabric.tail[port].astype(np.int64), fabric.head[port]
    src, dst, size = [], [], []
    for plane in np.unique(fabric.plane[switch]):
        here = fabric.plane[switch] == plane
        groups, row = np.unique(fabric.group[switch[here]], return_inverse=True)
        if by % len(groups) == 0:
            raise DemandError(
                f"adversarial by={by}: of {len(groups)} groups each would send to itself; give 1 to {len(groups) - 1}"
            )
        members = [end[here][row == g] for g in range(len(groups))]
        pairs = [(own, members[(g + by) % len(groups)]) for g, own in enumerate(members)]
        if sum(len(a) * len(b) for a, b in pairs) > MAX_PAIRS:
            raise DemandError(
                f"adversarial: too many pairs of endpoints (at most {MAX_PAIRS:.0e}); use a smaller fabric"
            )
        src += [np.tile(a, len(b)) for a, b in pairs]
        dst += [np.repeat(b, len(a)) for a, b in pairs]
        size += [np.full(len(a) * len(b), bytes_ / len(b)) for a, b in pairs]
    name = "adversarial" if by == 1 else f"adversarial(by={by})"
    key, pair = np.unique(np.concatenate(dst) * ends + np.concatenate(src), return_inverse=True)
    total = np.bincount(pair, np.concatenate(size))  # an endpoint on several planes sends on all of them
    return Demand.of(name, ends, src=key % ends, dst=key // ends, size=total)


def _matched(network: Network, island: int, seed: int, method: str, flat: bool) -> Ints:
    """Return (2, n) the endpoints that exchange on one connected part of the switch network."""
    fabric, base = network.fabric, network.base
    port = np.flatnonzero(fabric.tier[: fabric.first[fabric.n_endpoints]] == Tier.ENDPOINT)
    port = port[network.island[fabric.head[port] - base] == island]
    switch, row = np.unique(fabric.head[port] - base, return_inverse=True)
    if len(switch) < 2:
        return np.zeros((2, 0), dtype=np.int64)
    if len(switch) > MAX_SWITCHES:
        raise DemandError(f"adversarial: {len(switch)} switches are too many to match (at most {MAX_SWITCHES})")
    arcs = network.arcs
    n = len(arcs.first) - 1
    graph = csr_array((arcs.weight.astype(np.float64), (arcs.tail, arcs.head)), shape=(n, n))
    away = dijkstra(graph, indices=switch)[:, switch]
    linked = csr_array((np.ones(len(arcs.tail)), (arcs.tail, arcs.head)), shape=(n, n))[switch][:, switch].toarray() > 0
    two_hop = flat and len(switch) == int((network.island == island).sum()) and away.max() == 2.0
    partner = _two_hop_conflict(linked, seed) if two_hop and method == "family" else _farthest(away, seed)
    order = np.lexsort((fabric.tail[port], row))
    end, count = fabric.tail[port][order].astype(np.int64), np.bincount(row)
    first = np.cumsum(count) - count
    place = np.arange(len(end)) - np.repeat(first, count)
    to = np.repeat(partner, count)
    dst = end[first[to] + place % count[to]]
    return np.stack([end, dst])[:, to != np.repeat(np.arange(len(switch)), count)]


def _farthest(away: NDArray[np.float64], seed: int) -> Ints:
    """Return (n,) the partners of the assignment with the greatest total distance; ``seed`` breaks ties."""
    n = len(away)
    noise = np.random.default_rng(seed).random((n, n)) / (4.0 * n)
    cost = away + np.where(np.eye(n, dtype=bool), -4.0 * n * max(away.max(), 1.0), noise)
    return _assigned(cost)[1]


def _assigned(gain: NDArray[np.float64]) -> tuple[Ints, Ints]:
    """Return rows and columns of the assignment with the greatest total gain."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(gain, maximize=True)
    return np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64)


def _two_hop_conflict(linked: NDArray[np.bool_], seed: int) -> Ints:
    """Return (n,) partners such that two two-hop routes share a link wherever four free switches allow it.

    Over the link u -> v, a neighbour of u sends to v, and u to a neighbour of v: both pass u -> v on
    their only shortest path.  What is left is matched at distance two where it can be.
    """
    n = len(linked)
    common = linked.astype(np.float32) @ linked.astype(np.float32)
    unique = (common == 1.0) & ~linked & ~np.eye(n, dtype=bool)
    partner, taken = np.full(n, -1, dtype=np.int64), np.zeros(n, dtype=bool)
    tail, head = np.nonzero(linked)
    for i in np.random.default_rng(seed).permutation(len(tail)):
        u, v = tail[i], head[i]
        if partner[u] >= 0 or taken[v]:
            continue
        before = np.flatnonzero(linked[:, u] & unique[:, v] & (partner < 0))
        after = np.flatnonzero(linked[v] & unique[u] & ~taken)
        if len(before) and len(after):
            partner[before[0]], partner[u] = v, after[0]
            taken[[v, after[0]]] = True
    left, free = np.flatnonzero(partner < 0), np.flatnonzero(~taken)
    good = np.where(linked, 1.0, 2.0) - 4.0 * np.eye(n)
    rows, columns = _assigned(good[np.ix_(left, free)])
    partner[left[rows]] = free[columns]
    return partner
