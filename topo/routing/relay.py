"""Legs through scale-up domains: what leaves the network's reach goes over scale-up links first or last.

Inside a scale-up domain traffic stays on scale-up links.  Between endpoints that share no
plane it goes by a neighbour: ``source`` over scale-up to the NICs of the sender's domain on the
destination's plane, then the network; ``destination`` over the sender's plane to the
receiver's domain, then scale-up; ``split`` half each way.  An endpoint that lost its port is
served evenly by all NICs of its domain that the other side can reach; where the relay's own side
has no NIC left on the plane, the other side relays.  Where neither can, both do: on every plane where
both domains have a NIC, evenly over the NICs of the side that does not relay by itself::

    sender's domain     NIC on planes 0, 1, 3        sender on 3, receiver on 2: 2 lost there, 3 lost here,
    receiver's domain   NIC on planes 0, 1, 2        so half goes on plane 0 and half on plane 1

With ``spread`` all traffic between domains goes by all NICs of both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from topo.lazy import sparse
from topo.routing.access import Access, refusal
from topo.routing.all_nics import legs_by_all, not_by_all
from topo.routing.network import Network, added
from topo.routing.operator import MAX_ENTRIES, FactSheet, Floats, Ints, NotConnected, Routing
from topo.rows import Rows
from traffic.demand import Demand

if TYPE_CHECKING:
    from scipy.sparse import csc_array

#: Relay -> whether the sender's domain relays, for each part of the traffic.
_SIDES = {"source": (True,), "destination": (False,), "split": (True, False), "none": (True,)}


@dataclass(frozen=True, eq=False)
class Legs:
    """Ways of commodities through the network, row by row: ``share`` of commodity ``row`` enters at ``nic``."""

    row: Ints
    nic: Ints  # endpoint whose port it leaves by
    out: Ints  # endpoint whose port it arrives by
    share: Floats

    @staticmethod
    def none() -> Legs:
        """Return no legs."""
        empty = np.zeros(0, dtype=np.int64)
        return Legs(empty, empty, empty, np.zeros(0))

    @staticmethod
    def joined(parts: list[Legs]) -> Legs:
        """Return the legs of all ``parts``."""
        return Legs(*(np.concatenate([getattr(p, key) for p in parts]) for key in ("row", "nic", "out", "share")))


@dataclass(frozen=True, eq=False)
class RelayRouting(FactSheet):
    """Legs composed: ``inner`` routes between NICs, explicit shares cover scale-up links."""

    inner: Routing
    legs: Rows  # (inner commodities, F) share of each commodity on each network leg
    hosts: Rows  # (L, F) shares of scale-up links

    @property
    def policy(self) -> str:
        """Name of the policy that routes the network legs."""
        return self.inner.policy

    @property
    def several(self) -> bool:
        """Whether commodities have several queue pairs, each with a path and a fair rate of its own."""
        return isinstance(self.inner, FactSheet) and self.inner.several

    def load(self, rate: Floats) -> Floats:
        """Return (L,) R @ rate."""
        return np.asarray(self.inner.load(self.legs @ rate) + self.hosts @ rate)

    def sum_along(self, value: Floats) -> Floats:
        """Return (F,) value @ R."""
        value = np.asarray(value, dtype=np.float64)
        return np.asarray(self.inner.sum_along(value) @ self.legs + value @ self.hosts)

    def min_along(self, value: Floats) -> Floats:
        """Return (F,) least ``value`` over links with R > 0."""
        value = np.asarray(value, dtype=np.float64)
        on_hosts = least_stored(self._hosts_of, value)
        return np.minimum(least_stored(self._legs_of, self.inner.min_along(value)), on_hosts)

    def columns(self) -> csc_array | None:
        """Return R (L, F), or None where it has more than MAX_ENTRIES entries."""
        inner = self.inner.columns()
        return None if inner is None else self.composed(inner, np.arange(self.hosts.shape[0]))

    def composed(self, inner: csc_array, links: Ints) -> csc_array | None:
        """Return R (L, F) of ``inner``, the columns of legs, or the rows of ``links`` alone, if those of legs are."""
        per_leg = np.diff(inner.indptr)
        if per_leg @ np.diff(self.legs.indptr) > MAX_ENTRIES:
            return None
        kept = np.zeros(self.hosts.shape[0], dtype=bool)
        kept[links] = True
        here = np.flatnonzero(kept[self.hosts.row])
        entries = self.hosts.data[here], self.hosts.row[here], self.hosts.indices[here]
        return sparse.csc_array(inner @ self.legs.csr.tocsc() + Rows.of(*entries, self.hosts.shape).csr.tocsc())

    @cached_property
    def _legs_of(self) -> Rows:
        return self.legs.turned()

    @cached_property
    def _hosts_of(self) -> Rows:
        return self.hosts.turned()


def relayed(network: Network, demand: Demand, inner: Callable[[Ints, Ints], Routing]) -> Routing:
    """Return the routing of ``demand`` whose network legs are routed by ``inner(src, dst)``.

    Raises NotConnected with the first commodity that no leg can carry.
    """
    src, dst = demand.src.astype(np.int64), demand.dst.astype(np.int64)
    access = Access(network)
    apart = np.flatnonzero(access.domain[src] != access.domain[dst])
    legs = legs_of(access, src[apart], dst[apart], network.fabric.relay)
    simple = len(apart) == len(src) == len(legs.row)
    if simple and np.array_equal(legs.nic, src[legs.row]) and np.array_equal(legs.out, dst[legs.row]):
        return inner(src, dst)
    row = apart[legs.row]
    n = network.fabric.n_endpoints
    key, leg = np.unique(legs.out * n + legs.nic, return_inverse=True)
    shares = Rows.of(legs.share, leg, row, (len(key), len(src)))
    inside = np.flatnonzero(access.domain[src] == access.domain[dst])
    hops = [(inside, src[inside], dst[inside], np.ones(len(inside)))]
    hops.append((row, src[row], legs.nic, legs.share))
    hops.append((row, legs.out, dst[row], legs.share))
    between = inner(key % n, key // n)
    alike = between.alike if isinstance(between, FactSheet) else None
    return RelayRouting(between, shares, scale_up_shares(access, hops, len(src)), alike=alike)


def legs_of(access: Access, src: Ints, dst: Ints, relay: str) -> Legs:
    """Return the network legs of ``src[i] -> dst[i]``, which are in different domains.

    Raises NotConnected with the first pair that no leg can carry.
    """
    if relay == "spread":
        return Legs(*legs_by_all(access, src, dst))
    legs, lost = _one_by_one(access, src, dst, relay)
    if len(lost):
        raise NotConnected(refusal(access.network, int(src[lost[0]]), int(dst[lost[0]])))
    return legs


def legs_left(access: Access, src: Ints, dst: Ints, relay: str) -> tuple[Legs, Ints]:
    """Return what ``legs_of`` does of the pairs that have a leg, and the rows of those that have none."""
    if relay != "spread":
        return _one_by_one(access, src, dst, relay)
    none = not_by_all(access, src, dst)
    rows = np.flatnonzero(~none)
    row, nic, out, share = legs_by_all(access, src[rows], dst[rows])
    return Legs(rows[row], nic, out, share), np.flatnonzero(none)


def _one_by_one(access: Access, src: Ints, dst: Ints, relay: str) -> tuple[Legs, Ints]:
    """Return legs by own ports where both ends have them on an island, else by a neighbour's; and rows without any."""
    direct = access.meet(access.islands[src], access.islands[dst]) & (access.islands[dst] >= 0)
    rows, rest = np.flatnonzero(direct), np.flatnonzero(~direct)
    parts, none = [Legs(rows, src[rows], dst[rows], np.ones(len(rows)))], np.zeros(0, np.int64)
    for at_source in _SIDES[relay] if len(rest) else ():
        legs, lost = legs_by_side(access, src[rest], dst[rest], at_source, strict=relay == "none")
        none = np.union1d(none, rest[lost])
        parts.append(Legs(rest[legs.row], legs.nic, legs.out, legs.share / len(_SIDES[relay])))
    return Legs.joined(parts), none


