"""What a grouped demand sends from site to site, for solvers that split by pair of sites."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from topo.routing.access import Access
from topo.routing.grouped import ROUNDING, Brought, inside_sites, matrix
from topo.routing.network import Network
from topo.routing.operator import Floats, Ints, RoutingError
from topo.routing.terms import on_endpoints, terms
from traffic.demand import GroupedDemand


@dataclass(frozen=True, eq=False)
class SiteAmounts:
    """What all pairs of each commodity send from site to site at unit rate, legs of relays included."""

    source: Ints  # (P,) sites
    target: Ints  # (P,) sites
    each: Floats  # (F, P)

    def total(self, size: Floats) -> Floats:
        """Return (P,) what all commodities send when the first has unit rate and rates go as ``size`` (F,)."""
        return np.asarray(size / size[0] @ self.each)


def site_amounts(network: Network, demand: GroupedDemand, most: int) -> SiteAmounts:
    """Return what goes from site to site, each pair of sites once.

    Raises RoutingError where that could have more than ``most`` entries.
    """
    n = network.n_sites
    check_sites(demand.name, n, most)
    access = Access(network)
    label, each = on_endpoints(network, demand)
    senders, everyone, n_terms = terms(access, label, network.fabric.relay)
    by_sender = matrix(senders.term, network.site[senders.nic], senders.weight, (n_terms, n))
    blocks = np.zeros((len(each), n, n))
    for block, receives in zip(blocks, each, strict=True):
        receivers = everyone.times(receives)
        by_receiver = matrix(receivers.term, network.site[receivers.nic], receivers.weight, (n_terms, n))
        block[:] = (by_receiver.T @ by_sender - inside_sites(access, senders, receivers)).toarray()
    blocks[np.abs(blocks) < ROUNDING] = 0.0
    target, source = np.nonzero(blocks.any(axis=0))
    return SiteAmounts(source, target, blocks[:, target, source])


def check_sites(name: str, n: int, most: int) -> None:
    """Raise RoutingError where ``n`` sites of the demand ``name`` make more than ``most`` pairs."""
    if n * n > most:
        raise RoutingError(f"{name}: {n} x {n} sites are too many to solve for (at most {most:,} pairs)")


def alike(network: Network, demand: GroupedDemand, most: int) -> tuple[Ints, SiteAmounts] | None:
    """Return the class (E,) of each endpoint, -1 without a port, and what goes from class to class.

    Endpoints of a class are on the same switches, and send alike to every class and get alike from every class: sites
    are split until that is so.  None where there are several kinds of pairs, or more than ``most`` pairs of an
    endpoint and a class.
    """
    n_ends = network.fabric.n_endpoints
    if demand.n_commodities > 1:
        return None
    access = Access(network)
    label, _ = on_endpoints(network, demand)
    brought = Brought(access, *terms(access, label, network.fabric.relay))
    has, own = np.flatnonzero(network.site >= 0), (np.arange(n_ends), n_ends)
    number, n = network.site.copy(), network.n_sites
    while n * n_ends <= most:
        out, into = brought.between(own, (number, n)).toarray().T, brought.between((number, n), own).toarray()
        rows = np.round(np.hstack([number[has, None], out[has], into[has]]) / ROUNDING)
        finer = np.unique(rows, axis=0, return_inverse=True)[1].ravel()
        count = int(finer.max(initial=-1)) + 1
        if count == n:
            amount = brought.between((number, n), (number, n))
            return number, SiteAmounts(amount.indices.astype(np.int64), amount.row, amount.data[None])
        number[has], n = finer, count
    return None
