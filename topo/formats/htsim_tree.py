r"""The fat-trees that htsim builds of a few numbers: which cable joins what, and whether a fabric is such a tree.

Node e is on leaf e // down[0].  A pod's leaves are each joined with each of its spines, spine s of every pod with
cores s, s + spines, s + 2 spines .. (``FatTreeTopology::init_network``)::

    core      0   2   1   3     core c: one spine of each pod, all in place c mod 2
              |\ /|   |\ /|
    spine     0 | 1 ..          2 spines a pod
              | X |
    leaf      0   1   ..
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topo.fabric import Fabric, NodeKind, Tier

Ints = NDArray[np.int64]

#: Cables that a tree may have: a file of ten lines may ask for any number.
MOST_CABLES = 4_000_000
TIERS = (Tier.ENDPOINT, Tier.LEAF_SPINE, Tier.SPINE_CORE)
KINDS = (NodeKind.LEAF, NodeKind.SPINE, NodeKind.CORE)


@dataclass(frozen=True)
class Tree:
    """A fat-tree of two or three tiers; tuples have a number for each tier of switches."""

    nodes: int
    pod: int  # nodes of a pod
    down: tuple[int, ...]  # ports of a switch to the tier below
    up: tuple[int, ...]  # ports to the tier above; the last has none
    bundle: tuple[int, ...]  # cables side by side to the tier below
    rate: tuple[float, ...]  # of a cable to the tier below [B/s]
    latency: tuple[float, ...]  # of such a cable, half of the switches at its ends included [s]

    @property
    def counts(self) -> tuple[int, ...]:
        """How many switches each tier has."""
        leaves = self.nodes // self.down[0]
        spines = self.nodes // self.pod * self.spines
        deep = len(self.down) == 3
        return (leaves, spines, self.spines * self.up[1] // self.bundle[2]) if deep else (leaves, spines)

    @property
    def spines(self) -> int:
        """Spines of a pod."""
        return self.up[0] // self.bundle[1]

    def fault(self) -> str:
        """Return what of the numbers does not go together; empty where all does."""
        pods, tiers = self.nodes // self.pod, len(self.down)
        pairs = [
            (self.nodes, self.pod, "Nodes", "Podsize"),
            (self.pod, self.down[0], "Podsize", "Radix_Down of tier 0"),
        ]
        pairs += [(self.up[i], self.bundle[i + 1], f"Radix_Up of tier {i}", "Bundle above") for i in range(tiers - 1)]
        for whole, part, name, of in pairs:
            if whole % part:
                return f"{name}, {whole}, is no multiple of {of}, {part}"
        if tiers == 2 and pods > 1:
            return f"two tiers are one pod, of {self.nodes} nodes; got Podsize {self.pod}"
        below = (self.pod // self.down[0] * self.bundle[1], pods * self.bundle[-1])
        for tier, ports in enumerate(below[: tiers - 1], 1):
            if self.down[tier] != ports:
                return f"Radix_Down of tier {tier}, {self.down[tier]}, must be {ports}: a bundle to each switch below"
        cables = self.nodes + sum(n * up for n, up in zip(self.counts, self.up, strict=False))
        return f"makes {cables:,} cables; up to {MOST_CABLES:,} are read" if cables > MOST_CABLES else ""

    def cables(self) -> tuple[Ints, Ints, Ints]:
        """Return lower end, upper end and tier (index) of each cable; nodes first, then leaves, spines, cores."""
        node = np.arange(self.nodes)
        base = np.cumsum((self.nodes, *self.counts))
        leaf, spine = np.arange(self.counts[0]), np.arange(self.counts[1])
        place = leaf // (self.pod // self.down[0]) * self.spines
        ends = [(node, base[0] + node // self.down[0])]
        ends += [_joined(base[0] + leaf, base[1] + place[:, None] + np.arange(self.spines), self.bundle[1])]
        if len(self.down) == 3:
            over = spine[:, None] % self.spines + self.spines * np.arange(self.up[1] // self.bundle[2])
            ends += [_joined(base[1] + spine, base[2] + over, self.bundle[2])]
        tier = np.repeat(np.arange(len(ends)), [len(a) for a, _ in ends])
        return np.concatenate([a for a, _ in ends]), np.concatenate([b for _, b in ends]), tier


def _joined(low: Ints, high: Ints, bundle: int) -> tuple[Ints, Ints]:
    """Return the ends of ``bundle`` cables from each of ``low`` (N,) to each of its ``high`` (N, k)."""
    return np.repeat(low, high.shape[1] * bundle), np.repeat(high.ravel(), bundle)


def is_tree(fabric: Fabric, tree: Tree) -> bool:
    """Return whether the cables of ``fabric`` are those of ``tree``, whatever switches of a tier are called."""
    count = tuple(int((fabric.kind == kind).sum()) for kind in KINDS[: len(tree.counts)])
    rows = fabric.cables()
    network = rows["tier"] != Tier.SCALE_UP
    a, b = rows["a"][network].astype(np.int64), rows["b"][network].astype(np.int64)
    if (fabric.n_endpoints, count) != (tree.nodes, tree.counts) or not network.any():
        return False
    place = _placed(fabric, tree, a, b)
    wanted, n = tree.cables(), fabric.n_nodes
    mine = np.sort(np.minimum(place[a], place[b]) * n + np.maximum(place[a], place[b]))
    return np.array_equal(mine, np.sort(wanted[0] * n + wanted[1]))


def _placed(fabric: Fabric, tree: Tree, a: Ints, b: Ints) -> Ints:
    """Return (N,) what htsim would number each device, where the cables are those of ``tree``."""
    n, kind = fabric.n_nodes, fabric.kind
    place = np.arange(n)
    lowest = np.full(n, n)  # the first neighbour below, as placed
    base = np.cumsum((tree.nodes, *tree.counts))

    def look_down() -> None:
        np.minimum.at(lowest, np.where(kind[a] > kind[b], a, b), place[np.where(kind[a] > kind[b], b, a)])

    look_down()
    leaves = np.flatnonzero(kind == NodeKind.LEAF)
    place[leaves[np.argsort(lowest[leaves], kind="stable")]] = base[0] + np.arange(len(leaves))
    lowest[:] = n
    look_down()
    spines, cores = (np.flatnonzero(kind == one) for one in (NodeKind.SPINE, NodeKind.CORE))
    above = np.full(n, n)  # the first core over a spine: those in one place of their pods share it
    np.minimum.at(above, np.where(kind[a] > kind[b], b, a), np.where(kind[a] > kind[b], a, b))
    pod = (lowest[spines] - base[0]) // (tree.pod // tree.down[0])
    place[spines[np.lexsort((spines, above[spines], pod))]] = base[1] + np.arange(len(spines))
    lowest[:] = n
    look_down()
    column = (lowest[cores] - base[1]) % tree.spines
    order = np.lexsort((cores, column))
    rank = np.arange(len(cores)) - np.searchsorted(column[order], column[order])
    place[cores[order]] = base[-2] + column[order] + tree.spines * rank
    return place
