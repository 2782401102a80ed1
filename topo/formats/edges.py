"""Edge list: a CSV line for each cable, ``a,b[,capacity,count,medium,length_m]``.

Further columns are latency, weight, tier, a_port and b_port.  A file without header has two columns, or a third
with the capacity.  Hosts and kinds are told by names: ``h3-n0`` is endpoint 0 of host 3, ``leaf2`` a switch.
"""

from __future__ import annotations

from typing import Any

from topo.fabric import Fabric
from topo.formats.attributes import add, label
from topo.formats.errors import FormatError
from topo.formats.infer import fabric_of
from topo.formats.labels import plant_of
from topo.formats.plant import Cable, Node, Plant, Reading
from topo.formats.text import csv_text, fail, rows
from topo.near import hint

_COLUMNS = ("a", "b", "capacity", "count", "medium", "length_m", "latency", "weight", "tier", "a_port", "b_port")
#: What other programs call the two ends.
_CALLED = {"source": "a", "target": "b", "from": "a", "to": "b", "src": "a", "dst": "b"}
_WRITTEN = ("a", "b", "capacity", "medium", "latency", "weight", "tier", "a_port", "b_port")


def read(text: str, shown: str, how: Reading | None = None) -> Fabric:
    """Return the fabric of an edge list.  Raises FormatError, with the line, for what is no such list."""
    plant = Plant(shown)
    numbers: dict[str, int] = {}
    table = rows(text, shown)
    columns: list[str] = []
    for line, cells in table:
        if not columns:
            columns = _header(cells, f"{shown}:{line}")
            if cells[0].lower() in ("a", *_CALLED):
                continue
        if len(cells) != len(columns):
            fail(shown, line, f"has {len(cells)} cells where the header has {len(columns)}")
        data: dict[str, Any] = {key: cell for key, cell in zip(columns, cells, strict=True) if cell}
        ends = [data.pop(end, "") for end in ("a", "b")]
        if not all(ends):
            fail(shown, line, "a cable has two ends, a and b")
        for end in ends:
            if end not in numbers:
                numbers[end] = len(numbers)
                plant.nodes.append(Node(end))
        for key in ("count", "weight"):
            if key in data and data[key].isascii() and data[key].isdigit() and len(data[key]) < 10:
                data[key] = int(data[key])
        add(plant, numbers[ends[0]], numbers[ends[1]], data, f"{shown}:{line}")
    return fabric_of(plant, how)


def write(fabric: Fabric) -> str:
    """Return ``fabric`` as text of this format."""
    plant = plant_of(fabric)
    return csv_text([_WRITTEN, *(_row(plant, cable) for cable in plant.cables)])


def _row(plant: Plant, c: Cable) -> tuple[object, ...]:
    ends = plant.nodes[c.a].name, plant.nodes[c.b].name
    return *ends, repr(c.capacity), label(c.medium), repr(c.latency), c.weight, label(c.tier), c.a_port, c.b_port


def _header(cells: list[str], place: str) -> list[str]:
    """Return the column names of the first row; those of a file without header where it begins with a cable."""
    names = [_CALLED.get(cell.lower(), cell.lower()) for cell in cells]
    if names[0] != "a":
        if len(cells) not in (2, 3):
            raise FormatError(f"{place}: the header is {','.join(_COLUMNS[:6])}; got {','.join(cells)[:80]}")
        return list(_COLUMNS[: len(cells)])
    for name in names:
        if name not in _COLUMNS:
            raise FormatError(
                f"{place}: column {name!r} is unknown; known: {', '.join(_COLUMNS)}{hint(name, _COLUMNS)}"
            )
    if len(set(names)) < len(names) or "b" not in names:
        raise FormatError(f"{place}: columns a and b are needed, each column once; got {','.join(cells)[:80]}")
    return names
