"""Floor plans: in which rack and at which height each device sits, and how long every cable is.

Hosts fill racks in their order, those of a scale-up network together where a rack holds them.  Switches go by blocks:
neighbours in number of one layer, plane and group, which one rack holds.  Which block stands in which rack is assigned
for the least metres of tray (``assignment``), beside the simple order that fills racks by number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from topo.cost import Run
from topo.design.assignment import Assigned, Problem, assign
from topo.design.room import UNIT_M, Places, Room, places
from topo.fabric import Fabric, NodeKind, Tier
from topo.routing.operator import Ints
from topo.size import Medium

#: Blocks that the switches of a network are cut into, where layers, planes and groups do not make more.
MOST_BLOCKS = 96
#: What CP-SAT may spend [deterministic seconds], where nothing else is said.
EFFORT = 1.0


@dataclass(frozen=True, eq=False)
class Floor:
    """A fabric in racks; scale-up switches come with the hosts and stand nowhere of their own."""

    fabric: Fabric
    room: Room
    places: Places
    rack: Ints  # (N,) rack of each endpoint and switch; -1 of scale-up switches
    unit: Ints  # (N,) lowest rack unit of the device, from 1; 0 of scale-up switches
    assigned: Assigned  # blocks of switches to racks of switches

    @cached_property
    def exact_m(self) -> NDArray[np.float64]:
        """(C,) metres of each cable with its slack; nan of those of scale-up networks."""
        rows = self.fabric.cables()
        a, b = rows["a"], rows["b"]
        at, room = self.places.metres(self.room), self.room
        size = np.where(np.arange(self.fabric.n_nodes) < self.fabric.n_endpoints, room.host_units, room.switch_units)
        height = (self.unit - 1 + size / 2) * UNIT_M
        along = np.abs(at[self.rack[a]] - at[self.rack[b]]).sum(axis=1)
        top = room.rack_units * UNIT_M + room.tray_m
        metres = np.where(
            self.rack[a] == self.rack[b], np.abs(height[a] - height[b]), along + 2 * top - height[a] - height[b]
        )
        return np.where(rows["tier"] == Tier.SCALE_UP, np.nan, metres + room.slack_m)

    @cached_property
    def length_m(self) -> NDArray[np.float64]:
        """(C,) length of each cable as it is bought; nan of those of scale-up networks."""
        return self.room.bought(self.exact_m)

    @cached_property
    def medium(self) -> NDArray[np.int8]:
        """(C,) medium of each cable, by its length; that of the fabric inside scale-up networks."""
        length, found = self.length_m, np.array(self.fabric.medium)
        for metres in np.unique(length[~np.isnan(length)]).tolist():
            found[length == metres] = self.room.medium(metres)
        return found

    @property
    def cabled(self) -> Fabric:
        """The fabric with the media that the lengths ask for."""
        return replace(self.fabric, medium=self.medium)

    @property
    def runs(self) -> list[Run]:
        """Cables of the network by tier, medium and length."""
        tier, on = self.fabric.cables()["tier"], ~np.isnan(self.length_m)
        kinds = np.stack([tier[on], self.medium[on], self.length_m[on]], axis=1)
        found, count = np.unique(kinds, axis=0, return_counts=True)
        return [
            Run(Tier(int(t)), Medium(int(m)), length, n)
            for (t, m, length), n in zip(found.tolist(), count.tolist(), strict=True)
        ]

    @property
    def watts(self) -> NDArray[np.float64]:
        """(R,) what each rack draws [W], as far as the room says it."""
        _, first = np.unique(self.fabric.host, return_index=True)
        drawn = np.bincount(self.rack[first], minlength=len(self.places.row)) * (self.room.host_watts or 0.0)
        switch = self.rack[self.fabric.kind >= NodeKind.LEAF]
        return np.asarray(drawn + np.bincount(switch, minlength=len(drawn)) * (self.room.switch_watts or 0.0))


def floor_plan(fabric: Fabric, room: Room, *, effort: float = EFFORT, simple: bool = False) -> Floor:
    """Return ``fabric`` in racks of ``room``, blocks of switches where least tray is needed, or in ``simple`` order.

    ``effort`` is that of the solver, in its deterministic seconds.  Raises DesignError where a device does not fit.
    """
    host_rack = _host_racks(fabric, room)
    blocks = _blocks(fabric, room.switches_per_rack)
    needed = _first_fit([len(block) for block in blocks], room.switches_per_rack)
    stand = places(room, 1 + int(host_rack.max(initial=-1)), 1 + max(needed, default=-1))
    rack = np.full(fabric.n_nodes, -1, dtype=np.int64)
    rack[: fabric.n_endpoints] = host_rack[fabric.host]
    problem = _problem(fabric, room, stand, blocks, rack)
    assigned = assign(problem, np.array(needed, dtype=np.int64), effort=0.0 if simple else effort)
    for block, at in zip(blocks, assigned.rack.tolist(), strict=True):
        rack[block] = stand.hosts + at
    return Floor(fabric, room, stand, rack, _units(fabric, room, rack), assigned)


def _host_racks(fabric: Fabric, room: Room) -> Ints:
    """Return (H,) the rack of each host: in order; a scale-up network that fits into one rack is not cut in two."""
    domain = np.full(fabric.n_hosts, -1, dtype=np.int64)
    domain[fabric.host] = fabric.domain
    count = dict(zip(*(column.tolist() for column in np.unique(domain, return_counts=True)), strict=True))
    racks, free, before = [], 0, None
    at = -1
    for one in domain.tolist():
        whole = count[one] if one != before and count[one] <= room.hosts_in_a_rack else 1
        if free < whole:
            at, free = at + 1, room.hosts_in_a_rack
        racks.append(at)
        free, before = free - 1, one
    return np.array(racks, dtype=np.int64)


def _blocks(fabric: Fabric, most: int) -> list[Ints]:
    """Return the switches by blocks: neighbours of one kind, plane and group, at most ``most`` of them."""
    switch = np.flatnonzero(fabric.kind >= NodeKind.LEAF)
    if not len(switch):
        return []
    alike = np.stack([fabric.kind[switch], fabric.plane[switch], fabric.group[switch]], axis=1)
    runs = np.split(switch, 1 + np.flatnonzero((alike[1:] != alike[:-1]).any(axis=1)))
    each = min(most, -(-len(switch) // MOST_BLOCKS))
    return [block for run in runs for block in np.array_split(run, -(-len(run) // each))]


def _first_fit(sizes: list[int], most: int) -> list[int]:
    """Return the rack of each block, filled in their order."""
    found, at, free = [], -1, 0
    for size in sizes:
        if free < size:
            at, free = at + 1, most
        found.append(at)
        free -= size
    return found


def _problem(fabric: Fabric, room: Room, stand: Places, blocks: list[Ints], rack: Ints) -> Problem:
    """Return what is assigned: blocks with cables between them and to racks of hosts, and where racks stand."""
    block = np.full(fabric.n_nodes, -1, dtype=np.int64)
    for i, nodes in enumerate(blocks):
        block[nodes] = i
    rows, n = fabric.cables(), len(blocks)
    on = rows["tier"] != Tier.SCALE_UP
    a, b = rows["a"][on], rows["b"][on]
    between, fixed = np.zeros((n, n), dtype=np.int64), np.zeros((n, stand.hosts), dtype=np.int64)
    for one, other in ((a, b), (b, a)):
        both = (block[one] >= 0) & (block[other] >= 0)
        np.add.at(between, (block[one[both]], block[other[both]]), 1)
        up = (block[one] >= 0) & (block[other] < 0)
        np.add.at(fixed, (block[one[up]], rack[other[up]]), 1)
    np.fill_diagonal(between, 0)
    at = np.rint(stand.metres(room) * 1000).astype(np.int64)
    size = np.array([len(nodes) for nodes in blocks], dtype=np.int64)
    return Problem(size, room.switches_per_rack, between, fixed, at[: stand.hosts], at[stand.hosts :])


def _units(fabric: Fabric, room: Room, rack: Ints) -> Ints:
    """Return (N,) the lowest unit of each device: racks are filled from below, by number."""
    unit = np.zeros(fabric.n_nodes, dtype=np.int64)
    _, first = np.unique(fabric.host, return_index=True)
    unit[: fabric.n_endpoints] = (1 + _turn(rack[first]) * room.host_units)[fabric.host]
    switch = np.flatnonzero(fabric.kind >= NodeKind.LEAF)
    unit[switch] = 1 + _turn(rack[switch]) * room.switch_units
    return unit


def _turn(rack: Ints) -> Ints:
    """Return how many before each have the same rack."""
    order = np.argsort(rack, kind="stable")
    turn = np.empty(len(rack), dtype=np.int64)
    turn[order] = np.arange(len(rack)) - np.searchsorted(rack[order], rack[order])
    return turn
