"""SimGrid platform XML with an explicit route for each pair of endpoints that sends.

Every direction of a cable is a link of its own; routes go one way.  Traffic inside a host has its route too.

Limits.  SimGrid sends nothing before the latency of a path is over and gives flows rates by its inverse, where times
here add it at the end: flows that share links have SimGrid's times where their paths take one time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from topo.fabric import Fabric
from topo.formats.errors import FormatError
from topo.routing.operator import Routing
from traffic.demand import Demand, GroupedDemand

#: Pairs that a platform has routes for.
MOST_ROUTES = 2_000_000
#: A share that makes a path the only one.
WHOLE = 1 - 1e-9


def write(fabric: Fabric, demand: Demand | GroupedDemand, routing: Routing) -> str:
    """Return ``fabric`` with the routes of ``demand`` under ``routing``, which takes one path a pair.

    Raises FormatError for a routing that splits a commodity, and for too many pairs.
    """
    if isinstance(demand, GroupedDemand):
        demand = demand.listed()
    return "\n".join(_written(fabric, demand, routing)) + "\n"


def _written(fabric: Fabric, demand: Demand, routing: Routing) -> Iterator[str]:
    columns = routing.columns()
    if columns is None or demand.n_commodities > MOST_ROUTES:
        raise FormatError(f"{fabric.name}: too many routes; a platform has up to {MOST_ROUTES} pairs")
    matrix = columns.tocsc()
    if len(matrix.data) and matrix.data.min() < WHOLE:
        raise FormatError(f"policy {routing.policy} splits flows over paths; a route is one: take ecmp-hash or static")
    yield "<?xml version='1.0'?>"
    yield '<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">'
    yield '<platform version="4.1">'
    yield '<zone id="all" routing="Full">'
    ends = np.unique(np.concatenate([demand.src, demand.dst]))
    yield from (f'<host id="e{end}" speed="1Gf"/>' for end in ends.tolist())
    for link in np.unique(matrix.indices).tolist():
        rate, latency = float(fabric.capacity[link]), float(fabric.latency[link])
        yield f'<link id="l{link}" bandwidth="{rate!r}Bps" latency="{latency!r}s"/>'
    _, first = np.unique(demand.src * fabric.n_endpoints + demand.dst, return_index=True)
    for f in np.sort(first).tolist():
        path = _path(fabric, matrix.indices[matrix.indptr[f] : matrix.indptr[f + 1]].tolist(), int(demand.src[f]))
        links = "".join(f'<link_ctn id="l{link}"/>' for link in path)
        yield f'<route src="e{demand.src[f]}" dst="e{demand.dst[f]}" symmetrical="NO">{links}</route>'
    yield "</zone>"
    yield "</platform>"


def _path(fabric: Fabric, links: list[int], src: int) -> list[int]:
    """Return ``links`` in the order in which they are walked from ``src``."""
    leaves = {int(fabric.tail[link]): link for link in links}
    path, node = [], src
    while node in leaves:
        path.append(leaves.pop(node))
        node = int(fabric.head[path[-1]])
    return path
