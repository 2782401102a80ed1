"""Forwarding tables as a subnet manager fills them: one link for each switch and destination port.

Limits. What tables say is taken as it is; ``topo.check.deadlock`` looks for credit loops.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric, NodeKind
from topo.kernels.hashed import by_digits
from topo.kernels.sweep import room
from topo.routing.network import Network
from topo.routing.operator import Ints, NotConnected
from topo.routing.tree import check_tree, position, up_cables
from topo.source import called


@dataclass(frozen=True, eq=False)
class Tables:
    """Links out of S switches toward D ports of endpoints; columns follow the endpoints' links to switches."""

    link: NDArray[np.int32]  # (S, D) link by which the switch forwards; -1 where it has no entry
    base: int  # node that is the first switch
    column: Ints  # (L,) column of an endpoint's link to its switch; -1 of others

    @classmethod
    def of(cls, fabric: Fabric, link: NDArray[np.int32]) -> Tables:
        """Return tables of ``fabric``; columns of ``link`` (S, D) go by ``ports_of``."""
        column = np.full(fabric.n_links, -1, dtype=np.int64)
        ports = ports_of(fabric)
        column[ports] = np.arange(len(ports))
        return cls(link, int(np.searchsorted(fabric.kind, NodeKind.LEAF)), column)

    def walk(self, fabric: Fabric, entry: Ints, exit_: Ints) -> NDArray[np.int32]:
        """Return (paths, hops) links from the source's link ``entry`` to the destination's port ``exit_``, -1 behind.

        Raises NotConnected for a path that has no next link, goes in a circle or ends elsewhere; it names the pair.
        """
        end, column = fabric.tail[exit_].astype(np.int64), self.column[exit_]
        at = fabric.head[entry].astype(np.int64)
        path = [entry.astype(np.int32)]
        for _ in range(len(self.link) + 1):
            on = np.flatnonzero(at >= fabric.n_endpoints)
            if not len(on):
                break
            step = np.full(len(entry), -1, dtype=np.int32)
            step[on] = self.link[at[on] - self.base, column[on]]
            if (step[on] < 0).any():
                stuck = on[np.argmax(step[on] < 0)]
                raise NotConnected(
                    _said(
                        fabric,
                        entry,
                        exit_,
                        stuck,
                        f"{called(fabric.source, fabric.kind, int(at[stuck]))} has no entry for it",
                    )
                )
            at = np.where(step >= 0, fabric.head[step], at)
            path.append(step)
        self._check_ends(fabric, at, end, entry, exit_)
        return np.stack(path, axis=1)

    @staticmethod
    def _check_ends(fabric: Fabric, at: Ints, end: Ints, entry: Ints, exit_: Ints) -> None:
        lost = np.flatnonzero(at != end)
        if len(lost):
            where = at[lost[0]]
            what = (
                f"ends at {called(fabric.source, fabric.kind, int(where))}"
                if where < fabric.n_endpoints
                else "goes in a circle"
            )
            raise NotConnected(_said(fabric, entry, exit_, lost[0], f"the way {what}"))


def ports_of(fabric: Fabric) -> Ints:
    """Return (D,) the links of endpoints to switches, by endpoint."""
    own = np.arange(fabric.first[fabric.n_endpoints])
    return own[fabric.kind[fabric.head[own]] >= NodeKind.LEAF]


def by_position(fabric: Fabric) -> Tables:
    """Return the tables of D-mod-k, an entry for every switch and port that a path leads to.

    Raises RoutingError where the fabric is not a tree.
    """
    network = Network.of(fabric)
    link = np.full((fabric.n_nodes - network.base, len(ports_of(fabric))), -1, dtype=np.int32)
    for rows, columns, part in parts_by_position(network):
        link[np.ix_(rows, columns)] = part
    return Tables.of(fabric, link)


def parts_by_position(network: Network) -> Iterator[tuple[Ints, Ints, NDArray[np.int32]]]:
    """Yield the tables of D-mod-k in parts: rows, columns, and the links (rows, columns).

    Raises RoutingError where the fabric is not a tree.
    """
    fabric = network.fabric
    check_tree(fabric)
    ports, switches = ports_of(fabric), np.arange(network.base, fabric.n_nodes)
    into = fabric.reverse[np.minimum(fabric.first[switches], fabric.n_links - 1)].astype(np.int64)
    for site in range(network.n_sites):
        here = np.flatnonzero(network.site[fabric.tail[ports]] == site)
        # Endpoints of a site have ports on the same switches: on each plane, one column an endpoint.
        for island in np.unique(network.island[fabric.head[ports[here]] - network.base]):
            there = here[network.island[fabric.head[ports[here]] - network.base] == island]
            reached = switches[network.island == island]
            yield reached - network.base, there, _toward(network, into, reached, ports[there])


def _toward(network: Network, into: Ints, switches: Ints, ports: Ints) -> NDArray[np.int32]:
    """Return (switches, ports) the link by which each of ``switches`` forwards toward each of ``ports`` of one site."""
    fabric, shape = network.fabric, (len(switches), len(ports))
    entry = np.repeat(into[switches - network.base], len(ports))
    end = np.tile(fabric.tail[ports], len(switches)).astype(np.int64)
    where, bounds = np.tile(position(network, ports), len(switches)), np.array([0, len(entry)])
    found = np.empty(int(np.diff(fabric.first).max(initial=1)), np.int64)
    toward = (network.links, network.arcs, network.ports, network.site[end[:1]], bounds)
    path = np.full((len(entry), 2), -1, np.int32)
    while not by_digits(*toward, entry, end, where, up_cables(fabric), path, found, room(network.arcs)):
        path = np.full((len(entry), 2 * path.shape[1]), -1, np.int32)
    return path[:, 1].reshape(shape)


def _said(fabric: Fabric, entry: Ints, exit_: Ints, row: int, why: str) -> str:
    src, dst = (called(fabric.source, fabric.kind, int(fabric.tail[link[row]])) for link in (entry, exit_))
    return f"tables lead no way from {src} to {dst}: {why}"
