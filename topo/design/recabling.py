"""Recabling: how one network becomes a larger one, cable by cable.

Endpoints keep their numbers.  A switch of the network before stands for that switch of the network after with which it
has most cables in common: each layer is assigned as a whole to what stands around it (linear assignment), over and over
while more cables stay, once from the endpoints upward and once from switches in their order.  A cable stays where both
its ends do and nothing about it changes; what is left comes out, what is missing goes in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topo.design.errors import DesignError
from topo.fabric import Fabric, NodeKind, Tier
from topo.routing.operator import Ints

#: Pairs of switches of a kind, before and after, that are assigned to one another at once.
MOST_PAIRS = 30_000_000
#: Rounds over all layers; each keeps more cables than the one before, or is the last.
ROUNDS = 8
#: Layers of switches from below.
_LAYERS = (NodeKind.LEAF, NodeKind.SPINE, NodeKind.CORE, NodeKind.SCALE_UP)
_CABLE = ("capacity", "latency", "weight", "tier", "medium")


@dataclass(frozen=True, eq=False)
class Recabling:
    """What is done to ``before`` so that it is ``after``."""

    before: Fabric
    after: Fabric
    node: Ints  # (N before,) the node of ``after`` that each becomes; -1 for switches that go
    stays: NDArray[np.int64]  # (K, 2) cable of ``before``, cable of ``after``
    comes_out: Ints  # cables of ``before``
    goes_in: Ints  # cables of ``after``

    @cached_property
    def new_switches(self) -> Ints:
        """Switches of ``after`` that ``before`` did not have."""
        return np.setdiff1d(np.flatnonzero(self.after.kind >= NodeKind.LEAF), self.node)

    @property
    def retired(self) -> Ints:
        """Switches of ``before`` that ``after`` does not need."""
        return np.flatnonzero((self.node < 0) & (self.before.kind >= NodeKind.LEAF))

    @property
    def counts(self) -> tuple[int, int, int]:
        """Network cables that stay, come out and go in."""
        old, new = (fabric.cables()["tier"] != Tier.SCALE_UP for fabric in (self.before, self.after))
        return int(old[self.stays[:, 0]].sum()), int(old[self.comes_out].sum()), int(new[self.goes_in].sum())

    @property
    def moved_share(self) -> float:
        """Largest share of its switch cables that a switch of ``before`` loses while it is recabled."""
        rows, n = self.before.cables(), self.before.n_nodes
        switch = rows["tier"] > Tier.ENDPOINT
        out = np.zeros(len(switch), dtype=bool)
        out[self.comes_out] = True
        had, lost = (
            np.bincount(rows["a"][on], minlength=n) + np.bincount(rows["b"][on], minlength=n)
            for on in (switch, switch & out)
        )
        return float((lost[had > 0] / had[had > 0]).max(initial=0.0))

    def applied(self) -> Fabric:
        """Return ``before`` after the steps: what stays is its own, what goes in comes from ``after``."""
        old, new = self.before.cables(), self.after.cables()
        columns: dict[str, Any] = {}
        for key in ("a", "b", *_CABLE):
            kept = self.node[old[key]] if key in ("a", "b") else old[key]
            columns[key] = np.array(new[key])
            columns[key][self.stays[:, 1]] = kept[self.stays[:, 0]]
            columns[key][self.goes_in] = new[key][self.goes_in]
        after = self.after
        nodes = {key: getattr(after, key) for key in ("kind", "plane", "group", "host", "domain")}
        said = {key: getattr(after, key) for key in ("overhead", "launch", "packet", "relay", "radix", "groups")}
        return Fabric.from_cables(name=after.name, **columns, **nodes, **said)

    def steps(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield what to do, the ends of the network cable, and its tier: all that comes out, then what goes in."""
        from topo.formats.labels import names_of

        for word, fabric, cables in (("remove", self.before, self.comes_out), ("add", self.after, self.goes_in)):
            names, rows = names_of(fabric), fabric.cables()
            for cable in cables[rows["tier"][cables] != Tier.SCALE_UP].tolist():
                yield word, names[rows["a"][cable]], names[rows["b"][cable]], Tier(rows["tier"][cable]).label


def recabling(before: Fabric, after: Fabric) -> Recabling:
    """Return how ``before`` becomes ``after`` with as many cables kept as layer by layer can be found.

    Raises DesignError where ``after`` has fewer endpoints, or too many switches to assign.
    """
    if after.n_endpoints < before.n_endpoints:
        raise DesignError(
            f"{after.name} has {after.n_endpoints:,} endpoints, fewer than the {before.n_endpoints:,} before"
        )
    endpoints = np.arange(before.n_nodes)
    endpoints[before.n_endpoints :] = -1
    if before.radix != after.radix:
        return _recabling(before, after, endpoints)  # other switches throughout
    found = [_better(before, after, start) for start in (endpoints, _in_order(before, after))]
    return max(found, key=lambda way: len(way.stays))


