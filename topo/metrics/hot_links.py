"""Who fills the fullest links: commodities that cross each, and those that bring it most.

A unit value on one link, summed along every commodity's choices, is the share
of each commodity on that link: one row of the routing operator, which is
never stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from traffic.demand import Demand

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from topo.fabric import Fabric
    from topo.routing import Routing
    from traffic.classed import ClassedDemand
    from traffic.demand import GroupedDemand

#: Links probed of a case; each costs one sweep, milliseconds at 2,048 endpoints.
MOST_LINKS = 50
#: Commodities above which links are not probed: a sweep takes as long as they are many.
MAX_COMMODITIES = 100_000
#: Largest contributors kept of a link.
MOST_SENDERS = 3
#: Shares below this are rounding of the sweep, not traffic.
_SHARE = 1e-12


def hot_links(
    fabric: Fabric, demand: Demand | GroupedDemand | ClassedDemand, routing: Routing, utilization: NDArray[np.float64]
) -> dict[str, NDArray[Any]]:
    """Return one row a contributor of the fullest switch links: link, commodities, src, dst, bytes, total.

    ``utilization`` (L,) ranks the links.  ``commodities`` counts those that cross the link, ``bytes``
    is what one commodity brings it and ``total`` what all do [bytes], repeats included.  Empty for demands that
    name groups instead of pairs, and above MAX_COMMODITIES.
    """
    if not isinstance(demand, Demand) or demand.n_commodities > MAX_COMMODITIES:
        return {}
    moved = demand.size * demand.repeat[demand.phase]
    shown = np.where(fabric.is_switch_link, utilization, 0.0)
    links = [int(k) for k in np.argsort(-shown, kind="stable")[:MOST_LINKS] if shown[k] > 0]
    rows: list[tuple[float, ...]] = []
    for link in links:
        there = np.zeros(fabric.n_links)
        there[link] = 1.0
        share = routing.sum_along(there)
        brought = np.where(share > _SHARE, share * moved, 0.0)
        crossing, total = int(np.count_nonzero(brought)), float(brought.sum())
        for f in np.argsort(-brought, kind="stable")[: min(MOST_SENDERS, crossing)]:
            rows.append((link, crossing, demand.src[f], demand.dst[f], brought[f], total))
    if not rows:
        return {}
    kinds: dict[str, type] = dict.fromkeys(("link", "commodities", "src", "dst"), np.int64) | dict.fromkeys(
        ("bytes", "total"), np.float64
    )
    columns = zip(*rows, strict=True)
    return {name: np.array(column, kind) for (name, kind), column in zip(kinds.items(), columns, strict=True)}
