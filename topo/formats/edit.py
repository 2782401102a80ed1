"""What if: cables taken out of a fabric and put in, by the names of its file or by kind and number.

``leaf3 port 7`` is the cable in that port, ``leaf3 -- spine2`` one between the two, ``leaf3 -- spine2 x2`` two of
them, ``spine2`` alone all that it has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from topo.fabric import Fabric, Tier
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.labels import plant_of
from topo.formats.plant import Cable, Plant
from topo.near import hint

_PAIR = re.compile(r"(.+?) -- (.+?)(?: x(\d{1,4}))?")
_PORT = re.compile(r"(.+) port (\S+)")


def by_hand(
    fabric: Fabric,
    *,
    remove: Annotated[list[str], "cables and switches to take out, by name, such as leaf3 port 7"] = [],  # noqa: B006
    add: Annotated[list[str], "cables to put in, such as leaf3 -- spine2 x2, like those that leaf3 has"] = [],  # noqa: B006
) -> Fabric:
    """Return the fabric with cables taken out and put in by hand.

    A new cable is like the first one that its first node has to a node of the kind of its second.

    Raises FormatError for a name, a port or a cable that the fabric does not have.
    """
    plant, number, dead = _named(fabric, remove)
    new = [cable for text in add for cable in _new(text, fabric, plant.cables, number)]
    if not new:
        changed = fabric.without(cables=sorted(dead))
        return replace(changed, name=f"{fabric.name}, edited") if dead else fabric
    left = [cable for i, cable in enumerate(plant.cables) if i not in dead]
    plant.name, plant.radix, plant.cables = f"{fabric.name}, edited", 0, [*left, *new]
    built = fabric_of(plant)
    return built if fabric.source is not None else replace(built, source=None)


def cables_named(fabric: Fabric, texts: Sequence[str]) -> list[int]:
    """Return the numbers of the cables that ``texts`` name, ascending.

    Raises FormatError for a name, a port or a cable that the fabric does not have.
    """
    return sorted(_named(fabric, texts)[2])


def _named(fabric: Fabric, texts: Sequence[str]) -> tuple[Plant, dict[str, int], set[int]]:
    """Return the plant of ``fabric``, its nodes by name, and the cables that ``texts`` name."""
    plant = plant_of(fabric)
    number = {node.name: i for i, node in enumerate(plant.nodes)}
    dead: set[int] = set()
    for text in texts:
        dead |= _found(text, plant.cables, number, dead)
    return plant, number, dead


def _found(text: str, cables: Sequence[Cable], number: dict[str, int], dead: set[int]) -> set[int]:
    """Return the cables that ``text`` names and that are not ``dead`` already."""
    if text in number:
        return {i for i, c in enumerate(cables) if number[text] in (c.a, c.b)}
    if port := _PORT.fullmatch(text):
        node = _node(port[1], number, text)
        there = {i for i, c in enumerate(cables) if (node, port[2]) in ((c.a, c.a_port), (c.b, c.b_port))}
        if not there:
            raise FormatError(f"edit: {text!r}: there is no cable in that port")
        return there
    pair = _PAIR.fullmatch(text)
    if pair is None:
        raise FormatError(
            f"edit: {text!r} is no device{hint(text, number)}; write leaf3, leaf3 port 7 or leaf3 -- spine2"
        )
    ends = {_node(pair[1], number, text), _node(pair[2], number, text)}
    there = {i for i, c in enumerate(cables) if {c.a, c.b} == ends} - dead
    wanted = int(pair[3] or 1)
    if len(there) < wanted:
        raise FormatError(
            f"edit: {text!r}: there are {len(there)} cables between the two, so {wanted} cannot be taken out"
        )
    return set(sorted(there)[-wanted:])


def _new(text: str, fabric: Fabric, cables: Sequence[Cable], number: dict[str, int]) -> list[Cable]:
    pair = _PAIR.fullmatch(text)
    if pair is None:
        raise FormatError(f"edit: {text!r} is no cable; write leaf3 -- spine2, or leaf3 -- spine2 x2 for two")
    a, b = _node(pair[1], number, text), _node(pair[2], number, text)
    kinds = fabric.kind
    like = next((c for c in cables if a in (c.a, c.b) and kinds[b] in (kinds[c.a], kinds[c.b]) and _network(c)), None)
    like = like or next((c for c in cables if kinds[a] in (kinds[c.a], kinds[c.b]) and _network(c)), None)
    if like is None:
        raise FormatError(f"edit: {text!r}: no cable of such devices is there to take the speed of")
    fresh = like._replace(a=a, b=b, a_port="", b_port="", tier=None, port_guid=0, port_lid=0)
    return [fresh] * int(pair[3] or 1)


def _network(cable: Cable) -> bool:
    return cable.tier != Tier.SCALE_UP


def _node(name: str, number: dict[str, int], text: str) -> int:
    if name not in number:
        raise FormatError(f"edit: {text!r}: there is no {name!r}{hint(name, number)}")
    return number[name]


EDITS = {"hand": by_hand}
