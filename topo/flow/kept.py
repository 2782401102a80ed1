"""Tables that are kept after a failure: what they send to a dead link is lost, all else goes as before.

Tables of ``static`` are the paths that commodities take, those of ``ecmp-hash`` and ``spray`` the next hops that paths
are drawn from (``skipping``), those of ``ecmp`` and ``wcmp`` next hops that split (``next_hops``).  A switch may skip
dead next hops.

A commodity loses the paths that cross a dead link.  What arrives of it is a smaller commodity on the paths that
are left, so that flow is conserved and the loads are those of bytes that arrive.

Limits.  Bytes that are lost load no link, though on the way to the dead one they do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.routing.access import Access
from topo.routing.drawn import DrawnRouting
from topo.routing.network import Network, added
from topo.routing.next_hops import ArrivingRouting, arriving
from topo.routing.operator import Floats, Ints, Routing, check_ranks
from topo.routing.paths import PathRouting
from topo.routing.relay import Legs, RelayRouting, legs_of, scale_up_shares
from topo.routing.split import SplitRouting
from topo.rows import Rows
from traffic.demand import Demand, GroupedDemand

Mask = NDArray[np.bool_]
Ways = PathRouting | ArrivingRouting


@dataclass(frozen=True, eq=False)
class Kept:
    """What arrives of a demand whose routes were left as they were."""

    demand: Demand | None  # commodities that arrive, each as large as what arrives of it; None where nothing does
    routing: Routing | None
    lost: float  # share of the bytes that are sent to dead links


def keep_tables(
    whole: Fabric,
    dead: Mask,
    demand: Demand | GroupedDemand,
    *,
    reroute: str,
    policy: str,
    **params: Any,
) -> Kept:
    """Return what arrives of ``demand`` by the routes of ``whole`` where the links ``dead`` (L,) are gone.

    The routing is that of the fabric without them.

    Raises RoutingError for a policy whose routes are no tables, DemandError where pairs are too many to list.
    """
    from topo.flow import route
    from topo.flow.rerouting import check_kept

    check_kept(reroute, policy)
    skip = reroute == "local"
    check_ranks(whole, demand)
    listed = demand.listed() if isinstance(demand, GroupedDemand) else demand
    access, n = Access(Network.of(whole)), whole.n_endpoints
    src, dst = listed.src.astype(np.int64), listed.dst.astype(np.int64)
    apart = np.flatnonzero(access.domain[src] != access.domain[dst])
    legs = legs_of(access, src[apart], dst[apart], whole.relay)
    key, leg = np.unique(legs.out * n + legs.nic, return_inverse=True)
    sent = listed.size * listed.repeat[listed.phase]
    size = added(leg, legs.share * sent[apart][legs.row], len(key))  # by which planes may be weighed
    direct = replace(whole, relay="none")  # legs are not to be spread once more
    inner = route(direct, Demand.of("legs", n, src=key % n, dst=key // n, size=size), policy, **params)
    inner = inner.listed(dead if skip else None) if isinstance(inner, DrawnRouting) else inner
    assert isinstance(inner, PathRouting | SplitRouting)
    ways, arrives = _alive(inner, dead) if isinstance(inner, PathRouting) else arriving(inner, dead, skip=skip)
    share = np.ones(len(src))
    share[apart] = added(legs.row, legs.share * arrives[leg], len(apart))
    lost = float(sent @ (1.0 - share)) / float(sent.sum())
    if not share.any():
        return Kept(None, None, lost)
    whole_row = np.where(share > 0.0, share, 1.0)[apart][legs.row]
    legs = Legs(apart[legs.row], legs.nic, legs.out, legs.share * arrives[leg] / whole_row)
    left, keep = _smaller(listed, share)
    legs, leg = _of_rows(legs, leg, keep)
    return Kept(left, _composed(access, left, legs, (leg, ways), dead), lost)


def _alive(paths: PathRouting, dead: Mask) -> tuple[PathRouting, Floats]:
    """Return the paths that cross no dead link, their links numbered without those, and the share (F,)
    of each commodity that they carried.

    Shares of what is left add up to 1 again; a commodity without a path has none.
    """
    crosses = np.logical_or.reduceat(dead[paths.link], paths.first[:-1]) if len(paths.link) else np.zeros(0, bool)
    commodity = np.repeat(np.arange(len(paths.of) - 1), np.diff(paths.of))
    keep = ~crosses
    arrives = added(commodity[keep], paths.share[keep], len(paths.of) - 1)
    of = np.concatenate([[0], np.cumsum(np.bincount(commodity[keep], minlength=len(paths.of) - 1))])
    hops = np.diff(paths.first)
    first = np.concatenate([[0], np.cumsum(hops[keep])]).astype(np.int64)
    share = paths.share[keep] / arrives[commodity[keep]]
    number = np.cumsum(~dead) - 1  # links that are left keep their order
    link = number[paths.link[np.repeat(keep, hops)]].astype(np.int32)
    paths = replace(paths, n_links=int(np.count_nonzero(~dead)), of=of.astype(np.int64), first=first, link=link)
    return replace(paths, share=share), arrives


def _smaller(demand: Demand, share: Floats) -> tuple[Demand, Ints]:
    """Return the ``share`` (F,) of each commodity, those of none left out, and the new number (F,) of each or -1."""
    keep = np.flatnonzero(share > 0.0)
    number = np.full(len(share), -1, dtype=np.int64)
    number[keep] = np.arange(len(keep))
    columns = {key: getattr(demand, key)[keep] for key in ("src", "dst", "phase")}
    return replace(demand, size=demand.size[keep] * share[keep], **columns), number


def _of_rows(legs: Legs, leg: Ints, number: Ints) -> tuple[Legs, Ints]:
    """Return the legs that carry something, their rows under the ``number`` that they have now."""
    use = np.flatnonzero(legs.share > 0.0)
    return Legs(number[legs.row[use]], legs.nic[use], legs.out[use], legs.share[use]), leg[use]


def _composed(access: Access, demand: Demand, legs: Legs, ways: tuple[Ints, Ways], dead: Mask) -> Routing:
    """Return the routing of ``demand`` by ``legs``, of which each takes the commodity of ``ways`` that it names."""
    leg, inner = ways
    used, column = np.unique(leg, return_inverse=True)
    inner = inner.of_commodities(used)
    src, dst = demand.src.astype(np.int64), demand.dst.astype(np.int64)
    row, n = legs.row, demand.n_commodities
    if np.array_equal(column, np.arange(n)) and np.array_equal(row, column):
        own = np.array_equal(legs.nic, src) and np.array_equal(legs.out, dst)
        if own:  # every commodity is a leg of its own, which queue pairs are told apart by
            return inner
    shares = Rows.of(legs.share, column, row, (len(used), n))
    inside = np.flatnonzero(access.domain[src] == access.domain[dst])
    hops = [(inside, src[inside], dst[inside], np.ones(len(inside)))]
    hops += [(row, src[row], legs.nic, legs.share), (row, legs.out, dst[row], legs.share)]
    return RelayRouting(inner, shares, Rows.as_in(scale_up_shares(access, hops, n)[~dead]))
