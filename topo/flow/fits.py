"""What a policy needs of endpoints, told before anything is routed."""

from __future__ import annotations

from topo.routing.operator import RoutingError


def check_ports(policy: str, name: str, ports: int) -> None:
    """Raise RoutingError where endpoints of the fabric ``name`` have more ``ports`` than the one ``policy`` takes."""
    if ports > 1:
        raise RoutingError(f"{policy} needs endpoints with one network port, {name} has {ports}")
