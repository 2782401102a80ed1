"""What a fabric is, before any traffic: counts, distances, oversubscription, bisection."""

from __future__ import annotations

from typing import Any

import numpy as np

from topo.copies import copies_of
from topo.fabric import Fabric, NodeKind, Tier
from topo.metrics.bisection import bisect
from topo.metrics.cabling import cabling_findings
from topo.metrics.distances import Switches, endpoint_distances, switch_distances


def structure(fabric: Fabric, *, intact: bool = True) -> dict[str, Any]:
    """Return the structure of ``fabric`` as plain scalars.

    Hops count cables, endpoint cables included; paths run over switches, never through a host.
    ``mean_hops`` and ``diameter`` are over pairs of endpoints that switches connect,
    ``mean_switch_hops`` and ``switch_diameter`` over pairs of switches of a plane; None where
    there is no such pair.  ``findings`` says in words what a reader must know.  Bisection and findings about
    cables are those of a plan: they are left out where the fabric is not ``intact``.
    """
    size = fabric.size
    one = plane_of(fabric)
    known = Switches.of(one)
    between, switches = endpoint_distances(one, known), switch_distances(one, known)
    about_cables = cabling_findings(fabric) if intact else []
    cut = bisect(fabric) if intact else None
    return {
        "endpoints": size.endpoints,
        "hosts": fabric.n_hosts,
        "domains": fabric.n_domains,
        "switches": size.switches,
        "leaves": int(np.count_nonzero(fabric.kind == NodeKind.LEAF)),
        "switch_links": size.switch_links,
        "endpoint_links": size.endpoint_links,
        "planes": fabric.n_planes,
        "radix": size.radix,
        "diameter": between.diameter,
        "mean_hops": between.mean,
        "unconnected_pairs": round(between.unconnected),
        "switch_diameter": switches.diameter,
        "mean_switch_hops": switches.mean,
        "oversubscription": oversubscription(one),
        "bisection_per_endpoint": cut and cut.per_endpoint,
        "bisection_bound": cut and cut.bound,
        "bisection_method": cut and cut.method,
        "findings": _findings(fabric, between.unconnected, between.diameter) + about_cables,
    }


def plane_of(fabric: Fabric) -> Fabric:
    """Return what is as wide, as deep and as tapered as ``fabric``: one plane where all are copies of it."""
    copies = copies_of(fabric)
    return fabric if copies is None else copies.one


def oversubscription(fabric: Fabric) -> dict[str, float]:
    """Return the down capacity over the up capacity of each tier of a tree; 1 is non-blocking.

    The key is the tier of the up-links: ``leaf-spine`` compares the endpoint ports of the
    leaves with their uplinks.  Links between switches of one level, as in direct networks,
    are neither up nor down: no tier, no entry.
    """
    below, above = fabric.kind[fabric.tail], fabric.kind[fabric.head]
    network = fabric.tier >= Tier.ENDPOINT
    ratio = {}
    for tier, level in ((Tier.LEAF_SPINE, NodeKind.LEAF), (Tier.SPINE_CORE, NodeKind.SPINE)):
        up = float(fabric.capacity[network & (below == level) & (above > level)].sum())
        down = float(fabric.capacity[network & (below == level) & (above < level)].sum())
        if up:
            ratio[tier.label] = down / up
    return ratio


def _findings(fabric: Fabric, unconnected: float, diameter: int | None) -> list[str]:
    ends = fabric.first[: fabric.n_endpoints + 1]
    has_port = np.zeros(fabric.n_endpoints, dtype=bool)
    has_port[fabric.tail[: ends[-1]][fabric.tier[: ends[-1]] == Tier.ENDPOINT]] = True
    bare = np.flatnonzero(~has_port)
    found = []
    if len(bare):
        found.append(f"{len(bare)} endpoints have no port, endpoint {bare[0]} the first")
    if diameter is None:
        found.append("no two endpoints are connected through switches, so hops are undefined")
    elif unconnected and fabric.n_planes > 1:
        found.append(
            f"{unconnected:,.0f} ordered pairs of endpoints share no plane: they meet through their "
            f"{fabric.domain_word}s, and hops leave them out (relay: {fabric.relay})"
        )
    elif unconnected:
        found.append(f"{unconnected:,.0f} ordered pairs of endpoints are not connected; hops leave them out")
    return found
