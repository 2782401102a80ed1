"""Expert-parallel groups: the ranks of each, in as few scale-up domains as hold it, alike in all groups.

A group of ep ranks spans ceil(ep / domain) domains.  Where a domain is one host, it fills them, and the last one has
the rest.  Where a domain joins several hosts, it takes equally many hosts of each, as nearly as can be.  What a whole
number of groups leaves of a domain idles::

    domain 0   [ group 0: 64 ranks          ] 8 idle         72 ranks, hosts of 4
    domain 1   [ group 1: 64 ranks          ] 8 idle
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from traffic.demand import DemandError
from traffic.layout import check_whole, domain_of


def ranks_together(ep: int, *, ranks_per_host: int, ranks_per_domain: int | None = None) -> int:
    """Return the ranks of a group of ``ep`` in each of its scale-up domains; the last one may have fewer.

    >>> [ranks_together(ep, ranks_per_host=4, ranks_per_domain=72) for ep in (64, 100, 144)]
    [64, 52, 72]
    """
    check_whole(ep, 2, name="ep")
    host, domain = ranks_per_host, domain_of(ranks_per_host, ranks_per_domain)
    if domain <= host:
        return min(ep, domain)
    hosts = -(-ep // host)
    spans = -(-hosts // (domain // host))
    return min(ep, -(-hosts // spans) * host)


def shares_of(ep: int, together: int) -> NDArray[np.int64]:
    """Return (domains,) the ranks of a group of ``ep`` in each domain that takes ``together`` of them."""
    spans = -(-ep // together)
    return np.append(np.full(spans - 1, together), ep - (spans - 1) * together)


def groups(n_ranks: int, ep: int, *, ranks_per_host: int, ranks_per_domain: int | None = None) -> NDArray[np.int64]:
    """Return (groups, ep) the ranks of each group.

    >>> groups(144, 64, ranks_per_host=4, ranks_per_domain=72)[:, [0, 63]].tolist()
    [[0, 63], [72, 135]]

    Raises DemandError where the ranks hold none.
    """
    domain = domain_of(ranks_per_host, ranks_per_domain)
    together = ranks_together(ep, ranks_per_host=ranks_per_host, ranks_per_domain=ranks_per_domain)
    refusal = DemandError(f"ep={ep} is more than the {n_ranks} ranks in scale-up domains of {domain} hold")
    if ep > n_ranks:  # before its domains are listed
        raise refusal
    share = shares_of(ep, together)
    there = np.append(np.full(n_ranks // domain, domain), n_ranks % domain)
    room = (there[: len(there) // len(share) * len(share)].reshape(-1, len(share)) // share).min(axis=1)
    if not room.any():
        raise refusal
    block = np.repeat(np.arange(len(room)), room)
    slot = np.arange(len(block)) - np.repeat(np.cumsum(room) - room, room)
    part = np.repeat(np.arange(len(share)), share)  # domain of the block that each rank of a group is in
    inside = np.arange(ep) - np.repeat(np.cumsum(share) - share, share)
    first = (block[:, None] * len(share) + part) * domain
    return np.asarray(first + slot[:, None] * share[part] + inside, dtype=np.int64)


def lies_evenly(
    n_ranks: int, ep: int, *, ranks_per_host: int, ranks_per_domain: int | None = None, fill: bool = False
) -> bool:
    """Return whether groups of ``ep`` have equally many ranks, in whole hosts, in each domain that they span.

    Where domains are hosts, and with ``fill``, no rank idles either.
    """
    host, domain = ranks_per_host, domain_of(ranks_per_host, ranks_per_domain)
    unit, together = min(host, domain), ranks_together(ep, ranks_per_host=host, ranks_per_domain=domain)
    if (ep > unit and ep % unit) or (ep < host and ep != n_ranks and host % ep):
        return False
    if fill or domain <= host:
        return n_ranks % ep == 0 and (ep == n_ranks <= domain or max(ep, domain) % min(ep, domain) == 0)
    return ep % together == 0 and n_ranks // domain + n_ranks % domain // together >= ep // together
