"""Automorphisms: the permutations of nodes that a family knows to change nothing.

A family states permutations of the switches of one plane.  Here they are lifted
to all planes and their endpoints, joined by those that every network has (the
ports of a leaf, the planes), and tested: what a partial population or the hosts
break is dropped, so what is returned holds.

Endpoints go with their switch, port by port.  Where there are scale-up switches,
an automorphism maps domains onto domains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topo.fabric import Fabric
from topo.generators.planes import numbers
from topo.generators.wiring import Wiring
from topo.lazy import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def automorphisms(
    fabric: Fabric,
    plane: Wiring,
    switches: Iterable[NDArray[np.int64]],
    *,
    planes: int,
    nic: str,
    together: int,
) -> Iterator[NDArray[np.int32]]:
    """Yield the known automorphisms of ``fabric``, each (N,) node to node: generators of a group.

    ``fabric`` holds ``planes`` copies of ``plane``; ``switches`` are permutations (switches,) of one
    plane that may be automorphisms of it.  ``together`` are the endpoints of a domain on one plane.
    """
    maps = np.stack([numbers(plane, planes, nic, i) for i in range(planes)])
    ports = _Ports.of(plane)

    def holds(local: NDArray[np.int64] | None, shift: int = 0) -> list[NDArray[np.int32]]:
        lifted = None if local is None else _lift(fabric, maps, local, shift)
        return [lifted] if lifted is not None and fabric.is_automorphism(lifted) else []

    for to in switches:
        yield from holds(ports.moved(to))
    # A rotation of all ports of a leaf makes those of whole domains, and inside domains, superfluous.
    yield from holds(ports.rotated(1)) or [
        found for local in (ports.rotated(together), ports.rotated_inside(together)) for found in holds(local)
    ]
    if planes > 1:
        yield from holds(np.arange(len(plane.kind)), shift=1)


@dataclass(frozen=True)
class _Ports:
    """The endpoints of one plane by leaf: those of leaf s are ``endpoint[start[s]:start[s + 1]]``."""

    leaf: NDArray[np.int64]  # (E,) switch of each endpoint
    rank: NDArray[np.int64]  # (E,) how many endpoints of the leaf come before
    endpoint: NDArray[np.int64]  # (E,) leaf by leaf
    start: NDArray[np.int64]  # (switches + 1,)

    @classmethod
    def of(cls, plane: Wiring) -> _Ports:
        n = plane.n_endpoints
        # A family's wiring lists the cables of endpoints first, in their order.
        leaf = plane.b[:n].astype(np.int64) - n
        endpoint = np.argsort(leaf, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(leaf, minlength=len(plane.kind) - n))])
        rank = np.empty(n, dtype=np.int64)
        rank[endpoint] = np.arange(n) - start[leaf[endpoint]]
        return cls(leaf, rank, endpoint, start)

    @property
    def count(self) -> NDArray[np.int64]:
        """(switches,) endpoints of each switch."""
        return np.diff(self.start)

    def moved(self, to: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Return the permutation of the plane's nodes that moves switch s to ``to[s]``; None if it moves nothing.

        None too where a switch would meet one with another number of endpoints.
        """
        if np.array_equal(to, np.arange(len(to))) or not np.array_equal(self.count[to], self.count):
            return None
        return np.concatenate([self.endpoint[self.start[to[self.leaf]] + self.rank], len(self.leaf) + to])

    def rotated(self, step: int) -> NDArray[np.int64] | None:
        """Return the permutation that moves every endpoint ``step`` ports on, round its leaf."""
        return self._within((self.rank + step) % self.count[self.leaf])

    def rotated_inside(self, block: int) -> NDArray[np.int64] | None:
        """Return the permutation that moves every endpoint one port on, round its block; None if one is cut."""
        if (self.count % block).any():
            return None
        return self._within(self.rank // block * block + (self.rank + 1) % block)

    def _within(self, rank: NDArray[np.int64]) -> NDArray[np.int64] | None:
        if np.array_equal(rank, self.rank):
            return None
        switches = len(self.leaf) + np.arange(len(self.start) - 1)
        return np.concatenate([self.endpoint[self.start[self.leaf] + rank], switches])


def _lift(fabric: Fabric, maps: NDArray[np.int32], local: NDArray[np.int64], shift: int) -> NDArray[np.int32] | None:
    """Return the permutation of all nodes that is ``local`` in every plane, plane i going to plane i + ``shift``.

    ``maps`` (planes, N of one plane) are numbers without scale-up switches.  None where a domain would be torn.
    """
    everywhere = np.empty(int(maps.max()) + 1, dtype=np.int32)
    for i, here in enumerate(maps):
        everywhere[here] = maps[(i + shift) % len(maps)][local]
    if not fabric.has_scale_up:
        return everywhere
    n, n_domains = fabric.n_endpoints, fabric.n_domains
    domain = np.full(n_domains, -1, dtype=np.int32)
    domain[fabric.domain] = fabric.domain[everywhere[:n]]
    if not np.array_equal(domain[fabric.domain], fabric.domain[everywhere[:n]]):
        return None
    return np.concatenate([everywhere[:n], n + domain, n_domains + everywhere[n:]])
