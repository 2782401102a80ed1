"""Which policies have tables that can be kept after a failure."""

from __future__ import annotations

from topo.flow import POLICIES
from topo.routing.operator import RoutingError


def check_kept(reroute: str, policy: str) -> None:
    """Raise RoutingError where ``policy`` has no tables that could be kept as ``reroute`` says: tables, or local."""
    skip = reroute == "local"
    fit = [
        name
        for name, entry in POLICIES.items()
        if entry.next_hops or (entry.one_path and not (skip and entry.by_destination))
    ]
    if skip and POLICIES[policy].by_destination:
        raise RoutingError(
            f"reroute local: {policy!r} holds one link a destination, so there is no next one to take; "
            f"those that have: {', '.join(fit)}"
        )
    if policy not in fit:
        raise RoutingError(
            f"reroute {reroute}: policy {policy!r} has no tables to keep; those that have: {', '.join(fit)}"
        )
