"""Reach: which pairs of a demand still have a path, and the demand that is left of them.

Endpoints with ports on the same islands, in domains with the same NICs, reach the same others, so that classes
of endpoints are compared and no pair of a grouped demand is listed where it need not be.  A pair gets through
exactly where routing finds it legs; endpoints inside a scale-up domain always reach each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric
from topo.failures.parts import Ints
from topo.formats.labels import names_of
from topo.routing.access import Access, examples
from topo.routing.network import Network
from topo.routing.relay import no_way
from traffic.demand import Demand, GroupedDemand

#: Endpoints cut off that are named; the rest is counted.
MOST_NAMED = 16

Mask = NDArray[np.bool_]
Index = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Reach:
    """Who still reaches whom."""

    demand: Demand | GroupedDemand | None  # of the pairs that have a path; the one asked about where all have, or None
    pairs: float  # ordered pairs asked about
    direct: float  # those whose ends have a common island themselves, or share a domain
    through: float  # those that get through with relays as the fabric states them
    cut_off: tuple[str, ...]  # endpoints that send or receive and reach nobody of another domain
    n_cut_off: int

    @property
    def share(self) -> float:
        """Share of pairs that need no relay."""
        return self.direct / self.pairs if self.pairs else 1.0

    @property
    def share_with_relay(self) -> float:
        """Share of pairs that get through."""
        return self.through / self.pairs if self.pairs else 1.0

    def results(self) -> dict[str, object]:
        """Return what is worth saying of it: flat keys, ready for JSON."""
        return {
            "reach": self.share,
            "reach_with_relay": self.share_with_relay,
            "unreachable_commodities": round(self.pairs - self.through),
            "cut_off": list(self.cut_off),
            "cut_off_count": self.n_cut_off,
        }


def reachable(fabric: Fabric, demand: Demand | GroupedDemand) -> Reach:
    """Return which pairs of ``demand`` have a path on ``fabric``; rank r is endpoint r.

    Raises DemandError where what is left of a grouped demand can only be listed and has too many pairs.
    """
    classes = _Classes.of(fabric)
    if isinstance(demand, GroupedDemand):
        return _of_groups(fabric, demand, classes)
    through = classes.paths(demand.src, demand.dst, classes.way)
    direct = classes.paths(demand.src, demand.dst, classes.own)
    apart = classes.domain[demand.src] != classes.domain[demand.dst]
    asked = np.unique(np.concatenate([demand.src[apart], demand.dst[apart]]))
    got = np.unique(np.concatenate([demand.src[apart & through], demand.dst[apart & through]]))
    lost = np.setdiff1d(asked, got)
    names = names_of(fabric)
    return Reach(
        _kept(demand, through),
        float(len(through)),
        float(direct.sum()),
        float(through.sum()),
        tuple(names[e] for e in lost[:MOST_NAMED]),
        len(lost),
    )


@dataclass(frozen=True, eq=False)
class _Classes:
    """Endpoints that reach alike, and who reaches whom between domains, class by class."""

    number: Ints  # (E,)
    domain: Ints  # (E,)
    way: Mask  # (K, K) whether an endpoint of one class gets through to one of the other in another domain
    own: Mask  # (K, K) whether it does by ports of their own
    asked: Mask  # (K, K) whether there are two such endpoints in different domains at all

    @classmethod
    def of(cls, fabric: Fabric) -> _Classes:
        """Return the classes of the endpoints of ``fabric``: by their islands, and by the NICs of their domain."""
        access = Access(Network.of(fabric))
        domain, number = np.unique(access.domain, return_inverse=True)[1].astype(np.int64), access.kinds[0]
        n = int(number.max(initial=-1)) + 1
        way, own, asked = np.zeros((3, n, n), dtype=bool)
        row, column, a, b = examples(number, domain, n)
        asked[row, column] = True
        way[row, column] = ~no_way(access, a, b, fabric.relay)
        own[row, column] = access.meet(access.islands[a], access.islands[b]) & (access.islands[b] >= 0)
        return cls(number.astype(np.int64), domain, way, own, asked)

    def paths(self, src: Index, dst: Index, table: Mask) -> Mask:
        """Return which pairs are joined by ``table`` (K, K), or by their domain."""
        return np.asarray(table[self.number[src], self.number[dst]] | (self.domain[src] == self.domain[dst]))

    def count(self, label: Ints, table: Mask) -> float:
        """Return the ordered pairs of equal ``label`` (E,), -1 for none, that ``table`` (K, K) or a domain joins."""
        there = np.flatnonzero(label >= 0)
        n, label, number = len(table), label[there], self.number[there]
        group = _counted(label, number, n)
        missing = _counted(np.unique(label * len(self.domain) + self.domain[there], return_inverse=True)[1], number, n)
        joined = float(np.sum((group @ table) * group)) - float(table[number, number].sum())
        inside = float(np.sum((missing @ ~table) * missing)) - float((~table)[number, number].sum())
        return joined + inside


def _counted(row: Ints, column: Ints, n: int) -> NDArray[np.float64]:
    """Return how often each (row, column) occurs, with ``n`` columns."""
    rows = int(row.max(initial=-1)) + 1
    return np.bincount(row * n + column, minlength=rows * n).reshape(rows, n).astype(np.float64)


def _of_groups(fabric: Fabric, demand: GroupedDemand, classes: _Classes) -> Reach:
    """Return the reach of all-to-all inside groups; what is left stays grouped where reaching splits the groups."""
    label = np.full(fabric.n_endpoints, -1, dtype=np.int64)
    label[: demand.n_ranks] = demand.label
    pairs = float(demand.pairs.sum())
    direct, through = classes.count(label, classes.own), classes.count(label, classes.way)
    there = np.flatnonzero(label >= 0)
    # An endpoint is cut off where it reaches no class that others of its group, in other domains, are of.
    lost = there[~classes.way[classes.number[there]].any(axis=1)]
    left: Demand | GroupedDemand | None = demand
    if through < pairs:
        finer = _split(label, classes)
        left = _grouped(demand, finer) if finer is not None else None
        if left is None and through:
            listed = demand.listed()
            left = _kept(listed, classes.paths(listed.src, listed.dst, classes.way))
    names = names_of(fabric)
    return Reach(left, pairs, direct, through, tuple(names[e] for e in lost[:MOST_NAMED]), len(lost))


def _split(label: Ints, classes: _Classes) -> Ints | None:
    """Return labels (E,) of which equal ones reach each other and others do not; None where there are none such."""
    there = np.flatnonzero(label >= 0)
    present = np.unique(classes.number[there])
    here = np.ix_(present, present)
    way = classes.way[here] | ~classes.asked[here]  # one domain always reaches itself
    meets = np.diag(way)
    # Classes whose members reach each other go together with the least class that they reach.
    if not np.array_equal(way, way.T) or (way[~meets].any()):
        return None
    least = np.argmax(way, axis=1)
    if not np.array_equal(way[np.ix_(meets, meets)], least[meets][:, np.newaxis] == least[meets]):
        return None
    of = np.searchsorted(present, classes.number[there])
    n = len(present)
    part = np.where(meets[of], least[of], n + classes.domain[there])
    key = label[there] * (n + int(classes.domain.max(initial=0)) + 1) + part
    mates = label[there] * (int(classes.domain.max(initial=0)) + 1) + classes.domain[there]
    if len(np.unique(np.stack([mates, key]), axis=1).T) > len(np.unique(mates)):
        return None  # mates of a domain always reach each other, here across two parts
    finer = np.full(len(label), -1, dtype=np.int64)
    finer[there] = np.unique(key, return_inverse=True)[1]
    return finer


def _grouped(demand: GroupedDemand, label: Ints) -> GroupedDemand | None:
    """Return ``demand`` between ranks of equal ``label``; None where some kind of receiver gets nothing."""
    left = replace(demand, label=label[: demand.n_ranks].astype(np.int32))
    return left if left.pairs.all() else None


def _kept(demand: Demand, keep: Mask) -> Demand | None:
    """Return the commodities of ``demand`` that ``keep`` (F,) is true of; None where there are none."""
    if keep.all():
        return demand
    if not keep.any():
        return None
    columns = {key: getattr(demand, key)[keep] for key in ("src", "dst", "size", "phase")}
    return replace(demand, **columns)
