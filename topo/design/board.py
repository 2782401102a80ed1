"""Where groups of ranks may stand, and what each phase loads as they move: linear in who stands where.

Ranks move in units, a scale-up domain's worth of consecutive ones (one rank where there are no domains), from slot to
slot; a slot is a scale-up domain of the fabric.  Slots whose endpoints have ports on the same switches are of one
class, and pairs of units load links between switches by their classes alone, where the policy splits alike at nodes
alike.  Endpoint ports and scale-up links carry the same wherever a unit stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from topo.design.errors import DesignError
from topo.fabric import Fabric, Tier
from topo.flow import POLICIES, route
from topo.flow.phase_loads import fullest, phase_loads
from topo.flow.schedule import soonest
from topo.routing.network import Network
from topo.routing.operator import Floats, Ints, Routing
from traffic.demand import Demand

#: Pairs of classes and places in a unit whose shares are kept.
MOST_COLUMNS = 400_000


@dataclass(frozen=True, eq=False)
class Board:
    """U units of k ranks on S slots of C classes; the rows of ``pairs`` are what units send each other."""

    fabric: Fabric
    demand: Demand
    slots: Ints  # (S, k) endpoints
    kind: Ints  # (S,) class of each slot
    fixed: Floats  # (phases,) [s] of the fullest endpoint port or scale-up link
    capacity: Floats  # (M,) [B/s] of the links between switches
    shares: csr_array  # (C x C x P, M) by class of the sender, of the receiver, and places in their units
    pairs: NDArray[np.int64]  # (N, 4) unit that sends, unit that receives, places in their units, phase
    size: Floats  # (N,) [bytes] of one run
    n_places: int

    @classmethod
    def of(cls, fabric: Fabric, demand: Demand, *, policy: str, params: Mapping[str, Any]) -> Board:
        """Return the board of ``demand``.

        Raises DesignError for a policy whose splits go by load or by endpoint, domains of unlike sizes, ranks that do
        not fit, and more classes of places than can be kept.
        """
        known = POLICIES.get(policy)
        if known is None or not known.alike or known.solved:
            fit = ", ".join(sorted(name for name, p in POLICIES.items() if p.alike and not p.solved))
            raise DesignError(f"ranks are placed under a policy that splits alike at nodes alike: {fit}; got {policy}")
        if demand.n_ranks > fabric.n_endpoints:
            raise DesignError(f"{demand.n_ranks:,} ranks do not fit on {fabric.n_endpoints:,} endpoints")
        slots = _slots(fabric)
        network = Network.of(fabric)
        kind = np.unique(network.site[slots], axis=0, return_inverse=True)[1].ravel()
        pairs, size, places = _pairs(demand, slots.shape[1])
        routed = partial(route, fabric, policy=policy, **params)
        shares = _shares(routed, fabric, slots, kind, places)
        still = _fixed(routed, fabric, demand, slots)
        return cls(
            fabric, demand, slots, kind, still, fabric.capacity[_trunks(fabric)], shares, pairs, size, len(places)
        )

    @property
    def n_units(self) -> int:
        """Units that hold ranks."""
        each: int = self.slots.shape[1]
        return -(-self.demand.n_ranks // each)

    @property
    def n_classes(self) -> int:
        """Classes of slots."""
        return len(self.room)

    @property
    def room(self) -> Ints:
        """(C,) slots of each class."""
        return np.bincount(self.kind)

    def load(self, stands: Ints, rows: Ints | None = None) -> Floats:
        """Return (phases, M) [s] what pairs ``rows`` (all without) load where unit u stands on class ``stands[u]``."""
        pairs, size = (self.pairs, self.size) if rows is None else (self.pairs[rows], self.size[rows])
        column = (stands[pairs[:, 0]] * self.n_classes + stands[pairs[:, 1]]) * self.n_places + pairs[:, 2]
        amount = coo_array((size, (pairs[:, 3], column)), shape=(self.demand.n_phases, self.shares.shape[0]))
        return np.asarray((amount.tocsr() @ self.shares).toarray())

    def seconds(self, load: Floats) -> float:
        """Return the time of all phases [s] where they load links between switches by ``load`` [s]."""
        return self.step(np.maximum(self.fixed, load.max(axis=1, initial=0.0)))

    def step(self, phase_s: Floats) -> float:
        """Return the time of all phases [s] where a run of phase p moves its bytes in ``phase_s[p]``."""
        return soonest(self.demand, phase_s)

    def touched(self) -> list[Ints]:
        """Return for each unit the rows of ``pairs`` that it is an end of."""
        ends = np.concatenate([self.pairs[:, 0], self.pairs[:, 1]])
        order = np.argsort(ends, kind="stable")
        edges = np.searchsorted(ends[order], np.arange(self.n_units + 1))
        return [order[edges[u] : edges[u + 1]] % len(self.pairs) for u in range(self.n_units)]

    def endpoints(self, slot: Ints) -> Ints:
        """Return (n_ranks,) the endpoint of each rank where unit u stands on ``slot[u]``."""
        return self.slots[slot].ravel()[: self.demand.n_ranks]


def moved(demand: Demand, endpoint: Ints, n_endpoints: int) -> Demand:
    """Return ``demand`` with rank r on ``endpoint[r]``, of ``n_endpoints``."""
    order = np.lexsort((endpoint[demand.src], endpoint[demand.dst], demand.phase))
    ends = {key: endpoint[getattr(demand, key)[order]].astype(np.int32) for key in ("src", "dst")}
    return replace(demand, n_ranks=n_endpoints, size=demand.size[order], phase=demand.phase[order], **ends)


def _slots(fabric: Fabric) -> Ints:
    domain = fabric.joined
    count = np.bincount(domain)
    count = count[count > 0]
    if (count != count[0]).any():
        raise DesignError(
            f"scale-up domains of {count.min()} and {count.max()} endpoints: units of ranks must be alike"
        )
    return np.argsort(domain, kind="stable").reshape(-1, int(count[0]))


def _pairs(demand: Demand, each: int) -> tuple[NDArray[np.int64], Floats, Ints]:
    """Return what units send each other, and (P, 2) the places in their units between which anything is sent."""
    src, dst = demand.src.astype(np.int64), demand.dst.astype(np.int64)
    apart = src // each != dst // each
    src, dst, size, phase = src[apart], dst[apart], demand.size[apart], demand.phase[apart].astype(np.int64)
    places, at = np.unique(src % each * each + dst % each, return_inverse=True)
    rows = np.stack([src // each, dst // each, at.ravel(), phase], axis=1)
    return rows, size, np.stack(np.divmod(places, each), axis=1)


def _shares(routed: Callable[[Demand], Routing], fabric: Fabric, slots: Ints, kind: Ints, places: Ints) -> csr_array:
    """Return the shares of links between switches; none between units on the same slot of a class that has one."""
    classes = int(kind.max()) + 1
    if classes**2 * len(places) > MOST_COLUMNS:
        raise DesignError(
            f"{classes:,} classes of slots and {len(places):,} pairs of places in them are too many to place ranks on "
            f"(at most {MOST_COLUMNS:,} combinations)"
        )
    order = np.argsort(kind, kind="stable")
    first = np.searchsorted(kind[order], np.arange(classes))
    room = np.bincount(kind)
    a, b, place = (axis.ravel() for axis in np.indices((classes, classes, len(places))))
    there = (a != b) | (room[a] > 1)
    slot = order[first[a[there]]], order[first[b[there]] + (a == b)[there]]
    src, dst = slots[slot[0], places[place[there], 0]], slots[slot[1], places[place[there], 1]]
    # The order of a demand is by receiver, then sender; columns go back to that of the classes.
    sort = np.lexsort((src, dst))
    ends = Demand.of("places", fabric.n_endpoints, src=src[sort], dst=dst[sort], size=1.0)
    columns = routed(ends).columns()
    if columns is None:
        raise DesignError("the shares of this fabric are too many to keep; place ranks on a smaller one")
    rows, trunk = np.flatnonzero(there)[sort], _trunks(fabric)
    part = columns.tocsr()[trunk].tocoo()
    share = part.data / fabric.capacity[trunk][part.row]
    return coo_array((share, (rows[part.col], part.row)), shape=(len(a), len(trunk))).tocsr()


def _trunks(fabric: Fabric) -> Ints:
    """Return (M,) the links between switches."""
    return np.flatnonzero(fabric.tier > Tier.ENDPOINT)


def _fixed(routed: Callable[[Demand], Routing], fabric: Fabric, demand: Demand, slots: Ints) -> Floats:
    """Return (phases,) [s] the fullest endpoint port or scale-up link, wherever units stand; checked on two orders."""
    still = np.isin(fabric.tier, (Tier.ENDPOINT, Tier.SCALE_UP))
    found = []
    for order in (np.arange(len(slots)), np.random.default_rng(0).permutation(len(slots))):
        placed = moved(demand, slots[order].ravel()[: demand.n_ranks], fabric.n_endpoints)
        loads = phase_loads(routed(placed), placed, placed.size)
        found.append(fullest(csr_array(loads.multiply(still)), fabric.capacity)[0])
    if not np.allclose(found[0], found[1], rtol=1e-9):
        raise DesignError("what endpoint ports carry depends on where ranks stand; such fabrics are not placed on yet")
    return found[0]
