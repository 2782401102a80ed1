"""ibnetdiscover: what the InfiniBand tool of that name prints, and the ``net`` files of ibsim, which are alike.

Every device has a section, and every cable stands at both ends::

    sysimgguid=0x200007
    switchguid=0x200007(200007)
    Switch  16 "S-0000000000200007"         # "leaf7" base port 0 lid 12 lmc 0
    [1]     "H-0000000000100070"[1](100071)         # "host56 mlx5_0" lid 73 4xNDR
    [9]     "S-0000000000200008"[8]         # "spine0" lid 13 4xNDR

Descriptions may hold anything.  A cable that stands at one end only, or differently at both, is a fault.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from topo.fabric import Fabric, NodeKind, Tier
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.infiniband import RATE, capacity, rate_of, unnamed
from topo.formats.labels import source_of
from topo.formats.plant import Cable, Node, Plant, Reading
from topo.formats.ports import guids, most_ports, port_numbers, telling_names
from topo.formats.text import fail, lines
from topo.units import several

_KEY = re.compile(r"(vendid|devid|sysimgguid|switchguid|caguid|rtguid|comment)=(?:0x)?([0-9a-fA-F]*)(?:\([^)]*\))?\s*")
_HEAD = re.compile(r'(Switch|Ca|Hca|Rt)\s+(\d{1,4})\s+"([^"]*)"\s*(?:#\s*(.*))?')
_PORT = re.compile(
    r'\[(\d{1,3})\](?:\[ext \d+\])?(?:\(([0-9a-fA-F]+)\))?\s*"([^"]*)"\s*\[(\d{1,3})\](?:\[ext \d+\])?'
    r"(?:\(([0-9a-fA-F]+)\))?\s*(?:#\s*(.*))?"
)
_GROUPS = re.compile(r"Chassis \d+.*|Non-Chassis Nodes|(?:Spine|Line|Switch|Management) .*|DR path .*")
_NAME = re.compile(r'"(.*)"')
_LID = re.compile(r"\blid (\d{1,9})\b")
_GUID = re.compile(r"[SHR]-([0-9a-fA-F]{1,16})")
_AGGREGATION = re.compile(r"aggregation node", re.IGNORECASE)

#: Nodes that a file may hold.
MOST_NODES = 2_000_000


@dataclass
class _Device:
    number: int
    kind: str  # Switch, Ca, Rt; by the first letter of its name where it has no section
    line: int = 0
    ports: int = 0
    description: str = ""
    system: int = 0
    lid: int = 0


@dataclass(frozen=True)
class _End:
    """One line of a section: what the port says of the cable in it."""

    line: int
    there: tuple[str, str]
    rate: float | None
    here: dict[str, int]  # guid and lid of the port of an adapter, as its own section says
    beyond: dict[str, int]  # of the port at the other end


@dataclass
class _Dump:
    shown: str
    devices: dict[str, _Device] = field(default_factory=dict)
    ends: dict[tuple[str, str], _End] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)

    def device(self, name: str, kind: str = "") -> _Device:
        if name not in self.devices:
            if len(self.devices) >= MOST_NODES:
                raise FormatError(f"{self.shown}: holds over {MOST_NODES} devices, the most that are read")
            by_letter = {"H": "Ca", "R": "Rt"}.get(name[:1], "Switch") if _GUID.fullmatch(name) else "Switch"
            self.devices[name] = _Device(len(self.devices), kind or by_letter)
        return self.devices[name]

    def called(self, end: tuple[str, str]) -> str:
        device = self.devices[end[0]]
        return f"{_shown(end[0], device)} port {end[1]}"


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the fabric that ibnetdiscover found.  Raises FormatError, with the line, for what it does not print."""
    return fabric_of(plant_of_dump(text, shown), how)


