"""Equal planes: a fabric of several, made of one of them, and what is known of one said of all.

Every endpoint has one port on every plane.  Links lie in sections, each a block of the one plane's as often as there
are planes, but for the ports of endpoints, which take turns, and scale-up links, of which there is one set::

    one     e0: H P      ..   H     leaves   spines
    all     e0: H P P P  ..   H     leaves leaves leaves   spines spines spines
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from topo.fabric import Fabric, NodeKind
from topo.lazy import numpy as np
from topo.moves import Moves
from topo.rows import Rows
from topo.size import Tier

if TYPE_CHECKING:
    from typing import TypeVar

    from numpy.typing import NDArray

    _Number = TypeVar("_Number", bound=np.generic)


#: Under which a fabric remembers what it is made of: it is no field, so what is derived from the fabric lacks it.
_KEPT = "copies"


@dataclass(frozen=True, eq=False)
class Copies:
    """``one`` plane with all endpoints and their scale-up links, and how many ``planes`` like it there are."""

    one: Fabric
    planes: int

    @cached_property
    def inside(self) -> int:
        """Scale-up links of an endpoint, 0 or 1."""
        return int(self.one.has_scale_up)

    @cached_property
    def bounds(self) -> NDArray[np.int64]:
        """(4,) first leaf, spine and core of the one plane, and the end of its nodes."""
        kinds = (NodeKind.LEAF, NodeKind.SPINE, NodeKind.CORE, NodeKind.CORE + 1)
        return self.one.kind.searchsorted(kinds).astype(np.int64)

    def over_links(self, value: NDArray[_Number]) -> NDArray[_Number]:
        """Return (L,) of all planes what ``value`` (L of one,) is of one, or (planes, L of one) of each."""
        each = np.broadcast_to(value, (self.planes, self.one.n_links))
        n, own, edges = self.one.n_endpoints, self.inside + 1, self.one.first[self.bounds]
        result = np.empty(edges[0] + n * (self.planes - 1) + self.planes * (edges[-1] - edges[0]), dtype=value.dtype)
        done = n * (self.inside + self.planes)
        ports = result[:done].reshape(n, self.inside + self.planes)
        ports[:, : self.inside] = each[0, : n * own].reshape(n, own)[:, : self.inside]
        ports[:, self.inside :] = each[:, self.inside : n * own : own].T
        for planes, start, stop in ((1, n * own, edges[0]), *((self.planes, *pair) for pair in pairwise(edges))):
            block = result[done : done + planes * (stop - start)].reshape(planes, stop - start)
            block[:] = each[:planes, start:stop]
            done += block.size
        return result

    def of_planes(self, value: NDArray[_Number]) -> NDArray[_Number]:
        """Return (planes, L of one) what ``value`` (L,) of all planes is of each: the other way round."""
        n, own, edges = self.one.n_endpoints, self.inside + 1, self.one.first[self.bounds]
        result = np.empty((self.planes, self.one.n_links), dtype=value.dtype)
        done = n * (self.inside + self.planes)
        ports, mine = value[:done].reshape(n, self.inside + self.planes), result[:, : n * own]
        for k in range(self.inside):
            mine[:, k::own] = ports[:, k]
        mine[:, self.inside :: own] = ports[:, self.inside :].T
        for planes, start, stop in ((1, n * own, edges[0]), *((self.planes, *pair) for pair in pairwise(edges))):
            size = planes * (stop - start)
            result[:, start:stop] = value[done : done + size].reshape(planes, stop - start)
            done += size
        return result

    def of_first(self, value: NDArray[_Number]) -> NDArray[_Number]:
        """Return (L of one,) what ``value`` (L,) of all planes is of the first, whose links keep their order."""
        n, own, edges = self.one.n_endpoints, self.inside + 1, self.one.first[self.bounds]
        done = n * (self.inside + self.planes)
        parts = [value[:done].reshape(n, self.inside + self.planes)[:, :own].ravel()]
        for planes, start, stop in ((1, n * own, edges[0]), *((self.planes, *pair) for pair in pairwise(edges))):
            parts.append(value[done : done + stop - start])
            done += planes * (stop - start)
        return np.concatenate(parts)

    def rows_of_first(self, rows: Rows) -> Rows:
        """Return (n, L of one) what ``rows`` (n, L) of all planes are of the first."""
        number = np.full(rows.shape[1], -1, dtype=np.int32)
        number[self.of_first(np.arange(len(number)))] = np.arange(self.one.n_links)
        link = number[rows.indices]
        kept = np.flatnonzero(link >= 0)
        first = np.searchsorted(kept, rows.indptr)
        return Rows(rows.data[kept], link[kept], first, (rows.shape[0], self.one.n_links))

    def over_nodes(self, value: NDArray[_Number]) -> NDArray[_Number]:
        """Return (N,) of all planes what ``value`` (N of one,) is of one, or (planes, N of one) of each."""
        each = np.broadcast_to(value, (self.planes, self.one.n_nodes))
        switches = (each[:, a:b].ravel() for a, b in pairwise(self.bounds))
        return np.concatenate([each[0, : self.bounds[0]], *switches])

    @cached_property
    def numbers(self) -> NDArray[np.int32]:
        """(planes, N of one) number that each node of a plane has among those of all."""
        base, count = self.bounds[0], np.diff(self.bounds)
        number = np.tile(np.arange(self.one.n_nodes), (self.planes, 1))
        shift = (self.planes - 1) * (self.bounds[:-1] - base) + np.arange(self.planes)[:, np.newaxis] * count
        number[:, base:] += np.repeat(shift, count, axis=1)
        return number.astype(np.int32)


def copies_of(fabric: Fabric) -> Copies | None:
    """Return the one plane that all planes of ``fabric`` are copies of; None where it was not made so, or changed."""
    found: Copies | None = vars(fabric).get(_KEPT)
    return found


def copied(one: Fabric, planes: int) -> Fabric | None:
    """Return the fabric of ``planes`` planes like ``one``; None unless each endpoint has one port on it.

    It is what ``from_cables`` makes of the cables of all planes, plane by plane, and those inside hosts.
    """
    copies = Copies(one, planes)
    n, inside = one.n_endpoints, copies.inside
    tiers = one.tier[inside : n * (inside + 1) : inside + 1]  # scale-up switches have lower numbers than leaves
    if (np.diff(one.first[: n + 1]) != inside + 1).any() or (tiers != Tier.ENDPOINT).any():
        return None
    plane = np.arange(planes)[:, np.newaxis]
    degree = copies.over_nodes(np.diff(one.first))
    degree[:n] = inside + planes
    cable, medium = _cables(copies)
    fabric = replace(
        one,
        kind=copies.over_nodes(one.kind),
        plane=copies.over_nodes(np.where(one.kind < NodeKind.LEAF, -1, plane).astype(one.plane.dtype)),
        group=copies.over_nodes(_groups(one.group, plane)),
        tail=np.repeat(np.arange(len(degree), dtype=one.tail.dtype), degree),
        head=copies.over_links(copies.numbers[:, one.head]),
        first=np.concatenate([[0], np.cumsum(degree)]).astype(one.first.dtype),
        capacity=copies.over_links(one.capacity),
        latency=copies.over_links(one.latency),
        weight=copies.over_links(one.weight),
        tier=copies.over_links(one.tier),
        cable=cable,
        medium=medium,
        symmetry=(),
    )
    vars(fabric)[_KEPT] = copies
    return fabric


def _groups(group: NDArray[np.int32], plane: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return (planes, N of one) groups that are numbered plane by plane; endpoints are in those of the first."""
    return np.where(group < 0, -1, group + plane * (int(group.max(initial=-1)) + 1)).astype(group.dtype)


def _cables(copies: Copies) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Return number and medium of cables: those of the network plane by plane, then those inside hosts."""
    one, planes = copies.one, copies.planes
    n = one.n_cables - one.n_endpoints * copies.inside
    inside = (one.tier == Tier.SCALE_UP)[np.newaxis]
    step = np.arange(planes, dtype=one.cable.dtype)[:, np.newaxis] * n
    cable = copies.over_links(one.cable + np.where(inside, step[-1], step))
    return cable, np.concatenate([np.tile(one.medium[:n], planes), one.medium[n:]])


def with_moves(fabric: Fabric, moves: Moves) -> Fabric:
    """Return ``fabric`` with the automorphisms ``moves``."""
    found = replace(fabric, symmetry=moves)
    vars(found)[_KEPT] = copies_of(fabric)
    return found
