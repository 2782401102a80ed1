r"""Planes: disjoint copies of one network, and how endpoints reach them.

``nic="single-plane"``: an endpoint has one port.  Endpoint e = local p + plane,
so neighbours in a host sit on neighbouring planes and the other planes are
reached through them, over scale-up links; p planes serve p times the endpoints::

    switches     plane 0      plane 1      plane 0      plane 1
                  | |          | |            \   \     /   /
    endpoint      0 2          1 3              0        1
                  single-plane                  multi-port

``nic="multi-port"``: every endpoint has a port on every plane and sprays over
all; p planes serve the endpoints of one [1]_.

.. [1] C. Zhao et al., Insights into DeepSeek-V3, ISCA 2025, sec. 5.1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from topo.generators.host import Inside
from topo.generators.wiring import MOST_ENDPOINTS, GeneratorError, Wiring, whole
from topo.lazy import numpy as np
from topo.rules import NodeKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: How endpoints reach planes.
NICS = ("multi-port", "single-plane")

#: As many planes as a node's int16 can number.
MOST_PLANES = 32_767


def copies(plane: Wiring, planes: int, nic: str) -> Wiring:
    """Return ``planes`` copies of the network ``plane``; nodes of equal kind are numbered plane by plane."""
    if planes == 1:
        return plane
    maps = np.stack([numbers(plane, planes, nic, i) for i in range(planes)])
    n_nodes = int(maps.max()) + 1
    kind, group = np.zeros(n_nodes, dtype=np.int8), np.full(n_nodes, -1, dtype=np.int32)
    number = np.full(n_nodes, -1, dtype=np.int16)
    groups = int(plane.group.max(initial=-1)) + 1
    # Last plane first: endpoints that sit on all planes keep the group that plane 0 gives them.
    for i in reversed(range(planes)):
        kind[maps[i]], number[maps[i]] = plane.kind, i
        group[maps[i]] = np.where(plane.group < 0, -1, plane.group + i * groups)
    if nic == "multi-port":
        number[: plane.n_endpoints] = -1
    return replace(
        plane,
        kind=kind,
        plane=number,
        group=group,
        a=maps[:, plane.a].ravel(),
        b=maps[:, plane.b].ravel(),
        tier=np.tile(plane.tier, planes),
        weight=np.tile(plane.weight, planes),
    )


def of_one_plane(endpoints: int | None, inside: Inside, planes: int, nic: str) -> tuple[int | None, Inside]:
    """Return the endpoints of one plane, and how many of them a host and a domain of ``inside`` have there.

    Raises GeneratorError for an unknown ``nic``, for a number of planes that does not divide the
    endpoints of a domain (domains would fall into islands) or the endpoints, or lies unevenly on hosts.
    """
    whole(planes, "planes", most=MOST_PLANES)
    if nic not in NICS:
        raise GeneratorError(f"nic: {nic!r} is unknown; known: {', '.join(NICS)}")
    if endpoints is not None:
        whole(endpoints, "endpoints", most=MOST_ENDPOINTS)
    if nic == "multi-port":
        return endpoints, inside
    _check_reach(inside, planes)
    local = Inside(max(1, inside.host // planes), inside.domain // planes)
    if endpoints is None:
        return None, local
    if endpoints % planes:
        below = endpoints - endpoints % planes
        near = tuple(n for n in (below, below + planes) if n)
        raise GeneratorError(
            f"endpoints: {planes} planes share them evenly; {endpoints} is no multiple of {planes}, "
            f"{' and '.join(map(str, near))} {'are' if len(near) > 1 else 'is'}",
            tuple(f"endpoints={n}" for n in near),
        )
    return endpoints // planes, local


def _check_reach(inside: Inside, planes: int) -> None:
    """Raise GeneratorError unless every domain reaches every plane, and all hosts lie alike on them."""
    host, domain = inside.host, inside.domain

    def fits(n: int) -> bool:
        return domain % n == 0 and (host % n == 0 or n % host == 0)

    if fits(planes):
        return
    alone = host == domain
    what, key = ("host", "endpoints_per_host") if alone else ("scale-up domain", "scale_up_domain")
    also = "" if alone else " and is a divisor or a multiple of endpoints_per_host"
    given = f"endpoints_per_host={host}" + ("" if alone else f", scale_up_domain={domain}")
    allowed = ", ".join(str(n) for n in range(1, domain + 1) if fits(n))
    raise GeneratorError(
        f"planes: with nic=single-plane every {what} must reach every plane, so planes divides {key}{also}; "
        f"got planes={planes}, {given}. Take planes from {allowed}, or nic=multi-port"
    )


def numbers(plane: Wiring, planes: int, nic: str, i: int) -> NDArray[np.int32]:
    """Return (N,) the number that each node of copy ``i`` has among all copies."""
    n_endpoints, n_nodes = plane.n_endpoints, len(plane.kind)
    if nic == "multi-port":
        endpoint, all_endpoints = np.arange(n_endpoints), n_endpoints
    else:
        endpoint, all_endpoints = np.arange(n_endpoints) * planes + i, n_endpoints * planes
    bounds = np.searchsorted(plane.kind, [NodeKind.LEAF, NodeKind.SPINE, NodeKind.CORE, NodeKind.CORE + 1])
    counts = np.diff(bounds)
    shift = all_endpoints + planes * (bounds[:-1] - n_endpoints) + i * counts - bounds[:-1]
    switch = np.arange(n_endpoints, n_nodes) + np.repeat(shift, counts)
    return np.concatenate([endpoint, switch]).astype(np.int32)
