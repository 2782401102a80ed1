"""What is wrong with a fabric as it is cabled, port by port, and what each fault costs.

How it is meant is read off what most of it does, so a pattern that is wrong everywhere is none that is found here.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from topo.check.fault import Fault, mended
from topo.check.forwarding import table_faults
from topo.check.places import place_faults
from topo.check.points import point_faults
from topo.check.wiring import wiring_faults
from topo.fabric import Fabric, FabricError
from topo.flow.uniform import MOST_ENDPOINTS, uniform_share
from topo.headway import counted
from topo.routing.tables import Tables

__all__ = ["Fault", "check", "faults_of"]

#: Links that solutions for costs may go over, all faults together: some seconds, at 3 us a link.
MOST_LINKS = 2_000_000
#: Faults whose cost is worked out whatever the links: the first found.
LEAST_COSTED = 4


def faults_of(fabric: Fabric, tables: Tables | None = None) -> list[Fault]:
    """Return every fault of ``fabric``, and of ``tables`` where they are given."""
    read = [] if fabric.source is None else [_as_read(fault) for fault in fabric.source.faults]
    found = [*read, *wiring_faults(fabric), *place_faults(fabric), *point_faults(fabric)]
    return found + ([] if tables is None else table_faults(fabric, tables))


def check(
    fabric: Fabric, tables: Tables | None = None, *, costs: bool = True, most: int | None = None
) -> dict[str, Any]:
    """Return ``fault_count``, ``faults_by_kind`` and ``faults``: kind, ports, evidence and what each costs.

    ``uniform_throughput`` is what uniform traffic under ECMP reaches of the port limit, ``mended_throughput`` of a
    fault the same without it; None where that cannot be said.  ``costs`` works them out, for the first ``most``
    faults that say how to mend them; None: as many as go over ``MOST_LINKS`` links.  ``faults_not_costed`` are left.
    """
    found = faults_of(fabric, tables)
    share = uniform_share(fabric) if costs else None
    if most is None:
        most = max(LEAST_COSTED, MOST_LINKS // max(fabric.n_links, 1))
    mending = {fault.mending: fault for fault in found if fault.mends}  # of two mended alike, one
    first = islice(mending.items(), most if costs and fabric.n_endpoints <= MOST_ENDPOINTS else 0)
    without = {key: _without(fabric, fault) for key, fault in counted("fault", list(first))}
    left = mending.keys() - without.keys()
    kinds = sorted({fault.kind for fault in found})
    return {
        "fault_count": len(found),
        "faults_by_kind": {kind: sum(fault.kind == kind for fault in found) for kind in kinds},
        "uniform_throughput": share,
        "faults_not_costed": sum(fault.mending in left for fault in found),
        "faults": [_row(fault, without.get(fault.mending)) for fault in found],
    }


def _row(fault: Fault, without: float | None) -> dict[str, Any]:
    return {
        "kind": fault.kind, "ports": list(fault.ports), "evidence": fault.evidence, "mended_throughput": without,
    }  # fmt: skip


def _as_read(fault: dict[str, Any]) -> Fault:
    return Fault(fault["kind"], tuple(fault["ports"]), fault.get("evidence", ""))


def _without(fabric: Fabric, fault: Fault) -> float | None:
    try:
        return uniform_share(mended(fabric, fault))
    except FabricError:  # a cable that mending would lay through a wall between planes
        return None
