"""Graphs whose nodes and edges carry attributes, as networkx, GraphML and node-link JSON have them.

Nodes may have ``kind``, ``plane``, ``group``, ``host``, ``domain``; edges ``capacity`` [B/s, or with a unit],
``latency`` [s], ``weight``, ``tier``, ``medium``, ``length_m``, ``count`` of parallel cables, ``a_port``, ``b_port``.
InfiniBand numbers are ``guid`` and ``lid`` of nodes, ``port_guid`` and ``port_lid`` of edges, GUIDs as text: 0x0002c9..
None is needed; other attributes are passed over.  Where nodes have kinds, the graph may have ``symmetry``: known
automorphisms, each the numbers of nodes that its nodes go to, counted as they are listed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from enum import IntEnum
from typing import Any, TypeVar

from topo import units
from topo.fabric import Fabric, Groups, Medium, NodeKind, Tier
from topo.formats.errors import FormatError
from topo.formats.labels import plant_of
from topo.formats.plant import Cable, Node, Plant
from topo.formats.symmetric import moves_of
from topo.packet import Packet, PacketError

#: Cables that a file may hold, those of a count included.
MOST_CABLES = 20_000_000
#: Cables that one edge may stand for.
MOST_PARALLEL = 10_000

#: How a GUID is written.
_GUID = re.compile(r"0x[0-9a-fA-F]{1,16}")
#: What is said of packets.
_PACKET = ("mtu", "header", "ack")

_Word = TypeVar("_Word", bound=IntEnum)


def plant_of_graph(
    shown: str,
    nodes: Iterable[tuple[Any, Mapping[str, Any]]],
    edges: Iterable[tuple[Any, Any, Mapping[str, Any]]],
    graph: Mapping[str, Any],
) -> Plant:
    """Return the plant of a graph; nodes that only edges name are added.

    Raises FormatError for an attribute that is not what it should be.
    """
    plant = Plant(str(graph.get("name") or shown))
    plant.overhead = _number(graph.get("overhead", 0.0), f"{shown}: overhead")
    plant.launch = _number(graph.get("launch", 0.0), f"{shown}: launch")
    plant.packet = _packet(graph.get("packet") or {key: graph[key] for key in _PACKET if key in graph}, shown)
    plant.relay = str(graph.get("relay", "source"))
    plant.radix = int(_number(graph.get("radix", 0), f"{shown}: radix"))
    plant.groups = word(Groups, graph.get("groups", "none"), f"{shown}: groups")
    numbers: dict[Any, int] = {}
    rows = list(nodes)
    kinds = any("kind" in data for _, data in rows)
    for label, data in rows:
        numbers[label] = len(numbers)
        plant.nodes.append(_node(label, data, kinds=kinds, shown=shown))
    for a, b, data in edges:
        for label in (a, b):
            if label not in numbers:
                numbers[label] = len(numbers)
                plant.nodes.append(_node(label, {}, kinds=kinds, shown=shown))
        add(plant, numbers[a], numbers[b], data, f"edge {a!r} -- {b!r}", strict=kinds)
    if kinds:  # elsewhere nodes go by name, and the word may mean anything
        plant.symmetry = moves_of(graph.get("symmetry"), shown)
    return plant


def add(plant: Plant, a: int, b: int, data: Mapping[str, Any], what: str, *, strict: bool = True) -> None:
    """Add the cables that an edge with the attributes ``data`` stands for; ``what`` names it in messages.

    A weight that is no routing metric is refused where ``strict``, and passed over elsewhere: lengths and costs
    are called so too.
    """
    weight = data.get("weight", 1)
    metric = _whole(weight, 127)
    if not metric and strict:
        raise FormatError(f"{what}: weight: a whole number from 1 to 127 is needed; got {weight!r}")
    cable = Cable(
        a,
        b,
        str(data.get("a_port", "")),
        str(data.get("b_port", "")),
        capacity=_capacity(data.get("capacity"), what),
        latency=None if "latency" not in data else _number(data["latency"], f"{what}: latency"),
        length=None if "length_m" not in data else _number(data["length_m"], f"{what}: length_m"),
        weight=int(weight) if metric else 1,
        tier=word(Tier, data["tier"], "tier") if "tier" in data else None,
        medium=word(Medium, data["medium"], "medium") if "medium" in data else None,
        port_guid=_integer(data.get("port_guid", 0), f"{what}: port_guid"),
        port_lid=_integer(data.get("port_lid", 0), f"{what}: port_lid"),
    )
    count = data.get("count", 1)
    if not _whole(count, MOST_PARALLEL):
        raise FormatError(f"{what}: count: a whole number from 1 to {MOST_PARALLEL} is needed; got {count!r}")
    if len(plant.cables) + count > MOST_CABLES:
        raise FormatError(f"{plant.name}: holds over {MOST_CABLES} cables, the most that is read")
    plant.cables += [cable] * int(count)


def word(kind: type[_Word], value: Any, what: str) -> _Word:
    """Return the member of ``kind`` that ``value`` names.  Raises FormatError, with those that there are."""
    name = str(value).upper().replace("-", "_")
    if name not in kind.__members__:
        known = ", ".join(member.lower().replace("_", "-") for member in kind.__members__)
        raise FormatError(f"{what} {value!r} is unknown; known: {known}")
    return kind[name]


def _packet(given: Any, shown: str) -> Packet | None:
    """Return the packets of a mapping with ``mtu``, ``header`` and ``ack`` [bytes]; None where it is empty."""
    if not given:
        return None
    if not isinstance(given, Mapping) or not {"mtu", "header"} <= set(given) <= set(_PACKET):
        raise FormatError(f"{shown}: packet: mtu, header and ack in bytes are needed; got {given!r}")
    try:
        return Packet(**{key: _number(value, f"{shown}: packet: {key}") for key, value in given.items()})
    except PacketError as error:
        raise FormatError(f"{shown}: packet: {error}") from None


def _node(label: Any, data: Mapping[str, Any], *, kinds: bool, shown: str) -> Node:
    kind = word(NodeKind, data.get("kind"), f"node {label!r}: kind") if kinds else None
    plane = data.get("plane")
    return Node(
        str(data.get("name", label)),
        kind,
        None if kind is None else kind == NodeKind.ENDPOINT,
        _text(data.get("host")),
        str(label),
        _text(data.get("domain")),
        None if plane is None else int(_number(plane, f"node {label!r}: plane")),
        int(_number(data.get("group", -1), f"node {label!r}: group")),
        _integer(data.get("guid", 0), f"node {label!r}: guid"),
        _integer(data.get("lid", 0), f"node {label!r}: lid"),
    )


def _whole(value: Any, most: int) -> bool:
    try:
        return not isinstance(value, bool) and 1 <= value <= most and float(value).is_integer()
    except (TypeError, ValueError):
        return False


def _text(value: Any) -> str:
    return "" if value in (None, -1, "") else str(value)


def _number(value: Any, what: str) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise FormatError(f"{what}: a number is needed; got {value!r}")
    return number


def _integer(value: Any, what: str) -> int:
    """Return a GUID or LID: GUIDs have more digits than a float holds, and more bits than GraphML's long."""
    if isinstance(value, str) and _GUID.fullmatch(value):
        return int(value, 16)
    return value if type(value) is int else int(_number(value, what))


