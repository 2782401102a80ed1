"""How an endpoint with ports on several planes shares what it sends among them.

``shortest``: over the ports on shortest paths, whatever plane they are on.
``equal``: every plane on which both ends have a live port gets an equal share and takes shortest paths of its own,
so that the worst plane limits all [1]_.
``weighted``: planes get shares in proportion to what they carry of the demand, so that it does not.  What a plane
carries is 1 / its largest utilization under equal shares: of its links between switches, and of the ports of
endpoints that have all of theirs.  Where every endpoint has, loads of a plane are in proportion to its share, so
that this is the fixed point: all planes are equally utilized, and no other shares make the largest one less.

Limits.  Shares of planes are the same for all pairs that have them in common.  Ports of an endpoint that lost
some are not spared.

.. [1] MRC: multipath reliable connection, OCP, 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np

from topo.fabric import Fabric
from topo.routing.network import Network
from topo.routing.operator import Floats, Routing, RoutingError
from traffic.demand import Demand, GroupedDemand

Balance = Annotated[
    Literal["shortest", "equal", "weighted"],
    "what planes an endpoint's ports share out to: those of the shortest paths, all alike, or by what they carry",
]

#: Those that give planes that are alike equal shares.
ALIKE = ("shortest", "equal")


def balanced(
    network: Network, demand: Demand | GroupedDemand, balance: Balance, split: Callable[[Network], Routing]
) -> Network:
    """Return ``network`` with the claims of planes that ``balance`` gives ``demand``; ``split`` routes it on one.

    Raises RoutingError for a balance that is unknown.
    """
    if balance not in ("shortest", "equal", "weighted"):
        raise RoutingError(f"balance {balance!r} is unknown; known: equal, shortest, weighted")
    if balance == "shortest" or network.most_ports <= 1:
        return network
    equal = _equal(network)
    if balance == "equal":
        return equal
    load = split(equal).load(demand.size * demand.repeat[demand.phase])
    return network.with_claims(_carried(network, load))


def steady(fabric: Fabric, *, by_capacity: bool = False, balance: Balance = "shortest") -> Network | None:
    """Return the network whose shares of planes are those of ``balance`` whatever is sent; None where that counts."""
    network = Network.of(fabric, by_capacity=by_capacity)
    if balance == "shortest" or network.most_ports <= 1:
        return network
    return _equal(network) if balance == "equal" else None


def steady_by_capacity(fabric: Fabric, *, balance: Balance = "shortest") -> Network | None:
    """Return what ``steady`` does where links split by their capacity."""
    return steady(fabric, by_capacity=True, balance=balance)


def _equal(network: Network) -> Network:
    """Return ``network`` with equal claims of all planes."""
    return network.with_claims(np.ones(int(network.island.max(initial=0)) + 1))


def _carried(network: Network, load: Floats) -> Floats:
    """Return (islands,) what each carries in units of ``load`` (L,), which equal shares put on links."""
    fabric, base = network.fabric, network.base
    used = load / fabric.capacity
    largest = np.zeros(int(network.island.max(initial=0)) + 1)
    np.maximum.at(largest, network.island[fabric.head[network.link] - base], used[network.link])
    port = network.port_links
    whole = network.n_ports[fabric.tail[port]] == network.most_ports
    for link in (port[whole], fabric.reverse[port[whole]]):
        np.maximum.at(largest, network.island[fabric.head[port[whole]] - base], used[link])
    return np.where(largest > 0.0, 1.0 / np.where(largest > 0.0, largest, 1.0), 1.0)
