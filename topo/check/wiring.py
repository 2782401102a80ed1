"""Cables that break the pattern of their neighbours: missing, too many, in the wrong port, too slow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topo.check.fault import Fault, ends_of
from topo.fabric import Fabric, NodeKind, Tier
from topo.islands import islands
from topo.source import called

#: Share of a tier's cables that may differ before the difference is a pattern and no fault.
FEW = 0.25
#: Share of switches whose number of cables makes it the usual one, in networks that are no tree.
MOST = 0.9

_LAYERS = ((NodeKind.LEAF, NodeKind.SPINE), (NodeKind.SPINE, NodeKind.CORE))


@dataclass(frozen=True)
class _Block:
    """Switches of two layers that are joined: ``count[i, j]`` cables from ``low[i]`` to ``high[j]``."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    count: NDArray[np.int64]

    @property
    def usual(self) -> NDArray[np.int64]:
        """Cables of each pair by its row and column: the lesser of what most of either have."""
        rows = np.array([_mode(row) for row in self.count])
        columns = np.array([_mode(column) for column in self.count.T])
        return np.asarray(np.minimum(rows[:, np.newaxis], columns))


def wiring_faults(fabric: Fabric) -> list[Fault]:
    """Return missing, surplus and miswired cables between switches, and slow ones of any tier."""
    return [*_slow(fabric), *_tree(fabric), *_degrees(fabric)]


def _slow(fabric: Fabric) -> Iterator[Fault]:
    rows = fabric.cables()
    for tier in np.unique(rows["tier"]).tolist():
        here = np.flatnonzero(rows["tier"] == tier)
        rate, count = np.unique(rows["capacity"][here], return_counts=True)
        usual = float(rate[np.argmax(count)])
        slow = here[rows["capacity"][here] < usual]
        if len(slow) < FEW * len(here):
            for cable in slow.tolist():
                own = rows["capacity"][cable]
                others = f"{count.max()} of {len(here)} {Tier(tier).label} cables"
                said = f"runs at {own / usual:.3g} of the rate that {others} have"
                yield Fault("slow-cable", ends_of(fabric, [cable]), said, speed=((cable, usual),))


def _tree(fabric: Fabric) -> Iterator[Fault]:
    for low, high in _LAYERS:
        for block in _blocks(fabric, low, high):
            yield from _of_block(fabric, block)


def _blocks(fabric: Fabric, low: NodeKind, high: NodeKind) -> Iterator[_Block]:
    """Yield the parts of two layers that their cables join; one that a few cables join is cut in two."""
    rises = (fabric.kind[fabric.tail] == low) & (fabric.kind[fabric.head] == high)
    tail, head = fabric.tail[rises].astype(np.int64), fabric.head[rises].astype(np.int64)
    n = fabric.n_nodes
    part = islands(tail, head, n)
    for number in np.unique(part[tail]):
        here = part[tail] == number
        lows, row = np.unique(tail[here], return_inverse=True)
        highs, column = np.unique(head[here], return_inverse=True)
        count = np.zeros((len(lows), len(highs)), dtype=np.int64)
        np.add.at(count, (row, column), 1)
        yield _Block(lows, highs, count)


def _of_block(fabric: Fabric, block: _Block) -> Iterator[Fault]:
    usual = block.usual
    few, many = np.argwhere(block.count < usual), np.argwhere(block.count > _at_most(block, usual))
    if len(few) + len(many) >= FEW * block.count.size:
        return
    spare = {(i, j): int(block.count[i, j] - usual[i, j]) for i, j in many.tolist()}
    for i, j in few.tolist():
        lost = 0
        for _ in range(int(usual[i, j] - block.count[i, j])):
            instead = next((pair for pair, n in spare.items() if n > 0 and (pair[0] == i or pair[1] == j)), None)
            if instead is None:
                lost += 1
            else:
                spare[instead] -= 1
                yield _miswired(fabric, block, (i, j), instead)
        if lost:
            yield _missing(fabric, block, i, j, lost)
    for (i, j), n in spare.items():
        if n > 0:
            yield _surplus(fabric, block, i, j)


