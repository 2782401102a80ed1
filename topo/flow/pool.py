"""The pool of paths between which a spread moves flow: paths in use and just found, a few a pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from topo.kernels import in_blocks
from topo.kernels.pricing import Found, Leaving, lone, price
from topo.kernels.spreading import Digraph, Pairs, Pool

Floats = NDArray[np.float64]

#: What a look at an arc costs in a search for paths [ns]; measured.
VISIT = 10.0


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


def search(
    graph: Digraph, pairs: Pairs, cost: Floats, minimal: bool, pool: Pool, *, most: int = 1
) -> tuple[Pool, Floats]:
    """Return the pool with every pair's cheapest path in it, and the costs (P,).

    ``most`` paths of a pair enter at once, if so many are cheaper than all that it has.
    """
    least, found = _priced(graph, pairs, cost, pool, minimal=minimal, most=most)
    return added(pool, found, pairs.amount), least


def cheapest_costs(graph: Digraph, pairs: Pairs, cost: Floats, minimal: bool) -> Floats:
    """Return (P,) what the cheapest path of each pair costs."""
    return _priced(graph, pairs, cost, empty_pool(0, 0, 0), minimal=minimal, most=0)[0]


def _priced(
    graph: Digraph, pairs: Pairs, cost: Floats, pool: Pool, *, minimal: bool, most: int
) -> tuple[Floats, list[Found]]:
    """Return the cost of the cheapest path of each pair (P,), and the paths that ``pool`` lacks."""
    leaving = _leaving(graph) if most > 1 else Leaving(np.zeros(len(graph.first), np.int64), np.zeros(0, np.int64))
    least = np.zeros(len(pairs.source))

    def fill(start: int, stop: int, found: Found) -> int:
        return int(price(graph, leaving, pairs, cost, minimal, pool, start, stop, most, least, found))

    return least, _paths_of(graph, pairs, fill)


def lone_paths(graph: Digraph, pairs: Pairs) -> tuple[Pool, NDArray[np.bool_]]:
    """Return a pool with the paths of those pairs that have one minimal path alone, and which pairs (P,) they are."""
    only = np.zeros(len(pairs.source), dtype=np.bool_)

    def fill(start: int, stop: int, found: Found) -> int:
        return int(lone(graph, pairs, start, stop, only, found))

    pool = empty_pool(len(pairs.source), 0, 0)
    return added(pool, _paths_of(graph, pairs, fill), pairs.amount), only


def _paths_of(graph: Digraph, pairs: Pairs, fill: Callable[[int, int, Found], int]) -> list[Found]:
    """Return the paths that ``fill`` finds toward targets ``start:stop``; it writes to what blocks share."""

    def work(start: int, stop: int) -> Found:
        n = int(pairs.first[stop] - pairs.first[start])
        found, at = _empty_found(n // 4 + 64, n + 512), start
        while (at := fill(at, stop, found)) < stop:
            found = _with_room(found)
        return found

    n = len(pairs.target)
    return list(in_blocks(work, n, visits=VISIT * n * len(graph.tail), shares=True))


def _empty_found(n_paths: int, n_arcs: int) -> Found:
    return Found(
        np.zeros(n_paths, np.int64), np.zeros(n_paths + 1, np.int64), np.zeros(n_arcs, np.int32), np.zeros(2, np.int64)
    )


def _with_room(found: Found) -> Found:
    """Return ``found`` with twice the room."""
    larger = _empty_found(2 * len(found.pair), 2 * len(found.arc))
    for key, old in found._asdict().items():
        getattr(larger, key)[: len(old)] = old
    return larger


def added(pool: Pool, found: Sequence[Found], amount: Floats) -> Pool:
    """Return ``pool`` with the paths ``found``; the first of a pair takes its whole ``amount`` (P,)."""
    counts = np.array([block.used for block in found], dtype=np.int64).reshape(-1, 2)
    more, arcs = counts.sum(axis=0)
    if not more:
        return pool
    paths, end = pool.used.tolist()
    pool = _grown(pool, paths + more, end + arcs)
    pair = np.concatenate([block.pair[:n] for block, (n, _) in zip(found, counts, strict=True)])
    length = np.concatenate([np.diff(block.start[: n + 1]) for block, (n, _) in zip(found, counts, strict=True)])
    number = np.arange(paths, paths + more)
    opens = np.append(True, pair[1:] != pair[:-1])
    closes = np.append(opens[1:], True)
    first = opens & (pool.top[pair] < 0)
    pool.pair[number] = pair
    pool.below[number] = np.where(opens, pool.top[pair], number - 1)
    pool.flow[number] = np.where(first, amount[pair], 0.0)
    pool.top[pair[closes]] = number[closes]
    pool.start[paths + 1 : paths + more + 1] = end + np.cumsum(length)
    pool.arc[end : end + arcs] = np.concatenate([block.arc[:n] for block, (_, n) in zip(found, counts, strict=True)])
    pool.used[:] = paths + more, end + arcs
    return pool


def _leaving(graph: Digraph) -> Leaving:
    """Return the arcs of ``graph`` by the node that they leave."""
    arc = np.argsort(graph.tail, kind="stable")
    return Leaving(np.searchsorted(graph.tail[arc], np.arange(len(graph.first))).astype(np.int64), arc)


def chosen(pairs: Pairs, rows: NDArray[np.bool_]) -> Pairs:
    """Return those of ``pairs`` that ``rows`` (P,) marks."""
    target = np.repeat(pairs.target, np.diff(pairs.first))[rows]
    begins = np.flatnonzero(np.diff(target, prepend=-1))
    first = np.append(begins, len(target)).astype(np.int64)
    return Pairs(target[begins], first, pairs.source[rows], pairs.amount[rows])


def _grown(pool: Pool, paths: int, arcs: int) -> Pool:
    """Return ``pool`` with room for so many ``paths`` and ``arcs``, half as much again where it had none."""
    if paths <= len(pool.flow) and arcs <= len(pool.arc):
        return pool
    grown = empty_pool(len(pool.top), max(paths, len(pool.flow) * 3 // 2), max(arcs, len(pool.arc) * 3 // 2))
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
