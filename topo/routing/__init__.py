"""Routing policies: what share of each commodity crosses each link.  Each is in a module that a case loads by name."""

from topo.routing.operator import NotConnected, Routing, RoutingError

__all__ = ["NotConnected", "Routing", "RoutingError"]
