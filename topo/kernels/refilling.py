"""Completion times under max-min fair rates: refilled whenever a commodity ends.

Most of the network does not notice when a commodity ends.  Only the chosen
commodities are filled again, against what all others leave of each link; the
others keep their rates.  A commodity is chosen when it would break the law of
max-min fairness: its bottleneck is no longer full, or somebody there is faster,
or it is faster than a chosen one on that one's bottleneck.  When nobody breaks
the law the rates are the max-min fair ones, because only one allocation obeys it.

Limits. Fluid: no latency, no start-up, no queueing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topo.kernels import jit
from topo.kernels.filling import TIE, Problem, accumulate, fill, tree_first, tree_of, tree_set

#: A link is full, and two rates are equal, within this relative distance: safely above TIE.
FULL = 1e-12


class State(NamedTuple):
    """What the event loop remembers of each commodity and each link."""

    rate: NDArray[np.float64]  # (F,) [B/s]
    tight: NDArray[np.int32]  # (F,) bottleneck
    alive: NDArray[np.bool_]  # (F,)
    left: NDArray[np.float64]  # (F,) [bytes] at time ``since``
    since: NDArray[np.float64]  # (F,) [s] when the rate last changed
    before: NDArray[np.float64]  # (F,) [B/s] rate before the present event
    chosen: NDArray[np.int32]  # (F,) commodities to fill again, a stack
    is_chosen: NDArray[np.bool_]  # (F,)
    load: NDArray[np.float64]  # (L, 2) [B/s] and its rounding error
    full: NDArray[np.bool_]  # (L,)
    end: NDArray[np.int64]  # (L,) one past the last living entry of each link; member is kept packed
    touched: NDArray[np.int32]  # (L,) links to look at, a stack
    local: NDArray[np.int32]  # (L,) place on that stack, or -1


@jit
def complete(problem: Problem, size: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int32], int]:
    """Return when each commodity ends (F,) [s], the link (F,) that limited it last, and the number of events.

    ``size`` (F,) [bytes].  All start at time zero.  ``problem.member`` is
    reordered.
    """
    state = _start(problem, size)
    clock = tree_of(size / state.rate)
    finish = np.full(len(size), np.inf)
    owner, living, emptied = np.zeros(len(size), np.int32), np.full(1, len(size), np.int64), np.empty(1, np.int32)
    events = 0
    while clock[1] < np.inf:
        now = clock[1]
        events += 1
        n_touched, _ = end_due(problem, state, clock, finish, owner, living, emptied, now)
        refill_chosen(problem, state, clock, orphans(problem, state, n_touched), now)
    return finish, state.tight, events


@jit
def refill_chosen(problem: Problem, state: State, clock: NDArray[np.float64], n_chosen: int, now: float) -> None:
    """Fill the chosen again, and whoever then breaks the law, until nobody does."""
    n_filled = 0
    while n_filled < n_chosen:
        n_filled = n_chosen
        n_touched = _refill(problem, state, n_chosen)
        n_chosen = _offenders(problem, state, n_touched, n_chosen)
    _reschedule(state, clock, n_chosen, now)


@jit
def idle(problem: Problem) -> State:
    """Return the state of a network on which nobody sends; all entries of ``member`` count as dead."""
    n_links, n = len(problem.capacity), len(problem.start) - 1
    return State(
        np.zeros(n),
        np.full(n, -1, np.int32),
        np.zeros(n, np.bool_),
        np.zeros(n),
        np.zeros(n),
        np.zeros(n),
        np.empty(n, np.int32),
        np.zeros(n, np.bool_),
        np.zeros((n_links, 2)),
        np.zeros(n_links, np.bool_),
        problem.link_start[:-1].copy(),
        np.empty(n_links, np.int32),
        np.full(n_links, -1, np.int32),
    )


@jit
def _start(problem: Problem, size: NDArray[np.float64]) -> State:
    rate, tight = fill(problem)
    state = idle(problem)
    state.rate[:], state.tight[:], state.alive[:], state.left[:] = rate, tight, True, size
    state.end[:] = problem.link_start[1:]
    for f in range(len(size)):
        _add_load(problem, state, f, 1.0)
        if tight[f] >= 0:
            state.full[tight[f]] = True
    return state


@jit
def _add_load(problem: Problem, state: State, f: int, sign: float) -> None:
    for k in range(problem.start[f], problem.start[f + 1]):
        accumulate(state.load, problem.link[k], 0, sign * problem.share[k] * state.rate[f])


@jit
def _is_full(problem: Problem, state: State, link: int) -> bool:
    full: bool = state.load[link, 0] + state.load[link, 1] >= problem.capacity[link] * (1.0 - FULL)
    return full


@jit
def end_due(
    problem: Problem,
    state: State,
    clock: NDArray[np.float64],
    finish: NDArray[np.float64],
    owner: NDArray[np.int32],
    living: NDArray[np.int64],
    emptied: NDArray[np.int32],
    now: float,
) -> tuple[int, int]:
    """End all commodities that are done by ``now``.

    Return how many links they leave, kept in ``touched``, and how many phases have none left, kept in
    ``emptied``: ``living`` (phases,) counts those of phase ``owner`` (F,) that still send.
    """
    n_touched = n_emptied = 0
    while clock[1] <= now * (1.0 + TIE):
        f = tree_first(clock)
        finish[f] = clock[1]
        state.alive[f] = False
        living[owner[f]] -= 1
        if living[owner[f]] == 0:
            emptied[n_emptied] = owner[f]
            n_emptied += 1
        tree_set(clock, f, np.inf)
        _add_load(problem, state, f, -1.0)
        n_touched = touch(problem, state, f, n_touched)
    return n_touched, n_emptied


@jit
def touch(problem: Problem, state: State, f: int, n_touched: int) -> int:
    """Put the links of commodity ``f`` on the stack of links to look at, each once; return the height of the stack."""
    for k in range(problem.start[f], problem.start[f + 1]):
        link = problem.link[k]
        if state.local[link] < 0:
            state.local[link] = n_touched
            state.touched[n_touched] = link
            n_touched += 1
    return n_touched


@jit
def choose(state: State, f: int, n_chosen: int) -> int:
    """Put ``f`` on the stack of commodities to fill again; return the height of the stack."""
    state.is_chosen[f] = True
    state.before[f] = state.rate[f]
    state.chosen[n_chosen] = f
    return n_chosen + 1


@jit
def orphans(problem: Problem, state: State, n_touched: int) -> int:
    """Choose the commodities whose bottleneck is no longer full; return how many."""
    n_chosen = 0
    for i in range(n_touched):
        link = state.touched[i]
        state.local[link] = -1
        if not state.full[link] or _is_full(problem, state, link):
            continue
        state.full[link] = False
        pack(problem, state, link)
        for k in range(problem.link_start[link], state.end[link]):
            f = problem.member[k]
            if state.tight[f] == link and not state.is_chosen[f]:
                n_chosen = choose(state, f, n_chosen)
    return n_chosen


@jit
def pack(problem: Problem, state: State, link: int) -> None:
    """Drop the dead from the entries of link ``link``."""
    end = problem.link_start[link]
    for k in range(problem.link_start[link], state.end[link]):
        f = problem.member[k]
        if state.alive[f]:
            problem.member[end] = f
            end += 1
    state.end[link] = end


@jit
def _refill(problem: Problem, state: State, n_chosen: int) -> int:
    """Fill the chosen again in what the others leave; return how many links they cross, kept in ``touched``."""
    n_touched = 0
    start = np.zeros(n_chosen + 1, np.int64)
    for i in range(n_chosen):
        f = state.chosen[i]
        _add_load(problem, state, f, -1.0)
        start[i + 1] = start[i] + problem.start[f + 1] - problem.start[f]
        n_touched = touch(problem, state, f, n_touched)
    part = _part(problem, state, start, n_chosen, n_touched)
    rate, tight = fill(part)
    for i in range(n_chosen):
        f = state.chosen[i]
        state.rate[f] = rate[i]
        state.tight[f] = state.touched[tight[i]]
        _add_load(problem, state, f, 1.0)
    return n_touched


@jit
def _part(problem: Problem, state: State, start: NDArray[np.int64], n_chosen: int, n_touched: int) -> Problem:
    """Return the problem of the chosen commodities on the touched links."""
    link, share = np.empty(start[n_chosen], np.int32), np.empty(start[n_chosen])
    link_start = np.zeros(n_touched + 1, np.int64)
    entry = 0
    for i in range(n_chosen):
        f = state.chosen[i]
        for k in range(problem.start[f], problem.start[f + 1]):
            link[entry] = state.local[problem.link[k]]
            share[entry] = problem.share[k]
            link_start[link[entry] + 1] += 1
            entry += 1
    room = np.empty(n_touched)
    for i in range(n_touched):
        link_start[i + 1] += link_start[i]
        whole = state.touched[i]
        room[i] = max(problem.capacity[whole] - (state.load[whole, 0] + state.load[whole, 1]), 0.0)
    member, member_share = np.empty(entry, np.int32), np.empty(entry)
    place = link_start[:-1].copy()
    for i in range(n_chosen):
        for k in range(start[i], start[i + 1]):
            member[place[link[k]]] = i
            member_share[place[link[k]]] = share[k]
            place[link[k]] += 1
    return Problem(link_start, member, member_share, start, link, share, room)


@jit
def _offenders(problem: Problem, state: State, n_touched: int, n_chosen: int) -> int:
    """Choose also the commodities that now break the law; return how many are chosen in all."""
    for i in range(n_touched):
        link = state.touched[i]
        state.local[link] = -1
        is_full = _is_full(problem, state, link)
        if is_full or state.full[link]:
            pack(problem, state, link)
            n_chosen = _offenders_on(problem, state, link, is_full, n_chosen)
    return n_chosen


@jit
def _offenders_on(problem: Problem, state: State, link: int, is_full: bool, n_chosen: int) -> int:
    top, level = 0.0, np.inf  # the fastest of all; the rate of those chosen that this link holds back
    for k in range(problem.link_start[link], state.end[link]):
        f = problem.member[k]
        top = max(top, state.rate[f])
        if state.is_chosen[f] and state.tight[f] == link:
            level = state.rate[f]
    is_full = is_full or level < np.inf
    state.full[link] = is_full
    for k in range(problem.link_start[link], state.end[link]):
        f = problem.member[k]
        if state.is_chosen[f]:
            continue
        too_fast = state.rate[f] > level * (1.0 + FULL)
        if too_fast or (state.tight[f] == link and not (is_full and state.rate[f] >= top * (1.0 - FULL))):
            n_chosen = choose(state, f, n_chosen)
    return n_chosen


@jit
def _reschedule(state: State, clock: NDArray[np.float64], n_chosen: int, now: float) -> None:
    for i in range(n_chosen):
        f = state.chosen[i]
        state.is_chosen[f] = False
        if state.rate[f] != state.before[f]:
            state.left[f] -= state.before[f] * (now - state.since[f])
            state.since[f] = now
            tree_set(clock, f, now + max(state.left[f], 0.0) / state.rate[f])
