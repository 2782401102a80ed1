"""Bounds: what no routing on a network can pass under all-to-all traffic, from its parts list alone.

Each endpoint sends the same to all others of its group.  Those that it reaches without a cable between switches are
at most those of its leaf, of the leaves of those that relay where a NIC is on one plane, and its own scale-up network.
What is left needs a cable up from the leaf in a tree, a cable between groups in a dragonfly, and in any network one
cable to a switch that is a neighbour and two or more to all others (Moore).  None of it can carry more than it has.
"""

from __future__ import annotations

from dataclasses import dataclass

from topo.size import Groups, Size, Tier


@dataclass(frozen=True)
class AllToAll:
    """Traffic in which everyone sends the same to everyone else in groups of one size."""

    group: int  # ranks that exchange
    domain: int = 1  # endpoints that a scale-up network joins; 1 for none


def most_throughput(size: Size, traffic: AllToAll, *, shared: bool) -> float:
    """Return a bound on throughput over what network ports allow; infinity where nothing bounds it.

    ``shared`` says that every endpoint has a port on every plane.

    >>> from topo.generators import size_of
    >>> round(most_throughput(size_of("slim-fly", q=5), AllToAll(200), shared=False), 4)  # ECMP reaches it
    0.9567
    """
    if not size.leaf_endpoints or traffic.group < 2 or size.endpoints < traffic.group:
        return float("inf")
    count = dict.fromkeys(Tier, 0)
    for tier, _, n in size.cables:
        count[tier] += n
    planes = 1 if shared else size.planes
    relays = planes * -(-traffic.domain // planes) if planes > 1 else 1  # ports that traffic may leave by
    near, beside = relays * size.leaf_endpoints, traffic.domain - 1
    far = size.endpoints * max(0, traffic.group - near - beside)  # pairs that need a cable between switches
    loads: list[tuple[int, float]] = [(count[Tier.LEAF_SPINE], far)] if count[Tier.LEAF_SPINE] else []
    if not count[Tier.LEAF_SPINE]:
        links = size.switch_links / (size.planes if shared else 1)
        adjacent = min(far, 2 * links * relays * size.leaf_endpoints**2)
        loads.append((2 * size.switch_links, 2 * far - adjacent))
    if size.groups == Groups.DRAGONFLY and size.group_count:
        mine = near * -(-size.leaves // size.group_count)
        loads.append((2 * count[Tier.GLOBAL], size.endpoints * max(0, traffic.group - mine - beside)))
    each = size.endpoint_links / (size.endpoints * (traffic.group - 1))  # what a pair takes of a port at full rate
    return min((cables / (pairs * each) for cables, pairs in loads if pairs > 0), default=float("inf"))
