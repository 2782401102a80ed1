"""InfraGraph YAML: devices, their instances and connections, under ``infrastructure:`` or at the top.

``server.0.nic.1.eth.leafsw.2.port.3`` joins component nic 1 of instance 0 of server with port 3 of switch 2 by a link
of the kind eth.  An instance with accelerators or NICs is a host, each of its NICs an endpoint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from topo.fabric import Fabric, NodeKind, Tier
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.plant import Cable, Node, Plant, Reading
from topo.formats.ports import most_ports, port_numbers
from topo.formats.yaml import parse_yaml, quoted
from topo.units import BITS_PER_BYTE

#: Bandwidths as InfraGraph calls them, underscores aside -> [B/s].
_UNITS = {"gigabytespersecond": 1e9, "gigabitspersecond": 1e9 / BITS_PER_BYTE}
_HOSTS = {"xpu", "gpu", "cpu", "npu", "tpu"}
_END = re.compile(r"(?:[\w-]*nic|nic[\w-]*|xpu|gpu|hca|cx\d|eth\d*)", re.IGNORECASE)
#: A connection on a line of its own, and many of them; possessive, so that none is looked at twice.
_ROW = re.compile(r"(?m)^ *- +(['\"]?)((?:[\w-]+\.){8}[\w-]+)\1 *\r?$")
_ROWS = re.compile(r"(?: *+- ++['\"]?+(?:[\w-]++\.){8}[\w-]++['\"]?+ *+\r?+\n)++")


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the fabric of the connections between instances.  Raises FormatError where there are none."""
    listed, text = _listed(text)
    data = parse_yaml(text, shown)
    whole = data.get("infrastructure", data) if isinstance(data, dict) else None
    if not isinstance(whole, dict) or not (whole.get("instances") or whole.get("devices")):
        raise FormatError(f"{shown}: is no InfraGraph file; it needs devices or instances, and connections")
    more = whole.get("connections") or []
    connections = [*listed, *more] if isinstance(more, list) else []
    if not connections:
        raise FormatError(
            f"{shown}: defines devices and no connections between instances: give the infrastructure file"
        )
    device = {_name(i): str(i.get("device", "")) for i in _mappings(whole.get("instances"), "instances", shown)}
    devices = _mappings(whole.get("devices"), "devices", shown)
    parts = {_name(d): _mappings(d.get("components"), "components", shown) for d in devices}
    rates = {_name(link): _rate(link) for link in _mappings(whole.get("links"), "links", shown)}
    plant = Plant(str(whole.get("name") or shown.rpartition("/")[2]))
    numbers: dict[str, int] = {}
    hosts = {name: _is_host(parts.get(of, [])) for name, of in device.items()}
    for i, row in enumerate(connections):
        words = str(row).split(".")
        if len(words) != 9:
            raise FormatError(
                f"{shown}: connection {i}, {str(row)[:80]!r}, is no instance.0.part.0.link.instance.0.part.0"
            )
        ends = [words[:4], words[5:]]
        a, b = (_number(plant, numbers, end, hosts.get(end[0])) for end in ends)
        plant.cables.append(Cable(a, b, ends[0][3], ends[1][3], capacity=rates.get(words[4])))
    return fabric_of(plant, how)


def _listed(text: str) -> tuple[list[str], str]:
    """Return the connections that stand one a line, and ``text`` with empty lines in their place.

    They are all but a few hundred lines of a large file, and ruamel.yaml takes seconds a MB.
    """
    inside = re.search(r"(?m)^infrastructure:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n){0,99}( {1,8})[^ #\r\n]", text)
    key = re.compile(rf"(?m)^{inside[1] if inside else ''}connections:[ \t]*(?:#.*)?\r?\n")
    begin = key.search(text)
    if begin is None:
        return [], text
    block = _ROWS.match(text, begin.end())
    end = block.end() if block else begin.end()
    rows = [match[2] for match in _ROW.finditer(text, begin.end(), end)]
    return rows, text[: begin.end()] + "\n" * text.count("\n", begin.end(), end) + text[end:]


