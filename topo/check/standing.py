"""Whether routes stand, so that they can be looked at without traffic."""

from __future__ import annotations

from topo.flow.entries import Policy
from topo.routing.operator import RoutingError


def check_standing(policy: Policy, name: str) -> None:
    """Raise RoutingError where the ``policy`` called ``name`` finds its routes for the traffic."""
    if policy.best:
        fixed = "one whose routes stand: ecmp, static, valiant, ugal"
        raise RoutingError(f"policy {name!r} finds its routes for the traffic at hand; take {fixed}")
