r"""Hosts and scale-up domains: which server an endpoint belongs to, and which endpoints one scale-up switch joins.

Both hold consecutive endpoints, the last one maybe fewer.  A domain is one host, unless
``scale_up_domain`` says how many endpoints it joins: 72 as 18 trays of 4, say::

    scale-up        H          H               one a domain: NVLink, Infinity Fabric
                  / | \      / | \
    endpoint     0  1  2    3  4  5
                 |  |  |    |  |  |            to leaves
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from topo.generators.wiring import GeneratorError, Wiring, whole
from topo.lazy import numpy as np
from topo.rules import NodeKind
from topo.size import Tier

if TYPE_CHECKING:
    from typing import Any, TypeVar

    from numpy.typing import NDArray

    _Int = TypeVar("_Int", bound=np.integer[Any])


@dataclass(frozen=True)
class Inside:
    """How many consecutive endpoints a host has, and a scale-up domain."""

    host: int
    domain: int

    @classmethod
    def of(cls, endpoints_per_host: int, scale_up_domain: int | None) -> Inside:
        """Return the numbers; a domain is one host where None is given.

        Raises GeneratorError where hosts and domains do not nest.
        """
        host = whole(endpoints_per_host, "endpoints_per_host")
        domain = host if scale_up_domain is None else whole(scale_up_domain, "scale_up_domain")
        if domain % host and host % domain:
            near = tuple(n for n in (domain - domain % host, domain - domain % host + host) if n)
            raise GeneratorError(
                f"scale_up_domain: a domain joins whole hosts, or hosts hold whole domains; got {domain} endpoints "
                f"with endpoints_per_host={host}. Take {' or '.join(map(str, near))}",
                tuple(f"scale_up_domain={n}" for n in near),
            )
        return cls(host, domain)


def blocks(endpoints: int, each: int) -> NDArray[np.int32]:
    """Return (endpoints,) the host or domain of each endpoint, where one has ``each``."""
    return np.arange(endpoints, dtype=np.int32) // each


def with_scale_up(network: Wiring, each: int) -> Wiring:
    """Return ``network`` with one more switch for ``each`` endpoints that joins them; it serves all planes."""
    n = network.n_endpoints
    domain = blocks(n, each)
    more = int(domain[-1]) + 1 if n else 0
    a, b = (np.where(end < n, end, end + more).astype(np.int32) for end in (network.a, network.b))
    return replace(
        network,
        kind=_insert(network.kind, n, more, NodeKind.SCALE_UP),
        plane=_insert(network.plane, n, more, -1),
        group=_insert(network.group, n, more, -1),
        a=np.concatenate([a, np.arange(n, dtype=np.int32)]),
        b=np.concatenate([b, n + domain]),
        tier=_insert(network.tier, len(network.tier), n, Tier.SCALE_UP),
        weight=_insert(network.weight, len(network.weight), n, 1),
    )


def _insert(values: NDArray[_Int], at: int, n: int, value: int) -> NDArray[_Int]:
    return np.concatenate([values[:at], np.full(n, value, dtype=values.dtype), values[at:]])
