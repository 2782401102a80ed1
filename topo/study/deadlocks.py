"""Deadlock as ``topo check --routing`` tells it: flat keys, cycles by the names of their ports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from topo.check.deadlock import Deadlock, deadlock
from topo.check.fault import port_at
from topo.fabric import Fabric
from topo.flow import POLICIES
from topo.formats.labels import source_of


def deadlocks(fabric: Fabric, routing: dict[str, Any]) -> dict[str, Any]:
    """Return what the routes of ``routing``, a policy and its parameters, can do to each other on ``fabric``."""
    given = dict(routing)
    name = given.pop("policy")
    found = deadlock(fabric, POLICIES[name], name, **given)
    return {
        "deadlock_free": found.free,
        "deadlock_cycles": _cycles(fabric, found),
        "deadlock_shortest": found.shortest,
        "deadlock_links": found.cyclic,
        "deadlock_circles": found.circles,
        "dependency_links": found.channels,
        "dependency_count": found.dependencies,
        "lanes_lower": found.lanes_lower,
        "lanes_upper": found.lanes_upper,
        "lanes_method": found.lanes_method,
        "lanes_by_hop": found.lanes_by_hop,
        "route_switch_links": found.hops,
    }


def _cycles(fabric: Fabric, found: Deadlock) -> list[dict[str, Any]]:
    named = replace(fabric, source=source_of(fabric)) if found.cycles else fabric
    return [
        {"ports": [port_at(named, int(fabric.cable[link]), int(fabric.tail[link])) for link in cycle]}
        for cycle in found.cycles
    ]