def no_way(access: Access, src: Ints, dst: Ints, relay: str) -> NDArray[np.bool_]:
    """Return (P,) which pairs ``src[i] -> dst[i]``, in different domains, no leg can carry."""
    lost = not_by_all(access, src, dst)
    return lost | _kept_apart(access, src, dst) if relay == "none" else lost


def legs_by_side(access: Access, src: Ints, dst: Ints, at_source: bool, *, strict: bool) -> tuple[Legs, Ints]:
    """Return legs with the relay on one side, on the other where that side cannot, on both where neither can.

    Also the rows of pairs that none of them joins.  Where it is ``strict`` only an endpoint without a port may use
    its domain's NICs.
    """
    rows = np.flatnonzero(~_kept_apart(access, src, dst)) if strict else np.arange(len(src))
    lost, parts = np.setdiff1d(np.arange(len(src)), rows), [Legs.none()]
    for near, own in ((at_source, True), (not at_source, True), (at_source, False)):
        legs, stuck = _one_side(access, src[rows], dst[rows], near, own=own)
        parts.append(Legs(rows[legs.row], legs.nic, legs.out, legs.share))
        rows = rows[stuck]
        if not len(rows):
            break
    return Legs.joined(parts), np.concatenate([lost, rows])


def _kept_apart(access: Access, src: Ints, dst: Ints) -> NDArray[np.bool_]:
    """Return which pairs have ports of their own, but on no island in common."""
    a, b = access.islands[src], access.islands[dst]
    return (a >= 0) & (b >= 0) & ~access.meet(a, b)


