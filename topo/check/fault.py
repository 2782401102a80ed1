"""Fault: one thing that is wrong with a fabric, where, by what evidence, and what mending it would change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from topo.fabric import Fabric
from topo.source import called


@dataclass(frozen=True)
class Fault:
    """What is wrong.  The mended fabric lacks the cables ``drop`` and has ``add`` and ``speed`` besides."""

    kind: str
    ports: tuple[str, ...]  # both ends of every cable concerned, or the nodes
    evidence: str
    drop: tuple[int, ...] = ()  # cables
    add: tuple[tuple[int, int, int], ...] = ()  # two nodes, and the cable whose numbers the new one has
    speed: tuple[tuple[int, float], ...] = ()  # cables and what they should carry [B/s]

    @property
    def mending(self) -> tuple[Any, ...]:
        """What is done to mend it: equal for two faults that mending one mends both."""
        return self.drop, self.add, self.speed

    @property
    def mends(self) -> bool:
        """Whether it says how to mend it."""
        return bool(self.drop or self.add or self.speed)


def ends_of(fabric: Fabric, cables: Iterable[int]) -> tuple[str, ...]:
    """Return the ports at both ends of each of ``cables``, as people find them: leaf3 port 7."""
    rows = fabric.cables()
    return tuple(port_at(fabric, cable, int(rows[end][cable])) for cable in cables for end in ("a", "b"))


def port_at(fabric: Fabric, cable: int, node: int) -> str:
    """Return the port of ``node`` that ``cable`` is in; the node alone where its file names no ports."""
    name = called(fabric.source, fabric.kind, node)
    if fabric.source is None:
        return name
    port = fabric.source.ports[cable][0 if int(fabric.cables()["a"][cable]) == node else 1]
    return f"{name} port {port}" if port else name


def mended(fabric: Fabric, fault: Fault) -> Fabric:
    """Return ``fabric`` without ``fault``."""
    rows = fabric.cables()
    keep = np.ones(fabric.n_cables, dtype=bool)
    keep[list(fault.drop)] = False
    like = np.array([cable for *_, cable in fault.add], dtype=np.int64)
    new = {key: column[like] for key, column in rows.items()}
    new["a"], new["b"] = (np.array([one[i] for one in fault.add], dtype=np.int64) for i in (0, 1))
    capacity = rows["capacity"].copy()
    for cable, rate in fault.speed:
        capacity[cable] = rate
    columns: dict[str, Any] = {
        key: np.concatenate([column[keep], new[key]]) for key, column in (rows | {"capacity": capacity}).items()
    }
    plane = fabric.plane.copy()
    for a, b, _ in fault.add:
        if a < fabric.n_endpoints and plane[a] >= 0:  # an endpoint is on the plane that it is plugged into
            plane[a] = plane[b]
    node_keys = ("name", "kind", "group", "host", "domain", "overhead", "launch", "packet", "relay", "groups")
    return Fabric.from_cables(**columns, plane=plane, **{key: getattr(fabric, key) for key in node_keys})
