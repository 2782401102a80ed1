"""Some commodities of a routing, routed as they are in the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array

from topo.routing.operator import Ints, Routing
from topo.routing.relay import RelayRouting
from topo.routing.split import SplitRouting


def some_of(routing: Routing, chosen: Ints) -> Routing | None:
    """Return the routing of the commodities ``chosen`` alone; None of one that lists its shares anyway."""
    if isinstance(routing, SplitRouting):
        part = SplitRouting.of(routing.network, routing.src[chosen], routing.dst[chosen], routing.policy)
        return replace(part, params=routing.params)
    if isinstance(routing, RelayRouting):
        legs = csr_array(routing.legs[:, chosen])
        used = np.flatnonzero(np.diff(legs.indptr))
        inner = some_of(routing.inner, used)
        hosts = csr_array(routing.hosts[:, chosen])
        return None if inner is None else replace(routing, inner=inner, legs=legs[used], hosts=hosts)
    return None
