"""The least congestion that minimal paths and one fixed detour for each pair reach together.

The choices of a pair are its minimal paths and the whole of its detour, so by duality::

    congestion >= sum over pairs of amount x min(cheapest minimal path, cost of the detour) / sum of capacity x cost

Small cases go to a linear programme over both, with new paths priced until none is cheaper; it
starts from the spread that is best without detours.  Paths are priced twice a round: by the duals,
which end the search, and by a soft maximum of the loads.  Where pairs do not meet, the duals may
price the links of one pair alone, so that by them one pair a round would get its next path.

Large cases keep that spread and move each pair's part on detours by conditional gradients on an
ever sharper soft maximum of utilization: the bound is honest, but the gap need not close, since
minimal paths stay as they were.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csc_array, diags_array, hstack

from topo.flow.pool import arcs_of, cheapest_costs, empty_pool, search
from topo.flow.programme import TimeUp, least_congestion
from topo.flow.spread import EXACT, FLOOR, SMALL_ROUNDS, Floats, Spread
from topo.headway import tell_gap
from topo.kernels.spreading import Digraph, Pairs

#: Softness of the maximum, in parts of the largest utilization: where the search starts, ends, and how it falls.
SOFTEST = 0.05
SHARPEST = 1e-3
FALL = 0.97
#: So little softness is the maximum itself: for the first step, all pairs alike.
PLAIN = 1e-7
#: Thirds cut off the interval in which the best step lies.
STEPS = 30


@dataclass(frozen=True, eq=False)
class Detours:
    """One fixed spread for each of P pairs, on the arcs of a digraph."""

    load: Callable[[Floats], Floats]  # (P,) amounts -> (A,) loads
    cost: Callable[[Floats], Floats]  # (A,) costs -> (P,) cost of each pair's detour
    columns: csc_array | None  # (A, P) shares, where they are affordable


@dataclass(frozen=True, eq=False)
class Mixture:
    """Minimal shares of pairs, the part of each that takes its detour instead, and what is proven of it."""

    minimal: Spread  # shares of what stays on minimal paths; congestion and bound are those of the mixture
    part: Floats  # (P,) between 0 and 1


def mixture(graph: Digraph, pairs: Pairs, spread: Spread, detours: Detours, *, gap: float, seconds: float) -> Mixture:
    """Return a mixture within ``gap`` of the least congestion, or the best after ``seconds``.

    It is never worse than ``spread``, the best of minimal paths alone.
    """
    end = time.monotonic() + seconds
    if detours.columns is not None:
        return _exact(graph, pairs, spread, detours, detours.columns, end=end)
    return _searched(graph, pairs, spread, detours, gap=gap, end=end)


def _exact(graph: Digraph, pairs: Pairs, spread: Spread, detours: Detours, fixed: csc_array, *, end: float) -> Mixture:
    n_arcs, n = len(graph.tail), len(pairs.source)
    pool = empty_pool(n, 2 * n + 64, 16 * n + 512)
    for cost in (1.0 / graph.capacity, np.maximum(spread.prices, spread.prices.max() * FLOOR)):
        pool, _ = search(graph, pairs, cost, True, pool)
    best, bound = Mixture(spread, np.zeros(n)), 0.0
    for _ in range(SMALL_ROUNDS):
        tell_gap(best.minimal.congestion, bound)
        paths = int(pool.used[0])
        path, arc = arcs_of(pool)
        own = hstack([csc_array((np.ones(len(arc)), (arc, path)), shape=(n_arcs, paths)), spread.shares], format="csc")
        pair = np.concatenate([pool.pair[:paths], np.arange(n), np.arange(n)])
        try:
            columns, left = csc_array(hstack([own, fixed])), end - time.monotonic()
            flow, cost = least_congestion(columns, pair, pairs.amount, graph.capacity, seconds=left)
        except TimeUp:
            break
        shares, part = _split(own, pair, flow, pairs, spread)
        utilization = (shares @ (pairs.amount * (1.0 - part)) + fixed @ (pairs.amount * part)) / graph.capacity
        congestion = float(utilization.max())
        if congestion < best.minimal.congestion:
            best = Mixture(replace(spread, shares=shares, congestion=congestion), part)
        for prices in (np.exp((utilization / congestion - 1.0) / SOFTEST) / graph.capacity, cost):
            floored = np.maximum(prices, prices.max() * FLOOR)
            pool, least = search(graph, pairs, floored, True, pool)
            bound = max(bound, _proof(graph, pairs, floored, least, fixed.T @ floored))
        if int(pool.used[0]) == paths or 1.0 - bound / best.minimal.congestion < EXACT:
            break
    return _proven(best, bound)


def _split(
    own: csc_array, pair: np.ndarray[tuple[int], np.dtype[np.int64]], flow: Floats, pairs: Pairs, spread: Spread
) -> tuple[csc_array, Floats]:
    """Return (A, P) shares of what stays minimal, and (P,) the part that does not."""
    n, n_own = len(pairs.source), own.shape[1]
    kept = np.bincount(pair[:n_own], flow[:n_own], n)
    part = np.clip(flow[n_own:] / pairs.amount, 0.0, 1.0)
    stays = kept > EXACT * pairs.amount
    part = np.where(stays, part, 1.0)
    scale = flow[:n_own] / np.where(stays, kept, 1.0)[pair[:n_own]] * stays[pair[:n_own]]
    merge = csc_array((scale, (np.arange(n_own), pair[:n_own])), shape=(n_own, n))
    merge.eliminate_zeros()
    return csc_array(own @ merge + spread.shares @ diags_array((~stays).astype(np.float64))), part


def _searched(graph: Digraph, pairs: Pairs, spread: Spread, detours: Detours, *, gap: float, end: float) -> Mixture:
    n, amount = len(pairs.source), pairs.amount
    part, load = np.zeros(n), spread.shares @ amount
    toward = detours.load(amount) - load
    step = _best_step(load / graph.capacity, toward / graph.capacity, PLAIN)
    part, load = part + step, load + step * toward
    congestion, bound = float((load / graph.capacity).max()), 0.0
    best = (congestion, part) if congestion < spread.congestion else (spread.congestion, np.zeros(n))
    mu = SOFTEST
    while 1.0 - bound / best[0] > gap and time.monotonic() < end:
        tell_gap(best[0], bound)
        cost = np.exp((load / graph.capacity / congestion - 1.0) / mu) / graph.capacity
        cost = np.maximum(cost, cost.max() * FLOOR)
        least, detour = cheapest_costs(graph, pairs, cost, True), detours.cost(cost)
        bound = max(bound, _proof(graph, pairs, cost, least, detour))
        goal = (detour < spread.shares.T @ cost).astype(np.float64)
        toward = spread.shares @ (amount * (1.0 - goal)) + detours.load(amount * goal) - load
        step = _best_step(load / graph.capacity, toward / graph.capacity, mu)
        part, load = part + step * (goal - part), load + step * toward
        congestion = float((load / graph.capacity).max())
        if congestion < best[0]:
            best = congestion, part
        mu = max(mu * FALL, SHARPEST)
    return _proven(Mixture(replace(spread, congestion=best[0]), best[1]), bound)


def _proof(graph: Digraph, pairs: Pairs, cost: Floats, least: Floats, detour: Floats) -> float:
    """Return the congestion that ``cost`` (A,) proves: pairs take their cheapest minimal path or their detour."""
    return float(np.minimum(least, detour) @ pairs.amount / (graph.capacity @ cost))


def _best_step(utilization: Floats, toward: Floats, mu: float) -> float:
    """Return the step in [0, 1] along ``toward`` (A,) with the least soft maximum, of softness ``mu`` x the largest."""
    top = float(utilization.max())

    def soft(step: float) -> float:
        reached = (utilization + step * toward) / top
        return float(reached.max() + mu * np.log(np.exp((reached - reached.max()) / mu).sum()))

    low, high = 0.0, 1.0
    for _ in range(STEPS):
        a, b = low + (high - low) / 3.0, high - (high - low) / 3.0
        low, high = (low, b) if soft(a) <= soft(b) else (a, high)
    return (low + high) / 2.0


def _proven(best: Mixture, bound: float) -> Mixture:
    return replace(best, minimal=replace(best.minimal, bound=min(bound, best.minimal.congestion)))
