"""Expert-parallel groups: the ranks of each, whole hosts in as few scale-up domains as hold it.

A group of ep ranks spans ceil(ep / domain) domains and has equally many ranks in each.  Where a
domain is one host, groups are runs of consecutive ranks that leave none over.  Where a domain joins
several hosts, what a whole number of groups leaves of it idles::

    domain 0   [ group 0: 64 ranks          ] 8 idle         72 ranks, hosts of 4
    domain 1   [ group 1: 64 ranks          ] 8 idle
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from traffic.demand import DemandError
from traffic.layout import check_divides, check_whole, domain_of, nearest_multiples


def ranks_together(ep: int, *, ranks_per_host: int, ranks_per_domain: int | None = None) -> int:
    """Return the ranks of a group of ``ep`` in each of its scale-up domains.

    Raises DemandError where it spans several hosts or domains and does not fill hosts, or lies unevenly.
    """
    check_whole(ep, 2, name="ep")
    host, domain = ranks_per_host, domain_of(ranks_per_host, ranks_per_domain)
    unit, word = (host, "hosts") if host <= domain else (domain, "scale-up domains")
    if ep > unit and ep % unit:
        raise _unfilled(ep, word, unit)
    spans = -(-ep // domain)
    if spans > 1 and ep % (spans * unit):
        raise DemandError(
            f"ep={ep} does not lie evenly, in whole hosts of {host}, on {spans} scale-up domains of {domain} ranks; "
            f"the nearest that would do: {nearest_multiples(ep, spans * unit)}"
        )
    return ep // spans


def groups(
    n_ranks: int, ep: int, *, ranks_per_host: int, ranks_per_domain: int | None = None, fill: bool = False
) -> NDArray[np.int64]:
    """Return (groups, ep) the ranks of each group; with ``fill`` groups are consecutive and no rank idles.

    >>> groups(144, 64, ranks_per_host=4, ranks_per_domain=72)[:, [0, 63]].tolist()
    [[0, 63], [72, 135]]

    Raises DemandError where there is none, or ``ep`` does not fit the hosts or domains.
    """
    host, domain = ranks_per_host, domain_of(ranks_per_host, ranks_per_domain)
    check_whole(ep, 2, name="ep")
    if fill or domain <= host:
        check_divides(ep, n_ranks, name="ep", what="ranks")
    near = ranks_together(ep, ranks_per_host=host, ranks_per_domain=domain)
    if ep < host and ep != n_ranks:
        check_divides(ep, host, name="ep", what="ranks of a host")
    if fill or domain <= host:
        if ep > domain and ep % domain:
            raise _unfilled(ep, "scale-up domains", domain)
        if ep < domain and ep != n_ranks:
            check_divides(ep, domain, name="ep", what="ranks of a scale-up domain")
        return np.arange(n_ranks, dtype=np.int64).reshape(-1, ep)
    spans = ep // near
    room = np.append(np.full(n_ranks // domain, domain // near), n_ranks % domain // near)
    room = room[: len(room) // spans * spans].reshape(-1, spans).min(axis=1)
    block = np.repeat(np.arange(len(room)), room)
    slot = np.arange(len(block)) - np.repeat(np.cumsum(room) - room, room)
    if not len(block):
        raise DemandError(f"ep={ep} is more than the {n_ranks} ranks in scale-up domains of {domain} hold")
    mine = np.arange(spans)[:, None] * domain + np.arange(near)
    return np.asarray((block * spans * domain + slot * near)[:, None] + mine.ravel(), dtype=np.int64)


def _unfilled(ep: int, what: str, ranks: int) -> DemandError:
    near = nearest_multiples(ep, ranks)
    return DemandError(f"ep={ep} does not fill {what} of {ranks} ranks; the nearest that would do: {near}")
