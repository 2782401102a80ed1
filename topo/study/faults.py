"""Faults of a fabric beside its structure: what ``topo check`` prints, and what records of a file hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from topo.metrics import structure

if TYPE_CHECKING:
    from topo.fabric import Fabric
    from topo.routing.tables import Tables

#: Faults that findings spell out; the rest is counted.
MOST_SAID = 20


def checked(fabric: Fabric, tables: Tables | None = None, *, most: int | None = None) -> dict[str, Any]:
    """Return structure and faults of ``fabric``, costs of ``most``; findings are those of structure and file."""
    from topo.check import check

    found = structure(fabric)
    return found | check(fabric, tables, most=most) | {"findings": notes_of(fabric) + found["findings"]}


def of_file(fabric: Fabric, findings: list[str], tables: Tables | None = None) -> dict[str, Any]:
    """Return what a record adds for a fabric that was read from a file: its faults, and findings that tell them."""
    if fabric.source is None:
        return {}
    from topo.check import check

    found = check(fabric, tables)
    told = [f"{one['kind']}: {', '.join(one['ports'])}: {one['evidence']}" for one in found["faults"][:MOST_SAID]]
    more = found["fault_count"] - len(told)
    told += [f"{more} more faults are in the record"] if more > 0 else []
    return found | {"findings": notes_of(fabric) + findings + told}


def notes_of(fabric: Fabric) -> list[str]:
    """Return what was inferred on reading the file of ``fabric``, in sentences."""
    return [] if fabric.source is None else list(fabric.source.notes)