def _at_most(block: _Block, usual: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what a pair may have without being too much: the greater of what most of its row and column have."""
    rows = np.array([_mode(row) for row in block.count])
    columns = np.array([_mode(column) for column in block.count.T])
    return np.asarray(np.maximum(np.maximum(rows[:, np.newaxis], columns), usual))


def _missing(fabric: Fabric, block: _Block, i: int, j: int, lost: int) -> Fault:
    low, high = int(block.low[i]), int(block.high[j])
    usual, own = int(block.usual[i, j]), int(block.count[i, j])
    names = (called(fabric.source, fabric.kind, low), called(fabric.source, fabric.kind, high))
    there = f"{own} cable{'s' * (own != 1)}"
    said = f"{there} where {names[0]} has {usual} to most others, and most others have {usual} to {names[1]}"
    return Fault("missing-cable", names, said, add=((low, high, _like(fabric, low)),) * lost)


def _miswired(fabric: Fabric, block: _Block, wanted: tuple[int, int], instead: tuple[int, int]) -> Fault:
    low, high = int(block.low[wanted[0]]), int(block.high[wanted[1]])
    cable = _between(fabric, int(block.low[instead[0]]), int(block.high[instead[1]]))[-1]
    names = (called(fabric.source, fabric.kind, low), called(fabric.source, fabric.kind, high))
    said = f"one cable more than usual there and one less between {names[0]} and {names[1]}: it belongs between these"
    return Fault("miswired-cable", (*ends_of(fabric, [cable]), *names), said, (cable,), ((low, high, cable),))


def _surplus(fabric: Fabric, block: _Block, i: int, j: int) -> Fault:
    cables = _between(fabric, int(block.low[i]), int(block.high[j]))
    said = f"{len(cables)} cables where the neighbours of both have {int(_at_most(block, block.usual)[i, j])}"
    return Fault("uneven-bundle", ends_of(fabric, cables), said)


def _degrees(fabric: Fabric) -> Iterator[Fault]:
    """Yield cables missing in networks that are no tree: switches with fewer than all but a few others have."""
    leaf = fabric.kind == NodeKind.LEAF
    inner = leaf[fabric.tail] & leaf[fabric.head]
    if not inner.any():
        return
    leaves = np.flatnonzero(leaf)
    degree = np.bincount(fabric.tail[inner], minlength=fabric.n_nodes)[leaves]
    usual = _mode(degree)
    if np.count_nonzero(degree == usual) < MOST * len(leaves):
        return
    short = [int(node) for node, n in zip(leaves, degree, strict=True) for _ in range(max(usual - int(n), 0))]
    while short:
        node = short.pop(0)
        other = next((x for x in short if x != node and not len(_between(fabric, node, x))), None)
        names = [called(fabric.source, fabric.kind, node)]
        if other is None:
            yield Fault("missing-cable", (names[0],), f"fewer than the {usual} cables to switches that others have")
            continue
        short.remove(other)
        names.append(called(fabric.source, fabric.kind, other))
        said = f"both have fewer than the {usual} cables to switches that others have, and none joins them"
        yield Fault("missing-cable", tuple(names), said, add=((node, other, _like(fabric, node)),))


def _between(fabric: Fabric, a: int, b: int) -> list[int]:
    links = np.arange(fabric.first[a], fabric.first[a + 1])
    return sorted(fabric.cable[links[fabric.head[links] == b]].tolist())


def _like(fabric: Fabric, node: int) -> int:
    """Return a cable from ``node`` to a switch, the first."""
    links = np.arange(fabric.first[node], fabric.first[node + 1])
    return int(fabric.cable[links[fabric.kind[fabric.head[links]] >= NodeKind.LEAF][0]])


def _mode(values: NDArray[np.int64]) -> int:
    """Return the most frequent of ``values``, the largest of several: a cable is missing sooner than one too many."""
    value, count = np.unique(values, return_counts=True)
    return int(value[len(count) - 1 - np.argmax(count[::-1])])
