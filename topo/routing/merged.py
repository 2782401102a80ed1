"""Single paths of a grouped demand: fewer of them than pairs of endpoints.

Pairs that relays lead over the same two NICs share their path, so what they send is added up first (``merged``).
Where a path goes by its destination alone, as forwarding tables make it, all NICs on the same switches share all
of it but their own port, and one of them stands for the site (``by_destination``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array

from topo.routing.access import Access
from topo.routing.grouped import Brought, inside_load, scale_up_load
from topo.routing.network import Network, added
from topo.routing.operator import Floats, Ints, Routing, TotalRouting
from topo.routing.split import SplitRouting
from topo.routing.symmetric import port_links
from topo.routing.terms import Side, on_endpoints, terms
from topo.rows import Rows
from traffic.demand import MAX_PAIRS, DemandError, GroupedDemand

#: Paths that are held at a time.
BLOCK_PATHS = 2_000_000


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


#: (L,) loads of what goes from an endpoint of each of some sites to endpoints: sources, destinations and bytes.
Carry = Callable[[Ints, Ints, Floats], Floats]


def by_destination(network: Network, demand: GroupedDemand, policy: str, carry: Carry) -> TotalRouting:
    """Return the routing of ``demand`` by ``policy`` whose network legs ``carry`` loads, by destination alone.

    Raises NotConnected where a pair has no path, DemandError above MAX_PAIRS pairs of a site and an endpoint.
    """
    check_paths(demand.name, network.n_sites * demand.n_ranks)
    access = Access(network)
    label, each = on_endpoints(network, demand)
    senders, everyone, n_terms = terms(access, label, network.fabric.relay)
    unit = np.zeros((len(each), network.fabric.n_links))
    for f, receives in enumerate(each):
        receivers = everyone.times(receives)
        load = _network_load(access, senders, receivers, n_terms, carry)
        unit[f] += load + scale_up_load(access, senders, receivers, n_terms) + inside_load(access, label, receives)
    return TotalRouting(policy, unit, demand.pairs)


def check_paths(name: str, paths: float) -> None:
    """Raise DemandError where the ``paths`` by destination of the demand ``name`` are too many to walk."""
    if paths > MAX_PAIRS:
        raise DemandError(
            f"{name}: {paths:.3g} paths by destination are too many (at most {MAX_PAIRS:.0e}); "
            "choose ecmp, or fewer ranks"
        )


def _network_load(access: Access, senders: Side, receivers: Side, n_terms: int, carry: Carry) -> Floats:
    """Return the load (L,) of all links of the network."""
    network = access.network
    site, n, n_ends = network.site, network.n_sites, network.fabric.n_endpoints
    example = np.zeros(n, dtype=np.int64)
    ends = np.flatnonzero(site >= 0)[::-1]
    example[site[ends]] = ends  # the lowest endpoint of each site
    total = np.zeros(network.fabric.n_links)
    brought = Brought(access, senders, receivers, n_terms)
    step = max(1, BLOCK_PATHS // max(n, 1))
    nics = np.unique(receivers.nic)
    for start in range(0, len(nics), step):
        block = nics[start : start + step]
        row = np.full(n_ends, -1, dtype=np.int64)
        row[block] = np.arange(len(block))
        amount = brought.between((site, n), (row, len(block)))
        total += carry(example[amount.indices], block[amount.row], amount.data)
    out = port_links(network)
    total[out] = _leaving(network, brought.between((np.arange(n_ends), n_ends), (site, n)), example)[out]
    return total


def _leaving(network: Network, sent: Rows, example: Ints) -> Floats:
    """Return (L,) what leaves by each port of an endpoint, of ``sent`` (sites, E)."""
    port, leaves = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for site in range(network.n_sites):
        row = slice(*sent.indptr[site : site + 2])
        own, amount = sent.indices[row].astype(np.int64), sent.data[row]
        if not len(own):
            continue
        shares = _port_shares(network, own, site, example)
        for k in range(network.most_ports):
            has = k < network.n_ports[own]
            port.append(network.port[own[has]] + k)
            leaves.append(amount[has] * shares[has, k])
    return added(np.concatenate(port), np.concatenate(leaves), network.fabric.n_links)


def _port_shares(network: Network, ends: Ints, site: int, example: Ints) -> Floats:
    """Return (ends, ports) by which ports what ``ends`` send to ``site`` leaves."""
    if network.most_ports <= 1:
        return np.ones((len(ends), 1))
    sends = np.zeros(network.n_sites, dtype=bool)
    sends[network.site[ends]] = True
    source = np.flatnonzero(sends)
    split = SplitRouting.of(network, example[source], np.full(len(source), example[site]), "")
    number = np.cumsum(sends) - 1
    return np.asarray(split.port_shares[0][split.pair][number[network.site[ends]]])
