"""Leaves, spines and cores of a graph of switches, and the planes that it falls into.

A leaf bears endpoints, a spine is one cable away from a leaf, all that is further off is a core.  A switch
without endpoints that hangs on the same spines as some leaf is a leaf that nobody is plugged into yet.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from topo.fabric import NodeKind, Tier
from topo.islands import islands

Ints = NDArray[np.int64]


def kinds_of(end: NDArray[np.bool_], inside: NDArray[np.bool_], a: Ints, b: Ints) -> NDArray[np.int8]:
    """Return (N,) the kind of each device, from the cables ``a[i] -- b[i]``.

    ``end`` (N,) are endpoints, ``inside`` (N,) the switches of their scale-up networks.
    """
    n = len(end)
    network = ~inside[a] & ~inside[b]
    a, b = a[network], b[network]
    kind = np.full(n, NodeKind.CORE, dtype=np.int8)
    kind[end] = NodeKind.ENDPOINT
    kind[a[end[b] & ~end[a]]] = NodeKind.LEAF
    kind[b[end[a] & ~end[b]]] = NodeKind.LEAF
    leaf = kind == NodeKind.LEAF
    for here, there in ((a, b), (b, a)):
        kind[there[leaf[here] & (kind[there] == NodeKind.CORE)]] = NodeKind.SPINE
    kind[_bare_leaves(kind, a, b)] = NodeKind.LEAF
    kind[np.setdiff1d(np.flatnonzero(kind == NodeKind.CORE), np.concatenate([a, b]))] = NodeKind.LEAF
    kind[inside] = NodeKind.SCALE_UP
    return kind


def _bare_leaves(kind: NDArray[np.int8], a: Ints, b: Ints) -> list[int]:
    """Return cores that hang on the spines of some leaf, all of them and no others."""
    here, there = np.concatenate([a, b]), np.concatenate([b, a])
    low = (kind[here] == NodeKind.LEAF) | (kind[here] == NodeKind.CORE)
    rises = low & (kind[there] != NodeKind.ENDPOINT)
    above: dict[int, set[int]] = defaultdict(set)
    for node, over in zip(here[rises].tolist(), there[rises].tolist(), strict=True):
        above[node].add(over)
    is_leaf = (kind == NodeKind.LEAF).tolist()
    known = {frozenset(over) for node, over in above.items() if is_leaf[node]}
    return [node for node, over in above.items() if not is_leaf[node] and frozenset(over) in known]


def tiers_of(kind: NDArray[np.int8], a: Ints, b: Ints) -> NDArray[np.int8]:
    """Return (C,) the tier of each cable, by the kinds that it joins; between switches of one kind it is local."""
    low, high = np.minimum(kind[a], kind[b]), np.maximum(kind[a], kind[b])
    tier = np.full(len(a), Tier.SPINE_CORE, dtype=np.int8)
    tier[high == NodeKind.SPINE] = Tier.LEAF_SPINE
    tier[low == high] = Tier.LOCAL
    tier[low == NodeKind.ENDPOINT] = Tier.ENDPOINT
    tier[(low == NodeKind.ENDPOINT) & (high == NodeKind.SCALE_UP)] = Tier.SCALE_UP
    return tier


def planes_of(kind: NDArray[np.int8], a: Ints, b: Ints) -> tuple[NDArray[np.int16], int]:
    """Return (N,) the plane of each device, and how many there are: parts of the switch network that bear endpoints.

    Planes are numbered by their lowest endpoint, then by their lowest switch.  An endpoint on several has -1.
    """
    n = len(kind)
    switch = kind >= NodeKind.LEAF
    inner = switch[a] & switch[b]
    part = islands(a[inner], b[inner], n)
    ends = (kind[a] == NodeKind.ENDPOINT) & switch[b], (kind[b] == NodeKind.ENDPOINT) & switch[a]
    end = np.concatenate([a[ends[0]], b[ends[1]]])
    at = part[np.concatenate([b[ends[0]], a[ends[1]]])]
    lowest = np.full(int(part.max(initial=0)) + 1, n)
    np.minimum.at(lowest, at, end)
    first = np.full(len(lowest), n)
    np.minimum.at(first, part[switch], np.flatnonzero(switch))
    order = np.lexsort((first, lowest))
    number = np.zeros(len(lowest), dtype=np.int16)
    bearing = order[lowest[order] < n]
    number[bearing] = np.arange(len(bearing))
    plane = np.where(switch, number[part], 0).astype(np.int16)
    least, most = np.full(n, 32767), np.full(n, -1)
    np.minimum.at(least, end, number[at])
    np.maximum.at(most, end, number[at])
    several, there = most > least, most >= 0
    plane[there] = np.where(several, -1, least)[there]
    plane[kind == NodeKind.SCALE_UP] = -1
    return plane, max(len(bearing), 1)


def domains_of(kind: NDArray[np.int8], a: Ints, b: Ints, host: Ints) -> Ints:
    """Return (E,) the domain of each endpoint: by its scale-up switch where there are such, else its ``host``."""
    inside = (kind[np.maximum(a, b)] == NodeKind.SCALE_UP) & (np.minimum(a, b) < len(host))
    if not inside.any():
        return host
    at = len(kind) + host  # of endpoints that no such switch joins
    at[np.minimum(a, b)[inside]] = np.maximum(a, b)[inside]
    return np.unique(at, return_inverse=True)[1].astype(np.int64)