def plant_of_dump(text: str, shown: str) -> Plant:
    """Return devices and cables of a dump; a cable that stands differently at both ends is among the faults."""
    dump = _parsed(text, shown)
    plant = Plant(shown.rpartition("/")[2], faults=dump.faults)
    plant.nodes = [_node(name, device) for name, device in dump.devices.items()]
    done: set[tuple[str, str]] = set()
    for here, end in dump.ends.items():
        if here not in done:
            done |= {here, end.there}
            plant.cables.append(_cable(dump, here, end))
    without = [name for name, device in dump.devices.items() if not device.line]
    if without:
        plant.notes.append(
            several(len(without), "device is", "devices are")
            + f" named by others without a section of its own, {without[0]} the first"
        )
    return plant


def _parsed(text: str, shown: str) -> _Dump:
    dump = _Dump(shown)
    device: _Device | None = None
    name, system = "", 0
    for number, raw in lines(text, shown):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if match := _PORT.fullmatch(line):
            if device is None:
                fail(shown, number, "a port before any Switch or Ca")
            _add_port(dump, name, match, number)
        elif match := _KEY.fullmatch(line):
            system = int(match[2] or "0", 16) if match[1] == "sysimgguid" else system
        elif match := _HEAD.fullmatch(line):
            name = match[3]
            device = dump.device(name, "Ca" if match[1] == "Hca" else match[1])
            if device.line:
                fail(shown, number, f"{name!r} has two sections, the first in line {device.line}")
            device.line, device.ports, device.kind = number, int(match[2]), "Ca" if match[1] == "Hca" else match[1]
            device.system, system = system, 0
            _describe(device, match[4] or "")
        elif not _GROUPS.fullmatch(line):
            fail(shown, number, f"{line[:60]!r} is no line of an ibnetdiscover dump")
    return dump


def _describe(device: _Device, comment: str) -> None:
    match = _NAME.search(comment)
    device.description = device.description or (match[1].strip() if match else "")
    lid = _LID.search(comment[match.end() :] if match else comment)
    device.lid = device.lid or (int(lid[1]) if lid else 0)


def _add_port(dump: _Dump, name: str, match: re.Match[str], number: int) -> None:
    port, guid, there, far, far_guid, comment = match.groups()
    comment = comment or ""
    named = _NAME.search(comment)
    before, after = (comment[: named.start()], comment[named.end() :]) if named else ("", comment)
    device = dump.device(there)
    if not device.line and named:
        device.description = named[1].strip()
    rate, lid, own = RATE.search(after), _LID.search(after), _LID.search(before)
    if (name, port) in dump.ends:
        fail(dump.shown, number, f"port {port} of {name!r} stands twice, first in line {dump.ends[name, port].line}")
    dump.ends[name, port] = _End(
        number,
        (there, far),
        capacity(int(rate["width"]), rate["speed"]) if rate else None,
        {"guid": int(guid or "0", 16) % 2**64, "lid": int(own[1]) if own else 0},
        {"guid": int(far_guid or "0", 16) % 2**64, "lid": int(lid[1]) if lid else 0},
    )


def _cable(dump: _Dump, here: tuple[str, str], end: _End) -> Cable:
    back = dump.ends.get(end.there)
    rates = [e.rate for e in (end, back) if e is not None and e.rate is not None]
    _compare(dump, here, end, back)
    a, b = dump.devices[here[0]], dump.devices[end.there[0]]
    port = {key: end.here[key] or (back.beyond[key] if back else 0) for key in ("guid", "lid")}
    if a.kind == "Switch":
        port = {key: end.beyond[key] or (back.here[key] if back else 0) for key in ("guid", "lid")}
        port = port if b.kind != "Switch" else dict.fromkeys(port, 0)
    return Cable(
        a.number,
        b.number,
        here[1],
        end.there[1],
        capacity=min(rates) if rates else None,
        port_guid=port["guid"],
        port_lid=port["lid"],
    )


