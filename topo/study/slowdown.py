"""Slowdown: the time of a case over that of its baseline, added when records are gathered.

A stored record depends on its own input alone, so what it is held against is no part of it.
"""

from __future__ import annotations

from typing import Any

from topo.config.baseline import ALONE, INTACT, PORT_LIMIT
from topo.config.case import Case

Record = dict[str, Any]


def with_slowdown(record: Record, case: Case, against: Record | None, name: str = "") -> Record:
    """Return ``record`` of ``case`` with its ``slowdown`` and ``baseline``; as it is where the case has no baseline.

    ``against`` is the record of the case called ``name`` that it is held against; None where the baseline is no
    case, or did not run.  The slowdown is None where either time is missing or zero.
    """
    if not case.baseline or record["status"] != "ok" or case.traffic is None:
        return record
    mine = record["results"]
    if case.baseline == INTACT and case.failures is not None:
        return record | {"results": mine | {"baseline": INTACT}}
    took, alike = mine.get("completion_s"), mine.get("completion_s")
    if case.baseline == PORT_LIMIT:
        theta = mine.get("theta_port")
        alike = 1 / theta if theta else None
    elif case.baseline == ALONE:
        slowest = mine.get("slowdown_max")
        alike = took / slowest if slowest else None
    else:
        alike = against["results"].get("completion_s") if against and against["status"] == "ok" else None
    slowdown = took / alike if took and alike else None
    return record | {"results": mine | {"slowdown": slowdown, "baseline": name or case.baseline}}
