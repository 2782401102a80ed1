"""Links that bind alike: parallel cables, the up-links of a leaf under even splits, the hops of a lone commodity.

Two links whose rows of shares are proportional hold the same commodities back in
the same way, and only the tighter of them ever binds.  A link of one commodity alone
never binds where another link that it is on lets it be no faster.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from topo.flow.shares import ByCommodity
from topo.noise import noise
from topo.stored import Stored

#: Two shares are equal within this relative distance: rounding of the splits.
EQUAL = 1e-13
#: Fingerprints of rows are compared this loosely; what looks alike is compared share by share.
ALIKE = 1e-9


def without_lone(shares: Stored, capacity: NDArray[np.float64]) -> Stored:
    """Return ``shares`` (F, L) without links of one commodity alone that never hold it back.

    Of each commodity at most one such link stays, the tightest, the first of equal ones, where it is tighter than all
    others that it is on.  Every commodity has a link.  ``capacity`` (L,) [B/s].
    """
    link, layout = shares.indices, ByCommodity.of(shares.length)
    one = np.bincount(link, minlength=shares.shape[1]) == 1
    if not one.any():
        return shares
    own, elsewhere = (
        layout.along(np.maximum, shares.data / np.where(here, capacity, np.inf)[link]) for here in (one, ~one)
    )
    stays = ~one[link]
    stays[_tightest(shares, capacity, one, own, np.flatnonzero(own > elsewhere))] = True
    entry = np.flatnonzero(stays)
    indptr = np.concatenate([[0], np.cumsum(stays)])[shares.indptr]
    return Stored(shares.data[entry], link[entry], indptr, shares.shape)


def _tightest(
    shares: Stored,
    capacity: NDArray[np.float64],
    one: NDArray[np.bool_],
    own: NDArray[np.float64],
    some: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return which entry of each of ``some`` commodities is the tightest of links with ``one`` (L,), and the first."""
    entry, layout = ByCommodity.of(shares.length).some(some)
    if not len(entry):
        return entry
    link = shares.indices[entry]
    tight = shares.data[entry] / capacity[link] >= layout.spread(own[some]) * (1.0 - EQUAL)
    link = np.where(one[link] & tight, link, shares.shape[1])
    return np.asarray(entry[link == layout.spread(layout.along(np.minimum, link))])


def binding_links(shares: Stored, capacity: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return the links, ascending, that remain when each set of proportional rows of ``shares`` (L, F) keeps one.

    It keeps the link with the least capacity in proportion, the first of equal ones; links
    without traffic go.  ``capacity`` (L,) [B/s].
    """
    used: NDArray[np.int32] = np.flatnonzero(shares.length).astype(np.int32)
    if not len(used):
        return used
    rows = shares.some(used)
    scale = np.maximum.reduceat(rows.data, rows.indptr[:-1])
    order, start = _alike(rows, scale)
    tightness = (scale / capacity[used])[order]
    length = np.diff(start, append=len(order))
    tightest = tightness >= np.repeat(np.maximum.reduceat(tightness, start), length) * (1.0 - EQUAL)
    first = np.minimum.reduceat(np.where(tightest, order, len(order)), start)
    leader = np.empty(len(order), dtype=np.int64)
    leader[order] = np.repeat(first, length)
    kept: NDArray[np.int32] = used[(leader == np.arange(len(used))) | ~_proportional(rows, scale, leader)]
    return kept


def _alike(rows: Stored, scale: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return an order of the rows, and where in it each set of rows with equal fingerprints starts."""
    # Any two vectors do: a chance agreement is found out by _proportional.
    first, second = (_print(rows, 0.5 + noise(rows.shape[1], series)) / scale for series in (0, 1))
    order = np.argsort(first)
    new = np.diff(rows.length[order], prepend=-1) != 0
    for print_ in (first[order], second[order]):
        new |= np.abs(np.diff(print_, prepend=0.0)) > ALIKE * print_
    return order, np.flatnonzero(new)


def _print(rows: Stored, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    each = weight[rows.indices]
    each *= rows.data
    return np.asarray(np.add.reduceat(each, rows.indptr[:-1]))


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