def _in_order(before: Fabric, after: Fabric) -> Ints:
    """Return (N before,) the nodes of ``after`` of the same kind and place in their order; -1 beyond the last."""
    node = np.full(before.n_nodes, -1, dtype=np.int64)
    for kind in NodeKind:
        ours, theirs = (np.flatnonzero(fabric.kind == kind) for fabric in (before, after))
        both = min(len(ours), len(theirs))
        node[ours[:both]] = theirs[:both]
    return node


def _better(before: Fabric, after: Fabric, node: Ints) -> Recabling:
    """Return the recabling of ``node``, or a better one that layers assigned anew lead to."""
    best = _recabling(before, after, node.copy())
    for _ in range(ROUNDS):
        for kind in _LAYERS:
            _assign(before, after, node, kind)
        found = _recabling(before, after, node.copy())
        if len(found.stays) <= len(best.stays):
            break
        best = found
    return best


def _assign(before: Fabric, after: Fabric, node: Ints, kind: NodeKind) -> None:
    """Let each switch of ``kind`` stand for that of ``after`` with which it shares most cables to nodes that stand."""
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import csr_array

    ours, theirs = (np.flatnonzero(fabric.kind == kind) for fabric in (before, after))
    if not len(ours) or not len(theirs):
        return
    if len(ours) * len(theirs) > MOST_PAIRS:
        raise DesignError(f"{len(ours):,} and {len(theirs):,} switches are too many to assign to one another")
    touch = [_touch(before, ours, node), _touch(after, theirs, np.arange(after.n_nodes))]
    shape = [(len(switches), after.n_nodes) for switches in (ours, theirs)]
    old, new = (csr_array((np.ones(len(r)), (r, c)), shape=s) for (r, c), s in zip(touch, shape, strict=True))
    common = _least_sum(old, new)
    rank = np.abs(np.arange(len(ours))[:, np.newaxis] - np.arange(len(theirs))) / (len(ours) + len(theirs)) ** 2
    row, column = linear_sum_assignment(common - rank, maximize=True)
    node[ours] = -1
    node[ours[row]] = theirs[column]


def _touch(fabric: Fabric, switches: Ints, name: Ints) -> tuple[Ints, Ints]:
    """Return the place in ``switches`` and the name of the other end, of each cable whose other end has one."""
    rows, place = fabric.cables(), np.full(fabric.n_nodes, -1)
    place[switches] = np.arange(len(switches))
    one, other = np.concatenate([rows["a"], rows["b"]]), np.concatenate([rows["b"], rows["a"]])
    on = (place[one] >= 0) & (name[other] >= 0)
    return place[one[on]], name[other[on]]


def _least_sum(old: Any, new: Any) -> NDArray[np.float64]:
    """Return (R, S) the sum over columns of the lesser of two counts: level by level, as bundles are small."""
    found = np.zeros((old.shape[0], new.shape[0]))
    old, new = old.tocsr(), new.tocsr()
    old.sum_duplicates()
    new.sum_duplicates()
    for level in range(1, int(min(old.data.max(initial=0), new.data.max(initial=0))) + 1):
        least = [(counts >= level).astype(np.float64) for counts in (old, new)]
        found += (least[0] @ least[1].T).toarray()
    return found


def _recabling(before: Fabric, after: Fabric, node: Ints) -> Recabling:
    old, new = before.cables(), after.cables()
    ends = [(node[old["a"]], node[old["b"]]), (new["a"].astype(np.int64), new["b"].astype(np.int64))]
    there = (ends[0][0] >= 0) & (ends[0][1] >= 0)
    keys = []
    for rows, (a, b) in zip((old, new), ends, strict=True):
        columns = [np.minimum(a, b), np.maximum(a, b), *(rows[key] for key in _CABLE)]
        keys.append(np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1))
    kinds = np.unique(np.concatenate(keys), axis=0, return_inverse=True)[1].ravel()
    ours, theirs = kinds[: len(keys[0])], kinds[len(keys[0]) :]
    ours = np.where(there, ours, -1)
    stays = _paired(ours, theirs)
    return Recabling(
        before,
        after,
        node,
        stays,
        np.setdiff1d(np.arange(before.n_cables), stays[:, 0]),
        np.setdiff1d(np.arange(after.n_cables), stays[:, 1]),
    )


def _paired(ours: Ints, theirs: Ints) -> NDArray[np.int64]:
    """Return (K, 2) places of equal values, each once, in order; negative ones have no equal."""
    sides = []
    for values in (ours, theirs):
        order = np.argsort(values, kind="stable")
        sorted_ = values[order]
        turn = np.arange(len(order)) - np.searchsorted(sorted_, sorted_)
        sides.append((order, sorted_, turn))
    width = 1 + max(int(turn.max(initial=0)) for _, _, turn in sides)
    keys = [np.where(values < 0, -1 - i, values * width + turn) for i, (_, values, turn) in enumerate(sides)]
    _, at, there = np.intersect1d(keys[0], keys[1], return_indices=True)
    return np.stack([sides[0][0][at], sides[1][0][there]], axis=1)
