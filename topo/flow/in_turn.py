"""When commodities end if every link sends one at a time, in the order in which fair sharing ends them.

Fair sharing lets all that meet on a link end late together; transports that keep a window in flight let some
through first, so their mean lies below while the last one ends no sooner.  On a link that sends one at
a time, commodity f ends once its own bytes and those of all before it are through::

    end[f] = max over its links l of  sum over g on l, up to f in order, of size[g] R[l, g] / capacity[l]

By the time that f ends under fair sharing all of these have ended, so every link has carried that much: no end
is later than the fair one, and none can be sooner for the same order.

Limits.  Links are taken one by one: a commodity waits on its slowest alone, never on several in a row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

Floats = NDArray[np.float64]


def in_turn(shares: csc_array, capacity: Floats, size: Floats, fair: Floats) -> Floats:
    """Return (F,) [s] when each commodity ends so, from the start of its transfer.

    ``shares`` (L, F) are those that can hold it back on links of ``capacity`` (L,) [B/s], all of one phase on one
    link, ``size`` (F,) [bytes], ``fair`` (F,) [s] the ends of fair sharing.
    """
    if (fair[1:] >= fair[:-1]).all():
        order = np.arange(len(fair))
    else:
        order = np.argsort(fair, kind="stable")
        shares, size = shares[:, order], size[order]
    rows = shares.tocsr()  # a link's commodities in their order: sorted by counting, whatever their number
    count = np.diff(rows.indptr)
    seconds = rows.data * size[rows.indices] / np.repeat(capacity, count)
    through = np.cumsum(seconds)
    first = rows.indptr[:-1][count > 0]
    before = np.repeat(through[first] - seconds[first], count[count > 0])
    end = np.zeros(len(fair))
    np.maximum.at(end, order[rows.indices], through - before)
    return np.minimum(end, fair)  # they are equal where nobody waits: rounding only
