"""What to order for the network of a case, and how to cable it: bill, racks and cabling list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from topo.atomic import write_bytes, write_text
from topo.config.case import Case
from topo.config.floor import floor_of
from topo.config.nouns import bill_of, fabric_of, size_of
from topo.config.order import items_of, spares_of
from topo.cost import Run
from topo.design.bill import COLUMNS, bill_of_materials, spares_usd
from topo.design.floor import Floor
from topo.design.racks import ELEVATION, ENDS, cable_ends, elevation, rack_rows
from topo.fabric import Fabric
from topo.formats.cabling import cabling_rows
from topo.formats.sheet import workbook
from topo.formats.text import csv_text
from topo.headway import tell
from topo.size import Size

Table = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Order:
    """What to order: flat results, and the racks where a floor plan was asked for."""

    case: Case
    results: dict[str, Any]
    floor: Floor | None

    def sheets(self) -> dict[str, Table]:
        """Return the lists of the order by name, each with its header: bill, cabling, and racks from below."""
        bill = [COLUMNS, *([row[key] for key in COLUMNS] for row in self.results["bill"])]
        if self.floor is None:
            return {"bill": bill, "cabling": cabling_rows(fabric_of(self.case, symmetry=False))}
        header, *rows = cabling_rows(self.floor.cabled)
        placed = [[*row, *ends] for row, ends in zip(rows, cable_ends(self.floor), strict=True)]
        racks = [[row[key] for key in ELEVATION] for row in elevation(self.floor)]
        return {"bill": bill, "cabling": [[*header, *ENDS], *placed], "racks": [ELEVATION, *racks]}


def write_lists(folder: Path, sheets: Mapping[str, Table]) -> None:
    """Write every list as CSV into ``folder``, which is made where it is not there, and all as ``order.xlsx``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in sheets.items():
        write_text(folder / f"{name}.csv", csv_text(rows))
    write_bytes(folder / "order.xlsx", workbook(sheets))


def order(case: Case) -> Order:
    """Return what to order for ``case``: its bill of materials, with the lengths of a floor plan where it asks for one.

    Raises DesignError for a room that holds no device, and whatever building the network raises.
    """
    size = size_of(case)
    priced = bill_of(case, size)
    tell("looking for the racks that need least cable")
    floor = floor_of(case, fabric_of(case, symmetry=False)) if case.sections.get("floor") else None
    tell("counting parts and spares")
    said = {"name": size.name} | {key: priced.get(key) for key in ("price_book", "cost_usd")}
    said |= {"unpriced": priced.get("unpriced", [])}
    return Order(case, said | _lines(case, size, floor), floor)


def ordered(case: Case, fabric: Fabric | None = None) -> dict[str, Any]:
    """Return the results of an order that ``case`` asks for; ``fabric`` is its network, where that is built already."""
    built = fabric_of(case, symmetry=False) if fabric is None and case.sections.get("floor") else fabric
    if built is None:
        return _lines(case, size_of(case), None)
    return _lines(case, built.size, floor_of(case, built))


def _lines(case: Case, size: Size, floor: Floor | None) -> dict[str, Any]:
    runs: tuple[Run, ...] = () if floor is None else tuple(floor.runs)
    rows, priced = bill_of_materials(items_of(case, size, runs), spares_of(case, size)), bill_of(case, size, runs)
    cost, more = priced.get("cost_usd"), spares_usd(rows)
    found = {"spares_usd": more, "order_usd": None if cost is None or more is None else cost + more}
    found |= {"bill": rows}
    if floor is None:
        return found
    return found | {"floor_cost_usd": cost, "floor_unpriced": priced.get("unpriced", [])} | _metres(case, floor)


def _metres(case: Case, floor: Floor) -> dict[str, Any]:
    """Return what a floor plan comes to, beside that of switches in their order."""
    simple, assigned = floor_of(case, floor.fabric, simple=True), floor.assigned
    assert simple is not None
    return {
        "cable_m": float(np.nansum(floor.length_m)),
        "simple_cable_m": float(np.nansum(simple.length_m)),
        "longest_cable_m": float(np.nanmax(floor.length_m, initial=0.0)),
        "tray_m": assigned.tray_m,
        "simple_tray_m": assigned.simple_m,
        "least_tray_m": assigned.least_m,
        "tray_proven": assigned.proven,
        "racks": rack_rows(floor),
    }
