"""NetQ's ``topologyGraph.json``: tiers of devices, and for each pair of devices the cables that LLDP found.

``[{"nodes": [{"compounded_nodes": [{"id", "name", "device_type"}]}], "links": [{"compounded_links": [{"interfaces":
[{"node", "interface"}, ..]}]}]}]``.  A device that is no switch is a server, each of its interfaces an endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from topo.fabric import Fabric
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.plant import Cable, Node, Plant, Reading
from topo.formats.text import parse_json

_SWITCH = "switch"


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the fabric of such a graph.  Raises FormatError for text that is none."""
    data = parse_json(text, shown)
    graphs = data if isinstance(data, list) else [data]
    tiers = [tier for graph in graphs for tier in _list(graph, "nodes", shown)]
    pairs = [pair for graph in graphs for pair in _list(graph, "links", shown)]
    devices = {_text(one, "id"): one for tier in tiers for one in _list(tier, "compounded_nodes", shown)}
    plant, numbers = Plant(shown.rpartition("/")[2]), dict[str, int]()
    for i, link in enumerate(one for pair in pairs for one in _list(pair, "compounded_links", shown)):
        ends = list(_list(link, "interfaces", shown))
        if len(ends) != 2:
            raise FormatError(f"{shown}: cable {i} has {len(ends)} interfaces; it has two ends")
        a, b = (_number(plant, numbers, devices, end, f"{shown}: cable {i}") for end in ends)
        plant.cables.append(Cable(a, b, _text(ends[0], "interface"), _text(ends[1], "interface")))
    return fabric_of(plant, how)


def _number(plant: Plant, numbers: dict[str, int], devices: dict[str, Any], end: Any, what: str) -> int:
    """Return the number of the node that ``end`` of a cable is at, which is added where it is new."""
    device = devices.get(_text(end, "node"))
    if device is None:
        raise FormatError(f"{what}: node {_text(end, 'node')[:60]!r} is none of the devices under compounded_nodes")
    name, port = _text(device, "name") or _text(device, "id"), _text(end, "interface")
    switch = _text(device, "device_type") == _SWITCH
    label = name if switch else f"{name} {port}"
    if label not in numbers:
        numbers[label] = len(numbers)
        plant.nodes.append(Node(label, end=not switch, host="" if switch else name, nic="" if switch else port))
    return numbers[label]


def _list(holder: Any, key: str, shown: str) -> Iterator[Any]:
    found = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(found, list):
        raise FormatError(f'{shown}: is no topology graph of NetQ: a list "{key}" is needed where it has none')
    return iter(found)


def _text(holder: Any, key: str) -> str:
    found = holder.get(key) if isinstance(holder, dict) else None
    return found if isinstance(found, str) else ""
