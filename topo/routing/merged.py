"""Single paths of a grouped demand: pairs of NICs instead of pairs of endpoints.

Pairs that relays lead over the same two NICs share their path, so what they send is added up first.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array

from topo.routing.access import Access
from topo.routing.grouped import inside_load, scale_up_load
from topo.routing.network import Network
from topo.routing.operator import Ints, Routing, TotalRouting
from topo.routing.terms import on_endpoints, terms
from traffic.demand import MAX_PAIRS, GroupedDemand


def merged(network: Network, demand: GroupedDemand, inner: Callable[[Ints, Ints], Routing]) -> TotalRouting:
    """Return the routing of ``demand`` whose network legs are routed by ``inner(src, dst)``.

    Raises NotConnected where a pair has no path, DemandError above MAX_PAIRS pairs.
    """
    if demand.pairs.sum() > MAX_PAIRS:
        demand.listed()  # says why not
    access, n = Access(network), network.fabric.n_endpoints
    label, each = on_endpoints(network, demand)
    senders, receivers, n_terms = terms(access, label, network.fabric.relay)
    brought = csr_array((senders.weight, (senders.term, senders.nic)), shape=(n_terms, n))
    drawn = csc_array((receivers.weight, (receivers.term, receivers.nic)), shape=(n_terms, n))
    amount: coo_array = coo_array(drawn.T @ brought)
    dst, src = amount.row.astype(np.int64), amount.col.astype(np.int64)
    apart = access.domain[src] != access.domain[dst]
    routing = inner(src[apart], dst[apart])
    unit = np.zeros((len(each), network.fabric.n_links))
    for f, receives in enumerate(each):
        some = receivers.times(receives)
        drawn = csc_array((some.weight, (some.term, some.nic)), shape=(n_terms, n))
        if apart.any():  # scipy takes no entries at all for a sparse array
            part = csr_array(drawn.T @ brought)[dst[apart], src[apart]] if len(each) > 1 else amount.data[apart]
            unit[f] += routing.load(np.asarray(part, dtype=np.float64).ravel())
        unit[f] += scale_up_load(access, senders, some, n_terms) + inside_load(access, label, receives)
    return TotalRouting(routing.policy, unit, demand.pairs)
