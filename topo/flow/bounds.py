"""What no routing can exceed: upper bounds on theta, each from one simple argument.

They hold for every routing of the model (design.md, section 7): endpoints never
forward, and traffic between scale-up domains uses scale-up links only to reach a plane that
its own endpoint has no port on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.copies import copies_of
from topo.fabric import Fabric, NodeKind
from topo.islands import changes, distinct, islands
from topo.rows import Rows
from topo.size import Tier
from traffic.demand import Demand, GroupedDemand

Floats = NDArray[np.float64]

#: Largest table of distances, leaves x switches, that the volume bound looks at: 32 MB, 0.2 s.
MAX_DISTANCES = 4_000_000
#: Bytes between domains below this part of all bytes are what is left of equal sums.
ROUNDING = 1e-12
#: Cells, in multiples of rows, up to which a table of sums costs less than sorting the rows.
DENSE = 4


def overall(theta: NDArray[np.float64], repeat: NDArray[np.int32]) -> float:
    """Return the theta of all phases together: 1 / sum(repeat / theta)."""
    with np.errstate(divide="ignore"):
        time = float((repeat / theta).sum())
    return 1.0 / time if time > 0.0 else np.inf


def theta_bound(fabric: Fabric, demand: Demand | GroupedDemand) -> float:
    """Return an upper bound on the overall theta of any routing [1/s]; infinite where none applies."""
    return overall(np.minimum(endpoint_bound(fabric, demand), volume_bound(fabric, demand)), demand.repeat)


def endpoint_bound(fabric: Fabric, demand: Demand | GroupedDemand) -> NDArray[np.float64]:
    """Return (phases,) the least port capacity / bytes over endpoints and directions [1/s].

    Bytes inside a scale-up domain are held against its links, bytes between domains against
    the network ports: of the endpoint, or of its whole domain where endpoints of a domain are
    on different planes, or cut off by failures, and traffic may leave through a neighbour.
    """
    inside, _ = _bytes(fabric, demand)
    within = _least_ratio(fabric, Tier.SCALE_UP, np.arange(fabric.n_endpoints), inside, demand.n_phases)
    return np.minimum(port_limit(fabric, demand), within)


def port_limit(fabric: Fabric, demand: Demand | GroupedDemand) -> NDArray[np.float64]:
    """Return (phases,) theta_port: the same for the network ports alone; infinite where nothing uses them."""
    _, between = _bytes(fabric, demand)
    return _least_ratio(fabric, Tier.ENDPOINT, places(fabric), between, demand.n_phases)


def volume_bound(fabric: Fabric, demand: Demand | GroupedDemand) -> NDArray[np.float64]:
    """Return (phases,) capacity of all switch links / sum of size x fewest switch hops [1/s].

    Infinite where no commodity needs a switch link, or where the distances of the
    fabric are too many to look at (MAX_DISTANCES).
    """
    tail, head = _ports(fabric)
    n_switches = int(np.count_nonzero(fabric.kind >= NodeKind.LEAF))
    bears = np.zeros(fabric.n_nodes, dtype=bool)
    bears[head] = True
    if not len(head) or np.count_nonzero(bears) * n_switches > MAX_DISTANCES:
        return np.full(demand.n_phases, np.inf)
    site, hops = _sites(fabric, tail, head)
    if isinstance(demand, GroupedDemand):
        byte_hops = np.array([_pair_hops(fabric, demand, site, hops)])
    else:
        weight = demand.size * hops[site[demand.src], site[demand.dst]]
        weight[is_inside(fabric, demand)] = 0.0
        byte_hops = np.bincount(demand.phase, weight, demand.n_phases)
    capacity = fabric.capacity[fabric.is_switch_link].sum()
    bound = np.full(len(byte_hops), np.inf)
    crosses = byte_hops > 0.0  # without switch links the capacity is 0 too
    bound[crosses] = capacity / byte_hops[crosses]
    return bound


def exchange_time(fabric: Fabric, n_ranks: int, size: float) -> float:
    """Return what no exchange of ``size`` / n [bytes] between any two of ``n_ranks`` ends before [s].

    Whatever endpoints of a scale-up domain do for each other: bytes between domains pass their network ports, and as
    many links between switches as lie between the nearest ports of both at least; all bytes of a rank pass its links.

    Limits. Domains do not pass on what is for others: nobody goes from leaf to leaf through a host.
    """
    demand = GroupedDemand.of("exchange", label=np.zeros(n_ranks, dtype=np.int64), size=size / n_ranks)
    free = replace(fabric, relay="spread") if fabric.has_scale_up else fabric
    theta = overall(np.minimum(port_limit(free, demand), volume_bound(free, demand)), demand.repeat)
    out, into = (np.bincount(end, fabric.capacity, fabric.n_nodes)[:n_ranks] for end in (fabric.tail, fabric.head))
    own = (n_ranks - 1) * (size / n_ranks) / float(np.minimum(out, into).min())
    return max(own, 1.0 / theta)


def has_relays(fabric: Fabric) -> bool:
    """Return whether the traffic of some endpoint may leave or arrive through a neighbour."""
    return bool(_relaying(fabric).any())


def _relaying(fabric: Fabric) -> NDArray[np.bool_]:
    """Return (E,) whether an endpoint is in a domain whose endpoints may stand in for each other.

    They do where relays spread all traffic, and where not all have a port on the same islands of switches: planes,
    or what failures left.  Where all have, a port is as good as its neighbour's, and each keeps to its own.
    """
    nobody = np.zeros(fabric.n_endpoints, dtype=bool)
    if not fabric.has_scale_up:
        return nobody
    if fabric.relay == "spread":
        return np.asarray(np.bincount(fabric.joined)[fabric.joined] > 1)
    if (copies := copies_of(fabric)) is not None:
        return _relaying(copies.one)  # whoever has a port on an island of the one has one on that of each
    tail, head = _ports(fabric)
    links = np.flatnonzero(fabric.is_switch_link)
    island = islands(fabric.tail[links], fabric.head[links], fabric.n_nodes).astype(np.int64)
    number = np.cumsum(np.bincount(island[head], minlength=1) > 0) - 1  # of the islands that have ports
    everywhere = np.zeros((fabric.n_endpoints, int(number[-1]) + 1), dtype=bool)
    everywhere[tail, number[island[head]]] = True
    if everywhere.all():
        return nobody
    domain, members = np.unique(fabric.joined, return_inverse=True, return_counts=True)[1:]
    ports = np.sort(island[head] * len(domain) + tail)
    where, end = np.divmod(ports[np.diff(ports, prepend=-1) > 0], len(domain))  # an endpoint once an island
    on, count = np.unique(where * len(members) + domain[end], return_counts=True)
    on %= len(members)
    return np.isin(domain, on[count < members[on]])


def places(fabric: Fabric) -> NDArray[np.int64]:
    """Return (E,) where an endpoint's traffic leaves and arrives: at its own ports, or at those of its domain.

    Places are numbered from 0 without a gap.
    """
    relaying, each = _relaying(fabric), np.arange(fabric.n_endpoints)
    if not relaying.any():
        return each
    own = int(fabric.joined.max(initial=0)) + 1 + each
    return np.unique(np.where(relaying, fabric.joined, own), return_inverse=True)[1].astype(np.int64)


def _ports(fabric: Fabric) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return endpoint and switch of every network port."""
    up, _ = fabric.end_links()
    return fabric.tail[up], fabric.head[up]