def _one_side(access: Access, src: Ints, dst: Ints, at_source: bool, *, own: bool) -> tuple[Legs, Ints]:
    """Return legs, and the rows for which the relaying side has no NIC.

    The far end has its ``own`` port.  Where it lost that, or should not use it, it is served evenly by those NICs of
    its domain that the relaying side can reach.
    """
    far, near = (dst, src) if at_source else (src, dst)
    row, end, share, lost = access.ways(far, np.full(len(far), -1)) if own else access.all_ways(far)
    leg, nic, part, stuck = access.ways(near[row], access.islands[end])
    fits = np.ones(len(row), dtype=bool)
    fits[stuck] = False
    total = added(row[fits], share[fits], len(far))
    nowhere = np.setdiff1d(row[stuck], row[fits])
    share = np.where(fits, share, 0.0) / np.where(total > 0.0, total, 1.0)[row]
    nic, end = (nic, end[leg]) if at_source else (end[leg], nic)
    return Legs(row[leg], nic, end, share[leg] * part), np.concatenate([nowhere, lost])


def scale_up_shares(access: Access, hops: list[tuple[Ints, Ints, Ints, Floats]], n: int) -> Rows:
    """Return (L, F) shares of scale-up links on hops (commodity, from, to, share) inside domains."""
    link, reverse = access.scale_up_link, access.network.fabric.reverse
    rows, columns, data = [], [], []
    for commodity, start, end, share in hops:
        moves = start != end
        rows += [link[start[moves]], reverse[link[end[moves]]]]
        columns += [commodity[moves]] * 2
        data += [share[moves]] * 2
    entries = np.concatenate(data), np.concatenate(rows), np.concatenate(columns)
    return Rows.of(*entries, (access.network.fabric.n_links, n))


def least_stored(shares: Rows | csc_array, value: Floats) -> Floats:
    """Return the least ``value`` over the stored rows of each column, or columns of each of rows; infinite for none."""
    result = np.full(len(shares.indptr) - 1, np.inf)
    filled = np.flatnonzero(np.diff(shares.indptr))
    if len(filled):
        result[filled] = np.minimum.reduceat(value[shares.indices], shares.indptr[filled])
    return result
