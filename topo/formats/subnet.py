"""OpenSM's ``opensm-subnet.lst``: one line for each direction of each cable.

``{ CA Ports:01 SystemGUID:.. NodeGUID:.. PortGUID:.. .. {host0} LID:0002 PN:01 } { SW .. } PHY=4x LOG=ACT SPD=2.5``
"""

from __future__ import annotations

import re
from typing import Any

from topo.fabric import Fabric
from topo.formats.infer import fabric_of
from topo.formats.infiniband import RAW, WIDTHS, capacity, unnamed
from topo.formats.plant import Cable, Node, Plant, Reading
from topo.formats.text import fail, lines

#: A node describes itself in up to 64 bytes (InfiniBand Architecture, NodeDescription).
_END = (
    r"\{ (?P<kind%d>(?:CA|SW|RTR?)(?:-SM)?)\s+Ports:(?P<ports%d>[0-9A-Fa-f]{1,4}) "
    r"SystemGUID:(?P<system%d>[0-9A-Fa-f]{1,16}) "
    r"NodeGUID:(?P<guid%d>[0-9A-Fa-f]{1,16}) "
    r"PortGUID:(?P<port_guid%d>[0-9A-Fa-f]{1,16}) [^{}]*\{(?P<name%d>.{0,64}?)\} "
    r"LID:(?P<lid%d>[0-9A-Fa-f]{1,4}) PN:(?P<port%d>[0-9A-Fa-f]{1,4}) \}"
)
_LINE = re.compile(
    f"{_END % ((1,) * 8)} {_END % ((2,) * 8)} PHY=(?P<width>\\d{{1,3}})x LOG=(?P<state>\\w+) SPD=(?P<speed>[\\d.]+)"
)


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the fabric that OpenSM listed.  Raises FormatError, with the line, for what it does not write."""
    plant = Plant(shown.rpartition("/")[2])
    numbers: dict[int, int] = {}
    seen: dict[tuple[int, int], tuple[int, int]] = {}
    for number, raw in lines(text, shown):
        if not raw.strip():
            continue
        match = _LINE.fullmatch(raw.strip())
        if match is None:
            fail(shown, number, f"{raw.strip()[:60]!r} is no line of opensm-subnet.lst")
        ends = [{key: match[f"{key}{i}"] for key in _KEYS} for i in (1, 2)]
        a, b = (_number(plant, numbers, end) for end in ends)
        ports = [int(end["port"], 16) for end in ends]
        here, there = (a, ports[0]), (b, ports[1])
        if here in seen or there in seen:
            if seen.get(here, there) != there:
                fail(shown, number, f"port {ports[0]} of {plant.nodes[a].name!r} has two cables")
            continue
        seen[here], seen[there] = there, here
        plant.cables.append(_cable(match, ends, here, there))
    return fabric_of(plant, how)


_KEYS = ("kind", "ports", "system", "guid", "port_guid", "name", "lid", "port")


def _number(plant: Plant, numbers: dict[int, int], end: dict[str, str]) -> int:
    guid = int(end["guid"], 16)
    if guid in numbers:
        return numbers[guid]
    numbers[guid] = len(numbers)
    switch, name = end["kind"].startswith("SW"), end["name"].strip()
    host, _, nic = name.rpartition(" ")
    if unnamed(name):
        host, nic, name = end["system"], "", f"{'S' if switch else 'H'}-{guid:016x}"
    plant.nodes.append(
        Node(
            name,
            end=not switch,
            host="" if switch else host,
            nic="" if switch else nic,
            guid=guid,
            lid=int(end["lid"], 16) if switch else 0,
            ports=int(end["ports"], 16),
            foreign="aggregation node" if "aggregation node" in end["name"].lower() else "",
        )
    )
    return numbers[guid]


def _cable(match: re.Match[str], ends: list[dict[str, str]], here: tuple[int, int], there: tuple[int, int]) -> Cable:
    adapter: dict[str, Any] = next((end for end in ends if not end["kind"].startswith("SW")), {})
    speed, width = RAW.get(match["speed"].removesuffix(".0")), int(match["width"])
    return Cable(
        here[0],
        there[0],
        str(here[1]),
        str(there[1]),
        capacity=capacity(width, speed) if speed and width in WIDTHS else None,
        port_guid=int(adapter.get("port_guid", "0"), 16),
        port_lid=int(adapter.get("lid", "0"), 16),
    )