def is_inside(fabric: Fabric, demand: Demand) -> NDArray[np.bool_]:
    """Return (F,) whether the commodity stays on the links of its scale-up domain."""
    if not fabric.has_scale_up:  # everyone is a domain of its own
        return np.asarray(demand.src == demand.dst)
    domain = fabric.joined
    inside: NDArray[np.bool_] = domain[demand.src] == domain[demand.dst]
    return inside


class _Bytes(NamedTuple):
    """Bytes at endpoints, row by row: sent and received ones apart."""

    phase: NDArray[np.integer]  # (n,)
    ends: tuple[NDArray[np.integer], NDArray[np.integer]]  # (n,) endpoint that sends, endpoint that receives
    sent: tuple[Floats, Floats]  # (n,) [bytes] of each


def _bytes(fabric: Fabric, demand: Demand | GroupedDemand) -> tuple[_Bytes, _Bytes]:
    """Return what stays inside domains and what goes between them."""
    if isinstance(demand, Demand):
        inside, ends = is_inside(fabric, demand), (demand.src, demand.dst)
        if not inside.any():
            none = demand.size[:0]
            return _Bytes(demand.phase[:0], (ends[0][:0], ends[1][:0]), (none, none)), _Bytes(
                demand.phase, ends, (demand.size, demand.size)
            )
        moved = (np.where(chosen, demand.size, 0.0) for chosen in (inside, ~inside))
        near, far = (_Bytes(demand.phase, ends, (size, size)) for size in moved)
        return near, far
    talks = np.flatnonzero(demand.label >= 0)
    drawn = demand.size[demand.kind[talks]]
    inside_, everyone = (_of_group(label, drawn) for label in (_group_and_domain(fabric, demand), demand.label[talks]))
    between = np.where(everyone - inside_ > ROUNDING * everyone, everyone - inside_, 0.0)
    once = np.zeros(len(talks), dtype=np.int64)
    return _Bytes(once, (talks, talks), (inside_[0], inside_[1])), _Bytes(
        once, (talks, talks), (between[0], between[1])
    )


