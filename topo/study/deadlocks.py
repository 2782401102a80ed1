"""Deadlock as ``topo check --routing`` and section ``deadlock`` tell it: flat keys, cycles by the names of ports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from topo.config.case import SECTIONS, Case
from topo.config.nouns import routing_of
from topo.fabric import Fabric
from topo.flow import POLICIES

if TYPE_CHECKING:
    from topo.check.deadlock import Deadlock


def deadlocks(fabric: Fabric, routing: dict[str, Any]) -> dict[str, Any]:
    """Return whether routes can deadlock, by the dependencies of their channels, and the lanes that keep them from it.

    ``routing`` is a policy and its parameters; the keys are flat.

    Raises RoutingError for a policy whose routes depend on the traffic.
    """
    from topo.check.deadlock import deadlock

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


def asked(case: Case, fabric: Fabric) -> dict[str, Any]:
    """Return what ``case`` asks about deadlocks of its routes on ``fabric``; nothing where it asks nothing."""
    section, given = SECTIONS["deadlock"], case.sections.get("deadlock")
    if given is None:
        return {}
    found: dict[str, Any] = section.function(given[section.word])(fabric, routing_of(case, fabric))
    return found


#: What a study may ask about deadlocks.
QUESTIONS: dict[str, Callable[[Fabric, dict[str, Any]], dict[str, Any]]] = {"dependencies": deadlocks}


def _cycles(fabric: Fabric, found: Deadlock) -> list[dict[str, Any]]:
    from topo.check.fault import port_at
    from topo.formats.labels import source_of

    named = replace(fabric, source=source_of(fabric)) if found.cycles else fabric
    return [
        {"ports": [port_at(named, int(fabric.cable[link]), int(fabric.tail[link])) for link in cycle]}
        for cycle in found.cycles
    ]
