"""Which channels the routes of a policy use one after another, and how many lanes suffice where packets climb.

Routes are those between all endpoints of a plane, whatever is sent: a channel that waits for another does so
for as long as some route goes by both.  Relays hold a message whole before they send it on, so no channel
depends on another through an endpoint.

Classes of channels, in the order in which packets pass them without climbing to another lane: up from leaf to
spine and from spine to core, between switches alike (local, then global), down from core to spine and to leaf.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.check.standing import check_standing
from topo.fabric import Fabric, Tier
from topo.flow.entries import Policy
from topo.kernels import channels as kernel
from topo.kernels.sweep import room
from topo.routing.balance import steady
from topo.routing.network import Network
from topo.routing.operator import Ints
from topo.routing.stops import Stops
from topo.routing.tables import Tables, parts_by_position
from topo.routing.valiant import stops_of

#: Columns of forwarding tables that are looked at in one go.
BLOCK = 1024


@dataclass(frozen=True, eq=False)
class Dependencies:
    """C channels, the D dependencies between them, and what packets need that climb from lane to lane."""

    link: Ints  # (C,) link of the fabric, the first of several alike
    before: NDArray[np.int32]  # (D,) channel held, ascending
    behind: NDArray[np.int32]  # (D,) channel waited for
    climbs: int  # the most lanes that a packet climbs, where it does so as the classes say
    hops: int  # channels of the longest route
    outs: int  # groups of switches that a route leaves at most
    circles: int  # destinations some way to which goes in a circle

    @property
    def first(self) -> NDArray[np.int32]:
        """(C + 1,) first dependency of each channel."""
        return np.searchsorted(self.before, np.arange(len(self.link) + 1)).astype(np.int32)


@dataclass
class Marks:
    """What sweeps have seen so far; they fill it."""

    network: Network
    ch: kernel.Channels
    link: Ints
    zone: Ints  # (S,) group of each switch; a number of its own where it has none
    seen: NDArray[np.uint8]
    climbs: int = 0
    hops: int = 0
    outs: int = 0
    circles: int = 0

    @classmethod
    def of(cls, network: Network, *, by_link: bool) -> Marks:
        """Return marks of a network of which nothing was seen: a channel for each link, or one for all alike."""
        link = network.link
        if not by_link:
            used = np.flatnonzero(network.part > 0)
            link = link[used[np.unique(network.arc[used], return_index=True)[1]]]
        fabric, base = network.fabric, network.base
        ends = (fabric.tail[link] - base, fabric.head[link] - base)
        group = fabric.group[base:].astype(np.int64)
        zone = np.where(group >= 0, group, group.max(initial=0) + 1 + np.arange(len(group)))
        out = zone[ends[0]] != zone[ends[1]]
        ch = kernel.channels(*ends, classes(fabric)[link], out, len(network.arcs.first) - 1)
        return cls(network, ch, link, zone, np.zeros(ch.base[-1], dtype=np.uint8))

    @property
    def walk(self) -> kernel.Walk:
        """Fresh working memory for one thread."""
        return kernel.walk(len(self.ch.fan), int(self.ch.group.max(initial=0)) + 1)

    def count(self, climbs: int, hops: int, outs: int, circles: int = 0) -> None:
        """Take note of routes seen."""
        self.climbs, self.hops, self.outs = max(self.climbs, climbs), max(self.hops, hops), max(self.outs, outs)
        self.circles += circles

    def done(self) -> Dependencies:
        """Return what was seen."""
        ch, found = self.ch, np.flatnonzero(self.seen)
        at = np.searchsorted(ch.base, found, side="right") - 1
        row, column = np.divmod(found - ch.base[at], ch.fan[at])
        leaves = np.argsort(ch.tail, kind="stable")
        start = np.concatenate([[0], np.cumsum(ch.fan)])
        ends = (ch.first[at] + row, leaves[start[at] + column])
        before, behind = (end.astype(np.int32) for end in ends)
        return Dependencies(self.link, before, behind, self.climbs, self.hops, self.outs, self.circles)


def classes(fabric: Fabric) -> NDArray[np.int8]:
    """Return (L,) the class of each link, from 0; those that do not occur between switches are left out."""
    rise = fabric.kind[fabric.head] - fabric.kind[fabric.tail]
    tier = fabric.tier.astype(np.int64)
    last = max(map(int, Tier)) + 1
    key = np.where(rise > 0, tier - last, np.where(rise < 0, 2 * last - tier, tier))
    inner = fabric.is_switch_link
    found = np.zeros(fabric.n_links, dtype=np.int8)
    found[inner] = np.unique(key[inner], return_inverse=True)[1]
    return found


def dependencies(fabric: Fabric, policy: Policy, name: str, tables: Tables | None = None, **given: Any) -> Dependencies:
    """Return what ``marks_of`` has seen."""
    return marks_of(fabric, policy, name, tables, **given).done()


def marks_of(fabric: Fabric, policy: Policy, name: str, tables: Tables | None = None, **given: Any) -> Marks:
    """Return marks of the channels of the routes of ``policy``; ``tables`` and ``given`` are its parameters.

    Raises RoutingError for a policy whose routes depend on the traffic, or that is not defined for the fabric.
    """
    # Whatever planes get, all of them are used where they do not go by the shortest paths of all.
    whole = given.get("balance", "shortest") == "shortest"
    network = Network.of(fabric) if whole else steady(fabric, balance="equal")
    assert network is not None
    check_standing(policy, name)
    marks = Marks.of(network, by_link=policy.by_destination)
    if policy.by_destination:
        _tables(marks, tables)
        return marks
    if policy.straight:
        _shortest(marks)
    if policy.turns:
        _turning(marks, stops_of(network, given.get("via", "switch")))
    return marks


def _shortest(marks: Marks) -> None:
    network = marks.network

    def work(start: int, stop: int) -> tuple[int, int, int]:
        sites = np.arange(start, stop)
        here = (marks.ch, network.arcs, network.ports, sites, marks.seen, room(network.arcs), marks.walk)
        return kernel.along_shortest(*here)

    for most in network.sweep(work, network.n_sites, shares=True):
        marks.count(*most)


def _tables(marks: Marks, tables: Tables | None) -> None:
    start = np.unique(marks.network.ports.switch).astype(np.int64)
    walk = marks.walk
    for step in steps(marks.network, tables):
        marks.count(*kernel.along_tables(marks.ch, step, start, marks.seen, walk))


def steps(network: Network, tables: Tables | None) -> Iterator[NDArray[np.int32]]:
    """Yield (d, S) the channel by which each switch forwards toward some d ports; -1 where it does not, or to the port.

    Without tables those of D-mod-k.
    """
    channel = np.full(network.fabric.n_links + 1, -1, dtype=np.int32)
    channel[network.link] = np.arange(len(network.link))
    if tables is not None:
        for i in range(0, tables.link.shape[1], BLOCK):
            yield channel[tables.link[:, i : i + BLOCK].T]
        return
    for rows, _, link in parts_by_position(network):
        step = np.full((link.shape[1], len(network.arcs.first) - 1), -1, dtype=np.int32)
        step[:, rows] = channel[link.T]
        yield step


def _turning(marks: Marks, stops: Stops) -> None:
    """Mark paths that are minimal to a turn and minimal from there."""
    mesh, ch = stops.mesh, marks.ch
    n, k = len(ch.fan), marks.walk.climbs.shape[1]
    came = np.full(len(ch.tail), kernel.NOTHING)

    def work(start: int, stop: int) -> tuple[NDArray[np.int32], ...]:
        block = np.arange(start, stop)
        behind = tuple(np.full(shape, -1, dtype=np.int32) for shape in ((n, k), (n, k), n, n))
        went = np.full(len(ch.tail), kernel.NOTHING)
        here = (ch, mesh.arcs, mesh.ports, block, _begins(marks.network, stops, block), went, marks.seen)
        kernel.along_legs(*here, room(mesh.arcs), marks.walk, (came, *behind))
        return (went, *behind)

    went, legs = np.full(len(ch.tail), kernel.NOTHING), None
    for part, *found in mesh.sweep(work, stops.n_stops, shares=True):
        went = np.where(went == kernel.NOTHING, part, np.where((part == went) | (part == -1), went, kernel.SEVERAL))
        legs = found if legs is None else [np.maximum(a, b) for a, b in zip(legs, found, strict=True)]
    kernel.join_legs(ch, came, went, marks.seen)
    if legs is not None:
        marks.count(*_at_turns(*legs), outs=0)


def _begins(network: Network, stops: Stops, block: Ints) -> NDArray[np.int8]:
    """Return (blocks, K): 1 where a first leg goes from a stop to one of ``block``, 2 a second one, 3 either."""
    zone, island = stops.zone, stops.mesh.island[stops.switch]
    bears = np.isin(stops.switch, network.ports.switch)
    apart = (island[block][:, np.newaxis] == island) & (block[:, np.newaxis] != np.arange(stops.n_stops))
    if stops.exclude:
        apart &= zone[block][:, np.newaxis] != zone
    turns = stops.odds.any(axis=0)
    first = apart & (stops.odds[zone][:, block].T > 0) & bears
    second = apart & bears[block][:, np.newaxis] & turns
    return np.asarray(first + 2 * second, dtype=np.int8)


def _at_turns(before: Any, behind: Any, hops_before: Any, hops_behind: Any) -> tuple[int, int]:
    """Return the most climbs and hops of both legs, or more: the farthest source may be the farthest destination."""
    most = int(before.max(initial=0))
    for last in range(before.shape[1]):
        for c in range(behind.shape[1]):
            both = np.where((before[:, last] >= 0) & (behind[:, c] >= 0), before[:, last] + behind[:, c], -2)
            most = max(most, int(both.max(initial=-2)) + (0 if c > last else 1))
    both = np.maximum(hops_before, 0) + np.maximum(hops_behind, 0)
    return max(most, int(behind.max(initial=0))), int(both.max(initial=0))
