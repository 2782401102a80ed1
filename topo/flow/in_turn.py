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

from topo.stored import Stored

Floats = NDArray[np.float64]


def in_turn(rows: Stored, capacity: Floats, size: Floats, fair: Floats) -> Floats:
    """Return (F,) [s] when each commodity ends so, from the start of its transfer.

    ``rows`` (L, F) are those that can hold it back, on links of ``capacity`` (L,) [B/s] that carry one phase each,
    ``size`` (F,) [bytes], ``fair`` (F,) [s] the ends of fair sharing.
    """
    order = np.arange(len(fair))
    if (fair[1:] < fair[:-1]).any():
        order = np.argsort(fair, kind="stable")
        rows = rows.turned().some(order).turned()  # a link's commodities in their order, by counting
    length = rows.length
    seconds = size[order][rows.indices]
    seconds *= rows.data
    seconds /= np.repeat(capacity, length)
    through = np.cumsum(seconds)
    used = length > 0
    first = rows.indptr[:-1][used]
    through -= np.repeat(through[first] - seconds[first], length[used])  # what the links before carried
    end = np.zeros(len(fair))
    np.maximum.at(end, rows.indices, through)
    ended = np.empty(len(fair))
    ended[order] = end
    return np.minimum(ended, fair)  # they are equal where nobody waits: rounding only