def _of_group(label: NDArray[np.integer], drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (2, ranks) sent and received among ranks of equal ``label``, who draw ``drawn`` from each other one."""
    _, place, count = np.unique(label, return_inverse=True, return_counts=True)
    return np.stack([np.bincount(place, drawn)[place] - drawn, (count[place] - 1) * drawn])


def _group_and_domain(fabric: Fabric, demand: GroupedDemand) -> NDArray[np.int64]:
    """Return a number for the group and scale-up domain of each rank that talks; rank r is endpoint r."""
    talks = np.flatnonzero(demand.label >= 0)
    domain = fabric.joined
    return demand.label[talks].astype(np.int64) * (int(domain.max()) + 1) + domain[talks]


def _least_ratio(fabric: Fabric, tier: Tier, place: NDArray[np.integer], moved: _Bytes, phases: int) -> Floats:
    """Return (phases,) the least capacity / bytes over places, sent and received; infinite where nothing is."""
    n = int(place.max(initial=0)) + 1
    least = np.full(phases, np.inf)
    ends = zip(fabric.end_links(tier), (fabric.tail, fabric.head), moved.ends, moved.sent, strict=True)
    for link, end, who, size in ends:
        capacity = np.bincount(place[end[link]], fabric.capacity[link], n)
        some = size > 0.0
        key = moved.phase[some].astype(np.int64) * n + place[who[some]]
        if phases * n <= DENSE * len(key):
            used = np.bincount(key, size[some], phases * n).reshape(phases, n)
            ratio = np.divide(capacity, used, out=np.full(used.shape, np.inf), where=used > 0.0)
            np.minimum(least, ratio.min(axis=1), out=least)
        else:
            key, row = np.unique(key, return_inverse=True)
            np.minimum.at(least, key // n, capacity[key % n] / np.bincount(row, size[some], len(key)))
    return least


def _sites(
    fabric: Fabric, tail: NDArray[np.int32], head: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the site (E,) of each endpoint and the fewest switch hops (sites, sites) between two.

    A site is a set of leaves that a traffic source may start from: those of the endpoint,
    or of its domain where it may leave through a neighbour.
    """
    place = places(fabric)
    leaves, column = np.unique(head, return_inverse=True)
    pairs = distinct(place[tail].astype(np.int64) * len(leaves) + column)
    owner, column = pairs // len(leaves), pairs % len(leaves)
    first = np.searchsorted(owner, np.arange(int(place.max()) + 1))
    if len(pairs) == len(first):  # one leaf each: the sites are the leaves
        hops = _site_hops(fabric, leaves)
        return column[place], np.where(np.isfinite(hops), hops, 0.0)
    table = np.full((len(first), int(np.bincount(owner).max())), -1, dtype=np.int64)
    table[owner, np.arange(len(pairs)) - first[owner]] = column
    table, site = np.unique(table, axis=0, return_inverse=True)
    hops = _site_hops(fabric, leaves)
    for _ in range(2):  # first over the leaves of one end, then of the other
        hops = np.stack([hops[row[row >= 0]].min(axis=0, initial=np.inf) for row in table]).T
    return site.ravel()[place], np.where(np.isfinite(hops), hops, 0.0)


def _site_hops(fabric: Fabric, leaves: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return (leaves, leaves) the fewest switch links between two leaves; infinite where none lead."""
    links = np.flatnonzero(fabric.is_switch_link)
    base = fabric.n_nodes - int(np.count_nonzero(fabric.kind >= NodeKind.LEAF))
    tail, head = fabric.tail[links] - base, fabric.head[links] - base
    first = np.flatnonzero(changes(tail)) if len(links) else links
    hops = np.full((fabric.n_nodes - base, len(leaves)), np.inf)
    hops[leaves - base, np.arange(len(leaves))] = 0.0
    edge = np.packbits(hops == 0.0, axis=1)  # a bit a leaf: who is one step further is told for eight at once
    known, steps = edge.copy(), 0
    while len(first) and edge.any():
        steps += 1
        further = np.zeros_like(known)
        further[tail[first]] = np.bitwise_or.reduceat(edge[head], first, axis=0)
        edge = further & ~known
        known |= edge
        hops[np.unpackbits(edge, axis=1, count=len(leaves)).astype(bool)] = steps
    return np.asarray(hops[leaves - base])


def _pair_hops(fabric: Fabric, demand: GroupedDemand, site: NDArray[np.int64], hops: NDArray[np.float64]) -> float:
    """Return bytes x fewest switch hops summed over all pairs of a grouped demand that leave their domain."""
    talks = np.flatnonzero(demand.label >= 0)
    drawn = demand.size[demand.kind[talks]]
    total = _quadratic(demand.label[talks], site[talks], hops, drawn)
    if fabric.has_scale_up:
        total -= _quadratic(_group_and_domain(fabric, demand), site[talks], hops, drawn)
    return total


def _quadratic(
    label: NDArray[np.integer], site: NDArray[np.int64], hops: NDArray[np.float64], drawn: NDArray[np.float64]
) -> float:
    """Return the sum of ``hops`` x what the receiver has ``drawn`` over ordered pairs of ranks of equal label."""
    _, row = np.unique(label, return_inverse=True)
    shape = (int(row.max()) + 1, len(hops))
    count, into = (Rows.of(each, row, site, shape) for each in (np.ones(len(row)), drawn))
    block, total = max(1, MAX_DISTANCES // len(hops)), 0.0
    for start in range(0, shape[0], block):
        rows = np.arange(start, min(start + block, shape[0]))
        mine, theirs = into.block(rows), count.block(rows)
        total += float((mine.data * (theirs @ hops)[mine.row, mine.indices]).sum())
    return total