def _capacity(value: Any, what: str) -> float | None:
    """Return a capacity [B/s] given as a number, or as text with its unit; None where it is not given."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and not value.replace(".", "").replace("e+", "").replace("e", "").isdigit():
        try:
            return units.rate(value)
        except units.UnitError as error:
            raise FormatError(f"{what}: capacity: {error}") from None
    return _number(value, f"{what}: capacity")


def rows_of(
    fabric: Fabric,
) -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]], list[tuple[str, str, dict[str, Any]]]]:
    """Return ``fabric`` as attributes of the graph, of its nodes, and of its edges, one a cable."""
    plant = plant_of(fabric)
    own = fabric.source is not None  # numbers that a file stated; none are made up here
    nodes = [(node.name, _of_node(node, own=own)) for node in plant.nodes]
    edges = [(plant.nodes[c.a].name, plant.nodes[c.b].name, _of_cable(c, own=own)) for c in plant.cables]
    return attributes_of(fabric), nodes, edges


def attributes_of(fabric: Fabric) -> dict[str, Any]:
    """Return what is said of ``fabric`` as a whole; packets and symmetries, the latter in JSON, where it has them."""
    graph = {key: getattr(fabric, key) for key in ("name", "overhead", "launch", "relay", "radix")}
    graph |= asdict(fabric.packet) if fabric.packet else {}
    moves = [move.tolist() for move in fabric.symmetry]
    graph |= {"symmetry": json.dumps(moves, separators=(",", ":"))} if moves else {}
    return graph | {"groups": fabric.groups.label}


def _of_node(node: Node, *, own: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": label(node.kind), "plane": node.plane, "group": node.group}
    if node.end:
        said |= {"host": int(node.host), "domain": int(node.domain)}
    return said | (infiniband(guid=node.guid, lid=node.lid) if own else {})


def _of_cable(cable: Cable, *, own: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"capacity": cable.capacity, "latency": cable.latency, "weight": cable.weight}
    said |= {"tier": label(cable.tier), "medium": label(cable.medium)}
    said |= {"a_port": cable.a_port, "b_port": cable.b_port} if cable.a_port or cable.b_port else {}
    return said | (infiniband(port_guid=cable.port_guid, port_lid=cable.port_lid) if own else {})


def infiniband(**given: int) -> dict[str, Any]:
    """Return the InfiniBand numbers that there are, GUIDs as people write them."""
    return {key: f"0x{value:016x}" if key.endswith("guid") else value for key, value in given.items() if value}


def label(member: IntEnum | None) -> str:
    """Return how files write a member of an enumeration."""
    return "" if member is None else member.name.lower().replace("_", "-")
