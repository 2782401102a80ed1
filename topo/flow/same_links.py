"""Links that carry the same of every commodity, at one capacity, bind alike: one of them stands for all.

Where traffic is spread evenly, as by ECMP on a tree, a commodity is on thousands of links, and hundreds of them are
such copies of one another.  Most are known by the wiring (``topo.routing.few_links``), the others found without listing
a share: commodities get random rates, twice, and links that carry as much as each other both times carry the same of
everybody.  Chance would have to agree twice to nine digits; and an error would show, since a solution is refused that
overloads any link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from topo.fabric import Fabric
from topo.noise import noise
from topo.routing.operator import Ints, Routing

if TYPE_CHECKING:
    from scipy.sparse import csc_array


#: Commodities from which links that carry alike are looked for first: where the wiring knows of some between switches,
#: and they are worth it where half of those are left at most.
WORTH = 2_000


def fewest(fabric: Fabric, routing: Routing, n: int) -> tuple[Ints, csc_array] | None:
    """Return links, ascending, and what they carry of each of ``n`` commodities: R (L, F), other rows empty.

    All links, or one of each kind where that is worth it or all are too much to hold.  None where both are.
    """
    from topo.routing.few_links import few_links

    wired, links = few_links(routing) if n >= WORTH else None, None
    if wired is not None and fabric.is_switch_link[wired].sum() < fabric.is_switch_link.sum():
        links = _told_apart(fabric, routing, wired, n)
        if fabric.is_switch_link[links].sum() * 2 <= fabric.is_switch_link.sum():
            return _with_shares(fabric, routing, links)
    shares = routing.columns()
    if shares is not None:
        return np.arange(fabric.n_links), shares
    links = one_of_each(fabric, routing, n) if links is None else links
    return None if links is None else _with_shares(fabric, routing, links)


def one_of_each(fabric: Fabric, routing: Routing, n: int) -> Ints | None:
    """Return one link, ascending, of each kind that carries any of ``n`` commodities; None of what lists no shares."""
    from topo.routing.few_links import few_links

    links = few_links(routing)
    return None if links is None else _told_apart(fabric, routing, links, n)


def _told_apart(fabric: Fabric, routing: Routing, links: Ints, n: int) -> Ints:
    """Return those of ``links`` that stand for others by what they carry of ``n`` commodities, less empty ones."""
    from topo.flow.alike import split

    ways = [links]
    if _answered(fabric):
        links = _both_ways(fabric, links)
        ways = [links, fabric.reverse[links].astype(np.int64)]
    colour = split(fabric.tier[links].astype(np.int64), fabric.capacity[links])
    for series in (1, 2):
        carried = routing.load(0.5 + noise(n, series))
        colour = split(colour, *(carried[way] for way in ways))
    first = np.sort(np.unique(colour, return_index=True)[1])
    return links[first[np.any([carried[way[first]] > 0.0 for way in ways], axis=0)]]


def _with_shares(fabric: Fabric, routing: Routing, links: Ints) -> tuple[Ints, csc_array] | None:
    """Return ``links`` and their shares, where packets are answered those of their other ways as well."""
    from topo.routing.few_links import shares_on

    shares = shares_on(routing, _both_ways(fabric, links) if _answered(fabric) else links)
    return None if shares is None else (links, shares)


def _both_ways(fabric: Fabric, links: Ints) -> Ints:
    """Return both links, ascending, of the cables of ``links``."""
    return np.union1d(links, fabric.reverse[links])


def _answered(fabric: Fabric) -> bool:
    return fabric.packet is not None and bool(fabric.packet.ack)
