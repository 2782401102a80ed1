"""Racks in words: what each is called, which device is in which of its units, and the ends of cables in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from topo.design.floor import Floor
from topo.fabric import NodeKind, Tier
from topo.formats.ends import hosts_of
from topo.formats.labels import names_of
from topo.formats.plant import Node, Reading

#: Columns of a written elevation, and those that a cabling list has more where cables have a place.
ELEVATION = ("rack", "row", "column", "x_m", "y_m", "unit", "units", "device", "kind")
ENDS = ("Length", "A-Rack", "A-U", "Z-Rack", "Z-U")


def rack_names(floor: Floor) -> list[str]:
    """Return what each rack is called: row and place in it, from 1, such as ``r02-15``."""
    rows, columns = floor.places.row.tolist(), floor.places.column.tolist()
    return [f"r{row + 1:02}-{column + 1:02}" for row, column in zip(rows, columns, strict=True)]


def rack_rows(floor: Floor) -> list[dict[str, Any]]:
    """Return a row a rack that holds anything: where it stands, what it holds, and how much."""
    return [row for row in _racks(floor) if row["hosts"] or row["switches"]]


def _racks(floor: Floor) -> list[dict[str, Any]]:
    at = floor.places.metres(floor.room)
    _, first = np.unique(floor.fabric.host, return_index=True)
    hosts = np.bincount(floor.rack[first], minlength=len(at))
    switches = np.bincount(floor.rack[floor.fabric.kind >= NodeKind.LEAF], minlength=len(at))
    stated = floor.room.host_watts is not None or floor.room.switch_watts is not None
    columns = (rack_names(floor), floor.places.row, floor.places.column, at[:, 0], at[:, 1], hosts, switches)
    return [
        {
            "rack": name,
            "row": int(row) + 1,
            "column": int(column) + 1,
            "x_m": round(float(x), 3),
            "y_m": round(float(y), 3),
            "hosts": int(n_hosts),
            "switches": int(n_switches),
            "watts": float(watts) if stated else None,
        }
        for name, row, column, x, y, n_hosts, n_switches, watts in zip(*columns, floor.watts, strict=True)
    ]


def elevation(floor: Floor) -> Iterator[dict[str, Any]]:
    """Yield a row a device with ``ELEVATION``: by rack, from below."""
    fabric, racks = floor.fabric, _racks(floor)
    names = names_of(fabric)
    _, first = np.unique(fabric.host, return_index=True)
    hosts = [name for name, _ in hosts_of([Node(names[i]) for i in first.tolist()], Reading())]
    switch = np.flatnonzero(fabric.kind >= NodeKind.LEAF)
    called = hosts + [names[i] for i in switch.tolist()]
    nodes = np.concatenate([first, switch])
    heights = [floor.room.host_units] * len(first) + [floor.room.switch_units] * len(switch)
    for i in np.lexsort((floor.unit[nodes], floor.rack[nodes])).tolist():
        node = int(nodes[i])
        place = {key: racks[floor.rack[node]][key] for key in ELEVATION[:5]}
        kind = "host" if i < len(first) else NodeKind(fabric.kind[node]).name.lower()
        yield place | {"unit": int(floor.unit[node]), "units": heights[i], "device": called[i], "kind": kind}


def cable_ends(floor: Floor) -> list[tuple[Any, ...]]:
    """Return a row of ``ENDS`` for each cable of the network, in the order of a cabling list."""
    rows, racks = floor.fabric.cables(), rack_names(floor)
    found = []
    for cable in np.flatnonzero(rows["tier"] != Tier.SCALE_UP).tolist():
        ends = ((racks[floor.rack[node]], int(floor.unit[node])) for node in (rows["a"][cable], rows["b"][cable]))
        found.append((float(floor.length_m[cable]), *(cell for end in ends for cell in end)))
    return found
