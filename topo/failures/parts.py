"""Parts of a fabric that fail as one: a cable, the ports of a NIC, a switch, a line card, a host, a plane.

Every kind of part is a list of nodes and cables by part.  A node takes all of its cables with it.

Limits.  Optics count as their cable, a power feed or a rack as the hosts or switches on it, next to each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric, NodeKind, Tier
from topo.near import hint

Ints = NDArray[np.int64]
Index = NDArray[np.integer[Any]]

#: Tiers of switches, as ``tier`` names them.
SWITCHES = {"leaf": NodeKind.LEAF, "spine": NodeKind.SPINE, "core": NodeKind.CORE}
#: Tiers of cables in the network, as ``tier`` names them.
CABLES = {tier.label: tier for tier in Tier if tier >= Tier.ENDPOINT}


class LossError(ValueError):
    """A part that the fabric does not have, or more of them than there are."""


@dataclass(frozen=True, eq=False)
class Parts:
    """Parts of one kind, numbered from 0: what each of them takes along."""

    count: int
    of_cable: Ints  # (n,) part of each of ``cable``
    cable: Ints
    of_node: Ints  # (m,) part of each of ``node``
    node: Ints

    def taken(self, parts: Ints) -> tuple[Ints, Ints]:
        """Return the cables and the nodes that go with ``parts``."""
        gone = np.zeros(self.count, dtype=bool)
        gone[parts] = True
        return self.cable[gone[self.of_cable]], self.node[gone[self.of_node]]

    def together(self, each: int) -> Parts:
        """Return these parts, ``each`` of them in a row failing as one."""
        return Parts(-(-self.count // each), self.of_cable // each, self.cable, self.of_node // each, self.node)


def parts_of(fabric: Fabric, part: str, tier: str | None = None) -> Parts:
    """Return the parts of kind ``part`` of the ``tier`` asked for, in the order of their numbers.

    Raises LossError for a tier that the part does not have, or where there is none of it.
    """
    check_part(part, tier)
    found = PARTS[part][0](fabric, tier)
    check_some(found.count, fabric.name, part, tier)
    return found


def check_part(part: str, tier: str | None) -> None:
    """Raise LossError for a ``part`` that nobody knows, or a ``tier`` that it does not have."""
    if part not in PARTS:
        raise LossError(f"part: {part!r} is unknown; known: {', '.join(PARTS)}{hint(part, PARTS)}")
    tiers = PARTS[part][1]
    if tier is not None and tier not in tiers:
        known = f"it has {', '.join(tiers)}" if tiers else "it has none"
        raise LossError(f"tier: part {part!r} has no tier {tier!r}; {known}")


def check_some(count: int, name: str, part: str, tier: str | None) -> None:
    """Raise LossError where ``count``, of all parts of the fabric ``name``, is none."""
    if not count:
        raise LossError(f"part: {name} has no {part}{f' of tier {tier}' if tier else ''}")


def ports_out(fabric: Fabric) -> Ints:
    """Return the links by which endpoints leave into the network, by endpoint."""
    return fabric.end_links()[0]


def _of_nodes(node: Index, part: Index) -> Parts:
    """Return ``node`` (m,) grouped by ``part`` (m,), whose numbers may have gaps."""
    values, of = np.unique(part, return_inverse=True)
    none = np.zeros(0, dtype=np.int64)
    return Parts(len(values), none, none, of.astype(np.int64), node.astype(np.int64))


def _of_cables(cable: Index, part: Index) -> Parts:
    values, of = np.unique(part, return_inverse=True)
    none = np.zeros(0, dtype=np.int64)
    return Parts(len(values), of.astype(np.int64), cable.astype(np.int64), none, none)


def _cables(fabric: Fabric, tier: str | None) -> Parts:
    forth = fabric.tail < fabric.head
    wanted = fabric.is_switch_link if tier is None else fabric.tier == CABLES[tier]
    cable = np.sort(fabric.cable[forth & wanted]).astype(np.int64)
    return _of_cables(cable, cable)


def _ports(fabric: Fabric, tier: str | None) -> Parts:
    out = ports_out(fabric)
    return _of_cables(fabric.cable[out], np.arange(len(out)))


def _nics(fabric: Fabric, tier: str | None) -> Parts:
    out = ports_out(fabric)
    return _of_cables(fabric.cable[out], fabric.tail[out])


def _switches(fabric: Fabric, tier: str | None) -> Parts:
    wanted = fabric.kind >= NodeKind.LEAF if tier is None else fabric.kind == SWITCHES[tier]
    node = np.flatnonzero(wanted)
    return _of_nodes(node, node)


def _switches_of(tier: str, fabric: Fabric, none: str | None) -> Parts:
    return _switches(fabric, tier)


def _hosts(fabric: Fabric, tier: str | None) -> Parts:
    return _of_nodes(np.arange(fabric.n_endpoints), fabric.host)


def _planes(fabric: Fabric, tier: str | None) -> Parts:
    node = np.flatnonzero(fabric.kind >= NodeKind.LEAF)
    return _of_nodes(node, fabric.plane[node])


def _groups(fabric: Fabric, tier: str | None) -> Parts:
    node = np.flatnonzero((fabric.kind >= NodeKind.LEAF) & (fabric.group >= 0))
    return _of_nodes(node, fabric.group[node])


def _line_cards(fabric: Fabric, tier: str | None) -> Parts:
    """Return the ports of switches, CARD next to each other as one part."""
    wanted = fabric.kind >= NodeKind.LEAF if tier is None else fabric.kind == SWITCHES[tier]
    link = np.flatnonzero(wanted[fabric.tail])
    slot = (link - fabric.first[fabric.tail[link]]) // CARD
    most = int(slot.max(initial=0)) + 1
    return _of_cables(fabric.cable[link], fabric.tail[link].astype(np.int64) * most + slot)


#: Ports of a line card of a modular switch.
CARD = 16
#: Kind of part -> how it is found, and the tiers that it may be asked for in.
PARTS: dict[str, tuple[Callable[[Fabric, str | None], Parts], tuple[str, ...]]] = {
    "cable": (_cables, tuple(CABLES)),
    "group": (_groups, ()),
    "host": (_hosts, ()),
    "line-card": (_line_cards, tuple(SWITCHES)),
    "nic": (_nics, ()),
    "plane": (_planes, ()),
    "port": (_ports, ()),
    "switch": (_switches, tuple(SWITCHES)),
    **{tier: (partial(_switches_of, tier), ()) for tier in SWITCHES},
}
