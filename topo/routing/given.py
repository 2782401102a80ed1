"""Paths that somebody else chose, as a routing: a policy of one's own, or what another program computed.

Each commodity splits evenly over the paths of its pair; one that is listed twice carries twice as much.  Cables
beside each other share what crosses them evenly::

    paths[0, 5] = [(0, 40, 60, 41, 5), (0, 40, 61, 41, 5)]      nodes, by the numbers of Fabric.to_networkx()

Limits. What is given is routed, however long or foolish; nothing looks for deadlock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import lcm

import numpy as np

from topo.fabric import Fabric
from topo.routing.operator import NotConnected, Routing, RoutingError, check_ranks
from topo.routing.paths import PathRouting
from traffic.demand import Demand

#: Nodes from an endpoint to an endpoint.
Path = Sequence[int]


def route_along(
    fabric: Fabric, demand: Demand, paths: Mapping[tuple[int, int], Sequence[Path]], *, policy: str = "given"
) -> Routing:
    """Return the routing of every commodity of ``demand`` over ``paths`` of its (src, dst).

    >>> import topo, traffic
    >>> fabric = topo.generate("fat-tree-2", radix=4, capacity=50e9)  # endpoints 0 to 7, leaves 8 to 11, spines 12, 13
    >>> demand = traffic.Demand.of("two", 8, src=[0, 1], dst=[2, 3], size=1e9)
    >>> mine = route_along(fabric, demand, {(0, 2): [(0, 8, 12, 9, 2)], (1, 3): [(1, 8, 12, 9, 3)]})
    >>> topo.measure(topo.solve(fabric, demand, mine))["max_utilization"]
    2.0

    Raises NotConnected where a commodity has no path, RoutingError for a path that is none of ``fabric`` or does not
    lead from src to dst, and for a demand that does not list its commodities.
    """
    if not isinstance(demand, Demand):
        raise RoutingError(f"{demand.name}: its commodities are not listed; give demand.listed()")
    check_ranks(fabric, demand)
    commodity: list[int] = []
    rows: list[list[int]] = []
    of_pair: dict[tuple[int, int], list[list[int]]] = {}
    for f, pair in enumerate(zip(demand.src.tolist(), demand.dst.tolist(), strict=True)):
        if pair not in of_pair:
            of_pair[pair] = _rows(fabric, pair, paths.get(pair, ()))
        rows += of_pair[pair]
        commodity += [f] * len(of_pair[pair])
    longest = max(map(len, rows), default=0)
    links = np.array([row + [-1] * (longest - len(row)) for row in rows], dtype=np.int32).reshape(len(rows), longest)
    owner = np.array(commodity, dtype=np.int64)
    share = 1 / np.bincount(owner, minlength=1)[owner]
    return PathRouting.of_paths(policy, fabric.n_links, owner, share, links)


def _rows(fabric: Fabric, pair: tuple[int, int], paths: Sequence[Path]) -> list[list[int]]:
    """Return the links of ``paths``, all of them as often, so that their shares are alike."""
    if not paths:
        raise NotConnected(f"endpoint {pair[0]} to {pair[1]}: no path is given")
    spread = [_spread(_bundles(fabric, pair, path)) for path in paths]
    each = lcm(*map(len, spread))
    return [row for rows in spread for row in rows * (each // len(rows))]


def _spread(bundles: list[list[int]]) -> list[list[int]]:
    """Return the path over ``bundles`` as many times as each cable beside others has its even share."""
    return [[bundle[i % len(bundle)] for bundle in bundles] for i in range(lcm(*map(len, bundles)))]


def _bundles(fabric: Fabric, pair: tuple[int, int], path: Path) -> list[list[int]]:
    """Return the links of each hop of ``path``, several where cables lie beside each other."""
    shown = " > ".join(map(str, path))
    if len(path) < 2 or (path[0], path[-1]) != pair:
        raise RoutingError(f"path {shown}: must lead from endpoint {pair[0]} to {pair[1]}")
    bundles = [_between(fabric, int(a), int(b)) for a, b in pairwise(path)]
    for hop, bundle in enumerate(bundles):
        if not bundle:
            raise RoutingError(f"path {shown}: {fabric.name} has no link from node {path[hop]} to {path[hop + 1]}")
    return bundles


def _between(fabric: Fabric, tail: int, head: int) -> list[int]:
    """Return the links from ``tail`` to ``head``; those of a node are sorted by where they lead."""
    if not 0 <= tail < fabric.n_nodes:
        return []
    first, end = int(fabric.first[tail]), int(fabric.first[tail + 1])
    low, high = np.searchsorted(fabric.head[first:end], [head, head + 1])
    return list(range(first + int(low), first + int(high)))
