"""Classes of pairs and of links: what a group of automorphisms maps onto each other counts as one.

The group is that of twins, which change places, and of the stated automorphisms that map the traffic onto itself.
Pairs of an orbit have equal rates, since the fair allocation is one and so the same after every
automorphism; links of an orbit carry alike.  No pair is listed.  Toward one endpoint of each orbit all
members of a class of twins send alike, but for those in its own domain, which are taken one by one::

    pairs of a class = endpoints in the orbit of its receiver x twins of its sender
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from topo.fabric import Fabric
from topo.kernels.orbits import join
from topo.routing.access import Access
from topo.routing.network import Network
from topo.routing.operator import Floats, Ints
from topo.routing.symmetric import image_of, keeps
from topo.routing.terms import on_endpoints
from topo.routing.twins import twins
from traffic.classed import ClassedDemand
from traffic.demand import Demand, GroupedDemand


@dataclass(frozen=True, eq=False)
class Classes:
    """What counts as one: endpoints as receivers, and links."""

    label: Ints  # (E,) group of each endpoint; -1 silent
    domain: Ints  # (E,) that twins change places as
    node: Ints  # (N,) number of each node; equal for those that twins exchange
    receiver: Ints  # (E,) orbit of each endpoint
    link: Ints  # (L,) orbit of each link, from 0
    links_in: Floats  # (orbits,) links of each

    @classmethod
    def of(cls, fabric: Fabric, demand: GroupedDemand) -> Classes:
        """Return the classes of ``demand`` on ``fabric``."""
        access = Access(Network.of(fabric))
        label, receives = on_endpoints(access.network, demand)
        kind = receives.argmax(axis=0)
        node = twins(fabric, np.stack([label, kind]))
        example, number = np.unique(node, return_index=True, return_inverse=True)[1:]
        key, of_link = _links(fabric, number)
        joined, links = np.arange(len(example), dtype=np.int32), np.arange(len(key.tail), dtype=np.int32)
        for moved in fabric.symmetry:
            if np.array_equal(kind[moved[: len(kind)]], kind) and keeps(access, label, moved):
                image = number[moved[example]]
                link_image = key.image(image) if np.array_equal(number[moved], image[number]) else None
                if link_image is not None:
                    join(joined, image.astype(np.int32))
                    join(links, link_image.astype(np.int32))
        _, link = np.unique(links[of_link], return_inverse=True)
        receiver = joined[number[: fabric.n_endpoints]].astype(np.int64)
        return cls(label, access.domain, node, receiver, link, np.bincount(link).astype(np.float64))

    @cached_property
    def _receivers(self) -> tuple[Ints, Ints]:
        """One endpoint of each orbit of receivers, and how many are in it."""
        talks = np.flatnonzero(self.label >= 0)
        _, first, stands_for = np.unique(self.receiver[talks], return_index=True, return_counts=True)
        return talks[first], stands_for

    @cached_property
    def _groups(self) -> _Groups:
        return _Groups.of(self, np.flatnonzero(self.label >= 0))

    @property
    def n_apart(self) -> int:
        """Classes of pairs whose ends are in different scale-up domains, at most: kinds of senders to each receiver."""
        group, receivers = np.unique(self.label[self._receivers[0]], return_counts=True)
        return sum(int(n) * self._groups.n_kinds(int(g)) for g, n in zip(group, receivers, strict=True))

    def pairs(self, demand: GroupedDemand) -> ClassedDemand:
        """Return ``demand`` by classes of its pairs."""
        receivers, stands_for = self._receivers
        rows = [self._groups.toward(int(d)) for d in receivers]
        src = np.concatenate([row[0] for row in rows])
        dst = np.repeat(receivers, [len(row[0]) for row in rows])
        pairs = np.concatenate([n * row[1] for n, row in zip(stands_for, rows, strict=True)]).astype(np.float64)
        order = np.lexsort((src, dst))
        examples = Demand.of(
            demand.name,
            demand.n_ranks,
            src=src[order],
            dst=dst[order],
            size=demand.size[demand.kind[dst[order]]],
            repeat=demand.repeat,
            operations=demand.operations,
        )
        return ClassedDemand(demand, examples, pairs[order])


@dataclass(frozen=True, eq=False)
class _Links:
    """Links as pairs of numbered nodes with equal properties, each once, sorted."""

    tail: Ints
    head: Ints
    kind: Ints
    n: tuple[int, int]  # nodes, kinds

    def keys(self, tail: Ints, head: Ints) -> Ints:
        return (tail * self.n[0] + head) * self.n[1] + self.kind

    def image(self, moved: Ints) -> Ints | None:
        """Return what each becomes when node v moves to ``moved[v]``; None where one becomes none."""
        return image_of(self.keys(self.tail, self.head), self.keys(moved[self.tail], moved[self.head]))


def _links(fabric: Fabric, number: Ints) -> tuple[_Links, Ints]:
    """Return the links between nodes of ``number`` (N,), and which of them each link (L,) is."""
    kind = np.zeros(fabric.n_links, dtype=np.int64)
    for column in (fabric.capacity, fabric.latency, fabric.weight, fabric.tier):
        value = np.unique(column, return_inverse=True)[1]
        kind = np.unique(kind * (int(value.max(initial=0)) + 1) + value, return_inverse=True)[1]
    n = (int(number.max(initial=-1)) + 1, int(kind.max(initial=0)) + 1)
    key, of = np.unique((number[fabric.tail] * n[0] + number[fabric.head]) * n[1] + kind, return_inverse=True)
    ends, which = np.divmod(key, n[1])
    return _Links(ends // n[0], ends % n[0], which, n), of


@dataclass(frozen=True, eq=False)
class _Groups:
    """Senders of each group by their number: two of different domains stand for all that are twins."""

    classes: Classes
    member: dict[int, Ints]  # endpoints of each group
    kinds: dict[int, tuple[Ints, Ints, Ints]]  # of each group: the first endpoint of each kind, another, how many

    @classmethod
    def of(cls, classes: Classes, talks: Ints) -> _Groups:
        order = talks[np.lexsort((classes.domain[talks], classes.label[talks]))]
        edge = np.flatnonzero(np.diff(classes.label[order], prepend=-1))
        member, kinds = {}, {}
        for ends in np.split(order, edge[1:]):
            group = int(classes.label[ends[0]])
            first, last, count = _first_and_last(classes.node[ends])
            member[group], kinds[group] = ends, (ends[first], ends[last], count)
        return cls(classes, member, kinds)

    def n_kinds(self, group: int) -> int:
        """Return how many kinds of senders ``group`` has."""
        return len(self.kinds[group][0])

    def toward(self, receiver: int) -> tuple[Ints, Ints]:
        """Return the senders that stand for all that send to ``receiver``, and for how many each does."""
        classes, group = self.classes, int(self.classes.label[receiver])
        first, other, count = self.kinds[group]
        ends = self.member[group]
        near = ends[classes.domain[ends] == classes.domain[receiver]]
        at = np.searchsorted(classes.node[first], classes.node[near])  # kinds are sorted by their number
        away = np.where(classes.domain[first] == classes.domain[receiver], other, first)
        left = count - np.bincount(at, minlength=len(count))
        near = near[near != receiver]
        return np.concatenate([away[left > 0], near]), np.concatenate([left[left > 0], np.ones(len(near), np.int64)])


def _first_and_last(number: Ints) -> tuple[Ints, Ints, Ints]:
    """Return where each different ``number`` (n,) is first and last, and how often it is there."""
    order = np.argsort(number, kind="stable")
    edge = np.flatnonzero(np.diff(number[order], prepend=-1))
    stop = np.append(edge[1:], len(order))
    return order[edge], order[stop - 1], stop - edge
