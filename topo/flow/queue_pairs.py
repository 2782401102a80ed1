"""Hashed queue pairs as commodities of their own.

A queue pair sends its share of the bytes over its one path at its own fair rate, and
a commodity is done when its last queue pair is.  So solvers that give every commodity
a rate solve for queue pairs, and what they find is told by commodity; under
``proportional`` both come to the same.
A commodity that enters the network at several NICs of its host has its queue pairs at each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topo.fabric import Fabric
from topo.flow.solution import Solution
from topo.routing.drawn import DrawnRouting
from topo.routing.operator import Floats, Ints, Routing
from topo.routing.paths import PathRouting
from topo.routing.relay import RelayRouting
from topo.rows import Rows
from topo.size import Tier
from traffic.demand import Demand


def by_queue_pair(fabric: Fabric, demand: Demand, routing: Routing) -> tuple[Demand, Routing, Ints]:
    """Return demand and routing with one commodity a queue pair, and whose each is; as given where all have one path.

    Owners (queue pairs,) ascend.
    """
    whole = np.arange(demand.n_commodities)
    if isinstance(routing, DrawnRouting) and routing.several:
        paths = routing.listed()
        owner = np.repeat(whole, np.diff(paths.of))
        return _parts(demand, owner, paths.share), _lone(paths), owner
    if isinstance(routing, RelayRouting) and isinstance(routing.inner, DrawnRouting) and routing.several:
        return _through_hosts(fabric, demand, routing, routing.inner.listed())
    return demand, routing, whole


def of_commodities(solution: Solution, demand: Demand, routing: Routing, owner: Ints) -> Solution:
    """Return the solution of ``demand`` and ``routing`` that one by queue pair, each of its ``owner``, amounts to.

    A commodity ends with its last queue pair, which is also what holds it back, and its rate is
    the mean over that time: as its queue pairs end, it slows down.
    """
    if solution.demand is demand:
        return solution
    first = np.searchsorted(owner, np.arange(demand.n_commodities))
    moved = np.maximum.reduceat(solution.finish - solution.delay, first)
    finish = np.maximum.reduceat(solution.finish, first)
    last = np.lexsort((solution.finish, owner))[np.append(first[1:], len(owner)) - 1]
    return replace(
        solution,
        rate=demand.size / moved,
        tightest=solution.tightest[last],
        finish=finish,
        delay=finish - moved,
        turns=None if solution.turns is None else partial(_last, solution.turns, first),
        demand=demand,
        routing=routing,
        method=f"{solution.method}, by queue pair",
    )


def _last(turns: Callable[[], Floats], first: Ints) -> Floats:
    """Return (F,) when the last queue pair of each commodity ends."""
    return np.asarray(np.maximum.reduceat(turns(), first))


def _lone(paths: PathRouting) -> PathRouting:
    """Return the same paths, each of a commodity of its own."""
    n = len(paths.share)
    return replace(paths, of=np.arange(n + 1), share=np.ones(n))


def _parts(demand: Demand, owner: Ints, share: Floats) -> Demand:
    """Return the demand whose commodity i is ``share[i]`` of commodity ``owner[i]``; owners ascend."""
    columns = {key: getattr(demand, key)[owner] for key in ("src", "dst", "phase")}
    return replace(demand, **columns, size=demand.size[owner] * share)


def _through_hosts(
    fabric: Fabric, demand: Demand, routing: RelayRouting, paths: PathRouting
) -> tuple[Demand, Routing, Ints]:
    legs = routing.legs.tocsc()
    per_leg = np.diff(paths.of)[legs.indices]  # paths of each entry: a commodity on one of its legs
    start = np.repeat(paths.of[legs.indices], per_leg)
    path = start + np.arange(len(start)) - np.repeat(np.cumsum(per_leg) - per_leg, per_leg)
    commodity = np.repeat(np.repeat(np.arange(demand.n_commodities), np.diff(legs.indptr)), per_leg)
    inside = np.flatnonzero(np.diff(legs.indptr) == 0)  # commodities that never leave their host stay whole
    owner = np.concatenate([commodity, inside])
    order = np.argsort(owner, kind="stable")
    share = np.concatenate([np.repeat(legs.data, per_leg) * paths.share[path], np.ones(len(inside))])[order]
    path = np.concatenate([path, np.full(len(inside), -1)])[order]
    parts = _parts(demand, owner[order], share)
    out = np.flatnonzero(path >= 0)
    uses = Rows.of(np.ones(len(out)), path[out], out, (len(paths.share), len(path)))
    hosts = Rows.as_in(_hosts(fabric, parts, paths, path))
    return parts, RelayRouting(_lone(paths), uses, hosts), owner[order]


def _hosts(fabric: Fabric, parts: Demand, paths: PathRouting, path: Ints) -> csr_array:
    """Return (L, parts) the scale-up links before, after or instead of each part's network path (-1: none)."""
    out = path >= 0
    nic, port = parts.dst.copy(), parts.dst.copy()  # inside a host one hop does it all
    nic[out] = fabric.tail[paths.link[paths.first[path[out]]]]
    port[out] = fabric.head[paths.link[paths.first[path[out] + 1] - 1]]
    up = np.full(fabric.n_endpoints, -1, dtype=np.int64)
    inside, _ = fabric.end_links(Tier.SCALE_UP)
    up[fabric.tail[inside]] = inside
    links: list[NDArray[np.integer]] = []
    columns: list[Ints] = []
    for start, end in ((parts.src, nic), (port, parts.dst)):
        moves = np.flatnonzero(start != end)
        links += [up[start[moves]], fabric.reverse[up[end[moves]]]]
        columns += [moves, moves]
    entries = (np.concatenate(links), np.concatenate(columns))
    return csr_array((np.ones(len(entries[0])), entries), shape=(fabric.n_links, len(path)))
