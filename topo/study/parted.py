"""What ``topo check --failures`` says of a fabric that lost parts: who is cut off, whatever the traffic."""

from __future__ import annotations

from typing import Any

from topo.config.case import Case
from topo.fabric import Fabric
from traffic.synthetic import uniform


def parted(case: Case, fabric: Fabric) -> tuple[Fabric, dict[str, Any]]:
    """Return what the failures of ``case`` leave of ``fabric``, and who reaches whom on it: flat keys.

    Every endpoint sends to every other.

    Raises LossError for a search for the worst, which depends on the traffic, for tables that are kept or of a file,
    and for parts that the fabric does not have.
    """
    from topo.failures import FAILURES, LossError, reachable

    own = dict(case.failures or {})
    entry, reroute = FAILURES[own.pop("pick")], own.pop("reroute")
    if entry.searches:
        fit = ", ".join(name for name, one in FAILURES.items() if not one.searches)
        raise LossError(f"failures: the worst loss is that of some traffic, as topo analyze finds it; choose {fit}")
    if reroute != "ideal":
        raise LossError(f"reroute: {reroute!r} sends as before the loss; check looks at routes found anew: ideal")
    if (case.routing or {}).get("tables") is not None:
        raise LossError("tables: those of a file say nothing of routes found anew after a failure; choose a policy")
    (loss,) = entry.losses(fabric, **own)
    left = loss.of(fabric)
    found: dict[str, Any] = {
        "failed": loss.name,
        "failed_cables": len(loss.cables),
        "failed_nodes": len(loss.nodes),
    }
    if fabric.n_endpoints > 1:
        found |= reachable(left, uniform(n_ranks=fabric.n_endpoints)).results()
    return left, found
