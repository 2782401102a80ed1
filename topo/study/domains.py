"""Scale-up domains against leaves: they go by rank, so they may lie over several, or in parts."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

from topo.size import Groups
from topo.study.levels import is_tree

if TYPE_CHECKING:
    from topo.config.nouns import Facts
    from topo.size import Size


def straddled(size: Size, facts: Facts) -> bool:
    """Return whether domains lie over leaves in ways that no symmetry of the network follows.

    Leaves of a tree change places, groups of a Dragonfly do with all that is in them, switches of a Slim Fly do where
    each has whole domains.
    """
    domain = facts.per_domain if size.scale_up_switches else 1
    leaves = size.leaves // (size.planes if facts.multi_port else 1)
    alike = size.group_count // size.planes if size.groups == Groups.DRAGONFLY else max(leaves, 1)
    return not is_tree(size) and size.endpoints // alike % domain != 0


def parts(row: int, domain: int) -> float:
    """Return how many domains, or parts of them, a leaf of ``row`` endpoints has in the mean."""
    return (row + domain - gcd(row, domain)) / domain
