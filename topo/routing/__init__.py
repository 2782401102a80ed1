"""Routing policies: what share of each commodity crosses each link."""

from topo.routing.drawn import ecmp_hash
from topo.routing.operator import NotConnected, Routing, RoutingError
from topo.routing.paths import static
from topo.routing.split import ecmp, wcmp
from topo.routing.spray import spray
from topo.routing.valiant import valiant_split

__all__ = ["NotConnected", "Routing", "RoutingError", "ecmp", "ecmp_hash", "spray", "static", "valiant_split", "wcmp"]
