"""What happens between two endpoints: links and their shares, the paths they make up, the bottleneck."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric, NodeKind, Tier
from topo.flow import DEFAULT_POLICY, route
from topo.routing.operator import RoutingError
from topo.source import called
from topo.units import gbps
from traffic.demand import Demand, DemandError

#: Paths that are listed; the share of the rest is told.
MAX_PATHS = 16
#: A share below this is rounding.
_LEAST_SHARE = 1e-12


def explain_pair(fabric: Fabric, *, src: int, dst: int, policy: str = DEFAULT_POLICY, **params: Any) -> dict[str, Any]:
    """Return how ``policy`` carries one commodity from endpoint ``src`` to ``dst``, alone on the fabric.

    Keys: ``end_hosts``, ``end_domains`` of both, ``links`` (tail, head, tier, plane, share,
    capacity_gbps), ``paths`` (share, hops, latency_s, nodes; at most MAX_PATHS, ``unlisted_share``
    for the others), ``hops`` (mean over shares), ``latency_s``, ``rate_gbps`` (least capacity /
    share), ``bottleneck``.

    The paths are one way to take the shares apart, largest first; several ways may give the
    same shares.

    Raises DemandError for an endpoint that does not exist, NotConnected where no path leads.
    """
    for name, endpoint in (("src", src), ("dst", dst)):
        if not 0 <= endpoint < fabric.n_endpoints:
            last = fabric.n_endpoints - 1
            raise DemandError(f"{name}: endpoint {endpoint} does not exist; {fabric.name} has 0 to {last}")
    pair = Demand.of("pair", fabric.n_endpoints, src=[src], dst=[dst], size=1.0)
    routing = route(fabric, pair, policy, **params)
    columns = routing.columns()
    if columns is None:
        raise RoutingError(f"{policy}: has no explicit shares on {fabric.name}; choose a smaller fabric")
    share = np.asarray(columns.todense()).ravel()
    used = np.flatnonzero(share > _LEAST_SHARE)
    rate = fabric.capacity[used] / share[used]
    paths = _paths(fabric, share, src, dst)
    listed = sum(part for part, _ in paths)
    return {
        "src": src,
        "dst": dst,
        "end_hosts": fabric.host[[src, dst]].tolist(),
        "end_domains": fabric.domain[[src, dst]].tolist(),
        "policy": routing.policy,
        "hops": float(share.sum()),
        "latency_s": float(share @ fabric.latency) + fabric.overhead,
        "rate_gbps": gbps(float(rate.min())),
        "bottleneck": _link(fabric, int(used[int(np.argmin(rate))]), share),
        "paths": [_path(fabric, part, links, src) for part, links in paths],
        "unlisted_share": max(0.0, 1.0 - listed) if 1.0 - listed > 1e-9 else 0.0,
        "links": [_link(fabric, int(link), share) for link in used],
    }


def node_label(fabric: Fabric, node: int) -> str:
    """Return what people call a node: as its file does, else its kind and number, and its plane of several."""
    plane = int(fabric.plane[node])
    shown = fabric.source is None and fabric.n_planes > 1 and plane >= 0 and fabric.kind[node] != NodeKind.ENDPOINT
    return called(fabric.source, fabric.kind, node) + (f" (plane {plane})" if shown else "")


def _paths(fabric: Fabric, share: NDArray[np.float64], src: int, dst: int) -> list[tuple[float, list[int]]]:
    """Return (share, links) of up to MAX_PATHS paths: follow the largest share left, take it off, repeat."""
    left = share.copy()
    found: list[tuple[float, list[int]]] = []
    while len(found) < MAX_PATHS:
        links = _walk(fabric, left, src, dst)
        if not links:
            break
        part = float(left[links].min())
        left[links] -= part
        found.append((part, links))
    return found


def _walk(fabric: Fabric, left: NDArray[np.float64], src: int, dst: int) -> list[int]:
    """Return links from ``src`` to ``dst`` along the largest shares left; none where they have run out."""
    node = src
    links: list[int] = []
    for _ in range(fabric.n_nodes):
        if node == dst:
            return links
        out = np.arange(fabric.first[node], fabric.first[node + 1])
        if not len(out) or left[out].max() <= _LEAST_SHARE:
            return []
        links.append(int(out[np.argmax(left[out])]))
        node = int(fabric.head[links[-1]])
    return []


def _path(fabric: Fabric, part: float, links: list[int], src: int) -> dict[str, Any]:
    return {
        "share": part,
        "hops": len(links),
        "latency_s": float(fabric.latency[links].sum()) + fabric.overhead,
        "nodes": [node_label(fabric, node) for node in [src, *fabric.head[links].tolist()]],
    }


def _link(fabric: Fabric, link: int, share: NDArray[np.float64]) -> dict[str, Any]:
    tail, head = int(fabric.tail[link]), int(fabric.head[link])
    return {
        "tail": node_label(fabric, tail),
        "head": node_label(fabric, head),
        "tier": Tier(fabric.tier[link]).label,
        "plane": int(max(fabric.plane[tail], fabric.plane[head])),
        "share": float(share[link]),
        "capacity_gbps": gbps(float(fabric.capacity[link])),
    }
