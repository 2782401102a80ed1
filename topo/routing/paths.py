"""Single paths with their links: static tables look the next one up by destination (see ``tree``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.kernels.hashed import by_digits, carried
from topo.kernels.sweep import Room, room
from topo.routing.network import Network, added
from topo.routing.operator import FactSheet, Floats, Ints, Routing, check_ranks
from topo.routing.straight import listed
from topo.routing.tables import Tables
from topo.routing.tree import check_tree, position, up_cables
from topo.routing.whole_tree import WholeTree
from topo.stored import Stored
from traffic.demand import Demand, GroupedDemand

if TYPE_CHECKING:
    from scipy.sparse import csc_array

#: Hops that a path is given room for at first; doubled where that is too few.
SHORT_PATH = 8


@dataclass(frozen=True, eq=False)
class PathRouting(FactSheet):
    """Explicit paths; those of commodity f are rows ``of[f]:of[f + 1]``, links of row i ``first[i]:first[i + 1]``."""

    policy: str
    n_links: int
    of: Ints  # (F + 1,)
    share: Floats  # (paths,) of the commodity; shares of a commodity add up to 1
    first: Ints  # (paths + 1,)
    link: NDArray[np.int32]
    by_path: bool = False  # whether every path is a queue pair, with a fair rate of its own

    @classmethod
    def of_paths(
        cls,
        policy: str,
        n_links: int,
        commodity: Ints,
        share: Floats,
        path: NDArray[np.int32],
        *,
        by_path: bool = False,
    ) -> PathRouting:
        """Return the routing of paths sorted by ``commodity``; -1 in ``path`` (paths, hops) is no link."""
        count = (path >= 0).sum(axis=1)
        of = np.searchsorted(commodity, np.arange((commodity[-1] if len(commodity) else -1) + 2))
        first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        return cls(policy, n_links, of, share, first, path[path >= 0], by_path)

    def load(self, rate: Floats) -> Floats:
        """Return (L,) R @ rate."""
        amount = np.repeat(np.asarray(rate, dtype=np.float64), np.diff(self.of)) * self.share
        return added(self.link, np.repeat(amount, np.diff(self.first)), self.n_links)

    def sum_along(self, value: Floats) -> Floats:
        """Return (F,) value @ R."""
        each = self._reduce(np.add, np.asarray(value)[self.link], self.first) * self.share
        return self._reduce(np.add, each, self.of)

    def min_along(self, value: Floats) -> Floats:
        """Return (F,) least ``value`` over links with R > 0."""
        return self._reduce(np.minimum, self._reduce(np.minimum, np.asarray(value)[self.link], self.first), self.of)

    def by_commodity(self) -> Stored:
        """Return R (F, L) path by path: what lies on one link twice is stored twice."""
        whole = (self.share == 1.0).all()
        data = np.broadcast_to(1.0, len(self.link)) if whole else np.repeat(self.share, np.diff(self.first))
        return Stored(data, self.link, self.first[self.of], (len(self.of) - 1, self.n_links))

    def columns(self) -> csc_array:
        """Return R (L, F)."""
        from scipy.sparse import csc_array

        rows = self.by_commodity()
        matrix = csc_array((rows.data.copy(), rows.indices, rows.indptr), shape=rows.shape[::-1])
        matrix.sum_duplicates()
        return matrix

    def of_commodities(self, used: Ints) -> PathRouting:
        """Return the paths of the commodities ``used``, numbered anew."""
        count = np.diff(self.of)[used]
        keep = np.zeros(len(self.share), dtype=bool)
        commodity = np.repeat(np.arange(len(self.of) - 1), np.diff(self.of))
        keep[np.isin(commodity, used)] = True
        hops = np.diff(self.first)
        of = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        first = np.concatenate([[0], np.cumsum(hops[keep])]).astype(np.int64)
        link = self.link[np.repeat(keep, hops)]
        return replace(self, of=of, share=self.share[keep], first=first, link=link)

    @staticmethod
    def _reduce(ufunc: np.ufunc, value: Floats, first: Ints) -> Floats:
        if len(value) == len(first) - 1:  # one each
            return np.asarray(value, dtype=np.float64)
        return np.asarray(ufunc.reduceat(value, first[:-1]), dtype=np.float64)


def static(
    fabric: Fabric,
    demand: Demand | GroupedDemand,
    *,
    tables: Annotated[Tables | None, "a file of forwarding tables; without, D-mod-k on a tree"] = None,
) -> Routing:
    """Return the path of every commodity by destination; an endpoint with several ports spreads over them.

    Raises RoutingError for D-mod-k on what is no tree, NotConnected where a commodity has no path.
    """
    check_ranks(fabric, demand)
    network = Network.of(fabric)
    if tables is not None:
        inner = _by_tables(network, tables)
        if isinstance(demand, Demand):
            return listed(network, demand, inner)
        from topo.routing.merged import by_destination

        return by_destination(
            network, demand, "static", lambda src, dst, amount: np.asarray(inner(src, dst).load(amount))
        )
    check_tree(fabric)
    ways = _Digits(network)
    if isinstance(demand, Demand):
        return listed(network, demand, ways.listed)
    from topo.routing.merged import by_destination

    return by_destination(network, demand, "static", ways.carried)


@dataclass(frozen=True)
class _Digits:
    """Paths by D-mod-k on a tree."""

    network: Network

    def listed(self, src: Ints, dst: Ints) -> PathRouting:
        """Return the path from each ``src`` to its ``dst``, one for each port by which it leaves."""
        network, whole = self.network, WholeTree.of(self.network)
        commodity, port, share = _entries(network, src, dst)
        end = dst[commodity]
        if whole is None:
            path = self.searched(port, end)
        else:
            exit_ = _exit(network, port, end)
            path = whole.walk(port, exit_, position(network, exit_))
        return PathRouting.of_paths("static", network.fabric.n_links, commodity, share, path)

    def searched(self, port: Ints, end: Ints) -> NDArray[np.int32]:
        """Return (paths, hops) links from ``port`` to the endpoint ``end``, found hop by hop; -1 behind."""
        return _walk(self.network, end, self._fill(port, end))

    def carried(self, src: Ints, dst: Ints, amount: Floats) -> Floats:
        """Return (L,) the loads where ``amount`` goes from each ``src`` to its ``dst``; no path is kept."""
        commodity, port, share = _entries(self.network, src, dst)
        sent, end = amount[commodity] * share, dst[commodity]
        load = np.zeros(self.network.fabric.n_links)
        for rows, path in _walked(self.network, end, self._fill(port, end)):
            carried(path, sent[rows], load)
        return load

    @cached_property
    def _up(self) -> Ints:
        """Up-cables of a leaf and of a spine."""
        return up_cables(self.network.fabric)

    def _fill(self, port: Ints, end: Ints) -> Fill:
        network, up = self.network, self._up
        links, arcs, ports = network.links, network.arcs, network.ports
        where = position(network, _exit(network, port, end))

        def fill(rows: Ints, toward: Toward, path: NDArray[np.int32], room: Scratch) -> bool:
            at = (port[rows], end[rows], where[rows], up, path)
            return bool(by_digits(links, arcs, ports, *toward, *at, *room))

        return fill


def _by_tables(network: Network, tables: Tables) -> Callable[[Ints, Ints], Routing]:
    """Return the routing of ``tables``: every port of a source on its own, toward the port on the same plane."""
    fabric = network.fabric

    def inner(src: Ints, dst: Ints) -> Routing:
        commodity, port, share = _entries(network, src, dst)
        path = tables.walk(fabric, port, _exit(network, port, dst[commodity]))
        return PathRouting.of_paths("static", fabric.n_links, commodity, share, path)

    return inner


def routed(network: Network, demand: Demand | GroupedDemand, inner: Callable[[Ints, Ints], Routing]) -> Routing:
    """Return the routing of ``demand`` whose network legs are routed by ``inner(src, dst)``."""
    check_ranks(network.fabric, demand)
    if isinstance(demand, Demand):
        return listed(network, demand, inner)
    from topo.routing.merged import merged

    return merged(network, demand, inner)


Toward = tuple[Ints, Ints]  # destination sites, and where the rows toward each start
Scratch = tuple[Ints, Room]
Fill = Callable[[Ints, Toward, NDArray[np.int32], Scratch], bool]


def _walk(network: Network, dst: Ints, fill: Fill) -> NDArray[np.int32]:
    """Return (paths, hops) links of each path toward ``dst``, -1 where it has ended."""
    blocks = list(_walked(network, dst, fill))
    result = np.full((len(dst), max((path.shape[1] for _, path in blocks), default=0)), -1, np.int32)
    for rows, path in blocks:
        result[rows, : path.shape[1]] = path
    return result


def _walked(network: Network, dst: Ints, fill: Fill) -> Iterator[tuple[Ints, NDArray[np.int32]]]:
    """Yield rows of ``dst``, site by site, and (rows, hops) the links of the path toward each, then -1."""
    order = np.argsort(network.site[dst], kind="stable")
    sites, first = np.unique(network.site[dst][order], return_index=True)
    edge = np.append(first, len(order))
    degree, arcs = int(np.diff(network.fabric.first).max(initial=1)), network.arcs

    def work(start: int, stop: int) -> tuple[Ints, NDArray[np.int32]]:
        rows = order[edge[start] : edge[stop]]
        scratch, hops = (np.empty(degree, np.int64), room(arcs)), SHORT_PATH
        while True:
            path = np.full((len(rows), hops), -1, np.int32)
            if fill(rows, (sites[start:stop], edge[start : stop + 1] - edge[start]), path, scratch):
                return rows, path
            hops *= 2

    return network.sweep(work, len(sites))


def _entries(network: Network, src: Ints, dst: Ints) -> tuple[Ints, Ints, Floats]:
    """Return (commodity, link by which it leaves its source, share), one row a port on a shortest path."""
    if network.most_ports <= 1:
        return np.arange(len(src)), network.port[src], np.ones(len(src))
    from topo.routing.split import SplitRouting

    split = SplitRouting.of(network, src, dst, "")
    leaving = split.port_shares[0][split.pair]
    commodity, k = np.nonzero(leaving)
    return commodity, network.port[src[commodity]] + k, leaving[commodity, k]


def _exit(network: Network, port: Ints, dst: Ints) -> Ints:
    """Return the first link of ``dst`` that is on the same island as the link ``port`` of the source."""
    fabric, base = network.fabric, network.base
    if not len(network.island):
        return network.port[dst]
    if network.most_ports <= 1:
        return network.port[dst]
    ends, at = np.unique(dst, return_inverse=True)
    islands, island = np.unique(network.island, return_inverse=True)
    first = np.repeat(network.port[ends][:, np.newaxis], len(islands), axis=1)
    for k in range(network.most_ports - 1, -1, -1):
        link = network.port[ends] + np.minimum(k, network.n_ports[ends] - 1)
        first[np.arange(len(ends)), island[fabric.head[link] - base]] = link
    return np.asarray(first[at, island[fabric.head[port] - base]])
