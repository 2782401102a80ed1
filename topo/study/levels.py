"""Levels at which commodities turn round: in a scale-up domain, under a leaf, in a pod, or beyond.

Ranks are dealt to leaves and to pods in order, so what a pattern says of where the ends of its commodities lie
(``traffic.apart``) tells how many turn at each, and so how many links they use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topo.size import Groups, Tier

if TYPE_CHECKING:
    from topo.config.nouns import Facts
    from topo.size import Size
    from traffic.pattern import Count

#: Links of one path where nothing says how many, endpoint cables included.
HOPS = 8
#: Links of one of each kind that a commodity of a tree is on, at most; on one that lost cables they may be more.
FEW_LINKS = 6
#: Links that whoever stays in a domain or under a leaf uses: there and back down.
NEAR = 2
#: Tiers of trees: switches of a layer are joined by the layers above alone.
_TREE = frozenset({Tier.SCALE_UP, Tier.ENDPOINT, Tier.LEAF_SPINE, Tier.SPINE_CORE})
#: A number of each level.
Each = tuple[float, float, float, float]


@dataclass(frozen=True)
class Levels:
    """Where commodities turn round, as parts of all, and what each uses up to there; sums of the four are 1."""

    inside: float  # in a scale-up domain
    leaf: float
    pod: float
    far: float
    width: Each  # links that shortest paths use together on a plane
    ways: Each  # shortest paths that there are
    hops: Each  # links of one path

    @classmethod
    def of(cls, count: Count, size: Size, facts: Facts) -> Levels:
        """Return the levels of ``count`` on ``size``; who is not said to be near is far."""
        dealt = 1 if facts.multi_port else size.planes  # planes that neighbours in rank go round
        leaf = max(size.leaf_endpoints or size.endpoints / max(size.leaves, 1), 1) * dealt
        pods = size.groups == Groups.POD and size.group_count
        pod = size.endpoints * size.planes / size.group_count if pods else float("inf") if is_tree(size) else leaf
        parts = [0.0, 0.0, 0.0, float(count.pairs)]
        for reach, n in count.apart.items():
            crosses = reach.crosses(leaf)
            beyond = min(reach.crosses(pod), crosses)
            here = [0.0, 1 - crosses, crosses - beyond, beyond] if reach.away else [1.0, 0.0, 0.0, 0.0]
            parts = [part + n * each for part, each in zip(parts, here, strict=True)]
            parts[3] -= n
        whole = max(count.pairs, 1)
        far = float(size.diameter or HOPS)
        inside, under, within, far_ones = (part / whole for part in parts)
        hops = (NEAR, NEAR, min(4.0, far), far)
        return cls(inside, under, within, far_ones, *_widths(size), hops)

    def mean(self, each: Sequence[float], ports: int) -> float:
        """Return the mean of ``each`` level; on every one of ``ports`` where it goes by the network."""
        there = (self.leaf, self.pod, self.far)
        return self.inside * each[0] + ports * sum(part * n for part, n in zip(there, each[1:], strict=True))

    def used(self, drawn: int) -> list[float]:
        """Return the links of ``drawn`` paths of a commodity on a plane, by level: those that paths share count once.

        Of a tree, hop by hop: no more up-links of a leaf or of all its spines than there are; half of them lead up.
        """
        leaf, pod, far = self.hops[1:]
        up, top = self.ways[2], self.ways[3]
        low = [min(drawn, up)] * (pod > leaf)
        high = [min(drawn, up), min(drawn, top)][: max(int(far - leaf) // 2, 1)]
        wide = [NEAR, NEAR, 2 * (1 + sum(low)), 2 * (1 + sum(high))]
        return [min(each) for each in zip(wide, self.width, strict=True)]

    @property
    def crossing(self) -> float:
        """Part that leaves its leaf."""
        return self.pod + self.far


def _widths(size: Size) -> tuple[Each, Each]:
    """Return the links that shortest paths of a commodity use together on a plane, by level, and how many these are.

    In a tree it climbs by all up-cables of a leaf, then by all of each spine; elsewhere two paths are usual.
    """
    many = {tier: sum(n for one, _, n in size.cables if one == tier) for tier in Tier}
    up = many[Tier.LEAF_SPINE] / max(size.leaves, 1)
    spines = max(size.switches - size.leaves - size.cores, 1)
    if not up:
        usual = 2.0 * (size.diameter or HOPS)
        return (NEAR, NEAR, usual, usual), (1.0, 1.0, 2.0, 2.0)
    further = many[Tier.SPINE_CORE] / spines
    return (NEAR, NEAR, 2 * (1 + up), 2 * (1 + up * (1 + further))), (1.0, 1.0, up, up * max(further, 1.0))


def is_tree(size: Size) -> bool:
    """Return whether switches of a layer are joined by the layers above alone."""
    return {tier for tier, _, _ in size.cables} <= _TREE
