"""The pool of paths between which a spread moves flow: paths in use and just found, a few a pair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from topo.kernels.spreading import Digraph, Pairs, Pool, lone, price

Floats = NDArray[np.float64]


def empty_pool(n_pairs: int, n_paths: int, n_arcs: int) -> Pool:
    """Return a pool for ``n_pairs`` with room for so many paths and arcs of them."""
    return Pool(
        np.full(n_pairs, -1, np.int64),
        np.zeros(n_paths, np.int64),
        np.zeros(n_paths, np.int64),
        np.zeros(n_paths + 1, np.int64),
        np.zeros(n_arcs, np.int32),
        np.zeros(n_paths),
        np.zeros(2, np.int64),
    )


def search(graph: Digraph, pairs: Pairs, cost: Floats, minimal: bool, pool: Pool) -> tuple[Pool, Floats]:
    """Return the pool with every pair's cheapest path in it, and the costs (P,)."""
    least = np.zeros(len(pairs.source))
    at = 0
    while (at := price(graph, pairs, cost, minimal, pool, True, at, least)) < len(pairs.target):
        pool = _grown(pool)
    return pool, least


def lone_paths(graph: Digraph, pairs: Pairs) -> tuple[Pool, NDArray[np.bool_]]:
    """Return a pool with the paths of those pairs that have one minimal path alone, and which pairs (P,) they are."""
    pool, at = empty_pool(len(pairs.source), len(pairs.source) + 64, 4 * len(pairs.source) + 512), 0
    only = np.zeros(len(pairs.source), dtype=np.bool_)
    while (at := lone(graph, pairs, pool, at, only)) < len(pairs.target):
        pool = _grown(pool)
    return pool, only


def chosen(pairs: Pairs, rows: NDArray[np.bool_]) -> Pairs:
    """Return those of ``pairs`` that ``rows`` (P,) marks."""
    target = np.repeat(pairs.target, np.diff(pairs.first))[rows]
    begins = np.flatnonzero(np.diff(target, prepend=-1))
    first = np.append(begins, len(target)).astype(np.int64)
    return Pairs(target[begins], first, pairs.source[rows], pairs.amount[rows])


def _grown(pool: Pool) -> Pool:
    """Return ``pool`` with half as much room again."""
    grown = empty_pool(len(pool.top), len(pool.flow) * 3 // 2 + 64, len(pool.arc) * 3 // 2 + 512)
    for key, old in pool._asdict().items():
        getattr(grown, key)[: len(old)] = old
    return grown


def cleaned(pool: Pool) -> Pool:
    """Return ``pool`` with only the paths that carry flow, pair by pair."""
    paths = int(pool.used[0])
    keep = np.flatnonzero(pool.flow[:paths] > 0.0)
    keep = keep[np.argsort(pool.pair[keep], kind="stable")]
    length = np.diff(pool.start[: paths + 1])[keep]
    clean = empty_pool(len(pool.top), len(pool.flow), len(pool.arc))
    clean.pair[: len(keep)] = pool.pair[keep]
    clean.flow[: len(keep)] = pool.flow[keep]
    np.cumsum(length, out=clean.start[1 : len(keep) + 1])
    at = np.repeat(pool.start[keep] - clean.start[: len(keep)], length) + np.arange(length.sum())
    clean.arc[: len(at)] = pool.arc[at]
    pair = pool.pair[keep]
    clean.below[: len(keep)] = np.where(np.append(pair[1:] == pair[:-1], False), np.arange(len(keep)) + 1, -1)
    opens = np.append(True, pair[1:] != pair[:-1]) if len(keep) else np.zeros(0, bool)
    clean.top[pair[opens]] = np.flatnonzero(opens)
    clean.used[:] = len(keep), len(at)
    return clean


def kept(pool: Pool) -> Pool:
    """Return the paths that carry flow now, to be read once ``pool`` has moved on."""
    paths, arcs = pool.used.tolist()
    return pool._replace(
        pair=pool.pair[:paths].copy(),
        start=pool.start[: paths + 1].copy(),
        arc=pool.arc[:arcs].copy(),
        flow=pool.flow[:paths].copy(),
        used=pool.used.copy(),
    )


def arcs_of(pool: Pool) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the path of each arc in the pool, and the arc."""
    paths, arcs = pool.used
    return np.repeat(np.arange(paths), np.diff(pool.start[: paths + 1])), pool.arc[:arcs]


def loads(pool: Pool, graph: Digraph) -> Floats:
    """Return (O,) loads of the paths in the pool."""
    path, arc = arcs_of(pool)
    return np.asarray(np.bincount(graph.orbit[arc], pool.flow[path], len(graph.capacity)), dtype=np.float64)


def congestion_of(pool: Pool, graph: Digraph) -> float:
    """Return the largest load over capacity."""
    return float((loads(pool, graph) / graph.capacity).max(initial=0.0))


def shares_of(pool: Pool, n_arcs: int, amount: Floats) -> csc_array:
    """Return (A, P) what part of each pair's ``amount`` goes over each arc."""
    path, arc = arcs_of(pool)
    pair = pool.pair[path]
    used = pool.flow[path] > 0.0
    data = pool.flow[path[used]] / amount[pair[used]]
    return csc_array((data, (arc[used], pair[used])), shape=(n_arcs, len(amount)))
