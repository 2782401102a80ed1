"""Some commodities of a routing, routed as they are in the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from topo.routing.operator import Ints, Routing
from topo.routing.relay import RelayRouting
from topo.routing.split import SplitRouting
from topo.rows import Rows


def some_of(routing: Routing, chosen: Ints) -> Routing | None:
    """Return the routing of the commodities ``chosen`` alone; None of one that lists its shares anyway."""
    if isinstance(routing, SplitRouting):
        part = SplitRouting.of(routing.network, routing.src[chosen], routing.dst[chosen], routing.policy)
        return replace(part, params=routing.params)
    if isinstance(routing, RelayRouting):
        legs = routing.legs[:, chosen]
        used = np.flatnonzero(np.diff(legs.indptr))
        inner = some_of(routing.inner, used)
        hosts = Rows.as_in(routing.hosts[:, chosen])
        return None if inner is None else replace(routing, inner=inner, legs=Rows.as_in(legs[used]), hosts=hosts)
    return None