def _compare(dump: _Dump, here: tuple[str, str], end: _End, back: _End | None) -> None:
    ports = [dump.called(here), dump.called(end.there)]
    if back is None:
        if dump.devices[end.there[0]].line:
            said = f"line {end.line} names both ends, the section of the other does not name this cable"
            dump.faults.append({"kind": "one-ended", "ports": ports, "evidence": said})
    elif back.there != here:
        said = f"line {end.line} says so, line {back.line} says {dump.called(back.there)}"
        dump.faults.append({"kind": "ends-disagree", "ports": ports, "evidence": said})
    elif back.rate != end.rate and None not in (back.rate, end.rate):
        dump.faults.append({"kind": "speeds-disagree", "ports": ports, "evidence": f"lines {end.line} and {back.line}"})


def _shown(name: str, device: _Device) -> str:
    return name if unnamed(device.description) else device.description


def _node(name: str, device: _Device) -> Node:
    end = device.kind != "Switch"
    guid, description = _GUID.fullmatch(name), device.description
    host, _, nic = description.rpartition(" ")  # one word alone is left to what all formats make of names
    if unnamed(description):
        host, nic = f"{device.system:x}" if device.system else name, ""
    foreign = "router" if device.kind == "Rt" else ""
    if end and _AGGREGATION.search(description):
        foreign = "aggregation node"
    return Node(
        _shown(name, device),
        end=end,
        host=host if end else "",
        nic=nic if end else "",
        guid=int(guid[1], 16) if guid else 0,
        lid=device.lid if not end else 0,
        ports=device.ports,
        foreign=foreign,
    )


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as ibnetdiscover would print it; ibsim loads it as a network.

    Rates are the nearest that InfiniBand has.
    """
    return "\n".join(_written(fabric)) + "\n"


def _written(fabric: Fabric) -> Iterator[str]:
    source, names, ports = source_of(fabric), telling_names(fabric), port_numbers(fabric)
    most = most_ports(fabric, ports)
    guid = guids(fabric)
    rows = {key: column.tolist() for key, column in fabric.cables().items()}
    at: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for cable, tier in enumerate(rows["tier"]):
        if tier != Tier.SCALE_UP:
            for side, (here, there) in enumerate(((rows["a"], rows["b"]), (rows["b"], rows["a"]))):
                at[here[cable]].append((int(ports[cable, side]), cable, there[cable]))
    yield "#\n# Topology file: written by planewise\n#"
    letter = ["H" if node < fabric.n_endpoints else "S" for node in range(fabric.n_nodes)]
    for node in [*range(fabric.n_endpoints, fabric.n_nodes), *range(fabric.n_endpoints)]:
        if fabric.kind[node] == NodeKind.SCALE_UP:
            continue
        switch, number = letter[node] == "S", f"0x{guid[node]:x}"
        yield f"\nvendid=0x0\ndevid=0x0\nsysimgguid={number}"
        yield f"switchguid={number}({guid[node]:x})" if switch else f"caguid={number}"
        tail = f" base port 0 lid {source.lid[node]} lmc 0" if switch else ""
        what = "Switch" if switch else "Ca"
        yield f'{what}\t{most[node]} "{letter[node]}-{guid[node]:016x}"\t\t# "{names[node]}"{tail}'
        for port, cable, there in sorted(at[node]):
            far = int(ports[cable, 0] if rows["a"][cable] == there else ports[cable, 1])
            rate = rate_of(rows["capacity"][cable])[0]
            lid, own = int(source.port_lid[cable]), int(source.port_guid[cable])
            far_end = f'"{letter[there]}-{guid[there]:016x}"[{far}]'
            if not switch:
                above = f'"{names[there]}" lid {source.lid[there]} {rate}'
                yield f"[{port}]({own:x}) \t{far_end}\t\t# lid {lid} lmc 0 {above}"
            elif letter[there] == "H":
                yield f'[{port}]\t{far_end}({own:x}) \t\t# "{names[there]}" lid {lid} {rate}'
            else:
                yield f'[{port}]\t{far_end}\t\t# "{names[there]}" lid {source.lid[there]} {rate}'
