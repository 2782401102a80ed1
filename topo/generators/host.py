r"""Hosts: which server an endpoint belongs to, and the scale-up switch inside.

Hosts hold consecutive endpoints, the last one maybe fewer::

    scale-up        H          H          one a host: NVLink, Infinity Fabric
                  / | \      / | \
    endpoint     0  1  2    3  4  5
                 |  |  |    |  |  |       to leaves
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from topo.fabric import NodeKind
from topo.generators.wiring import Wiring
from topo.size import Tier

_Int = TypeVar("_Int", bound=np.integer[Any])


def hosts(endpoints: int, endpoints_per_host: int) -> NDArray[np.int32]:
    """Return (endpoints,) the host of each endpoint."""
    return np.arange(endpoints, dtype=np.int32) // endpoints_per_host


def with_scale_up(network: Wiring, endpoints_per_host: int) -> Wiring:
    """Return ``network`` with one more switch a host that joins its endpoints; it serves all planes."""
    n = network.n_endpoints
    host = hosts(n, endpoints_per_host)
    n_hosts = int(host[-1]) + 1 if n else 0
    a, b = (np.where(end < n, end, end + n_hosts).astype(np.int32) for end in (network.a, network.b))
    return replace(
        network,
        kind=_insert(network.kind, n, n_hosts, NodeKind.SCALE_UP),
        plane=_insert(network.plane, n, n_hosts, -1),
        group=_insert(network.group, n, n_hosts, -1),
        a=np.concatenate([a, np.arange(n, dtype=np.int32)]),
        b=np.concatenate([b, n + host]),
        tier=_insert(network.tier, len(network.tier), n, Tier.SCALE_UP),
        weight=_insert(network.weight, len(network.weight), n, 1),
    )


def _insert(values: NDArray[_Int], at: int, n: int, value: int) -> NDArray[_Int]:
    return np.concatenate([values[:at], np.full(n, value, dtype=values.dtype), values[at:]])
