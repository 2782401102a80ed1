"""Links that bind alike: parallel cables, the up-links of a leaf under even splits, the hops of a lone commodity.

Two links whose rows of shares are proportional hold the same commodities back in
the same way, and only the tighter of them ever binds.  A link of one commodity alone
never binds where another link that it is on lets it be no faster.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from topo.noise import noise
from topo.stored import Stored

#: Two shares are equal within this relative distance: rounding of the splits.
EQUAL = 1e-13
#: Fingerprints of rows are compared this loosely; what looks alike is compared share by share.
ALIKE = 1e-9


def binding_links(shares: Stored, capacity: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return the links, ascending, that remain when each set of proportional rows of ``shares`` (L, F) keeps one.

    It keeps the link with the least capacity in proportion, the first of equal ones; links without traffic go, and
    those of one commodity that is never faster on another link of its own.  ``capacity`` (L,) [B/s].
    """
    length = shares.length
    several: NDArray[np.int32] = np.flatnonzero(length > 1).astype(np.int32)
    rows, lone = shares.some(several), np.flatnonzero(length == 1)
    own = _binding_alone(shares, rows, capacity, several, lone) if len(lone) else lone
    if not len(several):
        return own.astype(np.int32)
    scale = np.maximum.reduceat(rows.data, rows.indptr[:-1])
    order, start = _alike(rows, scale)
    tightness = (scale / capacity[several])[order]
    length = np.diff(start, append=len(order))
    tightest = tightness >= np.repeat(np.maximum.reduceat(tightness, start), length) * (1.0 - EQUAL)
    first = np.minimum.reduceat(np.where(tightest, order, len(order)), start)
    leader = np.empty(len(order), dtype=np.int64)
    leader[order] = np.repeat(first, length)
    kept = several[(leader == np.arange(len(several))) | ~_proportional(rows, scale, leader)]
    return np.sort(np.concatenate([own, kept])).astype(np.int32)


def _binding_alone(
    shares: Stored,
    rows: Stored,
    capacity: NDArray[np.float64],
    several: NDArray[np.int32],
    lone: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return those of the links ``lone``, which carry one commodity each, that can hold it back: one of each at most.

    ``rows`` are those of the links ``several``, which carry more.
    """
    elsewhere, own = np.zeros(shares.shape[1]), np.zeros(shares.shape[1])
    np.maximum.at(elsewhere, rows.indices, rows.data / np.repeat(capacity[several], rows.length))
    entry = shares.indptr[lone]
    commodity, tightness = shares.indices[entry], shares.data[entry] / capacity[lone]
    np.maximum.at(own, commodity, tightness)
    binds = np.flatnonzero((tightness >= own[commodity] * (1.0 - EQUAL)) & (tightness > elsewhere[commodity]))
    first = np.full(shares.shape[1], -1)
    first[commodity[binds][::-1]] = lone[binds][::-1]  # what is written last stays: the first of equal ones
    return np.sort(first[first >= 0])


def _alike(rows: Stored, scale: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return an order of the rows, and where in it each set of rows with equal fingerprints starts."""
    # Any two vectors do: a chance agreement is found out by _proportional.
    prints = ((0.5 + noise(rows.shape[1], series))[rows.indices] * rows.data for series in (0, 1))
    first, second = (np.add.reduceat(one, rows.indptr[:-1]) / scale for one in prints)
    order = np.argsort(first)
    new = np.diff(rows.length[order], prepend=-1) != 0
    for print_ in (first[order], second[order]):
        new |= np.abs(np.diff(print_, prepend=0.0)) > ALIKE * print_
    return order, np.flatnonzero(new)


def _proportional(rows: Stored, scale: NDArray[np.float64], leader: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return (rows,) whether each row is proportional to its leader's, share by share."""
    follower = np.flatnonzero(leader != np.arange(len(leader)))
    length = rows.length[follower]
    same = np.ones(len(leader), dtype=bool)
    if not len(follower):
        return same
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    mine = np.repeat(rows.indptr[follower], length) + within
    theirs = np.repeat(rows.indptr[leader[follower]], length) + within
    ratio = np.repeat(scale[follower] / scale[leader[follower]], length)
    agrees = (rows.indices[mine] == rows.indices[theirs]) & (
        np.abs(rows.data[mine] - rows.data[theirs] * ratio) <= EQUAL * rows.data[mine]
    )
    same[follower] = np.logical_and.reduceat(agrees, np.cumsum(length) - length)
    return same