def _is_host(components: list[dict[str, Any]]) -> bool | None:
    """Return whether a device of these parts is a host; None where none are known."""
    return bool({str(part.get("type", "")).lower() for part in components} & _HOSTS) if components else None


def _number(plant: Plant, numbers: dict[str, int], end: list[str], known_host: bool | None) -> int:
    instance, index, component, place = end
    is_host = _END.fullmatch(component) is not None if known_host is None else known_host
    host = f"{instance}{index}"
    name = f"{host} {component}{place}" if is_host else host
    if name not in numbers:
        numbers[name] = len(numbers)
        plant.nodes.append(Node(name, end=is_host, host=host if is_host else "", nic=f"{component}{place}"))
    return numbers[name]


def _rate(link: dict[str, Any]) -> float | None:
    said = link.get("bandwidth")
    for key, value in (said or {}).items() if isinstance(said, dict) else ():
        unit = _UNITS.get(str(key).replace("_", ""))
        if unit and isinstance(value, int | float) and value > 0:
            return float(value) * unit
    return None


def _mappings(part: Any, key: str, shown: str) -> list[dict[str, Any]]:
    if part is None:
        return []
    if not isinstance(part, list) or not all(isinstance(row, dict) for row in part):
        raise FormatError(f"{shown}: {key} must be a list of mappings")
    return part


def _name(row: dict[str, Any]) -> str:
    return str(row.get("name", ""))


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as text of this format: hosts with NICs, a kind of switch a tier, a link for each speed."""
    return "\n".join(_written(fabric)) + "\n"


def _written(fabric: Fabric) -> Iterator[str]:
    ports = port_numbers(fabric)
    kinds = [kind for kind in (NodeKind.LEAF, NodeKind.SPINE, NodeKind.CORE) if (fabric.kind == kind).any()]
    most, label = most_ports(fabric, ports), _labels(fabric)
    yield "infrastructure:"
    yield f"  name: {quoted(fabric.name)}"
    yield "  devices:"
    yield from _device("host", [("xpu", "xpu", fabric.endpoints_per_host), ("nic", "nic", fabric.endpoints_per_host)])
    for kind in kinds:
        radix = int(most[fabric.kind == kind].max()) + 1
        yield from _device(kind.name.lower(), [("asic", "custom", 1), ("port", "nic", radix)])
    rows = {key: column.tolist() for key, column in fabric.cables().items()}
    rates = sorted({rate for rate, tier in zip(rows["capacity"], rows["tier"], strict=True) if tier != Tier.SCALE_UP})
    yield "  links:"
    for i, rate in enumerate(rates):
        yield f"  - name: link{i}\n    bandwidth:\n      choice: gigabytes_per_second"
        yield f"      gigabytes_per_second: {rate / 1e9!r}"
    yield "  instances:"
    yield f"  - {{name: host, device: host, count: {fabric.n_hosts}}}"
    for kind in kinds:
        name = kind.name.lower()
        yield f"  - {{name: {name}, device: {name}, count: {int((fabric.kind == kind).sum())}}}"
    yield "  connections:"
    for i, tier in enumerate(rows["tier"]):
        if tier != Tier.SCALE_UP:
            ends = [label[rows[end][i]].replace("*", str(ports[i, side])) for side, end in enumerate(("a", "b"))]
            yield f"  - {ends[0]}.link{rates.index(rows['capacity'][i])}.{ends[1]}"


def _device(name: str, components: list[tuple[str, str, int]]) -> Iterator[str]:
    yield f"  - name: {name}\n    components:"
    for part, kind, count in components:
        yield f"    - {{name: {part}, type: {kind}, count: {count}}}"


def _labels(fabric: Fabric) -> list[str]:
    """Return instance, index and component of each node, the component's number as * where it is a port."""
    found, seen = [], dict.fromkeys(range(fabric.n_hosts), 0)
    for host in fabric.host.tolist():
        found.append(f"host.{host}.nic.{seen[host]}")
        seen[host] += 1
    number = dict.fromkeys(NodeKind, 0)
    for kind in map(NodeKind, fabric.kind[fabric.n_endpoints :].tolist()):
        found.append(f"{kind.name.lower()}.{number[kind]}.port.*")
        number[kind] += 1
    return found
