"""What a message takes of the wire beside its own bytes: headers, acknowledgements, a packet's way from hop to hop.

Scale-up links carry bytes as they are.  On all others a commodity that sends r [B/s] fills r w of
each link of its path, w its bytes with headers over its bytes, and r a of the other link of each
cable, a its acknowledgements over its bytes: they go back the way that it came.  A switch sends a packet on
once it has it whole, so the last byte comes later by the time of one packet on every link but the slowest,
which is the one that the bytes of the message are counted on.

Limits.  No queue: packets that meet wait for each other, which grows as links fill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.flow.phase_loads import phase_loads
from topo.lazy import sparse
from topo.routing.operator import Routing
from topo.rows import Rows
from topo.size import Tier
from traffic.demand import Demand, GroupedDemand

if TYPE_CHECKING:
    from scipy.sparse import csc_array

Floats = NDArray[np.float64]


def on_wire(fabric: Fabric, demand: Demand, shares: csc_array) -> csc_array:
    """Return what each link carries of each commodity at unit rate (L, F), for ``shares`` (L, F) of the paths."""
    packet = fabric.packet
    if packet is None:
        return shares
    column = np.repeat(np.arange(shares.shape[1]), np.diff(shares.indptr))
    network = fabric.tier[shares.indices] != Tier.SCALE_UP
    whole = packet.on_wire(demand.size) / demand.size
    forth = _like(shares, np.where(network, shares.data * whole[column], shares.data), shares.indices)
    if not packet.ack:
        return forth
    answers = packet.back(demand.size) / demand.size
    back = _like(shares, np.where(network, shares.data * answers[column], 0.0), fabric.reverse[shares.indices])
    both = sparse.csc_array(forth + back)
    both.eliminate_zeros()
    return both


def loads_on_wire(fabric: Fabric, demand: Demand | GroupedDemand, routing: Routing, amount: Floats) -> Rows:
    """Return (phases, L) what each link carries where commodity f sends ``amount[f]``: ``on_wire`` without shares."""
    packet = fabric.packet
    if packet is None:
        return phase_loads(routing, demand, amount)
    network = (fabric.tier != Tier.SCALE_UP).astype(np.float64)
    sent = amount * packet.on_wire(demand.size) / demand.size
    forth = phase_loads(routing, demand, sent) @ sparse.diags_array(network)
    both = forth + phase_loads(routing, demand, amount) @ sparse.diags_array(1.0 - network)
    if packet.ack:
        answers = amount * packet.back(demand.size) / demand.size
        back = phase_loads(routing, demand, answers) @ sparse.diags_array(network)
        both = both + sparse.csr_array(back)[:, fabric.reverse]
    both = sparse.csr_array(both)
    both.eliminate_zeros()
    return Rows.as_in(both)


def _like(shares: csc_array, data: Floats, link: NDArray[np.int32]) -> csc_array:
    """Return a matrix (L, F) with as many entries a column, on other links."""
    return sparse.csc_array((data, link, shares.indptr), shape=shares.shape)


def hop_by_hop(fabric: Fabric, demand: Demand, routing: Routing) -> Floats:
    """Return (F,) [s] that a packet takes on all links of its path but the slowest; 0 where none are stated."""
    if fabric.packet is None:
        return np.zeros(demand.n_commodities)
    network = fabric.tier != Tier.SCALE_UP
    every = routing.sum_along(np.where(network, 1.0 / fabric.capacity, 0.0))
    slowest = 1.0 / routing.min_along(np.where(network, fabric.capacity, np.inf))
    return np.asarray(fabric.packet.largest(demand.size) * (every - slowest))
