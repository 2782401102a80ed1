"""Cabling lists as cable validation tools take them: ``A-Node, A-Port, Z-Node, Z-Port[, rack, U]``, CSV or XLSX.

A row is a cable.  ``Speed`` or ``Rate``, ``Length`` [m] and ``Medium`` may stand beside; racks and heights are passed
over.  Endpoints are told by their names, as in an edge list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from topo.fabric import Fabric, Tier
from topo.formats.attributes import add, label
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.labels import source_of
from topo.formats.plant import Node, Plant, Reading
from topo.formats.ports import telling_names
from topo.formats.sheet import rows_of_sheet, sheet_of
from topo.formats.text import csv_text, fail, rows

_ENDS = ("anode", "aport", "znode", "zport")
#: Columns as they are called, letters and digits alone -> what they are; others are passed over.
_CALLED = {
    "anode": "anode", "adevice": "anode", "sourcenode": "anode", "source": "anode",
    "devicea": "anode", "sideadevice": "anode",  # NetBox: its export, and its import
    "aport": "aport", "sourceport": "aport", "terminationa": "aport", "sideaname": "aport",
    "znode": "znode", "zdevice": "znode", "bnode": "znode", "destinationnode": "znode", "destination": "znode",
    "deviceb": "znode", "sidebdevice": "znode",
    "zport": "zport", "bport": "zport", "destinationport": "zport", "terminationb": "zport",
    "sidebname": "zport",
    "speed": "capacity", "rate": "capacity", "capacity": "capacity",
    "length": "length_m", "lengthm": "length_m", "medium": "medium",
}  # fmt: skip
_WRITTEN = ("A-Node", "A-Port", "Z-Node", "Z-Port", "Speed", "Medium")


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the fabric of a cabling list.  Raises FormatError, with the row, for what is none."""
    table = rows_of_sheet(text, shown) if text.startswith("PK") else rows(text, shown)
    return fabric_of(_plant(table, shown), how)


def _plant(table: Iterable[tuple[int, list[str]]], shown: str) -> Plant:
    plant = Plant(shown.rpartition("/")[2])
    numbers: dict[str, int] = {}
    used: dict[tuple[str, str], int] = {}
    columns: list[str] = []
    for line, cells in table:
        if not columns:
            columns = _header(cells, f"{shown}:{line}")
            continue
        data: dict[str, Any] = {key: cell for key, cell in zip(columns, cells, strict=False) if key and cell}
        a, a_port, z, z_port = (data.pop(key, "") for key in _ENDS)
        if not a or not z:
            fail(shown, line, "a cable has two ends, A-Node and Z-Node")
        for name in (a, z):
            if name not in numbers:
                numbers[name] = len(numbers)
                plant.nodes.append(Node(name))
        for end in ((a, a_port), (z, z_port)):
            if end[1] and end in used:
                said = f"rows {used[end]} and {line} both have a cable in it"
                plant.faults.append({"kind": "port-twice", "ports": [" port ".join(end)], "evidence": said})
            used.setdefault(end, line)
        add(plant, numbers[a], numbers[z], data | {"a_port": a_port, "b_port": z_port}, f"{shown}:{line}")
    return plant


def _header(cells: list[str], place: str) -> list[str]:
    names = [_CALLED.get(re.sub(r"[^a-z0-9]", "", cell.lower()), "") for cell in cells]
    if any(names.count(key) != 1 for key in ("anode", "znode")):
        raise FormatError(f"{place}: the header is {', '.join(_WRITTEN[:4])}; got {', '.join(cells)[:80]}")
    return names


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as a cabling list in CSV."""
    return csv_text(cabling_rows(fabric))


def write_sheet(fabric: Fabric) -> bytes:
    """Return ``fabric`` as a cabling list in XLSX."""
    return sheet_of(cabling_rows(fabric))


def cabling_rows(fabric: Fabric) -> list[list[str]]:
    """Return the rows of a cabling list, its header first: a row a cable of the network."""
    names, source, cables = telling_names(fabric), source_of(fabric), fabric.cables()
    found = [list(_WRITTEN)]
    for i, tier in enumerate(cables["tier"].tolist()):
        if tier != Tier.SCALE_UP:
            a, b = names[cables["a"][i]], names[cables["b"][i]]
            medium = label(_medium(int(cables["medium"][i])))
            rate = f"{cables['capacity'][i] * 8 / 1e9:.12g}Gb/s"
            found.append([a, source.ports[i][0], b, source.ports[i][1], rate, medium])
    return found


def _medium(number: int) -> Any:
    from topo.size import Medium

    return Medium(number)
